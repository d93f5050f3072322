import { type AnyFault, isFault } from '../../core/fault.ts'
import type { App, Location } from '../../core/gateway.ts'
import { linesOf } from '../../core/headers/plan.ts'
import type { Upstreams } from '../../core/ports.ts'
import { repeats } from '../../oidc/echo.ts'

/** What came of one request to an app. */
export type UpstreamAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly location: string | null }
  | { readonly kind: 'failed'; readonly fault: AnyFault }

export interface AskedPath {
  readonly app: App
  /** Whose time-outs and headers are used. */
  readonly location: Location
  /** As the app gets it. */
  readonly path: string
}

/**
 * One GET without a body, for nobody: no identity header, no cookie, no redirect followed. `asGateway`: with the
 * shared secret and the upstream's own `headers`, else as a stranger would ask who found the address.
 */
export function askUpstream(
  upstreams: Upstreams,
  { app, location, path }: AskedPath,
  asGateway: boolean,
): Promise<UpstreamAnswer> {
  const { timeouts, headers } = location.forwarding
  const secret = app.sharedSecret
  const ours = [
    ...(secret === null ? [] : [secret.header, secret.value.reveal()]),
    ...linesOf(headers ?? app.upstream.headers),
  ]
  const publicUrl = new URL(app.url)
  const request = {
    app: app.name,
    upstream: app.upstream,
    timeouts,
    method: 'GET',
    path,
    headers: [
      ...['Host', app.upstream.preserveHost ? publicUrl.host : app.upstream.host],
      ...['Accept', '*/*', 'User-Agent', 'claimgate-doctor'],
      ...(asGateway
        ? ['X-Forwarded-Proto', publicUrl.protocol.slice(0, -1), 'X-Forwarded-Host', publicUrl.host, ...ours]
        : []),
    ],
    body: null,
    caller: { requestId: 'doctor', clientAddress: null, principal: null, forwarding: location.forwarding },
  }
  return new Promise((resolve, reject) => {
    const exchange = upstreams.request(request, {
      head: ({ statusCode, headers: raw }) => {
        resolve({ kind: 'answered', status: statusCode, location: told(locationIn(raw), ours) })
        // The body is nobody's. Not within the callback of undici, which still looks at the request.
        setImmediate(() => exchange.cancel())
      },
      data: () => true,
      end: () => {},
      failed: (fault) => {
        if (isFault(fault)) resolve({ kind: 'failed', fault })
        else reject(fault)
      },
    })
  })
}

/** An app may repeat what it was sent; a secret is not repeated to whoever reads, however it is spelled. */
function told(location: string | null, ours: readonly string[]): string | null {
  const secrets = ours.filter((value, i) => i % 2 === 1 && value !== '')
  return location !== null &&
    (secrets.some((value) => location.includes(value)) || repeats(location, secrets))
    ? '[withheld: it repeats a secret]'
    : location
}

function locationIn(raw: readonly string[]): string | null {
  const index = raw.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'location')
  return index === -1 ? null : (raw[index + 1] ?? null)
}
