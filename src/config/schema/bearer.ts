import { z } from 'zod'
import { scope } from './scope.ts'
import { durationAtMost, flag, forms, oneOf, text } from './values.ts'

const tokenInfo = z.strictObject({
  url: text.describe(
    'An address that tells of a token. It must be https. `{token}` as the value of a parameter stands for the token: `https://api.amazon.com/auth/o2/tokeninfo?access_token={token}`. Without it the gateway sends the token as `Authorization: Bearer`.',
  ),
  claim: text.describe('The claim path in its answer that names the client, such as `aud` or `client_id`.'),
})

/** `bearer` of a provider. Which keys go together is judged by config/build/bearer. */
export const bearerKeys = {
  audiences: z
    .array(text)
    .min(1)
    .register(forms, { form: 'list of audiences' })
    .optional()
    .describe(
      'One of these must be in `aud` of a token. It must name your API, and no client with which people sign in: otherwise their ID tokens could pass for access tokens. You need this key or `client_ids`.',
    ),
  client_ids: z
    .array(text)
    .min(1)
    .register(forms, { form: 'list of client ids' })
    .optional()
    .describe(
      'For tokens without `aud`, such as Cognito’s: the client for which a token was made (`client_id`, `azp`, `appid` or `cid`) must be one of these. With `check: userinfo` you need this key.',
    ),
  check: oneOf(['jwt', 'introspection', 'userinfo'])
    .prefault('jwt')
    .describe(
      'How a token is checked. `jwt`: by its signature, with the provider’s keys. `introspection`: the gateway asks the provider about each token that it has not seen (RFC 7662), as the client of `client_id`. `userinfo`: it asks whose a token is, and for which client it was made. The presets `google` and `facebook` know where the latter is told; others need `token_info`.',
    ),
  user_id: text
    .clone()
    .register(forms, { form: 'claim path' })
    .optional()
    .describe(
      'The claim of a token by which apps know a person. Without this key, the provider’s `user_id`.',
    ),
  accept_clients: flag
    .prefault(false)
    .describe(
      'Accepts tokens behind which nobody is: those that a program got for itself. Such a program has the user id `client:` and its client id, behind the provider’s `user_id_prefix`. It does not meet `signed_in`.',
    ),
  required_scopes: z
    .array(scope)
    .register(forms, { form: 'list of scopes' })
    .prefault([])
    .describe(
      'Scopes that every token must have. Others can be asked for by a rule: `require: { scope: … }`.',
    ),
  cache: durationAtMost(3600, '1h')
    .prefault('60s')
    .describe(
      'How long the gateway believes an answer of introspection or userinfo. A token that the provider takes back may pass for this long. At most 1h.',
    ),
  token_info: tokenInfo
    .register(forms, { form: '`{url, claim}`' })
    .optional()
    .describe('With `check: userinfo`: where it is told for which client a token was made.'),
}

export const bearerMapping = z.strictObject(bearerKeys).register(forms, { form: 'mapping of the keys below' })
