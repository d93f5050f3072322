import { reservedProviders } from '../../core/credential/credential.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { Preset } from '../../core/preset.ts'
import { ownAuthorizationParameters } from '../../core/session/authorization-parameters.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import { appName } from '../schema/app.ts'
import { clientPlaceholders, providerKeys } from '../schema/provider.ts'
import { type Checked, checkKeys } from '../validate.ts'
import { buildBearer } from './bearer.ts'
import { buildExchange } from './exchange.ts'
import { readIcon } from './icon.ts'
import { readCertificateFile } from './pem.ts'
import { presetLabel } from './preset.ts'
import { checkInternalUrl, checkIssuer, checkMetadataUrl } from './provider-address.ts'
import { checkClientProof, readProof } from './provider-proof.ts'
import { buildRecheck } from './recheck.ts'
import { faultAt, faultAtKey, isWritten, placeOf, type Scope, warnAt } from './scope.ts'
import {
  checkFacebook,
  checkJwksUri,
  checkTokenOnly,
  readSignsIn,
  whatAsksAsClient,
} from './token-only-provider.ts'

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
  checkProviderPrefix(scope, path, keys)
  const signsIn = readSignsIn(scope, path, keys, preset)
  const asks = whatAsksAsClient(keys, preset)
  if (!signsIn) checkTokenOnly(scope, path, keys, { asks, preset })
  else if (!isWritten(scope, [...path, 'client_id'])) faultAt(scope, [...path, 'client_id'], 'is missing')
  checkJwksUri(scope, path, keys, signsIn)
  checkFacebook(scope, path, keys, { preset, signsIn })
  if (signsIn || asks !== null) checkClientProof(scope, path, keys, asks)
  if (signsIn) {
    checkSignature(scope, path, keys)
    checkRequest(scope, path, keys)
  }
  warnOfPlaceholders(scope, path, keys)
  const proof = readProof(scope, path, keys)
  const ca =
    keys.ca_file === undefined ? null : readCertificateFile(scope, [...path, 'ca_file'], keys.ca_file)
  const icon = keys.icon === undefined ? presetIcon(preset) : readIcon(scope, [...path, 'icon'], keys.icon)
  const recheck = buildRecheck(scope, [...path, 'recheck'], keys.recheck)
  const bearer = buildBearer(scope, path, keys, preset)
  const exchange = buildExchange(scope, path, keys, preset)
  if (!isComplete(keys)) return null
  return {
    name,
    issuer: keys.issuer,
    signsIn,
    // Without one, only where a fault was reported or there is none of ours.
    clientId: keys.client_id ?? '',
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
    bearer,
    exchange,
    jwksUri: keys.jwks_uri ?? null,
    allowInsecureHttp: keys.allow_insecure_http,
  }
}

const reservedNames: ReadonlySet<string> = new Set(Object.values(reservedProviders))

/** Names stand in addresses, logs and metrics: the chooser's links say `?provider=name`. */
export function checkName(scope: Scope, path: ConfigPath, name: string): void {
  const result = appName.safeParse(name)
  if (path[0] === 'providers' && reservedNames.has(name))
    faultAtKey(scope, path, 'is reserved: rules name by it who vouches for keys and certificates')
  if (!result.success) faultAtKey(scope, path, result.error.issues[0]?.message ?? 'is no name')
}

type Complete<Keys> = Keys & { readonly [Key in NeededKey]: NonNullable<ProviderKeys[Key]> }
type NeededKey =
  | 'issuer'
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
  return preset === 'generic' || preset === 'facebook' ? null : preset
}

/** What stands in front of the ids of programs behind which nobody is; no person's id begins so. */
const clientPrefix = 'client:'

function checkProviderPrefix(
  scope: Scope,
  path: ConfigPath,
  { user_id_prefix: prefix = '' }: ProviderKeys,
): void {
  if (prefix.startsWith(clientPrefix))
    faultAt(scope, [...path, 'user_id_prefix'], `begins with \`${clientPrefix}\`, as the ids of programs do`)
}

function warnOfPlaceholders(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  const message = 'still is the placeholder that `claimgate init` wrote: nobody can sign in'
  if (keys.client_id === clientPlaceholders.id) warnAt(scope, [...path, 'client_id'], message)
  if (keys.client_secret?.reveal() === clientPlaceholders.secret)
    warnAt(scope, [...path, 'client_secret'], message)
}

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
