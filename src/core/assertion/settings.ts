import type { ClaimPath } from '../rules/claims.ts'
import type { Secret } from '../secret.ts'

/** `identity_assertion` of an app: who is signed in, as a signed statement that the app verifies by itself. */
export interface AssertionSettings {
  /** The request header that carries it. */
  readonly header: string
  /** `https://wiki.example.com/.auth/assertion`. */
  readonly issuer: string
  readonly audience: string
  /** Each becomes a member of the statement, by this very text. */
  readonly claims: readonly ClaimPath[]
  readonly lifetimeSeconds: number
}

/** An EC key on P-256, which signs by ES256 (RFC 7518 section 3.4). */
export interface SigningKey {
  /** Its thumbprint (RFC 7638), which says nothing but which public key it is. */
  readonly kid: string
  /** The public point, each coordinate 32 bytes in base64url (RFC 7518 section 6.2.1). */
  readonly x: string
  readonly y: string
  /** PKCS #8 in PEM, without a passphrase. */
  readonly privateKey: Secret
}

/** Where the keys are of whoever says this issuer: `https://wiki.example.com/.auth/jwks.json`. */
export function keysOfIssuer(issuer: AssertionSettings['issuer']): string {
  return `${issuer.slice(0, issuer.lastIndexOf('/') + 1)}jwks.json`
}

/** What the statement says of itself and of whom it is about: no claim of a provider stands in their place (RFC 7519 4.1). */
export const assertionMembers: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  ...['provider', 'credential'],
])

/** So that it is taken for no other kind of token, and none for it (RFC 8725 section 3.11). */
export const assertionType = 'claimgate-assertion+jwt'

/** The public parts as a JSON Web Key Set (RFC 7517 section 5), in the order of the file. */
export function publicKeySet(keys: readonly SigningKey[]): string {
  const shown = keys.map(({ kid, x, y }) => ({
    ...{ kty: 'EC', crv: 'P-256', x, y },
    ...{ kid, use: 'sig', alg: 'ES256' },
  }))
  return JSON.stringify({ keys: shown })
}
