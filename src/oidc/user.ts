import type { Claims } from '../core/claims.ts'
import { LoginFault } from '../core/fault.ts'
import type { ProviderSettings } from '../core/gateway.ts'

/** To be replaced by core/principal. */
export function userOf(claims: Claims, settings: ProviderSettings): string {
  const value = Object.hasOwn(claims, settings.userId) ? claims[settings.userId] : undefined
  if (typeof value !== 'string' || value === '' || value.length > 255)
    throw new LoginFault('LOGIN_USER_ID_INVALID', `user_id: the claim ${settings.userId} is no usable string`)
  return settings.userIdPrefix + value
}
