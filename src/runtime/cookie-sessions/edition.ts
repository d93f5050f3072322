import type { Gateway } from '../../core/gateway.ts'
import type { KeyRing } from '../../core/session/seal.ts'

/** What of a configuration sessions in cookies depend on. */
export interface CookieSessionEdition {
  readonly gateway: Pick<Gateway, 'providers' | 'hosts' | 'shadow' | 'session' | 'apiKeys'>
  readonly ring: KeyRing
}
