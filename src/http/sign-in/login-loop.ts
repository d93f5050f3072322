import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import { type SetCookie, setTransactionCookie } from './cookie.ts'

/**
 * Notices a browser that goes round in circles: signed in, and asked to sign in again at once, because its session
 * cookie does not stay or another instance with other secrets answers. The count of sign-ins that followed each other
 * within a minute is kept by that browser, below the transactions' prefix; nothing is kept here. Forging it signs
 * nobody in.
 */
const lifetimeSeconds = 60

/**
 * How many sign-ins this browser completed, each within a minute of the one before. Of several marks the highest: beside
 * one that a sibling site tossed, which nobody here can take away, the count would stand still.
 */
function rounds(cookieHeader: string | undefined, origin: Origin): number {
  const marks = transactionCookies(cookieHeader, origin.cookies).filter(
    ({ name, value }) => name === markName(origin) && /^[1-9]$/.test(value),
  )
  return Math.max(0, ...marks.map(({ value }) => Number(value)))
}

/** Whether one more round would help nobody. */
export function isLooping(headers: IncomingHttpHeaders, origin: Origin): boolean {
  return rounds(headers.cookie, origin) >= limits.signInRounds
}

/** The mark of a completed sign-in; it has to come with the next callback. Sign-out clears it with the transactions. */
export function roundCompleted(
  headers: IncomingHttpHeaders,
  origin: Origin,
  responseMode: 'query' | 'form_post',
): SetCookie {
  const count = Math.min(9, rounds(headers.cookie, origin) + 1)
  return setTransactionCookie(origin.cookies, markName(origin), String(count), responseMode, lifetimeSeconds)
}

function markName(origin: Origin): string {
  return `${origin.cookies.transactionPrefix}rounds`
}
