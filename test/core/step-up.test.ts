import t from 'tap'
import type { Claims } from '../../src/core/rules/claims.ts'
import {
  type Assurance,
  askedMaxAgeSeconds,
  claimsOfStepUp,
  isSameStepUp,
  type StepUp,
  stepUpMet,
  stepUpReturned,
  unmetDemands,
  unreturnedDemands,
} from '../../src/core/step-up.ts'

const now = 1_800_000_000
const minute = 60

const nothing: StepUp = {
  acrValues: [],
  authContext: null,
  maxAgeSeconds: null,
  lastsSeconds: null,
  scopes: [],
  prompt: null,
  authorizationParameters: new Map(),
}

function asking(some: Partial<StepUp>): StepUp {
  return { ...nothing, ...some }
}

function having(claims: Claims, scopes: readonly string[] = []): Assurance {
  return { claims: { sub: 'alice', ...claims }, scopes }
}

t.test('a request meets a step-up by what its sign-in says, and by nothing that it leaves out', async (t) => {
  const phr = asking({ acrValues: ['phr', 'phrh'] })
  const c1 = asking({ authContext: 'c1' })
  const recent = asking({ maxAgeSeconds: 5 * minute })
  const lasting = asking({ maxAgeSeconds: 5 * minute, lastsSeconds: 30 * minute })
  const payments = asking({ scopes: ['payments', 'refunds'] })
  const rows: readonly [string, StepUp, Assurance, boolean][] = [
    ['one of the acr_values', phr, having({ acr: 'phrh' }), true],
    ['another acr', phr, having({ acr: 'mfa' }), false],
    ['an acr in other case', phr, having({ acr: 'PHR' }), false],
    ['no acr', phr, having({}), false],
    ['acr is null', phr, having({ acr: null }), false],
    ['acr is a list', phr, having({ acr: ['phr'] }), false],
    ['acr is both values in one text', phr, having({ acr: 'phr phrh' }), false],
    ['acr is a number where the value is its text', asking({ acrValues: ['2'] }), having({ acr: 2 }), false],
    ['acrs holds the context', c1, having({ acrs: ['p1', 'c1'] }), true],
    ['acrs holds another one', c1, having({ acrs: ['c2', 'c10'] }), false],
    ['acrs is a text', c1, having({ acrs: 'c1' }), false],
    ['acrs is an object', c1, having({ acrs: { c1: true } }), false],
    ['acrs lists lists', c1, having({ acrs: [['c1']] }), false],
    ['no acrs, and acr is the context', c1, having({ acr: 'c1' }), false],
    ['auth_time just now', recent, having({ auth_time: now }), true],
    ['auth_time at its limit and the tolerance', recent, having({ auth_time: now - 6 * minute }), true],
    ['auth_time a second older', recent, having({ auth_time: now - 6 * minute - 1 }), false],
    ['auth_time by a clock ahead within the tolerance', recent, having({ auth_time: now + minute }), true],
    ['auth_time in the future', recent, having({ auth_time: now + minute + 1 }), false],
    ['auth_time in milliseconds', recent, having({ auth_time: now * 1000 }), false],
    ['auth_time is a text', recent, having({ auth_time: String(now) }), false],
    ['auth_time is true', recent, having({ auth_time: true }), false],
    ['no auth_time', recent, having({}), false],
    ['no auth_time, though iat is fresh', recent, having({ iat: now }), false],
    ['older than max_age, within lasts', lasting, having({ auth_time: now - 20 * minute }), true],
    ['older than lasts', lasting, having({ auth_time: now - 31 * minute - 1 }), false],
    [
      'lasts alone beside acr',
      asking({ acrValues: ['phr'], lastsSeconds: minute }),
      having({ acr: 'phr' }),
      false,
    ],
    ['every scope granted', payments, having({}, ['openid', 'refunds', 'payments']), true],
    ['a scope short', payments, having({}, ['openid', 'payments']), false],
    ['scopes as a claim', payments, having({ scope: 'payments refunds' }), false],
    ['a scope that contains the word', asking({ scopes: ['pay'] }), having({}, ['payments']), false],
    ['claims on a prototype', phr, { claims: Object.create({ acr: 'phr' }), scopes: [] }, false],
  ]
  for (const [name, stepUp, assurance, met] of rows) t.equal(stepUpMet(stepUp, assurance, now), met, name)
})

t.test('every demand counts by itself', async (t) => {
  const stepUp = asking({ acrValues: ['phr'], authContext: 'c1', maxAgeSeconds: 60, scopes: ['payments'] })
  const whole = having({ acr: 'phr', acrs: ['c1'], auth_time: now }, ['payments'])
  t.strictSame(unmetDemands(stepUp, whole, now), [])
  t.strictSame(unmetDemands(stepUp, having({}), now), ['acr_values', 'auth_context', 'max_age', 'scopes'])
  for (const claim of ['acr', 'acrs', 'auth_time']) {
    const { [claim]: _, ...rest } = whole.claims
    t.notOk(stepUpMet(stepUp, { ...whole, claims: rest }, now), `without ${claim}`)
  }
  t.notOk(stepUpMet(stepUp, { ...whole, scopes: [] }, now), 'without scopes')
  const lasting = asking({ maxAgeSeconds: 60, lastsSeconds: 90 })
  t.strictSame(unmetDemands(lasting, having({}), now), ['lasts'], 'it is named by the key that says it')
})

