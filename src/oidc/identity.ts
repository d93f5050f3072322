import type { ProviderSettings } from '../core/gateway.ts'
import type { JsonObject } from '../core/json-object.ts'
import type { Claims } from '../core/rules/claims.ts'

/** Of one token and spent with it: no rule can mean them, and sessions need not keep them. */
export const spent: ReadonlySet<string> = new Set([
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'exp',
  'iat',
  'nbf',
  'jti',
])
/** What only the ID token may say: who was signed in, by whom, for whom, and how. */
export const ofIdToken: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'azp',
  'sid',
  'acr',
  'acrs',
  'amr',
  'auth_time',
])

/**
 * What rules and headers see: the ID token wins per top-level claim, and userinfo fills the rest; `email` and
 * `email_verified` come from one source, for the address of one verified by the other would be nobody's.
 * With `claims_from: [userinfo]` only the claims that the ID token alone may say come from there.
 */
export function mergeClaims(
  idToken: JsonObject,
  userinfo: JsonObject | null,
  claimsFrom: ProviderSettings['claimsFrom'],
): Claims {
  const fromIdToken = claimsFrom.includes('id_token')
    ? idToken
    : pick(idToken, (claim) => ofIdToken.has(claim))
  const fromUserinfo = pick(userinfo ?? {}, (claim) => !ofIdToken.has(claim))
  const emailOfIdToken = Object.hasOwn(fromIdToken, 'email')
  const withoutEmail = Object.hasOwn(fromUserinfo, 'email') && !emailOfIdToken
  const merged = {
    ...pick(fromUserinfo, (claim) => !(emailOfIdToken && isEmail(claim))),
    ...pick(fromIdToken, (claim) => !(withoutEmail && isEmail(claim))),
  }
  return pick(merged, (claim) => !spent.has(claim))
}

/** The two that come from one source. */
export function isEmail(claim: string): boolean {
  return claim === 'email' || claim === 'email_verified'
}

export function pick(claims: JsonObject, wanted: (claim: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([claim]) => wanted(claim)))
}
