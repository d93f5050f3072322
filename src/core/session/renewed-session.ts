import type { Session } from './session.ts'

/**
 * A session with what the provider said when it was asked again. Its times, its marks, and what it is found by stay
 * those of the sign-in: a renewal that was under way while something ended it must not hide it from that.
 */
export function renewedSession(
  there: Session,
  { claims, idToken, scopes, tokens, checkedAt }: Pick<Session, Renewed>,
): Session {
  return { ...there, claims, idToken, scopes, tokens, checkedAt }
}

type Renewed = 'claims' | 'idToken' | 'scopes' | 'tokens' | 'checkedAt'
