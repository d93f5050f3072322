import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import type { Origin, ProviderSettings } from '../../src/core/gateway.ts'
import { limits } from '../../src/core/limits/table.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { Secret } from '../../src/core/secret.ts'
import { buildKeyRing, type KeyRing, open as unseal } from '../../src/core/session/seal.ts'
import { encodeSession, memoryBytes, type Session, sessionKey } from '../../src/core/session/session.ts'
import { readSessionSecrets } from '../../src/runtime/secrets.ts'
import { createSessionEndings } from '../../src/runtime/session-endings.ts'
import { createSessions, type SessionLookup, type Sessions } from '../../src/runtime/sessions.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'

const old = new Secret('o'.repeat(32))
const current = new Secret('c'.repeat(32))
const begin = 1_790_000_000

function provider(name: string, more: Partial<ProviderSettings> = {}): ProviderSettings {
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
    scopes: ['openid'],
    responseMode: 'query',
    responseIssRequired: false,
    preset: 'generic',
    label: name,
    icon: null,
    authorizationParameters: new Map(),
    internalUrl: null,
    ca: null,
    signingAlgorithms: ['RS256'],
    claimsFrom: ['id_token'],
    claimsFromWritten: false,
    userId: 'sub',
    userIdPrefix: '',
    foreignPrefixes: [],
    trustEmail: false,
    allowInsecureHttp: false,
    ...more,
  }
}

function originOf(host: string, more: Partial<Origin> = {}): Origin {
  return {
    origin: `https://${host}`,
    scheme: 'https',
    host,
    redirectUris: [],
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

const wiki = originOf('wiki.example.com')

/** What a store can do, as an object of its own that can be spread. */
function methodsOf(store: SessionStore): SessionStore {
  return {
    load: (key) => store.load(key),
    save: (session, expiresAt) => store.save(session, expiresAt),
    touch: (key, lastSeenAt, expiresAt) => store.touch(key, lastSeenAt, expiresAt),
    drop: (key) => store.drop(key),
    list: (filter) => store.list(filter),
    revoke: (which) => store.revoke(which),
    purge: (now) => store.purge(now),
    onChange: (listener) => store.onChange(listener),
    check: () => store.check(),
    close: () => store.close(),
  }
}

/** A store whose loads are counted, can fail and can be held back, as one across a network would. */
interface Spy {
  loads: number
  touches: number
  broken: boolean
  slow: Promise<void> | null
  /** Holds drops back until it is resolved. */
  slowDrop: Promise<void> | null
  drops: string[]
  left: boolean
  onChange: () => void
  readonly store: SessionStore
}

function spied(inner: SessionStore): Spy {
  const spy: Spy = {
    loads: 0,
    touches: 0,
    broken: false,
    slow: null,
    slowDrop: null,
    drops: [],
    left: false,
    onChange: () => {},
    store: {
      ...inner,
      load: (key: string) => {
        spy.loads += 1
        if (spy.broken) throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
        const session = inner.load(key)
        return spy.slow === null ? session : spy.slow.then(() => session)
      },
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
      onChange: (listener: () => void) => {
        spy.onChange = listener
        return () => {
          spy.left = true
        }
      },
    },
  }
  return spy
}

interface ServerContext {
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
  begin(more: { readonly user?: string; readonly claims?: Claims }): Promise<Begun>
}

interface Begun {
  readonly cookie: string
  readonly session: Session
  readonly displaced: readonly string[]
}

function open(
  t: Test,
  setup: {
    readonly ring?: KeyRing
    readonly store?: SessionStore
    readonly providers?: readonly ProviderSettings[]
    readonly cacheLimit?: number
    readonly cacheBytes?: number
  } = {},
): ServerContext {
  const clock = createTestClock(begin)
  const spy = spied(setup.store ?? openMemoryStore())
  const faults: unknown[] = []
  const sessions = createSessions({
    gateway: {
      providers: new Map((setup.providers ?? [provider('acme')]).map((one) => [one.name, one])),
      hosts: new Map([[wiki.host, wiki]]),
    },
    store: spy.store,
    ring: setup.ring ?? buildKeyRing([current]),
    clock,
    random: randomBytes,
    report: (thrown) => void faults.push(thrown),
    ...(setup.cacheLimit === undefined ? {} : { cacheLimit: setup.cacheLimit }),
    ...(setup.cacheBytes === undefined ? {} : { cacheBytes: setup.cacheBytes }),
  })
  t.teardown(() => sessions.close())
  const start = async (
    { user = 'alice', claims = { sub: user, groups: ['ops'] } }: { user?: string; claims?: Claims },
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
    } as const
    const identity = { user, claims, idToken: 'a.b.c' }
    const { cookieValue, session, displaced } = await sessions.start({
      identity,
      transaction,
      origin,
      previousCookie,
    })
    return { cookie: cookieValue, session, displaced }
  }
  return {
    sessions,
    clock,
    spy,
    faults,
    signIn: (origin = wiki, previousCookie = null, user = 'alice', replaces = null) =>
      start({ user }, origin, previousCookie, replaces),
    begin: (more) => start(more),
  }
}

/** The reason there is none, or `live`. */
async function status(found: ReturnType<Sessions['use']>): Promise<string> {
  const result: SessionLookup = await found
  return result.kind === 'live' ? 'live' : result.why
}

t.test('a session that began is found with its principal; only its hash is in the store', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  t.match(await sessions.use(cookie, wiki), {
    kind: 'live',
    session,
    principal: { user: 'alice', provider: 'acme', claims: { groups: ['ops'] } },
    resealed: null,
  })
  t.match(session, {
    key: /^[0-9a-f]{64}$/,
    signIn: { returnTo: '/page' },
    signedInAt: begin,
  })
  t.notMatch(JSON.stringify(await spy.store.list({})), cookie)
})

t.test('a warm session is answered at once, without a promise and without the store', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  const { loads } = spy
  const found = sessions.use(cookie, wiki)
  t.notOk(found instanceof Promise)
  t.match(found, { kind: 'live' })
  t.equal(spy.loads, loads)
})

