import type { IncomingHttpHeaders } from 'node:http'
import type { App, Location } from '../../core/gateway.ts'
import { type CorsAnswer, corsAnswer, governsCors } from '../../core/headers/cors-answer.ts'
import { matchRoute } from '../../core/request/route-match.ts'
import { type Admission, judgesOf } from './admission.ts'

/** What is said of CORS in the answer to a request, be it the app's or ours; null: nothing of ours. */
export function corsOf(admission: Admission, headers: IncomingHttpHeaders): CorsAnswer | null {
  const { app, address } = admission
  if (app === null || address !== null) return null
  return corsAnswer(app, answering(app, admission), { origin: headers.origin, cookie: headers.cookie })
}

/** Whether a preflight that was let in is answered by the gateway itself. */
export function isOwnPreflight(admission: Admission): boolean {
  const { decision } = admission
  return decision.reason === 'preflight' && governsCors(judgesOf(admission))
}

/**
 * The locations whose answer it is. Where none takes the method, those of the path that take another; where the path
 * itself was refused, what holds for the whole app.
 */
function answering(app: App, admission: Admission): readonly Location[] {
  const judges = judgesOf(admission)
  if (judges.length > 0) return judges
  const { decision, origin, target } = admission
  if (decision.kind !== 'reject' || decision.allow === undefined || origin === null || target === null)
    return [app.fallback]
  const found = decision.allow.flatMap((method) => {
    const match = matchRoute(origin, target, method)
    return match.kind === 'app' ? [match.location, ...match.others] : []
  })
  return found.length > 0 ? [...new Set(found)] : [app.fallback]
}
