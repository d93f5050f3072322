import { LoginFault } from '../core/fault.ts'
import type { Session } from '../core/session/session.ts'
import { recordTooLarge } from '../core/session/session-record.ts'

/** Throws a LoginFault for a session that is too large to be kept. */
export function refuseLarge(session: Session): void {
  const tooLarge = recordTooLarge(session)
  if (tooLarge !== null) throw new LoginFault('LOGIN_CLAIMS_TOO_LARGE', tooLarge)
}
