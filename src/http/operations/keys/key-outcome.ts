import { keyOf } from '../../../core/credential/credential.ts'
import type { Admission } from '../../admission/admission.ts'

/** Reasons of which each says what became of a key of ours. */
const ofKeys: ReadonlySet<string> = new Set([
  ...(['key-invalid', 'key-over', 'key-revoked', 'key-asleep', 'key-not-for-app', 'key-restricted'] as const),
])

/**
 * What became of the key that a request bore: `used`, `refused` by a rule or a limit though the key is good, or the reason
 * for which it counted nothing. Null: it bore none that was looked at, or asked for a token, which uses nothing.
 */
export function keyOutcome({
  address,
  decision,
  principal,
}: Pick<Admission, 'address' | 'decision' | 'principal'>): string | null {
  if (address !== null) return null
  if (principal !== null && keyOf(principal) !== null) return decision.kind === 'allow' ? 'used' : 'refused'
  return ofKeys.has(decision.reason) ? decision.reason : null
}
