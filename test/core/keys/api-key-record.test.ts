import t from 'tap'
import { decodeApiKey, encodeApiKey } from '../../../src/core/keys/api-key-record.ts'
import { keyOf, personKeyOf } from './keys.ts'

t.test('a key is read as it was written', async (t) => {
  const restricted = keyOf('a', {
    name: 'Grüße "\'; DROP TABLE key; --',
    expiresAt: 5000,
    revokedAt: 3000,
    apps: ['shop'],
    methods: ['GET'],
    from: ['192.0.2.0/24'],
    origins: ['https://a.example'],
    secrets: [
      { hash: 'x'.repeat(43), until: null },
      { hash: 'y'.repeat(43), until: 4000 },
    ],
  })
  for (const key of [keyOf('a'), personKeyOf('b', { asleep: true }), restricted])
    t.same(decodeApiKey(encodeApiKey(key)), key)
})

t.test('what this version does not understand whole is no key: no restriction is left out', async (t) => {
  const record = JSON.parse(encodeApiKey(keyOf('a', { apps: ['shop'] })))
  t.not(decodeApiKey(JSON.stringify(record)), null)
  for (const name of Object.keys(record)) {
    const { [name]: _, ...less } = record
    t.equal(decodeApiKey(JSON.stringify(less)), null, `without ${name}`)
    for (const value of [undefined, {}, -1, 1.5, [1]])
      if (!(name === 'claims' && JSON.stringify(value) === '{}'))
        t.equal(decodeApiKey(JSON.stringify({ ...record, [name]: value })), null, `${name}: ${value}`)
  }
  const person = personKeyOf('a').owner
  for (const more of [
    { format: 2 },
    { scopes: [] },
    { id: 'short' },
    { prefix: 'C' },
    { asleep: 'false' },
    { secrets: [] },
    { secrets: [{ hash: 'x', until: null }] },
    { secrets: [{ hash: 'x'.repeat(43) }] },
    { secrets: [{ hash: 'x'.repeat(43), until: null, once: true }] },
    { secrets: [null] },
    { apps: 'shop' },
    { from: [1] },
    { owner: null },
    { owner: { kind: 'operator' } },
    { owner: { kind: 'operator', user: '' } },
    { owner: { kind: 'operator', user: 'a', issuer: 'b' } },
    { owner: { ...person, kind: 'machine' } },
    { owner: { kind: 'person', user: 'a', issuer: 'b' } },
    { owner: { ...person, tenant: 'x' } },
  ])
    t.equal(decodeApiKey(JSON.stringify({ ...record, ...more })), null, JSON.stringify(more))
  for (const text of ['', 'null', '[]', '1', '{', '{"format":1}']) t.equal(decodeApiKey(text), null, text)
})

t.test('no claim reaches a prototype', async (t) => {
  const record = encodeApiKey(keyOf('a')).replace('"plan"', '"__proto__":{"admin":true},"plan"')
  t.same(decodeApiKey(record)?.claims, { plan: 'paid' })
})
