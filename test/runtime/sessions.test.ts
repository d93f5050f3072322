// What a sign-in begins, and what it ends.
import t from 'tap'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import { timersThatHold } from '../support/clock.ts'
import { current, open, originOf, sessionSettings, status, wiki } from '../support/sessions.ts'

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

t.test('everything that sessions are asked is answered', async (t) => {
  const { sessions, signIn, clock } = open(t)
  const everything = async (): Promise<void> => {
    const { cookie, session } = await signIn()
    for (const value of [cookie, 'forged']) {
      await sessions.use(value, wiki)
      await sessions.lookUp(value, wiki)
      sessions.keyOf(value, wiki)
    }
    clock.time += 70
    await sessions.use(cookie, wiki)
    const leave = sessions.onEnd(session, wiki, () => {})
    await sessions.sweep()
    leave()
    const again = await signIn(wiki, cookie, 'alice', session.key)
    await sessions.end(again.session)
    await sessions.end(again.session)
    sessions.renew({
      gateway: { providers: new Map(), hosts: new Map(), session: sessionSettings },
      ring: buildKeyRing([current]),
    })
    await sessions.use(again.cookie, wiki)
    await sessions.sweep()
    sessions.close()
  }
  await t.resolves(everything())
})

t.test('a sign-in ends the sessions that it replaces, each once, and asks for nothing else', async (t) => {
  const { signIn, spy } = open(t)
  const first = await signIn()
  t.same(spy.drops.splice(0), [], 'in a browser that had none')
  const second = await signIn(wiki, 'forged')
  t.same(spy.drops.splice(0), [])
  await signIn(wiki, first.cookie, 'alice', first.session.key)
  t.same(spy.drops.splice(0), [first.session.key], 'once, though cookie and transaction both name it')
  await signIn(wiki, null, 'alice', second.session.key)
  t.same(spy.drops.splice(0), [second.session.key])
})

t.test('a session of an origin that is none of today is watched by what its request knows', async (t) => {
  const { sessions, signIn, clock } = open(t)
  const other = originOf('other.example.com', { idleTimeoutSeconds: 60 })
  const { session } = await signIn(other)
  const heard: string[] = []
  t.doesNotThrow(() => sessions.onEnd(session, other, () => heard.push('ended')))
  clock.time += 60
  await t.resolves(sessions.sweep())
  t.same(heard, ['ended'])
})

t.test('what sessions wait for keeps no process alive', async (t) => {
  const before = timersThatHold()
  const { sessions, signIn, spy } = open(t)
  const { session } = await signIn()
  spy.broken = true
  await t.rejects(sessions.end(session))
  t.equal(timersThatHold(), before, 'neither the sweep nor the next try of a sign-out')
})
