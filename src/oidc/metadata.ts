import { ProviderFault } from '../core/fault.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import { isObject } from '../core/json.ts'
import { type JsonObject, readJsonObject } from '../core/json-object.ts'
import { metadataAddress } from '../core/metadata-address.ts'
import { signatureAlgorithms } from '../core/signature-algorithm.ts'
import { quote } from './quote.ts'
import type { Transport } from './transport.ts'

/** What a provider says of itself (OpenID Connect Discovery 1.0), as far as we use it; all addresses are checked. */
export interface Metadata {
  /** The configured one, exactly. */
  readonly issuer: string
  /** Empty where nobody signs in with the provider. */
  readonly authorizationEndpoint: string
  /** Empty where it is not needed: nobody signs in, and nothing is exchanged there. */
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly userinfoEndpoint: string | null
  readonly endSessionEndpoint: string | null
  /** RFC 7009. */
  readonly revocationEndpoint: string | null
  /** RFC 7662. */
  readonly introspectionEndpoint: string | null
  /** Null: it does not say, which means `client_secret_basic`. */
  readonly tokenEndpointAuthMethods: readonly string[] | null
  /** What `prompt` may ask for; null: it does not say. */
  readonly promptValues: readonly string[] | null
  /** Scopes that it knows; null: it does not say. */
  readonly scopes: readonly string[] | null
  /** Those of our asymmetric ones that it offers, the usual first; RS256, which all must offer, where it names none. */
  readonly idTokenAlgorithms: readonly string[]
  /** RFC 9207: authorization responses carry `iss`. */
  readonly issuerInResponse: boolean
}

/**
 * Fetches and checks the metadata. openid-client's own discovery is not used: it accepts issuers that are equal
 * only after normalisation, and those of two Microsoft products that are not equal at all.
 */
export async function fetchMetadata(settings: ProviderSettings, transport: Transport): Promise<Metadata> {
  return readMetadata(await fetchMetadataDocument(settings, transport), settings)
}

/** The document as it came, whoever's it is. Throws `ProviderFault`. */
export async function fetchMetadataDocument(
  settings: ProviderSettings,
  transport: Transport,
): Promise<JsonObject> {
  const address = settings.metadataUrl ?? metadataAddress(settings.issuer)
  const answer = await transport.request(address, {
    headers: { accept: 'application/json' },
    followsOne: true,
  })
  if (answer.status !== 200) throw invalid(`${address}: answered ${answer.status}, expected 200`)
  const document = readJsonObject(await answer.text())
  if (document === null) throw invalid(`${address}: the answer is no JSON object`)
  return document
}

/** Throws `ProviderFault` when the document is not that of the configured issuer, or names an unusable address. */
export function readMetadata(document: JsonObject, settings: ProviderSettings): Metadata {
  // Discovery 4.3: exactly, or a provider could speak for another one.
  if (document.issuer !== settings.issuer)
    throw invalid(`the metadata is that of ${quote(document.issuer)}, issuer is ${quote(settings.issuer)}`)
  const aliases = document.mtls_endpoint_aliases
  // RFC 8705 5: a client that shows its certificate does so at these.
  const mtls = settings.authMethod === 'tls_client_auth' && isObject(aliases) ? aliases : {}
  const endpoint = (name: string) => readEndpoint({ ...document, ...mtls }, name, settings)
  return Object.freeze({
    issuer: settings.issuer,
    ...endpointsOf(document, endpoint, settings),
    jwksUri: required(readEndpoint(document, 'jwks_uri', settings), 'jwks_uri'),
    userinfoEndpoint: endpoint('userinfo_endpoint'),
    endSessionEndpoint: readEndpoint(document, 'end_session_endpoint', settings),
    revocationEndpoint: endpoint('revocation_endpoint'),
    introspectionEndpoint: endpoint('introspection_endpoint'),
    tokenEndpointAuthMethods: readStrings(document.token_endpoint_auth_methods_supported),
    promptValues: readStrings(document.prompt_values_supported),
    scopes: readStrings(document.scopes_supported),
    idTokenAlgorithms: readAlgorithms(document.id_token_signing_alg_values_supported),
    issuerInResponse: document.authorization_response_iss_parameter_supported === true,
  })
}

/** Issuers of tokens for programs alone have none, or write something that is no address (Kubernetes: a URN). */
function endpointsOf(
  document: JsonObject,
  endpoint: (name: string) => string | null,
  settings: ProviderSettings,
): Pick<Metadata, 'authorizationEndpoint' | 'tokenEndpoint'> {
  const { signsIn } = settings
  const authorization = signsIn ? readEndpoint(document, 'authorization_endpoint', settings) : ''
  return {
    authorizationEndpoint: required(authorization, 'authorization_endpoint'),
    tokenEndpoint:
      signsIn || asksTokenEndpoint(settings) ? required(endpoint('token_endpoint'), 'token_endpoint') : '',
  }
}

function asksTokenEndpoint({ exchange }: ProviderSettings): boolean {
  return exchange?.pair?.kind === 'client_credentials' || (exchange?.refreshToken ?? null) !== null
}

function readEndpoint(document: JsonObject, name: string, settings: ProviderSettings): string | null {
  const value = document[name]
  if (value === undefined || value === null) return null
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null
  if (url === null) throw invalid(`its metadata has no usable address in ${name}: ${quote(value)}`)
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw invalid(`its metadata has an address with a user name, a password or a fragment in ${name}`)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBeHttp(url, settings)))
    throw invalid(`its metadata has an address that is not https in ${name}: ${quote(value)}`)
  return url.href
}

/** Plain http only where the operator wrote it: as the issuer, or as the provider's internal address. */
function mayBeHttp(url: URL, settings: ProviderSettings): boolean {
  if (new URL(settings.issuer).protocol === 'http:') return true
  return settings.internalUrl !== null && new URL(settings.internalUrl).origin === url.origin
}

function required(address: string | null, name: string): string {
  if (address === null) throw invalid(`its metadata lacks ${name}`)
  return address
}

function readStrings(value: JsonObject[string] | undefined): readonly string[] | null {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : null
}

/** Narrowed to ours, so that no metadata brings in `none` or a signature by the secret (RFC 8725 3.1). */
function readAlgorithms(value: JsonObject[string] | undefined): readonly string[] {
  const offered = readStrings(value) ?? []
  const ours = signatureAlgorithms.filter((algorithm) => offered.includes(algorithm))
  return ours.length === 0 ? ['RS256'] : ours
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
