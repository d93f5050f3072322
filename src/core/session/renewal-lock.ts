import type { RenewalLock } from '../ports.ts'
import { clockToleranceSeconds, type EpochSeconds } from './session.ts'

/**
 * Whether a lock is still held: it ends by its time, as whoever holds it may have died. One that was taken further ahead
 * than clocks may differ is from a clock that was wrong: nobody could renew the session until then.
 */
export function isHeld(lock: Pick<RenewalLock, 'at' | 'until'>, now: EpochSeconds): boolean {
  return now < lock.until && lock.at <= now + clockToleranceSeconds
}
