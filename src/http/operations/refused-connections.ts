import type { ClientNetwork } from '../../core/limits/network.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

const everyMs = 60_000

/** Counts connections that were refused, and says so once a minute at most: whoever is refused tries again at once. */
export function noteRefusedConnections(
  log: Log,
  metrics: Metrics,
  nowMs: () => number,
): (network: ClientNetwork) => void {
  let saidAt = Number.NEGATIVE_INFINITY
  let refused = 0
  return ({ key }) => {
    metrics.connectionRefused()
    refused += 1
    if (nowMs() - saidAt < everyMs) return
    log.event('warn', 'connections.refused', { network: key, count: refused })
    saidAt = nowMs()
    refused = 0
  }
}
