import type { ExchangeEvent } from '../../runtime/pairs/event.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** Of one provider and cure. */
const everyMs = 3_600_000

interface Said {
  readonly atMs: number
  count: number
}

/**
 * Counts what becomes of asking providers for pairs, and says of those that an operator can cure how: once an hour for each
 * provider and cure, however many customers it is about. Never which pair.
 */
export function createExchangeNotes(
  { log, metrics }: { readonly log: Pick<Log, 'event'>; readonly metrics: Pick<Metrics, 'exchange'> },
  nowMs: () => number,
): (event: ExchangeEvent) => void {
  const said = new Map<string, Said>()
  return (event) => {
    const { provider, outcome } = event
    metrics.exchange(provider, outcome)
    if (event.outcome !== 'refused' || event.cure === null) return
    const about = `${provider} ${event.cure}`
    const before = said.get(about)
    const count = (before?.count ?? 0) + 1
    if (before !== undefined && nowMs() - before.atMs < everyMs) {
      before.count = count
      return
    }
    said.set(about, { atMs: nowMs(), count: 0 })
    const warning = `providers.${provider}.exchange: ${event.detail}; ${event.cure}`
    log.event('warn', 'exchange.refused', { provider, warning, count })
  }
}
