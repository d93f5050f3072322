import type { BodyRate } from '../gateway.ts'

/**
 * When a body is too slow, after so many bytes of it came: each second's worth of them moves the time on by a second,
 * never further than the grace from now, so that nobody sends fast first to be slow for long afterwards. All times
 * are milliseconds of one monotonic clock.
 */
export function deadlineAfter(rate: BodyRate, deadlineMs: number, nowMs: number, bytes: number): number {
  const earned = deadlineMs + (bytes / rate.bytesPerSecond) * 1000
  return Math.min(earned, nowMs + rate.graceSeconds * 1000)
}
