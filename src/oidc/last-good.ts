import { isFault, ProviderFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import type { Clock } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { settledWithin } from './deadline.ts'

/** Something a provider publishes, fetched when needed: its metadata, its keys. */
export interface LastGood<T> {
  /** What is there, fetched first or again when due. Throws `ProviderFault`; at once between two attempts. */
  get(): Promise<T>
  /**
   * What is there while it may still serve; null: nothing. When it is due, it is fetched behind the back of whoever asks,
   * who does not wait.
   */
  atHand(): T | null
  /** Fetches now, or joins a fetch under way. */
  refetch(): Promise<T>
  state(): { readonly value: T | null; readonly failure: Failure | null }
}

export interface Failure {
  readonly fault: ProviderFault
  readonly attempts: number
  /** For people, by the wall clock of that moment; the pause itself goes by the monotonic clock. */
  readonly retryAt: EpochSeconds
}

export interface Keeping {
  /** Older than this, it is fetched again before it is used. */
  readonly freshSeconds: number
  /** When that fails, the last good one serves until this age. */
  readonly keepSeconds: number
  /** How long the refresh of something that is there may hold anybody up. */
  readonly refreshWaitMs: number
}

/**
 * Keeps the last good value. One fetch at a time, whoever asks; after a failure pauses of 1, 2, 4 … 60 seconds, and a
 * success ends them. What is only old is refreshed while its users wait a little, and used when that takes longer.
 */
export function keepLastGood<T>(
  fetchValue: () => Promise<T>,
  keeping: Keeping,
  clock: Clock,
  report: { readonly fetched: (value: T) => void; readonly failed: (failure: Failure) => void },
): LastGood<T> {
  let good: { readonly value: T; readonly atMs: number } | null = null
  let failure: Failure | null = null
  let pauseEndsAtMs = 0
  let flight: Promise<T> | null = null

  async function attempt(): Promise<T> {
    try {
      const value = await fetchValue()
      good = { value, atMs: clock.monotonicMs() }
      failure = null
      report.fetched(value)
      return value
    } catch (thrown) {
      const fault = toProviderFault(thrown)
      const attempts = (failure?.attempts ?? 0) + 1
      const pauseSeconds = Math.min(limits.providerPauseSeconds, 2 ** (attempts - 1))
      pauseEndsAtMs = clock.monotonicMs() + pauseSeconds * 1000
      failure = { fault, attempts, retryAt: clock.now() + pauseSeconds }
      report.failed(failure)
      throw fault
    } finally {
      flight = null
    }
  }

  function refetch(): Promise<T> {
    flight ??= attempt()
    return flight
  }

  /** The failure whose pause it is; null: it may be fetched. */
  const pause = () =>
    flight === null && failure !== null && clock.monotonicMs() < pauseEndsAtMs ? failure : null

  async function get(): Promise<T> {
    const ageSeconds = ageOf(good, clock)
    if (good !== null && ageSeconds < keeping.freshSeconds) return good.value
    const pausing = pause()
    if (good !== null && ageSeconds < keeping.keepSeconds) {
      if (pausing === null) await settledWithin(keeping.refreshWaitMs, refetch())
      return good.value
    }
    if (pausing !== null) throw pausingFault(pausing)
    return refetch()
  }

  function atHand(): T | null {
    const ageSeconds = ageOf(good, clock)
    if (good === null || ageSeconds >= keeping.keepSeconds) return null
    // It was reported, and whoever needs better than this asks by `get`.
    if (ageSeconds >= keeping.freshSeconds && pause() === null) refetch().catch(() => {})
    return good.value
  }

  return { get, atHand, refetch, state: () => ({ value: good?.value ?? null, failure }) }
}

function ageOf(good: { readonly atMs: number } | null, clock: Clock): number {
  return good === null ? Number.POSITIVE_INFINITY : (clock.monotonicMs() - good.atMs) / 1000
}

function pausingFault(failure: Failure): ProviderFault {
  const message = `not asked again yet after ${failure.attempts} failed attempts, the last: ${failure.fault.message}`
  return new ProviderFault('PROVIDER_UNREACHABLE', message)
}

function toProviderFault(thrown: unknown): ProviderFault {
  if (thrown instanceof ProviderFault) return thrown
  const detail = isFault(thrown) ? thrown.message : 'its answer could not be read'
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', detail)
}
