import type { ProviderSettings } from '../core/gateway.ts'
import type { JsonObject } from '../core/json-object.ts'
import { type ClaimPath, type Claims, longestOwnKey } from '../core/rules/claims.ts'
import { clockToleranceSeconds, type EpochSeconds } from '../core/session/session.ts'
import { isEmail, mergeClaims, ofIdToken, pick, spent } from './identity.ts'

/** Of the session that its provider is asked for again. */
export interface FormerClaims {
  readonly claims: Claims
  readonly signedInAt: EpochSeconds
}

/** How somebody signed in: a refreshed ID token need not repeat it (OpenID Connect Core 12.2). */
const howSignedIn: readonly string[] = ['acr', 'acrs', 'amr', 'auth_time']

/** Claims of a refreshed ID token and userinfo: as at a sign-in, and how somebody signed in stays where it is not said. */
export function renewClaims(
  idToken: JsonObject,
  userinfo: JsonObject | null,
  claimsFrom: ProviderSettings['claimsFrom'],
  former: FormerClaims,
): Claims {
  const claims = mergeClaims(idToken, userinfo, claimsFrom)
  const kept = pick(former.claims, (claim) => howSignedIn.includes(claim) && !isSaid(claims, claim))
  return withoutLaterSignIn({ ...claims, ...kept }, former)
}

/**
 * `auth_time` is of the original sign-in (Core 12.2). Some providers write the time of the refresh there, which would
 * make everybody look freshly asked: the earlier one counts, and where there was none, none that is later than the
 * sign-in.
 */
function withoutLaterSignIn(claims: Claims, { claims: former, signedInAt }: FormerClaims): Claims {
  const { auth_time: now, ...rest } = claims
  const before = Object.hasOwn(former, 'auth_time') ? former.auth_time : undefined
  if (typeof now !== 'number') return claims
  const isOfSignIn = now <= signedInAt + clockToleranceSeconds
  // A former one in milliseconds is later than any: it does not make the time of a refresh count.
  if (typeof before === 'number') return now > before || !isOfSignIn ? { ...rest, auth_time: before } : claims
  return isOfSignIn ? claims : rest
}

function isSaid(claims: Claims, claim: string): boolean {
  return Object.hasOwn(claims, claim) && claims[claim] !== null
}

export type PartlyRenewed =
  | { readonly ok: true; readonly claims: Claims }
  /** What rules, headers, limits or keys go by, and the ID token alone has said. */
  | { readonly ok: false; readonly lacks: ClaimPath }

/**
 * Claims where userinfo alone was read anew, or nothing. `idToken` is the payload of the last one. What userinfo says
 * replaces what the token said of it; what the token alone said stays, unless somebody is judged by it.
 */
export function renewWithoutIdToken(
  idToken: JsonObject,
  userinfo: JsonObject | null,
  claimsFrom: ProviderSettings['claimsFrom'],
  former: FormerClaims,
  used: readonly ClaimPath[],
): PartlyRenewed {
  const said = pick(userinfo ?? {}, (claim) => !ofIdToken.has(claim) && !spent.has(claim))
  const saysEmail = Object.hasOwn(said, 'email')
  const isNew = (claim: string) => (isEmail(claim) ? saysEmail : Object.hasOwn(said, claim))
  const old = claimsFrom.includes('id_token')
    ? pick(idToken, (claim) => !ofIdToken.has(claim) && !spent.has(claim) && !isNew(claim))
    : {}
  const oldEmail = Object.hasOwn(old, 'email')
  const claims = { ...pick(said, (claim) => !(oldEmail && isEmail(claim))), ...old }
  const lacks = used.find((path) => {
    const key = longestOwnKey(claims, path)
    return key !== null && Object.hasOwn(old, key)
  })
  if (lacks !== undefined) return { ok: false, lacks }
  return { ok: true, claims: { ...claims, ...pick(former.claims, (claim) => ofIdToken.has(claim)) } }
}
