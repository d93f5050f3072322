import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { type ClientAuth, ClientSecretPost, None, TlsClientAuth } from 'openid-client'
import { ConfigFault } from '../core/fault.ts'
import type { ProviderSettings, TokenEndpointAuthMethod } from '../core/gateway.ts'
import { readJsonObject } from '../core/json-object.ts'
import type { Clock } from '../core/ports.ts'
import { algorithmsOfKey } from '../core/signature-algorithm.ts'
import type { Metadata } from './metadata.ts'

export interface AssertionDeps {
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
}

/** How we authenticate at the token endpoint, once the metadata is known. */
export type ClientAuthFor = (metadata: Metadata) => ClientAuth

const assertionLifetimeSeconds = 60

/** Throws `ConfigFault` when the settings lack what their method needs, or the key cannot be read. */
export function createClientAuth(settings: ProviderSettings, deps: AssertionDeps): ClientAuthFor {
  const assertion = settings.authMethod === 'private_key_jwt' ? readAssertionKey(settings) : null
  if (settings.authMethod?.startsWith('client_secret_')) secretOf(settings)
  if (settings.authMethod === 'tls_client_auth' && settings.clientCertificate === null)
    throw new ConfigFault('CONFIG_INVALID', `providers.${settings.name}.client_certificate is missing`)
  return (metadata) => {
    const method = authMethod(settings, metadata)
    switch (method) {
      case 'client_secret_basic':
        return clientSecretBasic(settings.clientId, secretOf(settings))
      case 'client_secret_post':
        return ClientSecretPost(secretOf(settings))
      case 'private_key_jwt':
        return privateKeyJwt(settings, metadata, assertion ?? readAssertionKey(settings), deps)
      case 'tls_client_auth':
        return TlsClientAuth()
      case 'none':
        return None()
    }
  }
}

/** Has a request of our own say who we are, as those of openid-client do: changes its body or its headers. */
export async function authenticate(
  client: {
    readonly settings: ProviderSettings
    readonly metadata: Metadata
    readonly clientAuth: ClientAuthFor
  },
  body: URLSearchParams,
  headers: Headers,
): Promise<void> {
  const { settings, metadata, clientAuth } = client
  const server = { issuer: metadata.issuer, token_endpoint: metadata.tokenEndpoint }
  await clientAuth(metadata)(server, { client_id: settings.clientId }, body, headers)
}

/** Has a request be that of a client with this id and secret, which are not ours: changes its body or its headers. */
export function authenticateAs(
  { settings, metadata }: { readonly settings: ProviderSettings; readonly metadata: Metadata },
  { id, secret }: { readonly id: string; readonly secret: string },
  body: URLSearchParams,
  headers: Headers,
): void {
  if (takesSecretInBody(settings, metadata)) {
    body.set('client_id', id)
    body.set('client_secret', secret)
  } else headers.set('authorization', basicCredentials(id, secret))
}

/** What is written of our own client says how the provider reads secrets; else as its metadata has it. */
function takesSecretInBody({ authMethod }: ProviderSettings, metadata: Metadata): boolean {
  if (authMethod === 'client_secret_basic') return false
  if (authMethod === 'client_secret_post') return true
  const offered = metadata.tokenEndpointAuthMethods
  return offered?.includes('client_secret_post') === true && !offered.includes('client_secret_basic')
}

/** As configured; else basic unless the metadata lacks it, then post; without a secret there is nothing to show. */
function authMethod(settings: ProviderSettings, metadata: Metadata): TokenEndpointAuthMethod {
  if (settings.authMethod !== null) return settings.authMethod
  if (settings.clientSecret === null) return 'none'
  const offered = metadata.tokenEndpointAuthMethods ?? ['client_secret_basic']
  return offered.includes('client_secret_basic') ? 'client_secret_basic' : 'client_secret_post'
}

/** A sentence for an operator whose client is refused: the keys of the configuration that prove it. */
export function proofKeys(settings: ProviderSettings, metadata: Metadata): string {
  const see = `See providers.${settings.name}: `
  switch (authMethod(settings, metadata)) {
    case 'client_secret_basic':
      return `${see}client_id, client_secret and token_endpoint_auth_method${hasSpecialCharacters(settings) ? specialCharacters : ''}`
    case 'client_secret_post':
      return `${see}client_id, client_secret and token_endpoint_auth_method`
    case 'private_key_jwt':
      return `${see}client_id, client_key, client_key_id and client_assertion_alg; and this machine's clock`
    case 'tls_client_auth':
      return `${see}client_id and client_certificate`
    case 'none':
      return `${see}client_id; a client that is not public needs \`client_secret\` or another \`token_endpoint_auth_method\``
  }
}

