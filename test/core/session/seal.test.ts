import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import {
  buildKeyRing,
  fingerprint,
  open,
  type SealScope,
  sameText,
  seal,
} from '../../../src/core/session/seal.ts'

const secrets = { a: new Secret('a'.repeat(32)), b: new Secret('b'.repeat(32)) }
const scope: SealScope = { purpose: 'session', context: ['https://wiki.example.com', '__Host-claimgate'] }
const ring = buildKeyRing([secrets.a])
const refused = { ok: false } as const

/** The key of `scope` as RFC 5869 gives it: written out, so that a change of the format is seen here. */
function scopeKey(secret: Secret): Uint8Array {
  const label = ['claimgate seal 1', 'session', 'https://wiki.example.com', '__Host-claimgate']
  const info = createHash('sha256').update(JSON.stringify(label)).digest()
  return new Uint8Array(hkdfSync('sha256', secret.reveal(), new Uint8Array(0), info, 32))
}

t.test('what was sealed opens, and is not stale', async (t) => {
  for (const text of ['', 'x', 'Grüße 🎈', '{"a":1}', 'y'.repeat(2900)]) {
    const sealed = seal(ring, scope, text, randomBytes)
    t.same(open(ring, scope, sealed), { ok: true, text, stale: false })
    t.match(sealed, /^[A-Za-z0-9_.-]+$/, 'only letters that a cookie may hold')
  }
})

t.test('sealing the same twice gives two values: the nonce is random', async (t) => {
  t.not(seal(ring, scope, 'x', randomBytes), seal(ring, scope, 'x', randomBytes))
})

t.test('the format is JWE: jose opens what we seal, we open what jose seals', async (t) => {
  const sealed = seal(ring, scope, 'hello', randomBytes)
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, scopeKey(secrets.a))
  t.equal(Buffer.from(plaintext).toString(), 'hello')
  t.match(protectedHeader, { alg: 'dir', enc: 'A256GCM', kid: /^[A-Za-z0-9_-]{8}$/ })
  const { kid } = protectedHeader
  const header = { alg: 'dir', enc: 'A256GCM', ...(kid === undefined ? {} : { kid }) }
  const theirs = await new CompactEncrypt(Buffer.from('from jose'))
    .setProtectedHeader(header)
    .encrypt(scopeKey(secrets.a))
  t.same(open(ring, scope, theirs), { ok: true, text: 'from jose', stale: false })
})

t.test('S-156: no bit, letter or end of a sealed value can be changed', async (t) => {
  const sealed = seal(ring, scope, 'session id', randomBytes)
  const opened: string[] = []
  const tryOut = (value: string): void => {
    if (value !== sealed && open(ring, scope, value).ok) opened.push(value)
  }
  for (let at = 0; at < sealed.length; at++) {
    const code = sealed.charCodeAt(at)
    for (let bit = 0; bit < 8; bit++) {
      tryOut(sealed.slice(0, at) + String.fromCharCode(code ^ (1 << bit)) + sealed.slice(at + 1))
    }
    for (const letter of 'ABCDQgwxyz01_-+/=. \n') tryOut(sealed.slice(0, at) + letter + sealed.slice(at + 1))
    tryOut(sealed.slice(0, at))
    tryOut(sealed.slice(at))
    tryOut(sealed.slice(0, at) + sealed.slice(at + 1))
  }
  for (const tail of ['A', '=', '==', '.', '.A', ' ', '\0']) tryOut(sealed + tail)
  tryOut(sealed.replaceAll('-', '+').replaceAll('_', '/'))
  t.same(opened, [])
})

