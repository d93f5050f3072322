import { randomBytes } from 'node:crypto'
import { test } from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { createRecordSeal } from '../../../src/core/session/record-seal.ts'
import { buildKeyRing, open, seal } from '../../../src/core/session/seal.ts'

const [first, second] = [new Secret('f'.repeat(32)), new Secret('s'.repeat(32))]
const before = createRecordSeal(() => buildKeyRing([first]), randomBytes)
const after = createRecordSeal(() => buildKeyRing([second, first]), randomBytes)

test('a record opens for its purpose and key, and nowhere else', async (t) => {
  const long = 'ü'.repeat(100_000)
  const sealed = before.seal('session', 'k1', long)
  t.same(before.open('session', 'k1', sealed), { ok: true, text: long, stale: false })
  t.same(before.open('session', 'k2', sealed), { ok: false }, 'another key')
  t.same(before.open('session', '', sealed), { ok: false })
  t.same(before.open('tokens', 'k1', sealed), { ok: false }, 'another purpose')
  t.same(before.open('session', 'k1', `${sealed}A`), { ok: false })
  t.same(before.open('session', 'k1', `${sealed}.`), { ok: false })
  t.same(before.open('session', 'k1', ''), { ok: false })
})

test('a record is no cookie, and a cookie no record', async (t) => {
  const ring = buildKeyRing([first])
  const scope = { purpose: 'record', context: ['session'] } as const
  const cookie = seal(ring, scope, 'text', randomBytes)
  t.same(before.open('session', '', cookie), { ok: false }, 'not even one of the same scope and no place')
  t.same(open(ring, scope, before.seal('session', '', 'text')), { ok: false })
})

test('of a list the first secret seals, each opens, and what an older one sealed is stale', async (t) => {
  const sealed = before.seal('tokens', 'k', 'text')
  t.same(after.open('tokens', 'k', sealed), { ok: true, text: 'text', stale: true })
  t.same(after.open('tokens', 'k', after.seal('tokens', 'k', 'text')), {
    ok: true,
    text: 'text',
    stale: false,
  })
  t.same(before.open('tokens', 'k', after.seal('tokens', 'k', 'text')), { ok: false })
})

test('an index tells nothing, is written by the first secret and read by every one', async (t) => {
  const hash = before.index('subject', ['https://op.example', 'alice'])
  t.match(hash, /^[\w-]{43}$/)
  t.equal(before.index('subject', ['https://op.example', 'alice']), hash)
  for (const values of [
    ['https://op.example', 'bob'],
    ['https://op.examplealice'],
    ['https://op.example', 'ali', 'ce'],
  ])
    t.not(before.index('subject', values), hash, values.join(' '))
  t.not(before.index('sid', ['https://op.example', 'alice']), hash, 'of another kind')
  const hashes = after.indexes('subject', ['https://op.example', 'alice'])
  t.same(hashes, [after.index('subject', ['https://op.example', 'alice']), hash])
  t.not(hashes[0], hash)
})
