import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import {
  formatKey,
  formatKeyId,
  isKeyPrefix,
  newKeyId,
  newKeySecret,
  parseKey,
  parseKeyId,
  parseKeyPair,
} from '../../../src/core/keys/key-form.ts'

const prefixes = ['cg', 'old']
const key = { prefix: 'cg', id: 'AbCdEfGhIjKlMnOp', secret: 'z'.repeat(43) }
const text = formatKey(key)

t.test('a key is prefix, id, secret and the checksum of all that stands before it', async (t) => {
  t.match(text, /^cg_AbCdEfGhIjKlMnOp_z{43}_[0-9A-Za-z]{6}$/)
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const [checksum = ''] = text.split('_').slice(-1)
  const value = [...checksum].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
  t.equal(value, crc32(text.slice(0, -7)))
  t.same(parseKey(text, prefixes), key)
  t.equal(formatKeyId(key), 'cg_AbCdEfGhIjKlMnOp')
})

t.test('a key of each prefix of the list is ours; everything else is not', async (t) => {
  const old = { ...key, prefix: 'old' }
  t.same(parseKey(formatKey(old), prefixes), old)
  for (const other of ['', 'cg', 'cg-', 'CG_x', 'cgx_1', 'xcg_1', ' cg_1', '_cg_', 'sk_live_1', 'a.b.c'])
    t.equal(parseKey(other, prefixes), null, other)
  t.equal(parseKey(text, []), null)
})

t.test('whatever is mistyped is told by its form alone', async (t) => {
  const digits = [...'09AZaz_-. ']
  let mistyped = 0
  for (let at = 3; at < text.length; at++)
    for (const digit of digits) {
      if (text[at] === digit) continue
      const changed = text.slice(0, at) + digit + text.slice(at + 1)
      t.equal(parseKey(changed, prefixes), 'malformed', changed)
      mistyped += 1
    }
  t.ok(mistyped > 600)
  for (let length = 3; length < text.length; length++)
    t.equal(parseKey(text.slice(0, length), prefixes), 'malformed')
  for (const more of [
    `${text}_`,
    `${text}a`,
    `${text} `,
    `cg_${text}`,
    'cg_',
    'cg___',
    `cg_${'a'.repeat(1e5)}`,
  ])
    t.equal(parseKey(more, prefixes), 'malformed')
})

t.test('two neighbours that were exchanged are found too', async (t) => {
  const made = formatKey({ prefix: 'cg', id: newKeyId(randomBytes), secret: newKeySecret(randomBytes) })
  for (let at = 3; at < made.length - 1; at++) {
    const [one = '', other = ''] = [made[at], made[at + 1]]
    if (one === other) continue
    t.equal(parseKey(made.slice(0, at) + other + one + made.slice(at + 2), prefixes), 'malformed')
  }
})

t.test('key and secret apart', async (t) => {
  t.same(parseKeyPair('cg_AbCdEfGhIjKlMnOp', key.secret, prefixes), key)
  t.equal(parseKeyPair('alice', key.secret, prefixes), null)
  for (const secret of ['', 'z'.repeat(42), 'z'.repeat(44), `${'z'.repeat(42)}_`, `${'z'.repeat(42)}é`])
    t.equal(parseKeyPair('cg_AbCdEfGhIjKlMnOp', secret, prefixes), 'malformed', secret)
  t.same(parseKeyId('old_AbCdEfGhIjKlMnOp', prefixes), { prefix: 'old', id: key.id })
  for (const id of ['cg_', 'cg_AbCdEfGhIjKlMnO', 'cg_AbCdEfGhIjKlMnOpq', 'cg_AbCdEfGhIjKlMnOp_', text])
    t.equal(parseKeyId(id, prefixes), 'malformed', id)
  for (const id of ['', 'cg', 'alice', 'CG_AbCdEfGhIjKlMnOp']) t.equal(parseKeyId(id, prefixes), null, id)
})

t.test('ids and secrets are made of every character, each as likely as any other', async (t) => {
  const counts = new Map<string, number>()
  for (let made = 0; made < 500; made++) {
    const [id, secret] = [newKeyId(randomBytes), newKeySecret(randomBytes)]
    t.equal(id.length, 16)
    t.equal(secret.length, 43)
    for (const digit of id + secret) counts.set(digit, (counts.get(digit) ?? 0) + 1)
  }
  t.equal(counts.size, 62)
  // 29,500 drawn: 476 of each, with a deviation of 22. The first ones would come to 950 if bytes were cut by remainder.
  for (const [digit, count] of counts) t.ok(count > 320 && count < 640, `${digit}: ${count}`)
})

t.test('bytes that stand for no character are left out, and others drawn', async (t) => {
  const drawn = [Buffer.alloc(16, 0xff), Buffer.alloc(16, 0x3e), Buffer.alloc(16, 0x0a), Buffer.alloc(16, 0)]
  t.equal(
    newKeyId(() => drawn.shift() ?? Buffer.alloc(0)),
    'A'.repeat(16),
  )
  t.equal(drawn.length, 1)
})

t.test('a prefix is two to eight small letters and digits', async (t) => {
  for (const good of ['cg', 'a1', '12345678']) t.ok(isKeyPrefix(good), good)
  for (const bad of ['', 'c', '123456789', 'CG', 'c_', 'c-g', 'cé', 'cg\n']) t.notOk(isKeyPrefix(bad), bad)
})
