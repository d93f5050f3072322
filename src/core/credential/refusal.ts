import type { Decision } from '../decision.ts'
import type { HeaderCredential } from './credential.ts'
import type { HeaderLookup } from './lookup.ts'

/** Why a credential that a header carried lets nobody in. */
export type CredentialVerdict =
  | (Exclude<HeaderLookup, { kind: 'identified' }> & { readonly credential: HeaderCredential })
  /** Two of them, or one twice. */
  | { readonly kind: 'ambiguous' }
  /** `Basic`, which browsers add by themselves, from a page of another site. */
  | { readonly kind: 'cross-site' }

/** The verdict on a request that such a one came with, wherever somebody has to be known, or is told to the app. */
export function refusedBy(refusal: CredentialVerdict): Decision {
  switch (refusal.kind) {
    case 'refused':
      return {
        ...{ kind: 'challenge', how: 'unauthorized', reason: refusal.why, providers: [], stepUp: null },
        presented: refusal.credential,
      }
    case 'insufficient': {
      const { why: reason, scopes } = refusal
      return { kind: 'deny', reason, principal: null, scopes }
    }
    case 'throttled': {
      const { retryAfterSeconds } = refusal
      return { kind: 'reject', status: 429, reason: 'too-many-unknown', retryAfterSeconds }
    }
    case 'ambiguous':
      return { kind: 'reject', status: 400, reason: 'credentials-ambiguous' }
    case 'cross-site':
      return { kind: 'deny', reason: 'cross-site', principal: null }
  }
}

/** For the log; null: the reason says it all. */
export function detailOf(refusal: CredentialVerdict): string | null {
  return 'detail' in refusal ? refusal.detail : null
}