t.test('S-156, S-164: garbage and the cookie of another origin are no session', async (t) => {
  const { sessions, signIn } = open(t)
  const { cookie } = await signIn()
  for (const warm of [false, true]) {
    const other = originOf('other.example.com')
    t.equal(await status(sessions.use(cookie, other)), 'session-unreadable', `warm: ${warm}`)
    const renamed = originOf('wiki.example.com', { cookies: { ...wiki.cookies, session: '__Host-other' } })
    if (!warm) t.equal(await status(sessions.use(cookie, renamed)), 'session-unreadable')
    t.equal(await status(sessions.use(cookie, wiki)), 'live')
  }
  for (const value of ['', 'x', cookie.slice(1), `${cookie}.`, 'x'.repeat(100_000)]) {
    t.equal(await status(sessions.use(value, wiki)), 'session-unreadable')
  }
})

t.test('the cookie is sealed as a session’s, for this origin and this name', async (t) => {
  const ring = buildKeyRing([current])
  const { signIn } = open(t, { ring })
  const { cookie, session } = await signIn()
  const context = [wiki.origin, wiki.cookies.session]
  const opened = unseal(ring, { purpose: 'session', context }, cookie)
  t.equal(opened.ok && sessionKey(opened.text), session.key)
  t.equal(unseal(ring, { purpose: 'sign-out', context }, cookie).ok, false)
})

t.test('what was found before a new edition is read anew, also what was under way', async (t) => {
  const ring = buildKeyRing([current])
  const { sessions, signIn, spy } = open(t, { ring })
  const { cookie } = await signIn()
  const renewed = (name: string) => ({
    gateway: { providers: new Map([[name, provider(name)]]), hosts: new Map([[wiki.host, wiki]]) },
    ring,
  })
  await sessions.use(cookie, wiki)
  sessions.renew(renewed('partner'))
  t.equal(await status(sessions.use(cookie, wiki)), 'session-provider-gone')
  sessions.renew(renewed('acme'))
  let release = (): void => {}
  spy.slow = new Promise<void>((resolve) => {
    release = resolve
  })
  const flying = sessions.use(cookie, wiki)
  spy.slow = null
  sessions.renew(renewed('acme'))
  release()
  await flying
  const { loads } = spy
  await sessions.use(cookie, wiki)
  t.equal(spy.loads, loads + 1, 'it was not remembered')
})

t.test(
  'a cookie tells its session’s key, though that may have ended; no other value tells any',
  async (t) => {
    const { sessions, signIn } = open(t)
    const { cookie, session } = await signIn()
    t.equal(sessions.keyOf(cookie, wiki), session.key)
    await sessions.end(session)
    t.equal(sessions.keyOf(cookie, wiki), session.key)
    t.equal(sessions.keyOf('forged', wiki), null)
    t.equal(sessions.keyOf(cookie, originOf('other.example.com')), null)
  },
)

t.test('S-148: each sign-in has a new id, and ends the session that the browser had', async (t) => {
  const { sessions, signIn } = open(t)
  const first = await signIn()
  t.equal(await status(sessions.use(first.cookie, wiki)), 'live')
  const second = await signIn(wiki, first.cookie)
  t.not(second.session.key, first.session.key)
  t.not(second.cookie, first.cookie)
  t.equal(await status(sessions.use(first.cookie, wiki)), 'session-ended')
  t.equal(await status(sessions.use(second.cookie, wiki)), 'live')
  const third = await signIn(wiki, 'planted by an attacker')
  t.equal(await status(sessions.use(third.cookie, wiki)), 'live')
  const elsewhere = await signIn(originOf('other.example.com'), third.cookie)
  t.ok(elsewhere.cookie)
  t.equal(await status(sessions.use(third.cookie, wiki)), 'live', 'a session of another origin is left alone')
})

t.test(
  'S-148: the session of the moment it began ends too, though its cookie did not cross sites',
  async (t) => {
    const { sessions, signIn } = open(t)
    const [begun, meanwhile] = [await signIn(), await signIn()]
    const last = await signIn(wiki, meanwhile.cookie, 'adam', begun.session.key)
    t.equal(await status(sessions.use(begun.cookie, wiki)), 'session-ended')
    t.equal(await status(sessions.use(meanwhile.cookie, wiki)), 'session-ended')
    t.equal(await status(sessions.use(last.cookie, wiki)), 'live')
  },
)

t.test('S-160: after the end a copied cookie is refused, warm or cold', async (t) => {
  const { sessions, signIn } = open(t)
  const { cookie, session } = await signIn()
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  t.equal(await sessions.end(session), true)
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
  t.equal(await sessions.end(session), false)
})

