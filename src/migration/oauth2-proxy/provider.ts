import { mayBePassed } from '../../core/session/authorization-parameters.ts'
import { providerName } from '../provider-name.ts'
import type { YamlValue } from '../yaml.ts'
import { emailClaim } from './claims.ts'
import { issuerOf, type ProviderKind } from './provider-kinds.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'
import { recheckOf } from './recheck.ts'

export interface ConvertedProvider {
  readonly name: string
  readonly keys: { readonly [key: string]: YamlValue }
}

/** The one provider that oauth2-proxy uses. `byEmail`: the rules ask for the address. */
export function convertProvider(proxy: OauthProxy, kind: ProviderKind, byEmail: boolean): ConvertedProvider {
  const { issuer } = issuerOf(proxy, kind)
  const name = providerName(issuer)
  if (kind !== 'none') proxy.say('provider', 'kept', `\`providers.${name}\``, { always: true })
  const keys: Record<string, YamlValue> = { issuer, client_id: clientId(proxy) }
  Object.assign(keys, proofOf(proxy, kind), { scopes: scopesOf(proxy, kind) })
  const label = proxy.text('provider_display_name')
  if (label !== null) keys.label = label
  proxy.say('provider_display_name', 'kept', '`label`')
  const parameters = parametersOf(proxy)
  if (Object.keys(parameters).length > 0) keys.authorization_parameters = parameters
  const [authority, ...more] = proxy.list('provider_ca_files')
  if (authority !== undefined) keys.ca_file = authority
  if (more.length > 0)
    proxy.say('provider_ca_files', 'not-convertible', '`ca_file` is one file: join them into it')
  else proxy.say('provider_ca_files', 'kept', '`ca_file`')
  const passed = passedOf(proxy)
  if (passed.length > 0) keys.pass_parameters = passed
  Object.assign(keys, emailTrust(proxy, byEmail), algorithms(proxy), audiencesOf(proxy), recheckOf(proxy))
  noteMore(proxy)
  return { name, keys }
}

function clientId(proxy: OauthProxy): string {
  const id = proxy.text('client_id')
  if (id !== null) proxy.say('client_id', 'kept', '`client_id`')
  else proxy.say('client_id', 'not-convertible', 'no client is named: write `client_id`', { always: true })
  return id ?? 'fill-in'
}

function proofOf(proxy: OauthProxy, kind: ProviderKind): Record<string, YamlValue> {
  const keyFile = proxy.text('jwt_key_file')
  if (kind === 'login.gov') {
    if (keyFile === null)
      proxy.variable({ name: 'OIDC_CLIENT_KEY', purpose: 'the private key of the client, as in jwt_key' })
    proxy.say('jwt_key', 'changed', `is not copied: the file asks for \${env:OIDC_CLIENT_KEY}`)
    proxy.say('jwt_key_file', 'kept', '`client_key`')
    return { token_endpoint_auth_method: 'private_key_jwt', client_key: keyFile ?? `\${env:OIDC_CLIENT_KEY}` }
  }
  const file = proxy.text('client_secret_file')
  if (file !== null && !proxy.has('client_secret')) {
    proxy.say('client_secret_file', 'kept', '`client_secret`, from the same file')
    return { client_secret: `\${file:${file}}` }
  }
  if (proxy.flag('entra_id_federated_token_auth', false)) {
    proxy.say(
      'entra_id_federated_token_auth',
      'not-convertible',
      'a token of the platform as the client’s proof is not available yet: use a secret, or `private_key_jwt`',
    )
  }
  proxy.variable({ name: 'OIDC_CLIENT_SECRET', purpose: 'the client secret, as in client_secret' })
  proxy.say('client_secret', 'changed', `is not copied: the file asks for \${env:OIDC_CLIENT_SECRET}`)
  proxy.say('client_secret_file', 'not-needed', 'client_secret was taken before it')
  return { client_secret: `\${env:OIDC_CLIENT_SECRET}` }
}

