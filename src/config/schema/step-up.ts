import { z } from 'zod'
import { scope } from './scope.ts'
import { duration, forms, oneOrMore, text } from './values.ts'

/** OIDC Core 3.1.2.1: several stand in one parameter, with spaces between them. */
const acrValue = z
  .string()
  .max(255)
  .regex(/^[!#-[\]-~]+$/, {
    error: 'expected one value of `acr`: visible ASCII without spaces and quotes',
  })

const stepUpKeys = {
  acr_values: oneOrMore(acrValue)
    .register(forms, { form: 'value or list of values' })
    .optional()
    .describe(
      'The gateway asks for one of these (`acr_values`) and demands that the claim `acr` of the ID token is one of them. What they are called the provider says, such as `phr`, `mfa` or `urn:…`.',
    ),
  auth_context: z
    .string()
    .regex(/^[!-~]{1,64}$/, { error: 'expected visible ASCII without spaces, such as c1' })
    .register(forms, { form: 'text' })
    .optional()
    .describe(
      'An authentication context of Microsoft Entra, such as `c1`: a policy of Conditional Access says what it takes. The gateway asks for it by the parameter `claims`, and demands it in the claim `acrs`. Entra knows no `acr_values`.',
    ),
  max_age: duration
    .optional()
    .describe(
      'How long ago the person may have signed in at the provider when the sign-in comes back. The gateway asks with `max_age`, and checks `auth_time`.',
    ),
  lasts: duration
    .optional()
    .describe(
      'How old `auth_time` may be when a request arrives. Without this key it is `max_age`. It is at least `max_age`. Without `max_age`, the gateway asks for this age too.',
    ),
  scopes: z
    .array(scope)
    .min(1)
    .register(forms, { form: 'list of scopes' })
    .optional()
    .describe(
      'Scopes that the gateway asks for beside those of the provider. The provider must say that it granted all of them (`scope` of its token answer).',
    ),
  prompt: z
    .string()
    .regex(/^[a-z_]+(?: [a-z_]+)*$/, {
      error: 'expected words such as login, consent or select_account, with one space between two',
    })
    .max(64)
    .register(forms, { form: 'text' })
    .optional()
    .describe(
      'The parameter `prompt`. With `login` the gateway also demands that `auth_time` is not before this sign-in began. `none` cannot stand here.',
    ),
  authorization_parameters: z
    .record(text, text)
    .register(forms, { form: 'parameter → text' })
    .optional()
    .describe('More parameters of this authorization request. Nothing is checked by them.'),
}

/** `step_up` of an app or a location. */
export const stepUp = z
  .strictObject(stepUpKeys)
  .register(forms, {
    form: '`{acr_values, auth_context, max_age, lasts, scopes, prompt, authorization_parameters}`',
  })
  .optional()

export type StepUpKeys = NonNullable<z.output<typeof stepUp>>