t.test('S-160: a look-up that is under way while the session ends does not bring it back', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  let release = (): void => {}
  spy.slow = new Promise<void>((resolve) => {
    release = resolve
  })
  const flying = sessions.use(cookie, wiki)
  t.type(flying, Promise)
  spy.slow = null
  await sessions.end(session)
  release()
  await flying
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('S-160: while the store lets go of a session, and after it, no look-up brings it back', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  const heard: string[] = []
  sessions.onEnd(session, wiki, () => heard.push('ended'))
  let release = (): void => {}
  const held = () =>
    new Promise<void>((resolve) => {
      release = resolve
    })
  spy.slow = held()
  const before = sessions.use(cookie, wiki)
  const releaseLoad = release
  spy.slowDrop = held()
  const ending = sessions.end(session)
  t.same(heard, ['ended'], 'who listens need not wait for the store')
  const { loads } = spy
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended', 'the store still has it')
  t.equal(spy.loads, loads, 'and is not asked')
  releaseLoad()
  t.equal(await status(before), 'session-ended', 'also what was asked before')
  release()
  t.equal(await ending, true)
  spy.slow = null
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('S-160: a session that the store cannot drop is out here at once, and dropped later', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const { sessions, signIn, spy } = open(t)
  const [alice, bob, carol] = [await signIn(), await signIn(wiki, null, 'bob'), await signIn(wiki, null, 'c')]
  for (const { cookie } of [alice, bob, carol]) await sessions.use(cookie, wiki)
  const heard: string[] = []
  sessions.onEnd(alice.session, wiki, () => heard.push('alice'))
  spy.broken = true
  for (const { session } of [alice, bob])
    await t.rejects(sessions.end(session), { code: 'STORE_UNAVAILABLE' })
  t.same(heard, ['alice'])
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended', 'while it does not answer')
  t.equal(await status(sessions.use(carol.cookie, wiki)), 'live', 'others go on')
  spy.drops.length = 0
  mock.timers.tick(1000)
  await turn()
  t.same(spy.drops.splice(0), [alice.session.key], 'asked again each second, and no further than the first')
  spy.broken = false
  t.equal(
    await status(sessions.use(bob.cookie, wiki)),
    'session-ended',
    'though it answers, and still has it',
  )
  mock.timers.tick(1000)
  for (let turns = 0; turns < 4; turns++) await turn()
  t.same(spy.drops.splice(0), [alice.session.key, bob.session.key])
  t.match(await spy.store.list({}), [{ key: carol.session.key }])
  t.equal((await spy.store.list({})).length, 1)
  mock.timers.tick(1000)
  await turn()
  t.same(spy.drops, [], 'once')
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended')
})

t.test('S-160: who begins to listen while a session ends hears of it, whatever the store does', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const [slow, refused] = [await signIn(), await signIn()]
  const heard: string[] = []
  let release = (): void => {}
  spy.slowDrop = new Promise((resolve) => {
    release = resolve
  })
  const ending = sessions.end(slow.session)
  sessions.onEnd(slow.session, wiki, () => heard.push('while the store lets it go'))
  release()
  await ending
  spy.slowDrop = null
  spy.broken = true
  await t.rejects(sessions.end(refused.session), { code: 'STORE_UNAVAILABLE' })
  spy.broken = false
  sessions.onEnd(refused.session, wiki, () => heard.push('after the store refused'))
  await sessions.sweep()
  t.same(heard, ['while the store lets it go', 'after the store refused'])
})

t.test(
  'sign-outs that the store refused while others are retried are asked for again within a second',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const refuse = () => Promise.reject(new StoreFault('STORE_UNAVAILABLE', 'broken for the test'))
    let release = (): void => {}
    const held = new Promise<boolean>((resolve) => {
      release = () => resolve(true)
    })
    const asked: string[] = []
    let drop: (key: string) => Promise<boolean> = refuse
    const endings = createSessionEndings((key) => {
      asked.push(key)
      return drop(key)
    })
    t.teardown(() => endings.close())
    await t.rejects(endings.end('first'))
    drop = (key) => (key === 'first' ? held : refuse())
    mock.timers.tick(1000)
    await t.rejects(endings.end('second'))
    mock.timers.tick(1000)
    release()
    await turn()
    await turn()
    drop = () => Promise.resolve(true)
    asked.length = 0
    mock.timers.tick(1000)
    await turn()
    t.same(asked, ['second'])
    drop = refuse
    await t.rejects(endings.end('third'))
    endings.close()
    await t.rejects(endings.end('fourth'))
    asked.length = 0
    mock.timers.tick(1000)
    await turn()
    t.same(asked, [], 'once closed it asks no more')
  },
)

t.test('sign-outs that the store refused are bounded, and the sweep asks for them too', async (t) => {
  const dropped: string[] = []
  let broken = true
  const endings = createSessionEndings((key) => {
    if (broken) throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
    return dropped.push(key) > 0
  })
  t.teardown(() => endings.close())
  for (let at = 0; at <= limits.refusedSignOuts; at++) await endings.end(`k${at}`).catch(() => {})
  t.equal(endings.has('k0'), false, 'the first made room')
  await endings.end('k5').catch(() => {})
  for (const key of ['k1', 'k2', 'k5', `k${limits.refusedSignOuts}`]) t.equal(endings.has(key), true, key)
  broken = false
  const retrying = Promise.all([endings.retry(), endings.retry()])
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(dropped.length < 10, 'not all in one turn')
  await retrying
  t.equal(dropped.length, limits.refusedSignOuts, 'each once')
  t.equal(endings.has('k1'), false)
  const { sessions, signIn, spy } = open(t)
  const { session } = await signIn()
  spy.broken = true
  await sessions.end(session).catch(() => {})
  spy.broken = false
  await sessions.sweep()
  t.same(await spy.store.list({}), [])
})

t.test('S-159: idle and absolute limits hold against the clock, cached or not', async (t) => {
  const { sessions, signIn, clock } = open(t)
  const { cookie } = await signIn()
  clock.time = begin + 3599
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  clock.time += 3600
  t.equal(await status(sessions.use(cookie, wiki)), 'session-idle')
  const again = await signIn()
  for (let minutes = 0; minutes < 479; minutes++) {
    clock.time += 60
    if ((await status(sessions.use(again.cookie, wiki))) !== 'live') t.fail(`ended after ${minutes} minutes`)
  }
  clock.time += 60
  t.equal(await status(sessions.use(again.cookie, wiki)), 'session-expired')
  clock.time -= 1
  t.equal(await status(sessions.use(again.cookie, wiki)), 'live', 'judged anew each time, not remembered')
})

t.test('the idle time moves with each request, and is written back once a minute', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  const { cookie, session } = await signIn()
  for (let second = 1; second <= 120; second++) {
    clock.time = begin + second
    const found = await sessions.use(cookie, wiki)
    t.equal(found.kind === 'live' && found.session.lastSeenAt, clock.time)
  }
  t.equal(spy.touches, 2)
  t.match(await spy.store.load(session.key), { lastSeenAt: begin + 120 })
})