function scopesOf(proxy: OauthProxy, kind: ProviderKind): YamlValue {
  const written =
    proxy
      .text('scope')
      ?.split(/\s+/)
      .filter((scope) => scope !== '') ?? null
  if (written === null) {
    // oauth2-proxy asks for groups by itself as soon as a rule wants some.
    const wantsGroups = proxy.has('allowed_groups') && kind === 'oidc'
    return ['openid', 'email', 'profile', ...(wantsGroups ? ['groups'] : [])]
  }
  if (written.includes('openid')) proxy.say('scope', 'kept', '`scopes`')
  else proxy.say('scope', 'changed', '`scopes`, with `openid`: without it nobody is told who signed in')
  return [...new Set(['openid', ...written])]
}

function parametersOf(proxy: OauthProxy): Record<string, YamlValue> {
  const found: Record<string, YamlValue> = {}
  for (const key of ['prompt', 'acr_values', 'resource']) {
    const value = proxy.text(key)
    if (value !== null) found[key] = value
    const unchecked = key === 'acr_values' ? '. Whether the provider obeyed is for a rule on `acr`' : ''
    proxy.say(key, 'kept', `\`authorization_parameters.${key}\`${unchecked}`)
  }
  for (const parameter of proxy.list('login_url_parameters')) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(parameter) ?? []
    if (name !== undefined && value !== undefined) found[name] = value
  }
  proxy.say(
    'login_url_parameters',
    'changed',
    '`authorization_parameters`: fixed; what a link may choose is listed by `pass_parameters`, of any value: `allow` does not narrow it',
  )
  proxy.say(
    'approval_prompt',
    'not-needed',
    'a parameter of Google’s older sign-in: `authorization_parameters: { prompt: consent }` asks for consent',
  )
  return found
}

/** Those without a default came from the link to /oauth2/start alone. */
function passedOf(proxy: OauthProxy): readonly string[] {
  return proxy.list('login_url_parameters').flatMap((parameter) => {
    const [, name] = /^([^=]+)=$/.exec(parameter) ?? []
    return name !== undefined && mayBePassed(name) ? [name] : []
  })
}

function emailTrust(proxy: OauthProxy, byEmail: boolean): Record<string, YamlValue> {
  const claim = emailClaim(proxy)
  if (claim !== 'email') {
    const message = `the rule and the header name \`${claim}\`: whether that is verified, and whether people can write it themselves, nobody here checks`
    proxy.say('oidc_email_claim', 'suspect', message)
    proxy.say('user_id_claim', 'suspect', message)
  } else proxy.say('oidc_email_claim', 'kept', 'the claim `email`')
  if (proxy.flag('insecure_oidc_allow_unverified_email', false)) {
    proxy.say(
      'insecure_oidc_allow_unverified_email',
      'changed',
      '`trust_email: true`: an address without `email_verified` counts. One with `email_verified: false` never does',
      { effect: 'stricter' },
    )
    return { trust_email: true }
  }
  proxy.say('insecure_oidc_allow_unverified_email', 'kept', 'addresses that are not verified never count')
  if (byEmail && claim === 'email') {
    proxy.report(
      found(
        'email-verified',
        'changed',
        null,
        'the default of insecure_oidc_allow_unverified_email',
        'an address counted unless the provider said that it is not verified; here it counts only where it says that it is. For a provider that verifies and sends no `email_verified` (Microsoft): `trust_email: true`',
        'stricter',
      ),
    )
  }
  return {}
}

function algorithms(proxy: OauthProxy): Record<string, YamlValue> {
  const names = proxy.list('oidc_enabled_signing_algs')
  proxy.say('oidc_enabled_signing_algs', 'kept', '`id_token_signed_response_alg`')
  const [only] = names
  return only === undefined ? {} : { id_token_signed_response_alg: names.length === 1 ? only : names }
}

function audiencesOf(proxy: OauthProxy): Record<string, YamlValue> {
  const id = proxy.text('client_id')
  const extra = proxy.list('oidc_extra_audiences').filter((party) => party !== id)
  const message = '`extra_audiences`: beside `client_id`, which must be among the audiences all the same'
  proxy.say('oidc_extra_audiences', 'changed', message, { effect: 'stricter' })
  return extra.length === 0 ? {} : { extra_audiences: extra }
}

function noteMore(proxy: OauthProxy): void {
  for (const leaf of proxy.source.moreProviders.flatMap(({ leaves }) => leaves)) {
    const message = 'oauth2-proxy uses the first provider alone'
    proxy.report(found('second-provider', 'not-needed', leaf.at, settingText(leaf), message))
  }
}
