import { z } from 'zod'
import { claimPath, flag, forms, headerName, oneOf, text } from './values.ts'

const identityMapping = z.strictObject({
  claim: claimPath
    .clone()
    .describe(
      'The claim path, `user` or `provider`. The other words have no form of their own, so `access_token` or `key_id` is a claim of that name here.',
    ),
  // An empty list that a file yields is none of the file's faults.
  only: z
    .union([text, z.array(text)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .register(forms, { form: 'text or list of texts' })
    .optional()
    .describe(
      'The elements that the app is told of. Each entry must match a whole element; `*` stands for any characters: `[admins, "app-*"]`. Without this key, the app is told of all.',
    ),
  join: z
    .string()
    .regex(/^[ -$&-/:-@[-`{-~]{1,8}$/, {
      error: 'expected one to eight ASCII characters that are neither letters, digits nor "%"',
    })
    .register(forms, { form: 'text' })
    .prefault(',')
    .describe('What stands between two elements. Inside an element it is percent-encoded.'),
  encoding: oneOf(['percent', 'base64'])
    .prefault('percent')
    .describe(
      '`base64` sends the claim’s JSON in base64. It can carry objects, and lists inside lists, too.',
    ),
  lower_case: flag
    .prefault(false)
    .describe(
      'Sends ASCII letters in lower case. It is not allowed for `user`, as two accounts could become one.',
    ),
})

/** Header names, each with what it says. */
export const identityHeaders = z
  .record(headerName, z.union([claimPath, identityMapping]))
  .register(forms, {
    form: 'header name → claim path, `user`, `provider`, `credential`, `key_id`, `key_name`, `end_user`, `access_token`, `id_token` or `{claim, only, join, encoding, lower_case}`',
  })
  .prefault({
    'X-Forwarded-User': 'user',
    'X-Forwarded-Email': 'email',
    'X-Forwarded-Groups': 'groups',
    'X-Forwarded-Preferred-Username': 'preferred_username',
  })
  .describe(
    'Headers that tell the app who is signed in. The value is a claim path, or `user` (the provider’s `user_id` with its prefix), or `provider` (the provider’s name). It may also be a mapping. In it, `claim` is that value. `only` names the elements that the app is told of; each entry matches a whole element, and `*` stands for any characters (`[admins, "app-*"]`). `join` is what stands between two elements (default `,`). `encoding` is `percent`, or `base64` of the claim’s JSON, which can carry objects too. `lower_case` sends ASCII letters in lower case. Two different texts or lists never give the same bytes: `,`, `%` and the text of `join` are percent-encoded inside an element. If an app accepts several providers, the default is `X-Forwarded-User` alone. It is also that where an app with a provider lists `api_key` or `widget` in `credentials`, as keys of operators could fill the other headers too. `{}` sends no identity header. `credential` is by what somebody came: `session`, `bearer`, `api_key` or `widget`. `key_id` and `key_name` are those of the API key, if there was one; customers choose the names of their keys. `end_user` is for whom a customer asked for the token of a widget, as the customer wrote it. A claim of such a name is written `{claim: key_id}`. `access_token` and `id_token` are the tokens that the provider gave, as they are: [Keep others from the app](protecting-the-upstream.md) says more of them.',
  )

export type IdentityKeys = z.output<typeof identityHeaders>
