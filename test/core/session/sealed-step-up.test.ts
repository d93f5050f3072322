import t from 'tap'
import { decodeStepUp, encodeStepUp } from '../../../src/core/session/sealed-step-up.ts'
import type { StepUp } from '../../../src/core/step-up.ts'

const whole: StepUp = {
  acrValues: ['phr', 'phrh'],
  authContext: 'c1',
  maxAgeSeconds: 300,
  lastsSeconds: 1800,
  scopes: ['payments'],
  prompt: 'login',
  authorizationParameters: new Map([['ui_locales', 'de']]),
}
const empty: StepUp = {
  acrValues: [],
  authContext: null,
  maxAgeSeconds: null,
  lastsSeconds: null,
  scopes: [],
  prompt: null,
  authorizationParameters: new Map(),
}

t.test('a step-up that was sealed is the same afterwards', async (t) => {
  for (const one of [whole, empty, { ...empty, maxAgeSeconds: 0 }])
    t.same(decodeStepUp(JSON.parse(JSON.stringify(encodeStepUp(one)))), one)
})

t.test('what is none is null, whichever part of it is wrong', async (t) => {
  const parts = encodeStepUp(whole)
  for (const [at, wrongs] of [
    [0, ['phr', [1], null]],
    [1, [1, []]],
    [2, ['300', -1, 1.5, Number.NaN]],
    [3, ['300', -1, 1.5]],
    [4, ['payments', [null], null]],
    [5, [1, ['login']]],
    [6, [null, ['ui_locales'], ['ui_locales', 1]]],
  ] as const)
    for (const wrong of wrongs) t.equal(decodeStepUp(parts.with(at, wrong)), null, `${at} ${wrong}`)
  for (const none of [null, 'x', {}, [], parts.slice(1), [...parts, 1]]) t.equal(decodeStepUp(none), null)
})
