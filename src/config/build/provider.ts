import type { ProviderSettings } from '../../core/gateway.ts'
import type { Preset } from '../../core/preset.ts'
import type { Secret } from '../../core/secret.ts'
import { ownAuthorizationParameters } from '../../core/session/authorization-parameters.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import { appName } from '../schema/app.ts'
import { clientPlaceholders, providerKeys } from '../schema/provider.ts'
import { type Checked, checkKeys } from '../validate.ts'
import { isLoopback, readWebAddress } from '../web-address.ts'
import { readIcon } from './icon.ts'
import { notTheIssuer } from './issuer.ts'
import { canSign, readCertificateFile, readKeyPair, readPrivateKey } from './pem.ts'
import { inferPreset, issuerFault, presetLabel } from './preset.ts'
import { buildRecheck } from './recheck.ts'
import { faultAt, faultAtKey, isWritten, placeOf, type Scope, warnAt } from './scope.ts'

type ProviderKeys = Checked<typeof providerKeys>

/** A provider before it is known which apps accept it. */
export type ProviderDraft = Omit<ProviderSettings, 'foreignPrefixes'>

/** One entry of `providers`; null when something that it cannot be without was faulty, and reported. */
export function buildProvider(scope: Scope, name: string): ProviderDraft | null {
  const path = ['providers', name]
  checkName(scope, path, name)
  const keys = checkKeys(providerKeys, placeOf(scope, path))
  if (nodeAt(scope.root, path)?.kind !== 'map') return null
  const preset = checkIssuer(scope, path, keys)
  checkInternalUrl(scope, path, keys)
  checkMetadataUrl(scope, path, keys)
  checkClientProof(scope, path, keys)
  checkSignature(scope, path, keys)
  checkRequest(scope, path, keys)
  warnOfPlaceholders(scope, path, keys)
  const proof = readProof(scope, path, keys)
  const ca =
    keys.ca_file === undefined ? null : readCertificateFile(scope, [...path, 'ca_file'], keys.ca_file)
  const icon = keys.icon === undefined ? presetIcon(preset) : readIcon(scope, [...path, 'icon'], keys.icon)
  const recheck = buildRecheck(scope, [...path, 'recheck'], keys.recheck)
  if (!isComplete(keys)) return null
  return {
    name,
    issuer: keys.issuer,
    signsIn: true,
    clientId: keys.client_id,
    ...proof,
    scopes: [...new Set(keys.scopes)],
    scopesWritten: isWritten(scope, [...path, 'scopes']),
    responseMode: keys.response_mode,
    responseIssRequired: keys.response_iss === 'required',
    preset,
    label: keys.label ?? presetLabel(preset) ?? name,
    displayName: [...new Set(keys.display_name)],
    icon,
    authorizationParameters: new Map(Object.entries(keys.authorization_parameters)),
    passParameters: [...new Set(keys.pass_parameters)],
    metadataUrl: keys.metadata_url ?? null,
    internalUrl: keys.internal_url?.replace(/\/$/, '') ?? null,
    ca,
    signingAlgorithms:
      keys.id_token_signed_response_alg === undefined
        ? null
        : [...new Set(keys.id_token_signed_response_alg)],
    extraAudiences: keys.extra_audiences ?? [],
    claimsFrom: [...new Set(keys.claims_from)],
    claimsFromWritten: isWritten(scope, [...path, 'claims_from']),
    userId: keys.user_id,
    userIdPrefix: keys.user_id_prefix,
    trustEmail: keys.trust_email,
    recheck,
    bearer: null,
    jwksUri: null,
    allowInsecureHttp: keys.allow_insecure_http,
  }
}

/** Names stand in addresses, logs and metrics: the chooser's links say `?provider=name`. */
export function checkName(scope: Scope, path: ConfigPath, name: string): void {
  const result = appName.safeParse(name)
  if (!result.success) faultAtKey(scope, path, result.error.issues[0]?.message ?? 'is no name')
}

