// The whole of what the gateway serves, without a network: clients as in held-connection.ts, upstreams that a test
// answers for, and around them what request-context.ts has.
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { UpstreamRequest, UpstreamSink, Upstreams, UpstreamUpgrade } from '../../src/core/ports.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import type { Metrics } from '../../src/http/operations/metrics.ts'
import { createApp } from '../../src/http/server/app.ts'
import type { ServerContext } from '../../src/http/server/context.ts'
import type { BodyLeft } from '../../src/http/server/lingering-close.ts'
import { createRequestIds } from '../../src/http/server/request-ids.ts'
import { createEditions, type Editions } from '../../src/runtime/editions.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { asked, connectTo, type HeldConnection } from './held-connection.ts'
import { issuedToAlice } from './issued.ts'
import { openTestContext, type TestContext } from './request-context.ts'

/** An exchange or a handshake that reached the upstream. */
export interface AtUpstream {
  readonly request: UpstreamRequest
  readonly sink: UpstreamSink
  /** What the gateway did with it. */
  readonly done: string[]
}

export interface HandshakeAtUpstream {
  readonly request: UpstreamRequest
  readonly signal: AbortSignal
  answer(with_: UpstreamUpgrade): void
  fail(thrown: unknown): void
}

/** What the process has, before anything of it listens. */
export interface HeldContext extends TestContext {
  readonly serverContext: ServerContext
  readonly editions: Editions
  /** The runtime whose upstreams are those below. */
  readonly runtime: Runtime
  readonly sent: readonly AtUpstream[]
  readonly handshakes: readonly HandshakeAtUpstream[]
  /** Of whose body the rest was to be dropped. */
  readonly dropped: readonly BodyLeft[]
  /** What was measured: `request 200`, `websocket 1`. */
  readonly metered: readonly string[]
  /** The name and value of the cookie of a new session of `alice`. */
  signIn(host: string, claims?: Claims): Promise<string>
}

export interface HeldApp extends HeldContext {
  readonly app: FastifyInstance
  /** The answer to these bytes, as far as there is one. */
  ask(bytes: string): Promise<string>
  connect(): HeldConnection
}

export function openHeldContext(t: Test, yaml: string, change: Partial<Runtime> = {}): HeldContext {
  const around = openTestContext(t, yaml)
  const sent: AtUpstream[] = []
  const handshakes: HandshakeAtUpstream[] = []
  const dropped: BodyLeft[] = []
  const upstreams: Upstreams = {
    request(request, sink) {
      const done: string[] = []
      sent.push({ request, sink, done })
      return { resume: () => void done.push('resume'), cancel: () => void done.push('cancel') }
    },
    upgrade: (request, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')))
        handshakes.push({ request, signal, answer: resolve, fail: reject })
      }),
    headerBytes: () => 0,
    prepare: () => {},
    renew: () => upstreams,
    close: () => {},
  }
  const runtime: Runtime = { ...around.runtime, upstreams, ...change }
  const editions = createEditions(runtime, (thrown) => t.fail(String(thrown)))
  const lingering = { dropRest: (_request: unknown, left: BodyLeft) => void dropped.push(left) }
  const metered: string[] = []
  const metrics: Metrics = {
    ...around.context.metrics,
    request: (_admission, status) => void metered.push(`request ${status}`),
    websocket: (change) => void metered.push(`websocket ${change}`),
  }
  return {
    ...around,
    serverContext: {
      ...around.context,
      metrics,
      editions,
      lingering,
      requestIds: createRequestIds(runtime.random),
    },
    editions,
    runtime,
    sent,
    handshakes,
    dropped,
    metered,
    signIn: async (host, claims = {}) => {
      const origin = around.originAt(host)
      const identity = {
        user: 'alice',
        claims: { sub: 'alice', ...claims },
        idToken: 'id-token',
        ...issuedToAlice,
      }
      const transaction = {
        ...{ version: 2 as const, issuer: 'https://op.example', clientId: 'c', origin: origin.origin },
        ...{
          returnTo: '/',
          state: 's',
          nonce: 'n',
          codeVerifier: 'v',
          startedAt: 0,
          replaces: null,
          wish: null,
        },
      }
      const started = await runtime.sessions.start({
        identity,
        transaction,
        origin,
        previousCookie: null,
        client: null,
      })
      return `${origin.cookies.session}=${started.cookieValue}`
    },
  }
}

export async function openHeldApp(t: Test, yaml: string, change: Partial<Runtime> = {}): Promise<HeldApp> {
  const held = openHeldContext(t, yaml, change)
  const { app } = await createApp(held.serverContext)
  await app.ready()
  t.teardown(() => app.close())
  return {
    ...held,
    app,
    ask: (bytes) => asked(app.server, bytes),
    connect: () => connectTo(app.server),
  }
}