t.test('a look that is no use keeps no session alive', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  const { cookie, session } = await signIn()
  for (let minutes = 1; minutes < 60; minutes++) {
    clock.time = begin + minutes * 60
    const found = await sessions.lookUp(cookie, wiki)
    t.equal(found.kind === 'live' && found.session.lastSeenAt, begin)
  }
  t.equal(spy.touches, 0)
  t.match(await spy.store.load(session.key), { lastSeenAt: begin })
  clock.time = begin + 3600
  t.equal(await status(sessions.lookUp(cookie, wiki)), 'session-idle')
  t.equal(await status(sessions.use(cookie, wiki)), 'session-idle')
  t.equal(await status(sessions.lookUp('forged', wiki)), 'session-unreadable')
})

t.test(
  'S-158: a cookie under an older secret is sealed anew; without that secret it is no session',
  async (t) => {
    const store = openMemoryStore()
    const before = open(t, { store, ring: buildKeyRing([old]) })
    const { cookie } = await before.signIn()
    const rotated = open(t, { store, ring: buildKeyRing([current, old]) })
    const found = await rotated.sessions.use(cookie, wiki)
    const resealed = (found.kind === 'live' && found.resealed) || ''
    t.not(resealed, '')
    t.not(resealed, cookie)
    t.match(
      rotated.sessions.use(cookie, wiki),
      { kind: 'live', resealed },
      'the same value for parallel requests',
    )
    const after = open(t, { store, ring: buildKeyRing([current]) })
    t.match(await after.sessions.use(resealed, wiki), { kind: 'live', resealed: null })
    t.equal(await status(after.sessions.use(cookie, wiki)), 'session-unreadable')
    await rotated.sessions.end(found.kind === 'live' ? found.session : { key: '' })
    for (const value of [cookie, resealed]) {
      t.equal(
        await status(rotated.sessions.use(value, wiki)),
        'session-ended',
        'both cookies of the session are dead',
      )
    }
  },
)

t.test('S-162: a session is held against the configuration of today', async (t) => {
  const store = openMemoryStore()
  const { signIn } = open(t, { store })
  const { cookie } = await signIn()
  const twoProviders = [provider('acme'), provider('partner')]
  const table = [
    ['the provider is no longer configured', [provider('partner')], wiki],
    ['its name is another issuer now', [provider('acme', { issuer: 'https://globex.example.com' })], wiki],
    ['its name is another client now', [provider('acme', { clientId: 'other' })], wiki],
    ['the app no longer accepts it', twoProviders, originOf('wiki.example.com', { providers: ['partner'] })],
    ['the user id is read from another claim', [provider('acme', { userId: 'email' })], wiki],
    ['the user id has a prefix now', [provider('acme', { userIdPrefix: 'acme:' })], wiki],
  ] as const
  for (const [what, providers, origin] of table) {
    const { sessions } = open(t, { store, providers })
    t.equal(await status(sessions.use(cookie, origin)), 'session-provider-gone', what)
  }
  const renamed = [provider('acme', { name: 'renamed' })]
  const elsewhere = originOf('wiki.example.com', { providers: ['renamed'] })
  const found = await open(t, { store, providers: renamed }).sessions.use(cookie, elsewhere)
  t.match(found, { kind: 'live', principal: { provider: 'renamed' } }, 'its name is a label')
  const { sessions, clock } = open(t, { store, providers: twoProviders })
  clock.time = begin + 120
  const shorter = originOf('wiki.example.com', { idleTimeoutSeconds: 60 })
  t.equal(await status(sessions.use(cookie, shorter)), 'session-idle', 'a shorter timeout holds at once')
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
})

t.test('what another process removes is gone with the next request, what it leaves stays', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  for (const { cookie } of [alice, bob]) t.equal(await status(sessions.use(cookie, wiki)), 'live')
  await spy.store.drop(alice.session.key)
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'live', 'nobody has told yet')
  spy.onChange()
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended')
  t.equal(await status(sessions.use(bob.cookie, wiki)), 'live')
  const { loads } = spy
  await sessions.use(bob.cookie, wiki)
  t.equal(spy.loads, loads, 'verified once')
})

t.test('what another process removes while a look-up is under way is not believed after it', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  let release = (): void => {}
  spy.slow = new Promise<void>((resolve) => {
    release = resolve
  })
  const flying = sessions.use(cookie, wiki)
  spy.slow = null
  await spy.store.drop(session.key)
  spy.onChange()
  release()
  await flying
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('even if nobody tells, a session is held against the store each minute', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie, session } = await signIn()
  await sessions.use(cookie, wiki)
  await spy.store.drop(session.key)
  clock.time = begin + 59
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  clock.time = begin + 60
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('S-159: a wall clock that was ahead once leaves no session unverified afterwards', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie, session } = await signIn()
  clock.wallErrorSeconds = 1800
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  clock.wallErrorSeconds = 0
  await spy.store.drop(session.key)
  clock.time = begin + 60
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended', 'the store was asked after a minute')
})

t.test('S-159: nor does it end the five minutes that verified sessions have without a store', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  spy.onChange()
  clock.wallErrorSeconds = 1800
  t.equal(await status(sessions.use(cookie, wiki)), 'live', 'ahead by half an hour')
  clock.wallErrorSeconds = -30
  clock.time = begin + 300
  t.throws(() => sessions.use(cookie, wiki), { code: 'STORE_UNAVAILABLE' }, 'behind by half a minute')
})

t.test('with a broken store live sessions go on for five minutes, others get a fault', async (t) => {
  const { sessions, signIn, spy, clock, faults } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  await sessions.use(alice.cookie, wiki)
  spy.broken = true
  spy.onChange()
  for (const seconds of [0, 1, 60, 120, 299]) {
    clock.time = begin + seconds
    t.equal(await status(sessions.use(alice.cookie, wiki)), 'live', `${seconds} s`)
  }
  t.ok(faults.length >= 4, 'the faults are told')
  t.throws(() => sessions.use(bob.cookie, wiki), { code: 'STORE_UNAVAILABLE' })
  clock.time = begin + 305
  t.throws(() => sessions.use(alice.cookie, wiki), { code: 'STORE_UNAVAILABLE' })
  spy.broken = false
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'live')
})

