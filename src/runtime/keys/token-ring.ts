import type { Gateway } from '../../core/gateway.ts'
import { buildKeyRing, type KeyRing } from '../../core/session/seal.ts'

/**
 * What seals short tokens: `api_keys.secret`, where there is none what seals sessions. With a secret of their own,
 * whoever may sign people in can make none.
 */
export function tokenRing({ apiKeys }: Pick<Gateway, 'apiKeys'>, ofSessions: KeyRing): KeyRing {
  return apiKeys === null || apiKeys.secrets.length === 0 ? ofSessions : buildKeyRing(apiKeys.secrets)
}
