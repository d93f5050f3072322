// Many requests of one session at once, where the store takes its time.
import t from 'tap'
import { open, status, wiki } from '../support/sessions.ts'

/** A store that answers when it is told to. */
function held(spy: { slow: Promise<void> | null }): () => void {
  let answer = () => {}
  spy.slow = new Promise<void>((resolve) => {
    answer = resolve
  })
  return answer
}

t.test('a hundred requests of a session at once ask the store once', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  const answer = held(spy)
  const before = spy.loads
  const asked = Array.from({ length: 100 }, () => status(sessions.use(alice.cookie, wiki)))
  const other = status(sessions.use(bob.cookie, wiki))
  answer()
  t.same(new Set(await Promise.all([...asked, other])), new Set(['live']))
  t.equal(spy.loads, before + 2, 'one for each session')
})

t.test('who comes after something was removed or ended asks anew', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  const answer = held(spy)
  const before = spy.loads
  const first = status(sessions.use(alice.cookie, wiki))
  // Another process removed it, after the store had read it for the first.
  await spy.store.revoke({ by: 'key', key: alice.session.key })
  spy.onChange()
  const second = status(sessions.use(alice.cookie, wiki))
  t.equal(spy.loads, before + 2)
  await sessions.end(bob.session)
  const third = status(sessions.use(alice.cookie, wiki))
  t.equal(spy.loads, before + 3)
  answer()
  t.same(await Promise.all([first, second, third]), ['live', 'session-ended', 'session-ended'])
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended')
})

t.test('who joined a load that fails gets its fault, and the next one asks again', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie } = await signIn()
  let fail = (_: Error) => {}
  spy.slow = new Promise<void>((_, reject) => {
    fail = reject
  })
  const before = spy.loads
  const both = [sessions.use(cookie, wiki), sessions.use(cookie, wiki)]
  fail(new Error('broken for the test'))
  for (const one of both) await t.rejects(Promise.resolve(one), /broken for the test/)
  t.equal(spy.loads, before + 1)
  spy.slow = null
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
})
