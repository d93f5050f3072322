// Providers that are asked again for sessions: by one process of all, once, and what follows from the answer.
import t from 'tap'
import type { Renewal } from '../../../src/core/ports.ts'
import { broken, deploy, everySeconds, silent, tokensOf, wiki } from '../../support/renewals.ts'

const refused: Renewal = { kind: 'ended', why: 'grant-refused', message: 'invalid_grant', tokens: null }

t.test('nobody is asked before the time, nor without `recheck`', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const { groups, renew } = process()
  clock.time += everySeconds - 1
  t.same(await groups(), ['admin'])
  renew(null)
  for (let times = 0; times < 5; times++) {
    clock.time += 3500
    t.same(await groups(), ['admin'])
  }
  t.equal(provider.asked.length, 0)
})

t.test('S-171: a group that the provider took away is gone with the first request that is due', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t)
  const { groups, events } = process()
  provider.answer = (asked) => provider.renewed(asked, { sub: 'alice', groups: [] })
  t.same(await groups(), ['admin'])
  clock.time += everySeconds
  t.same(await groups(), [])
  t.match(await store.load(session.key), {
    claims: { groups: [] },
    tokens: { refresh: 'refresh-2' },
    checkedAt: clock.time,
    signedInAt: session.signedInAt,
    idTokenIssuedAt: session.idTokenIssuedAt,
  })
  t.match(events, [{ kind: 'renewed', provider: 'acme' }])
  t.same(await groups(), [])
  t.equal(provider.asked.length, 1)
})

t.test('an answer counts from when it was asked for, however long it took', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t)
  const { groups } = process()
  provider.answer = (asked) => {
    // What is said was so a moment ago; then the provider takes its time.
    clock.time += 9
    return provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  }
  clock.time += everySeconds
  const askedAt = clock.time
  t.same(await groups(), ['ops'])
  t.match(await store.load(session.key), { checkedAt: askedAt })
})

t.test('S-166: a refresh race logs nobody out: 50 requests at once spend one refresh token', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const one = process()
  const spent = new Set<string | null>()
  provider.answer = (asked) => {
    const { refresh } = asked.tokens
    if (spent.has(refresh)) return refused
    spent.add(refresh)
    return provider.renewed(asked)
  }
  for (let round = 1; round <= 3; round++) {
    clock.time += everySeconds
    const all = await Promise.all(Array.from({ length: 50 }, () => one.groups()))
    t.same(new Set(all.map(String)), new Set(['admin']))
    t.equal(spent.size, round)
  }
})

t.test('S-167: of two processes one asks, the other uses its answer though it takes 5 s', async (t) => {
  const { clock, timing, turns, provider, process } = await deploy(t)
  const [one, other] = [process(), process()]
  await Promise.all([one.groups(), other.groups()])
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  }
  clock.time += everySeconds
  const asked = [one.groups(), other.groups(), one.groups(), other.groups()]
  await turns()
  for (let ms = 0; ms < 3000; ms += 100) {
    timing.pass(100)
    await turns()
  }
  t.same(await Promise.all(asked), Array(4).fill(['admin']), 'after 3 s they go on with what is known')
  for (let ms = 0; ms < 2000; ms += 100) {
    timing.pass(100)
    await turns()
  }
  t.same(await other.groups(), ['admin'], 'and nobody waits any more')
  answer.resolve()
  await turns()
  timing.pass(1000)
  await turns()
  t.same(await one.groups(), ['ops'])
  t.same(await other.groups(), ['ops'])
  t.equal(provider.asked.length, 1)
})

t.test('what another process learnt is used, and nobody is asked twice within `every`', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const [one, other] = [process(), process()]
  await other.groups()
  provider.answer = (asked) => provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  clock.time += everySeconds
  t.same(await one.groups(), ['ops'])
  t.same(await other.groups(), ['ops'], 'claims of another process are never older than `every`')
  t.equal(provider.asked.length, 1)
})

t.test('S-168: a refused grant ends the session, with one line', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t)
  const { groups, events } = process()
  provider.answer = () => refused
  clock.time += everySeconds
  const all = await Promise.all([groups(), groups(), groups()])
  t.same(all, Array(3).fill('session-ended-by-provider'))
  t.equal(await groups(), 'session-ended')
  t.equal(await store.load(session.key), null)
  t.match(events, [{ kind: 'ended', why: 'grant-refused', message: 'invalid_grant', provider: 'acme' }])
  t.equal(events.length, 1)
})

