// What the tests of src/upstream share: settings, a request, and what became of it.
import { isFault } from '../../src/core/fault.ts'
import type { UpstreamSettings } from '../../src/core/gateway.ts'
import type { UpstreamExchange, UpstreamRequest, Upstreams } from '../../src/core/ports.ts'
import { createUpstreams } from '../../src/upstream/agents.ts'
import type { Timing } from '../../src/upstream/timing.ts'
import { forwarding } from '../core/headers/apps.ts'
import { type RecordingUpstream, recordingUpstream } from '../support/upstream.ts'

export interface Outcome {
  readonly statusCode: number | null
  readonly body: string
  /** Of a fault; null when it went well. */
  readonly code: string | null
}

export function settings(port: number, more: Partial<UpstreamSettings> = {}): UpstreamSettings {
  const { scheme = 'http', hostname = '127.0.0.1' } = more
  const origin = `${scheme}://${hostname}:${port}`
  const rest = {
    socketPath: null,
    basePath: '',
    ca: null,
    headers: [],
    preserveHost: false,
    stripPrefix: false,
    maxConnections: 1000,
    aws: null,
    lambda: null,
  }
  return { scheme, hostname, port, origin, ownOrigin: origin, host: `${hostname}:${port}`, ...rest, ...more }
}

/** What is about a time brings its own: of all else a busy machine may make it as long as it likes. */
export const patient: UpstreamRequest['timeouts'] = {
  connectSeconds: 60,
  responseSeconds: 60,
  idleSeconds: 60,
  keepAliveSeconds: 60,
  body: null,
}

export function request(upstream: UpstreamSettings, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const headers = ['Host', upstream.host, 'X-Gateway-Secret', 'canary']
  const network = { key: '203.0.113.9', hidden: false }
  const caller = { requestId: 'r-1', clientAddress: '203.0.113.9', network, principal: null, forwarding }
  return {
    app: 'wiki',
    upstream,
    timeouts: patient,
    method: 'GET',
    path: '/',
    headers,
    body: null,
    caller,
    ...more,
  }
}

export function send(upstreams: Upstreams, what: UpstreamRequest): Promise<Outcome> {
  return begin(upstreams, what).outcome
}

/** The same with the hold on it, and what an operator reads of a fault; nothing when it went well. */
export function begin(
  upstreams: Upstreams,
  what: UpstreamRequest,
): { readonly exchange: UpstreamExchange; readonly outcome: Promise<Outcome>; message(): string } {
  let message = ''
  let exchange: UpstreamExchange | undefined
  const outcome = new Promise<Outcome>((resolve) => {
    let statusCode: number | null = null
    let body = ''
    exchange = upstreams.request(what, {
      head: (head) => {
        statusCode = head.statusCode
      },
      data: (chunk) => {
        body += chunk.toString('latin1')
        return true
      },
      end: () => resolve({ statusCode, body, code: null }),
      failed: (fault) => {
        message = fault.message
        resolve({ statusCode, body, code: isFault(fault) ? fault.code : String(fault) })
      },
    })
  })
  if (exchange === undefined) throw new Error('nothing was begun')
  return { exchange, outcome, message: () => message }
}

export function opened(
  test: { teardown(fn: () => Promise<void>): void },
  timing?: Timing,
  processes?: number,
): Upstreams {
  const upstreams = createUpstreams(timing, undefined, processes)
  test.teardown(async () => upstreams.close())
  return upstreams
}

export async function upstreamFor(
  test: { teardown(fn: () => Promise<void>): void },
  options: Parameters<typeof recordingUpstream>[0] = {},
): Promise<RecordingUpstream> {
  const upstream = await recordingUpstream(options)
  test.teardown(() => upstream.close())
  return upstream
}