t.test(
  'a store that breaks while people are signed in: five minutes, whatever it is that broke',
  async (t) => {
    const breaks: Readonly<Record<string, (folder: string, store: SessionStore) => unknown>> = {
      'the file is removed': (folder) => rmSync(join(folder, 'sessions.db')),
      'another file is in its place': (folder) => {
        renameSync(join(folder, 'sessions.db'), join(folder, 'away'))
        openStore({ store: 'sqlite' }, folder).close()
      },
      'its tables are gone': (folder) => {
        const database = new DatabaseSync(join(folder, 'sessions.db'))
        database.exec('DROP TABLE session')
        database.close()
      },
      'it is closed': (_folder, store) => store.close(),
    }
    for (const [what, breakIt] of Object.entries(breaks)) {
      const folder = t.testdir({ [what]: {} })
      const inner = openStore({ store: 'sqlite' }, join(folder, what))
      t.teardown(() => inner.close())
      const { sessions, signIn, clock, faults } = open(t, { store: methodsOf(inner) })
      const [warm, cold, leaving] = [await signIn(), await signIn(), await signIn()]
      for (const { cookie } of [warm, leaving])
        t.equal(await status(sessions.use(cookie, wiki)), 'live', what)
      breakIt(join(folder, what), inner)
      for (const seconds of [1, 59, 60, 180, 299]) {
        clock.time = begin + seconds
        t.equal(await status(sessions.use(warm.cookie, wiki)), 'live', `${what}: ${seconds} s`)
      }
      t.ok(faults.length > 0, `${what}: it is told`)
      t.throws(() => sessions.use(cold.cookie, wiki), { name: 'StoreFault' }, `${what}: not verified lately`)
      await t.rejects(signIn(), { name: 'StoreFault' }, `${what}: nobody signs in`)
      await sessions.end(leaving.session).catch(() => {})
      t.equal(await status(sessions.use(leaving.cookie, wiki)), 'session-ended', `${what}: who leaves is out`)
      clock.time = begin + 300
      t.throws(() => sessions.use(warm.cookie, wiki), { name: 'StoreFault' }, `${what}: after five minutes`)
    }
  },
)

t.test('a store that does not answer is asked again every five seconds', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  const askedAt: number[] = []
  for (let seconds = 55; seconds <= 76; seconds++) {
    clock.time = begin + seconds
    const { loads } = spy
    t.equal(await status(sessions.use(cookie, wiki)), 'live')
    if (spy.loads > loads) askedAt.push(seconds)
  }
  t.same(askedAt, [60, 65, 70, 75])
})

t.test('whoever the store no longer had is not let in when it breaks afterwards', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  await spy.store.drop(session.key)
  spy.onChange()
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
  spy.broken = true
  t.throws(() => sessions.use(cookie, wiki), { code: 'STORE_UNAVAILABLE' })
})

t.test('S-160: a look-up that fails after its session ended here lets nobody in', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  await sessions.use(cookie, wiki)
  let refuse = (): void => {}
  spy.slow = new Promise<void>((_resolve, reject) => {
    refuse = () => reject(new StoreFault('STORE_UNAVAILABLE', 'for the test'))
  })
  spy.onChange()
  const flying = sessions.use(cookie, wiki)
  await sessions.end(session)
  refuse()
  await t.rejects(Promise.resolve(flying), { code: 'STORE_UNAVAILABLE' })
})

t.test('a session that was idle for this process is asked for, as another may have seen it', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const short = originOf('wiki.example.com', { idleTimeoutSeconds: 30 })
  const { cookie, session } = await signIn(short)
  await sessions.use(cookie, short)
  await spy.store.touch(session.key, begin + 25, begin + 100)
  clock.time = begin + 31
  await sessions.use(cookie, short)
  t.equal(await status(sessions.use(cookie, short)), 'live')
})

t.test(
  'the use of a session is noted once a second, and a clock that is set back takes nothing away',
  async (t) => {
    const { sessions, signIn, clock } = open(t)
    const { cookie } = await signIn()
    clock.time = begin + 20
    const first = await sessions.use(cookie, wiki)
    const second = await sessions.use(cookie, wiki)
    t.ok(first.kind === 'live' && second.kind === 'live' && first.session === second.session)
    clock.wallErrorSeconds = -10
    const third = await sessions.use(cookie, wiki)
    t.equal(third.kind === 'live' && third.session.lastSeenAt, begin + 20)
  },
)

t.test('a session that the store has for another origin is none here', async (t) => {
  const inner = openMemoryStore()
  const elsewhere = (key: string) => {
    const session = inner.load(key)
    return session instanceof Promise || session === null
      ? null
      : { ...session, origin: 'https://other.example.com' }
  }
  const { sessions, signIn } = open(t, { store: { ...inner, load: elsewhere } })
  const { cookie } = await signIn()
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('what is asked of the store again keeps the idle time that was not written back yet', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  clock.time = begin + 30
  await sessions.use(cookie, wiki)
  t.equal(spy.touches, 0, 'too early for the store')
  spy.onChange()
  const found = await sessions.lookUp(cookie, wiki)
  t.equal(found.kind === 'live' && found.session.lastSeenAt, begin + 30)
})

t.test('with a broken store the asking is not done on every request', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  spy.onChange()
  await sessions.use(cookie, wiki)
  const { loads } = spy
  for (let request = 0; request < 10; request++) await sessions.use(cookie, wiki)
  t.equal(spy.loads, loads)
})

