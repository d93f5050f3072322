import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import { seenClaims } from '../../core/principal.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { namedClaims } from '../../core/rules/named-claims.ts'
import type { Log } from './log.ts'

// Keyed by the configuration: once for each provider of an edition.
const told = new WeakSet<ProviderSettings>()

/**
 * Says once a provider that an address came from it which does not count, where a rule or a header of the origin asks
 * for one: whoever looks for the reason of an empty header finds it here. Never the address.
 */
export function noteUnverifiedEmail(
  log: Log,
  { settings, origin, claims }: { settings: ProviderSettings; origin: Origin; claims: Claims },
): void {
  if (told.has(settings) || !seenClaims(claims, settings).emailUnverified) return
  if (!namedClaims(origin.apps).includes('email')) return
  told.add(settings)
  const said = Object.hasOwn(claims, 'email_verified') && claims.email_verified !== null
  const warning = `providers.${settings.name}: an address came ${
    said ? 'with an email_verified that is not true' : 'without email_verified'
  }, so it counts as missing in rules and headers; have the provider send it, or see \`trust_email\``
  log.event('warn', 'provider.email-unverified', { provider: settings.name, warning })
}
