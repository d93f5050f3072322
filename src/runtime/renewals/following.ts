import type { SessionStore } from '../../core/ports.ts'
import type { Session, SessionKey } from '../../core/session/session.ts'
import type { Timing } from '../timing.ts'
import type { Came } from './came.ts'
import { longestLeaseMs } from './lease.ts'
import { pause } from './waiting.ts'

/** The first look comes soon, as most providers answer soon; each pause is twice as long as the one before. */
const firstPauseMs = 100
const laterPauseMs = 1000

/**
 * Another process asks: what it writes is waited for, as long as it may take, and used. Nobody is asked. Rejects with a
 * StoreFault.
 */
export async function followOther(
  { store, timing }: { readonly store: Pick<SessionStore, 'load'>; readonly timing: Timing },
  key: SessionKey,
  needs: (record: Session) => boolean,
): Promise<Came> {
  const endsAtMs = timing.nowMs() + longestLeaseMs
  for (let ms = firstPauseMs; timing.nowMs() < endsAtMs; ms = Math.min(2 * ms, laterPauseMs)) {
    await pause(timing, ms)
    const record = await store.load(key)
    if (record === null) return { kind: 'gone' }
    if (!needs(record)) return { kind: 'adopted', session: record }
  }
  return { kind: 'unanswered', thrown: null, asked: null }
}
