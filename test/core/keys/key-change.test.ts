import t from 'tap'
import { changedKey } from '../../../src/core/keys/key-change.ts'
import { hashKeySecret, matchedSecret, wasReplaced } from '../../../src/core/keys/key-secret.ts'
import { keyOf, personKeyOf, secretOf } from './keys.ts'

const [a, b, c] = ['a', 'b', 'c'].map((digit) => hashKeySecret(secretOf(digit))) as [string, string, string]

t.test('of two secrets both open until the overlap is over', async (t) => {
  const key = changedKey(keyOf('a'), { kind: 'rotate', hash: b, overlapUntil: 2000, at: 1500 })
  t.same(matchedSecret(key, a, 1999), { hash: a, until: 2000 })
  t.same(matchedSecret(key, b, 1999), { hash: b, until: null })
  t.equal(matchedSecret(key, a, 2000), null)
  t.ok(wasReplaced(key, a, 2000))
  t.notOk(wasReplaced(key, a, 1999))
  t.same(matchedSecret(key, b, 2000), { hash: b, until: null })
  t.notOk(wasReplaced(key, b, 2000))
  t.equal(matchedSecret(key, c, 1999), null)
  t.notOk(wasReplaced(key, c, 2000))
})

t.test(
  'without an overlap the former secret opens nothing at once, and nothing is known of it',
  async (t) => {
    for (const overlapUntil of [null, 1500, 1499]) {
      const key = changedKey(keyOf('a'), { kind: 'rotate', hash: b, overlapUntil, at: 1500 })
      t.same(key.secrets, [{ hash: b, until: null }])
    }
  },
)

t.test('there are two secrets at most, and none lives longer by being replaced again', async (t) => {
  const once = changedKey(keyOf('a'), { kind: 'rotate', hash: b, overlapUntil: 2000, at: 1500 })
  const twice = changedKey(once, { kind: 'rotate', hash: c, overlapUntil: 3000, at: 1600 })
  t.same(twice.secrets, [
    { hash: c, until: null },
    { hash: b, until: 3000 },
  ])
})

t.test('a rotation may ask for the secret that it takes the place of: sent twice, it is done once', (t) => {
  const of = keyOf('a').secrets[0]?.hash ?? ''
  const once = changedKey(keyOf('a'), { kind: 'rotate', hash: b, overlapUntil: 2000, at: 1500, of })
  t.equal(once.secrets[0]?.hash, b)
  t.equal(changedKey(once, { kind: 'rotate', hash: c, overlapUntil: 3000, at: 1600, of }), once)
  t.end()
})

t.test('a revoked key stays as it is for good', async (t) => {
  const key = changedKey(personKeyOf('a'), { kind: 'revoke', at: 1500 })
  t.equal(key.revokedAt, 1500)
  for (const change of [
    { kind: 'revoke', at: 1600 },
    { kind: 'rotate', hash: b, overlapUntil: null, at: 1600 },
    { kind: 'refresh', claims: {}, at: 1600 },
    { kind: 'sleep' },
    { kind: 'rename', name: 'x' },
    { kind: 'origins', origins: ['https://a.example'] },
  ] as const)
    t.equal(changedKey(key, change), key)
})

t.test(
  'origins take the place of former ones, unless the key would not fit into a store any more',
  async (t) => {
    const key = changedKey(personKeyOf('a'), { kind: 'origins', origins: ['https://a.example'] })
    t.same(key.origins, ['https://a.example'])
    t.same(changedKey(key, { kind: 'origins', origins: [] }).origins, [])
    const large = personKeyOf('a', { claims: { text: 'x'.repeat(32_200) } })
    t.equal(changedKey(large, { kind: 'origins', origins: [`https://${'a'.repeat(200)}.example`] }), large)
  },
)

t.test('what a provider says wakes a person’s key, unless it is older than what is known', async (t) => {
  const asleep = changedKey(personKeyOf('a'), { kind: 'sleep' })
  t.ok(asleep.asleep)
  t.equal(changedKey(asleep, { kind: 'sleep' }), asleep)
  const awake = changedKey(asleep, { kind: 'refresh', claims: { plan: 'free' }, at: 2000 })
  t.match(awake, { asleep: false, claims: { plan: 'free' }, claimsAt: 2000 })
  t.equal(changedKey(awake, { kind: 'refresh', claims: { plan: 'paid' }, at: 1999 }), awake)
  t.equal(changedKey(awake, { kind: 'refresh', claims: { plan: 'paid' }, at: 1940 }), awake)
  // Further back than clocks differ: a clock that was ahead wrote what is there.
  const later = changedKey(awake, { kind: 'refresh', claims: { plan: 'paid' }, at: 1939 })
  t.match(later, { claims: { plan: 'paid' }, claimsAt: 1939 })
})

t.test('an operator’s key neither sleeps nor takes claims of anybody', async (t) => {
  const key = keyOf('a')
  t.equal(changedKey(key, { kind: 'sleep' }), key)
  t.equal(changedKey(key, { kind: 'refresh', claims: {}, at: 9000 }), key)
})
