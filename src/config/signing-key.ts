import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { SigningKey } from '../core/assertion/settings.ts'
import { isObject, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { algorithmsOfKey } from '../core/signature-algorithm.ts'

type SigningKeyReading =
  | { readonly ok: true; readonly key: SigningKey }
  /** A sentence without anything of the text. */
  | { readonly ok: false; readonly message: string }

/** How such a key is made, for messages and pages. */
export const makeSigningKey = 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256'

/**
 * A private EC key on P-256: PKCS #8 (RFC 5958) or SEC 1 (RFC 5915) in PEM, or a JWK (RFC 7517). Anything else is told
 * by what it is, and never by what it holds. Never throws.
 */
export function readSigningKey(text: string): SigningKeyReading {
  const isJwk = text.trimStart().startsWith('{')
  const other = isJwk ? otherThanKey(parseJson(text)) : otherThanPem(text)
  if (other !== null) return { ok: false, message: other }
  let key: KeyObject
  try {
    key = isJwk ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' }) : createPrivateKey(text)
  } catch {
    return { ok: false, message: `holds no private key that can be read: ${advice}` }
  }
  if (!algorithmsOfKey(key).includes('ES256'))
    return { ok: false, message: `is ${kindOf(key)}: assertions are signed by ES256; ${advice}` }
  return { ok: true, key: signingKey(key) }
}

const advice = `expected an EC key on P-256, such as \`${makeSigningKey}\` makes`

function signingKey(key: KeyObject): SigningKey {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { kid: thumbprint(x, y), x, y, privateKey: new Secret(pem) }
}

/** RFC 7638 section 3: the members that are required, in the order of their names, without blanks. */
function thumbprint(x: string, y: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url')
}

/** What a text is that is no private key in PEM; null: it may be one. */
function otherThanPem(text: string): string | null {
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].flatMap(([, label]) => label ?? [])
  const keys = labels.filter((label) => label.endsWith('PRIVATE KEY'))
  if (keys.length > 1) return 'holds several private keys: write each as a member of the list'
  if (keys.length === 0) {
    return labels.some((label) => label.endsWith('PUBLIC KEY'))
      ? 'is a public key: the private one signs'
      : `holds no private key: ${advice}`
  }
  const isEncrypted = keys[0] === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(text)
  return isEncrypted
    ? 'is encrypted by a passphrase, which nobody is there to type: write it without one (`openssl pkcs8 -topk8 -nocrypt`)'
    : null
}

/** What a JSON text is that is no private JWK; null: it may be one. */
function otherThanKey(jwk: unknown): string | null {
  if (!isObject(jwk)) return `is no JSON: ${advice}`
  if ('keys' in jwk) return 'is a set of keys: write each of them as a member of the list'
  if (jwk.kty !== undefined && !('d' in jwk) && jwk.kty !== 'oct')
    return 'is a public key: the private one signs'
  if (jwk.use !== undefined && jwk.use !== 'sig') return 'is a key whose `use` is not `sig`'
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('sign')))
    return 'is a key whose `key_ops` do not have `sign` in them'
  if (jwk.kty === 'EC' && jwk.alg !== undefined && jwk.alg !== 'ES256')
    return 'is a key whose `alg` is not ES256'
  return null
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'ec')
    return `an EC key on ${curves[asymmetricKeyDetails?.namedCurve ?? ''] ?? 'another curve'}`
  return kinds[asymmetricKeyType ?? ''] ?? 'a key of another kind'
}

const curves: Readonly<Record<string, string>> = {
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  secp256k1: 'secp256k1',
}

const kinds: Readonly<Record<string, string>> = {
  rsa: 'an RSA key',
  'rsa-pss': 'an RSA key',
  ed25519: 'an Ed25519 key',
  ed448: 'an Ed448 key',
  x25519: 'an X25519 key',
  dsa: 'a DSA key',
}
