import type { Gateway, Origin } from '../../core/gateway.ts'
import { beginsWith, type Target } from '../../core/request/target.ts'
import type { OwnAddress } from './admission.ts'

/** Which of the gateway's own addresses a path is. */
export type OwnAddressMatch =
  | { readonly kind: 'own'; readonly address: OwnAddress; readonly methods: readonly string[] }
  /** Below the prefix, but nothing is there: it is never passed on, whatever a rule says. */
  | { readonly kind: 'unknown' }
  /** An encoded slash could be read as ours. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'not-ours' }

const gets = ['GET', 'HEAD']

/** Answers on any Host, so the gate asks for it first. */
export const healthMethods = gets

/**
 * The redirect URI is taken before any location; where it is set elsewhere, `/callback` below the prefix is nothing.
 * Judged on decoded segments, so that no spelling of the prefix reaches an app; encoded slashes count as slashes.
 */
export function matchOwnAddress(gateway: Gateway, origin: Origin, target: Target): OwnAddressMatch {
  if (target.path === origin.redirectPath)
    return { kind: 'own', address: 'callback', methods: callbackMethods(gateway, origin) }
  const below = beginsWith(target.segments, gateway.authSegments)
  if (!below) {
    const { splitSegments } = target
    const splitBelow = splitSegments !== undefined && beginsWith(splitSegments, gateway.authSegments)
    return splitBelow ? { kind: 'ambiguous' } : { kind: 'not-ours' }
  }
  switch (target.path.slice(gateway.authPrefix.length)) {
    case '/login':
      return { kind: 'own', address: 'login', methods: ['GET'] }
    case '/logout':
      return { kind: 'own', address: 'logout', methods: ['GET', 'POST'] }
    case '/logged-out':
      return { kind: 'own', address: 'logged-out', methods: ['GET'] }
    case '/me':
      return { kind: 'own', address: 'me', methods: gets }
    default:
      return { kind: 'unknown' }
  }
}

function callbackMethods(gateway: Gateway, origin: Origin): readonly string[] {
  const modes = origin.providers.map((name) => gateway.providers.get(name)?.responseMode)
  return [...(modes.includes('query') ? ['GET'] : []), ...(modes.includes('form_post') ? ['POST'] : [])]
}
