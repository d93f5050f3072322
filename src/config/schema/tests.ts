import { z } from 'zod'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../../core/reason.ts'
import { scope } from './scope.ts'
import { duration, forms, line, oneOf, text } from './values.ts'

/** What a test may expect, each with the reasons that it can have. */
export const reasonsOf = {
  allow: Object.keys(allowReasons),
  sign_in: Object.keys(challengeReasons),
  deny: Object.keys(denyReasons),
  reject: Object.keys(rejectReasons),
} as const

export type Expectation = keyof typeof reasonsOf

const claims = z
  .record(z.string(), z.unknown())
  .register(forms, { form: 'claim → value' })
  .describe(
    'What the provider says about the person, as in its ID token. Without `sub`, the person’s name is taken for it.',
  )

const provider = text
  .clone()
  .register(forms, { form: 'name' })
  .optional()
  .describe('The provider with which the person signed in. You need it if several are possible.')

const credential = oneOf(['session', 'bearer', 'api_key', 'exchange', 'widget', 'client_certificate'])
  .optional()
  .describe(
    'By what somebody comes: `session` (without this key), `bearer` for an access token with these claims, `exchange` for a pair whose token has them, `api_key`, `widget` for a widget’s token, or `client_certificate`, where `claims` are those of the certificate. What `claims` leave open is as the file asks for it: the audience, the scopes. An API key or widget without `provider` is of a key that an operator made.',
  )

const certificate = z
  .record(z.string(), z.unknown())
  .register(forms, { form: 'claim → value' })
  .optional()
  .describe(
    'The client certificate that the connection shows beside that: `{authority: partners, common_name: build}`. Without `authority`, the first of the file.',
  )

/** Somebody of a name, for several tests. */
export const personKeys = {
  claims,
  provider,
  credential,
  key: text
    .optional()
    .describe(
      'The id of a key of `api_keys.keys`: its own claims, apps, methods and networks count, and `claims` is left out.',
    ),
  certificate,
  origin: line
    .optional()
    .describe(
      'With `credential: widget`: the origin of the page for which the token was given. Without this key, it is the one that asks.',
    ),
  end_user: line.optional().describe('With `credential: widget`: the end user whom the token names.'),
  scopes: z
    .array(scope)
    .register(forms, { form: 'list of scopes' })
    .optional()
    .describe('The scopes that the provider granted. Without this key, the `scopes` of the provider.'),
  auth_age: duration
    .optional()
    .describe(
      'How long ago the person signed in at the provider: the claim `auth_time` is that old at the time of the test.',
    ),
}

const method = z
  .string()
  .regex(/^[A-Z][A-Z0-9-]*$/, { error: 'methods are written in capitals' })
  .register(forms, { form: 'method' })

const address = z
  .string()
  .regex(/^(?:https?:\/\/[^\s/?#]|\/)\S*$/, {
    error:
      'expected an address such as https://wiki.example.com/admin, or a path where all apps are one origin’s',
  })
  .register(forms, { form: 'URL or path' })

/** A request in one line: `GET https://wiki.example.com/admin`. */
export const requestLine = z
  .string()
  .regex(/^[A-Z][A-Z0-9-]* (?:https?:\/\/[^\s/?#]|\/)\S*$/, {
    error: 'expected a method and an address, such as "GET https://wiki.example.com/admin"',
  })
  .register(forms, { form: '`METHOD URL`' })

/** A request with more than that. */
export const requestKeys = {
  method: method.prefault('GET').describe('The method.'),
  url: address.describe('The address as a browser would ask for it. Its path is taken as it is written.'),
  client_ip: text
    .optional()
    .describe('The address from which the request comes. Without this key, none is known.'),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]+$/, { error: 'expected a header name of letters, digits and "-"' }),
      line,
    )
    .register(forms, { form: 'header name → value' })
    .optional()
    .describe('The request’s own headers. Without this key, those of a browser that opens a page.'),
}

const request = z.union([requestLine, z.strictObject(requestKeys)])

/** One line of `cases`. */
export const caseKeys = {
  name: line.optional().describe('What the case shows, in a few words.'),
  as: z
    .union([text, z.record(z.string(), z.unknown())])
    .register(forms, { form: 'a person’s name, `nobody`, or claims' })
    .describe(
      'Who asks: the name of one of `persons`, `nobody` for somebody who is not signed in, or claims.',
    ),
  provider,
  credential,
  certificate,
  request: z
    .union([request, z.array(request).min(1)])
    .register(forms, { form: '`METHOD URL`, `{method, url, client_ip, headers}`, or a list' })
    .describe('The request. With a list, each request must be answered as the case expects.'),
  expect: oneOf(['allow', 'deny', 'sign_in', 'reject']).describe(
    '`allow`: the request reaches the app. `sign_in`: a sign-in could help; the answer is a redirect or 401. `deny`: 403. `reject`: the gateway refused before it asked any rule, for instance with 404 or 405.',
  ),
  stepped_up: z
    .boolean()
    .optional()
    .describe(
      'The person does what a `step_up` asks for, and the provider confirms it, before the request is judged. Without this key, what counts is what `persons` say.',
    ),
  because: z
    .string()
    .meta({ enum: Object.values(reasonsOf).flat() })
    .register(forms, { form: '[reason](reference.md)' })
    .optional()
    .describe('The reason must be this one too. It is one of the words that the log uses.'),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]+$/, { error: 'expected a header name of letters, digits and "-"' }),
      z.union([z.string(), z.null()]),
    )
    .register(forms, { form: 'header name → value, or `null` for none' })
    .optional()
    .describe(
      'Headers that the app must get with the request. With `null`, the app must not get the header.',
    ),
}

const cases = z
  .array(z.strictObject(caseKeys))
  .min(1)
  .register(forms, { form: 'list' })
  .describe('Requests, each with the result that it should have.')

/** `tests` in the configuration, and all of a `*.test.yaml`. */
export const testsKeys = {
  persons: z
    .record(z.string(), z.strictObject(personKeys))
    .register(forms, {
      form: 'name → `{claims, provider, credential, key, certificate, origin, end_user, scopes, auth_age}`',
    })
    .optional()
    .describe('The people that the cases name. Test files also know those of the configuration.'),
  cases,
}

export const testsForm = z
  .union([cases, z.strictObject(testsKeys)])
  .register(forms, { form: 'list of cases, or `{persons, cases}`' })
