import { ConfigFault, ProviderFault } from '../core/fault.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import { createCredentialFailures } from '../core/limits/credential-failures.ts'
import type { FailureCount } from '../core/limits/failures.ts'
import { createFairQueue, type Place } from '../core/limits/fair-queue.ts'
import type { Clock, Provider, ProviderStatus } from '../core/ports.ts'
import { plainWish } from '../core/session/authorization-wish.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { acceptedAlgorithms } from './algorithms.ts'
import { createAccessTokenReader } from './bearer/access-tokens.ts'
import { createClientAuth } from './client-auth.ts'
import { exchangeCode } from './code-exchange.ts'
import { settledWithin, within } from './deadline.ts'
import { createPairTokens } from './exchange/pair-tokens.ts'
import { createRefreshing } from './exchange/refresh.ts'
import { fetchKeySet, type KeySet } from './key-set.ts'
import { createKeyCache, createSecretKeys, type KeyCache, type SharedKeys } from './keys.ts'
import { type Failure, keepLastGood, type LastGood } from './last-good.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { authorizationUrl } from './login.ts'
import { endSessionUrl } from './logout.ts'
import { verifyLogoutToken } from './logout-token.ts'
import { fetchMetadata, type Metadata } from './metadata.ts'
import type { ProviderObserver } from './observer.ts'
import { renewIdentity } from './renewal.ts'
import { revokeRefreshToken } from './revocation.ts'
import { createTransport, type ProxyEnv, type Transport } from './transport.ts'

export interface ProviderDeps {
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly proxyEnv: ProxyEnv
  readonly log?: (event: ProviderEvent) => void
  readonly limits?: Limits
  readonly observer?: ProviderObserver
  /** Tokens that were wrong, by network: those of all providers and keys together. Absent: of this provider alone. */
  readonly credentialFailures?: FailureCount
}

/** For the log; the names are those of core/event. */
export type ProviderEvent =
  | { readonly event: 'provider.ready'; readonly provider: string; readonly issuer: string }
  | {
      readonly event: 'provider.failed'
      readonly provider: string
      readonly code: string
      readonly message: string
      /** When it will be asked again; null when nothing needs to be. */
      readonly retryAt: EpochSeconds | null
    }

/** Metadata changes rarely; what we have serves as long as no better comes. */
const metadataKeeping = { freshSeconds: 60 * 60, keepSeconds: Number.POSITIVE_INFINITY }

/**
 * One provider, spoken to. Nothing is fetched before it is needed. Throws `ConfigFault` when the settings lack what
 * their client authentication needs.
 */
