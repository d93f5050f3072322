import type { KeyForms } from '../keys/api-key-settings.ts'
import { endUserFault } from '../keys/end-user.ts'
import { readScope } from '../keys/token-scope.ts'
import { type ClientPair, readBasicPair, toClientPair } from './client-pair.ts'
import { holdsOurs } from './presented.ts'
import { invalidRequest, type RefusedToken, type TokenError } from './token-grant.ts'

/** A request to the token endpoint (RFC 6749 sections 4.4.2 and 6), before anything of it is looked up. */
export type TokenRequest =
  | {
      readonly kind: 'client_credentials'
      readonly pair: ClientPair
      /** Null: all that there are. */
      readonly scopes: readonly string[] | null
      /** Null: as long as may be. */
      readonly lifetimeSeconds: number | null
      readonly widget: { readonly origin: string; readonly endUser: string | null } | null
    }
  | {
      readonly kind: 'refresh_token'
      readonly refreshToken: string
      /** The client that it was given to, as whoever asks says; null: that is not said. */
      readonly clientId: string | null
      readonly scopes: readonly string[] | null
    }

/** What of a request the endpoint reads. */
export interface TokenForm {
  readonly form: URLSearchParams
  readonly query: URLSearchParams
  /** The lines of `Authorization`, and of `api_keys.header`. */
  readonly authorization: readonly string[]
  readonly keyHeader: readonly string[]
}

/** Every parameter that means something here; others are ignored (RFC 6749 section 3.2). */
const parameters = [
  ...(['grant_type', 'client_id', 'client_secret', 'scope', 'lifetime'] as const),
  ...(['origin', 'end_user', 'refresh_token'] as const),
] as const

type Parameters = Readonly<Record<(typeof parameters)[number], string | null>>

export type TokenRequestReading =
  | { readonly ok: true; readonly request: TokenRequest }
  | { readonly ok: false; readonly refused: RefusedToken }

/**
 * Reads a request, strictly: what could be meant in two ways is refused. Nothing is looked up, and no answer depends on
 * whose id and secret came.
 */
export function readTokenRequest(sent: TokenForm, forms: KeyForms | null): TokenRequestReading {
  const fault = faultOfForm(sent)
  if (fault !== null) return bad('invalid_request', fault)
  const given = valuesOf(sent.form)
  switch (given.grant_type) {
    case null:
      return bad('invalid_request', 'grant_type is missing')
    case 'client_credentials':
      return readClientCredentials(sent, given, forms)
    case 'refresh_token':
      return readRefresh(sent, given, forms)
    default:
      return bad('unsupported_grant_type', 'grant_type is neither client_credentials nor refresh_token')
  }
}

/** What is wrong with how it was sent; null: nothing. */
function faultOfForm({ form, query, authorization, keyHeader }: TokenForm): string | null {
  for (const name of parameters) {
    // RFC 6749 section 2.3.1: addresses stand in logs.
    if (query.has(name)) return `${name} stands in the address: parameters belong into the body`
    const values = form.getAll(name)
    if (values.length > 1) return `${name} was sent twice`
    if (values.some((value) => value.includes('\ufffd'))) return `${name} is not UTF-8`
  }
  if (authorization.length > 1) return 'Authorization was sent twice'
  return keyHeader.length > 0 ? 'a key is sent as client_id and client_secret, or as Basic' : null
}

/** RFC 6749 section 3.2: without a value it counts as left out. */
function valuesOf(form: URLSearchParams): Parameters {
  const value = (name: keyof Parameters) => form.get(name) || null
  return {
    ...{ grant_type: value('grant_type'), client_id: value('client_id') },
    ...{ client_secret: value('client_secret'), scope: value('scope'), lifetime: value('lifetime') },
    ...{ origin: value('origin'), end_user: value('end_user'), refresh_token: value('refresh_token') },
  }
}

