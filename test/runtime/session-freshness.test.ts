// Until when a remembered session is believed: the store's signs of life, and what it tells of ends elsewhere.
import t from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import { createMemoryLogouts } from '../../src/store/memory-logouts.ts'
import { sessionOfAlice } from '../support/issued.ts'
import { begin, open, sessionSettings, status, wiki } from '../support/sessions.ts'

t.test('a session is believed without asking until a second after the last sign of life', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  spy.freshUntilMs = begin * 1000 + 1000
  await sessions.use(cookie, wiki)
  const { loads } = spy
  await sessions.use(cookie, wiki)
  t.equal(spy.loads, loads, 'it is fresh')
  clock.time = begin + 1
  await sessions.use(cookie, wiki)
  await sessions.use(cookie, wiki)
  t.equal(spy.loads, loads + 2, 'whoever was frozen asks for each')
  spy.freshUntilMs = begin * 1000 + 2000
  await sessions.use(cookie, wiki)
  t.equal(spy.loads, loads + 2)
})

t.test('a session that stands in is asked for as soon as the store gives a sign of life', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie, session } = await signIn()
  await sessions.use(cookie, wiki)
  clock.time = begin + 2
  spy.freshUntilMs = begin * 1000 + 1000
  spy.broken = true
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  const { loads } = spy
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  t.equal(spy.loads, loads, 'not on each request')
  spy.broken = false
  await spy.store.drop(session.key)
  spy.freshUntilMs = begin * 1000 + 3000
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('of two that ask at once, the one that gets no answer goes by the answer of the other', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  await sessions.use(cookie, wiki)
  const both = async () => {
    const [answered, broken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    spy.onChange()
    spy.slow = answered.promise
    const first = status(sessions.use(cookie, wiki))
    // Something is removed in between: it does not join the first.
    spy.onChange()
    spy.slow = broken.promise
    const second = status(sessions.use(cookie, wiki)).catch(({ code }) => code)
    answered.resolve()
    const found = await first
    broken.reject(new StoreFault('STORE_UNAVAILABLE', 'broken for the test'))
    return [found, await second]
  }
  t.same(await both(), ['live', 'live'])
  await spy.store.drop(session.key)
  t.same(await both(), ['session-ended', 'STORE_UNAVAILABLE'], 'which may be that it has ended')
})

t.test('what the store names as ended is none, also when the store breaks right then', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  for (const { cookie } of [alice, bob]) await sessions.use(cookie, wiki)
  const heard: string[] = []
  sessions.onEnd(alice.session, wiki, () => heard.push('alice'))
  sessions.onEnd(bob.session, wiki, () => heard.push('bob'))
  const { loads } = spy
  await spy.store.drop(alice.session.key)
  spy.onChange({ kind: 'sessions', keys: [alice.session.key, 'unknown'] })
  t.same(heard, ['alice'])
  await sessions.use(bob.cookie, wiki)
  t.equal(spy.loads, loads, 'others are not asked for')
  spy.broken = true
  t.throws(() => sessions.use(alice.cookie, wiki), { code: 'STORE_UNAVAILABLE' })
  spy.broken = false
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended')
})

t.test('a logout at the provider ends the sessions here too, and tells who listens', async (t) => {
  const { sessions, signIn } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  for (const { cookie } of [alice, bob]) await sessions.use(cookie, wiki)
  const heard: string[] = []
  sessions.onEnd(alice.session, wiki, () => heard.push('alice'))
  const { issuer } = alice.session
  const logout = { issuer, subject: 'alice', sid: null, issuedBy: begin, jti: null, at: begin }
  t.same(await sessions.logOut(logout), { kind: 'ended', keys: [alice.session.key] })
  t.same(heard, ['alice'])
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended')
  t.equal(await status(sessions.use(bob.cookie, wiki)), 'live')
  const late = await signIn()
  t.equal(await status(sessions.use(late.cookie, wiki)), 'session-ended', 'issued before it')
})

t.test('with `during_outage: 0s` nobody goes on while the store does not answer', async (t) => {
  const { sessions, signIn, spy } = open(t, { session: { ...sessionSettings, duringOutageSeconds: 0 } })
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  spy.onChange()
  t.throws(() => sessions.use(cookie, wiki), { code: 'STORE_UNAVAILABLE' })
})

t.test('`during_outage` counts from the last answer for that session', async (t) => {
  const { sessions, signIn, spy, clock } = open(t, {
    session: { ...sessionSettings, duringOutageSeconds: 600 },
  })
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  spy.onChange()
  clock.time = begin + 599
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  clock.time = begin + 600
  t.throws(() => sessions.use(cookie, wiki), { code: 'STORE_UNAVAILABLE' })
})

t.test('`revoked_before` ends what signed in before it, and open connections with it', async (t) => {
  const context = open(t)
  const { sessions, signIn, clock } = context
  const before = await signIn()
  clock.time = begin + 10
  const after = await signIn(wiki, null, 'bob')
  const heard: string[] = []
  sessions.onEnd(before.session, wiki, () => heard.push('before'))
  sessions.onEnd(after.session, wiki, () => heard.push('after'))
  context.renew({ ...sessionSettings, revokedBefore: begin + 10 })
  await sessions.sweep()
  await new Promise((resolve) => setImmediate(resolve))
  t.same(heard, ['before'])
  t.equal(await status(sessions.use(before.cookie, wiki)), 'session-ended')
  t.equal(await status(sessions.use(after.cookie, wiki)), 'live')
})

t.test('logouts that are remembered are bounded: of more, the first are forgotten', async (t) => {
  const logouts = createMemoryLogouts(2)
  const issuer = 'https://acme.example.com'
  const session = { ...sessionOfAlice, issuer }
  for (const subject of ['alice', 'bob', 'carol'])
    logouts.add({ issuer, subject, sid: null, issuedBy: 2000, jti: null, at: 1000 })
  const ends = (subject: string) => logouts.ends({ ...session, subject })
  t.same(['alice', 'bob', 'carol'].map(ends), [false, true, true])
  logouts.purge(2199)
  t.equal(ends('carol'), true)
  logouts.purge(2200)
  t.equal(ends('carol'), false)
})
