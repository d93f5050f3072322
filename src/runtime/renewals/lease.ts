import { limits } from '../../core/limits/table.ts'
import type { Clock, SessionStore } from '../../core/ports.ts'
import type { Random } from '../../core/session/seal.ts'
import type { SessionKey } from '../../core/session/session.ts'
import type { Timing } from '../timing.ts'

/** The right to ask a provider for one session, which one process of all has. */
export interface Lease {
  readonly key: SessionKey
  /** What the store knows it by. */
  readonly id: string
  /** When it is over, by `Timing.nowMs`. */
  readonly endsAtMs: number
}

export interface LeaseParts {
  readonly store: Pick<SessionStore, 'lock' | 'unlock'>
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
}

/** Longer than the whole deadline of a provider: an answer that comes late is still ours to keep. */
const leaseMs = limits.renewalLeaseSeconds * 1000

/** Null: another process has it, or the session is gone. Rejects with a StoreFault. */
export async function takeLease(
  { store, clock, random, timing }: LeaseParts,
  key: SessionKey,
): Promise<Lease | null> {
  const endsAtMs = timing.nowMs() + leaseMs
  const id = random(16).toString('base64url')
  const at = clock.now()
  const isTaken = await store.lock(key, { id, at, until: at + limits.renewalLeaseSeconds })
  return isTaken ? { key, id, endsAtMs } : null
}

/** What a provider has at most: its queue, and then its answer. */
const askingMs = limits.providerRenewalWaitMs + limits.providerTimeoutMs

/** Whether it lasts until a provider that is asked now has answered, or has not. */
export function coversAsking({ timing }: Pick<LeaseParts, 'timing'>, { endsAtMs }: Lease): boolean {
  return timing.nowMs() + askingMs <= endsAtMs
}

/** Never rejects: one that stays ends by itself. */
export function giveBack({ store }: Pick<LeaseParts, 'store'>, { key, id }: Lease): Promise<void> {
  return Promise.try(() => store.unlock(key, id)).catch(() => {})
}

/**
 * In the background: the provider was silent, and for as long as the first pause is here no other process asks for this
 * session either.
 */
export function leaveFor({ store, clock, random }: LeaseParts, { key, id }: Lease): void {
  const wait = async () => {
    await store.unlock(key, id)
    const at = clock.now()
    const until = at + limits.renewalPauseMs / 1000
    await store.lock(key, { id: random(16).toString('base64url'), at, until })
  }
  wait().catch(() => {})
}

/** How long one has to wait at most for a lease that another process has. */
export const longestLeaseMs = leaseMs
