/**
 * The signatures by a key pair that are read and made here: RFC 7518 section 3.1, RFC 8037, RFC 9864. `none` and HMAC
 * are not among them. `EdDSA` is the old name of what `Ed25519` says precisely; a token is held to the one it bears.
 */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

/** What ID tokens may be signed with when it is written: `HS256` has the client's secret for a key, and stands alone. */
export const idTokenAlgorithms = [...signatureAlgorithms, 'HS256'] as const

export type IdTokenAlgorithm = (typeof idTokenAlgorithms)[number]

/** A kind of key, as JWKs and as OpenSSL name it, and what it can sign with: the usual one first. */
interface KeyKind {
  readonly kty: string
  readonly crv?: string
  readonly keyType: string
  readonly namedCurve?: string
  readonly algorithms: readonly SignatureAlgorithm[]
}

const keyKinds: readonly KeyKind[] = [
  { kty: 'RSA', keyType: 'rsa', algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] },
  { kty: 'EC', crv: 'P-256', keyType: 'ec', namedCurve: 'prime256v1', algorithms: ['ES256'] },
  { kty: 'EC', crv: 'P-384', keyType: 'ec', namedCurve: 'secp384r1', algorithms: ['ES384'] },
  { kty: 'EC', crv: 'P-521', keyType: 'ec', namedCurve: 'secp521r1', algorithms: ['ES512'] },
  { kty: 'OKP', crv: 'Ed25519', keyType: 'ed25519', algorithms: ['EdDSA', 'Ed25519'] },
]

/** What a JSON Web Key can sign with, by its `kty` and `crv`; none for any other kind. */
export function algorithmsOfJwk(jwk: {
  readonly kty?: unknown
  readonly crv?: unknown
}): readonly SignatureAlgorithm[] {
  const kind = keyKinds.find(({ kty, crv }) => kty === jwk.kty && (crv === undefined || crv === jwk.crv))
  return kind?.algorithms ?? []
}

/** The same of a key that was read; a `KeyObject` of node:crypto fits. */
export function algorithmsOfKey(key: {
  readonly asymmetricKeyType?: string | undefined
  readonly asymmetricKeyDetails?: { readonly namedCurve?: string | undefined } | undefined
}): readonly SignatureAlgorithm[] {
  const curve = key.asymmetricKeyDetails?.namedCurve
  const kind = keyKinds.find(
    ({ keyType, namedCurve }) =>
      keyType === key.asymmetricKeyType && (namedCurve === undefined || namedCurve === curve),
  )
  return kind?.algorithms ?? []
}

export function isIdTokenAlgorithm(text: string): text is IdTokenAlgorithm {
  const names: readonly string[] = idTokenAlgorithms
  return names.includes(text)
}

export function isSignatureAlgorithm(text: string): text is SignatureAlgorithm {
  const names: readonly string[] = signatureAlgorithms
  return names.includes(text)
}
