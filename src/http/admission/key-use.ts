import { keyOf } from '../../core/credential/credential.ts'
import type { Admission } from './admission.ts'
import type { Asking } from './caller-lookup.ts'
import type { AdmissionContext } from './session-lookup.ts'

/** A key was used when it let a request in: what was refused, by a rule or a limit, is none of its owner's uses. */
export function countKeyUse(
  { keys }: Pick<AdmissionContext, 'keys'>,
  admission: Admission,
  { client, now }: Pick<Asking, 'client' | 'now'>,
): Admission {
  const { decision, principal } = admission
  const key = principal === null ? null : keyOf(principal)
  if (decision.kind === 'allow' && key !== null) keys?.used(key.id, now, client.network)
  return admission
}
