import { isOfUse, tokenUses } from '../../core/credential/token-uses.ts'
import type { Gateway, Origin, RedirectUri } from '../../core/gateway.ts'
import { caselessKeys } from '../../core/request/caseless.ts'
import { compatibleReadings } from '../../core/request/compatible-path.ts'
import { couldBeRedirectUri, type TakenPath } from '../../core/request/redirect-uri.ts'
import { beginsWith, type Target } from '../../core/request/target.ts'
import type { OwnAddress } from './admission.ts'

/** Which of the gateway's own addresses a path is. */
type OwnAddressMatch =
  | { readonly kind: 'own'; readonly address: OwnAddress; readonly methods: readonly string[] }
  /** Below the prefix, but nothing is there: it is never passed on, whatever a rule says. */
  | { readonly kind: 'unknown' }
  /** Another reading of the path is ours. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'not-ours' }

const gets = ['GET', 'HEAD']

/** Answers on any Host, so the gate asks for it first. */
export const healthMethods = gets

/**
 * A redirect URI is taken before any location, and what could be read as one is nothing; where it is set elsewhere,
 * `/callback` below the prefix is nothing either. The same holds for the metadata of apps that take access tokens.
 * Judged on decoded segments, so that no spelling of the prefix reaches an app, and on every reading of the path. Where
 * an app of the origin ignores case, other spellings of the prefix are nothing either.
 */
export function matchOwnAddress(gateway: Gateway, origin: Origin, target: Target): OwnAddressMatch {
  const redirect = matchRedirectUri(gateway, origin, target) ?? matchResourceMetadata(origin, target)
  if (redirect !== null) return redirect
  const below = beginsWith(target.segments, gateway.authSegments)
  if (!below) {
    for (const reading of target.otherReadings)
      if (beginsWith(reading, gateway.authSegments)) return { kind: 'ambiguous' }
    return isOursCaselessly(gateway, origin, target) ? { kind: 'unknown' } : { kind: 'not-ours' }
  }
  switch (target.path.slice(gateway.authPrefix.length)) {
    case '/login':
      // Where nobody signs in, there is nothing to choose from.
      return origin.providers.length === 0
        ? { kind: 'unknown' }
        : { kind: 'own', address: 'login', methods: ['GET', 'POST'] }
    case '/logout':
      return { kind: 'own', address: 'logout', methods: ['GET', 'POST'] }
    case '/logged-out':
      return { kind: 'own', address: 'logged-out', methods: ['GET'] }
    // Where nothing is given out that would open anything, nobody is asked for a secret.
    case '/token':
      return isOfUse(tokenUses(gateway, origin))
        ? { kind: 'own', address: 'token', methods: ['POST'] }
        : { kind: 'unknown' }
    case '/backchannel-logout':
      return byProvider(gateway, 'backchannel-logout', ['POST'])
    // No HEAD: it ends a session.
    case '/frontchannel-logout':
      return byProvider(gateway, 'frontchannel-logout', ['GET'])
    case '/':
      return { kind: 'own', address: 'account', methods: gets }
    case '/sessions':
      // Nobody but the browsers themselves knows of the sessions that they keep.
      return gateway.session.store.kind === 'cookie'
        ? { kind: 'unknown' }
        : { kind: 'own', address: 'sessions', methods: ['GET', 'POST'] }
    case '/keys':
      // The page of one's own keys is at one origin alone.
      return gateway.apiKeys?.selfService?.at === origin.origin
        ? { kind: 'own', address: 'keys', methods: ['GET', 'POST'] }
        : { kind: 'unknown' }
    case '/resume':
      return gateway.session.store.kind === 'cookie'
        ? { kind: 'unknown' }
        : { kind: 'own', address: 'resume', methods: gets }
    // Where no app is sent an assertion, there is nothing to verify.
    case '/jwks.json':
      return gateway.apps.some(({ identityAssertion }) => identityAssertion !== null)
        ? { kind: 'own', address: 'jwks', methods: gets }
        : { kind: 'unknown' }
    case '/me':
      return { kind: 'own', address: 'me', methods: gets }
    default:
      return { kind: 'unknown' }
  }
}

/** A session that rests in the browser's cookie alone is nobody's to end from elsewhere: then there is no such address. */
function byProvider(
  { session }: Gateway,
  address: 'backchannel-logout' | 'frontchannel-logout',
  methods: readonly string[],
): OwnAddressMatch {
  return session.store.kind === 'cookie' ? { kind: 'unknown' } : { kind: 'own', address, methods }
}

/** Null: not even in another spelling. */
function matchRedirectUri(
  gateway: Gateway,
  { redirectUris }: Origin,
  target: Target,
): OwnAddressMatch | null {
  const { path, segments, otherReadings } = target
  for (const one of redirectUris)
    if (one.path === path) return { kind: 'own', address: 'callback', methods: callbackMethods(gateway, one) }
  if (couldBeOneOf(redirectUris, segments)) return { kind: 'unknown' }
  for (const reading of otherReadings) if (couldBeOneOf(redirectUris, reading)) return { kind: 'ambiguous' }
  return null
}

/** The metadata of an app as a protected resource (RFC 9728); null: not even in another spelling. */
function matchResourceMetadata({ resourceMetadata }: Origin, target: Target): OwnAddressMatch | null {
  if (resourceMetadata.length === 0) return null
  const { path, segments, otherReadings } = target
  if (resourceMetadata.some((one) => one.path === path))
    return { kind: 'own', address: 'resource-metadata', methods: [...gets, 'OPTIONS'] }
  if (couldBeOneOf(resourceMetadata, segments)) return { kind: 'unknown' }
  return otherReadings.some((reading) => couldBeOneOf(resourceMetadata, reading))
    ? { kind: 'ambiguous' }
    : null
}

/** Whether some server that ignores case could take the path, in any reading, for one of the gateway’s own. */
function isOursCaselessly({ authSegments }: Gateway, origin: Origin, target: Target): boolean {
  if (!hasAppThatIgnoresCase(origin)) return false
  const own = caselessKeys(authSegments)
  const readings = [target.segments, ...target.otherReadings]
  return [...readings, ...readings.flatMap((one) => compatibleReadings(one) ?? [])].some((reading) => {
    const keys = caselessKeys(reading)
    return (
      beginsWith(keys, own) ||
      couldBeOneOf(origin.redirectUris, keys) ||
      couldBeOneOf(origin.resourceMetadata, keys)
    )
  })
}

function hasAppThatIgnoresCase({ apps }: Origin): boolean {
  for (const { ignoreCase } of apps) if (ignoreCase) return true
  return false
}

function couldBeOneOf(taken: readonly TakenPath[], segments: readonly string[]): boolean {
  for (const one of taken) if (couldBeRedirectUri(one, segments)) return true
  return false
}

function callbackMethods(gateway: Gateway, { providers }: RedirectUri): readonly string[] {
  const modes = providers.map((name) => gateway.providers.get(name)?.responseMode)
  return [...(modes.includes('query') ? ['GET'] : []), ...(modes.includes('form_post') ? ['POST'] : [])]
}
