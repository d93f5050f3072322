import type { Preset } from '../../core/preset.ts'
import type { WebAddress } from '../web-address.ts'

/** What is known of a provider from its issuer, before anything is asked of it. */
interface PresetFacts {
  readonly preset: Preset
  readonly issuer: (address: WebAddress) => boolean
  /** What its people call it; null: the name that the operator gave. */
  readonly label: string | null
  /** For the reference page: what differs, and what operators should know. */
  readonly text: string
}

export const presetFacts: readonly PresetFacts[] = [
  {
    preset: 'google',
    issuer: ({ hostname }) => hostname === 'accounts.google.com',
    label: 'Google',
    text: 'Issuer `https://accounts.google.com`. Google sends no groups. `hd` names the Workspace domain. Only a rule on it keeps private accounts out: `require: { hd: example.com }`. Google offers no sign-out. “Use another account” lets people choose an account. For a refresh token the gateway sends `access_type: offline`. Google gives one only when somebody consents for the first time.',
  },
  {
    preset: 'microsoft',
    issuer: ({ hostname }) =>
      /^login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn)$/.test(hostname),
    label: 'Microsoft',
    text: 'Issuer `https://login.microsoftonline.com/TENANT-ID/v2.0`, with the tenant’s id. `common` and `organizations` are refused, because tokens of any tenant would pass. `sub` differs from app to app; with `user_id: oid` a person has the same id everywhere in the tenant. Microsoft sends no `email_verified`, so rules on `email` need `trust_email: true`. That is safe only if nobody but the tenant’s administrators can set addresses. “Use another account” lets people choose an account. For a refresh token the gateway asks for the scope `offline_access`.',
  },
  {
    preset: 'salesforce',
    issuer: ({ hostname }) =>
      /^(?:login|test)\.salesforce\.com$|\.(?:my\.salesforce|force|my\.site)\.com$/.test(hostname),
    label: 'Salesforce',
    text: 'Issuer `https://NAME.my.salesforce.com` (My Domain), or a site’s own. Most claims come from userinfo, `organization_id` among them. Ids have 18 characters in claims, but 15 on many pages of Salesforce. With `private_key_jwt`, the audience is the token endpoint. For a refresh token the gateway asks for the scope `refresh_token`, which the connected app must allow.',
  },
  {
    preset: 'cognito',
    issuer: ({ hostname }) => /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.test(hostname),
    label: null,
    text: 'Issuer `https://cognito-idp.REGION.amazonaws.com/POOL-ID`. The pool needs a domain. Groups are in `cognito:groups`. Its userinfo sends `email_verified` as the text `"true"`, which counts here. Its sign-out takes `client_id` and `logout_uri` instead of the standard’s parameters, so you have to register the address as an allowed sign-out URL. It gives a refresh token without being asked for one. Users can come with name and password instead of a sign-in, by `exchange: { cognito_password: … }`; for that alone the pool needs no domain.',
  },
  {
    preset: 'okta',
    issuer: ({ hostname }) => /\.(?:okta|oktapreview|okta-emea|okta-gov)\.com$/.test(hostname),
    label: null,
    text: 'Issuer `https://NAME.okta.com` or `https://NAME.okta.com/oauth2/SERVER`. These are two different issuers. To get groups, add a groups claim with a filter in Okta. With `private_key_jwt`, the audience is the token endpoint. For a refresh token the gateway asks for the scope `offline_access`: allow the application the grant type “Refresh Token” first.',
  },
  {
    preset: 'auth0',
    issuer: ({ hostname }) => hostname.endsWith('.auth0.com'),
    label: null,
    text: 'Issuer `https://NAME.auth0.com/`, with the slash at its end. The names of your own claims are URLs: `"https://example.com/roles"`. If a tenant does not have the standard’s sign-out, the gateway uses `/v2/logout`. For a refresh token the gateway asks for the scope `offline_access`.',
  },
  {
    preset: 'keycloak',
    issuer: ({ path }) => /\/realms\/[^/]+$/.test(path),
    label: null,
    text: 'Issuer `https://HOST/realms/REALM`. Roles are in `realm_access.roles` and `resource_access.CLIENT.roles`, if the client scope puts them into the ID token or userinfo. It gives a refresh token without being asked for one. Do not add the scope `offline_access`: the sessions that it begins at Keycloak outlive every sign-out there.',
  },
  {
    preset: 'facebook',
    issuer: ({ hostname }) => hostname === 'www.facebook.com',
    label: 'Facebook',
    text: 'Issuer `https://www.facebook.com`. Nobody signs in with it here: it has `bearer` with `check: userinfo`, for access tokens that mobile apps bring. `client_id` and `client_secret` are those of the Facebook app, with which the gateway asks `debug_token` for which app a token was made (`app_id`). That app is one of `client_ids`. `user_id` is the id that this app knows a person by.',
  },
  {
    preset: 'generic',
    issuer: () => true,
    label: null,
    text: 'Every other provider. The gateway goes by its metadata alone. For a refresh token the gateway asks for the scope `offline_access`, if the metadata lists it. Some providers give one only with `authorization_parameters: { prompt: consent }`, or by a setting of the client.',
  },
]

/** The preset whose issuers look like this one. */
export function inferPreset(address: WebAddress): Preset {
  return presetFacts.find(({ issuer }) => issuer(address))?.preset ?? 'generic'
}

export function presetLabel(preset: Preset): string | null {
  return presetFacts.find((facts) => facts.preset === preset)?.label ?? null
}

/** Why a preset's provider can never answer with this issuer; null when it may. */
export function issuerFault(preset: Preset, issuer: string, { path }: WebAddress): string | null {
  if (preset === 'microsoft' && /^\/(?:common|organizations|consumers)\b/.test(path)) {
    return 'this is no tenant’s issuer: write the tenant’s id, https://login.microsoftonline.com/TENANT-ID/v2.0'
  }
  if (preset === 'auth0' && !issuer.endsWith('/'))
    return `Auth0 writes its issuer with a last slash: ${issuer}/`
  if (preset === 'google' && issuer.endsWith('/')) {
    return 'Google writes its issuer without a last slash: https://accounts.google.com'
  }
  return null
}
