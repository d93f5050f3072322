import type { ProviderSettings } from '../gateway.ts'
import type { ClaimPath } from '../rules/claims.ts'
import { claimsOfRequirement } from '../rules/named-claims.ts'
import type { ApiKeySettings, SelfServiceSettings } from './api-key-settings.ts'

export type CopyingProvider = Pick<ProviderSettings, 'name' | 'userId'>

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

/** The same where it is not said yet whether people of this provider may have keys; none where they may not. */
export function pathsForKeys(
  apiKeys: Pick<ApiKeySettings, 'selfService'> | null,
  provider: CopyingProvider,
): readonly ClaimPath[] {
  const selfService = apiKeys?.selfService ?? null
  return selfService?.providers.includes(provider.name) === true ? copiedPaths(selfService, provider) : []
}
