import type { Place } from '../../config/apache/lines.ts'
import { lastOf, type VirtualHost } from '../../config/apache/site.ts'
import type { Directive } from '../../config/apache/tree.ts'
import { splitWords } from '../../config/apache/words.ts'
import type { RemoteUser } from './context.ts'
import { type Finding, told } from './finding.ts'
import type { MetadataProvider } from './metadata-folder.ts'
import type { YamlValue } from './yaml.ts'

/** One provider of the result. */
export interface ConvertedProvider {
  readonly name: string
  readonly issuer: string
  readonly keys: { readonly [key: string]: YamlValue }
  /** `httpd.conf:3`: where it comes from; null where nothing says. */
  readonly at: Place | null
}

/** A variable that the result asks for. */
export interface Variable {
  readonly name: string
  readonly purpose: string
}

export interface ProviderNotes {
  readonly report: (finding: Finding) => void
  readonly variable: (variable: Variable) => void
}

/** The one provider of `OIDCProvider…` and `OIDCClient…`; null where the host names none. */
export function readProvider(host: VirtualHost, notes: ProviderNotes): ConvertedProvider | null {
  const { directives } = host
  const id = lastOf(directives, 'OIDCClientID')
  const metadata = lastOf(directives, 'OIDCProviderMetadataURL')
  const explicit = lastOf(directives, 'OIDCProviderIssuer')
  if (id === null && metadata === null && explicit === null) return null
  const issuer = issuerOf(metadata, explicit, directives, notes)
  const name = providerName(issuer)
  const clientId = splitWords(id?.rest ?? '')[0] ?? ''
  if (clientId === '') {
    notes.report(
      plain('client-id', 'not-convertible', metadata ?? explicit, 'no OIDCClientID: write `client_id`'),
    )
  }
  const keys: Record<string, YamlValue> = { issuer, client_id: clientId === '' ? 'fill-in' : clientId }
  kept(id, `providers.${name}.client_id`, notes)
  Object.assign(keys, readProof(directives, name, notes), readRequest(directives, name, notes))
  return { name, issuer, keys, at: metadata?.at ?? explicit?.at ?? id?.at ?? null }
}

