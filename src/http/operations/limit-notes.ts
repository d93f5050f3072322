import type { AnyFault } from '../../core/fault.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** A line comes so often at most. */
const everyMs = 60_000

/** Counts each request that was let in uncounted, and says so once a minute, with how many there were. */
export function createLimitNotes(
  { log, metrics }: { readonly log: Pick<Log, 'event'>; readonly metrics: Pick<Metrics, 'fault'> },
  nowMs: () => number,
): (fault: AnyFault, app: string) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY
  let count = 0
  return ({ code, message: error }, app) => {
    metrics.fault(code, app)
    count += 1
    if (nowMs() - saidAtMs < everyMs) return
    log.event('warn', 'limits.uncounted', { app, code, error, count })
    saidAtMs = nowMs()
    count = 0
  }
}
