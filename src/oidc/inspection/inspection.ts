import { type FaultCode, isFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { JsonObject } from '../../core/json-object.ts'
import type { Clock } from '../../core/ports.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { beginTransaction } from '../../core/session/transaction.ts'
import { createClientAuth } from '../client-auth.ts'
import { fetchKeySet, type KeySet } from '../key-set.ts'
import { defaultLimits } from '../limits.ts'
import { fetchMetadataDocument, type Metadata, readMetadata } from '../metadata.ts'
import type { ProviderObserver } from '../observer.ts'
import { createTransport, type ProxyEnv } from '../transport.ts'
import { type AuthorizationAnswer, askAuthorization } from './authorization.ts'
import { askForTokens, type TokenAnswer } from './token.ts'

/** What came of one question; the fault's words name the address. */
export type Seen<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: FaultCode; readonly reason: string }

/** What a provider shows to its client while nobody signs in. */
export interface ProviderInspection {
  /** The metadata as it came, whoever's it is. */
  readonly document: Seen<JsonObject>
  /** The same, checked: that of the configured issuer. Null: there is no document. */
  readonly metadata: Seen<Metadata> | null
  /** Null, as below: without metadata nobody can be asked. */
  readonly keys: Seen<KeySet> | null
  /** By redirect URI, in the order asked. */
  readonly authorizations: ReadonlyMap<string, Seen<AuthorizationAnswer>>
  readonly token: Seen<TokenAnswer> | null
  /** How far the provider's clock is ahead of ours; null: it does not say. */
  readonly clockAheadSeconds: number | null
  /** By host, of the connections that were made; empty where none had TLS, or all went by a proxy. */
  readonly certificateEnds: ReadonlyMap<string, EpochSeconds>
}

export interface InspectionDeps {
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly proxyEnv: ProxyEnv
}

/**
 * Asks a provider what can be asked without signing in, by the very code that serves: its metadata and keys, its
 * authorization endpoint with each redirect URI and `prompt=none`, its token endpoint with a code that nobody issued.
 * The secret goes to the token endpoint of the checked metadata and nowhere else. Throws `ConfigFault` where the
 * settings lack what their client authentication needs.
 */
export async function inspectProvider(
  settings: ProviderSettings,
  redirectUris: readonly string[],
  { clock, random, proxyEnv }: InspectionDeps,
): Promise<ProviderInspection> {
  const clientAuth = createClientAuth(settings, { clock, random })
  const certificateEnds = new Map<string, EpochSeconds>()
  let clockAheadSeconds: number | null = null
  const observer: ProviderObserver = {
    dated: (date) => {
      const ahead = date - clock.now()
      // Answers may have waited in a cache: the least difference is that of the clocks.
      if (clockAheadSeconds === null || Math.abs(ahead) < Math.abs(clockAheadSeconds))
        clockAheadSeconds = ahead
    },
    connected: (host, endsAt) => void certificateEnds.set(host, endsAt),
  }
  const transport = createTransport(settings, proxyEnv, defaultLimits, { clock, observer })
  try {
    const document = await seen(() => fetchMetadataDocument(settings, transport))
    const metadata = document.ok ? await seen(async () => readMetadata(document.value, settings)) : null
    const authorizations = new Map<string, Seen<AuthorizationAnswer>>()
    if (metadata?.ok !== true)
      return {
        document,
        metadata,
        keys: null,
        authorizations,
        token: null,
        clockAheadSeconds,
        certificateEnds,
      }
    const known = metadata.value
    const keys = await seen(() => fetchKeySet(known.jwksUri, transport))
    for (const uri of redirectUris) {
      const transaction = madeUpSignIn(settings, uri, { clock, random })
      const asked = { settings, metadata: known, transport, transaction, redirectUri: uri }
      authorizations.set(uri, await seen(() => askAuthorization(asked)))
    }
    const [first] = redirectUris
    const token =
      first === undefined
        ? null
        : await seen(() => askForTokens({ settings, metadata: known, transport, clientAuth }, first, random))
    return { document, metadata, keys, authorizations, token, clockAheadSeconds, certificateEnds }
  } finally {
    await transport.close()
  }
}

function madeUpSignIn(
  { issuer, clientId }: ProviderSettings,
  redirectUri: string,
  { clock, random }: Pick<InspectionDeps, 'clock' | 'random'>,
) {
  const signIn = {
    provider: { issuer, clientId },
    origin: new URL(redirectUri).origin,
    returnTo: null,
    replaces: null,
    isSecond: false,
    wish: plainWish,
  }
  return beginTransaction(signIn, random, clock.now())
}

export async function seen<T>(ask: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { ok: true, value: await ask() }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return { ok: false, code: thrown.code, reason: thrown.message }
  }
}
