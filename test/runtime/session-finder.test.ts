// The session of a cookie: what is found, remembered, and held against the store and the configuration.
import t from 'tap'
import { buildKeyRing, open as unseal } from '../../src/core/session/seal.ts'
import { sessionKey } from '../../src/core/session/session.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import {
  begin,
  current,
  old,
  open,
  originOf,
  provider,
  sessionSettings,
  status,
  wiki,
} from '../support/sessions.ts'

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

t.test(
  'S-158: a cookie under an older secret is sealed anew; without that secret it is no session',
  async (t) => {
    const store = openMemoryStore(systemClock)
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
  const store = openMemoryStore(systemClock)
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

t.test('what was found before a new edition is read anew, also what was under way', async (t) => {
  const ring = buildKeyRing([current])
  const { sessions, signIn, spy } = open(t, { ring })
  const { cookie } = await signIn()
  const renewed = (name: string) => ({
    gateway: {
      providers: new Map([[name, provider(name)]]),
      hosts: new Map([[wiki.host, wiki]]),
      session: sessionSettings,
    },
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

t.test('a session that the store has for another origin is none here', async (t) => {
  const inner = openMemoryStore(systemClock)
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

t.test(
  'a session that ends takes no other from those at hand, and a forged cookie is answered too',
  async (t) => {
    const { sessions, signIn, spy } = open(t)
    const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
    for (const { cookie } of [alice, bob]) await sessions.use(cookie, wiki)
    await sessions.end(alice.session)
    spy.loads = 0
    t.equal(await status(sessions.use(bob.cookie, wiki)), 'live')
    t.equal(spy.loads, 0)
    t.match(await sessions.use(alice.cookie, wiki), { kind: 'none', why: 'session-ended' })
    t.match(await sessions.use('forged', wiki), { kind: 'none', why: 'session-unreadable' })
    const gone = await signIn()
    await spy.store.drop(gone.session.key)
    t.match(await sessions.use(gone.cookie, wiki), { kind: 'none', why: 'session-ended' })
  },
)
