import { limits } from '../../core/limits/table.ts'
import type { Clock } from '../../core/ports.ts'
import type { RecheckSettings } from '../../core/provider-settings.ts'
import { recheckAt, unansweredAt } from '../../core/session/recheck.ts'
import type { EpochSeconds, Session, SessionKey } from '../../core/session/session.ts'
import { tokensEndSoon } from '../../core/session/token-freshness.ts'
import type { RenewableSession } from './outcome.ts'
import { createPauses } from './pauses.ts'

/** What a session is renewed for: that its provider answers for it, or an access token that lasts. */
export type Need = 'recheck' | 'tokens'

/** When providers are to be asked for sessions. Synchronous; asks nobody. */
export interface Due {
  /** From when on the session's provider is to be asked again; Infinity: never. */
  at(session: RenewableSession): EpochSeconds
  /** The same now, unless it did not answer lately. */
  isDue(session: RenewableSession): boolean
  isPaused(session: RenewableSession): boolean
  /** Whether the session has gone on without an answer for as long as it may. */
  isOver(session: RenewableSession): boolean
  needs(record: Session, need: Need): boolean
  /** The provider did not answer for it. */
  beginPause(session: RenewableSession): void
  endPause(key: SessionKey): void
}

const pauseLimits = {
  firstMs: limits.renewalPauseMs,
  longestMs: limits.longestRenewalPauseMs,
  sessions: limits.renewalPauses,
}

/** `recheckOf`: by the edition in force. */
export function createDue(
  clock: Clock,
  recheckOf: (session: RenewableSession) => RecheckSettings | null,
): Due {
  const pauses = createPauses(pauseLimits)
  const at = (session: RenewableSession) => recheckAt(session, recheckOf(session), clock.now())
  const overAt = (session: RenewableSession) => unansweredAt(session, recheckOf(session), clock.now())
  const isOver = (session: RenewableSession) => clock.now() >= overAt(session)
  const isPaused = ({ key }: RenewableSession) => !pauses.isOver(key, clock.monotonicMs())
  return {
    at,
    // Once it is over a pause is no reason to go on.
    isDue: (session) => clock.now() >= at(session) && (!isPaused(session) || isOver(session)),
    isPaused,
    isOver,
    needs: (record, need) =>
      need === 'tokens' ? tokensEndSoon(record, clock.now()) : clock.now() >= at(record),
    beginPause: (session) =>
      pauses.begin(session.key, clock.monotonicMs(), (overAt(session) - clock.now()) * 1000),
    endPause: pauses.forget,
  }
}
