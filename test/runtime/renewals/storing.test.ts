// What becomes of tokens that came: they rest before they are relied on, and nothing older is put over them.
import t from 'tap'
import { broken, deploy, everySeconds, tokensOf, wiki } from '../../support/renewals.ts'

t.test('sign-out wins over a refresh under way: nothing is created, and its token is revoked', async (t) => {
  for (const where of ['here', 'elsewhere'] as const) {
    const { clock, turns, provider, process, store, session } = await deploy(t)
    const { groups, sessions, events, renewals } = process()
    const answer = Promise.withResolvers<void>()
    provider.answer = async (asked) => {
      await answer.promise
      return provider.renewed(asked)
    }
    clock.time += everySeconds
    const asked = groups()
    await turns()
    if (where === 'here') await sessions.end(session)
    else await store.drop(session.key)
    answer.resolve()
    t.equal(await asked, 'session-ended', where)
    t.equal(await store.load(session.key), null)
    await renewals.close()
    t.same(provider.revoked, ['refresh-2'])
    t.same(events, [])
  }
})

t.test('sign-out wins though the store does not take it at once', async (t) => {
  const { clock, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return provider.renewed(asked)
  }
  clock.time += everySeconds
  const asked = one.groups()
  await turns()
  Object.assign(one.store, { drop: broken })
  await t.rejects(one.sessions.end(session))
  answer.resolve()
  t.equal(await asked, 'session-ended')
  t.equal(await one.groups(), 'session-ended')
  t.match(await store.load(session.key), { tokens: { refresh: 'refresh-1' } }, 'nothing was renewed')
  await one.renewals.close()
  t.same(provider.revoked, ['refresh-2'])
})

t.test('a new refresh token rests before it is relied on; where it cannot, the session ends', async (t) => {
  const { clock, timing, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  Object.assign(one.store, { renew: broken })
  clock.time += everySeconds
  const asked = one.groups()
  for (let ms = 0; ms < 25_000; ms += 500) {
    await turns()
    timing.pass(500)
  }
  await turns()
  t.same(await asked, ['admin'], 'meanwhile what is known goes on')
  t.equal(await one.groups(), 'session-ended')
  t.equal(await store.load(session.key), null)
  t.match(one.events, [{ kind: 'ended', why: 'not-stored' }])
  await one.renewals.close()
  t.same(provider.revoked, ['refresh-2'])
  t.equal(provider.asked.length, 1)
})

t.test('a store that takes it a moment later keeps the session', async (t) => {
  const { clock, timing, turns, process, store, session } = await deploy(t)
  const one = process()
  let times = 0
  const fails = (renewed: typeof session, lockId: string) => {
    times += 1
    return times < 3 ? broken() : store.renew(renewed, lockId)
  }
  Object.assign(one.store, { renew: fails })
  clock.time += everySeconds
  const asked = one.groups()
  for (let ms = 0; ms < 2000; ms += 500) {
    await turns()
    timing.pass(500)
  }
  t.same(await asked, ['admin'])
  t.match(await store.load(session.key), { tokens: { refresh: 'refresh-2' } })
})

t.test('a refresh token that stays the same is lost by no failure of the store', async (t) => {
  const { clock, timing, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  provider.answer = (asked) => {
    const answer = provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
    return answer.kind === 'renewed'
      ? { ...answer, identity: { ...answer.identity, tokens: tokensOf(1) } }
      : answer
  }
  Object.assign(one.store, { renew: broken })
  clock.time += everySeconds
  const asked = one.groups()
  for (let ms = 0; ms < 25_000; ms += 500) {
    await turns()
    timing.pass(500)
  }
  t.same(await asked, ['admin'], 'nothing is believed that does not rest')
  t.same(await one.groups(), ['admin'])
  t.match(await store.load(session.key), { tokens: { refresh: 'refresh-1' } })
})

t.test('whose lease is over writes nothing over a newer refresh token', async (t) => {
  const { clock, timing, turns, provider, process, store, session } = await deploy(t)
  const [slow, other] = [process(), process()]
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return provider.renewed(asked, { sub: 'alice', groups: ['old'] })
  }
  clock.time += everySeconds
  void slow.groups()
  await turns()
  // It was frozen: another process waits until the lease is over, and asks.
  clock.time += 60
  provider.answer = (asked) => provider.renewed(asked, { sub: 'alice', groups: ['new'] })
  t.same(await other.groups(), ['new'])
  answer.resolve()
  await turns()
  timing.pass(1000)
  await turns()
  t.same(await slow.groups(), ['new'])
  t.match(await store.load(session.key), { claims: { groups: ['new'] } })
  t.same(provider.revoked, [], 'with it the token that is in use could go')
})

t.test('an answer that came when the lease was over is kept where nobody else has asked', async (t) => {
  const { clock, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  }
  clock.time += everySeconds
  const asked = one.groups()
  await turns()
  clock.time += 60
  const other = { id: 'of a process that died', at: clock.time, until: clock.time + 1 }
  t.equal(await store.lock(session.key, other), true)
  clock.time += 2
  answer.resolve()
  t.same(await asked, ['ops'])
  t.match(await store.load(session.key), { tokens: { refresh: 'refresh-2' } })
})

t.test('tokens that came before the provider fell silent are kept, and nothing else', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t)
  const { groups, events } = process()
  provider.answer = () => ({ kind: 'unanswered', message: 'no keys', tokens: tokensOf(2) })
  clock.time += everySeconds
  t.same(await groups(), ['admin'])
  t.match(await store.load(session.key), {
    tokens: { refresh: 'refresh-2' },
    checkedAt: session.checkedAt,
    claims: session.claims,
  })
  t.match(events, [{ kind: 'unanswered' }])
  provider.answer = (asked) => provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  clock.time += 30
  t.same(await groups(), ['ops'])
  t.match(provider.asked.at(-1), { tokens: { refresh: 'refresh-2' } })
})