/** A provider of `OIDCMetadataDir`; what its `.conf` lacks comes from the host's directives. */
export function readMetadataProvider(
  { issuer, clientId, settings, at, hasSecret }: MetadataProvider,
  host: VirtualHost,
  notes: ProviderNotes,
): ConvertedProvider {
  const name = providerName(issuer, true)
  const method = textOf(settings.token_endpoint_auth)
  const keys: Record<string, YamlValue> = { issuer, client_id: clientId === '' ? 'fill-in' : clientId }
  if (method === null || /^client_secret_(?:basic|post)$/.test(method)) {
    const variable = `${name.toUpperCase().replaceAll(/\W/g, '_')}_CLIENT_SECRET`
    keys.client_secret = `\${env:${variable}}`
    notes.variable({
      name: variable,
      purpose: `the client secret of ${issuer}${hasSecret ? ', as in its .client file' : ''}`,
    })
  }
  if (method !== null) keys.token_endpoint_auth_method = method
  const scope = textOf(settings.scope) ?? splitWords(lastOf(host.directives, 'OIDCScope')?.rest ?? '')[0]
  keys.scopes = scopesOf(scope ?? 'openid')
  return { name, issuer, keys: { ...keys, ...readUser(host.directives, name, issuer, notes) }, at }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

const wellKnown = '/.well-known/openid-configuration'

function issuerOf(
  metadata: Directive | null,
  explicit: Directive | null,
  directives: readonly Directive[],
  notes: ProviderNotes,
): string {
  const [written] = splitWords(explicit?.rest ?? '')
  const [address = ''] = splitWords(metadata?.rest ?? '')
  const plainAddress = address.replace(/\?.*$/, '')
  if (metadata === null) {
    const endpoints = directives.filter(({ key }) => staticEndpoint.test(key))
    for (const directive of endpoints) {
      notes.report(
        plain(
          'static-endpoint',
          'not-convertible',
          directive,
          `endpoints are read from the provider's metadata: see that ${written ?? 'ISSUER'}${wellKnown} answers. A provider without metadata cannot be used`,
        ),
      )
    }
    if (written !== undefined) kept(explicit, 'the provider’s `issuer`', notes)
    return written ?? 'https://fill-in.invalid'
  }
  if (written !== undefined) {
    kept(explicit, 'the provider’s `issuer`', notes)
    kept(metadata, 'the provider’s `issuer`, whose metadata it is', notes)
    return written
  }
  if (!plainAddress.endsWith(wellKnown)) {
    notes.report(
      plain(
        'metadata-url',
        'not-convertible',
        metadata,
        `the address does not end with ${wellKnown}: write the provider's \`issuer\` as its metadata has it`,
      ),
    )
    return 'https://fill-in.invalid'
  }
  // Auth0 writes its issuer with a last slash; whoever else does is told by `check` at the first start.
  const bare = plainAddress.slice(0, -wellKnown.length)
  const issuer = /\.auth0\.com$/.test(bare) ? `${bare}/` : bare
  notes.report(
    plain(
      'issuer',
      'kept',
      metadata,
      `\`issuer: ${issuer}\`; it has to be exactly what the metadata says, with or without a last slash`,
    ),
  )
  return issuer
}

const staticEndpoint =
  /^oidcprovider(?:authorization|token|userinfo|endsession|revocation|pushedauthorizationrequest)endpoint$|^oidcproviderjwksuri$/

function plain(id: string, kind: Finding['kind'], directive: Directive | null, message: string): Finding {
  return {
    id,
    kind,
    at: directive?.at ?? null,
    what: directive === null ? 'the provider' : told(directive),
    message,
    effect: null,
  }
}

/** Says that a directive is in the result, and where. */
export function kept(
  directive: Directive | null,
  where: string,
  { report }: Pick<ProviderNotes, 'report'>,
): void {
  if (directive !== null) report(plain('kept', 'kept', directive, where))
}

/** The name of a provider, for the file: of a well-known one its own, else its host. */
export function providerName(issuer: string, several = false): string {
  const hostname = URL.parse(issuer)?.hostname ?? ''
  const known = knownNames.find(([pattern]) => pattern.test(hostname))?.[1]
  if (known !== undefined) return known
  return several && /^[A-Za-z0-9]/.test(hostname) ? hostname : 'main'
}

const knownNames: readonly (readonly [RegExp, string])[] = [
  [/^accounts\.google\.com$/, 'google'],
  [/^login\.microsoftonline\./, 'microsoft'],
  [/\.auth0\.com$/, 'auth0'],
  [/\.okta(?:preview|-emea)?\.com$/, 'okta'],
  [/salesforce\.com$/, 'salesforce'],
  [/^cognito-idp\./, 'cognito'],
]

/** How the client proves itself. The secret itself never comes along. */
function readProof(
  directives: readonly Directive[],
  name: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const auth = lastOf(directives, 'OIDCProviderTokenEndpointAuth')
  const secret = lastOf(directives, 'OIDCClientSecret')
  const [method = ''] = (splitWords(auth?.rest ?? '')[0] ?? '').split(':')
  kept(auth, `providers.${name}.token_endpoint_auth_method`, notes)
  switch (method) {
    case 'none':
      return { token_endpoint_auth_method: 'none' }
    case 'private_key_jwt':
      return { token_endpoint_auth_method: method, ...readKey(directives, name, notes) }
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth': {
      const [certificate = 'fill-in.crt'] = splitWords(
        lastOf(directives, 'OIDCClientTokenEndpointCert')?.rest ?? '',
      )
      const [key = 'fill-in.key'] = splitWords(lastOf(directives, 'OIDCClientTokenEndpointKey')?.rest ?? '')
      if (method !== 'tls_client_auth')
        notes.report(plain('client-auth', 'changed', auth, 'is written as `tls_client_auth`'))
      return { token_endpoint_auth_method: 'tls_client_auth', client_certificate: { certificate, key } }
    }
    case 'client_secret_jwt':
      notes.report(
        plain(
          'client-auth',
          'not-convertible',
          auth,
          'register the client for `client_secret_basic` or `private_key_jwt` at the provider',
        ),
      )
  }
  const [value = ''] = splitWords(secret?.rest ?? '')
  const variable = /^\$\{(\w+)\}$/.exec(value)?.[1] ?? 'OIDC_CLIENT_SECRET'
  notes.variable({ name: variable, purpose: `the client secret of provider ${name}, as in OIDCClientSecret` })
  if (secret !== null) {
    notes.report(
      plain('client-secret', 'changed', secret, `is not copied: the file asks for \${env:${variable}}`),
    )
  }
  const proof = { client_secret: `\${env:${variable}}` }
  return /^client_secret_(?:basic|post)$/.test(method)
    ? { ...proof, token_endpoint_auth_method: method }
    : proof
}

