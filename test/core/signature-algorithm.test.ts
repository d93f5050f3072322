import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { CompactSign, compactVerify } from 'jose'
import t from 'tap'
import { providerKeys } from '../../src/config/schema/provider.ts'
import {
  algorithmsOfJwk,
  algorithmsOfKey,
  isIdTokenAlgorithm,
  isSignatureAlgorithm,
  signatureAlgorithms,
} from '../../src/core/signature-algorithm.ts'

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

const pairs: Readonly<Record<string, Pair>> = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
}

const others: Readonly<Record<string, Pair>> = {
  secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  ed448: generateKeyPairSync('ed448'),
  x25519: generateKeyPairSync('x25519'),
}

t.test('a key and its JWK sign with the same algorithms, and do so in truth', async (t) => {
  const seen: string[] = []
  for (const [name, { publicKey, privateKey }] of Object.entries(pairs)) {
    const algorithms = algorithmsOfJwk(publicKey.export({ format: 'jwk' }))
    t.same(algorithmsOfKey(publicKey), algorithms, name)
    t.same(algorithmsOfKey(privateKey), algorithms, name)
    for (const alg of algorithms) {
      const token = await new CompactSign(Buffer.from('x')).setProtectedHeader({ alg }).sign(privateKey)
      t.equal((await compactVerify(token, publicKey, { algorithms: [alg] })).protectedHeader.alg, alg)
    }
    seen.push(...algorithms)
  }
  t.same(seen, signatureAlgorithms, 'each has one kind of key')
})

t.test('other kinds of key sign nothing here', async (t) => {
  for (const [name, { publicKey }] of Object.entries(others)) {
    t.same(algorithmsOfKey(publicKey), [], name)
    t.same(algorithmsOfJwk(publicKey.export({ format: 'jwk' })), [], name)
  }
  t.same(algorithmsOfJwk({ kty: 'oct' }), [])
  t.same(algorithmsOfJwk({}), [])
})

t.test('the configuration takes each of them, and of HMAC the one that has to be written', async (t) => {
  for (const alg of signatureAlgorithms) {
    t.ok(isSignatureAlgorithm(alg))
    t.ok(providerKeys.client_assertion_alg.safeParse(alg).success, alg)
    t.ok(providerKeys.id_token_signed_response_alg.safeParse(alg).success, alg)
  }
  t.ok(isIdTokenAlgorithm('HS256') && !isSignatureAlgorithm('HS256'))
  t.notOk(providerKeys.client_assertion_alg.safeParse('HS256').success)
  t.ok(providerKeys.id_token_signed_response_alg.safeParse('HS256').success)
  for (const alg of ['none', 'HS384', 'HS512', 'rs256', 'ES256K', 'Ed448', '']) {
    t.notOk(isSignatureAlgorithm(alg), alg)
    t.notOk(providerKeys.id_token_signed_response_alg.safeParse(alg).success, alg)
  }
})
