import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import type { ConnectionPhase } from '../core/connection/facts.ts'
import { failureText } from '../core/connection/failure.ts'
import { repeats } from '../core/echo.ts'
import { errorCode } from '../core/error-code.ts'
import { type AnyFault, isFault, LoginFault, ProviderFault } from '../core/fault.ts'
import { isObject } from '../core/json.ts'
import { algorithmProblem } from './algorithms.ts'
import { clockCure } from './clock.ts'
import { certificateRefused } from './observer.ts'
import { quote, quoteWithout, withheld } from './quote.ts'

/**
 * The border of this module: what openid-client, undici, net or tls threw becomes a fault of ours, judged by class and
 * code, never by text. The libraries' errors are dropped here, not carried along as a cause: theirs hold whole
 * answers, and so tokens.
 */

const waited = new Set(['TimeoutError', 'AbortError'])

/** For what a request itself throws; `address` is where it went, and `answered` whether the answer had begun. */
export function networkFault(thrown: unknown, address: string, answered: boolean): AnyFault {
  if (isFault(thrown)) return thrown
  if (thrown instanceof DOMException && waited.has(thrown.name))
    return new ProviderFault(
      'PROVIDER_UNREACHABLE',
      `${address}: ${answered ? 'its answer did not end in time' : 'no answer in time'}`,
    )
  const isNoHttp = /^(HPE_|HTTPParserError$|UND_ERR_HEADERS_OVERFLOW$|Z_)/.test(codeOf(thrown))
  return new ProviderFault(
    isNoHttp ? 'PROVIDER_RESPONSE_INVALID' : 'PROVIDER_UNREACHABLE',
    `${address}: ${networkText(thrown, address, answered)}`,
  )
}

/** The same in words alone, which begin with "it" and mean who was asked. */
export function networkText(thrown: unknown, address: string, answered: boolean): string {
  const code = codeOf(thrown)
  return failureText({
    code,
    phase: phaseOf(code, answered),
    scheme: address.startsWith('http:') ? 'http' : 'https',
    isUnixSocket: false,
    certificate: certificateRefused(thrown),
    caKey: 'ca_file',
  })
}

function codeOf(thrown: unknown): string {
  return errorCode(thrown) ?? innermostName(thrown)
}

/** undici's `fetch` does not tell whether a connection was had: one that is closed mostly was. */
function phaseOf(code: string, answered: boolean): ConnectionPhase {
  if (answered) return 'answering'
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code) ? 'asking' : 'connecting'
}

/** A parser's error does not always have a code. */
function innermostName(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown'
  return thrown.cause === undefined ? thrown.name : innermostName(thrown.cause)
}

/** What an answer of the token endpoint is judged by beside itself. */
interface TokenRequestFacts {
  /** What was sent; never in a message. */
  readonly credentials: readonly string[]
  /** The keys that prove the client, for an operator whose client is refused: see client-auth. */
  readonly proofKeys: string
}

/** For what openid-client throws while a code becomes tokens. */
export function tokenFault(thrown: unknown, facts: TokenRequestFacts): AnyFault {
  if (isFault(thrown)) return thrown
  if (thrown instanceof ResponseBodyError) return refusedFault(thrown, facts)
  const status = statusOf(thrown)
  if (status === 401 || status === 403)
    return new ProviderFault(
      'PROVIDER_CLIENT_REFUSED',
      `the token endpoint answered ${status}: it does not accept the client. ${facts.proofKeys}`,
    )
  if (thrown instanceof AuthorizationResponseError)
    return new LoginFault(
      thrown.error === 'access_denied' ? 'LOGIN_CANCELLED' : 'LOGIN_REFUSED',
      `the provider answered ${quote(thrown.error)}`,
    )
  if (thrown instanceof ClientError) return clientFault(thrown)
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', 'the answer of the token endpoint could not be read')
}