t.test('S-168: before a refused grant counts, a newer refresh token of the record is tried', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t)
  const { groups } = process()
  await groups()
  provider.answer = async (asked) => {
    if (asked.tokens.refresh === 'refresh-7') return provider.renewed(asked)
    // Somebody wrote a newer one meanwhile.
    const newer = { ...session, tokens: tokensOf(7) }
    await store.drop(session.key)
    await store.save(newer, clock.time + 10_000)
    return refused
  }
  clock.time += everySeconds
  const found = await groups()
  t.same(
    provider.asked.map(({ tokens }) => tokens.refresh),
    ['refresh-1', 'refresh-7'],
  )
  t.same(found, ['admin'])
})

t.test('S-170: what the provider says of somebody else ends the session, and is revoked', async (t) => {
  for (const why of ['subject-differs', 'token-invalid', 'userinfo-refused'] as const) {
    const { clock, provider, process } = await deploy(t)
    const { groups, events, renewals } = process()
    provider.answer = () => ({ kind: 'ended', why, message: 'for the test', tokens: tokensOf(2) })
    clock.time += everySeconds
    t.equal(await groups(), 'session-ended-by-provider')
    t.match(events, [{ kind: 'ended', why }])
    await renewals.close()
    t.same(provider.revoked, ['refresh-2'])
  }
})

t.test('S-170: another user id ends the session, though the subject is the same', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const { groups, events, renewals } = process()
  provider.answer = (asked) => {
    const answer = provider.renewed(asked)
    return answer.kind === 'renewed' ? { ...answer, identity: { ...answer.identity, user: 'bob' } } : answer
  }
  clock.time += everySeconds
  t.equal(await groups(), 'session-ended-by-provider')
  t.match(events, [{ kind: 'ended', why: 'user-differs' }])
  await renewals.close()
  t.same(provider.revoked, ['refresh-2'])
})

t.test('an answer that says not what rules go by ends the session as due', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const { groups, events } = process()
  provider.answer = () => ({ kind: 'insufficient', message: 'ask for an ID token', tokens: null })
  clock.time += everySeconds
  t.equal(await groups(), 'session-recheck-due')
  t.match(events, [{ kind: 'ended', why: 'insufficient', message: 'ask for an ID token' }])
  t.equal(await groups(), 'session-ended')
})

t.test('S-169: a provider that is silent ends nothing, and is asked again with growing pauses', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const { groups, events } = process()
  provider.answer = silent
  clock.time += everySeconds
  const asks: number[] = []
  for (let second = 0; second < 120; second++) {
    t.same(await groups(), ['admin'])
    if (provider.asked.length > asks.length) asks.push(second)
    clock.time += 1
  }
  t.same(asks, [0, 10, 30, 70])
  t.equal(events.filter(({ kind }) => kind === 'unanswered').length, asks.length)
  provider.answer = (asked) => provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  clock.time += 300
  t.same(await groups(), ['ops'])
})

t.test('S-169: two processes together ask a silent provider not more often than one', async (t) => {
  const { clock, timing, turns, provider, process } = await deploy(t)
  const [one, other] = [process(), process()]
  provider.answer = silent
  clock.time += everySeconds
  const asks: number[] = []
  for (let second = 0; second < 60; second++) {
    void one.groups()
    void other.groups()
    await turns()
    timing.pass(1000)
    await turns()
    if (provider.asked.length > asks.length) asks.push(second)
    t.equal(provider.asked.length, asks.length, 'one at a time')
    clock.time += 1
  }
  for (const [i, at] of asks.entries()) if (i > 0) t.ok(at - Number(asks[i - 1]) >= 10, `${asks}`)
  t.ok(asks.length > 1)
})

t.test('S-169: after `unanswered` a session ends that nobody answered for', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t, {
    recheck: { everySeconds, unansweredSeconds: 1200 },
  })
  const { groups, events } = process()
  provider.answer = silent
  clock.time += 1199
  t.same(await groups(), ['admin'])
  clock.time += 1
  t.equal(await groups(), 'session-recheck-due', 'also within a pause')
  t.notSame(await store.load(session.key), null, 'the provider has its next chance')
  clock.time += 25
  t.equal(await groups(), 'session-recheck-due')
  t.equal(await store.load(session.key), null)
  t.match(events.at(-1), { kind: 'ended', why: 'unanswered' })
})