t.test('a lock that the store does not give ends nothing', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const one = process()
  Object.assign(one.store, { lock: broken })
  clock.time += everySeconds
  t.same(await one.groups(), ['admin'])
  t.same(await one.groups(), ['admin'])
  t.equal(one.faults.length, 1, 'told once in a pause, not with each request')
  t.equal(provider.asked.length, 0)
})

t.test('where refresh tokens stay the same, a late answer is not put over a newer one either', async (t) => {
  const { clock, turns, provider, process, store, session } = await deploy(t)
  const [slow, other] = [process(), process()]
  const saying = (groups: string[]) => (asked: typeof session) => {
    const answer = provider.renewed(asked, { sub: 'alice', groups })
    if (answer.kind !== 'renewed') return answer
    return { ...answer, identity: { ...answer.identity, tokens: asked.tokens } }
  }
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return saying(['old'])(asked)
  }
  clock.time += everySeconds
  const asked = slow.groups()
  await turns()
  clock.time += 60
  provider.answer = saying(['new'])
  t.same(await other.groups(), ['new'])
  clock.time += 1
  answer.resolve()
  t.same(await asked, ['new'])
  t.match(await store.load(session.key), { claims: { groups: ['new'] } })
})

t.test('what is remembered follows what was kept, and is read again before it is relied on', async (t) => {
  const { clock, provider, process, store, session, cookie } = await deploy(t)
  const one = process()
  await one.groups()
  provider.answer = () => ({ kind: 'unanswered', message: 'no keys', tokens: tokensOf(2) })
  clock.time += everySeconds
  await one.renewals.recheck(session)
  Object.assign(one.store, { load: broken })
  const found = await one.sessions.lookUp(cookie, wiki)
  t.match(found, { session: { tokens: { refresh: 'refresh-2' } } }, 'also where the store fails just then')
  Object.assign(one.store, { load: store.load })
  clock.time += 60
  provider.answer = (asked) => provider.renewed(asked)
  t.match(await one.sessions.lookUp(cookie, wiki), { kind: 'live' })
  t.match(await one.renewals.recheck(session), { kind: 'live' })
  await store.drop(session.key)
  t.equal(await one.groups(), 'session-ended', 'though nobody told of it')
})
