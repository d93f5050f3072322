import { z } from 'zod'
import { scope } from './scope.ts'
import { durationAtMost, forms, secret, text } from './values.ts'

const clientCredentials = z
  .strictObject({
    scopes: z
      .array(scope)
      .min(1)
      .register(forms, { form: 'list of scopes' })
      .optional()
      .describe('The scopes that the gateway asks for. Without this key: what the provider gives anyway.'),
    audience: text
      .optional()
      .describe(
        'The parameter `audience`, which Auth0 and others ask for: the API for which tokens are made.',
      ),
  })
  .register(forms, { form: '`{scopes, audience}`' })

const clientSecret = secret.optional()

const cognitoPassword = z
  .strictObject({
    client_id: text.describe(
      'The app client of the user pool with which the gateway asks. It must allow `ALLOW_USER_PASSWORD_AUTH` and `ALLOW_REFRESH_TOKEN_AUTH`, and stand in `client_ids` of `bearer`.',
    ),
    client_secret: clientSecret.describe('Its secret, if it has one.'),
  })
  .register(forms, { form: '`{client_id, client_secret}`' })

const refreshToken = z
  .strictObject({
    client_id: text.describe(
      'The client to which the refresh tokens were given. Nobody may sign in at the gateway with it.',
    ),
    client_secret: clientSecret.describe('Its secret, if it has one.'),
  })
  .register(forms, { form: '`{client_id, client_secret}`' })

/** `exchange` of a provider. Which keys go together is judged by config/build/exchange. */
export const exchangeKeys = {
  client_credentials: clientCredentials
    .optional()
    .describe(
      'A pair is the id and secret of a client of the provider. The gateway asks the provider’s token endpoint for a token with it (RFC 6749 section 4.4). Such a token has nobody behind it for most providers, so it counts only with `accept_clients: true` under `bearer`. `client_credentials: {}` is enough.',
    ),
  cognito_password: cognitoPassword
    .optional()
    .describe(
      'A pair is a user’s name and password in a user pool of Amazon Cognito. The gateway asks with `InitiateAuth`. Afterwards it uses the refresh token that came, and sends the password once a day. A user of whom Cognito wants more than the password, such as a new password or a second factor, is refused. The log then names the command that cures it.',
    ),
  refresh_token: refreshToken
    .optional()
    .describe(
      'Programs may send a refresh token of this client to `/.auth/token` with `grant_type=refresh_token`. They get a new access token, and the new refresh token if the provider rotates it. The gateway keeps neither. Whoever has the refresh token needs no secret there.',
    ),
  cache: durationAtMost(3600, '1h')
    .prefault('15m')
    .describe(
      'How long the gateway uses a token before it asks the provider for the pair again. A pair that the provider takes back may pass for this long. At most 1h. It stops using a token 30 seconds before its end.',
    ),
}

export const exchangeMapping = z
  .strictObject(exchangeKeys)
  .register(forms, { form: 'mapping of the keys below' })