t.test('a broken store signs nobody in and nobody out', async (t) => {
  const inner = openMemoryStore()
  const fault = new StoreFault('STORE_FULL', 'full for the test')
  const refuse = () => Promise.reject(fault)
  const full = open(t, { store: { ...inner, save: refuse } })
  await t.rejects(full.signIn(), { code: 'STORE_FULL' })
  t.same(await inner.list({}), [])
  const stuck = open(t, { store: { ...inner, drop: refuse } })
  const { session, cookie } = await stuck.signIn()
  await t.rejects(stuck.sessions.end(session), { code: 'STORE_FULL' })
  await t.rejects(stuck.signIn(wiki, cookie), { code: 'STORE_FULL' }, 'not with the old session left alive')
})

t.test(
  'who listens hears once when the session ends here, is replaced, or is removed elsewhere',
  async (t) => {
    const { sessions, signIn, spy } = open(t)
    const heard: string[] = []
    const listen = (session: Session, name: string) => sessions.onEnd(session, wiki, () => heard.push(name))
    const [out, replaced, revoked, kept, left] = await Promise.all([
      signIn(),
      signIn(),
      signIn(),
      signIn(),
      signIn(),
    ])
    listen(out.session, 'out')
    listen(out.session, 'out too')
    listen(replaced.session, 'replaced')
    listen(revoked.session, 'revoked')
    listen(kept.session, 'kept')
    listen(left.session, 'left')()
    await sessions.end(out.session)
    t.same(heard.splice(0), ['out', 'out too'])
    await signIn(wiki, replaced.cookie)
    t.same(heard.splice(0), ['replaced'])
    await spy.store.drop(revoked.session.key)
    await spy.store.drop(left.session.key)
    spy.onChange()
    await sessions.sweep()
    t.same(heard.splice(0), ['revoked'])
    for (const { session } of [out, replaced, revoked, left]) await sessions.end(session)
    t.same(heard, [])
  },
)

t.test('what another process removes stops nobody, however many listen', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const most = limits.recheckedSessions
  const heard: number[] = []
  const begun: Begun[] = []
  for (let at = 0; at < 3 * most; at++) {
    const one = await signIn(wiki, null, `user ${at}`)
    begun.push(one)
    sessions.onEnd(one.session, wiki, () => heard.push(at))
  }
  await turn()
  const remove = (at: number) => spy.store.drop(begun[at]?.session.key ?? '')
  await remove(3 * most - 1)
  spy.loads = 0
  spy.onChange()
  t.equal(spy.loads, most, 'in the turn of the news')
  for (let turns = 0; turns < 3; turns++) {
    const before = spy.loads
    await turn()
    t.ok(spy.loads - before <= most, 'nor in a later one')
  }
  t.same(heard, [3 * most - 1])
  for (let turns = 0; turns < 3; turns++) await turn()
  spy.loads = 0
  spy.onChange()
  await turn()
  await remove(0)
  for (let times = 0; times < 3; times++) spy.onChange()
  for (let turns = 0; turns < 12; turns++) await turn()
  t.same(heard, [3 * most - 1, 0], 'what was removed behind the look is looked at again')
  t.ok(spy.loads <= 6 * most, 'once')
})

t.test('who listens to a session that has already ended hears of it', async (t) => {
  const { sessions, signIn } = open(t)
  const { session } = await signIn()
  await sessions.end(session)
  await new Promise<void>((resolve) => sessions.onEnd(session, wiki, resolve))
})

t.test(
  'a long connection ends with the absolute limit, and when the session was idle everywhere',
  async (t) => {
    const { sessions, signIn, clock, spy } = open(t)
    const heard: string[] = []
    const busy = await signIn()
    const elsewhere = await signIn()
    const idle = await signIn()
    for (const [name, { session }] of Object.entries({ busy, elsewhere, idle })) {
      sessions.onEnd(session, wiki, () => heard.push(name))
    }
    clock.time = begin + 3000
    await sessions.use(busy.cookie, wiki)
    await spy.store.touch(elsewhere.session.key, begin + 3500, begin + 9000)
    clock.time = begin + 3600
    await sessions.sweep()
    t.same(heard.splice(0), ['idle'], 'another tab, or another process, keeps a session alive')
    clock.time = begin + 6600
    await sessions.sweep()
    t.same(heard.splice(0), ['busy'])
    spy.broken = true
    clock.time = begin + 28_800
    await sessions.sweep()
    t.same(heard, ['elsewhere'], 'the limit holds without a store too')
  },
)

t.test('a long connection has the lifetimes that are in force, not those of its beginning', async (t) => {
  const ring = buildKeyRing([current])
  const providers = new Map([['acme', provider('acme')]])
  const inForce = (sessions: Sessions, ...origins: readonly Origin[]) =>
    sessions.renew({ gateway: { providers, hosts: new Map(origins.map((one) => [one.host, one])) }, ring })
  const rows: [string, Origin, number, readonly string[]][] = [
    ['a shorter idle timeout', originOf(wiki.host, { idleTimeoutSeconds: 600 }), 600, ['ended']],
    ['a longer one', originOf(wiki.host, { idleTimeoutSeconds: 7200 }), 3600, []],
    ['a shorter lifetime', originOf(wiki.host, { maxLifetimeSeconds: 900 }), 900, ['ended']],
    [
      'a longer one',
      originOf(wiki.host, { idleTimeoutSeconds: 90_000, maxLifetimeSeconds: 90_000 }),
      28_800,
      [],
    ],
  ]
  for (const [name, renewed, after, expected] of rows) {
    const { sessions, signIn, clock } = open(t, { ring })
    const { session } = await signIn()
    const heard: string[] = []
    sessions.onEnd(session, wiki, () => heard.push('ended'))
    inForce(sessions, renewed)
    clock.time = begin + after - 1
    await sessions.sweep()
    t.same(heard, [], `${name}, a second before`)
    clock.time = begin + after
    await sessions.sweep()
    t.same(heard, expected, name)
  }

  t.test('nor those of a request that came before the change and listens after it', async (t) => {
    const { sessions, signIn, clock } = open(t, { ring })
    const { session } = await signIn()
    inForce(sessions, originOf(wiki.host, { idleTimeoutSeconds: 600 }))
    let ended = false
    sessions.onEnd(session, wiki, () => {
      ended = true
    })
    clock.time = begin + 600
    await sessions.sweep()
    t.ok(ended)
  })

  t.test('and ends with its origin', async (t) => {
    const { sessions, signIn } = open(t, { ring })
    const { session } = await signIn()
    let ended = false
    sessions.onEnd(session, wiki, () => {
      ended = true
    })
    inForce(sessions, originOf('other.example.com'))
    t.ok(ended)
  })
})

