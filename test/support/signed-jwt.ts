// JSON Web Tokens as a test wants them, however unwise.
import { constants, createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export type Fields = Record<string, unknown>

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: Fields
}

const rsa = newKey('k1', 'RS256')

/** The pair that every provider begins with; made once, as RSA keys take their time. */
export function firstKey(): SigningKey {
  return rsa
}

export function newKey(kid: string, algorithm: string, bits = 2048): SigningKey {
  const { privateKey, publicKey } = generate(algorithm, bits)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: algorithm }
  return { kid, privateKey, jwk }
}

function generate(algorithm: string, bits: number): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm.startsWith('ES'))
    return generateKeyPairSync('ec', { namedCurve: `P-${algorithm.slice(2)}`.replace('512', '521') })
  return generateKeyPairSync('rsa', { modulusLength: bits })
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Signs as the header's `alg` says, however unwise; for HMAC the key is a string. */
export function signJwt(header: Fields, claims: unknown, key: KeyObject | string): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${signature(String(header.alg), Buffer.from(input), key)}`
}

function signature(algorithm: string, input: Buffer, key: KeyObject | string): string {
  const hash = `sha${algorithm.slice(2)}`
  if (typeof key === 'string')
    return algorithm.startsWith('HS') ? createHmac(hash, key).update(input).digest('base64url') : ''
  if (algorithm.startsWith('PS')) {
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    return sign(hash, input, { key, ...padding }).toString('base64url')
  }
  if (algorithm.startsWith('ES'))
    return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  if (algorithm === 'EdDSA') return sign(null, input, key).toString('base64url')
  return sign(algorithm.startsWith('RS') ? hash : 'sha256', input, key).toString('base64url')
}

/** Half of a hash, as `at_hash` wants it (OpenID Connect Core 3.1.3.8). */
export function leftHalf(text: string, hash = 'sha256'): string {
  const digest = createHash(hash).update(text).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
