import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { openCompact, sealCompact } from '../../../src/core/session/compact-seal.ts'
import { buildKeyRing, type SealScope } from '../../../src/core/session/seal.ts'

const [first, second] = [new Secret('a'.repeat(32)), new Secret('b'.repeat(32))]
const ring = buildKeyRing([first])
const scope: SealScope = { purpose: 'short-token', context: ['api_key'] }
const bounds = { random: randomBytes, mostBytes: 2000 }
const sealed = sealCompact(ring, scope, 'a text', bounds)

t.test('a text comes back that was sealed, and is one word of base64url', async (t) => {
  t.match(sealed, /^[\w-]+$/)
  t.same(openCompact(ring, scope, sealed), { ok: true, text: 'a text', stale: false })
  t.not(sealCompact(ring, scope, 'a text', bounds), sealed, 'another each time')
})

t.test('the first secret seals, every one opens, and one that is gone opens nothing', async (t) => {
  t.same(openCompact(buildKeyRing([second, first]), scope, sealed), { ok: true, text: 'a text', stale: true })
  t.same(openCompact(buildKeyRing([second]), scope, sealed), { ok: false })
})

t.test('it opens for its own purpose alone', async (t) => {
  t.same(openCompact(ring, { ...scope, context: ['widget'] }, sealed), { ok: false })
  t.same(openCompact(ring, { ...scope, purpose: 'session' }, sealed), { ok: false })
})

t.test('any character more, less or other, and it does not open', async (t) => {
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A'
    t.same(openCompact(ring, scope, sealed.slice(0, at) + other + sealed.slice(at + 1)), { ok: false })
    t.same(openCompact(ring, scope, sealed.slice(0, at) + sealed.slice(at + 1)), { ok: false })
  }
  for (const more of ['A', '=', '.', ' ']) t.same(openCompact(ring, scope, sealed + more), { ok: false })
  t.same(openCompact(ring, scope, ''), { ok: false })
})

t.test('what would be too long is not sealed', async (t) => {
  const { length } = sealed
  t.equal(sealCompact(ring, scope, 'a text', { ...bounds, mostBytes: length }).length, length)
  t.throws(() => sealCompact(ring, scope, 'a text', { ...bounds, mostBytes: length - 1 }), RangeError)
  t.equal(
    openCompact(ring, scope, sealCompact(ring, scope, 'x'.repeat(2900), { ...bounds, mostBytes: 4096 })).ok,
    true,
  )
})