t.test('a listener that throws stops neither the others nor the sign-out', async (t) => {
  const { sessions, signIn, faults } = open(t)
  const { session } = await signIn()
  let heard = false
  sessions.onEnd(session, wiki, () => {
    throw new Error('from a listener')
  })
  sessions.onEnd(session, wiki, () => {
    heard = true
  })
  t.equal(await sessions.end(session), true)
  t.equal(heard, true)
  t.match(faults, [{ message: 'from a listener' }])
})

t.test('the watch looks at the time each second, the sweep at the store each half minute', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { sessions, signIn, clock, spy } = open(t)
  const { session } = await signIn()
  const ended = new Promise<void>((resolve) => sessions.onEnd(session, wiki, resolve))
  clock.time = begin + 3660
  mock.timers.tick(1000)
  await ended
  t.equal((await spy.store.list({})).length, 1)
  mock.timers.tick(29_000)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(await spy.store.list({}), [])
})

t.test('the sweep lets the store forget what ran out', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  await signIn()
  clock.time = begin + 3659
  await sessions.sweep()
  t.equal((await spy.store.list({})).length, 1)
  clock.time = begin + 3660
  await sessions.sweep()
  t.same(await spy.store.list({}), [])
})

t.test('revoked in the file by another process: the gateway knows within a second', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [openStore({ store: 'sqlite' }, folder), openStore({ store: 'sqlite' }, folder)]
  t.teardown(() => Promise.all([ours.close(), theirs.close()]))
  const sessions = createSessions({
    gateway: { providers: new Map([['acme', provider('acme')]]), hosts: new Map() },
    store: ours,
    ring: buildKeyRing([current]),
    clock: createTestClock(begin),
    random: randomBytes,
  })
  t.teardown(() => sessions.close())
  const { signIn } = open(t, {
    store: { ...openMemoryStore(), save: (session, at) => ours.save(session, at) },
  })
  const { cookie, session } = await signIn()
  t.match(
    sessions.use(cookie, wiki),
    { kind: 'live' },
    'a cold session is read from the file without a promise',
  )
  const ended = new Promise<void>((resolve) => sessions.onEnd(session, wiki, resolve))
  await theirs.revoke({ by: 'user', user: 'alice' })
  mock.timers.tick(500)
  await ended
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('the cache is bounded, and keeps what is used', async (t) => {
  const { sessions, signIn, spy } = open(t, { cacheLimit: 4 })
  const cookies: string[] = []
  for (let at = 0; at < 8; at++) cookies.push((await signIn()).cookie)
  for (const cookie of cookies) t.equal(await status(sessions.use(cookie, wiki)), 'live')
  const loadsOf = async (at: number): Promise<number> => {
    const { loads } = spy
    await sessions.use(cookies[at] ?? '', wiki)
    return spy.loads - loads
  }
  t.equal(await loadsOf(4), 0, 'the last four are remembered, and this one is used')
  t.equal(await loadsOf(0), 1, 'the first was let go and is read again')
  t.equal(await loadsOf(4), 0, 'what is used stays')
  t.equal(await loadsOf(5), 1, 'what was used longest ago went')
})

t.test('the sessions at hand are bounded in bytes, whatever claims they have', async (t) => {
  const claims = { sub: 'alice', groups: Array.from({ length: 100 }, (_, at) => `group number ${at}`) }
  const measured = open(t)
  const one = memoryBytes((await measured.begin({ claims })).session)
  const { sessions, begin, spy } = open(t, { cacheBytes: 3 * one })
  const cookies: string[] = []
  for (let at = 0; at < 4; at++) cookies.push((await begin({ claims })).cookie)
  const loadsOf = async (index: number) => {
    const { loads } = spy
    t.equal(await status(sessions.use(cookies[index] ?? '', wiki)), 'live')
    return spy.loads - loads
  }
  for (const index of [0, 1, 2]) t.equal(await loadsOf(index), 1)
  for (const index of [0, 1, 2]) t.equal(await loadsOf(index), 0, 'three are at hand')
  t.equal(await loadsOf(3), 1)
  t.equal(await loadsOf(0), 1, 'the one that was used longest ago is read again')
  t.equal(await loadsOf(3), 0)
  const tight = open(t, { cacheBytes: one - 1 })
  const { cookie } = await tight.begin({ claims })
  for (let times = 0; times < 2; times++) t.equal(await status(tight.sessions.use(cookie, wiki)), 'live')
  t.equal(tight.spy.loads, 2, 'one that is larger than all of it is never kept, and found all the same')
})

t.test('claims that are too large fail the sign-in, and are never cut', async (t) => {
  const { begin, spy } = open(t)
  const claims = (length: number) => ({ sub: 'alice', groups: ['é'.repeat(length)] })
  const { session } = await begin({ claims: claims(10) })
  const rest = limits.sessionRecordBytes - Buffer.byteLength(encodeSession(session))
  const fits = await begin({ claims: claims(10 + Math.floor(rest / 2)) })
  t.same(fits.session.claims, claims(10 + Math.floor(rest / 2)), 'to the last byte')
  await t.rejects(begin({ claims: claims(11 + Math.floor(rest / 2)) }), {
    code: 'LOGIN_CLAIMS_TOO_LARGE',
    message: /take 26\d{4} bytes as a session, at most 262144 are kept; let the provider send fewer/,
  })
  t.equal((await spy.store.list({})).length, 2)
})

t.test(
  'with more sessions than one may have the oldest ends at once, warm or with a WebSocket',
  async (t) => {
    const { sessions, signIn, begin } = open(t)
    const [first, second] = [await signIn(), await signIn()]
    t.equal(await status(sessions.use(first.cookie, wiki)), 'live')
    const heard: string[] = []
    sessions.onEnd(first.session, wiki, () => heard.push('first'))
    sessions.onEnd(second.session, wiki, () => heard.push('second'))
    const other = await begin({ user: 'bob' })
    for (let at = 2; at < limits.personSessions; at++) t.same((await signIn()).displaced, [])
    t.same((await signIn()).displaced, [first.session.key])
    t.equal(await status(sessions.use(first.cookie, wiki)), 'session-ended')
    t.same(heard, ['first'])
    t.equal(await status(sessions.use(second.cookie, wiki)), 'live')
    t.equal(await status(sessions.use(other.cookie, wiki)), 'live')
  },
)

t.test('whom a sign-in displaced is out, though the store cannot end what it replaces', async (t) => {
  const { sessions, signIn, begin, spy } = open(t)
  const first = await signIn()
  const heard: string[] = []
  await sessions.use(first.cookie, wiki)
  sessions.onEnd(first.session, wiki, () => heard.push('first'))
  for (let at = 1; at < limits.personSessions; at++) await signIn()
  const bob = await begin({ user: 'bob' })
  spy.broken = true
  await t.rejects(signIn(wiki, bob.cookie), { code: 'STORE_UNAVAILABLE' })
  t.same(heard, ['first'])
  spy.broken = false
  t.equal(await status(sessions.use(first.cookie, wiki)), 'session-ended')
})

t.test('once closed it asks nothing of the store any more, and tells nobody', async (t) => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const inner = openMemoryStore()
  const asked: string[] = []
  const store: SessionStore = {
    ...inner,
    purge: (now) => {
      asked.push('purge')
      return inner.purge(now)
    },
  }
  const { sessions, signIn, spy, clock } = open(t, { store })
  const [first, second] = [await signIn(), await signIn()]
  sessions.onEnd(first.session, wiki, () => asked.push('ended'))
  spy.broken = true
  await sessions.end(second.session).catch(() => {})
  spy.broken = false
  sessions.close()
  spy.drops.length = 0
  clock.time = begin + 40_000
  for (let seconds = 0; seconds < 60; seconds++) mock.timers.tick(1000)
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
  t.same(asked, [])
  t.same(spy.drops, [])
  t.equal(spy.left, true, 'nor does it listen')
  await sessions.sweep()
  t.same(asked, ['purge'], 'nobody listens who could be told')
  t.same(spy.drops, [])
})

