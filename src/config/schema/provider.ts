import { z } from 'zod'
import { mayBePassed } from '../../core/session/authorization-parameters.ts'
import { idTokenAlgorithms, signatureAlgorithms } from '../../core/signature-algorithm.ts'
import { filePath, flag, forms, line, oneOf, oneOrMore, pem, secret, text } from './values.ts'

export const presets = [
  'google',
  'microsoft',
  'salesforce',
  'cognito',
  'okta',
  'auth0',
  'keycloak',
  'generic',
] as const

/** What `claimgate init` writes where only the provider knows the value; a warning until it is replaced. */
export const clientPlaceholders = {
  id: 'put-the-client-id-here',
  secret: 'put-the-client-secret-here',
} as const

const keyPair = z.strictObject({
  certificate: pem.describe('The certificate, with its chain.'),
  key: pem.describe('Its private key.'),
})

/** RFC 6749 section 3.3. */
const scope = z
  .string()
  .regex(/^[!#-[\]-~]+$/, { error: 'expected one scope: visible ASCII without spaces and quotes' })

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
      'The issuer exactly as the provider writes it, with or without its last slash; its metadata is read from below it.',
    ),
  client_id: text.describe('The client as it is registered at the provider.'),
  client_secret: secret
    .optional()
    .describe('The client’s secret; needed unless `token_endpoint_auth_method` proves the client otherwise.'),
  token_endpoint_auth_method: oneOf([
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'tls_client_auth',
    'none',
  ])
    .optional()
    .describe(
      'How the client proves itself. When absent: `client_secret_basic`, or `client_secret_post` where the provider’s metadata lacks the first.',
    ),
  client_key: pem
    .clone()
    .register(forms, { form: 'PEM or JWK text, or a file' })
    .optional()
    .describe('The private key of `private_key_jwt`.'),
  client_key_id: text.optional().describe('The `kid` of that key.'),
  client_assertion_alg: oneOf(signatureAlgorithms)
    .optional()
    .describe('The algorithm of that key, where it does not follow from the key.'),
  client_certificate: keyPair
    .register(forms, { form: '`{certificate, key}`' })
    .optional()
    .describe('What `tls_client_auth` shows to the provider.'),
  scopes: z
    .array(scope)
    .register(forms, { form: 'list of scopes' })
    .prefault(['openid', 'profile', 'email'])
    .describe('What is asked for; `openid` must be among them.'),
  response_mode: oneOf(['query', 'form_post'])
    .prefault('query')
    .describe('How the provider sends people back: by a redirect, or by a form that posts itself.'),
  response_iss: oneOf(['required'])
    .optional()
    .describe(
      '`required`: an answer without the provider’s `iss` (RFC 9207) is refused, whatever its metadata says. One that is there is compared always. Needed at all but one of the providers that share one `redirect_uri`.',
    ),
  preset: oneOf(presets)
    .optional()
    .describe('Whose habits the provider has; inferred from the issuer when absent. See presets below.'),
  label: line
    .optional()
    .describe('What people read on the chooser; the preset’s or the provider’s own name when absent.'),
  display_name: oneOrMore(text)
    .register(forms, { form: 'claim path or list of claim paths' })
    .prefault(['name', 'preferred_username', 'email'])
    .describe(
      'What people are called on pages and in `sessions list`: the first of these claims that is a text, at most 64 characters of it. People often write it themselves: it is never logged, compared or matched. Whoever has none is called by the user id. An `email` that is not verified is none.',
    ),
  icon: text
    .clone()
    .register(forms, { form: 'preset’s name or a PNG, JPEG, WebP or SVG file' })
    .optional()
    .describe('The picture on the chooser; the preset’s when absent. A file holds at most 32 KiB.'),
  authorization_parameters: z
    .record(text, text)
    .register(forms, { form: 'parameter → text' })
    .prefault({})
    .describe(
      'More parameters of the authorization request, such as `prompt: select_account`. With `prompt: none` whoever is known at the provider signs in without seeing it; anybody else is asked by a second request, without it.',
    ),
  pass_parameters: z
    .array(passedParameter)
    .register(forms, { form: 'list of parameters' })
    .prefault([])
    .describe(
      'Parameters of `/.auth/login` that are handed on to the provider: `login_hint`, `domain_hint`, `kc_idp_hint`, `ui_locales` and the like. A value that comes replaces the one of `authorization_parameters`; anybody who makes a link chooses it.',
    ),
  metadata_url: text
    .clone()
    .register(forms, { form: 'URL' })
    .optional()
    .describe(
      'Where the provider’s metadata is, when that is not below its issuer (Azure AD B2C, AD FS). The issuer is compared all the same.',
    ),
  internal_url: text
    .clone()
    .register(forms, { form: 'URL' })
    .optional()
    .describe(
      'Where the gateway reaches the provider when that is not its public address. The issuer is compared all the same.',
    ),
  ca_file: filePath
    .optional()
    .describe(
      'PEM file of the authorities that the provider’s certificate must come from, instead of the system’s.',
    ),
  id_token_signed_response_alg: oneOrMore(oneOf(idTokenAlgorithms))
    .register(forms, { form: 'algorithm or list of algorithms' })
    .optional()
    .describe(
      'The signatures that ID tokens may bear; what the provider’s metadata says does not widen it. When absent: those of this list that its metadata offers, but `HS256`. That one stands alone, with a `client_secret` of at least 32 bytes, which is then the key.',
    ),
  extra_audiences: z
    .array(text)
    .min(1)
    .register(forms, { form: 'list of audiences' })
    .optional()
    .describe(
      'Other parties that ID tokens of this client may be for (`aud`). One that names a party beside the client must bear the client’s `azp`, unless that party is listed; and once there is a list, a party that is not in it is refused all the same.',
    ),
  claims_from: z
    .array(oneOf(['id_token', 'userinfo']))
    .min(1)
    .register(forms, { form: 'list of `id_token`, `userinfo`' })
    .prefault(['id_token', 'userinfo'])
    .describe(
      'Where claims come from; the ID token wins. Userinfo is skipped where the provider has none, unless this key is written.',
    ),
  user_id: text
    .clone()
    .register(forms, { form: 'claim path' })
    .prefault('sub')
    .describe(
      'The claim that names a person to apps: one text of at most 255 characters, else the sign-in fails.',
    ),
  user_id_prefix: z
    .string()
    .regex(/^[!-~]{0,64}$/, { error: 'expected at most 64 characters of visible ASCII' })
    .register(forms, { form: 'text' })
    .prefault('')
    .describe('Put in front of it, so that accounts of several providers cannot be taken for each other.'),
  trust_email: flag
    .prefault(false)
    .describe(
      'Takes `email` as verified where the provider sends no `email_verified`, or the text `"true"`; never where it sends `false`.',
    ),
  allow_insecure_http: flag
    .prefault(false)
    .describe(
      'Allows an `http` issuer on a host that is not loopback. Sign-ins can then be forged on the way.',
    ),
}
