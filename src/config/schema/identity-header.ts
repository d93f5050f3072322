import { z } from 'zod'
import { flag, forms, headerName, oneOf, text } from './values.ts'

const identityMapping = z.strictObject({
  claim: text.describe('The claim path, `user` or `provider`.'),
  // An empty list that a file yields is none of the file's faults.
  only: z
    .union([text, z.array(text)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .register(forms, { form: 'text or list of texts' })
    .optional()
    .describe(
      'The elements that the app is told of, each as a whole; `*` stands for any characters: `[admins, "app-*"]`. All when absent.',
    ),
  join: z
    .string()
    .regex(/^[ -$&-/:-@[-`{-~]{1,8}$/, {
      error: 'expected one to eight ASCII characters that are neither letters, digits nor "%"',
    })
    .register(forms, { form: 'text' })
    .prefault(',')
    .describe('What stands between elements; it is percent-encoded within them.'),
  encoding: oneOf(['percent', 'base64'])
    .prefault('percent')
    .describe('`base64` is that of the claim’s JSON, which can tell objects and lists in lists too.'),
  lower_case: flag
    .prefault(false)
    .describe('Sends ASCII letters in lower case; not for `user`, as two accounts could become one.'),
})

/** Header names, each with what it says. */
export const identityHeaders = z
  .record(headerName, z.union([text, identityMapping]))
  .register(forms, {
    form: 'header name → claim path, `user`, `provider` or `{claim, only, join, encoding, lower_case}`',
  })
  .prefault({
    'X-Forwarded-User': 'user',
    'X-Forwarded-Email': 'email',
    'X-Forwarded-Groups': 'groups',
    'X-Forwarded-Preferred-Username': 'preferred_username',
  })
  .describe(
    'Headers that tell the app who is signed in: a claim path, `user` (the provider’s `user_id` with its prefix) or `provider` (its name); as a mapping `{claim, only, join, encoding, lower_case}`: `only` names the elements that the app is told of, each as a whole, `*` for any characters (`[admins, "app-*"]`), `join` what stands between elements (`,`), `encoding` is `percent` or `base64` (of the claim’s JSON, for objects too), `lower_case` sends ASCII letters so. Two different texts or lists never give the same bytes: `,`, `%` and what joins elements are percent-encoded within them. Where an app accepts several providers the default is `X-Forwarded-User` alone. `{}` sends none.',
  )

export type IdentityKeys = z.output<typeof identityHeaders>
