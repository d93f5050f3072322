import { LRUCache } from 'lru-cache'
import type { Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { Random, Sealed } from '../../core/session/seal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { openSessionInCookie } from '../../core/session/session-in-cookie.ts'
import { openSignedOut, sealSignedOut } from '../../core/session/signed-out-mark.ts'
import type { SignOutMarks } from '../sign-out-marks.ts'
import type { CookieSessionEdition } from './edition.ts'

export interface Marks extends Pick<SignOutMarks, 'beside'> {
  until(sent: readonly string[], origin: Origin): EpochSeconds | null
  after(sent: Parameters<SignOutMarks['after']>[0], origin: Origin, now: EpochSeconds): Sealed
  clear(): void
}

/** Marks of sign-outs. Those that opened lately are remembered: each request brings its own along. */
export function createMarks(edition: () => CookieSessionEdition, random: Random): Marks {
  const opened = new LRUCache<string, { readonly origin: string; readonly until: EpochSeconds }>({
    max: limits.openedMarks,
  })

  function openMark(value: string, origin: Origin): EpochSeconds | null {
    const known = opened.get(value)
    if (known?.origin === origin.origin) return known.until
    const until = openSignedOut(edition().ring, origin, value)
    if (until !== null) opened.set(value, { origin: origin.origin, until })
    return until
  }

  function orderIn(cookieValue: string, origin: Origin): EpochSeconds | null {
    return openSessionInCookie(edition().ring, origin, cookieValue)?.kept.order ?? null
  }

  /** Of several the latest: beside one that a sibling site tossed, an older one would count. */
  function until(sent: readonly string[], origin: Origin): EpochSeconds | null {
    const times = sent.slice(0, limits.signedOutCookies).flatMap((value) => openMark(value, origin) ?? [])
    return times.length === 0 ? null : Math.max(...times)
  }

  return {
    until,
    beside(cookieValue, origin) {
      const order = orderIn(cookieValue, origin)
      return order === null ? null : sealSignedOut(edition().ring, origin, order - 1, random)
    },
    after({ cookieValues, marks }, origin, now) {
      const orders = cookieValues.flatMap((value) => orderIn(value, origin) ?? [])
      const time = Math.max(now, until(marks, origin) ?? 0, ...orders)
      return sealSignedOut(edition().ring, origin, time, random)
    },
    clear: () => opened.clear(),
  }
}
