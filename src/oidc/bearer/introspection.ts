import { readAccessTokenClaims } from '../../core/credential/access-token-claims.ts'
import { ProviderFault } from '../../core/fault.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { authenticate, proofKeys } from '../client-auth.ts'
import { textWithout, withoutCredentials } from '../fault.ts'
import { quote, quoteWithout } from '../quote.ts'
import type { Registration } from '../token-request.ts'
import type { Told } from './told-tokens.ts'

/**
 * RFC 7662: asks the provider what an access token is, authenticated as at its token endpoint. Throws a `ProviderFault`
 * where it does not say, whose message holds no credential.
 */
export async function introspect(
  registration: Registration,
  token: string,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<Told> {
  const secret = registration.settings.clientSecret?.reveal() ?? ''
  try {
    const text = await ask(registration, token, deadline)
    if (text === null)
      return { reading: refused('the provider tells nothing of tokens of its form'), bytes: 0 }
    const reading = readIntrospection(documentOf(text), registration.settings.issuer, now)
    return { reading: toldWithout(reading, [token, secret]), bytes: text.length }
  } catch (thrown) {
    throw withoutCredentials(thrown, [token, secret])
  }
}

/** Why a token is refused may quote the answer, which may repeat what it was sent. */
function toldWithout(reading: Told['reading'], credentials: readonly string[]): Told['reading'] {
  return reading.kind === 'read' ? reading : { ...reading, detail: textWithout(reading.detail, credentials) }
}

/** Null: it does not tell of such tokens, as of JWTs that it made (the error of RFC 7009 2.2.1). */
async function ask(registration: Registration, token: string, deadline: AbortSignal): Promise<string | null> {
  const { settings, metadata, transport } = registration
  const endpoint = metadata.introspectionEndpoint
  if (endpoint === null) throw invalid(`the metadata of ${settings.name} names no introspection_endpoint`)
  const body = new URLSearchParams({ token, token_type_hint: 'access_token' })
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  })
  await authenticate(registration, body, headers)
  const request = { method: 'POST', headers: Object.fromEntries(headers), body: String(body) }
  const answer = await transport.request(endpoint, request, deadline)
  const text = await answer.text()
  if (answer.status === 400 && readJsonObject(text)?.error === 'unsupported_token_type') return null
  if (answer.status !== 200) throw refusedFault(registration, answer.status, text, token)
  // RFC 9701: what is signed is for whoever asked for it, and nobody did.
  const type = answer.headers.get('content-type')?.split(';')[0]?.trim()
  if (type?.toLowerCase() !== 'application/json')
    throw invalid(`the introspection endpoint answered ${quote(type)}, expected application/json`)
  if (text.length > limits.tokenAnswerBytes)
    throw invalid(`the introspection endpoint answered more than ${limits.tokenAnswerBytes} characters`)
  return text
}

function refusedFault(
  { settings, metadata }: Registration,
  status: number,
  text: string,
  token: string,
): ProviderFault {
  const error = readJsonObject(text)?.error
  const secret = settings.clientSecret?.reveal() ?? ''
  const said = typeof error === 'string' ? ` ${quoteWithout(error, [token, secret])}` : ''
  const isAboutProof = error === 'invalid_client' || [401, 403].includes(status)
  return new ProviderFault(
    isAboutProof ? 'PROVIDER_CLIENT_REFUSED' : 'PROVIDER_RESPONSE_INVALID',
    `the introspection endpoint answered ${status}${said}${isAboutProof ? `. ${proofKeys(settings, metadata)}` : ''}`,
  )
}

function documentOf(text: string): JsonObject {
  const document = readJsonObject(text)
  if (document === null) throw invalid('the introspection endpoint: the answer is no JSON object')
  if (typeof document.active !== 'boolean')
    throw invalid(`the introspection endpoint: active is ${quote(document.active)}, expected true or false`)
  return document
}

/**
 * What the answer says (RFC 7662 2.2). A refresh token is active too: it is told by its kind, and where the answer names
 * no kind, by an `aud` that no refresh token has.
 */
export function readIntrospection(document: JsonObject, issuer: string, now: EpochSeconds): Told['reading'] {
  const { active, token_type: type, ...claims } = document
  if (active !== true) return refused('the provider says that it is not active')
  if (claims.iss !== undefined && claims.iss !== issuer)
    return refused('iss is not the issuer of the provider')
  if (type === undefined && claims.aud === undefined)
    return refused('the answer has neither token_type nor aud')
  if (type !== undefined && !(typeof type === 'string' && /^bearer$/i.test(type)))
    return refused(`its token_type is ${quote(type)}, expected Bearer`)
  if (claims.token_use === 'refresh_token') return refused('its token_use is that of another kind of token')
  const read = readAccessTokenClaims(claims, now, { endRequired: false })
  if (!read.ok) return { kind: 'refused', why: read.why, detail: read.detail }
  const { audiences, clientId } = read.token
  if (audiences === null && clientId === null) return refused('the answer has neither aud nor client_id')
  return { kind: 'read', token: read.token }
}

function refused(detail: string): Told['reading'] {
  return { kind: 'refused', why: 'token-invalid', detail }
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
