import type { Preset } from '../../core/preset.ts'
import type { ConfigPath } from '../node.ts'
import type { providerKeys } from '../schema/provider.ts'
import type { Checked } from '../validate.ts'
import { readWebAddress } from '../web-address.ts'
import { checkScheme } from './provider-address.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'

type ProviderKeys = Checked<typeof providerKeys>

/**
 * Whether people sign in with a provider: as it says, else unless it has `bearer` and no client of ours. Of one that is
 * neither signed in with nor has `bearer` it is told that it is nothing.
 */
export function readSignsIn(
  scope: Scope,
  path: ConfigPath,
  { sign_in: written }: ProviderKeys,
  preset: Preset,
): boolean {
  const has = (key: string) => isWritten(scope, [...path, key])
  if (written !== false) return written ?? ((has('client_id') && preset !== 'facebook') || !has('bearer'))
  if (!has('bearer'))
    faultAt(scope, [...path, 'sign_in'], 'needs `bearer`: without it the provider is of no use here')
  return false
}

/** What only a sign-in uses. Read as a protection, it would be one that is not there. */
const signInKeys = [
  ...(['scopes', 'response_mode', 'response_iss', 'label', 'display_name', 'icon'] as const),
  ...(['authorization_parameters', 'pass_parameters', 'id_token_signed_response_alg'] as const),
  ...(['extra_audiences', 'claims_from', 'recheck'] as const),
]

const clientKeys = [
  ...(['client_id', 'client_secret', 'token_endpoint_auth_method', 'client_key', 'client_key_id'] as const),
  ...(['client_assertion_alg', 'client_certificate'] as const),
]

/** What a provider with which nobody signs in must say, and what it must not. */
export function checkTokenOnly(
  scope: Scope,
  path: ConfigPath,
  keys: ProviderKeys,
  { asks, preset }: { readonly asks: string | null; readonly preset: Preset },
): void {
  for (const key of signInKeys)
    if (isWritten(scope, [...path, key]))
      faultAtKey(scope, [...path, key], 'is used by a sign-in only, and nobody signs in with this provider')
  if (asks !== null && !isWritten(scope, [...path, 'client_id']))
    faultAt(scope, [...path, 'client_id'], `is missing: ${asks} needs a client of ours`)
  // Where `bearer` is faulty it is not known who would ask.
  if (asks !== null || keys.bearer === undefined) return
  // Another `check` is wrong there, which is told, and the right one needs them.
  if (preset === 'facebook') return
  for (const key of clientKeys)
    if (isWritten(scope, [...path, key])) {
      const message = `is not used: nobody signs in with this provider, and \`check: ${keys.bearer.check}\` needs no client`
      faultAtKey(scope, [...path, key], message)
    }
}

/** What is asked with our own client's credentials; null: nothing is. */
export function whatAsksAsClient({ bearer }: ProviderKeys, preset: Preset): string | null {
  if (bearer?.check === 'introspection') return '`check: introspection`'
  const isGraph = bearer?.check === 'userinfo' && bearer.token_info === undefined && preset === 'facebook'
  return isGraph ? 'Facebook’s `debug_token`' : null
}

/** `jwks_uri`: for a provider that has no metadata, of which then nothing but its keys is known. */
export function checkJwksUri(scope: Scope, path: ConfigPath, keys: ProviderKeys, signsIn: boolean): void {
  const { jwks_uri: uri, bearer } = keys
  if (uri === undefined) return
  const at = [...path, 'jwks_uri']
  const [address = ''] = uri.split('?', 1)
  const read = readWebAddress(address)
  if (!read.ok) faultAt(scope, at, read.message)
  else if (uri.includes('#')) faultAt(scope, at, 'must not have a fragment')
  else checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
  if (signsIn) faultAtKey(scope, at, 'stands in the metadata of a provider with which people sign in')
  else if (bearer !== undefined && bearer.check !== 'jwt')
    faultAtKey(scope, at, `is not used with \`check: ${bearer.check}\``)
  if (isWritten(scope, [...path, 'metadata_url']))
    faultAtKey(
      scope,
      [...path, 'metadata_url'],
      'stands beside `jwks_uri`, which is for providers without metadata',
    )
}

/** Its sign-in for browsers is no OpenID Connect, and of its tokens only the Graph API tells. */
export function checkFacebook(
  scope: Scope,
  path: ConfigPath,
  { bearer, jwks_uri: uri, sign_in: written }: ProviderKeys,
  { preset, signsIn }: { readonly preset: Preset; readonly signsIn: boolean },
): void {
  if (preset !== 'facebook') return
  if (signsIn) {
    const at = written === true ? [...path, 'sign_in'] : path
    faultAtKey(
      scope,
      at,
      'is Facebook, with which nobody can sign in here: it needs `bearer`, for the tokens of apps',
    )
  }
  const check = [...path, 'bearer', 'check']
  if (bearer?.check === 'introspection')
    faultAt(scope, check, 'must be `userinfo`: Facebook has no introspection')
  if (bearer?.check === 'jwt')
    faultAt(scope, check, 'must be `userinfo`: access tokens of Facebook are no JWT')
  if (uri !== undefined && bearer?.check === 'jwt')
    faultAtKey(
      scope,
      [...path, 'jwks_uri'],
      'has keys for the ID tokens of Facebook’s Limited Login, and ID tokens open nothing here: leave it out',
    )
}
