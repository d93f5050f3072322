import { type Credential, isHeaderCredential } from '../../core/credential/credential.ts'
import type { Location } from '../../core/gateway.ts'
import type { UpstreamAuthorization } from '../../core/headers/cors.ts'
import type { TokenHeader } from '../../core/headers/form.ts'
import { foldHeaderName } from '../../core/headers/names.ts'
import type { ConfigPath } from '../node.ts'
import type { Place } from './forwarding-place.ts'
import { faultAt, isWritten, type Scope } from './scope.ts'
import { restInBrowsers } from './token-headers.ts'

/** Without a word of the file, what somebody came by goes to no app. */
export function buildUpstreamAuthorization(
  written: UpstreamAuthorization | undefined,
  credentials: readonly Credential[],
): UpstreamAuthorization {
  return written ?? (credentials.some(isHeaderCredential) ? 'strip' : 'pass')
}

/**
 * The header that brings a token of the provider to the app: the session's, where there is one, which is kept and renewed as
 * others are; or what a pair gave. A token of the client goes on as it came.
 */
export function accessTokenHeader(
  how: UpstreamAuthorization,
  credentials: readonly Credential[],
): readonly TokenHeader[] {
  const isOfGateway = credentials.includes('session') || credentials.includes('exchange')
  return how === 'access_token' && isOfGateway ? [inAuthorization] : []
}

const inAuthorization = { name: 'Authorization', token: 'access_token', scheme: 'Bearer' } as const

/** What `upstream_authorization` may not say, of each place where it holds. */
export function checkUpstreamAuthorization(
  scope: Scope,
  ofApp: (key: string) => ConfigPath,
  places: readonly Place[],
  headersOfUpstream: readonly string[],
): void {
  const setter = headersOfUpstream.some(isAuthorization)
    ? '`upstream.headers`'
    : places.map(({ location }) => setsAuthorization(location)).find((name) => name !== null)
  for (const { path, location } of places) {
    const own = [...(path ?? []), 'upstream_authorization']
    const inherited = ofApp('upstream_authorization')
    const at = path !== null && isWritten(scope, own) ? own : isWritten(scope, inherited) ? inherited : null
    if (at === null) continue
    // Of what the app says once is told once.
    const beside = setter !== undefined && (path === null || at === own)
    const why = whyNot(scope, location, at === own) ?? (beside ? whyNotBeside(location, setter) : null)
    if (why !== null) faultAt(scope, at === own || path === null ? at : path, why)
  }
}

function whyNot(
  scope: Scope,
  { access, credentials, forwarding }: Location,
  isOfLocation: boolean,
): string | null {
  const { upstreamAuthorization: how } = forwarding
  if (how !== 'forward' && how !== 'access_token') return null
  if (access.kind === 'nobody' || access.kind === 'anyone')
    return isOfLocation
      ? `means nothing where nobody is told apart: there is no token to send (\`require: ${access.kind}\`)`
      : null
  const [hasBearer, hasSession] = [credentials.includes('bearer'), credentials.includes('session')]
  if (how === 'forward' && !hasBearer)
    return '`upstream_authorization: forward` sends on the token of `bearer`, which `credentials` does not list here: write `strip`, or `pass`'
  if (how === 'access_token' && !hasBearer && !hasSession && !credentials.includes('exchange'))
    return '`upstream_authorization: access_token` sends a token, and `credentials` lists none of `session`, `bearer` and `exchange` here: write `strip`'
  if (how === 'access_token' && hasSession && restInBrowsers(scope))
    return '`session.store: cookie` keeps no tokens: choose another store, or write `strip` or `pass`'
  return null
}

/** Two would be one header to the app. */
function whyNotBeside({ forwarding }: Location, setter: string): string | null {
  const { upstreamAuthorization: how } = forwarding
  if (how !== 'forward' && how !== 'access_token') return null
  return `\`upstream_authorization: ${how}\` sends \`Authorization\`, which ${setter} of this app sets already`
}

function setsAuthorization({ forwarding }: Location): string | null {
  const { headers = [], identityHeaders, credentialHeaders = [] } = forwarding
  const isIt = ({ name }: { readonly name: string }) => isAuthorization(name)
  if (headers.some(isIt)) return '`headers` of a location'
  return [...identityHeaders, ...credentialHeaders].some(isIt) ? '`identity_headers`' : null
}

function isAuthorization(name: string): boolean {
  return foldHeaderName(name) === 'authorization'
}
