import type { Credential } from './credential.ts'

/** What a 401 or 403 tells programs of what is accepted there (RFC 9110 section 11.6.1). */
export interface ChallengeFacts {
  readonly credentials: readonly Credential[]
  /** Null: no credential came, and then none is told (RFC 6750 section 3.1). */
  readonly error: 'invalid_token' | 'insufficient_scope' | null
  /** Those that are wanted. */
  readonly scopes: readonly string[]
  /** Where the protected resource is described (RFC 9728 section 5.1); null: nowhere. */
  readonly resourceMetadata: string | null
  /** Whether a browser asks: it would show a window of its own for `Basic`, and keep what is typed into it. */
  readonly isBrowser: boolean
}

/**
 * The value of `WWW-Authenticate`: one challenge for each way to send a credential that counts there; empty: none does.
 */
export function challengesFor(facts: ChallengeFacts): string {
  const { credentials, isBrowser } = facts
  const takes = (...some: readonly Credential[]) => some.some((one) => credentials.includes(one))
  return [
    ...(takes('api_key', 'exchange') && !isBrowser ? [`Basic ${realm}, charset="UTF-8"`] : []),
    ...(takes('api_key', 'bearer', 'widget') ? [bearerChallenge(facts)] : []),
    // Neither is a registered scheme: RFC 9110 section 15.5.2 wants a 401 to name one.
    ...(takes('client_certificate') ? [`Certificate ${realm}`] : []),
    ...(takes('session') ? [`Cookie ${realm}`] : []),
  ].join(', ')
}

const realm = 'realm="claimgate"'

/** RFC 6750 section 3. */
function bearerChallenge({ error, scopes, resourceMetadata }: ChallengeFacts): string {
  return [
    `Bearer ${realm}`,
    ...(error === null ? [] : [`error="${error}"`]),
    ...(error === 'insufficient_scope' && scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []),
    ...(resourceMetadata === null ? [] : [`resource_metadata="${resourceMetadata}"`]),
  ].join(', ')
}
