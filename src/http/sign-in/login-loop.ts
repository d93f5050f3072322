import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { type SetCookie, setTransactionCookie } from './cookie.ts'

/**
 * Notices a browser that goes round in circles: signed in, and asked to sign in again at once, because its session
 * cookie does not stay or another instance with other secrets answers. The count of sign-ins that followed each other
 * within a minute, and when the last one ended, is kept by that browser, below the transactions' prefix; nothing is kept
 * here. Forging it signs nobody in.
 */
const lifetimeSeconds = 60

/** How many, and the second of the last one; without it every sign-in follows. */
const markForm = /^([1-9])(?:\.([0-9a-z]{1,9}))?$/

interface Rounds {
  readonly count: number
  readonly endedAt: EpochSeconds
}

/**
 * How many sign-ins this browser completed, each within a minute of the one before. Of several marks the highest: beside
 * one that a sibling site tossed, which nobody here can take away, the count would stand still.
 */
function rounds(cookieHeader: string | undefined, origin: Origin, kind: RoundKind): Rounds {
  let most: Rounds = { count: 0, endedAt: 0 }
  const mark = markName(origin, kind)
  for (const { name, value } of transactionCookies(cookieHeader, origin.cookies)) {
    const [, count, endedAt = '0'] = (name === mark && markForm.exec(value)) || []
    if (count !== undefined && Number(count) > most.count)
      most = { count: Number(count), endedAt: Number.parseInt(endedAt, 36) }
  }
  return most
}

/**
 * A step-up is no round of sign-ins, as the session of whoever steps up stays. But what one brought the next request may
 * lack: where a refreshed token takes it back, or two pages that lead to each other ask for different ones.
 */
export type RoundKind = 'sign-in' | 'step-up'

/** Whether one more round would help nobody. */
export function isLooping(
  headers: IncomingHttpHeaders,
  origin: Origin,
  kind: RoundKind = 'sign-in',
): boolean {
  return rounds(headers.cookie, origin, kind).count >= limits.signInRounds
}

/** A sign-in that succeeded. */
export interface Round {
  readonly responseMode: 'query' | 'form_post'
  readonly startedAt: EpochSeconds
  readonly now: EpochSeconds
  /** Absent: `sign-in`. */
  readonly kind?: RoundKind
}

/**
 * The mark of a completed sign-in; it has to come with the next callback. One that had begun before the last one ended
 * was another tab's, and is no further round. Sign-out clears the mark with the transactions.
 */
export function roundCompleted(
  headers: IncomingHttpHeaders,
  origin: Origin,
  { responseMode, startedAt, now, kind = 'sign-in' }: Round,
): SetCookie {
  const { count, endedAt } = rounds(headers.cookie, origin, kind)
  const next = startedAt < endedAt ? count : Math.min(9, count + 1)
  const value = `${next}.${now.toString(36)}`
  return setTransactionCookie(origin.cookies, markName(origin, kind), value, responseMode, lifetimeSeconds)
}

function markName({ cookies }: Origin, kind: RoundKind): string {
  return `${cookies.transactionPrefix}${kind === 'sign-in' ? 'rounds' : 'step-ups'}`
}
