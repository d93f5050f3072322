import type { PairExchange } from '../../core/credential/exchange-settings.ts'
import { ProviderFault } from '../../core/fault.ts'
import { createFairQueue } from '../../core/limits/fair-queue.ts'
import { limits as table } from '../../core/limits/table.ts'
import type { Pair, PairAnswer, PairGrant, PairQuestion } from '../../core/provider-port.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import { readUnverifiedClaims } from '../../core/session/logout-token.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { acceptedAlgorithms } from '../algorithms.ts'
import { within } from '../deadline.ts'
import { textWithout, withoutCredentials } from '../fault.ts'
import type { KeyCache } from '../keys.ts'
import type { Limits } from '../limits.ts'
import type { Metadata } from '../metadata.ts'
import type { TokenAnswer } from '../token-answer.ts'
import type { Transport } from '../transport.ts'
import { askAsClient, type PairTokens } from './client-credentials.ts'
import { askWithPassword, askWithRefreshToken, refreshOf, type UserPool } from './cognito.ts'
import { addedClaims } from './id-token.ts'

/** A provider that gives tokens for customers' pairs. */
export interface ExchangingProvider {
  readonly settings: ProviderSettings
  readonly limits: Limits
  /** Connections that no sign-in needs. */
  readonly transport: Transport
  readonly keys: KeyCache
  readonly metadata: () => Promise<Metadata>
}

/** What came for a pair, before its ID token was looked at. */
interface Came {
  readonly answer: TokenAnswer
  readonly refresh: PairGrant['refresh']
  /** For which client an ID token is that came along. */
  readonly clientId: string
}

/**
 * `tokenForPair` of the port. Pairs that were right lately wait in a line of their own: however many others are sent, these
 * are asked of.
 */
export function createPairTokens(
  provider: ExchangingProvider,
): (pair: Pair, question: PairQuestion) => Promise<PairAnswer> {
  const { settings, limits } = provider
  const [line, lineOfKnown] = [createFairQueue(limits.exchanges), createFairQueue(limits.knownExchanges)]
  const exchange = settings.exchange?.pair ?? null

  return async (pair, question) => {
    if (exchange === null)
      throw new ProviderFault('PROVIDER_RESPONSE_INVALID', `${settings.name} takes no pairs`)
    const { network, isKnown, refusedForMs } = question
    const turn = AbortSignal.timeout(limits.exchangeWaitMs)
    const place = await (isKnown ? lineOfKnown : line).enter(network, turn)
    // Nothing was sent, so it says nothing of the provider.
    if (place.kind !== 'taken')
      throw new ProviderFault('PROVIDER_BUSY', `${settings.name}: no turn in time to ask for a token`)
    try {
      const forMs = refusedForMs()
      if (forMs > 0) return { kind: 'throttled', forMs }
      const deadline = AbortSignal.timeout(limits.timeoutMs)
      return await within(deadline, ask(provider, exchange, pair, question, deadline), settings.name)
    } finally {
      place.leave()
    }
  }
}

async function ask(
  provider: ExchangingProvider,
  exchange: PairExchange,
  pair: Pair,
  question: PairQuestion,
  deadline: AbortSignal,
): Promise<PairAnswer> {
  const { former } = question
  const credentials = [pair.secret, former?.refresh?.token ?? '', former?.accessToken ?? '']
  try {
    const came = await tokensFor(provider, exchange, pair, question, deadline)
    if ('kind' in came) return { ...came, detail: textWithout(came.detail, credentials) }
    const { accessToken, refreshToken, idToken } = came.answer
    credentials.push(accessToken ?? '', refreshToken ?? '', typeof idToken === 'string' ? idToken : '')
    return { kind: 'granted', grant: await grantOf(provider, came, question.now) }
  } catch (thrown) {
    throw withoutCredentials(thrown, credentials)
  }
}

async function tokensFor(
  provider: ExchangingProvider,
  exchange: PairExchange,
  pair: Pair,
  { former, now }: PairQuestion,
  deadline: AbortSignal,
): Promise<Came | Exclude<PairTokens, { kind: 'granted' }>> {
  const { settings, transport } = provider
  switch (exchange.kind) {
    case 'client_credentials': {
      const metadata = await provider.metadata()
      const came = await askAsClient({ settings, metadata, transport }, exchange, pair, now, deadline)
      if (came.kind === 'refused') return came
      return { answer: came.answer, refresh: null, clientId: pair.id }
    }
    case 'cognito_password':
      return ofCognito({ settings, transport, client: exchange }, pair, former, now, deadline)
  }
}

/** By the refresh token where there is one, but for once a day: a password that was changed must not open for ever. */
async function ofCognito(
  pool: UserPool,
  pair: Pair,
  former: PairGrant | null,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<Came | Exclude<PairTokens, { kind: 'granted' }>> {
  const { clientId } = pool.client
  const refresh = former?.refresh ?? null
  const again = async (): Promise<Came | null> => {
    if (refresh === null) return null
    const came = await askWithRefreshToken(pool, refresh, now, deadline).catch(notAllowed)
    if (came === null || came.kind === 'refused') return null
    return { answer: came.answer, refresh: refreshOf(came.answer, refresh, now), clientId }
  }
  const isDue = refresh === null || now - refresh.secretSentAt >= table.rightPairSeconds
  const renewed = isDue ? null : await again()
  if (renewed !== null) return renewed
  try {
    const came = await askWithPassword(pool, pair, now, deadline)
    if (came.kind === 'refused') return came
    return { answer: came.answer, refresh: refreshOf(came.answer, null, now), clientId }
  } catch (thrown) {
    // Others may have locked the user there by guessing, and nothing was said of this password. Not for ever either: a lock
    // that somebody keeps up would keep a former password alive.
    const mayStandIn = refresh !== null && now - refresh.secretSentAt < 2 * table.rightPairSeconds
    const instead = isDue && mayStandIn && thrown instanceof ProviderFault ? await again() : null
    if (instead === null) throw thrown
    return instead
  }
}

/** A client that may not use refresh tokens, as one that has them rotated may not in this way. */
function notAllowed(thrown: unknown): null {
  if (thrown instanceof ProviderFault && thrown.code === 'PROVIDER_CLIENT_REFUSED') return null
  throw thrown
}

async function grantOf(
  provider: ExchangingProvider,
  { answer, refresh, clientId }: Came,
  now: EpochSeconds,
): Promise<PairGrant> {
  const { settings, keys } = provider
  const accessToken = answer.accessToken ?? ''
  const idTokenClaims =
    answer.idToken === undefined
      ? null
      : await addedClaims(
          { raw: answer.idToken, accessToken, clientId },
          settings,
          await algorithmsOf(provider),
          keys,
          now,
        )
  return { accessToken, endsAt: endOf(answer, accessToken), idTokenClaims, refresh }
}

async function algorithmsOf({ settings, metadata }: ExchangingProvider): Promise<readonly string[]> {
  // Who publishes keys alone does not say; RS256 is what all must offer (OpenID Connect Core 15.1).
  if (settings.jwksUri !== null) return ['RS256']
  return acceptedAlgorithms(settings, (await metadata()).idTokenAlgorithms)
}

/** The earlier one of what the answer and the token say. */
function endOf({ endsAt }: TokenAnswer, accessToken: string): EpochSeconds | null {
  const exp = readUnverifiedClaims(accessToken)?.exp
  const ends = [endsAt, typeof exp === 'number' ? Math.floor(exp) : null].filter((end) => end !== null)
  return ends.length === 0 ? null : Math.min(...ends)
}
