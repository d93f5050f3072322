// Processes that share a store and ask one provider again for sessions, with time in the hands of the test.
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { ProviderFault, StoreFault } from '../../src/core/fault.ts'
import type { Provider, Renewal, SessionStore } from '../../src/core/ports.ts'
import type { ProviderSettings, RecheckSettings } from '../../src/core/provider-settings.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import type { Session, SessionTokens } from '../../src/core/session/session.ts'
import type { RenewalEvent } from '../../src/runtime/renewals/event.ts'
import { createRenewals, type Renewals } from '../../src/runtime/renewals/renewals.ts'
import { createSessions, type Sessions } from '../../src/runtime/sessions.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { begin, current, methodsOf, originOf, provider, sessionSettings } from './sessions.ts'
import { type HeldTiming, heldTiming } from './timing.ts'

export const everySeconds = 900

/** Tokens of a generation: a refresh token is used once. */
export function tokensOf(generation: number, endsAt: number | null = null): SessionTokens {
  return { access: { value: `access-${generation}`, endsAt }, refresh: `refresh-${generation}` }
}

/** A provider that answers as a test says. */
export interface ScriptedProvider {
  readonly provider: Provider
  /** The sessions that it was asked with, in their order. */
  readonly asked: Session[]
  readonly revoked: string[]
  /** The answer to the next question; rotates tokens and says the same claims when a test says nothing. */
  answer: (session: Session) => Promise<Renewal> | Renewal
  /** As `answer` does by itself, with other claims. */
  renewed(session: Session, claims?: Session['claims']): Renewal
}

function scripted(clock: TestClock): ScriptedProvider {
  let generation = 1
  const script: ScriptedProvider = {
    asked: [],
    revoked: [],
    renewed(session, claims = session.claims) {
      generation += 1
      const { user, idToken, scopes } = session
      const tokens = tokensOf(generation, clock.now() + 300)
      return { kind: 'renewed', identity: { user, claims, idToken, scopes, tokens } }
    },
    answer: (session) => script.renewed(session),
    provider: {
      name: 'acme',
      renew: async (session) => {
        script.asked.push(session)
        return script.answer(session)
      },
      revoke: async (token) => void script.revoked.push(token),
    } satisfies Pick<Provider, 'name' | 'renew' | 'revoke'> as unknown as Provider,
  }
  return script
}

export interface Process {
  readonly sessions: Sessions
  readonly renewals: Renewals
  readonly events: RenewalEvent[]
  readonly faults: unknown[]
  /** Its way to the store; a test bends it. */
  readonly store: SessionStore
  /** What the wiki finds for the cookie: groups of whoever is signed in, or why nobody is. */
  groups(): Promise<unknown>
  renew(recheck: RecheckSettings | null): void
}

export interface Deployment {
  readonly clock: TestClock
  readonly timing: HeldTiming
  readonly provider: ScriptedProvider
  readonly store: SessionStore
  /** As it was at the sign-in. */
  readonly session: Session
  readonly cookie: string
  process(): Process
  /** As long as it is known that something is under way and only waits for turns. */
  turns(): Promise<void>
}

export const wiki = originOf('wiki.example.com')

function editionOf(script: ScriptedProvider, recheck: RecheckSettings | null) {
  const settings: ProviderSettings = provider('acme', { recheck })
  return {
    gateway: {
      providers: new Map([['acme', settings]]),
      apiKeys: null,
      hosts: new Map([[wiki.host, wiki]]),
      session: { ...sessionSettings, store: { kind: 'memory' as const } },
    },
    providers: new Map([['acme', script.provider]]),
    ring: buildKeyRing([current]),
  }
}

/** Somebody has signed in, with the tokens of the first generation. */
export async function deploy(
  t: Test,
  given: { readonly recheck?: RecheckSettings | null; readonly tokens?: SessionTokens } = {},
): Promise<Deployment> {
  const { recheck = { everySeconds, unansweredSeconds: null }, tokens = tokensOf(1, begin + 300) } = given
  const clock = createTestClock(begin)
  const timing = heldTiming()
  const script = scripted(clock)
  const store = openMemoryStore(clock)

  function process(): Process {
    const own = methodsOf(store)
    const edition = editionOf(script, recheck)
    const events: RenewalEvent[] = []
    const faults: unknown[] = []
    const report = (thrown: unknown) => void faults.push(thrown)
    const renewals: Renewals = createRenewals({
      ...edition,
      ...{ clock, timing, report, random: randomBytes, store: own },
      isEnding: (key) => sessions.isEnding(key),
      end: (session) => sessions.end(session),
      renewed: (session) => sessions.renewed(session),
      gone: (key) => sessions.forget(key),
      note: (event) => void events.push(event),
    })
    const sessions: Sessions = createSessions({
      ...edition,
      ...{ clock, report, renewals, random: randomBytes, store: own },
    })
    t.teardown(() => sessions.close())
    return {
      ...{ sessions, renewals, events, faults, store: own },
      groups: async () => {
        const found = await sessions.use(begun.cookieValue, wiki)
        return found.kind === 'live' ? found.principal.claims.groups : found.why
      },
      renew(next) {
        const renewed = editionOf(script, next)
        renewals.renew(renewed)
        sessions.renew(renewed)
      },
    }
  }

  const begun = await process().sessions.start(signIn(tokens))
  const session = await store.load(begun.session.key)
  if (session === null) throw new Error('nobody has signed in')
  return {
    ...{ clock, timing, provider: script, store, process, session, cookie: begun.cookieValue },
    turns: async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function signIn(tokens: SessionTokens): Parameters<Sessions['start']>[0] {
  return {
    identity: {
      ...{ user: 'alice', subject: 'alice', sid: null, idToken: 'a.b.c', issuedAt: begin },
      ...{ claims: { sub: 'alice', groups: ['admin'] }, scopes: ['openid'], tokens },
    },
    transaction: {
      ...{ version: 2, issuer: 'https://acme.example.com', clientId: 'id', origin: wiki.origin },
      ...{ state: 's', nonce: 'n', codeVerifier: 'v', returnTo: '/', startedAt: begin },
      ...{ replaces: null, wish: null },
    },
    ...{ origin: wiki, previousCookie: null, client: null },
  }
}

export function broken(): never {
  throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
}

/** A provider that does not answer. */
export const silent = () => {
  throw new ProviderFault('PROVIDER_UNREACHABLE', 'no answer, for the test')
}