type Complete<Keys> = Keys & { readonly [Key in NeededKey]: NonNullable<ProviderKeys[Key]> }
type NeededKey =
  | 'issuer'
  | 'client_id'
  | 'scopes'
  | 'response_mode'
  | 'authorization_parameters'
  | 'claims_from'
  | 'display_name'
  | 'user_id'
  | 'user_id_prefix'
  | 'trust_email'
  | 'allow_insecure_http'

const neededKeys: readonly NeededKey[] = [
  'issuer',
  'client_id',
  'scopes',
  'response_mode',
  'authorization_parameters',
  'claims_from',
  'display_name',
  'user_id',
  'user_id_prefix',
  'trust_email',
  'allow_insecure_http',
]

function isComplete(keys: ProviderKeys): keys is Complete<ProviderKeys> {
  return neededKeys.every((key) => keys[key] !== undefined)
}

function presetIcon(preset: Preset): string | null {
  return preset === 'generic' ? null : preset
}

/** OIDC Core section 2: an issuer is an https URL without query and fragment; http stays on this machine. */
function checkIssuer(scope: Scope, path: ConfigPath, keys: ProviderKeys): Preset {
  if (keys.issuer === undefined) return keys.preset ?? 'generic'
  const at = [...path, 'issuer']
  const other = notTheIssuer(keys.issuer)
  if (other !== null) faultAt(scope, at, other)
  const read = readWebAddress(keys.issuer)
  if (!read.ok) {
    faultAt(scope, at, read.message)
    return keys.preset ?? 'generic'
  }
  checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
  const preset = keys.preset ?? inferPreset(read.address)
  const fault = issuerFault(preset, keys.issuer, read.address)
  if (fault !== null) faultAt(scope, at, fault)
  return preset
}

function checkInternalUrl(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  if (keys.internal_url === undefined) return
  const at = [...path, 'internal_url']
  const read = readWebAddress(keys.internal_url)
  if (read.ok) checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
  else faultAt(scope, at, read.message)
}

