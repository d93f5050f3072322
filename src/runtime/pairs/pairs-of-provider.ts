import { ProviderFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { createPairGuesses } from '../../core/limits/pair-guesses.ts'
import { limits } from '../../core/limits/table.ts'
import type { Awaitable, Clock, Provider } from '../../core/ports.ts'
import type { Pair, PairAnswer, PairGrant } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { ExchangeEvent } from './event.ts'
import { createHeldPairs, type HeldPair, type SpoiltReading } from './held-pairs.ts'
import { createPairHashes } from './pair-hashes.ts'
import { createRightPairs } from './right-pairs.ts'
import { createWrongPairs } from './wrong-pairs.ts'

/** What became of a pair. */
export type FoundPair =
  | { readonly kind: 'granted'; readonly grant: PairGrant }
  | { readonly kind: 'wrong'; readonly detail: string }
  /** It is right, and its token was refused a moment ago. */
  | { readonly kind: 'spoilt'; readonly reading: SpoiltReading }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }

/** For what a pair is looked up. */
export interface PairUse {
  readonly network: ClientNetwork
  readonly now: EpochSeconds
}

/** Customers' pairs of one provider: its tokens for them, and how often it is asked. */
export interface PairsOfProvider {
  /** At once while its token is fresh. Throws, or rejects with, a `ProviderFault` where nobody can tell. */
  find(pair: Pair, use: PairUse): Awaitable<FoundPair>
  /** The token that was found was refused by those who read it. Whether another one is worth asking for at once. */
  spoil(pair: Pair, grant: PairGrant, reading: SpoiltReading, now: EpochSeconds): boolean
}

export interface PairsSetup {
  readonly provider: Pick<Provider, 'tokenForPair'>
  readonly settings: Pick<ProviderSettings, 'name' | 'exchange'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: (bytes: number) => Buffer
  /** Credentials of all kinds that were wrong, by network. */
  readonly failures: FailureCount
  readonly note: (event: ExchangeEvent) => void
}

/**
 * A pair is kept as a hash under a key of this process. Each is asked of once at a time. What others send stops none that
 * was right within a day: neither by counts nor by room in memory nor by a place in the line. But a network that guesses
 * learns nothing of pairs that came from other networks alone: what is in memory would answer as fast as it asks.
 */