t.test('a sign-in that comes back is held to max_age, to lasts, and to when it began', async (t) => {
  const startedAt = now - 2 * minute
  const rows: readonly [string, StepUp, Claims, boolean][] = [
    ['fresh', asking({ maxAgeSeconds: minute }), { auth_time: now - minute }, true],
    [
      'older than max_age, though within lasts',
      asking({ maxAgeSeconds: minute, lastsSeconds: 60 * minute }),
      { auth_time: now - 3 * minute },
      false,
    ],
    [
      'within max_age, though older than lasts',
      asking({ maxAgeSeconds: 60 * minute, lastsSeconds: minute }),
      { auth_time: now - 3 * minute },
      false,
    ],
    [
      'asked since it began',
      asking({ acrValues: ['a'], prompt: 'login' }),
      { acr: 'a', auth_time: startedAt },
      true,
    ],
    [
      'asked before it began, within the tolerance of clocks',
      asking({ acrValues: ['a'], prompt: 'login' }),
      { acr: 'a', auth_time: startedAt - minute },
      true,
    ],
    [
      'asked before it began',
      asking({ acrValues: ['a'], prompt: 'login' }),
      { acr: 'a', auth_time: startedAt - minute - 1 },
      false,
    ],
    ['nobody knows when', asking({ acrValues: ['a'], prompt: 'login' }), { acr: 'a' }, false],
    [
      'login among others',
      asking({ acrValues: ['a'], prompt: 'login consent' }),
      { acr: 'a', auth_time: 0 },
      false,
    ],
    ['another prompt', asking({ acrValues: ['a'], prompt: 'select_account' }), { acr: 'a' }, true],
    [
      'in the future',
      asking({ acrValues: ['a'], prompt: 'login' }),
      { acr: 'a', auth_time: now + 61 },
      false,
    ],
    ['a lower acr', asking({ acrValues: ['a'], prompt: 'login' }), { acr: 'b', auth_time: now }, false],
  ]
  for (const [name, stepUp, claims, met] of rows)
    t.equal(stepUpReturned(stepUp, having(claims), { startedAt, now }), met, name)
  const asked = asking({ maxAgeSeconds: minute, lastsSeconds: 60 * minute, prompt: 'login' })
  const old = having({ auth_time: now - 10 * minute })
  t.strictSame(unreturnedDemands(asked, old, { startedAt, now }), ['max_age', 'prompt'])
  const slow = { startedAt: now + 30, now }
  const recent = asking({ maxAgeSeconds: minute, prompt: 'login' })
  t.ok(stepUpReturned(recent, having({ auth_time: now }), slow), 'another instance of ours began it')
})

t.test('whatever a sign-in brings that returned is enough for the request that follows', async (t) => {
  // Else browsers would go round: back from the provider, and there again.
  const times = [0, 30, 61, 300, 361, 1800, 1861, 4000].map((age) => now - age)
  const steps = [60, 300, 1800, null].flatMap((maxAgeSeconds) =>
    [60, 300, 1800, null].map((lastsSeconds) => asking({ acrValues: ['a'], maxAgeSeconds, lastsSeconds })),
  )
  for (const stepUp of steps)
    for (const auth_time of times) {
      const assurance = having({ acr: 'a', auth_time })
      if (stepUpReturned(stepUp, assurance, { startedAt: now - 10, now }))
        t.ok(stepUpMet(stepUp, assurance, now), `${JSON.stringify(stepUp)} ${auth_time}`)
    }
})

t.test('the provider is asked for the shorter of max_age and lasts', async (t) => {
  t.equal(askedMaxAgeSeconds(nothing), null)
  t.equal(askedMaxAgeSeconds(asking({ maxAgeSeconds: 300, lastsSeconds: 1800 })), 300)
  t.equal(askedMaxAgeSeconds(asking({ maxAgeSeconds: 300, lastsSeconds: 60 })), 60)
  t.equal(askedMaxAgeSeconds(asking({ lastsSeconds: 60 })), 60)
  t.equal(askedMaxAgeSeconds(asking({ maxAgeSeconds: 300 })), 300)
})

t.test('the claims by which it is judged are those that it asks for', async (t) => {
  t.strictSame(claimsOfStepUp(asking({ scopes: ['payments'] })), [])
  t.strictSame(claimsOfStepUp(asking({ acrValues: ['phr'], lastsSeconds: 60 })), ['acr', 'auth_time'])
  t.strictSame(claimsOfStepUp(asking({ authContext: 'c1' })), ['acrs'])
  t.strictSame(claimsOfStepUp(asking({ maxAgeSeconds: 60 })), ['auth_time'])
})

t.test('two step-ups are the same when they ask for the same', async (t) => {
  const one = asking({
    ...{ acrValues: ['a', 'b'], maxAgeSeconds: 60, scopes: ['x', 'y'] },
    authorizationParameters: new Map([
      ['p', '1'],
      ['q', '2'],
    ]),
  })
  t.ok(isSameStepUp(null, null))
  t.notOk(isSameStepUp(one, null))
  t.notOk(isSameStepUp(null, one))
  t.ok(isSameStepUp(one, { ...one, acrValues: ['b', 'a'], scopes: ['y', 'x'], lastsSeconds: 60 }))
  const others: readonly Partial<StepUp>[] = [
    { acrValues: ['a'] },
    { acrValues: ['a', 'b', 'c'] },
    { authContext: 'c1' },
    { maxAgeSeconds: 61 },
    { lastsSeconds: 61 },
    { scopes: ['x'] },
    { prompt: 'login' },
    { authorizationParameters: new Map([['p', '1']]) },
    { authorizationParameters: new Map([['p=1', '']]) },
  ]
  for (const other of others) t.notOk(isSameStepUp(one, { ...one, ...other }), JSON.stringify(other))
})
