import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import { ProviderFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import { isList, type Json } from '../../core/json.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import { claimAt } from '../../core/rules/claims.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Transport, TransportRequest } from '../transport.ts'

/** What a provider tells of a token beside whose it is. */
export interface TokenInfo {
  /** The clients that it was made for. */
  readonly clients: readonly string[]
  /** Null: it does not say. */
  readonly subject: string | null
  readonly scopes: readonly string[]
  readonly endsAt: EpochSeconds | null
}

export type TokenInfoReading =
  | { readonly kind: 'read'; readonly info: TokenInfo }
  | { readonly kind: 'refused'; readonly detail: string }

/** Where to ask, and how an answer is read. */
export interface TokenInfoSource {
  /** `{token}` as a parameter's value stands for the token; without one it goes as Bearer (RFC 6750 2.1). */
  readonly url: string
  /** Where clients are named: what is there of these counts. */
  readonly clientClaims: readonly string[]
  /** Whether it always says whose the token is. */
  readonly saysSubject: boolean
}

const google: TokenInfoSource = {
  url: 'https://oauth2.googleapis.com/tokeninfo?access_token={token}',
  clientClaims: ['aud', 'azp'],
  saysSubject: true,
}

/** As written, else as the preset has it; null: nobody tells for whom a token was made. */
export function tokenInfoSource(
  preset: ProviderSettings['preset'],
  { tokenInfo }: Pick<BearerSettings, 'tokenInfo'>,
): TokenInfoSource | null {
  if (tokenInfo !== null) return { url: tokenInfo.url, clientClaims: [tokenInfo.claim], saysSubject: false }
  return preset === 'google' ? google : null
}

/** Throws a `ProviderFault` where nobody answers as such an endpoint does. */
export async function readTokenInfo(
  source: TokenInfoSource,
  token: string,
  transport: Transport,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<TokenInfoReading> {
  const { address, request } = requestFor(source.url, token)
  const answer = await transport.request(address, request, deadline)
  // Google says 400 of a token that it does not know, others 401 (RFC 6750 3.1).
  if (answer.status === 400 || answer.status === 401)
    return refused(`token_info answered ${answer.status}: it does not know the token`)
  if (answer.status !== 200) throw invalid(`token_info answered ${answer.status}, expected 200`)
  const document = readJsonObject(await answer.text())
  if (document === null) throw invalid('token_info: the answer is no JSON object')
  return readDocument(document, source, now)
}

function requestFor(url: string, token: string): { address: string; request: TransportRequest } {
  const [address = '', written] = url.split('?')
  const accept = { accept: 'application/json' }
  const query = new URLSearchParams(written ?? '')
  const named = [...query].filter(([, value]) => value === '{token}')
  for (const [name] of named) query.set(name, token)
  const headers = named.length === 0 ? { ...accept, authorization: `Bearer ${token}` } : accept
  return { address, request: { headers, ...(written === undefined ? {} : { query }) } }
}

function readDocument(document: JsonObject, source: TokenInfoSource, now: EpochSeconds): TokenInfoReading {
  const named = source.clientClaims.map((claim) => namesIn(claimAt(document, claim)))
  if (named.includes(null)) return refused('token_info names a client that is neither text nor number')
  const clients = named.flatMap((names) => names ?? [])
  if (clients.length === 0)
    return refused(
      `token_info does not say for whom it was made: ${source.clientClaims.join(', ')} is missing`,
    )
  const subject = namesIn(document.sub ?? document.user_id)
  if (subject === null || subject.length > 1)
    return refused('token_info: its subject is neither text nor number')
  if (subject.length === 0 && source.saysSubject)
    return refused('token_info does not say whose it is: was it made with the scope openid?')
  const endsAt = endOf(document, now)
  if (endsAt === 'malformed') return refused('token_info: its end is no time')
  const info = { clients, subject: subject[0] ?? null, scopes: scopesOf(document), endsAt }
  return { kind: 'read', info }
}

/** Texts, and numbers as text (a client id may be one); null: something else. Nothing there is no name. */
function namesIn(value: Json | undefined): readonly string[] | null {
  if (value === undefined || value === null) return []
  const values = isList(value) ? value : [value]
  const names = values.map((one) => {
    if (typeof one === 'string' && one !== '') return one
    return typeof one === 'number' && Number.isSafeInteger(one) ? String(one) : null
  })
  return names.includes(null) ? null : names.filter((name) => name !== null)
}

/** `exp`, else `expires_in` from now on; Google writes both as text. */
function endOf({ exp, expires_in: left }: JsonObject, now: EpochSeconds): EpochSeconds | null | 'malformed' {
  const value = exp ?? left ?? null
  if (value === null) return null
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number') return 'malformed'
  return Math.floor(exp === undefined || exp === null ? now + seconds : seconds)
}

function scopesOf({ scope, scopes }: JsonObject): readonly string[] {
  const value = scope ?? scopes ?? null
  const texts = isList(value) ? value : [value]
  return [...new Set(texts.flatMap((text) => (typeof text === 'string' ? text.split(' ') : [])))].filter(
    (text) => text !== '',
  )
}

function refused(detail: string): TokenInfoReading {
  return { kind: 'refused', detail }
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
