import type { Credential, HeaderCredential } from '../../core/credential/credential.ts'
import type { HeaderLookup } from '../../core/credential/lookup.ts'
import type { CredentialVerdict } from '../../core/credential/refusal.ts'
import type { AnyFault } from '../../core/fault.ts'
import type { SessionLookup } from '../../runtime/sessions.ts'

/** What is known of who asks. */
export type CallerLookup =
  | SessionLookup
  | (Extract<HeaderLookup, { kind: 'identified' }> & { readonly credential: Exclude<Credential, 'session'> })
  | {
      readonly kind: 'refused'
      readonly refusal: CredentialVerdict
      readonly credential: HeaderCredential | null
    }
  /** A store or a provider did not answer. */
  | { readonly kind: 'unanswered'; readonly fault: AnyFault }

export const nobody: SessionLookup = { kind: 'none', why: 'no-session' }
