// The sessions of a gateway, over a store that counts, fails and waits as a test says.
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import type { Origin, ProviderSettings } from '../../src/core/gateway.ts'
import type { SessionStore, StoreChange } from '../../src/core/ports.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { Secret } from '../../src/core/secret.ts'
import { buildKeyRing, type KeyRing } from '../../src/core/session/seal.ts'
import { noTokens, type Session, type SessionTokens } from '../../src/core/session/session.ts'
import type { FinderGateway } from '../../src/runtime/session-finder.ts'
import { createSessions, type SessionLookup, type Sessions } from '../../src/runtime/sessions.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { createTestClock, type TestClock } from './clock.ts'

export const old = new Secret('o'.repeat(32))
export const current = new Secret('c'.repeat(32))
export const begin = 1_790_000_000

export function provider(name: string, more: Partial<ProviderSettings> = {}): ProviderSettings {
  return {
    name,
    issuer: `https://${name}.example.com`,
    clientId: 'id',
    clientSecret: null,
    authMethod: null,
    clientKey: null,
    clientKeyId: null,
    clientAssertionAlg: null,
    clientCertificate: null,
    exchange: null,
    scopes: ['openid'],
    responseMode: 'query',
    responseIssRequired: false,
    preset: 'generic',
    label: name,
    icon: null,
    authorizationParameters: new Map(),
    passParameters: [],
    metadataUrl: null,
    internalUrl: null,
    ca: null,
    signingAlgorithms: ['RS256'],
    extraAudiences: [],
    claimsFrom: ['id_token'],
    claimsFromWritten: false,
    scopesWritten: false,
    userId: 'sub',
    userIdPrefix: '',
    displayName: ['name'],
    foreignPrefixes: [],
    trustEmail: false,
    recheck: null,
    signsIn: true,
    bearer: null,
    jwksUri: null,
    allowInsecureHttp: false,
    ...more,
  }
}

export function originOf(host: string, more: Partial<Origin> = {}): Origin {
  return {
    origin: `https://${host}`,
    scheme: 'https',
    host,
    redirectUris: [],
    resourceMetadata: [],
    postLogoutRedirectUri: `https://${host}/.auth/logged-out`,
    providers: ['acme'],
    idleTimeoutSeconds: 3600,
    maxLifetimeSeconds: 28_800,
    cookies: {
      session: '__Host-claimgate',
      transactionPrefix: '__Host-claimgate-tx-',
      secure: true,
      sameSite: 'Lax',
    },
    apps: [],
    ...more,
  }
}

/** What sessions are judged by beside their lifetimes. */
export const sessionSettings = { duringOutageSeconds: 300, revokedBefore: null } as const

export const wiki = originOf('wiki.example.com')

/** What a store can do, as an object of its own that can be spread. */
export function methodsOf(store: SessionStore): SessionStore {
  return {
    load: (key) => store.load(key),
    save: (session, expiresAt, leaving) => store.save(session, expiresAt, leaving),
    touch: (key, lastSeenAt, expiresAt) => store.touch(key, lastSeenAt, expiresAt),
    drop: (key) => store.drop(key),
    lock: (key, lock) => store.lock(key, lock),
    unlock: (key, lockId) => store.unlock(key, lockId),
    renew: (session, lockId) => store.renew(session, lockId),
    list: (filter) => store.list(filter),
    revoke: (which) => store.revoke(which),
    purge: (now) => store.purge(now),
    logOut: (logout) => store.logOut(logout),
    onChange: (listener) => store.onChange(listener),
    freshUntilMs: () => store.freshUntilMs(),
    states: store.states,
    forms: store.forms,
    commands: store.commands,
    replaceServed: store.replaceServed,
    check: () => store.check(),
    close: () => store.close(),
  }
}

/** A store whose loads are counted, can fail and can be held back, as one across a network would. */
export interface Spy {
  loads: number
  touches: number
  broken: boolean
  slow: Promise<void> | null
  /** Holds drops back until it is resolved. */
  slowDrop: Promise<void> | null
  drops: string[]
  left: boolean
  /** Until when the store has given a sign of life. */
  freshUntilMs: number
  onChange: (change?: StoreChange) => void
  readonly store: SessionStore
}

