import { limits } from '../core/limits/table.ts'
import type { Awaitable, Clock, SpentStateStore } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/**
 * States that came back. Each is spent once over all processes on one store, so that one authorization response is used
 * once (RFC 9700 4.2); what it came to is kept for a minute, for the same browser that comes with it again.
 */
export interface SpentStates {
  /** True the first time, false ever after until `until`. Throws a StoreFault; then nothing was spent. */
  spend(stateHash: string, until: EpochSeconds): Awaitable<boolean>
  /** Keeps what it came to, as sealed by the caller. Does not fail: then those who come again find nothing. */
  keep(stateHash: string, sealed: string): Promise<void>
  /**
   * What a spent state came to. While that is under way, at whatever process, waits for it, ten seconds at most. Null
   * when it is not known, or no longer. Throws a StoreFault.
   */
  outcome(stateHash: string): Promise<string | null>
}

export interface SpentStatesSetup {
  readonly store: SpentStateStore
  readonly clock: Clock
  readonly report: (thrown: unknown) => void
  /** A test brings its own. */
  readonly pause?: (ms: number) => Promise<void>
}

const keptSeconds = 60
const lookEveryMs = 100
/** A sign-in that was begun longer ago than this came to nothing: its process is gone. */
const underWaySeconds = 30

export function createSpentStates({ store, clock, report, pause = sleep }: SpentStatesSetup): SpentStates {
  /** One look-out for each state, however many wait for it. */
  const waiting = new Map<string, Promise<string | null>>()

  async function lookOut(stateHash: string): Promise<string | null> {
    for (let waited = 0; ; waited += lookEveryMs) {
      const spent = await store.spent(stateHash)
      if (spent === null) return null
      const now = clock.now()
      if (spent.outcome !== null) return now < spent.outcome.until ? spent.outcome.sealed : null
      if (now >= spent.at + underWaySeconds || waited >= limits.outcomeWaitMs) return null
      await pause(lookEveryMs)
    }
  }

  return {
    spend: (stateHash, until) => store.spend(stateHash, { at: clock.now(), until }),
    async keep(stateHash, sealed) {
      try {
        await store.keepOutcome(stateHash, { sealed, until: clock.now() + keptSeconds })
      } catch (thrown) {
        report(thrown)
      }
    },
    outcome(stateHash) {
      const known = waiting.get(stateHash)
      if (known !== undefined) return known
      if (waiting.size >= limits.awaitedOutcomes) return Promise.resolve(null)
      const looking = lookOut(stateHash).finally(() => void waiting.delete(stateHash))
      waiting.set(stateHash, looking)
      return looking
    },
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
