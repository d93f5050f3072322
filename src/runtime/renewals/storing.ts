import { isFault } from '../../core/fault.ts'
import { type Lifetimes, type Session, sessionStatus } from '../../core/session/session.ts'
import { recordTooLarge } from '../../core/session/session-record.ts'
import type { Came, Verdict } from './came.ts'
import { giveBack, type Lease, takeLease } from './lease.ts'
import type { RenewalParts } from './parts.ts'
import { pause } from './waiting.ts'

/** What was asked with, and by which right. */
export interface Asked {
  readonly lease: Lease
  readonly asked: Session
  readonly needs: (record: Session) => boolean
  readonly lifetimes: Lifetimes
}

/** A store that does not take it is asked again, as long as nobody else may ask the provider. */
const retryMs = 500

/**
 * Puts `next`, what the provider said, into the store before anything of it is believed. Where the session has ended
 * meanwhile, nothing is created, and its new refresh token is revoked. A verdict: the session cannot go on. Null: the lease was
 * over, and another process asks by now.
 */
export async function keepRenewed(
  parts: RenewalParts,
  question: Asked,
  next: Session,
): Promise<Came | { readonly verdict: Verdict } | null> {
  const { asked, lease } = question
  const { tokens } = next
  const tooLarge = recordTooLarge(next)
  if (tooLarge !== null) return { verdict: { why: 'not-stored', message: tooLarge, tokens } }
  if (parts.isEnding(asked.key) || hasExpired(parts, question)) return gone(parts, next)
  try {
    const came = (await store(parts, lease, next)) ? stored(next) : await notTaken(parts, question, next)
    return came !== null && parts.isEnding(asked.key) ? gone(parts, next) : came
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    // The former refresh token is still good, and rests where it did.
    if (tokens.refresh === asked.tokens.refresh) return { kind: 'unanswered', thrown, asked: null }
    return { verdict: { why: 'not-stored', message: thrown.message, tokens } }
  }
}

/** The store need not have forgotten it yet. Somebody has just used it, so it is not idle. */
function hasExpired({ clock }: RenewalParts, { asked: { signedInAt }, lifetimes }: Asked): boolean {
  const now = clock.now()
  return sessionStatus({ signedInAt, lastSeenAt: now }, now, lifetimes) !== 'live'
}

function stored(session: Session): Came {
  return { kind: 'renewed', session }
}

function gone({ revoke }: RenewalParts, next: Session): Came {
  revoke(next)
  return { kind: 'gone' }
}

/** Rejects with the last StoreFault when the lease is about to end. */
async function store(parts: RenewalParts, lease: Lease, next: Session): Promise<boolean> {
  for (;;) {
    try {
      return await parts.store.renew(next, lease.id)
    } catch (thrown) {
      if (parts.timing.nowMs() + 2 * retryMs >= lease.endsAtMs) throw thrown
      await pause(parts.timing, retryMs)
    }
  }
}

/**
 * The store says no: the session is gone, or the lease is not ours any more. What we hold is the newest refresh token as
 * long as nobody has written another one: then it is kept by a lease of its own.
 */
async function notTaken(parts: RenewalParts, question: Asked, next: Session): Promise<Came | null> {
  const before = await writtenSince(parts, question, next)
  if (before !== 'nothing') return before
  const lease = await takeLease(parts, question.asked.key)
  if (lease === null) return null
  // Another one may have written after that look, and before the lease was ours.
  const meanwhile = await writtenSince(parts, question, next)
  if (meanwhile !== 'nothing') {
    void giveBack(parts, lease)
    return meanwhile
  }
  if (!(await store(parts, lease, next))) return null
  void giveBack(parts, lease)
  return stored(next)
}

/** What became of the record since the provider was asked: `nothing` where it still holds the token that was sent. */
async function writtenSince(
  parts: RenewalParts,
  { asked, needs }: Asked,
  next: Session,
): Promise<Came | 'nothing' | null> {
  const record = await parts.store.load(asked.key)
  if (record === null) return gone(parts, next)
  // It took it before, and its answer got lost.
  if (record.checkedAt === next.checkedAt && record.tokens.refresh === next.tokens.refresh)
    return stored(record)
  // Another one's rests there. Ours is not revoked: at many providers the one that is in use would go with it.
  if (!needs(record)) return { kind: 'adopted', session: record }
  return record.tokens.refresh === asked.tokens.refresh ? 'nothing' : null
}
