import { LoginFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import type { Session } from '../core/session/session.ts'
import { encodeSession } from '../core/session/session-record.ts'

/** Throws a LoginFault for a session that is too large to be kept. Never cut: a claim that is missing could let somebody in. */
export function refuseLarge(session: Session): void {
  const bytes = Buffer.byteLength(encodeSession(session))
  if (bytes <= limits.sessionRecordBytes) return
  const keepsTokens = session.tokens.access !== null || session.tokens.refresh !== null
  const what = keepsTokens ? 'claims, ID token and the tokens that are kept' : 'claims and ID token'
  const found = `${what} take ${bytes} bytes as a session, at most ${limits.sessionRecordBytes} are kept`
  throw new LoginFault(
    'LOGIN_CLAIMS_TOO_LARGE',
    `${found}; let the provider send fewer of them (groups above all), or ask for fewer \`scopes\``,
  )
}