t.test('S-156: garbage of every kind is refused, never thrown', async (t) => {
  const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const [, , iv, ciphertext, tag] = seal(ring, scope, 'x', randomBytes).split('.')
  const garbage = [
    '',
    '.',
    '....',
    '.....',
    'x'.repeat(4097),
    '.'.repeat(4096),
    'é'.repeat(100),
    '\0\0\0\0',
    `${header({ alg: 'none' })}....`,
    `${header({ alg: 'dir', enc: 'A256GCM' })}..${iv}.${ciphertext}.${tag}`,
    `${header({ alg: 'dir', enc: 'A256GCM', kid: '__proto__' })}..${iv}.${ciphertext}.${tag}`,
    `${header({ alg: 'dir', enc: 'A256GCM', kid: 'x', zip: 'DEF' })}..${iv}.${ciphertext}.${tag}`,
    `__proto__..${iv}.${ciphertext}.${tag}`,
    `constructor..${iv}.${ciphertext}.${tag}`,
  ]
  for (const value of garbage) t.same(open(ring, scope, value), refused, JSON.stringify(value.slice(0, 40)))
})

t.test('S-149: an empty or short tag, nonce or key part is refused', async (t) => {
  const [header, , iv, ciphertext, tag = ''] = seal(ring, scope, 'x', randomBytes).split('.')
  t.same(open(ring, scope, `${header}..${iv}.${ciphertext}.`), refused)
  t.same(open(ring, scope, `${header}..${iv}.${ciphertext}.${tag.slice(0, 16)}`), refused, '12 bytes of tag')
  t.same(open(ring, scope, `${header}...${ciphertext}.${tag}`), refused)
  t.same(open(ring, scope, `${header}.AAAA.${iv}.${ciphertext}.${tag}`), refused)
})

t.test('S-164: a value of another deployment, cookie or purpose does not open', async (t) => {
  const sealed = seal(ring, scope, 'x', randomBytes)
  const others: readonly SealScope[] = [
    { purpose: 'session', context: ['https://other.example.com', '__Host-claimgate'] },
    { purpose: 'session', context: ['https://wiki.example.com', '__Host-claimgate-tx-'] },
    { purpose: 'transaction', context: scope.context },
    { purpose: 'session', context: [] },
  ]
  for (const other of others) t.same(open(ring, other, sealed), refused, JSON.stringify(other))
})

t.test('S-157: parts of a scope do not run into each other', async (t) => {
  const sealed = seal(ring, { purpose: 'session', context: ['ab', 'c'] }, 'x', randomBytes)
  for (const context of [['a', 'bc'], ['abc'], ['ab', 'c', ''], ['ab","c']]) {
    t.same(open(ring, { purpose: 'session', context }, sealed), refused, JSON.stringify(context))
  }
})

t.test('S-158: an older secret opens and says stale; without it nothing opens', async (t) => {
  const old = seal(buildKeyRing([secrets.a]), scope, 'x', randomBytes)
  const rotated = buildKeyRing([secrets.b, secrets.a])
  t.same(open(rotated, scope, old), { ok: true, text: 'x', stale: true })
  t.same(open(rotated, scope, seal(rotated, scope, 'x', randomBytes)), { ok: true, text: 'x', stale: false })
  t.same(open(buildKeyRing([secrets.b]), scope, old), refused)
  const twice = buildKeyRing([secrets.a, secrets.a])
  t.same(open(twice, scope, seal(twice, scope, 'x', randomBytes)), { ok: true, text: 'x', stale: false })
  const lagging = buildKeyRing([secrets.a, secrets.b])
  t.ok(
    open(lagging, scope, seal(rotated, scope, 'x', randomBytes)).ok,
    'a replica of the old order opens the new',
  )
})

t.test('a ring needs a secret, and what no cookie can hold is not sealed', async (t) => {
  t.throws(() => buildKeyRing([]), RangeError)
  t.throws(() => seal(ring, scope, 'x'.repeat(3100), randomBytes), RangeError)
})

t.test('texts are compared whole, whatever their length', async (t) => {
  t.equal(sameText('abc', 'abc'), true)
  for (const other of ['', 'ab', 'abcd', 'abd', 'ABC']) t.equal(sameText('abc', other), false)
  t.equal(fingerprint('abc', 'base64url'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})
