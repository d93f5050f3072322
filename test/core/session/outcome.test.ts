import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type Outcome, type OutcomeOf, openOutcome, sealOutcome } from '../../../src/core/session/outcome.ts'
import { buildKeyRing, seal } from '../../../src/core/session/seal.ts'

const ring = buildKeyRing([new Secret('k'.repeat(32))])
const names: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const of: OutcomeOf = { stateHash: 'hash', origin: 'https://wiki.example.com', names }
const signedIn: Outcome = { kind: 'signed-in', cookieValue: 'a-sealed-session' }
const sealed = (outcome: Outcome) => sealOutcome(ring, of, outcome, randomBytes)

t.test('an outcome comes back as it was, and cannot be read meanwhile', async (t) => {
  for (const outcome of [signedIn, { kind: 'failed', code: 'LOGIN_REFUSED' }] as const) {
    t.same(openOutcome(ring, of, sealed(outcome)), outcome)
  }
  t.notMatch(sealed(signedIn), 'a-sealed-session')
})

t.test('S-147: it opens for its own sign-in alone, at its own origin, under a secret of ours', async (t) => {
  const text = sealed(signedIn)
  t.equal(openOutcome(ring, { ...of, stateHash: 'other' }, text), null, 'put in another one’s place')
  t.equal(openOutcome(ring, { ...of, origin: 'https://other.example.com' }, text), null)
  t.equal(openOutcome(ring, { ...of, names: { ...names, transactionPrefix: 'x-' } }, text), null)
  t.equal(openOutcome(buildKeyRing([new Secret('x'.repeat(32))]), of, text), null)
  for (const other of ['', 'x', text.slice(1), `${text}A`]) t.equal(openOutcome(ring, of, other), null)
  const context = [of.origin, names.transactionPrefix]
  for (const purpose of ['transaction', 'session', 'sign-out'] as const) {
    const foreign = seal(ring, { purpose, context }, JSON.stringify([1, 'hash', 'v', null]), randomBytes)
    t.equal(openOutcome(ring, of, foreign), null, purpose)
  }
})

t.test('what is sealed and is no outcome is none', async (t) => {
  const scope = { purpose: 'outcome', context: [of.origin, names.transactionPrefix] } as const
  for (const parts of [
    {},
    [],
    [2, 'hash', 'v', null],
    [1, 'hash', 'v'],
    [1, 'hash', 'v', null, 1],
    [1, 7, 'v', null],
  ]) {
    t.equal(openOutcome(ring, of, seal(ring, scope, JSON.stringify(parts), randomBytes)), null)
  }
  for (const code of [null, 'NO_SUCH_CODE', '__proto__', 3]) {
    const text = JSON.stringify([1, 'hash', null, code])
    t.equal(openOutcome(ring, of, seal(ring, scope, text, randomBytes)), null, String(code))
  }
})
