import { judgeAccessToken, type TokenCame } from '../core/credential/access-token.ts'
import type { HeaderLookup } from '../core/credential/lookup.ts'
import type { App, Gateway, ProviderSettings } from '../core/gateway.ts'
import type { FailureCount } from '../core/limits/failures.ts'
import type { ClientNetwork } from '../core/limits/network.ts'
import type { Awaitable, Clock, Provider } from '../core/ports.ts'
import type { Pair, PairGrant, RefreshAnswer } from '../core/provider-port.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { ExchangeEvent } from './pairs/event.ts'
import { pairProviderOf } from './pairs/exchange-at.ts'
import {
  createPairsOfProvider,
  type FoundPair,
  type PairsOfProvider,
  type PairUse,
} from './pairs/pairs-of-provider.ts'

/** Customers' pairs at the providers that an app accepts (`exchange`). */
export interface ExchangedPairs {
  /**
   * Whose pair it is, and whether it counts at this app: the token that the provider gives for it is judged as if it had
   * been presented itself, at each use. Throws, or rejects with, a `ProviderFault` where nobody can tell.
   */
  verify(pair: Pair, use: PairAtApp): Awaitable<HeaderLookup>
  /** The same pair's token itself, of this provider: for our token endpoint. Rejects as above. */
  tokenOf(settings: ProviderSettings, pair: Pair, use: PairUse): Promise<FoundPair>
  /** Another token for a refresh token (`exchange.refresh_token`). Nothing of it is kept. Rejects as above. */
  refresh(
    settings: ProviderSettings,
    refreshToken: string,
    scopes: readonly string[] | null,
    use: PairUse,
  ): Promise<RefreshedPair>
  /** The next edition: what is known of pairs of a provider whose settings are the same goes on. */
  renew(edition: PairEdition): ExchangedPairs
}

export interface PairAtApp {
  readonly app: Pick<App, 'providers'>
  readonly now: EpochSeconds
  readonly network: ClientNetwork
}

export type RefreshedPair = RefreshAnswer | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }

export interface PairEdition {
  readonly gateway: Pick<Gateway, 'providers'>
  readonly providers: ReadonlyMap<string, ExchangingProvider>
}

type ExchangingProvider = Pick<Provider, 'tokenForPair' | 'tokenForRefreshToken' | 'readAccessToken'>

export interface ExchangedPairsSetup {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: (bytes: number) => Buffer
  readonly failures: FailureCount
  readonly note: (event: ExchangeEvent) => void
}

/** A pair goes to the one provider of the app that takes pairs, and to no other. */
export function createExchangedPairs(setup: ExchangedPairsSetup, edition: PairEdition): ExchangedPairs {
  return openEdition(setup, edition, new WeakMap())
}

function openEdition(
  setup: ExchangedPairsSetup,
  { gateway, providers }: PairEdition,
  /** By the provider itself, which a reload replaces when its settings differ. */
  known: WeakMap<ExchangingProvider, PairsOfProvider>,
): ExchangedPairs {
  const { clock, failures } = setup

  function pairsOf(settings: ProviderSettings, provider: ExchangingProvider): PairsOfProvider {
    const found = known.get(provider) ?? createPairsOfProvider({ ...setup, settings, provider })
    known.set(provider, found)
    return found
  }

  function providerOf({ name }: ProviderSettings): ExchangingProvider {
    const provider = providers.get(name)
    if (provider === undefined) throw new Error(`${name} is no provider of this edition`)
    return provider
  }

  function verify(pair: Pair, use: PairAtApp): Awaitable<HeaderLookup> {
    const settings = pairProviderOf(gateway, use.app)
    if (settings === null) return unknown
    const provider = providerOf(settings)
    const one: Verification = { pairs: pairsOf(settings, provider), settings, provider, pair, use }
    return looked(one, one.pairs.find(pair, use), true)
  }

  return {
    verify,
    tokenOf: async (settings, pair, use) => pairsOf(settings, providerOf(settings)).find(pair, use),
    refresh: async (settings, refreshToken, scopes, { now, network }) => {
      const waitMs = failures.refusedForMs(network, clock.monotonicMs())
      if (waitMs > 0) return { kind: 'throttled', retryAfterSeconds: Math.ceil(waitMs / 1000) }
      const answer = await providerOf(settings).tokenForRefreshToken(refreshToken, scopes, now, network)
      if (answer.kind === 'refused') failures.failed(network, clock.monotonicMs())
      return answer
    },
    renew: (next) => openEdition(setup, next, known),
  }
}

interface Verification {
  readonly pairs: PairsOfProvider
  readonly settings: ProviderSettings
  readonly provider: ExchangingProvider
  readonly pair: Pair
  readonly use: PairAtApp
}

function looked(
  one: Verification,
  found: Awaitable<FoundPair>,
  mayAskAgain: boolean,
): Awaitable<HeaderLookup> {
  if (found instanceof Promise) return found.then((answer) => looked(one, answer, false))
  switch (found.kind) {
    case 'granted':
      return judged(one, found.grant, mayAskAgain)
    case 'wrong':
      return { kind: 'refused', why: 'pair-invalid', detail: found.detail }
    case 'spoilt':
      return found.reading
    case 'throttled':
      return found
  }
}

/** Read anew each time, as a token that is presented: it may have been taken back, and who is asked about it remembers. */
function judged(one: Verification, grant: PairGrant, mayAskAgain: boolean): Awaitable<HeaderLookup> {
  const { settings, provider, pairs, pair, use } = one
  const judge = (reading: Awaited<ReturnType<Provider['readAccessToken']>>): Awaitable<HeaderLookup> => {
    switch (reading.kind) {
      case 'read':
        return withToken(grant, judgeAccessToken(reading.token, settings, use.now, cameBy(grant)))
      case 'refused': {
        const isWorthAsking = pairs.spoil(pair, grant, reading, use.now)
        return mayAskAgain && isWorthAsking ? looked(one, pairs.find(pair, use), false) : reading
      }
      case 'throttled':
        return reading
    }
  }
  const reading = provider.readAccessToken(grant.accessToken, use.now, use.network, true)
  return reading instanceof Promise ? reading.then(judge) : judge(reading)
}

function cameBy({ idTokenClaims: added }: PairGrant): TokenCame {
  return { by: 'exchange', added }
}

/** For an app that gets the token in the place of the pair. */
function withToken({ accessToken: exchangedToken }: PairGrant, lookup: HeaderLookup): HeaderLookup {
  return lookup.kind === 'identified' ? { ...lookup, exchangedToken } : lookup
}

const unknown: HeaderLookup = { kind: 'refused', why: 'credential-unknown', detail: null }
