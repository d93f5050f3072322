import type { App, Location } from '../../core/gateway.ts'
import { linesOf } from '../../core/headers/plan.ts'
import { unknownNetwork } from '../../core/limits/network.ts'
import type { UpstreamRequest, Upstreams } from '../../core/ports.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'
import { type Patience, timeoutsWithin } from '../patience.ts'
import { receiveAnswer, type UpstreamAnswer } from './answer.ts'

export interface AskedPath {
  readonly app: App
  /** Whose time-outs and headers are used. */
  readonly location: Location
  /** As the app gets it. */
  readonly path: string
  /** As browsers know it. */
  readonly url: string
  /** How long an answer is waited for. */
  readonly patience: Patience
}

/**
 * One GET without a body, for nobody: no identity header, no cookie, no redirect followed. With all that the gateway
 * proves itself with: the signature, the shared secret and the upstream's own `headers`.
 */
export function askAsGateway(upstreams: Upstreams, asked: AskedPath): Promise<UpstreamAnswer> {
  const request = get(asked, asked.app.upstream, [...forwardedLines(asked), ...ownLines(asked)])
  return receiveAnswer(upstreams, request, secretsSent(asked))
}

/** No secret: whoever asks can write them. */
function forwardedLines({ app }: AskedPath): readonly string[] {
  const { protocol, host } = new URL(app.url)
  return ['X-Forwarded-Proto', protocol.slice(0, -1), 'X-Forwarded-Host', host]
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

/** What a stranger waits for an answer, in seconds. */
export function strangerPatience({ location, patience }: AskedPath): number {
  return timeoutsWithin(location.forwarding.timeouts, patience.refusalSeconds).responseSeconds
}

/** Whether the gateway itself would wait longer than is waited here; then by how many seconds it ends. */
export function longerPatience({ location, patience }: AskedPath): number | null {
  const { responseSeconds } = location.forwarding.timeouts
  return responseSeconds > patience.answerSeconds ? responseSeconds : null
}

/**
 * What a stranger would send who found the address: the same GET without any proof, so that links which the app makes of
 * `X-Forwarded-Host` are the same too; for a function an invocation that nobody signed, of which an event without
 * anything in it would be made.
 */
export function askAsStranger(upstreams: Upstreams, asked: AskedPath): Promise<UpstreamAnswer> {
  const { upstream } = asked.app
  const plain = { ...upstream, aws: null, lambda: null }
  const { lambda } = upstream
  const request =
    lambda === null ? get(asked, plain, forwardedLines(asked)) : invocation(asked, plain, lambda.functionName)
  const timeouts = timeoutsWithin(request.timeouts, asked.patience.refusalSeconds)
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
  { app, location, path, patience }: AskedPath,
  upstream: UpstreamSettings,
  more: readonly string[],
): UpstreamRequest {
  const { forwarding } = location
  return {
    app: app.name,
    upstream,
    timeouts: timeoutsWithin(forwarding.timeouts, patience.answerSeconds),
    method: 'GET',
    path,
    headers: [
      ...['Host', upstream.preserveHost ? new URL(app.url).host : upstream.host],
      ...['Accept', '*/*', 'Accept-Encoding', 'identity', 'User-Agent', agent],
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
