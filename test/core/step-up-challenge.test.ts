import t from 'tap'
import type { StepUp } from '../../src/core/step-up.ts'
import { stepUpChallenge } from '../../src/core/step-up-challenge.ts'

const now = 1_800_000_000
const none: StepUp = {
  acrValues: [],
  authContext: null,
  maxAgeSeconds: null,
  lastsSeconds: null,
  scopes: [],
  prompt: null,
  authorizationParameters: new Map(),
}

t.test('RFC 9470: programs are told which authentication is wanted, or which scopes', async (t) => {
  const whole = {
    ...none,
    acrValues: ['phr', 'urn:x:"2"'],
    maxAgeSeconds: 300,
    scopes: ['payments', 'refunds'],
  }
  const rows = [
    [
      whole,
      {},
      [],
      'error="insufficient_user_authentication", acr_values="phr urn:x:\\"2\\"", max_age="300", scope="payments refunds"',
    ],
    [
      whole,
      { acr: 'phr', auth_time: now },
      [],
      'error="insufficient_scope", acr_values="phr urn:x:\\"2\\"", max_age="300", scope="payments refunds"',
    ],
    [{ ...none, scopes: ['payments'] }, {}, [], 'error="insufficient_scope", scope="payments"'],
    [{ ...none, authContext: 'c1' }, {}, [], 'error="insufficient_user_authentication"'],
    [
      { ...none, acrValues: ['phr'], lastsSeconds: 60 },
      { acr: 'phr' },
      [],
      'error="insufficient_user_authentication", acr_values="phr", max_age="60"',
    ],
  ] as const
  for (const [stepUp, claims, scopes, expected] of rows)
    t.equal(stepUpChallenge(stepUp, { claims, scopes }, now), expected)
})