export function createProvider(settings: ProviderSettings, deps: ProviderDeps): Provider {
  const limits = deps.limits ?? defaultLimits
  const log = deps.log ?? (() => {})
  const failed = (failure: Failure) => log(failedEvent(settings.name, failure))
  const transport = createTransport(settings, deps.proxyEnv, limits, deps)
  const renewals = createRenewals(settings, deps)
  const clientAuth = createClientAuth(settings, deps)
  const signIns = createFairQueue(limits.signIns)
  const logouts = createFairQueue(limits.logouts)
  const metadata = keepLastGood(
    () => fetchMetadata(settings, transport),
    { ...metadataKeeping, refreshWaitMs: limits.refreshWaitMs },
    deps.clock,
    {
      fetched: () => log({ event: 'provider.ready', provider: settings.name, issuer: settings.issuer }),
      failed,
    },
  )
  const published = createKeyCache(
    async () => fetchKeySet(settings.jwksUri ?? (await metadata.get()).jwksUri, transport),
    deps.clock,
    limits.refreshWaitMs,
    { fetched: reportIgnored(settings.name, log), failed },
  )
  const { keys, logoutKeys } = keysOf(settings, published)
  const failures = deps.credentialFailures ?? createCredentialFailures()
  const tokenTransport = createTransport(settings, deps.proxyEnv, limits, deps)
  const accessTokens = createAccessTokenReader(settings, {
    ...{
      keys: published.apart(),
      keysOfGiven: published.apart(),
      failures,
      clock: deps.clock,
      random: deps.random,
      limits,
    },
    ...{ transport: tokenTransport, clientAuth, metadata: () => metadata.get() },
  })
  const exchanging = {
    ...{ settings, limits, keys: published.apart(), metadata: () => metadata.get() },
    transport: createTransport(settings, deps.proxyEnv, limits, deps),
  }

  return {
    name: settings.name,
    authorizationUrl: async (transaction, redirectUri, wish = plainWish, offline = false) =>
      authorizationUrl(settings, await metadata.get(), transaction, redirectUri, { wish, offline }),
    exchange: async (parameters, transaction, redirectUri, now, network) => {
      const deadline = AbortSignal.timeout(limits.timeoutMs)
      const leave = placeIn(await signIns.enter(network, deadline), settings.name)
      const response = { parameters, transaction, redirectUri }
      const redeemed = metadata
        .get()
        .then((known) =>
          exchangeCode(
            { settings, metadata: known, keys, transport, clientAuth, observer: deps.observer },
            response,
            now,
            deadline,
          ),
        )
      return within(deadline, redeemed, settings.name).finally(leave)
    },
    readAccessToken: accessTokens.read,
    readRememberedToken: accessTokens.readRemembered,
    tokenForPair: createPairTokens(exchanging),
    tokenForRefreshToken: createRefreshing(exchanging),
    readLogoutToken: async (raw, now, network) => {
      const deadline = AbortSignal.timeout(limits.timeoutMs)
      const leave = placeIn(await logouts.enter(network, deadline), settings.name)
      const verified = metadata.get().then(({ issuer, idTokenAlgorithms }) => {
        const { clientId, extraAudiences } = settings
        const algorithms = acceptedAlgorithms(settings, idTokenAlgorithms)
        return verifyLogoutToken(raw, { issuer, clientId, extraAudiences, algorithms }, logoutKeys, now)
      })
      return within(deadline, verified, settings.name).finally(leave)
    },
    renew: (session, now, usedClaims) =>
      renewals.run(session.user, async (transport, deadline) => {
        const known = await within(deadline, metadata.get(), settings.name)
        const client = { settings, metadata: known, keys, transport, clientAuth, observer: deps.observer }
        return renewIdentity(client, { session, usedClaims, now, deadline })
      }),
    revoke: (refreshToken) =>
      renewals.run(refreshToken, async (transport, deadline) => {
        const known = await within(deadline, metadata.get(), settings.name)
        await revokeRefreshToken({ settings, metadata: known, transport, clientAuth }, refreshToken, deadline)
      }),
    pageOrigins: () => pageOrigins(settings, metadata.state().value),
    endSessionUrl: async (idToken, postLogoutRedirectUri, state) => {
      // Signing out here is done by now, and must not wait for a provider that is down.
      if (metadata.state().value === null) await settledWithin(limits.refreshWaitMs, metadata.get())
      const known = metadata.state().value
      return known === null ? null : endSessionUrl(settings, known, idToken, postLogoutRedirectUri, state)
    },
    discover: async () => {
      if (!publishesNothing(settings))
        // Where there is no metadata the keys are all that it publishes.
        await (settings.jwksUri === null ? metadata.get() : published.load()).catch(() => {})
    },
    status: () =>
      publishesNothing(settings)
        ? { kind: 'ready' }
        : toStatus(settings.jwksUri === null ? metadata.state() : published.state()),
    close: async () =>
      void (await Promise.all(
        [transport, tokenTransport, exchanging.transport, renewals].map((open) => open.close()),
      )),
  }
}

/** Facebook's Graph API, of which nothing is asked but tokens. */
function publishesNothing({ preset, jwksUri }: ProviderSettings): boolean {
  return preset === 'facebook' && jwksUri === null
}

