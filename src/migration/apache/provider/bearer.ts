import { issuerOfMetadata } from '../../../core/metadata-address.ts'
import { providerName } from '../../provider-name.ts'
import type { YamlValue } from '../../yaml.ts'
import type { RemoteUser } from '../context.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { type ProviderNotes, plain } from './notes.ts'
import type { ConvertedProvider } from './provider.ts'

/** Access tokens of a host, as its provider takes them here. */
export interface ConvertedBearer {
  readonly provider: ConvertedProvider
  /** Who a token says that somebody is: `OIDCOAuthRemoteUserClaim`. */
  readonly remoteUser: RemoteUser
}

/** How httpd looked into tokens, and the line that says so. */
interface Check {
  readonly check: 'jwt' | 'introspection'
  readonly line: Directive
  readonly address: string
}

const unknownIssuer = 'https://fill-in.invalid'

/**
 * What `OIDCOAuth…` becomes: `bearer` of the provider that people sign in with where its tokens are meant, else a provider
 * with which nobody signs in. Null where no place takes tokens, or where nobody can say here what httpd accepted: such
 * places stay closed.
 */
export function readBearer(
  host: VirtualHost,
  signIn: ConvertedProvider | null,
  notes: ProviderNotes,
): ConvertedBearer | null {
  const { directives } = host
  const check = readCheck(directives)
  if (!takesTokens(host) || !takesThemByHeader(host)) return null
  if (check === null) return null
  const issuer = issuerOf(directives, check, signIn?.issuer ?? null)
  const remoteUser = readTokenUser(directives)
  if (signIn !== null && !isSame(issuer, signIn.issuer)) {
    const message = `its tokens are not known to be of the provider that people sign in with: write their provider, with \`bearer\`, and \`credentials: [bearer]\` at the places that take them. Until then no token opens anything`
    notes.report(plain('bearer-provider', 'not-convertible', check.line, message))
    return null
  }
  const bearer = bearerOf(directives, check, remoteUser, signIn, notes)
  const provider =
    signIn === null
      ? tokenProvider(directives, check, issuer, bearer, notes)
      : { ...signIn, keys: { ...signIn.keys, bearer } }
  return { provider, remoteUser }
}

/** Whether a host has a place that takes access tokens. */
export function takesTokens({ directives, sections }: VirtualHost): boolean {
  const all = [...directives, ...sections.flatMap((section) => section.directives)]
  return all.some(
    ({ key, rest }) => key === 'authtype' && /^"?(?:oauth20|auth-openidc)"?$/i.test(rest.trim()),
  )
}

/** Elsewhere a token in the header opened nothing. */
function takesThemByHeader({ directives, sections }: VirtualHost): boolean {
  const lines = [...directives, ...sections.flatMap((section) => section.directives)]
  const told = lines.filter(({ key }) => key === 'oidcoauthaccepttokenas')
  return told.every(({ rest }) => rest.trim() === '' || splitWords(rest).some((one) => /^header$/i.test(one)))
}

/** Introspection came first; keys that the file holds itself have no counterpart. */
function readCheck(directives: readonly Directive[]): Check | null {
  const found = (name: string, check: Check['check']): readonly Check[] => {
    const line = lastOf(directives, name)
    const [address = ''] = wordsOf(directives, name)
    return line === null || address === '' ? [] : [{ check, line, address }]
  }
  // Whether its metadata names an introspection endpoint nobody asks here; who has a client there uses it.
  const ofMetadata = wordsOf(directives, 'OIDCOAuthClientID').length > 0 ? 'introspection' : 'jwt'
  const [first] = [
    ...found('OIDCOAuthIntrospectionEndpoint', 'introspection'),
    ...found('OIDCOAuthVerifyJwksUri', 'jwt'),
    ...found('OIDCOAuthServerMetadataURL', ofMetadata),
  ]
  return first ?? null
}

function issuerOf(directives: readonly Directive[], { address }: Check, signIn: string | null): string {
  const [written] = wordsOf(directives, 'OIDCOAuthVerifyIssuer')
  if (written !== undefined) return written
  const [metadata] = wordsOf(directives, 'OIDCOAuthServerMetadataURL')
  const ofMetadata = metadata === undefined ? null : issuerOfMetadata(metadata)
  if (ofMetadata !== null) return ofMetadata
  if (metadata !== undefined || signIn === null) return unknownIssuer
  return isOf(address, signIn) ? signIn : unknownIssuer
}

