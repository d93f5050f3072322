import type { JsonObject } from '../../core/json-object.ts'
import { type Claims, isThere, lookUp } from '../../core/rules/claims.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'

/** What a sign-in brought. */
export interface SignedIn {
  /** As rules and headers see them. */
  readonly claims: Claims
  readonly ofIdToken: JsonObject
  readonly refreshToken: boolean
  /** Whether one is of use: `recheck`, or tokens for apps. */
  readonly keepsTokens: boolean
  /** Claims that rules name. */
  readonly named: readonly string[]
}

/** Names, sources and sizes; never a value. */
export function judgeSignIn(
  say: FindingsOf,
  { claims, ofIdToken, refreshToken, keepsTokens, named }: SignedIn,
): readonly Finding[] {
  const names = Object.keys(claims)
  const fromIdToken = names.filter((name) => text(ofIdToken[name]) === text(claims[name]))
  const fromUserinfo = names.filter((name) => !fromIdToken.includes(name))
  const missing = named.filter((path) => !isThere(lookUp(claims, path)))
  return [
    say.ok('sign-in', `${names.length} claims came`),
    ...sized(say, 'claims of the ID token', claims, fromIdToken),
    ...sized(say, 'claims of userinfo', claims, fromUserinfo),
    refreshTokenFinding(say, refreshToken, keepsTokens),
    missing.length === 0
      ? say.ok('claims that rules name', named.length === 0 ? 'there are none' : 'all came')
      : say.warning(
          'claims that rules name',
          `${missing.map((path) => `"${showOwn(path)}"`).join(', ')} did not come`,
          'No rule on them is met by this person: compare with the names above, and see `scopes` and what the provider sends.',
        ),
  ]
}

function sized(say: FindingsOf, check: string, claims: Claims, names: readonly string[]): readonly Finding[] {
  if (names.length === 0) return []
  const each = names.map((name) => `${showOwn(name, 60)} ${Buffer.byteLength(text(claims[name]))} B`)
  return [say.ok(check, each.join(', '))]
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function refreshTokenFinding(say: FindingsOf, came: boolean, isWanted: boolean): Finding {
  if (came) return say.ok('refresh token', 'came')
  if (!isWanted)
    return say.note('refresh token', 'none came: some providers send it for the scope `offline_access`')
  return say.warning(
    'refresh token',
    'none came',
    'Without one the provider is asked at userinfo while the access token lives. Then people sign in again. See “What brings a refresh token?” in docs/operations.md.',
  )
}
