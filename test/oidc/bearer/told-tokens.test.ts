// What is remembered of tokens of which the provider was asked.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { createToldTokens, type Told } from '../../../src/oidc/bearer/told-tokens.ts'

const now = 1_950_000_000

function good(endsAt: number | null = null, bytes = 100): Told {
  const token = { claims: {}, subject: 'alice', audiences: null, clientId: 'app', scopes: [], endsAt }
  return { reading: { kind: 'read', token: { ...token, certificate: null } }, bytes }
}

const bad: Told = { reading: { kind: 'refused', why: 'token-invalid', detail: 'x' }, bytes: 0 }

t.test('a good one is fresh for a while, and known afterwards', async (t) => {
  const told = createToldTokens(60)
  told.keep('a', good(), 0)
  t.match(told.find('a', now, 59_999), { kind: 'read' })
  t.equal(told.find('a', now, 60_000), 'stale')
  t.equal(told.find('b', now, 0), null)
  told.keep('a', bad, 60_000)
  t.same(told.find('a', now, 60_000), bad.reading, 'it was revoked')
  t.equal(told.find('a', now, 70_000), null, 'and is known no more')
})

t.test('never beyond its end', async (t) => {
  const told = createToldTokens(3600)
  told.keep('a', good(now + 10), 0)
  t.match(told.find('a', now + 9, 9000), { kind: 'read' })
  t.equal(told.find('a', now + 10, 10_000), 'stale')
})

t.test('a refusal is remembered for ten seconds', async (t) => {
  const told = createToldTokens(60)
  told.keep('a', bad, 0)
  t.same(told.find('a', now, 9999), bad.reading)
  t.equal(told.find('a', now, 10_000), null)
})

t.test('refused ones push out no good one, and both are bounded', async (t) => {
  const told = createToldTokens(60)
  told.keep('good', good(), 0)
  for (let number = 0; number < 2 * limits.refusedTokens; number += 1) told.keep(`bad-${number}`, bad, 1)
  t.match(told.find('good', now, 1), { kind: 'read' })
  t.equal(told.size().refused, limits.refusedTokens)
  t.equal(told.find('bad-0', now, 1), null, 'the oldest went')
  for (let number = 0; number < limits.toldTokens; number += 1) told.keep(`good-${number}`, good(), 1)
  t.equal(told.find('good', now, 1), null, 'used longest ago')
  t.match(told.find('good-0', now, 1), { kind: 'read' })
  t.equal(told.size().good, limits.toldTokens)
  told.keep('large', good(null, limits.toldTokenBytes - 200), 1)
  t.same([told.size().good, told.size().bytes], [3, limits.toldTokenBytes])
})
