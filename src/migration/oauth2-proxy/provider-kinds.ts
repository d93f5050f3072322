import type { OauthProxy } from './proxy.ts'

/** What `provider` says, as far as it makes a difference here. `none`: speaks no OpenID Connect. */
export type ProviderKind = 'oidc' | 'google' | 'keycloak-oidc' | 'microsoft' | 'gitlab' | 'login.gov' | 'none'

const kinds: ReadonlyMap<string, ProviderKind> = new Map([
  ...(['oidc', 'adfs', 'cidaas'] as const).map((name) => [name, 'oidc'] as const),
  ['google', 'google'],
  ...(['keycloak-oidc', 'keycloak'] as const).map((name) => [name, 'keycloak-oidc'] as const),
  ...(['azure', 'entra-id'] as const).map((name) => [name, 'microsoft'] as const),
  ['gitlab', 'gitlab'],
  ['login.gov', 'login.gov'],
])

export function providerKind(proxy: OauthProxy): ProviderKind {
  return kinds.get(proxy.text('provider') ?? 'google') ?? 'none'
}

export interface Issuer {
  readonly issuer: string
  /** Where it was said; the key of the setting. */
  readonly key: string
}

const unknown = 'https://fill-in.invalid'

/** The issuer of the provider, which oauth2-proxy derived from other settings for some kinds. */
export function issuerOf(proxy: OauthProxy, kind: ProviderKind): Issuer {
  const written = proxy.text('oidc_issuer_url')
  switch (kind) {
    case 'microsoft':
      return microsoftIssuer(proxy, written)
    case 'google':
      return { issuer: sayIssuer(proxy, written) ?? 'https://accounts.google.com', key: 'provider' }
    case 'gitlab':
      return { issuer: sayIssuer(proxy, written) ?? 'https://gitlab.com', key: 'provider' }
    case 'login.gov':
      return { issuer: sayIssuer(proxy, written) ?? 'https://secure.login.gov/', key: 'provider' }
    case 'oidc':
    case 'keycloak-oidc':
      return { issuer: sayIssuer(proxy, written) ?? issuerFromLogin(proxy), key: 'oidc_issuer_url' }
    case 'none':
      return { issuer: noIssuer(proxy, written), key: 'provider' }
  }
}

function sayIssuer(proxy: OauthProxy, written: string | null): string | null {
  const message = '`issuer`; it has to be exactly what the metadata says, with or without a last slash'
  if (written !== null) proxy.say('oidc_issuer_url', 'kept', message)
  return written
}

/** `https://HOST/realms/REALM/protocol/openid-connect/auth` tells Keycloak's issuer. */
function issuerFromLogin(proxy: OauthProxy): string {
  const [, realm] =
    /^(.+\/realms\/[^/]+)\/protocol\/openid-connect\//.exec(proxy.text('login_url') ?? '') ?? []
  if (realm !== undefined) {
    proxy.say('login_url', 'changed', `\`issuer: ${realm}\`, whose metadata names the endpoints`)
    return realm
  }
  proxy.say(
    'oidc_issuer_url',
    'not-convertible',
    'no issuer is named: write `issuer`. Is it in another file, name that too',
    {
      id: 'issuer',
      always: true,
    },
  )
  return unknown
}

function microsoftIssuer(proxy: OauthProxy, written: string | null): Issuer {
  const text = `${written ?? ''}/${proxy.text('azure_tenant') ?? ''}`
  const [tenant] = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i.exec(text) ?? []
  const key = written === null ? 'azure_tenant' : 'oidc_issuer_url'
  if (tenant === undefined) {
    proxy.say(
      key,
      'not-convertible',
      'tokens of any tenant would pass: write `issuer: https://login.microsoftonline.com/TENANT-ID/v2.0` with the id of yours',
      { id: 'tenant', always: true },
    )
    return { issuer: unknown, key }
  }
  const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`
  for (const one of ['azure_tenant', 'oidc_issuer_url']) {
    const same = one === 'azure_tenant' || written === issuer
    proxy.say(
      one,
      same ? 'kept' : 'changed',
      `\`issuer: ${issuer}\`${same ? '' : ': tokens of version 2.0, as the app registration has to allow'}`,
    )
  }
  return { issuer, key }
}

function noIssuer(proxy: OauthProxy, written: string | null): string {
  const name = proxy.text('provider') ?? ''
  proxy.say(
    'provider',
    'not-convertible',
    `${name === 'github' ? 'GitHub' : `"${name}"`} speaks no OpenID Connect for people: put a provider in between that does (Keycloak, Dex, Okta), and write its \`issuer\``,
  )
  return sayIssuer(proxy, written) ?? unknown
}
