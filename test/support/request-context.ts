// What a request has around it, without a socket: a model from YAML, a runtime whose clock stands still, providers that
// do what a test says, and a log and metrics that are caught.
import type { IncomingHttpHeaders } from 'node:http'
import type { Test } from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import type { Gateway, Origin } from '../../src/core/gateway.ts'
import type { Identity, Provider } from '../../src/core/ports.ts'
import type { Transaction } from '../../src/core/session/transaction.ts'
import type { Admission } from '../../src/http/admission/admission.ts'
import { admit } from '../../src/http/admission/gate.ts'
import type { RequestFacts } from '../../src/http/admission/request-facts.ts'
import { createLog } from '../../src/http/operations/log.ts'
import { createMetrics } from '../../src/http/operations/metrics.ts'
import type { RequestContext } from '../../src/http/server/context.ts'
import { createLingeringCloses } from '../../src/http/server/lingering-close.ts'
import { openRuntime } from '../../src/runtime/open.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { issuedToAlice } from './issued.ts'

export interface Asked {
  readonly method?: string
  readonly headers?: IncomingHttpHeaders
  readonly peer?: string
}

/** A request as the gate reads it, of a browser's navigation unless its headers say otherwise. */
export function factsOf(address: string, { method = 'GET', headers: more, peer }: Asked = {}): RequestFacts {
  const { host } = new URL(address)
  const url = address.slice(address.indexOf(host) + host.length)
  const headers: IncomingHttpHeaders = { host, accept: 'text/html', ...more }
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  const socket = { remoteAddress: peer ?? '198.51.100.7' }
  return { method, url, httpVersion: '1.1', headers, rawHeaders, socket }
}

export function loadGateway(yaml: string): Gateway {
  const readFile = () => ({ ok: false, reason: 'there are no files' }) as const
  const loaded = loadGatewayFromText(yaml, { file: 'x.yaml', folder: '/', env: {}, readFile })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}

/** A provider that answers at once; what was asked of it is kept. */
export interface TestProvider extends Provider {
  /** Set by tests: whom the next code stands for, or what goes wrong. */
  identity: Identity | Error
  /** Set by tests: what goes wrong when a sign-in begins. */
  fault: Error | null
  /** Set by tests: where it signs people out, or what goes wrong. */
  endSession: URL | Error | null
  readonly exchanged: {
    readonly parameters: string
    readonly redirectUri: string
    readonly now: number
    readonly network: string
  }[]
  /** Of each sign-in that began, whether it asked for what brings a refresh token. */
  readonly offline: unknown[]
  /** What `endSessionUrl` was given. */
  readonly ended: unknown[][]
}

function testProvider(name: string): TestProvider {
  return {
    name,
    identity: {
      user: 'alice',
      claims: { sub: 'alice', groups: ['staff'] },
      idToken: `id-token-of-${name}`,
      ...issuedToAlice,
    },
    fault: null,
    endSession: null,
    exchanged: [],
    offline: [],
    ended: [],
    async authorizationUrl({ state }: Transaction, redirectUri, wish, offline) {
      this.offline.push(offline)
      if (this.fault !== null) throw this.fault
      const url = new URL(`https://${name}.example/authorize`)
      url.search = String(
        new URLSearchParams({
          ...Object.fromEntries(wish?.passed ?? []),
          state,
          redirect_uri: redirectUri,
          other_account: String(wish?.otherAccount),
          ...(wish?.stepUp ? { acr_values: wish.stepUp.acrValues.join(' ') } : {}),
        }),
      )
      return url
    },
    async exchange(parameters, _transaction, redirectUri, now, network) {
      this.exchanged.push({ parameters: String(parameters), redirectUri, now, network: network.key })
      if (this.identity instanceof Error) throw this.identity
      return this.identity
    },
    async renew() {
      throw new Error('nobody is asked again here')
    },
    async revoke() {},
    async endSessionUrl(...given) {
      this.ended.push(given)
      if (this.endSession instanceof Error) throw this.endSession
      return this.endSession
    },
    readAccessToken: () => ({ kind: 'refused', why: 'token-invalid', detail: 'none is read here' }),
    readRememberedToken: () => null,
    async tokenForPair() {
      return { kind: 'refused', detail: 'none is given here', cure: null }
    },
    async tokenForRefreshToken() {
      return { kind: 'refused', error: 'invalid_grant', detail: 'none is given here' }
    },
    async readLogoutToken(raw) {
      if (this.fault !== null) throw this.fault
      return JSON.parse(Buffer.from(raw.split('.')[1] ?? '', 'base64url').toString())
    },
    pageOrigins: () => [`https://${name}.example`],
    discover: async () => {},
    status: () => ({ kind: 'ready' }),
    close: async () => {},
  }
}

export interface TestContext {
  readonly gateway: Gateway
  readonly runtime: Runtime
  readonly context: RequestContext
  readonly clock: TestClock
  /** The log so far, a line an event. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** What was counted: `login op started`, `fault LOGIN_LOOP of wiki`; `-`: nobody can tell. */
  readonly counted: readonly string[]
  originAt(host: string): Origin
  provider(name: string): TestProvider
  admission(address: string, asked?: Asked): Promise<Admission>
}

/** The store is in memory; `session` in the file needs no more than a secret. */
export function openTestContext(t: Test, yaml: string): TestContext {
  const gateway = loadGateway(yaml)
  const clock = createTestClock(1_900_000_000)
  const opened = openRuntime(gateway, {
    env: {},
    clock,
    onProviderEvent: () => {},
    onStoreFault: (thrown) => t.fail(String(thrown)),
  })
  const providers = new Map([...gateway.providers.keys()].map((name) => [name, testProvider(name)]))
  const runtime: Runtime = { ...opened, providers }
  const lines: Readonly<Record<string, unknown>>[] = []
  const log = createLog(gateway.log, opened.logKey, {
    write: (line: string) => void lines.push(JSON.parse(line)),
  })
  const counted: string[] = []
  const metrics = {
    ...createMetrics(),
    login: (provider: string | null, outcome: string) =>
      void counted.push(`login ${provider ?? '-'} ${outcome}`),
    providerLogout: (provider: string | null, channel: string, outcome: string) =>
      void counted.push(`logout ${provider ?? '-'} ${channel} ${outcome}`),
    fault: (code: string, app: string | null) => void counted.push(`fault ${code} of ${app ?? '-'}`),
  }
  t.teardown(async () => {
    opened.sessions.close()
    await opened.store.close()
    await opened.upstreams.close()
  })
  return {
    gateway,
    runtime,
    context: { runtime, log, metrics, lingering: createLingeringCloses() },
    clock,
    lines,
    counted,
    originAt: (host) => found(gateway.hosts.get(host), host),
    provider: (name) => found(providers.get(name), name),
    admission: async (address, asked) => admit(runtime, factsOf(address, asked), 'request-7', 0),
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the file has no ${name}`)
  return value
}
