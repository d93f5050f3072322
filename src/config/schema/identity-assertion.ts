import { z } from 'zod'
import { claimPath, durationAtMost, forms, headerName, oneOrMore, pem, text } from './values.ts'

/** The keys of `identity_assertion`. */
const assertionKeys = {
  header: headerName
    .prefault('X-Claimgate-Assertion')
    .describe(
      'The header that carries it. Clients cannot send a header of this name to any app. It is not `Authorization`.',
    ),
  audience: text
    .clone()
    .max(512)
    .optional()
    .describe(
      'Whom it is for: the `aud` that the app demands. At most 512 characters. Without this key it is the app’s `url`, as it is written.',
    ),
  claims: z
    .array(claimPath)
    .register(forms, { form: 'list of claim paths' })
    .prefault([])
    .describe(
      'The claims that it says beside who it is: `[email, groups]`. Each is a member by the very text of its path, with the value as the provider sent it. A claim that is missing is not there.',
    ),
  lifetime: durationAtMost(300, '5m')
    .prefault('60s')
    .describe('How long the app may take it for true, from `10s` to `5m`. It is used for half of that time.'),
}

/** `none` is for an app that wants none of `defaults`. */
export const identityAssertion = z
  .union([z.literal('none').transform(() => null), z.strictObject(assertionKeys)])
  .register(forms, { form: '`{header, audience, claims, lifetime}` or `none`' })
  .optional()
  .describe(
    'Sends who is signed in as a signed statement, a JWT of ES256, that the app verifies with the keys at `{auth_prefix}/jwks.json`. It then need not trust everybody who reaches it. It says `iss` (`{origin}{auth_prefix}/assertion`), `aud`, `sub` (the user id with its prefix), `provider`, `credential` (by what somebody came), the `claims`, `iat` and `exp`. It goes with every request of somebody who is identified, at every location of the app: a location cannot have another one. With `{}` every key below has its default; `none` is for an app that wants none of `defaults`.',
  )

/** `signing_keys`, at the top of the file. */
export const signingKeys = oneOrMore(pem.clone())
  .register(forms, { form: 'PEM or JWK text, a file, or a list' })
  .optional()
  .describe(
    'The private keys that sign identity assertions: EC keys on P-256, in PEM or as a JWK. The first signs. The public parts of all are at `{auth_prefix}/jwks.json`, so that apps know a key before it signs. Without this key the gateway makes one, for a single instance only: with `sqlite` it is kept in `data`, with `memory` another is made at each start. Redis and `session.store: cookie` need this key where an app has `identity_assertion`.',
  )
