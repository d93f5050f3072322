import type { Location } from '../gateway.ts'
import type { RequestHeaders } from './navigation.ts'

/**
 * The method that a CORS preflight asks for (Fetch standard section 4.8), or null: it is none. A preflight never
 * carries a cookie, so it cannot be judged by who sent it; judge the location that the asked-for method would get.
 */
export function askedMethod(method: string, headers: RequestHeaders): string | null {
  const asked = headers['access-control-request-method']
  return method === 'OPTIONS' && headers.origin !== undefined && typeof asked === 'string' ? asked : null
}

/** Whether a preflight for this location goes on without session and identity; else it is an ordinary OPTIONS request. */
export function passesPreflight({ access, forwarding }: Location): boolean {
  return forwarding.corsPreflight === 'pass' && access.kind !== 'nobody'
}
