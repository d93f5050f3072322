import { createHmac } from 'node:crypto'
import { ProviderFault } from '../../core/fault.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import { createFairQueue } from '../../core/limits/fair-queue.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { createUnseenTokens } from '../../core/limits/unseen-tokens.ts'
import type { Clock } from '../../core/ports.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Limits } from '../limits.ts'
import { tokenFormProblem } from './token-form.ts'
import { createToldTokens, type Told, type ToldTokens } from './told-tokens.ts'

/** Tokens of which only the provider knows whose they are. */
export interface AskedTokens {
  /** As `readAccessToken` of the provider's port: at once where the answer is remembered. */
  read(
    raw: string,
    now: EpochSeconds,
    network: ClientNetwork,
    isGiven?: boolean,
  ): AccessTokenReading | Promise<AccessTokenReading>
  /** How much is kept: for tests that count. */
  size(): ReturnType<ToldTokens['size']> & { readonly asked: number }
}

export interface AskedTokensDeps {
  readonly provider: string
  readonly cacheSeconds: number
  readonly limits: Limits
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  /** Credentials of all kinds that were wrong, by network. */
  readonly failures: FailureCount
  /** Asks the provider, over connections that no sign-in needs. Throws a `ProviderFault`. */
  readonly ask: (raw: string, now: EpochSeconds, deadline: AbortSignal) => Promise<Told>
}

/**
 * A flood of invented tokens costs the provider what the rates allow, and nobody else anything: answers that are
 * remembered need no asking, tokens that were good at the last look are asked of again without being counted, and all
 * questions wait in a line of their own. Each token is asked of once at a time.
 */
export function createAskedTokens(deps: AskedTokensDeps): AskedTokens {
  const { clock, limits, provider } = deps
  const told = createToldTokens(deps.cacheSeconds)
  const unseen = createUnseenTokens()
  const line = createFairQueue(limits.tokenAsks)
  // Nobody invents those that come from the provider itself, and none of them waits behind invented ones.
  const lineOfGiven = createFairQueue(limits.tokenAsks)
  /** By hash, while the provider is asked. */
  const asked = new Map<string, Promise<AccessTokenReading>>()
  // With a key of this process: what is kept tells nobody which token it was made of.
  const key = deps.random(32)

  async function ask(
    raw: string,
    hash: string,
    now: EpochSeconds,
    network: ClientNetwork,
    isGiven: boolean,
  ): Promise<AccessTokenReading> {
    const place = await (isGiven ? lineOfGiven : line).enter(
      network,
      AbortSignal.timeout(limits.tokenAskWaitMs),
    )
    // Nothing was sent, so it says nothing of the provider.
    if (place.kind !== 'taken')
      throw new ProviderFault('PROVIDER_BUSY', `${provider}: no turn in time to ask of an access token`)
    try {
      const answer = await deps.ask(raw, now, AbortSignal.timeout(limits.timeoutMs))
      const nowMs = clock.monotonicMs()
      told.keep(hash, answer, nowMs)
      if (answer.reading.kind === 'refused' && !isGiven) deps.failures.failed(network, nowMs)
      return answer.reading
    } finally {
      place.leave()
    }
  }

  function refusedForMs(network: ClientNetwork, nowMs: number): number {
    return deps.failures.refusedForMs(network, nowMs) || unseen.count(network, nowMs)
  }

  return {
    read: (raw, now, network, isGiven = false) => {
      const problem = tokenFormProblem(raw)
      if (problem !== null) return { kind: 'refused', why: 'token-invalid', detail: problem }
      const hash = createHmac('sha256', key).update(raw).digest('base64url')
      const nowMs = clock.monotonicMs()
      const known = told.find(hash, now, nowMs)
      if (known !== null && known !== 'stale') return known
      const underWay = asked.get(hash)
      if (underWay !== undefined) return underWay
      const refusedMs = known === 'stale' || isGiven ? 0 : refusedForMs(network, nowMs)
      if (refusedMs > 0) return { kind: 'throttled', retryAfterSeconds: Math.ceil(refusedMs / 1000) }
      const answer = ask(raw, hash, now, network, isGiven).finally(() => asked.delete(hash))
      asked.set(hash, answer)
      return answer
    },
    size: () => ({ ...told.size(), asked: asked.size }),
  }
}
