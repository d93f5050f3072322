import type { Origin } from '../core/gateway.ts'
import type { Sealed } from '../core/session/seal.ts'

/**
 * What a browser has to keep where sessions rest in it (`store: cookie`): up to when its sessions have ended, whenever
 * they were sealed. Nobody else knows.
 */
export interface SignOutMarks {
  /** For beside a new session: those before it count no more. Null for what is none of ours. */
  beside(cookieValue: string, origin: Origin): Sealed | null
  /** For after a sign-out, of the session cookies and marks that came with it. */
  after(
    sent: { readonly cookieValues: readonly string[]; readonly marks: readonly string[] },
    origin: Origin,
  ): Sealed
}
