import { isOver } from '../../core/credential/access-token.ts'
import { readAccessTokenClaims } from '../../core/credential/access-token-claims.ts'
import { repeatsName } from '../../core/json-names.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { signatureAlgorithms } from '../../core/signature-algorithm.ts'
import { readHeader, verifyJwt } from '../jwt.ts'
import type { PublishedKeys } from '../keys.ts'
import { createRememberedTokens, type RememberedToken } from './remembered-tokens.ts'
import { tokenHash } from './token-hash.ts'

export interface JwtReaderDeps {
  readonly issuer: string
  /** By a rate of their own: anybody may send a token. */
  readonly keys: PublishedKeys
  /** The same for tokens that came from the provider itself, so that nobody's invented ones stop these. */
  readonly keysOfGiven: PublishedKeys
  /** Tokens that cost a look at the keys and were wrong, by network. */
  readonly failures: FailureCount
  readonly clock: Clock
}

/** What an access token says that this provider gave out: `readAccessToken` of the port. */
export type ReadAccessToken = (
  raw: string,
  now: EpochSeconds,
  network: ClientNetwork,
  isGiven?: boolean,
) => Awaitable<AccessTokenReading>

/** How the access tokens of a provider are read. */
export interface AccessTokenReader {
  readonly read: ReadAccessToken
  /** `readRememberedToken` of the port. */
  readonly readRemembered: (hash: string, now: EpochSeconds) => Awaitable<AccessTokenReading | null>
}

/**
 * Access tokens that are JWTs (RFC 9068, and RFC 8725): the provider's keys, our algorithms, `iss` exactly, `exp`, and
 * nothing that another kind of token has. What needs no key is judged first, so that only a token that is right in
 * every other way costs a signature; and of those that are wrong then, a network may send so many. A token that was
 * verified is remembered by its hash, to its end or that of its key.
 */
export function createJwtReader({
  issuer,
  keys,
  keysOfGiven,
  failures,
  clock,
}: JwtReaderDeps): AccessTokenReader {
  const remembered = createRememberedTokens({
    most: limits.rememberedTokens,
    bytes: limits.rememberedTokenBytes,
  })

  function read(
    raw: string,
    now: EpochSeconds,
    network: ClientNetwork,
    isGiven = false,
  ): Awaitable<AccessTokenReading> {
    if (raw.length > limits.accessTokenBytes)
      return invalid(`it is longer than ${limits.accessTokenBytes} bytes`)
    const name = tokenHash(raw)
    const goOn = (known: AccessTokenReading | null): Awaitable<AccessTokenReading> =>
      known ?? readUnknown(raw, name, now, network, isGiven)
    const known = readRemembered(name, now)
    return known instanceof Promise ? known.then(goOn) : goOn(known)
  }

  function readRemembered(name: string, now: EpochSeconds): Awaitable<AccessTokenReading | null> {
    const known = remembered.find(name)
    if (known === null) return null
    const { endsAt } = known.token
    if (endsAt !== null && isOver(endsAt, now)) {
      remembered.forget(name)
      return { kind: 'refused', why: 'token-over', detail: 'exp has passed' }
    }
    const goOn = (key: RememberedToken['key'] | null): AccessTokenReading | null => {
      if (key === null) remembered.forget(name)
      else if (key !== known.key) remembered.verifiedBy(name, key)
      return key && { kind: 'read', token: known.token }
    }
    const current = keys.current(known.key)
    return current instanceof Promise ? current.then(goOn) : goOn(current)
  }

  function readUnknown(
    raw: string,
    name: string,
    now: EpochSeconds,
    network: ClientNetwork,
    isGiven: boolean,
  ): Awaitable<AccessTokenReading> {
    const refusal = refusedByItself(raw, issuer, now)
    if (refusal !== null) return refusal
    if (isGiven) return verify(raw, name, now, null)
    const refusedMs = failures.refusedForMs(network, clock.monotonicMs())
    return refusedMs > 0 ? throttled(refusedMs) : verify(raw, name, now, network)
  }

  async function verify(
    raw: string,
    name: string,
    now: EpochSeconds,
    /** Null: nobody sent it. */
    network: ClientNetwork | null,
  ): Promise<AccessTokenReading> {
    const used = network === null ? keysOfGiven : keys
    const verified = await verifyJwt(raw, signatureAlgorithms, used, 'access token')
    if (!verified.ok) {
      if (network !== null) failures.failed(network, clock.monotonicMs())
      // The key may be a new one, and the provider was asked too often to be asked for it now.
      return verified.unasked === true ? throttled(limits.failedCredentialsMs) : invalid(verified.reason)
    }
    const read = readAccessTokenClaims(verified.claims, now, { endRequired: true })
    if (!read.ok) return { kind: 'refused', why: read.why, detail: read.detail }
    remembered.keep(name, { token: read.token, key: verified.key }, raw.length)
    return { kind: 'read', token: read.token }
  }

  return { read, readRemembered }
}

/**
 * The same of a token whose signature nobody has looked at: for whoever explains a decision, and asks no provider for its
 * keys. It never lets anybody in.
 */
export function readUnverifiedToken(raw: string, issuer: string, now: EpochSeconds): AccessTokenReading {
  const refusal = refusedByItself(raw, issuer, now)
  if (refusal !== null) return refusal
  const claims = readJsonObject(partsOf(raw)[1] ?? '')
  const read = claims && readAccessTokenClaims(claims, now, { endRequired: true })
  return read?.ok ? { kind: 'read', token: read.token } : invalid('its claims are no JSON object')
}

/** What is wrong with a token whoever signed it. */
function refusedByItself(raw: string, issuer: string, now: EpochSeconds): AccessTokenReading | null {
  const [head, body] = partsOf(raw)
  if (head === null || body === null) return invalid('it is no JWT')
  if (repeatsName(head) || repeatsName(body)) return invalid('a name stands in it twice')
  const header = readHeader(raw, signatureAlgorithms, 'access token')
  if (!header.ok) return invalid(header.reason)
  const claims = readJsonObject(body)
  if (claims === null) return invalid('its claims are no JSON object')
  if (claims.iss !== issuer) return invalid('iss is another issuer')
  return claimsRefused(claims, now)
}

function claimsRefused(claims: JsonObject, now: EpochSeconds): AccessTokenReading | null {
  const read = readAccessTokenClaims(claims, now, { endRequired: true })
  return read.ok ? null : { kind: 'refused', why: read.why, detail: read.detail }
}

/** Header and claims as text. Each null where it is no UTF-8, or not in the one spelling that it has (RFC 4648 3.5). */
function partsOf(raw: string): readonly [string | null, string | null] {
  const parts = raw.split('.', 4)
  const [head, body] = parts
  if (head === undefined || body === undefined || parts.length !== 3) return [null, null]
  if (!parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part))
    return [null, null]
  return [textOf(head), textOf(body)]
}

function textOf(part: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'))
  } catch {
    return null
  }
}

function invalid(detail: string): AccessTokenReading {
  return { kind: 'refused', why: 'token-invalid', detail }
}

function throttled(milliseconds: number): AccessTokenReading {
  return { kind: 'throttled', retryAfterSeconds: Math.ceil(milliseconds / 1000) }
}