function readClientCredentials(
  sent: TokenForm,
  given: Parameters,
  forms: KeyForms | null,
): TokenRequestReading {
  if (given.refresh_token !== null) return bad('invalid_request', 'refresh_token is of another grant_type')
  const scopes = given.scope === null ? null : readScope(given.scope)
  if (given.scope !== null && scopes === null)
    return bad('invalid_scope', 'scope is not written as words with a space between them')
  const { lifetime, origin, end_user: endUser } = given
  if (lifetime !== null && !/^[1-9]\d{0,8}$/.test(lifetime))
    return bad('invalid_request', 'lifetime is no whole number of seconds')
  if (endUser !== null && origin === null)
    return bad('invalid_request', 'end_user belongs to a widget: origin is missing')
  const endUserIs = endUser === null ? null : endUserFault(endUser)
  if (endUserIs !== null) return bad('invalid_request', `end_user ${endUserIs}`)
  const pair = readPair(sent, given, forms)
  if ('refused' in pair) return { ok: false, refused: pair.refused }
  return {
    ok: true,
    request: {
      ...{ kind: 'client_credentials', pair: pair.pair, scopes },
      lifetimeSeconds: lifetime === null ? null : Number(lifetime),
      widget: origin === null ? null : { origin, endUser },
    },
  }
}

/** RFC 6749 section 2.3: by one method, never by two. */
function readPair(
  { authorization }: TokenForm,
  { client_id: id, client_secret: secret }: Parameters,
  forms: KeyForms | null,
): { readonly pair: ClientPair } | { readonly refused: RefusedToken } {
  const [line] = authorization
  if (line === undefined) {
    if (id === null && secret === null)
      return { refused: invalidClient('client_id and client_secret are missing') }
    if (id === null || secret === null)
      return { refused: invalidRequest('invalid_request', 'client_id and client_secret go together') }
    return { pair: toClientPair(id, secret, forms) }
  }
  if (id !== null || secret !== null)
    return { refused: invalidRequest('invalid_request', 'the pair was sent as Basic and in the body') }
  const basic = /^basic +(\S+) *$/i.exec(line)?.[1]
  if (basic === undefined) return { refused: invalidClient('Authorization has another scheme than Basic') }
  const pair = readBasicPair(basic)
  return pair === null
    ? { refused: invalidClient('the Basic credentials cannot be read') }
    : { pair: toClientPair(pair.id, pair.secret, forms) }
}

/** RFC 6749 section 6. The refresh token alone says whose it is: it was given to a client that this gateway is. */
function readRefresh(
  { authorization }: TokenForm,
  given: Parameters,
  forms: KeyForms | null,
): TokenRequestReading {
  const { refresh_token: refreshToken } = given
  if (refreshToken === null) return bad('invalid_request', 'refresh_token is missing')
  // What is ours goes to no provider.
  if (forms !== null && holdsOurs(refreshToken, forms))
    return bad('invalid_grant', 'a key or a token of this gateway is no refresh token')
  if (authorization.length > 0 || given.client_secret !== null)
    return bad('invalid_request', 'a refresh token is sent without a secret')
  if (given.lifetime !== null || given.origin !== null || given.end_user !== null)
    return bad('invalid_request', 'lifetime, origin and end_user are of another grant_type')
  const scopes = given.scope === null ? null : readScope(given.scope)
  if (given.scope !== null && scopes === null)
    return bad('invalid_scope', 'scope is not written as words with a space between them')
  return { ok: true, request: { kind: 'refresh_token', refreshToken, clientId: given.client_id, scopes } }
}

function bad(error: Exclude<TokenError, 'invalid_client'>, says: string): TokenRequestReading {
  return { ok: false, refused: invalidRequest(error, says) }
}

/** Nobody is identified by it; 401 (RFC 6749 section 5.2). */
function invalidClient(says: string): RefusedToken {
  return { kind: 'refused', error: 'invalid_client', says, why: 'credential-unknown', detail: says, by: null }
}
