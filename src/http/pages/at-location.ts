import type { IncomingHttpHeaders } from 'node:http'
import { withLocationHeadersBeside } from '../../core/headers/response.ts'
import type { Admission } from '../admission/admission.ts'
import { corsOf } from '../admission/cors.ts'

/**
 * An answer of the gateway's own, with what the location sets on all of its answers, and with its word on CORS; where no
 * location decided, such as for a method that none takes, with what the app does. The gateway's own addresses are at
 * none. `asked` are the headers of the request.
 */
export function atLocation<A extends { readonly headers: Readonly<Record<string, string>> }>(
  answer: A,
  admission: Admission | null,
  asked: IncomingHttpHeaders,
): A {
  if (admission === null || admission.address !== null) return answer
  const change = (admission.location ?? admission.app?.fallback)?.forwarding.responseHeaders
  const changed =
    change === undefined ? answer : { ...answer, headers: withLocationHeadersBeside(answer.headers, change) }
  const cors = corsOf(admission, asked)
  if (cors === null) return changed
  const { vary } = changed.headers
  const own = { ...cors.headers, vary: vary === undefined ? 'Origin' : `${vary}, Origin` }
  return { ...changed, headers: { ...changed.headers, ...own } }
}
