import type { Claims } from '../rules/claims.ts'

/** What an access token alone says: for whom and by whom it was made, with which scopes, and of what kind it is. */
const ofAccessToken: ReadonlySet<string> = new Set([
  ...(['iss', 'aud', 'azp', 'client_id', 'appid', 'cid', 'scope', 'scp', 'cnf'] as const),
  ...(['token_use', 'typ', 'gty', 'idtyp', 'exp', 'iat', 'nbf', 'jti', 'nonce', 'at_hash'] as const),
])

/**
 * The claims of an access token, and those of the ID token that came along where it has none. An address and whether it is
 * verified come from one of the two (as at a sign-in): one by the word of the other would be nobody's.
 */
export function withAddedClaims(claims: Claims, added: Claims): Claims {
  const hasEmail = Object.hasOwn(claims, 'email')
  const hidesVerified = !hasEmail && Object.hasOwn(added, 'email')
  const kept = Object.entries(claims).filter(([name]) => !(hidesVerified && name === 'email_verified'))
  const more = Object.entries(added).filter(
    ([name]) =>
      !Object.hasOwn(claims, name) && !ofAccessToken.has(name) && !(hasEmail && name === 'email_verified'),
  )
  const verified =
    hidesVerified && Object.hasOwn(added, 'email_verified')
      ? [['email_verified', added.email_verified ?? null] as const]
      : []
  return Object.fromEntries([...more, ...verified, ...kept])
}
