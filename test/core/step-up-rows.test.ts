import t from 'tap'
import type { Claims } from '../../src/core/rules/claims.ts'
import type { StepUp } from '../../src/core/step-up.ts'
import { stepUpRows, stepUpWords } from '../../src/core/step-up-rows.ts'

const now = 1_800_000_000

const stepUp: StepUp = {
  acrValues: ['phr', 'phrh'],
  authContext: 'c1',
  maxAgeSeconds: 300,
  lastsSeconds: 1800,
  scopes: ['payments'],
  prompt: 'login',
  authorizationParameters: new Map(),
}

function table(claims: Claims, scopes: readonly string[], startedAt?: number): readonly string[] {
  const times = startedAt === undefined ? { now } : { now, startedAt }
  return stepUpRows(stepUp, { claims, scopes }, times).map(
    ({ where, expected, actual, truth, blocks }) => `${where} | ${expected} | ${actual} | ${truth} ${blocks}`,
  )
}

t.test('a step-up is shown by what it wants and what was there', async (t) => {
  const claims = { acr: 'mfa', acrs: ['p1', 'c1'], auth_time: now - 1200 }
  t.strictSame(table(claims, ['openid']), [
    'step_up: acr | one of phr, phrh | "mfa" | false true',
    'step_up: acrs | has c1 | ["p1", "c1"] | true false',
    'step_up: auth_time | at most 30m old | 20m old | true false',
    'step_up: scopes | payments | openid | false true',
  ])
  t.strictSame(table({}, []), [
    'step_up: acr | one of phr, phrh | missing | false true',
    'step_up: acrs | has c1 | missing | false true',
    'step_up: auth_time | at most 30m old | missing | false true',
    'step_up: scopes | payments | none granted | false true',
  ])
})

t.test('of a sign-in that comes back it is shown what that had to bring', async (t) => {
  const rows = table({ acr: 'phr', acrs: ['c1'], auth_time: now - 400 }, ['payments'], now - 60)
  t.strictSame(rows.slice(2, 4), [
    'step_up: auth_time | at most 5m old | 6m old | false true',
    'step_up: auth_time | since this sign-in began | 6m old | false true',
  ])
})

t.test('times that are none, or still to come, are shown as they are', async (t) => {
  const shown = (auth_time: Claims[string]) => table({ auth_time }, [])[2]?.split(' | ')[2]
  t.equal(shown(String(now)), '"1800000000"')
  t.equal(shown(now * 1000), `${now * 1000}, which is still to come`)
  t.equal(shown([now]), `[${now}]`)
  t.equal(shown(now - 10_800), '3h old')
  t.equal(shown(now - 45), '45s old')
})

t.test('in words it is what every request is held to', async (t) => {
  t.strictSame(stepUpWords(stepUp), [
    'acr: one of phr, phrh',
    'acrs: has c1',
    'auth_time: at most 30m old',
    'scopes: payments',
  ])
  t.strictSame(
    stepUpWords({ ...stepUp, acrValues: ['phr'], authContext: null, lastsSeconds: null, scopes: [] }),
    ['acr: phr', 'auth_time: at most 5m old'],
  )
})
