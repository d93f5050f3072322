import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { accountHash, isAccount } from '../../../src/core/session/account-hash.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'

const alice = { issuer: 'https://acme.example.com', clientId: 'id', user: 'alice' }
const [first, second] = [new Secret('a'.repeat(32)), new Secret('b'.repeat(32))]

t.test('an account is known by its hash, and by nothing that is in it', async (t) => {
  const ring = buildKeyRing([first])
  const hash = accountHash(ring, alice)
  t.match(hash, /^[\w-]{43}$/)
  t.ok(isAccount(ring, hash, alice))
  for (const other of [
    { ...alice, user: 'alicf' },
    { ...alice, clientId: 'ida', user: 'lice' },
    { ...alice, issuer: 'https://acme.example.co' },
    { ...alice, issuer: '', clientId: '', user: 'https://acme.example.comidalice' },
  ])
    t.notOk(isAccount(ring, hash, other), JSON.stringify(other))
  t.notOk(isAccount(ring, '', alice))
})

t.test('a hash of before the secret changed is known, and one of a foreign secret is not', async (t) => {
  const before = accountHash(buildKeyRing([first]), alice)
  t.ok(isAccount(buildKeyRing([second, first]), before, alice))
  t.notOk(isAccount(buildKeyRing([second]), before, alice))
})
