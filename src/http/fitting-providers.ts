import type { Gateway, Origin } from '../core/gateway.ts'
import { findPlace } from '../core/place.ts'
import { providersThatCould } from '../core/requirement.ts'
import type { ReturnTo } from '../core/return-to.ts'
import { readTarget } from '../core/target.ts'

/**
 * The providers that a sign-in for this page offers: those with which its rule could be met. For a page that asks
 * nobody, or that nobody's rule covers, all that the origin accepts.
 */
export function fittingProviders(gateway: Gateway, origin: Origin, returnTo: ReturnTo): readonly string[] {
  const reading = readTarget(returnTo)
  if (!reading.ok) return origin.providers
  const place = findPlace(origin, reading.target, 'GET')
  if (place.kind === 'nowhere') return origin.providers
  const { app, location } = place
  if (location.access.kind !== 'rule') return app.providers
  // The client's address is left out: whether it fits is for the request itself to learn.
  const fitting = app.providers.filter((name) => gateway.providers.has(name))
  const could = providersThatCould(location.access.requirement, fitting, null)
  return could.length === 0 ? fitting : could
}
