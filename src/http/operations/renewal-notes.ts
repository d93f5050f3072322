import type { AnyFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { RenewalEvent } from '../../runtime/renewals/event.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** Lines of one kind about one provider come so often at most. */
const everyMs = 60_000

type Failing = 'provider.unanswered' | 'provider.not-revoked'

/**
 * Lines and counts of what becomes of asking providers again. Each session has a line as it ends; what is wrong with a provider
 * is said of the provider, not of each session.
 */
export function createRenewalNotes(
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  nowMs: () => number,
): (event: RenewalEvent) => void {
  const failing = new Map<string, { saidAtMs: number; count: number }>()
  const warn = once((provider, message) => {
    const warning = `providers.${provider}.recheck: ${message}`
    log.event('warn', 'provider.insufficient', { provider, warning })
  })

  function fail(name: Failing, provider: string, { code, message: error }: AnyFault): void {
    metrics.fault(code, null)
    const key = `${name} ${provider}`
    const said = failing.get(key) ?? { saidAtMs: Number.NEGATIVE_INFINITY, count: 0 }
    failing.set(key, said)
    said.count += 1
    if (nowMs() - said.saidAtMs < everyMs) return
    log.event('warn', name, { provider, code, error, count: said.count })
    said.saidAtMs = nowMs()
    said.count = 0
  }

  return (event) => {
    const { provider } = event
    switch (event.kind) {
      case 'renewed': {
        const { session, ms } = event
        metrics.renewal(provider, 'renewed', ms)
        const of = { provider, subject: session.user, session: session.key, ms: Math.round(ms) }
        log.event('debug', 'session.renewed', of)
        return
      }
      case 'ended': {
        const { session, why, message } = event
        metrics.renewal(provider, why === 'insufficient' ? 'insufficient' : 'ended')
        const of = { provider, subject: session.user, session: session.key, how: 'recheck', why }
        log.event(why === 'insufficient' ? 'debug' : 'info', 'session.ended', { ...of, error: message })
        if (why === 'insufficient') warn(provider, message)
        return
      }
      case 'unanswered':
        metrics.renewal(provider, 'unanswered')
        fail('provider.unanswered', provider, event.fault)
        return
      case 'not-revoked':
        fail('provider.not-revoked', provider, event.fault)
    }
  }
}

/** Says each thing once of each provider, as far as it is remembered. */
function once(say: (provider: string, message: string) => void): (provider: string, message: string) => void {
  const told = new Set<string>()
  return (provider, message) => {
    const key = JSON.stringify([provider, message])
    if (told.has(key)) return
    const [oldest] = told.size >= limits.renewalWarnings ? told : []
    if (oldest !== undefined) told.delete(oldest)
    told.add(key)
    say(provider, message)
  }
}
