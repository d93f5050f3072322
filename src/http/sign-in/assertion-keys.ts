import type { Admission } from '../admission/admission.ts'
import { type Answer, refusal } from '../pages/answer.ts'
import type { RequestContext } from '../server/context.ts'

/**
 * The keys by which apps verify identity assertions (RFC 7517 section 5): public parts, the same at every origin and
 * for whoever asks. For programs: no page of another origin has a use for them.
 */
export function showAssertionKeys({ runtime }: RequestContext, admission: Admission): Answer {
  const { keySet } = runtime.assertions
  if (keySet === null) return refusal(admission, 404, 'address-unknown')
  return {
    status: 200,
    headers: {
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    },
    body: keySet,
  }
}
