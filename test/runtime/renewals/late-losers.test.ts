// Processes that lost a lease, or come late: what they hold writes over nothing newer, and is sent by nobody twice.
import t from 'tap'
import { ProviderFault } from '../../../src/core/fault.ts'
import type { Renewal } from '../../../src/core/ports.ts'
import type { SessionKey } from '../../../src/core/session/session.ts'
import { broken, deploy, everySeconds, tokensOf, wiki } from '../../support/renewals.ts'

const refused: Renewal = { kind: 'ended', why: 'grant-refused', message: 'invalid_grant', tokens: null }

t.test(
  'a newer refresh token that comes between the look and the new lease is not written over',
  async (t) => {
    const { clock, turns, provider, process, store, session } = await deploy(t)
    const slow = process()
    const answer = Promise.withResolvers<void>()
    provider.answer = async (asked) => {
      await answer.promise
      return provider.renewed(asked, { sub: 'alice', groups: ['old'] })
    }
    clock.time += everySeconds
    const asked = slow.groups()
    await turns()
    // Frozen until its lease is over. When it looks, nobody has written; another does before it has a lease again.
    clock.time += 60
    let locks = 0
    Object.assign(slow.store, {
      lock: (...given: Parameters<typeof store.lock>) => {
        if (locks++ === 0) {
          const other = { id: 'other', at: clock.time, until: clock.time + 25 }
          t.equal(store.lock(session.key, other), true)
          const newer = { ...session, claims: { sub: 'alice', groups: ['new'] }, tokens: tokensOf(9) }
          t.equal(store.renew({ ...newer, checkedAt: clock.time }, other.id), true)
          store.unlock(session.key, other.id)
        }
        return store.lock(...given)
      },
    })
    answer.resolve()
    t.same(await asked, ['new'])
    t.match(await store.load(session.key), { claims: { groups: ['new'] }, tokens: { refresh: 'refresh-9' } })
    t.equal(locks, 1)
  },
)

t.test(
  'S-167: whoever was frozen under the lease sends no refresh token that another has sent',
  async (t) => {
    const { clock, timing, turns, provider, process, store, session } = await deploy(t)
    const [frozen, other] = [process(), process()]
    await Promise.all([frozen.groups(), other.groups()])
    const thaw = Promise.withResolvers<void>()
    let loads = 0
    Object.assign(frozen.store, {
      load: async (key: SessionKey) => {
        const record = await store.load(key)
        // The one under the lease.
        if (loads++ === 2) await thaw.promise
        return record
      },
    })
    clock.time += everySeconds
    const late = frozen.groups()
    await turns()
    clock.time += 26
    timing.pass(26_000)
    t.same(await other.groups(), ['admin'])
    thaw.resolve()
    t.same(await late, ['admin'])
    await turns()
    t.same(
      provider.asked.map(({ tokens }) => tokens.refresh),
      ['refresh-1'],
      'one refresh',
    )
    t.match(await store.load(session.key), { tokens: { refresh: 'refresh-2' } })
  },
)

t.test('after a refused grant a newer refresh token is sent by nobody who has no lease', async (t) => {
  const { clock, timing, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  await one.groups()
  const other = { id: 'other', at: 0, until: 0 }
  provider.answer = (asked) => {
    if (asked.tokens.refresh !== 'refresh-1') return provider.renewed(asked)
    // Our lease was lost: another process has one, put newer tokens there, and is asking with them now.
    clock.time += 26
    t.equal(store.lock(session.key, { ...other, at: clock.time, until: clock.time + 25 }), true)
    t.equal(store.renew({ ...session, tokens: tokensOf(7) }, other.id), true)
    return refused
  }
  clock.time += everySeconds
  const found = one.groups()
  await turns()
  t.same(
    provider.asked.map(({ tokens }) => tokens.refresh),
    ['refresh-1'],
  )
  const said = { claims: { sub: 'alice', groups: ['ops'] }, tokens: tokensOf(8), checkedAt: clock.time }
  t.equal(store.renew({ ...session, ...said }, other.id), true)
  timing.pass(1000)
  t.same(await found, ['ops'], 'its answer is used')
  t.equal(provider.asked.length, 1)
})

t.test('who waits for fresh tokens alone is no answer for who has to be asked for', async (t) => {
  const { clock, turns, provider, process, store, session } = await deploy(t)
  const one = process()
  await one.groups()
  // Another process got fresh tokens as the time had nearly come.
  const theirs = { id: 'other', at: clock.time, until: clock.time + 1 }
  store.lock(session.key, theirs)
  store.renew({ ...session, tokens: tokensOf(2, clock.time + 9000) }, theirs.id)
  store.unlock(session.key, theirs.id)
  const answer = Promise.withResolvers<void>()
  Object.assign(one.store, { load: (key: SessionKey) => answer.promise.then(() => store.load(key)) })
  provider.answer = (asked) => provider.renewed(asked, { sub: 'alice', groups: [] })
  clock.time += everySeconds
  const fresh = one.renewals.freshTokens(session)
  await turns()
  const found = one.groups()
  await turns()
  answer.resolve()
  t.match(await fresh, { kind: 'live' })
  t.same(await found, [], 'by what the provider says now')
})

t.test(
  'a session that has grown too old meanwhile takes nothing, and its new token is revoked',
  async (t) => {
    const { clock, provider, process, store, session } = await deploy(t)
    const one = process()
    const endsAt = session.signedInAt + wiki.maxLifetimeSeconds
    for (clock.time += 800; clock.time < endsAt - 10; clock.time += 800) await one.groups()
    clock.time = endsAt - 1
    one.renew({ everySeconds: 60, unansweredSeconds: null })
    const before = (await store.load(session.key))?.tokens.refresh
    let came: string | null = null
    provider.answer = (asked) => {
      clock.time += 5
      const answer = provider.renewed(asked)
      came = answer.kind === 'renewed' ? answer.identity.tokens.refresh : null
      return answer
    }
    t.match(await one.groups(), /^session-(ended|expired)$/)
    t.equal((await store.load(session.key))?.tokens.refresh, before, 'nothing was renewed')
    await one.renewals.close()
    t.same(provider.revoked, [came])
  },
)

t.test('that a turn at the provider did not come is told of the provider, and ends nothing', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t, {
    recheck: { everySeconds, unansweredSeconds: 1000 },
  })
  const one = process()
  provider.answer = () => {
    throw new ProviderFault('PROVIDER_BUSY', 'too many, for the test')
  }
  clock.time += 1000
  t.equal(await one.groups(), 'session-recheck-due')
  t.notSame(await store.load(session.key), null)
  t.match(one.events, [{ kind: 'unanswered', fault: { code: 'PROVIDER_BUSY' } }])
  t.same(one.faults, [], 'the store has done nothing wrong')
})

t.test('a sign-out that comes while the answer is stored wins, and the new token is revoked', async (t) => {
  const { clock, provider, process, store, session } = await deploy(t)
  const one = process()
  Object.assign(one.store, {
    drop: broken,
    renew: async (...given: Parameters<typeof store.renew>) => {
      const isDone = await store.renew(...given)
      await t.rejects(one.sessions.end(session))
      return isDone
    },
  })
  clock.time += everySeconds
  t.equal(await one.groups(), 'session-ended')
  await one.renewals.close()
  t.same(provider.revoked, ['refresh-2'])
})

t.test('a lease is given back when the answer rests', async (t) => {
  const { clock, process, store, session } = await deploy(t)
  clock.time += everySeconds
  t.same(await process().groups(), ['admin'])
  t.equal(await store.lock(session.key, { id: 'next', at: clock.time, until: clock.time + 25 }), true)
})
