import type { Claims } from '../rules/claims.ts'
import { keepClaims } from '../session/kept-claims.ts'
import type { SelfServiceSettings } from './api-key-settings.ts'
import { type CopyingProvider, copiedPaths } from './copied-paths.ts'

/** The least of a person's claims that a key of theirs needs. */
export function copiedClaims(
  claims: Claims,
  selfService: SelfServiceSettings,
  provider: CopyingProvider,
): Claims {
  return keepClaims(claims, copiedPaths(selfService, provider))
}
