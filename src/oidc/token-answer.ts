import { type Configuration, customFetch } from 'openid-client'
import type { Json } from '../core/json.ts'
import { type JsonObject, readJsonObject } from '../core/json-object.ts'
import { limits } from '../core/limits/table.ts'
import type { EpochSeconds, SessionTokens } from '../core/session/session.ts'

/** What an answer of the token endpoint brought (RFC 6749 5.1), read by ourselves. */
export interface TokenAnswer {
  /** As it came; undefined: none did. */
  readonly idToken: Json | undefined
  /** Null: none that could be sent anywhere (RFC 6749 A.12). */
  readonly accessToken: string | null
  /** By our clock; null: it does not say, or says nothing that can be understood. */
  readonly endsAt: EpochSeconds | null
  readonly refreshToken: string | null
  /** What was granted; null: it does not say. */
  readonly scopes: readonly string[] | null
}

const nothing: TokenAnswer = {
  idToken: undefined,
  accessToken: null,
  endsAt: null,
  refreshToken: null,
  scopes: null,
}

/** Members of a token answer that openid-client does not get to see. */
export type HiddenMember = 'id_token' | 'expires_in' | 'scope' | 'refresh_token'

/**
 * Reads the next answer before openid-client does, and keeps these members from it: the ID token is verified in
 * id-token.ts all the same. What came is known here even where the library refuses the answer.
 */
export function takeAnswer(
  configuration: Configuration,
  now: EpochSeconds,
  hidden: readonly HiddenMember[],
): { readonly taken: TokenAnswer } {
  const taker = { taken: nothing }
  const fetchAnswer = configuration[customFetch]
  if (fetchAnswer === undefined) throw new TypeError('a configuration without a transport')
  const hides = new Set<string>(hidden)
  configuration[customFetch] = async (address, options) => {
    const answer = await fetchAnswer(address, options)
    const text = await answer.text()
    const members = answer.status === 200 ? readJsonObject(text) : null
    if (members === null) return new Response(text === '' ? null : text, answer)
    taker.taken = readTokenAnswer(members, now)
    if (hidden.length === 0) return new Response(text, answer)
    const shown = Object.entries(members).filter(([name]) => !hides.has(name))
    return new Response(JSON.stringify(Object.fromEntries(shown)), answer)
  }
  return taker
}

/** Of an answer that was asked for without the library. */
export function readTokenAnswer(members: JsonObject, now: EpochSeconds): TokenAnswer {
  return {
    idToken: members.id_token,
    accessToken: readToken(members.access_token),
    endsAt: readEnd(members.expires_in, now),
    refreshToken: readToken(members.refresh_token),
    scopes: typeof members.scope === 'string' ? readScopes(members.scope) : null,
  }
}

/** RFC 6749 A.12 and A.17: visible ASCII and spaces. What is longer than any token of a provider is none. */
function readToken(value: Json | undefined): string | null {
  if (typeof value !== 'string' || value.length > limits.providerTokenBytes) return null
  return /^[\x20-\x7e]+$/.test(value) ? value : null
}

/** A number of seconds, which some providers write as a text. */
function readEnd(expiresIn: Json | undefined, now: EpochSeconds): EpochSeconds | null {
  const seconds =
    typeof expiresIn === 'string' && /^\d{1,10}$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || seconds < 0 || !Number.isSafeInteger(Math.floor(now + seconds)))
    return null
  return Math.floor(now + seconds)
}

function readScopes(text: string): readonly string[] {
  return [...new Set(text.split(' ').filter((scope) => scope !== ''))]
}

/** As a session keeps them. */
export function keptTokens({ accessToken, endsAt, refreshToken }: TokenAnswer): SessionTokens {
  return { access: accessToken === null ? null : { value: accessToken, endsAt }, refresh: refreshToken }
}
