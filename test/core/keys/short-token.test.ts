import { randomBytes } from 'node:crypto'
import t from 'tap'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { openShortToken, type ShortToken, sealShortToken } from '../../../src/core/keys/short-token.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { sealCompact } from '../../../src/core/session/compact-seal.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'

const ring = buildKeyRing([new Secret('a'.repeat(32))])

const token: ShortToken = {
  of: 'api_key',
  keyId: 'a000000000000000',
  secretHash: hashKeySecret('a'.repeat(43)),
  at: 'https://api.example.com',
  issuedAt: 1000,
  endsAt: 1900,
  scopes: null,
  origin: null,
  endUser: null,
}
const widget: ShortToken = {
  ...{ ...token, of: 'widget', scopes: ['read'], origin: 'https://shop.example' },
  endUser: 'Zoë 7',
}

t.test('what a token says comes back, and its letters tell what it is', async (t) => {
  const [ofKey, ofWidget] = [
    sealShortToken(token, ring, randomBytes),
    sealShortToken(widget, ring, randomBytes),
  ]
  t.match(ofKey, /^cgt_k[\w-]+$/)
  t.match(ofWidget, /^cgt_w[\w-]+$/)
  t.same(openShortToken(ofKey, ring), token)
  t.same(openShortToken(ofWidget, ring), widget)
  const { endUser: _, ...rest } = widget
  t.same(openShortToken(sealShortToken({ ...rest, endUser: null }, ring, randomBytes), ring), {
    ...rest,
    endUser: null,
  })
})

t.test('nothing of it is to be read, not even which key it is of', async (t) => {
  const bytes = Buffer.from(sealShortToken(widget, ring, randomBytes).slice(5), 'base64url').toString(
    'latin1',
  )
  for (const text of [widget.keyId, widget.secretHash, 'shop.example', 'read']) t.notOk(bytes.includes(text))
})

t.test('a token of a key whose letter is changed is no widget, and the other way round', async (t) => {
  const ofKey = sealShortToken(token, ring, randomBytes)
  t.equal(openShortToken(ofKey.replace('cgt_k', 'cgt_w'), ring), null)
  t.equal(openShortToken(sealShortToken(widget, ring, randomBytes).replace('cgt_w', 'cgt_k'), ring), null)
  for (const start of ['cgt_', 'cgt_x', 'CGT_k', 'cgt_K', 'cgt-k', ' cgt_k'])
    t.equal(openShortToken(ofKey.replace('cgt_k', start), ring), null, start)
})

t.test('a token opens by a secret of the list, and by no other', async (t) => {
  const text = sealShortToken(token, ring, randomBytes)
  const [old, other] = [new Secret('a'.repeat(32)), new Secret('b'.repeat(32))]
  t.same(openShortToken(text, buildKeyRing([other, old])), token)
  t.equal(openShortToken(text, buildKeyRing([other])), null)
})

t.test('what is sealed and not wholly understood is no token', async (t) => {
  const { keyId, secretHash, at, issuedAt, endsAt } = token
  const good = [1, keyId, secretHash, at, issuedAt, endsAt, null, null, null]
  const reads = (value: unknown, of: 'api_key' | 'widget' = 'api_key') => {
    const scope = { purpose: 'short-token', context: [of] } as const
    const word = sealCompact(ring, scope, JSON.stringify(value), { random: randomBytes, mostBytes: 2000 })
    return openShortToken(`cgt_${of === 'widget' ? 'w' : 'k'}${word}`, ring)
  }
  const at_ = (index: number, value: unknown) => good.map((one, i) => (i === index ? value : one))
  t.same(reads(good), token)
  t.equal(reads([...good, 'a restriction of a later version']), null)
  t.equal(reads(good.slice(0, -1)), null)
  for (const [index, value] of [
    ...([
      [0, 2],
      [0, '1'],
      [1, 'short'],
      [1, 7],
      [2, null],
      [3, null],
    ] as const),
    ...([
      [4, -1],
      [4, 1.5],
      [5, '1900'],
      [5, null],
      [6, 'read'],
      [6, [7]],
    ] as const),
    ...([
      [7, 7],
      [7, 'https://shop.example'],
      [8, 'somebody'],
    ] as const),
  ])
    t.equal(reads(at_(index, value)), null, `${index}: ${JSON.stringify(value)}`)
  t.equal(reads(good, 'widget'), null, 'a widget without an origin')
  for (const value of [null, {}, 'text', 7]) t.equal(reads(value), null)
})

t.test('a token never becomes longer than what is opened', async (t) => {
  const scopes = (count: number) => Array.from({ length: count }, (_, at) => `scope:${at}`)
  t.throws(() => sealShortToken({ ...token, scopes: scopes(300) }, ring, randomBytes), RangeError)
  const text = sealShortToken({ ...token, scopes: scopes(100) }, ring, randomBytes)
  t.ok(text.length <= limits.shortTokenBytes)
  t.same(openShortToken(text, ring)?.scopes, scopes(100))
  t.equal(openShortToken(`cgt_k${'A'.repeat(limits.shortTokenBytes)}`, ring), null)
})