/**
 * Whether an address is one of an issuer’s. Several issuers may share a host, by their paths (Keycloak’s realms, Okta’s
 * servers): it must lie below the issuer’s path, and where that has none it must be a short one.
 */
function isOf(address: string, issuer: string): boolean {
  if (!URL.canParse(address) || !URL.canParse(issuer)) return false
  const [asked, own] = [new URL(address), new URL(issuer)]
  if (asked.origin !== own.origin) return false
  const path = own.pathname.replace(/\/$/, '')
  return path === '' ? asked.pathname.split('/').length <= 3 : asked.pathname.startsWith(`${path}/`)
}

function isSame(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '')
}

function readTokenUser(directives: readonly Directive[]): RemoteUser {
  const [claim = 'sub', expression = null] = wordsOf(directives, 'OIDCOAuthRemoteUserClaim')
  return { claim, suffix: '', expression }
}

function bearerOf(
  directives: readonly Directive[],
  { check, line }: Check,
  { claim }: RemoteUser,
  signIn: ConvertedProvider | null,
  notes: ProviderNotes,
): YamlValue {
  const audiences = wordsOf(directives, 'OIDCOAuthVerifyAudience')
  if (audiences.length === 0) {
    const message =
      'httpd did not ask for whom a token was made: every token of the provider got in. Write the `aud` of those that are meant in `bearer.audiences`, or for tokens without `aud` their client in `client_ids`'
    notes.report(plain('bearer-audience', 'not-convertible', line, message))
  }
  const seconds = Number(wordsOf(directives, 'OIDCOAuthTokenIntrospectionInterval')[0] ?? 0)
  return {
    audiences: audiences.length === 0 ? ['fill-in'] : audiences,
    ...(check === 'jwt' ? {} : { check }),
    ...(claim === (signIn?.keys.user_id ?? 'sub') ? {} : { user_id: claim }),
    ...(check === 'introspection' && seconds >= 1 && seconds <= 300 ? { cache: `${seconds}s` } : {}),
  }
}

/** A provider with which nobody signs in. */
function tokenProvider(
  directives: readonly Directive[],
  { check, line, address }: Check,
  issuer: string,
  bearer: YamlValue,
  notes: ProviderNotes,
): ConvertedProvider {
  if (issuer === unknownIssuer) {
    const message = `who issued the tokens, no line says: write the provider's \`issuer\`, which is their \`iss\``
    notes.report(plain('bearer-issuer', 'not-convertible', line, message))
  }
  const name = providerName(issuer)
  const hasKeysAlone = check === 'jwt' && lastOf(directives, 'OIDCOAuthServerMetadataURL') === null
  const keys: Record<string, YamlValue> = {
    issuer,
    ...(hasKeysAlone ? { jwks_uri: address } : {}),
    ...(check === 'introspection' ? clientOf(directives, name, notes) : {}),
    bearer,
  }
  return { name, issuer, keys, at: line.at }
}

function clientOf(
  directives: readonly Directive[],
  name: string,
  { variable }: ProviderNotes,
): Record<string, YamlValue> {
  const [id = 'fill-in'] = wordsOf(directives, 'OIDCOAuthClientID')
  const [secret = ''] = wordsOf(directives, 'OIDCOAuthClientSecret')
  const secretName = /^\$\{(\w+)\}$/.exec(secret)?.[1] ?? 'OIDC_OAUTH_CLIENT_SECRET'
  variable({
    name: secretName,
    purpose: `the client secret of provider ${name}, as in OIDCOAuthClientSecret`,
  })
  const [method = ''] = (wordsOf(directives, 'OIDCOAuthIntrospectionEndpointAuth')[0] ?? '').split(':')
  return {
    client_id: id,
    client_secret: `\${env:${secretName}}`,
    ...(/^client_secret_(?:basic|post)$/.test(method) ? { token_endpoint_auth_method: method } : {}),
  }
}
