import type { Gateway, Origin } from '../gateway.ts'
import { pathsForKeys } from '../keys/copied-paths.ts'
import type { ProviderSettings, RecheckSettings } from '../provider-settings.ts'
import type { ClaimPath } from '../rules/claims.ts'
import { namedClaims } from '../rules/named-claims.ts'
import { clockToleranceSeconds, type EpochSeconds, type Session } from './session.ts'

type Checked = Pick<Session, 'checkedAt'>

/**
 * From when on the provider of a session is asked again before the session is relied on; Infinity: never. What a clock
 * that was ahead wrote tells not how old the answer is: then it is due at once.
 */
export function recheckAt(
  { checkedAt }: Checked,
  recheck: RecheckSettings | null,
  now: EpochSeconds,
): EpochSeconds {
  if (recheck === null) return Number.POSITIVE_INFINITY
  return isAhead(checkedAt, now) ? now : checkedAt + recheck.everySeconds
}

/** From when on a session counts no more to which the provider has not answered; Infinity: it lasts to its end. */
export function unansweredAt(
  { checkedAt }: Checked,
  recheck: RecheckSettings | null,
  now: EpochSeconds,
): EpochSeconds {
  if (recheck === null || recheck.unansweredSeconds === null) return Number.POSITIVE_INFINITY
  return isAhead(checkedAt, now) ? now : checkedAt + recheck.unansweredSeconds
}

function isAhead(checkedAt: EpochSeconds, now: EpochSeconds): boolean {
  return checkedAt > now + clockToleranceSeconds
}

/**
 * The claims that decide or are passed on at an origin, for sessions of a provider: those of rules, identity headers and
 * limits, the user id, and what keys of that person take over. The name on pages decides nothing, and neither do rules
 * that are rehearsed: for these nobody has to sign in again.
 */
export function claimsInUse(
  { apps }: Pick<Origin, 'apps'>,
  provider: Pick<ProviderSettings, 'name' | 'userId'>,
  apiKeys: Gateway['apiKeys'],
): readonly ClaimPath[] {
  const used = new Set([...namedClaims(apps), ...pathsForKeys(apiKeys, provider), provider.userId])
  // Whether an address counts hangs on the other.
  if (used.has('email')) used.add('email_verified')
  return [...used].sort()
}
