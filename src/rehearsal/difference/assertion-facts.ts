import type { AssertionSettings, SigningKey } from '../../core/assertion/settings.ts'
import { anyOf } from './fact.ts'

/** What an app verifies: whoever it demands as issuer or audience must be told there too. */
export function assertionFacts(settings: AssertionSettings | null) {
  if (settings === null) return { identity_assertion: 'none' }
  const { header, issuer, audience, claims, lifetimeSeconds } = settings
  return {
    identity_assertion: `by ${issuer}`,
    'identity_assertion.header': header,
    'identity_assertion.audience': audience,
    'identity_assertion.claims': anyOf(claims),
    'identity_assertion.lifetime': `${lifetimeSeconds}s`,
  }
}

/** A thumbprint tells keys apart and says nothing of the private part: it is in every assertion. */
export function signingKeysFact(keys: readonly SigningKey[]): string | null {
  return keys.map(({ kid }) => kid).join(', then ') || null
}
