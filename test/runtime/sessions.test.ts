// What a sign-in begins, and what it ends.
import t from 'tap'
import { open, originOf, status, wiki } from '../support/sessions.ts'

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
