/**
 * The time of log lines: ISO 8601 in UTC with milliseconds, of which all but those are written once a second, and all
 * once a millisecond. Each access line has one; `toISOString` alone would be 2 % of a request.
 */
export function isoTimes(nowMs: () => number): () => string {
  let lastMs = Number.NaN
  let last = ''
  let second = Number.NaN
  let written = ''
  return () => {
    const now = nowMs()
    if (now === lastMs) return last
    const current = Math.floor(now / 1000)
    if (current !== second) {
      second = current
      written = new Date(current * 1000).toISOString().slice(0, -'000Z'.length)
    }
    lastMs = now
    last = `${written}${String(now - current * 1000).padStart(3, '0')}Z`
    return last
  }
}