/** Of an answer that the library refused before it read what it says; null when that was not why. */
function statusOf(thrown: unknown): number | null {
  if (thrown instanceof WWWAuthenticateChallengeError) return thrown.status
  return thrown instanceof ClientError && thrown.cause instanceof Response ? thrown.cause.status : null
}

/**
 * The last look at what a sign-in ended in: a fault of the same code whose message holds none of what was sent or
 * received, wherever the provider put it: into an issuer, the id of a key, a media type.
 */
export function withoutCredentials(thrown: unknown, credentials: readonly string[]): unknown {
  if (!isFault(thrown)) return thrown
  if (textWithout(thrown.message, credentials) === thrown.message) return thrown
  return thrown instanceof LoginFault
    ? new LoginFault(thrown.code, withheld)
    : new ProviderFault(thrown.code, withheld)
}

/** The same of a text that is no fault. */
export function textWithout(text: string, credentials: readonly string[]): string {
  // What is so short stands in sentences by chance.
  const long = credentials.filter((credential) => credential.length >= 8)
  return repeats(text, long) ? withheld : text
}

/** What a token endpoint said (RFC 6749 5.2), without what it was sent. */
export function saidOf(refusal: ResponseBodyError, credentials: readonly string[]): string {
  const description = refusal.error_description
  const said =
    typeof description === 'string' && description !== '' ? `: ${quoteWithout(description, credentials)}` : ''
  return `the token endpoint answered ${refusal.status} ${quoteWithout(refusal.error, credentials)}${said}`
}

function refusedFault(refusal: ResponseBodyError, { credentials, proofKeys }: TokenRequestFacts): AnyFault {
  const message = saidOf(refusal, credentials)
  switch (refusal.error) {
    case 'invalid_grant':
      return new LoginFault('LOGIN_CODE_REFUSED', message)
    case 'server_error':
    case 'temporarily_unavailable':
      return new ProviderFault('PROVIDER_UNREACHABLE', message)
    default: {
      const isAboutProof = refusal.error === 'invalid_client' || [401, 403].includes(refusal.status)
      const hint = isAboutProof ? `. ${proofKeys}` : ''
      return new ProviderFault('PROVIDER_CLIENT_REFUSED', `${message}${hint}`)
    }
  }
}

function clientFault(error: ClientError): AnyFault {
  const cause: unknown = error.cause
  if (isFault(cause)) return cause
  const detail = cause instanceof Error ? cause.message : error.message
  const facts = cause instanceof Error ? cause.cause : undefined
  if (!isAboutIdToken(facts))
    return new ProviderFault('PROVIDER_RESPONSE_INVALID', `the token endpoint: ${detail}`)
  return new LoginFault(
    isAboutTime(facts) ? 'LOGIN_CLOCK_DIFFERS' : 'LOGIN_TOKEN_INVALID',
    `the ID token is refused: ${detail}${comparison(facts)}`,
  )
}

/** The library attaches the claims, the header or the token itself; to what is wrong around the token, the answer. */
function isAboutIdToken(facts: unknown): boolean {
  return typeof facts === 'string' || (isObject(facts) && ('claims' in facts || 'header' in facts))
}

/** It attaches the time of its own comparison where one failed. */
function isAboutTime(facts: unknown): boolean {
  return isObject(facts) && typeof facts.now === 'number'
}

/** Found and expected, for claims that are no credentials. */
function comparison(facts: unknown): string {
  if (!isObject(facts)) return ''
  const { claim, claims, header, expected, now } = facts
  if (isObject(header) && expected !== undefined)
    return ` (${algorithmProblem(header.alg, Array.isArray(expected) ? expected.map(String) : [])})`
  if (!isObject(claims) || typeof claim !== 'string' || claim === 'nonce') return ''
  if (typeof now === 'number' && isObject(claims) && typeof claim === 'string')
    return ` (${claim} is ${quote(claims[claim])}, and it is ${quote(now)} by our clock). ${clockCure}`
  const right = expected === undefined ? '' : `, expected ${quote(expected)}`
  return ` (${claim} is ${quote(claims[claim])}${right})`
}