const specialCharacters =
  '. The id or the secret has special characters, which Basic credentials carry form-encoded (RFC 6749 2.3.1): a provider that does not decode them needs `token_endpoint_auth_method: client_secret_post`'

function hasSpecialCharacters(settings: ProviderSettings): boolean {
  return [settings.clientId, secretOf(settings)].some((text) => formEncode(text) !== text)
}

function secretOf(settings: ProviderSettings): string {
  if (settings.clientSecret === null)
    throw new ConfigFault('CONFIG_INVALID', `providers.${settings.name}.client_secret is missing`)
  return settings.clientSecret.reveal()
}

/**
 * RFC 6749 2.3.1: both halves are encoded as forms are. A form leaves `-._*` alone; openid-client escapes them too,
 * which is allowed and which several providers do not undo.
 */
function clientSecretBasic(clientId: string, secret: string): ClientAuth {
  const credentials = basicCredentials(clientId, secret)
  return (_server, _client, _body, headers) => headers.set('authorization', credentials)
}

function basicCredentials(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64')}`
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

interface AssertionKey {
  readonly key: KeyObject
  readonly algorithm: string
  readonly kid: string | null
}

/** RFC 7523 2.2: who we are, for whom, once, for a minute. */
function privateKeyJwt(
  settings: ProviderSettings,
  metadata: Metadata,
  assertion: AssertionKey,
  deps: AssertionDeps,
): ClientAuth {
  return async (_server, _client, body) => {
    const now = deps.clock.now()
    const jwt = await new SignJWT({})
      .setProtectedHeader({
        alg: assertion.algorithm,
        ...(assertion.kid === null ? {} : { kid: assertion.kid }),
      })
      .setIssuer(settings.clientId)
      .setSubject(settings.clientId)
      .setAudience(assertionAudience(settings, metadata))
      .setJti(deps.random(16).toString('base64url'))
      .setIssuedAt(now)
      .setExpirationTime(now + assertionLifetimeSeconds)
      .sign(assertion.key)
    body.set('client_id', settings.clientId)
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', jwt)
  }
}

/**
 * The issuer, as one string: an assertion for a token endpoint could be asked for by a provider that names the
 * endpoint of another as its own. These two document the token endpoint and take nothing else.
 */
function assertionAudience(settings: ProviderSettings, metadata: Metadata): string {
  return settings.preset === 'okta' || settings.preset === 'salesforce'
    ? metadata.tokenEndpoint
    : metadata.issuer
}

function readAssertionKey(settings: ProviderSettings): AssertionKey {
  const place = `providers.${settings.name}.client_key`
  if (settings.clientKey === null) throw new ConfigFault('CONFIG_INVALID', `${place} is missing`)
  const text = settings.clientKey.reveal().trim()
  const jwk = text.startsWith('{') ? readJsonObject(text) : null
  const key = importPrivateKey(text, jwk !== null)
  if (key === null)
    throw new ConfigFault('CONFIG_INVALID', `${place} is neither a private key in PEM nor a private JWK`)
  const possible: readonly string[] = algorithmsOfKey(key)
  const algorithm = settings.clientAssertionAlg ?? namedIn(jwk?.alg) ?? possible[0]
  if (algorithm === undefined || !possible.includes(algorithm))
    throw new ConfigFault(
      'CONFIG_INVALID',
      `${place} cannot sign with ${algorithm ?? 'any algorithm'}, but with: ${possible.join(', ') || 'none'}`,
    )
  return { key, algorithm, kid: settings.clientKeyId ?? namedIn(jwk?.kid) }
}

function namedIn(member: unknown): string | null {
  return typeof member === 'string' ? member : null
}

function importPrivateKey(text: string, isJwk: boolean): KeyObject | null {
  try {
    return isJwk ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' }) : createPrivateKey(text)
  } catch {
    return null
  }
}
