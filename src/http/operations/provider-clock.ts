import type { Log } from './log.ts'

/** As much as two clocks may differ before ID tokens are refused. */
const toleranceSeconds = 60

/**
 * Says once a provider that its clock and this machine's differ: tokens will be refused as expired, or as not yet valid,
 * and nobody looks at clocks first. `ahead` is how far the provider's is.
 */
export function createClockNotes(log: Log): (provider: string, aheadSeconds: number) => void {
  const told = new Set<string>()
  return (provider, aheadSeconds) => {
    const seconds = Math.round(Math.abs(aheadSeconds))
    if (seconds <= toleranceSeconds || told.has(provider)) return
    told.add(provider)
    const side = aheadSeconds > 0 ? 'ahead of' : 'behind'
    const warning = `providers.${provider}: its clock is ${seconds} s ${side} this machine's, by the Date of its answers; set this one by NTP, or sign-ins fail`
    log.event('warn', 'provider.clock-differs', { provider, seconds, warning })
  }
}
