import type { App, Location } from '../../core/gateway.ts'
import { linesOf } from '../../core/headers/plan.ts'
import { unknownNetwork } from '../../core/limits/network.ts'
import type { UpstreamRequest, Upstreams } from '../../core/ports.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'
import { receiveAnswer, type UpstreamAnswer } from './answer.ts'

export interface AskedPath {
  readonly app: App
  /** Whose time-outs and headers are used. */
  readonly location: Location
  /** As the app gets it. */
  readonly path: string
  /** As browsers know it. */
  readonly url: string
}

/**
 * One GET without a body, for nobody: no identity header, no cookie, no redirect followed. With all that the gateway
 * proves itself with: the signature, the shared secret and the upstream's own `headers`.
 */
export function askAsGateway(upstreams: Upstreams, asked: AskedPath): Promise<UpstreamAnswer> {
  const { app } = asked
  const { protocol, host } = new URL(app.url)
  const forwarded = ['X-Forwarded-Proto', protocol.slice(0, -1), 'X-Forwarded-Host', host]
  const request = get(asked, app.upstream, [...forwarded, ...ownLines(asked)])
  return receiveAnswer(upstreams, request, secretsSent(asked))
}

/** What of that request an answer may repeat and nobody may read. */
export function secretsSent(asked: AskedPath): readonly string[] {
  return ownLines(asked).filter((value, i) => i % 2 === 1 && value !== '')
}

function ownLines({ app, location }: AskedPath): readonly string[] {
  const secret = app.sharedSecret
  return [
    ...(secret === null ? [] : [secret.header, secret.value.reveal()]),
    ...linesOf(location.forwarding.headers ?? app.upstream.headers),
  ]
}

/** How long a refusal may take: whoever refuses strangers does it before any work. The app was asked just before, and is awake. */
const strangerSeconds = 10

/** What a stranger waits for an answer. */
export function strangerPatience({ location }: AskedPath): number {
  return Math.min(location.forwarding.timeouts.responseSeconds, strangerSeconds)
}

/**
 * What a stranger would send who found the address: the same GET without any of that; for a function an invocation that
 * nobody signed, of which an event without anything in it would be made.
 */
export function askAsStranger(upstreams: Upstreams, asked: AskedPath): Promise<UpstreamAnswer> {
  const { upstream } = asked.app
  const plain = { ...upstream, aws: null, lambda: null }
  const { lambda } = upstream
  const request = lambda === null ? get(asked, plain, []) : invocation(asked, plain, lambda.functionName)
  const timeouts = { ...request.timeouts, responseSeconds: strangerPatience(asked) }
  return receiveAnswer(upstreams, { ...request, timeouts }, [])
}

function invocation(asked: AskedPath, plain: UpstreamSettings, functionName: string): UpstreamRequest {
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`
  const { host } = new URL(plain.origin)
  const headers = ['Host', host, 'Content-Type', 'application/json', 'User-Agent', agent]
  return { ...get(asked, plain, []), method: 'POST', path, headers, body: Buffer.from('{}') }
}

const agent = 'claimgate-doctor'

function get(
  { app, location, path }: AskedPath,
  upstream: UpstreamSettings,
  more: readonly string[],
): UpstreamRequest {
  const { forwarding } = location
  return {
    app: app.name,
    upstream,
    timeouts: forwarding.timeouts,
    method: 'GET',
    path,
    headers: [
      ...['Host', upstream.preserveHost ? new URL(app.url).host : upstream.host],
      ...['Accept', '*/*', 'User-Agent', agent],
      ...more,
    ],
    body: null,
    caller: {
      requestId: 'doctor',
      clientAddress: null,
      network: unknownNetwork,
      principal: null,
      forwarding,
    },
  }
}
