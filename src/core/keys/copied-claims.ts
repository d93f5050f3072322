import type { ProviderSettings } from '../gateway.ts'
import type { ClaimPath, Claims } from '../rules/claims.ts'
import { claimsOfRequirement } from '../rules/named-claims.ts'
import { keepClaims } from '../session/kept-claims.ts'
import type { SelfServiceSettings } from './api-key-settings.ts'

type CopyingProvider = Pick<ProviderSettings, 'name' | 'userId'>

/**
 * Every claim of a person that a key of theirs is read by: those that rules see, those of `self_service.require`, and what
 * the user id and the verdict on an address are read from. A provider is asked for them again with the others.
 */
export function copiedPaths(
  selfService: SelfServiceSettings,
  { userId }: CopyingProvider,
): readonly ClaimPath[] {
  const named = [...selfService.claims, ...claimsOfRequirement(selfService.require)]
  const address = [...named, userId].includes('email') ? ['email', 'email_verified'] : []
  return [...new Set([...named, userId, ...address])].sort()
}

/** The least of a person's claims that a key of theirs needs. */
export function copiedClaims(
  claims: Claims,
  selfService: SelfServiceSettings,
  provider: CopyingProvider,
): Claims {
  return keepClaims(claims, copiedPaths(selfService, provider))
}
