import type { Clock } from '../core/ports.ts'
import { clockToleranceSeconds, type EpochSeconds } from '../core/session/session.ts'

/** A wall clock that went ahead by more than clocks may differ is believed after so long. */
const provenMs = 3_600_000

/**
 * The time by which something is removed for good: the wall clock's, but one that leaps ahead (set by hand, or by a
 * time server that was wrong) counts only when it has stayed there for an hour of the monotonic clock. Until then time
 * goes on from before. A clock that goes back is believed at once. Call it often: it compares with the last call.
 */
export function createSteadyTime(clock: Clock): () => EpochSeconds {
  /** By how much the wall clock is ahead of the monotonic one. */
  const found = () => clock.now() * 1000 - clock.monotonicMs()
  let offsetMs = found()
  let leaptAtMs: number | null = null

  return () => {
    const nowMs = clock.monotonicMs()
    const foundMs = found()
    const leapt = foundMs > offsetMs + clockToleranceSeconds * 1000
    leaptAtMs = leapt ? (leaptAtMs ?? nowMs) : null
    if (leaptAtMs === null || nowMs >= leaptAtMs + provenMs) {
      offsetMs = foundMs
      leaptAtMs = null
    }
    return Math.round((nowMs + offsetMs) / 1000)
  }
}
