import type { Gateway } from '../core/gateway.ts'
import type { KeyRing } from '../core/session/seal.ts'
import type { FinderGateway } from './session-finder.ts'

/** What of a configuration sessions depend on. */
export interface SessionEdition {
  readonly gateway: Pick<Gateway, 'hosts'> & FinderGateway
  readonly ring: KeyRing
}
