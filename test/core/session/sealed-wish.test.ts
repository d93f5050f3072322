import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import { Secret } from '../../../src/core/secret.ts'
import { plainWish } from '../../../src/core/session/authorization-wish.ts'
import { buildKeyRing, seal } from '../../../src/core/session/seal.ts'
import { type LinkedWish, openWish, sealWish } from '../../../src/core/session/sealed-wish.ts'

const ring = buildKeyRing([new Secret('k'.repeat(32))])
const cookies: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const origin = { origin: 'https://wiki.example.com', cookies }
const now = 1_800_000_000
const time = { timeoutSeconds: 600, now }
const linked: LinkedWish = {
  provider: { issuer: 'https://id.example.com', clientId: 'wiki' },
  wish: {
    ...plainWish,
    account: 'a-keyed-hash',
    stepUp: {
      acrValues: ['phr'],
      authContext: 'c1',
      maxAgeSeconds: 300,
      lastsSeconds: 1800,
      scopes: ['payments'],
      prompt: 'login',
      authorizationParameters: new Map([['resource', 'https://pay.example.com']]),
    },
  },
}
const sealed = () => sealWish(ring, origin, linked, { random: randomBytes, now })

t.test('a wish comes back as it was, and cannot be read meanwhile', async (t) => {
  t.same(openWish(ring, origin, sealed(), time), linked)
  t.notMatch(Buffer.from(sealed(), 'base64url').toString('latin1'), 'phr')
  t.not(sealed(), sealed())
})

t.test('it opens at its own origin alone, as it was sealed, and while a sign-in may take', async (t) => {
  const text = sealed()
  t.equal(openWish(ring, { ...origin, origin: 'https://evil.example.com' }, text, time), null)
  const renamed = { ...origin, cookies: { ...cookies, transactionPrefix: 'x-' } }
  t.equal(openWish(ring, renamed, text, time), null, 'of another deployment')
  t.equal(openWish(buildKeyRing([new Secret('x'.repeat(32))]), origin, text, time), null)
  for (const other of [
    '',
    'x',
    text.slice(1),
    `${text}A`,
    text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  ])
    t.equal(openWish(ring, origin, other, time), null, other.slice(-5))
  t.ok(openWish(ring, origin, text, { ...time, now: now + 599 }))
  t.equal(openWish(ring, origin, text, { ...time, now: now + 600 }), null, 'old')
  t.equal(openWish(ring, origin, text, { ...time, now: now - 61 }), null, 'of the future')
})

t.test('nothing that was sealed for another purpose is a wish', async (t) => {
  const context = [origin.origin, cookies.transactionPrefix]
  const opened = JSON.stringify([1, now, 'https://id.example.com', 'wiki', [false]])
  for (const purpose of ['transaction', 'outcome', 'past-attempts', 'session', 'sign-out'] as const) {
    const foreign = seal(ring, { purpose, context }, opened, randomBytes)
    t.equal(openWish(ring, origin, foreign, time), null, purpose)
  }
})

t.test('what is sealed as a wish and is none is none', async (t) => {
  const context = [origin.origin, cookies.transactionPrefix]
  for (const parts of [
    {},
    [],
    [2, now, 'i', 'c', [false]],
    [1, String(now), 'i', 'c', [false]],
    [1, now, null, 'c', [false]],
    [1, now, 'i', 7, [false]],
    [1, now, 'i', 'c', ['yes']],
    [1, now, 'i', 'c'],
    [1, now, 'i', 'c', [false], 1],
  ]) {
    const text = seal(ring, { purpose: 'wish', context }, JSON.stringify(parts), randomBytes)
    t.equal(openWish(ring, origin, text, time), null, JSON.stringify(parts))
  }
})