t.test('a purge that takes long is not begun twice', async (t) => {
  const inner = openMemoryStore()
  let purges = 0
  let release = (): void => {}
  const purge = () => {
    purges += 1
    return new Promise<number>((resolve) => {
      release = () => resolve(0)
    })
  }
  const { sessions } = open(t, { store: { ...inner, purge } })
  const first = sessions.sweep()
  await new Promise((resolve) => setImmediate(resolve))
  await sessions.sweep()
  t.equal(purges, 1)
  release()
  await first
  void sessions.sweep()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(purges, 2)
  const broken = open(t, {
    store: { ...inner, purge: () => Promise.reject(new StoreFault('STORE_FULL', 'for the test')) },
  })
  for (let times = 0; times < 2; times++) await broken.sessions.sweep()
  t.match(broken.faults, [{ code: 'STORE_FULL' }, { code: 'STORE_FULL' }], 'and one that failed is')
})

t.test('the session secret is configured, or made once and kept for this user alone', async (t) => {
  const folder = t.testdir()
  const settings = { secrets: [], store: 'sqlite', cookieName: 'claimgate', sameSite: 'lax' } as const
  const read = (dataFolder: string, more: object = {}): readonly string[] =>
    readSessionSecrets({ session: { ...settings, ...more }, dataFolder }, randomBytes).map((one) =>
      one.reveal(),
    )
  t.same(read('/nowhere', { secrets: [current, old] }), ['c'.repeat(32), 'o'.repeat(32)])
  const [made] = read(folder)
  const path = join(folder, 'session.secret')
  t.match(made, /^[\w-]{43}$/)
  t.same(read(folder), [made], 'the next start reads it')
  t.same(readdirSync(folder), ['session.secret'], 'no draft is left')
  t.equal(statSync(path).mode & 0o777, 0o600)
  chmodSync(path, 0o644)
  t.same(read(folder), [made])
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.not(read(folder, { store: 'memory' })[0], made)
  for (const text of ['', 'short', `${made}${made}`]) {
    writeFileSync(path, text)
    t.throws(() => read(folder), { code: 'STORE_INVALID', message: /session.secret is damaged; remove it/ })
    t.equal(readFileSync(path, 'utf8'), text, 'and it is not replaced')
  }
  t.throws(() => read(join(folder, 'missing')), {
    code: 'STORE_UNAVAILABLE',
    message: /session.secret can be neither/,
  })
})

t.test('of two instances that make the secret at once, both use the same one', async (t) => {
  const folder = t.testdir()
  const gateway = {
    session: { secrets: [], store: 'sqlite', cookieName: 'claimgate', sameSite: 'lax' },
    dataFolder: folder,
  } as const
  // The other instance gets in between: it makes its secret while this one draws its random bytes.
  let theirs = ''
  const interrupted = (bytes: number): Buffer => {
    if (theirs === '') {
      theirs = 'theirs, under way'
      theirs = readSessionSecrets(gateway, randomBytes)[0]?.reveal() ?? ''
    }
    return randomBytes(bytes)
  }
  t.equal(readSessionSecrets(gateway, interrupted)[0]?.reveal(), theirs)
  t.same(readdirSync(folder), ['session.secret'])
  t.ok(existsSync(join(folder, 'session.secret')))
})