export function createPairsOfProvider(setup: PairsSetup): PairsOfProvider {
  const { provider, settings, clock, failures, note } = setup
  const hashes = createPairHashes(setup.random(32))
  const held = createHeldPairs(settings.exchange?.cacheSeconds ?? 0)
  const right = createRightPairs()
  const wrong = createWrongPairs()
  const guesses = createPairGuesses()
  /** By hash, while the provider is asked. */
  const asked = new Map<string, Promise<FoundPair>>()

  async function ask(
    pair: Pair,
    hash: string,
    { network, now }: PairUse,
    isKnown: boolean,
  ): Promise<FoundPair> {
    const former = held.find(hash, now, clock.monotonicMs())?.grant ?? null
    let wasSent = false
    const refusedForMs = () => {
      const forMs = isKnown ? 0 : failures.refusedForMs(network, clock.monotonicMs())
      wasSent = forMs === 0
      return forMs
    }
    let counts = false
    try {
      const answer = await provider.tokenForPair(pair, { now, network, former, isKnown, refusedForMs })
      counts = answer.kind === 'refused'
      return concluded(answer, hash, { network, now })
    } catch (thrown) {
      // It answered, and may do so without end: as where others locked the user there.
      counts = wasSent && thrown instanceof ProviderFault && thrown.code !== 'PROVIDER_UNREACHABLE'
      held.pause(hash, clock.monotonicMs())
      note({ provider: settings.name, outcome: 'unanswered' })
      throw thrown
    } finally {
      if (!isKnown && !counts) guesses.takeBack(network, hashes.ofId(pair))
    }
  }

  function concluded(answer: PairAnswer, hash: string, { network, now }: PairUse): FoundPair {
    const nowMs = clock.monotonicMs()
    switch (answer.kind) {
      case 'granted':
        held.keep(hash, answer.grant, now, nowMs)
        right.note(hash, network, now)
        note({ provider: settings.name, outcome: 'granted' })
        return { kind: 'granted', grant: answer.grant }
      case 'refused':
        held.forget(hash)
        right.forget(hash)
        wrong.keep(hash, answer.detail, nowMs)
        failures.failed(network, nowMs)
        note({ provider: settings.name, outcome: 'refused', detail: answer.detail, cure: answer.cure })
        return { kind: 'wrong', detail: answer.detail }
      case 'throttled':
        return throttled(answer.forMs)
    }
  }

  /** For how long the network is refused, as it sent too many wrong ones; 0: it did not. */
  function guessing(pair: Pair, network: ClientNetwork, nowMs: number): number {
    return failures.refusedForMs(network, nowMs) || guesses.refusedForMs(network, hashes.ofId(pair), nowMs)
  }

  /** The one question about this pair that is under way, or one that begins. */
  function question(pair: Pair, hash: string, use: PairUse): Awaitable<FoundPair> {
    const underWay = asked.get(hash)
    if (underWay !== undefined) return underWay
    const isKnown = right.wasRight(hash, use.now)
    if (!isKnown) {
      const forMs = guesses.begin(use.network, hashes.ofId(pair), clock.monotonicMs())
      if (forMs > 0) return throttled(forMs)
    }
    const answer = ask(pair, hash, use, isKnown).finally(() => asked.delete(hash))
    asked.set(hash, answer)
    return answer
  }

  /** A token that lives goes on while the provider does not answer, and nobody waits long for it. */
  async function renew(pair: Pair, hash: string, use: PairUse, former: HeldPair): Promise<FoundPair> {
    const asking = Promise.resolve(question(pair, hash, use)).catch(() => null)
    const answer = await soonest(asking, limits.providerRefreshWaitMs)
    if (answer !== null && answer.kind !== 'throttled') return answer
    held.pause(hash, clock.monotonicMs())
    return { kind: 'granted', grant: former.grant }
  }

  return {
    find: (pair, use) => {
      const problem = formProblem(pair)
      if (problem !== null) return { kind: 'wrong', detail: problem }
      const hash = hashes.of(pair)
      const nowMs = clock.monotonicMs()
      const forMs = right.wasRightFrom(hash, use.network, use.now) ? 0 : guessing(pair, use.network, nowMs)
      if (forMs > 0) return throttled(forMs)
      const found = held.find(hash, use.now, nowMs)
      if (found?.isUsable) right.note(hash, use.network, use.now)
      if (found?.spoilt) return { kind: 'spoilt', reading: found.spoilt }
      if (found?.isUsable && found.isFresh) return { kind: 'granted', grant: found.grant }
      if (found?.isUsable) return renew(pair, hash, use, found)
      const detail = wrong.find(hash, nowMs)
      return detail === null ? question(pair, hash, use) : { kind: 'wrong', detail }
    },
    spoil: (pair, grant, reading, now) => {
      const hash = hashes.of(pair)
      held.spoil(hash, grant, reading)
      return held.find(hash, now, clock.monotonicMs())?.spoilt === null
    },
  }
}

/** Null: it took longer. */
async function soonest<T>(answer: Promise<T>, patienceMs: number): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(() => resolve(null), patienceMs)
  const first = await Promise.race([answer, late])
  clearTimeout(timer)
  return first
}

/** RFC 7617 2: neither has control characters. No provider gives out an empty one. */
function formProblem({ id, secret }: Pair): string | null {
  if (id === '' || secret === '') return 'its id or its secret is empty'
  if (/\p{Cc}/u.test(id + secret)) return 'it has control characters'
  const bytes = Buffer.byteLength(id) + Buffer.byteLength(secret)
  return bytes > limits.pairBytes ? `it is longer than ${limits.pairBytes} bytes` : null
}

function throttled(milliseconds: number): FoundPair {
  return { kind: 'throttled', retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)) }
}