export function spied(inner: SessionStore): Spy {
  const spy: Spy = {
    loads: 0,
    touches: 0,
    broken: false,
    slow: null,
    slowDrop: null,
    drops: [],
    left: false,
    freshUntilMs: inner.freshUntilMs(),
    onChange: () => {},
    store: {
      ...inner,
      load: (key: string) => {
        spy.loads += 1
        if (spy.broken) throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
        const session = inner.load(key)
        return spy.slow === null ? session : spy.slow.then(() => session)
      },
      freshUntilMs: () => spy.freshUntilMs,
      drop: (key: string) => {
        spy.drops.push(key)
        if (spy.broken) throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
        return spy.slowDrop === null ? inner.drop(key) : spy.slowDrop.then(() => inner.drop(key))
      },
      touch: (key: string, lastSeenAt: number, expiresAt: number) => {
        spy.touches += 1
        if (spy.broken) throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
        return inner.touch(key, lastSeenAt, expiresAt)
      },
      onChange: (listener: (change: StoreChange) => void) => {
        spy.onChange = (change = { kind: 'any' }) => listener(change)
        return () => {
          spy.left = true
        }
      },
    },
  }
  return spy
}

export interface ServerContext {
  /** A new edition, with other settings of sessions. */
  renew(session: FinderGateway['session']): void
  readonly sessions: Sessions
  readonly clock: TestClock
  readonly spy: Spy
  readonly faults: unknown[]
  signIn(
    origin?: Origin,
    previousCookie?: string | null,
    user?: string,
    replaces?: string | null,
  ): Promise<Begun>
  /** Somebody signs in at the wiki, in a browser that had no session. */
  begin(more: {
    readonly user?: string
    readonly claims?: Claims
    readonly tokens?: SessionTokens
    readonly origin?: Origin
  }): Promise<Begun>
}

export interface Begun {
  readonly cookie: string
  readonly session: Session
  readonly displaced: readonly string[]
}

export function open(
  t: Test,
  setup: {
    readonly ring?: KeyRing
    readonly store?: SessionStore
    readonly providers?: readonly ProviderSettings[]
    readonly session?: FinderGateway['session']
    readonly cacheLimit?: number
    readonly cacheBytes?: number
  } = {},
): ServerContext {
  const clock = createTestClock(begin)
  const spy = spied(setup.store ?? openMemoryStore(clock))
  const faults: unknown[] = []
  const ring = setup.ring ?? buildKeyRing([current])
  const gateway = {
    providers: new Map((setup.providers ?? [provider('acme')]).map((one) => [one.name, one])),
    hosts: new Map([[wiki.host, wiki]]),
    session: setup.session ?? sessionSettings,
  }
  const sessions = createSessions({
    gateway,
    store: spy.store,
    ring,
    clock,
    random: randomBytes,
    report: (thrown) => void faults.push(thrown),
    ...(setup.cacheLimit === undefined ? {} : { cacheLimit: setup.cacheLimit }),
    ...(setup.cacheBytes === undefined ? {} : { cacheBytes: setup.cacheBytes }),
  })
  t.teardown(() => sessions.close())
  const start = async (
    {
      user = 'alice',
      claims = { sub: user, groups: ['ops'] },
      tokens = noTokens,
    }: { user?: string; claims?: Claims; tokens?: SessionTokens },
    origin = wiki,
    previousCookie: string | null = null,
    replaces: string | null = null,
  ): Promise<Begun> => {
    const transaction = {
      version: 2,
      issuer: 'https://acme.example.com',
      clientId: 'id',
      origin: origin.origin,
      state: `state of ${user}`,
      nonce: 'n',
      codeVerifier: 'v',
      returnTo: '/page',
      startedAt: clock.time,
      replaces,
      wish: null,
    } as const
    const identity = {
      user,
      claims,
      idToken: 'a.b.c',
      subject: user,
      sid: null,
      issuedAt: clock.time,
      scopes: [],
      tokens,
    }
    const { cookieValue, session, displaced } = await sessions.start({
      identity,
      transaction,
      origin,
      previousCookie,
      client: null,
    })
    return { cookie: cookieValue, session, displaced }
  }
  return {
    sessions,
    renew: (session) => sessions.renew({ gateway: { ...gateway, session }, ring }),
    clock,
    spy,
    faults,
    signIn: (origin = wiki, previousCookie = null, user = 'alice', replaces = null) =>
      start({ user }, origin, previousCookie, replaces),
    begin: (more) => start(more, more.origin),
  }
}

/** The reason there is none, or `live`. */
export async function status(found: ReturnType<Sessions['use']>): Promise<string> {
  const result: SessionLookup = await found
  return result.kind === 'live' ? 'live' : result.why
}
