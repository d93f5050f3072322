// What one request draws from, and what is counted together.
import t from 'tap'
import { type Counter, countersBefore, countersOf, windowEnd } from '../../../src/core/limits/counter.ts'
import { unknownNetwork } from '../../../src/core/limits/network.ts'
import type { LimitAmount, LimitSubject, RequestLimit } from '../../../src/core/limits/request-limit.ts'
import type { Principal } from '../../../src/core/principal.ts'

const app = { name: 'api' }
const perMinute: LimitAmount = { kind: 'rate', count: 100, windowSeconds: 60 }

function limit(per: LimitSubject, rest: Partial<RequestLimit> = {}): RequestLimit {
  return { name: 'one', location: null, per, amount: perMinute, ...rest }
}

const eve: Principal = { user: 'eve', provider: 'acme', claims: { organization_id: 'blue', plan: 'free' } }
const byKey = (id: string): Principal => ({ ...eve, by: { kind: 'api_key', id, name: 'ci' } })

function drawn(limits: readonly RequestLimit[], principal: Principal | null): readonly Counter[] {
  return countersOf({ limits }, app, principal)
}

/** The one counter that is drawn from; null: none. */
function subject(one: RequestLimit, principal: Principal | null): string | null {
  const [first, ...more] = drawn([one], principal)
  if (more.length > 0) throw new Error('more than one')
  return first?.subject ?? null
}

const byWidget = (endUser: string | null, user = 'key:shop'): Principal => ({
  ...{ user, provider: 'api_keys', claims: {} },
  by: { kind: 'widget', id: 'k1', name: 'ci', endUser },
})

t.test(
  'per end user and per name of a key: what customers write counts within the customer’s own',
  async (t) => {
    const one = limit({ claim: 'end_user' })
    t.not(subject(one, byWidget('a')), subject(one, byWidget('b')))
    t.not(
      subject(one, byWidget('a')),
      subject(one, byWidget('a', 'key:other')),
      'nobody spends what is another’s',
    )
    t.equal(subject(one, byWidget(null)), subject(limit('user'), byWidget('a')), 'else by user')
    t.equal(subject(one, byKey('k1')), subject(limit('user'), byKey('k1')), 'no key has one')
    const session: Principal = { ...eve, claims: { end_user: 'a' } }
    t.not(subject(one, session), subject(one, byWidget('a')), 'a claim of that name is another thing')
    t.equal(
      subject(limit('key'), byWidget('a')),
      subject(limit('key'), byKey('k1')),
      'one key with all its tokens',
    )
    const named = limit({ claim: 'key_name' })
    t.not(subject(named, byWidget('a')), subject(named, byWidget('a', 'key:other')))
    t.equal(subject(named, byWidget('a')), subject(named, byWidget('b')))
  },
)

const network = (key: string, hidden = false) => ({ key, hidden })

t.test('client_ip alone is drawn before anybody is looked up', async (t) => {
  const all: readonly LimitSubject[] = ['user', 'key', 'client_ip', 'app', { claim: 'organization_id' }]
  const limits = all.map((per) => limit(per))
  const before = countersBefore({ limits }, app, network('192.0.2.1'))
  t.equal(before.length, 1)
  t.match(before[0], { limit: 'one', amount: perMinute, ofNetworks: true })
  t.equal(drawn(limits, byKey('k1')).length, 4)
  t.ok(drawn(limits, byKey('k1')).every(({ ofNetworks }) => !ofNetworks))
})

t.test('networks count apart, and a hundredfold where they cannot be told apart', async (t) => {
  const limits = [limit('client_ip')]
  const counterOf = (one: ReturnType<typeof network>) => countersBefore({ limits }, app, one)[0]
  t.not(counterOf(network('192.0.2.1'))?.subject, counterOf(network('192.0.2.2'))?.subject)
  t.equal(counterOf(network('192.0.2.1'))?.amount.count, 100)
  t.equal(counterOf(network('10.0.0.1', true))?.amount.count, 10_000)
  t.equal(counterOf(unknownNetwork)?.amount.count, 10_000)
})

t.test('per user: a person, by session, token or key, and nobody else', async (t) => {
  const one = limit('user')
  t.equal(subject(one, eve), subject(one, byKey('k1')))
  t.equal(subject(one, eve), subject(one, { ...eve, by: { kind: 'bearer', isClient: false } }))
  t.not(subject(one, eve), subject(one, { ...eve, user: 'mallory' }))
  t.not(subject(one, eve), subject(one, { ...eve, provider: 'other' }))
  t.equal(subject(one, null), null)
})

t.test('per key: a key, whatever it is called, and no session', async (t) => {
  const one = limit('key')
  t.equal(subject(one, byKey('k1')), subject(one, { ...byKey('k1'), user: 'new name' }))
  t.not(subject(one, byKey('k1')), subject(one, byKey('k2')))
  t.equal(subject(one, eve), null)
  t.equal(subject(one, { ...eve, by: { kind: 'bearer', isClient: true } }), null)
  t.equal(subject(one, null), null)
})

t.test('per app: everybody, whoever is known', async (t) => {
  const one = limit('app')
  t.equal(subject(one, eve), subject(one, null))
  t.not(countersOf({ limits: [one] }, { name: 'other' }, null)[0]?.subject, subject(one, null))
})

