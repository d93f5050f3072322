import { isObject, type Json } from '../json.ts'
import { type JsonObject, readJsonObject } from '../json-object.ts'
import { limits } from '../limits/table.ts'
import type { EpochSeconds } from './session.ts'

/** What a provider's logout token says, verified (OpenID Connect Back-Channel Logout 1.0, 2.4). */
export interface LogoutToken {
  readonly issuer: string
  /** At least one of the two is there. */
  readonly subject: string | null
  readonly sid: string | null
  readonly issuedAt: EpochSeconds
  readonly tokenId: string
}

/** Who a token says that it comes from and is for, before anybody has verified it: only to choose whom to ask. */
export interface Addressee {
  readonly issuer: string
  readonly audience: readonly string[]
}

/** How far the `iat` of a logout token may be from our clock, either way. */
export const logoutTokenSeconds = 120
/** How far clocks may differ where a token says when it ends or begins to count. */
const toleranceSeconds = 60
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** The claims of a JWT that nobody has verified; null when there are none to be read. Never throws. */
export function readUnverifiedClaims(raw: string): JsonObject | null {
  const parts = raw.split('.')
  const payload = parts.length === 3 ? parts[1] : undefined
  return payload === undefined ? null : readJsonObject(Buffer.from(payload, 'base64url').toString('utf8'))
}

/** Null: it does not say both. */
export function addresseeOf(claims: JsonObject): Addressee | null {
  const { iss, aud } = claims
  const audience = typeof aud === 'string' ? [aud] : stringsOf(aud)
  return typeof iss === 'string' && audience.length > 0 ? { issuer: iss, audience } : null
}

function stringsOf(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.every((member) => typeof member === 'string') ? value : []
}

export type LogoutClaims =
  | { readonly ok: true; readonly token: Omit<LogoutToken, 'issuer'> }
  | { readonly ok: false; readonly about: 'form' | 'clock'; readonly reason: string }

/**
 * What only logout tokens say (2.4 and 2.6, 4 to 8), and their times. `exp` must not be over where it is sent; the
 * standard demands it, and older providers do not know it: without it two minutes from `iat` are all that such a token
 * lives, as of any other.
 */
export function readLogoutClaims(claims: JsonObject, now: EpochSeconds): LogoutClaims {
  const problem = eventProblem(claims) ?? nonceProblem(claims) ?? namesProblem(claims)
  if (problem !== null) return malformed(problem)
  const [subject, sid, tokenId] = [textOf(claims.sub), textOf(claims.sid), textOf(claims.jti)]
  if (subject === null && sid === null) return malformed('it has neither sub nor sid')
  if (tokenId === null) return malformed('it has no jti')
  const { iat, exp, nbf } = claims
  if (!isTime(iat)) return malformed('its iat is no number')
  if (exp !== undefined && !isTime(exp)) return malformed('its exp is no number')
  if (nbf !== undefined && !isTime(nbf)) return malformed('its nbf is no number')
  const late = timeProblem({ iat, exp, nbf }, now)
  if (late !== null) return { ok: false, about: 'clock', reason: late }
  return { ok: true, token: { subject, sid, issuedAt: Math.floor(iat), tokenId } }
}

function malformed(reason: string): LogoutClaims {
  return { ok: false, about: 'form', reason }
}

function eventProblem({ events }: JsonObject): string | null {
  if (!isObject(events)) return 'its events is no object'
  if (!Object.hasOwn(events, logoutEvent)) return `its events does not have ${logoutEvent}`
  return isObject(events[logoutEvent]) ? null : `${logoutEvent} in its events is no object`
}

/** 2.4: so that no logout token is an ID token. Not even an empty one. */
function nonceProblem(claims: JsonObject): string | null {
  return Object.hasOwn(claims, 'nonce') ? 'it has a nonce' : null
}

/** Of those that are there; which of them must be is another question. */
function namesProblem(claims: JsonObject): string | null {
  for (const name of ['sub', 'sid', 'jti'] as const) {
    if (!Object.hasOwn(claims, name)) continue
    const text = textOf(claims[name])
    if (text === null || text === '') return `its ${name} is no string, or empty`
    if (name !== 'jti' && !isSessionIdOrSubject(text))
      return `its ${name} is too long, or has control characters`
  }
  return null
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** Whether it may be the `sid` or `sub` of a session: of one that could not, nothing is looked up. */
export function isSessionIdOrSubject(text: string): boolean {
  const tooLong = text.length > limits.logoutSessionIdCharacters
  return text !== '' && !tooLong && !/[\u0000-\u001f\u007f-\u009f]/.test(text)
}

function isTime(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

interface Times {
  readonly iat: number
  readonly exp: number | undefined
  readonly nbf: number | undefined
}

function timeProblem({ iat, exp, nbf }: Times, now: EpochSeconds): string | null {
  const apart = Math.abs(iat - now)
  if (apart > logoutTokenSeconds)
    return `its iat is ${iat}, ${apart} seconds ${iat > now ? 'ahead of' : 'behind'} our clock, which says ${now}; at most ${logoutTokenSeconds} are accepted`
  if (exp !== undefined && exp <= now - toleranceSeconds)
    return `its exp is ${exp}, and our clock says ${now}`
  if (nbf !== undefined && nbf > now + toleranceSeconds) return `its nbf is ${nbf}, and our clock says ${now}`
  return null
}