t.test('S-169: by default nothing ends before its time, however long a provider is silent', async (t) => {
  const { clock, provider, process } = await deploy(t)
  const { groups } = process()
  provider.answer = silent
  for (let hours = 0; hours < 7; hours++) {
    clock.time += 3500
    t.same(await groups(), ['admin'])
  }
})

t.test('an answer that comes late counts, though nobody waits for it', async (t) => {
  const { clock, timing, turns, provider, process } = await deploy(t, {
    recheck: { everySeconds, unansweredSeconds: 1000 },
  })
  const { groups } = process()
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return provider.renewed(asked, { sub: 'alice', groups: ['ops'] })
  }
  clock.time += 1000
  const first = groups()
  await turns()
  timing.pass(3000)
  t.equal(await first, 'session-recheck-due', 'it may go on no longer on what is known')
  answer.resolve()
  await turns()
  t.same(await groups(), ['ops'])
})

t.test(
  'once a session may not go on without an answer, a store that is silent decides nothing',
  async (t) => {
    const { clock, process } = await deploy(t, { recheck: { everySeconds, unansweredSeconds: 1000 } })
    const one = process()
    await one.groups()
    Object.assign(one.store, { lock: broken })
    clock.time += 1000
    await t.rejects(one.groups(), { code: 'STORE_UNAVAILABLE' })
  },
)

t.test('a token that ends soon is renewed before it is passed on, without `recheck` too', async (t) => {
  const { clock, provider, process, session } = await deploy(t)
  const one = process()
  t.same(await one.renewals.freshTokens(session), { kind: 'live', session })
  one.renew(null)
  clock.time += 271
  const [fresh, same] = await Promise.all([
    one.renewals.freshTokens(session),
    one.renewals.freshTokens(session),
  ])
  t.match(fresh, { kind: 'live', session: { tokens: { access: { value: 'access-2' } } } })
  t.same(same, fresh)
  t.equal(provider.asked.length, 1)
  provider.answer = silent
  clock.time += 300
  t.match(fresh.kind === 'live' && (await one.renewals.freshTokens(fresh.session)), { kind: 'unanswered' })
})

t.test('the end of the process waits for what is under way, a little', async (t) => {
  const { clock, timing, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  const answer = Promise.withResolvers<void>()
  provider.answer = async (asked) => {
    await answer.promise
    return provider.renewed(asked)
  }
  clock.time += everySeconds
  void one.groups()
  await turns()
  const closing = one.renewals.close()
  answer.resolve()
  await closing
  t.match(await store.load(session.key), { tokens: { refresh: 'refresh-2' } })
  const other = process()
  provider.answer = () => new Promise(() => {})
  clock.time += everySeconds
  void other.groups()
  await turns()
  const given = other.renewals.close()
  await turns()
  timing.pass(2000)
  await given
  t.pass('it does not wait for ever')
})

t.test(
  'a grant that is refused because the session was signed out meanwhile is no line of its own',
  async (t) => {
    const { clock, provider, process, store, session } = await deploy(t)
    const { groups, events } = process()
    provider.answer = async () => {
      await store.drop(session.key)
      return refused
    }
    clock.time += everySeconds
    t.equal(await groups(), 'session-ended')
    t.same(events, [])
  },
)

t.test('nobody is asked for a session that is being ended here', async (t) => {
  const { clock, provider, process, session } = await deploy(t)
  const one = process()
  Object.assign(one.store, { drop: broken })
  await t.rejects(one.sessions.end(session))
  clock.time += everySeconds
  t.same(await one.renewals.recheck(session), { kind: 'ended', why: 'session-ended' })
  t.equal(provider.asked.length, 0)
})

t.test('that a session is gone is told to who holds a long connection', async (t) => {
  const { clock, turns, process, store, session } = await deploy(t)
  const one = process()
  const heard: string[] = []
  one.sessions.onEnd(session, wiki, () => heard.push('ended'))
  await turns()
  await store.drop(session.key)
  clock.time += everySeconds
  t.same(await one.renewals.recheck(session), { kind: 'ended', why: 'session-ended' })
  t.same(heard, ['ended'])
})