t.test('per claim: one text or number of one provider; else by user', async (t) => {
  const one = limit({ claim: 'organization_id' })
  const having = (value: unknown, rest: Partial<Principal> = {}): Principal => ({
    ...eve,
    claims: JSON.parse(JSON.stringify({ organization_id: value })),
    ...rest,
  })
  const blue = subject(one, having('blue'))
  t.equal(subject(one, having('blue', { user: 'mallory' })), blue)
  t.not(subject(one, having('red')), blue)
  t.not(subject(one, having('blue', { provider: 'other' })), blue, 'another provider means something else')
  t.equal(subject(one, having(7)), subject(one, having(7, { user: 'mallory' })))
  t.not(subject(one, having(7)), subject(one, having('7')))
  for (const none of ['', ['blue'], ['blue', 'red'], { id: 'blue' }, true, null]) {
    t.not(subject(one, having(none)), blue)
    t.not(
      subject(one, having(none)),
      subject(one, having(none, { user: 'mallory' })),
      `${JSON.stringify(none)} counts by user`,
    )
    t.equal(subject(one, having(none)), subject(one, { ...eve, claims: {} }))
  }
  t.equal(subject(one, null), null)
})

t.test('no value runs into the next one', async (t) => {
  const one = limit('user')
  t.not(
    subject(one, { ...eve, provider: 'a', user: 'b","c' }),
    subject(one, { ...eve, provider: 'a","b', user: 'c' }),
  )
  const claim = limit({ claim: 'organization_id' })
  t.not(
    subject(claim, { ...eve, claims: {}, user: 'blue' }),
    subject(claim, { ...eve, claims: { organization_id: 'blue' } }),
    'a person who is called as an organisation is',
  )
})

t.test('a list of a location counts apart, and so does a limit of another name', async (t) => {
  t.not(subject(limit('user', { location: '/a' }), eve), subject(limit('user'), eve))
  t.not(subject(limit('user', { location: '/a' }), eve), subject(limit('user', { location: '/b' }), eve))
  t.not(subject(limit('user', { name: 'other' }), eve), subject(limit('user'), eve))
})

t.test('by plan: the first in the order of `is` that the claim is or has', async (t) => {
  const amount = (count: number): LimitAmount => ({ kind: 'rate', count, windowSeconds: 3600 })
  const by = {
    claim: 'plan',
    is: [
      ['paid', amount(6000)],
      ['free', amount(60)],
    ],
    otherwise: amount(10),
  } as const
  const countOf = (plan: unknown): number | undefined => {
    const claims = JSON.parse(JSON.stringify({ plan }))
    return drawn([limit('user', { amount: by })], { ...eve, claims })[0]?.amount.count
  }
  const rows: readonly (readonly [unknown, number])[] = [
    ['free', 60],
    ['paid', 6000],
    [['free', 'paid'], 6000],
    [['free'], 60],
    ['Free', 10],
    ['freepaid', 10],
    [{ free: true }, 10],
    [[['paid']], 10],
    [undefined, 10],
    [null, 10],
  ]
  for (const [plan, count] of rows) t.equal(countOf(plan), count, JSON.stringify(plan))
  const numbered = {
    claim: 'plan',
    is: [
      ['2', amount(2)],
      ['true', amount(3)],
    ],
    otherwise: amount(10),
  } as const
  const [two] = drawn([limit('user', { amount: numbered })], { ...eve, claims: { plan: 2 } })
  t.equal(two?.amount.count, 2, 'a number as it is written')
  const [nobody] = drawn([limit('app', { amount: by })], null)
  t.equal(nobody?.amount.count, 10, 'who is not known has no plan')
})

t.test('a plan that changes goes on with what is counted', async (t) => {
  const amount = (count: number): LimitAmount => ({ kind: 'rate', count, windowSeconds: 3600 })
  const by = { claim: 'plan', is: [['paid', amount(6000)]], otherwise: amount(10) } as const
  const one = limit('user', { amount: by })
  t.equal(subject(one, eve), subject(one, { ...eve, claims: { plan: 'paid' } }))
})

t.test('a rate begins now, windows of a quota lie end to end in UTC', async (t) => {
  const at = (text: string) => Date.parse(text) / 1000
  const day: LimitAmount = { kind: 'quota', count: 1, windowSeconds: 86_400 }
  const now = at('2026-11-29T03:30:10Z')
  t.equal(windowEnd(perMinute, now), now + 60)
  t.equal(windowEnd(day, now), at('2026-11-30T00:00:00Z'))
  t.equal(windowEnd(day, at('2026-11-30T00:00:00Z')), at('2026-12-01T00:00:00Z'))
  t.equal(windowEnd(day, at('2026-11-29T23:59:59Z')), at('2026-11-30T00:00:00Z'))
  t.equal(windowEnd({ ...day, windowSeconds: 3600 }, now), at('2026-11-29T04:00:00Z'))
  t.equal(windowEnd({ ...day, windowSeconds: 7 * 86_400 }, now), at('2026-12-03T00:00:00Z'), 'a Thursday')
})

t.test('without limits nothing is made', async (t) => {
  t.equal(countersOf({ limits: [] }, app, eve), countersBefore({ limits: [] }, app, network('192.0.2.1')))
})
