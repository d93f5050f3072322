import type { Session } from '../session/session.ts'
import type { TokenHeader } from './form.ts'

/** What `identity_headers` calls them. They are no claims: nothing else may say or show them. */
export type TokenName = TokenHeader['token']

export function isTokenName(text: string): text is TokenName {
  return text === 'access_token' || text === 'id_token'
}

/** The tokens of a session by these names; null: it has none of this name. */
export type SentTokens = { readonly [name in TokenName]: string | null }

/** What an app may get of a session. */
export function sentTokens({ tokens, idToken }: Pick<Session, 'tokens' | 'idToken'>): SentTokens {
  return { access_token: tokens.access?.value ?? null, id_token: idToken === '' ? null : idToken }
}

/** `token`: one that is no visible ASCII, which no header carries as it is. */
export type UnsendableToken = 'token' | 'token-too-large'

export type TokenLines =
  /** Name, value, name, value … */
  | { readonly ok: true; readonly lines: readonly string[] }
  | {
      readonly ok: false
      readonly header: string
      readonly why: UnsendableToken
      readonly bytes: number
      readonly bytesInAll: number
    }

/**
 * The headers with tokens, as they are: never encoded, never cut. `room`: what identity headers may still take, and
 * `used` what they took. A token that is not there has no header.
 */
export function tokenLines(
  headers: readonly TokenHeader[],
  tokens: SentTokens,
  { used, room }: { readonly used: number; readonly room: number },
): TokenLines {
  const lines: string[] = []
  let bytesInAll = used
  for (const { name, token, scheme } of headers) {
    const sent = tokens[token]
    if (sent === null) continue
    const value = scheme === undefined ? sent : `${scheme} ${sent}`
    const bytes = name.length + value.length
    bytesInAll += bytes
    if (bytesInAll > used + room)
      return { ok: false, header: name, why: 'token-too-large', bytes, bytesInAll }
    // RFC 6749 A.12 allows a space too; RFC 6750 2.1 and JWTs do not, and parsers trim it.
    if (!/^[!-~]+$/.test(sent)) return { ok: false, header: name, why: 'token', bytes, bytesInAll }
    lines.push(name, value)
  }
  return { ok: true, lines }
}
