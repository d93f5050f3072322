import { limits } from '../../core/limits/table.ts'

/** Whether credentials that end then sign nothing any more, a moment before they do. Milliseconds since 1970; null: no end. */
export function isOver(endsAtMs: number | null, wallMs: number): boolean {
  return endsAtMs !== null && wallMs >= endsAtMs - limits.awsEndedMs
}

/**
 * When credentials that end then are renewed: well ahead of it, at another moment in each process, and never at once. Of
 * those without an end infinity: they are renewed when AWS refuses them, and not before. Milliseconds since 1970; `random`
 * gives a number from 0 to below 1.
 */
export function renewalAtMs(endsAtMs: number | null, wallMs: number, random: () => number): number {
  if (endsAtMs === null) return Number.POSITIVE_INFINITY
  const ahead = Math.min(limits.awsRenewAheadMs * (1 + random() / 2), (endsAtMs - wallMs) / 2)
  return Math.max(endsAtMs - ahead, wallMs + limits.awsRenewPauseMs)
}

/** For how long nothing is fetched after so many failures, one behind another. */
export function pauseMs(failures: number): number {
  return Math.min(limits.awsPauseMs * 2 ** (failures - 1), limits.awsLongestPauseMs)
}