/** What is asked without anybody who signs in: it waits in a line of its own and goes over connections of its own. */
interface Renewals {
  /** `turn` by whom the line is served in turn. The deadline begins with the turn: what was sent is given its time. */
  run<T>(turn: string, ask: (transport: Transport, deadline: AbortSignal) => Promise<T>): Promise<T>
  close(): Promise<void>
}

function createRenewals(settings: ProviderSettings, deps: ProviderDeps): Renewals {
  const limits = deps.limits ?? defaultLimits
  const transport = createTransport(settings, deps.proxyEnv, limits, deps)
  const line = createFairQueue(limits.renewals)
  return {
    run: async (turn, ask) => {
      const patience = AbortSignal.timeout(limits.renewalWaitMs)
      const place = await line.enter({ key: turn, hidden: false }, patience)
      // Nothing was sent, so it says nothing of the provider: it may answer all the others.
      if (place.kind === 'gone')
        throw new ProviderFault('PROVIDER_BUSY', `${settings.name}: no turn in time, behind others`)
      const leave = placeIn(place, settings.name)
      return ask(transport, AbortSignal.timeout(limits.timeoutMs)).finally(leave)
    },
    close: () => transport.close(),
  }
}

/** By whose keys what is verified. */
interface ProviderKeys {
  readonly keys: KeyCache
  /** Anybody may send a logout token: what such ones make us ask for takes nothing from those who sign in. */
  readonly logoutKeys: KeyCache
}

/** HMAC and published keys never serve the same provider: a published one would pass for a secret (RFC 8725 3.1). */
function keysOf(settings: ProviderSettings, published: SharedKeys): ProviderKeys {
  if (settings.signingAlgorithms?.includes('HS256') !== true)
    return { keys: published, logoutKeys: published.apart() }
  if (settings.clientSecret === null)
    throw new ConfigFault('CONFIG_INVALID', `providers.${settings.name}.client_secret is missing`)
  const keys = createSecretKeys(settings.clientSecret.reveal())
  return { keys, logoutKeys: keys }
}

/** Where its pages are from, as far as it is known: its issuer's origin first. */
function pageOrigins(settings: ProviderSettings, known: Metadata | null): readonly string[] {
  const addresses = [settings.issuer, known?.authorizationEndpoint, known?.endSessionEndpoint]
  return [...new Set(addresses.flatMap((address) => (address ? [new URL(address).origin] : [])))]
}

/** What gives the place back. Throws a `ProviderFault` when there is none to be had. */
function placeIn(place: Place, provider: string): () => void {
  switch (place.kind) {
    case 'taken':
      return place.leave
    case 'full':
      throw new ProviderFault('PROVIDER_BUSY', `${provider}: too many requests wait for it already`)
    case 'gone':
      throw new ProviderFault('PROVIDER_UNREACHABLE', `${provider}: no answer in time to those before`)
  }
}

function toStatus(state: ReturnType<LastGood<unknown>['state']>): ProviderStatus {
  if (state.value !== null) return { kind: 'ready' }
  if (state.failure === null) return { kind: 'pending' }
  const { fault, retryAt } = state.failure
  return { kind: 'failed', code: fault.code, message: fault.message, retryAt }
}

function failedEvent(provider: string, { fault, retryAt }: Failure): ProviderEvent {
  return { event: 'provider.failed', provider, code: fault.code, message: fault.message, retryAt }
}

/** Keys that cannot be used are told once, not with every fetch. */
function reportIgnored(provider: string, log: (event: ProviderEvent) => void): (keys: KeySet) => void {
  let told = ''
  return ({ ignored }) => {
    const message = ignored.join('; ')
    if (message !== '' && message !== told)
      log({ event: 'provider.failed', provider, code: 'PROVIDER_KEYS_INVALID', message, retryAt: null })
    told = message
  }
}
