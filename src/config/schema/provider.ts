import { z } from 'zod'
import { mayBePassed } from '../../core/session/authorization-parameters.ts'
import { idTokenAlgorithms, signatureAlgorithms } from '../../core/signature-algorithm.ts'
import { bearerMapping } from './bearer.ts'
import { exchangeMapping } from './exchange.ts'
import { keyPair } from './key-pair.ts'
import { recheck } from './recheck.ts'
import { scope } from './scope.ts'
import { filePath, flag, forms, line, oneOf, oneOrMore, pem, secret, text } from './values.ts'

export const presets = [
  'google',
  'microsoft',
  'salesforce',
  'cognito',
  'okta',
  'auth0',
  'keycloak',
  'facebook',
  'generic',
] as const

/** What `claimgate init` writes where only the provider knows the value; a warning until it is replaced. */
export const clientPlaceholders = {
  id: 'put-the-client-id-here',
  secret: 'put-the-client-secret-here',
} as const

const passedParameter = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, { error: 'expected the name of a parameter' })
  .refine(mayBePassed, { error: 'is not for a link to choose' })

/** One entry of `providers`. */
export const providerKeys = {
  issuer: text
    .clone()
    .register(forms, { form: 'URL' })
    .describe(
      'The issuer exactly as the provider writes it, with or without a slash at its end. The gateway reads the provider’s metadata from below it.',
    ),
  sign_in: flag
    .optional()
    .describe(
      'Whether people sign in with this provider. Without this key they do, unless the provider has `bearer` and no `client_id`. With `false` the provider is offered to nobody, only its access tokens count, and the keys that only a sign-in uses are faults. Say `false` for a client that only asks about tokens.',
    ),
  client_id: text
    .clone()
    .max(2000)
    .optional()
    .describe(
      'The client id that the provider gave you. You need it if people sign in with the provider, and with `check: introspection`.',
    ),
  client_secret: secret
    .optional()
    .describe(
      'The client’s secret. You need it, unless `token_endpoint_auth_method` proves in another way who the client is.',
    ),
  token_endpoint_auth_method: oneOf([
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'tls_client_auth',
    'none',
  ])
    .optional()
    .describe(
      'How the client proves who it is. Without this key it is `client_secret_basic`, or `client_secret_post` if the provider’s metadata does not list the first.',
    ),
  client_key: pem
    .clone()
    .register(forms, { form: 'PEM or JWK text, or a file' })
    .optional()
    .describe('The private key of `private_key_jwt`.'),
  client_key_id: text.optional().describe('The `kid` of that key.'),
  client_assertion_alg: oneOf(signatureAlgorithms)
    .optional()
    .describe('The algorithm of that key. You need it only if it does not follow from the key.'),
  client_certificate: keyPair
    .register(forms, { form: '`{certificate, key}`' })
    .optional()
    .describe('The certificate that `tls_client_auth` shows to the provider.'),
  scopes: z
    .array(scope)
    .register(forms, { form: 'list of scopes' })
    .prefault(['openid', 'profile', 'email'])
    .describe(
      'The scopes that the gateway asks for. `openid` must be one of them. Without this key the gateway adds the scope that brings a refresh token, if `recheck` or an app that gets tokens needs one: see the presets. With this key it adds nothing.',
    ),
  response_mode: oneOf(['query', 'form_post'])
    .prefault('query')
    .describe(
      'How the provider sends people back: by a redirect (`query`), or by a form that submits itself (`form_post`).',
    ),
  response_iss: oneOf(['required'])
    .optional()
    .describe(
      'With `required`, the gateway refuses an answer without the provider’s `iss` (RFC 9207), whatever the metadata says. If `iss` is there, the gateway always compares it. If several providers share one `redirect_uri`, all of them but one need this key.',
    ),
  preset: oneOf(presets)
    .optional()
    .describe(
      'Whose habits the provider has. Without this key it follows from the issuer. See the presets below.',
    ),
  label: line
    .optional()
    .describe(
      'What people read on the page on which they choose a provider. Without this key it is the preset’s label or the provider’s name in this file.',
    ),
  display_name: oneOrMore(text)
    .register(forms, { form: 'claim path or list of claim paths' })
    .prefault(['name', 'preferred_username', 'email'])
    .describe(
      'What people are called on pages and in `sessions list`. The gateway takes the first of these claims that is a text, and at most 64 characters of it. An `email` that is not verified does not count. Whoever has none of these claims is called by the user id. People often write their names themselves, so the gateway never logs, compares or matches this name.',
    ),
  icon: text
    .clone()
    .register(forms, { form: 'preset’s name or a PNG, JPEG, WebP or SVG file' })
    .optional()
    .describe(
      'The picture on the page on which people choose a provider. Without this key it is the preset’s. A file has at most 32 KiB.',
    ),
  authorization_parameters: z
    .record(text.clone().max(100), text.clone().max(4000))
    .register(forms, { form: 'parameter → text' })
    .prefault({})
    .describe(
      'More parameters of the authorization request, such as `prompt: select_account`. With `prompt: none`, people who are signed in at the provider already get in without seeing it. For anybody else the gateway asks a second time, without `prompt: none`.',
    ),
  pass_parameters: z
    .array(passedParameter)
    .register(forms, { form: 'list of parameters' })
    .prefault([])
    .describe(
      'Parameters of `/.auth/login` that the gateway hands on to the provider, such as `login_hint`, `domain_hint`, `kc_idp_hint` or `ui_locales`. A value in the link replaces the one of `authorization_parameters`. Anybody who makes a link can choose it.',
    ),
  metadata_url: text
    .clone()
    .register(forms, { form: 'URL' })
    .optional()
    .describe(
      'Where the provider’s metadata is, if it is not below the issuer (Azure AD B2C, AD FS). The gateway compares the issuer all the same.',
    ),
  internal_url: text
    .clone()
    .register(forms, { form: 'URL' })
    .optional()
    .describe(
      'Where the gateway reaches the provider, if that is not the provider’s public address. The gateway compares the issuer all the same.',
    ),
  ca_file: filePath
    .optional()
    .describe(
      'A PEM file with the authorities that may have issued the provider’s certificate. They replace those of the system.',
    ),
  id_token_signed_response_alg: oneOrMore(oneOf(idTokenAlgorithms))
    .register(forms, { form: 'algorithm or list of algorithms' })
    .optional()
    .describe(
      'The signature algorithms that ID tokens may use. The provider’s metadata cannot add to them. Without this key: those algorithms of this list that the metadata offers, except `HS256`. `HS256` must be the only one, and needs a `client_secret` of at least 32 bytes, which is then the key.',
    ),
  extra_audiences: z
    .array(text)
    .min(1)
    .register(forms, { form: 'list of audiences' })
    .optional()
    .describe(
      'Other parties for which ID tokens of this client may be meant (`aud`). Without a list, a token that names another party beside the client must have the client’s `azp`. With a list, a token may name the parties that are in it, and a token that names any other party is refused, whatever its `azp`.',
    ),
  claims_from: z
    .array(oneOf(['id_token', 'userinfo']))
    .min(1)
    .register(forms, { form: 'list of `id_token`, `userinfo`' })
    .prefault(['id_token', 'userinfo'])
    .describe(
      'Where claims come from. If both have a claim, the ID token wins. If the provider has no userinfo, the gateway skips it, unless the file has this key.',
    ),
  user_id: text
    .clone()
    .register(forms, { form: 'claim path' })
    .prefault('sub')
    .describe(
      'The claim by which apps know a person. It must be one text of at most 255 characters. Otherwise the sign-in fails.',
    ),
  user_id_prefix: z
    .string()
    .regex(/^[!-~]{0,64}$/, { error: 'expected at most 64 characters of visible ASCII' })
    .register(forms, { form: 'text' })
    .prefault('')
    .describe(
      'A text that the gateway puts in front of the user id, so that accounts of several providers cannot be taken for each other.',
    ),
  bearer: bearerMapping
    .optional()
    .describe(
      'Which access tokens of this provider count, where `credentials` lists `bearer`. Without this key none do.',
    ),
  exchange: exchangeMapping
    .optional()
    .describe(
      'Takes ids and secrets that the provider gave to your customers, where `credentials` lists `exchange`. A customer sends them as `Basic`. The gateway asks the provider for a token with them, and the token counts as `bearer` says. Without this key no pair of this provider counts. It needs `bearer`.',
    ),
  jwks_uri: text
    .clone()
    .register(forms, { form: 'URL' })
    .optional()
    .describe(
      'Where the provider’s keys are, if it has no metadata. It must be https. Only for a provider with which nobody signs in, with `check: jwt`.',
    ),
  trust_email: flag
    .prefault(false)
    .describe(
      'Treats `email` as verified if the provider sends no `email_verified`, or sends it as the text `"true"`. It never does so if the provider sends `false`.',
    ),
  recheck,
  allow_insecure_http: flag
    .prefault(false)
    .describe(
      'Allows an issuer with `http` on a host that is not loopback. Sign-ins can then be forged on the way.',
    ),
}
