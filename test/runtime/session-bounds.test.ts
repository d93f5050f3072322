// How much sessions may take: at hand, in a record, of one person.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { encodeSession, memoryBytes } from '../../src/core/session/session-record.ts'
import { type Begun, open, status, wiki } from '../support/sessions.ts'

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

t.test(
  'with as many sessions as one may have, who signs in again in one of these browsers loses no other',
  async (t) => {
    const { sessions, signIn } = open(t)
    const all: Begun[] = []
    for (let at = 0; at < limits.personSessions; at++) all.push(await signIn())
    const [oldest, second, third] = all
    const again = await signIn(wiki, second?.cookie, 'alice', third?.session.key)
    t.same(again.displaced, [])
    t.equal(await status(sessions.use(oldest?.cookie ?? '', wiki)), 'live')
    for (const one of [second, third])
      t.equal(await status(sessions.use(one?.cookie ?? '', wiki)), 'session-ended')
    t.equal(await status(sessions.use(again.cookie, wiki)), 'live')
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