function readKey(
  directives: readonly Directive[],
  name: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const files = lastOf(directives, 'OIDCPrivateKeyFiles')
  const [first = ''] = splitWords(files?.rest ?? '').filter((file) => !file.startsWith('enc:'))
  const [, id, file] = /^(?:sig:)?(?:[\w-]+@)?(?:(.*)#)?(.*)$/.exec(first) ?? []
  kept(files, `providers.${name}.client_key`, notes)
  return {
    client_key: file === undefined || file === '' ? 'fill-in.pem' : file,
    ...(id ? { client_key_id: id } : {}),
  }
}

/** What is asked for at the provider, and who people are afterwards. */
function readRequest(
  directives: readonly Directive[],
  name: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const keys: Record<string, YamlValue> = {}
  const scope = lastOf(directives, 'OIDCScope')
  keys.scopes = scopesOf(splitWords(scope?.rest ?? '')[0] ?? 'openid')
  kept(scope, `providers.${name}.scopes`, notes)
  const mode = lastOf(directives, 'OIDCResponseMode')
  if (splitWords(mode?.rest ?? '')[0] === 'form_post') {
    keys.response_mode = 'form_post'
    kept(mode, `providers.${name}.response_mode`, notes)
  }
  const parameters = readParameters(lastOf(directives, 'OIDCAuthRequestParams'), notes)
  if (Object.keys(parameters).length > 0) keys.authorization_parameters = parameters
  const ca = lastOf(directives, 'OIDCCABundlePath')
  const [caFile] = splitWords(ca?.rest ?? '')
  if (caFile !== undefined) keys.ca_file = caFile
  kept(ca, `providers.${name}.ca_file`, notes)
  const algorithm = lastOf(directives, 'OIDCIDTokenSignedResponseAlg')
  const [signed] = splitWords(algorithm?.rest ?? '')
  if (signed !== undefined && /^(?:[RPE]S(?:256|384|512)|EdDSA)$/.test(signed)) {
    keys.id_token_signed_response_alg = signed
    kept(algorithm, `providers.${name}.id_token_signed_response_alg`, notes)
  } else if (algorithm !== null) {
    notes.report(
      plain(
        'id-token-alg',
        'not-convertible',
        algorithm,
        'ID tokens are signed by a key pair here: RS256, ES256 …',
      ),
    )
  }
  const userinfo = lastOf(directives, 'OIDCProviderUserInfoEndpoint')
  if (userinfo !== null && splitWords(userinfo.rest)[0] === '') {
    keys.claims_from = ['id_token']
    kept(userinfo, `providers.${name}.claims_from: [id_token]`, notes)
  }
  const issuer = splitWords(lastOf(directives, 'OIDCProviderIssuer')?.rest ?? '')[0] ?? ''
  return { ...keys, ...readUser(directives, name, issuer, notes) }
}

function scopesOf(text: string): readonly string[] {
  const scopes = text.split(/\s+/).filter((scope) => scope !== '')
  return scopes.includes('openid') ? scopes : ['openid', ...scopes]
}

const ownParameters =
  /^(?:client_id|code_challenge|code_challenge_method|nonce|redirect_uri|request|request_uri|response_mode|response_type|scope|state)$/

function readParameters(directive: Directive | null, notes: ProviderNotes): Record<string, string> {
  if (directive === null) return {}
  const found: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(splitWords(directive.rest)[0] ?? '')) {
    if (value === '#' || ownParameters.test(name) || value === '' || Object.hasOwn(found, name)) {
      notes.report(
        plain(
          'auth-request-params',
          'not-convertible',
          directive,
          `\`${name}\`: only fixed values, each parameter once, and none that the gateway sets itself`,
        ),
      )
    } else found[name] = value
  }
  kept(directive, 'the provider’s `authorization_parameters`', notes)
  return found
}

function readUser(
  directives: readonly Directive[],
  name: string,
  _issuer: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const directive = lastOf(directives, 'OIDCRemoteUserClaim')
  const { claim, suffix, expression } = readRemoteUser(directives, '')
  if (expression !== null) {
    notes.report(
      plain(
        'remote-user',
        'not-convertible',
        directive,
        `REMOTE_USER was cut out of the claim by an expression; \`user_id\` is the whole claim \`${claim}\`: see that apps know people by it`,
      ),
    )
  } else if (directive === null || suffix !== '') {
    notes.report(
      plain(
        'remote-user',
        'changed',
        directive,
        `REMOTE_USER was \`${claim}@issuer\`; apps get \`${claim}\` alone: see that they know people by it`,
      ),
    )
  } else kept(directive, `providers.${name}.user_id`, notes)
  if (claim === 'email') {
    notes.report(
      plain(
        'remote-user-email',
        'changed',
        directive,
        'a sign-in without `email_verified: true` fails, as nobody vouches for the address; `trust_email: true` for a provider that verifies and does not say so',
      ),
    )
  }
  return claim === 'sub' ? {} : { user_id: claim }
}

/** `OIDCRemoteUserClaim`: by default the subject with the issuer behind it. */
export function readRemoteUser(directives: readonly Directive[], issuer: string): RemoteUser {
  const directive = lastOf(directives, 'OIDCRemoteUserClaim')
  const [written = 'sub@', expression = null] = splitWords(directive?.rest ?? '')
  const withIssuer = written.endsWith('@')
  const suffix = withIssuer ? `@${issuer.replace(/^https?:\/\//, '').replace(/\/$/, '')}` : ''
  return { claim: withIssuer ? written.slice(0, -1) : written, suffix, expression }
}