/** An address as the others are, but for a query: Azure AD B2C names the policy in it. */
function checkMetadataUrl(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  if (keys.metadata_url === undefined) return
  const at = [...path, 'metadata_url']
  const [address = '', query = ''] = keys.metadata_url.split(/\?(.*)/s)
  const read = readWebAddress(address)
  if (!read.ok) faultAt(scope, at, read.message)
  else if (!/^[!-"$-~]*$/.test(query)) faultAt(scope, at, 'the query must be visible ASCII, without "#"')
  else checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
}

/** `http` beyond this machine has one explicit key, and is warned of at each start. */
export function checkScheme(
  scope: Scope,
  path: ConfigPath,
  address: { readonly scheme: 'http' | 'https'; readonly hostname: string },
  allowed: boolean,
): void {
  if (address.scheme === 'https' || isLoopback(address.hostname)) return
  if (allowed) {
    warnAt(
      scope,
      path,
      'http is allowed here by `allow_insecure_http`: whoever is on the way can read and change what passes',
    )
  } else {
    faultAt(
      scope,
      path,
      'must be https: http is for loopback hosts (or, knowingly, with `allow_insecure_http: true`)',
    )
  }
}

const secretMethods: ReadonlySet<string> = new Set(['client_secret_basic', 'client_secret_post'])

/** Which keys prove the client follows from the method; what another method would use is a mistake to tell. */
function checkClientProof(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  const method = keys.token_endpoint_auth_method
  const written = (key: string) => isWritten(scope, [...path, key])
  const usesSecret = method === undefined || secretMethods.has(method)
  if (method === undefined && written('token_endpoint_auth_method')) return

  if (usesSecret && !written('client_secret')) {
    const other =
      method === undefined ? '; other ways to prove the client are named by `token_endpoint_auth_method`' : ''
    faultAt(scope, [...path, 'client_secret'], `is missing${other}`)
  }
  if (!usesSecret && written('client_secret')) {
    faultAtKey(
      scope,
      [...path, 'client_secret'],
      `is not used with \`token_endpoint_auth_method: ${method}\`: leave it out`,
    )
  }
  for (const [key, owner] of proofKeys) {
    const wanted = method === owner
    if (wanted && key !== 'client_key_id' && key !== 'client_assertion_alg' && !written(key)) {
      faultAt(scope, [...path, key], `is missing: \`token_endpoint_auth_method: ${owner}\` needs it`)
    }
    if (!wanted && written(key)) {
      faultAtKey(scope, [...path, key], `is used with \`token_endpoint_auth_method: ${owner}\` only`)
    }
  }
}

function warnOfPlaceholders(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  const message = 'still is the placeholder that `claimgate init` wrote: nobody can sign in'
  if (keys.client_id === clientPlaceholders.id) warnAt(scope, [...path, 'client_id'], message)
  if (keys.client_secret?.reveal() === clientPlaceholders.secret)
    warnAt(scope, [...path, 'client_secret'], message)
}

const proofKeys = [
  ['client_key', 'private_key_jwt'],
  ['client_key_id', 'private_key_jwt'],
  ['client_assertion_alg', 'private_key_jwt'],
  ['client_certificate', 'tls_client_auth'],
] as const

const leastSecretBytes = 32

/** RFC 7518 3.2: a key as long as the hash. Beside another algorithm the kind of key would be the token's choice. */
function checkSignature(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  const algorithms = new Set(keys.id_token_signed_response_alg)
  if (!algorithms.has('HS256')) return
  const at = [...path, 'id_token_signed_response_alg']
  if (algorithms.size > 1) faultAt(scope, at, '`HS256` stands alone: the others have another kind of key')
  const secret = keys.client_secret
  if (secret === undefined) {
    if (!isWritten(scope, [...path, 'client_secret'])) faultAt(scope, at, '`HS256` needs a `client_secret`')
  } else if (Buffer.byteLength(secret.reveal()) < leastSecretBytes) {
    faultAt(scope, at, `\`HS256\` needs a \`client_secret\` of at least ${leastSecretBytes} bytes`)
  }
}

interface Proof {
  readonly clientSecret: Secret | null
  readonly authMethod: ProviderSettings['authMethod']
  readonly clientKey: Secret | null
  readonly clientKeyId: string | null
  readonly clientAssertionAlg: string | null
  readonly clientCertificate: ProviderSettings['clientCertificate']
}

function readProof(scope: Scope, path: ConfigPath, keys: ProviderKeys): Proof {
  const { client_key: key, client_certificate: pair, client_assertion_alg: algorithm } = keys
  const clientKey = key === undefined ? null : readPrivateKey(scope, [...path, 'client_key'], key, true)
  if (clientKey !== null && algorithm !== undefined && !canSign(clientKey, algorithm)) {
    faultAt(scope, [...path, 'client_assertion_alg'], 'does not fit the kind of `client_key`')
  }
  return {
    clientSecret: keys.client_secret ?? null,
    authMethod: keys.token_endpoint_auth_method ?? null,
    clientKey,
    clientKeyId: keys.client_key_id ?? null,
    clientAssertionAlg: algorithm ?? null,
    clientCertificate: pair === undefined ? null : readKeyPair(scope, [...path, 'client_certificate'], pair),
  }
}

function checkRequest(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  if (keys.scopes !== undefined && !keys.scopes.includes('openid')) {
    faultAt(scope, [...path, 'scopes'], '"openid" must be among the scopes: without it no identity is sent')
  }
  for (const parameter of Object.keys(keys.authorization_parameters ?? {})) {
    if (ownAuthorizationParameters.has(parameter)) {
      faultAtKey(scope, [...path, 'authorization_parameters', parameter], 'is set by the gateway itself')
    }
  }
  // OIDC Core 3.1.2.1.
  const prompt = keys.authorization_parameters?.prompt?.split(' ') ?? []
  if (prompt.includes('none') && prompt.length > 1)
    faultAt(
      scope,
      [...path, 'authorization_parameters', 'prompt'],
      '"none" stands alone: providers refuse it beside another value',
    )
}
