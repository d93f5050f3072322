import { z } from 'zod'
import { knownMethods, webdavMethods, webdavName } from '../../core/request/method.ts'
import { aws } from './aws.ts'
import { credentials } from './credentials.ts'
import { forwardingKeys } from './forwarding.ts'
import { identityAssertion } from './identity-assertion.ts'
import { lambda } from './lambda.ts'
import { limitKeys } from './limits.ts'
import { linkKeys } from './links.ts'
import { resumeKeys } from './resume.ts'
import { ruleForm } from './rule.ts'
import { stepUp } from './step-up.ts'
import {
  count,
  duration,
  filePath,
  flag,
  forms,
  headerName,
  headerValue,
  line,
  localOrWebAddress,
  name,
  oneOf,
  oneOrMore,
  redirectPath,
  text,
} from './values.ts'

export const unauthenticated = oneOf(['sign_in', 'deny'])

export const upstreamMapping = z.strictObject({
  url: text
    .clone()
    .optional()
    .describe(
      'Where the gateway reaches the app: scheme, host, port and an optional base path. Or a Unix socket, `unix:/run/app.sock`; with a base path it is `unix:/run/app.sock:/prefix`. An app behind a socket gets `Host: localhost`, unless `preserve_host` is set. Either this key or `lambda` must be there.',
    ),
  ca_file: filePath
    .optional()
    .describe(
      'A PEM file with the authorities that may have issued the app’s certificate. They replace those of the system.',
    ),
  headers: z
    .record(headerName, headerValue)
    .register(forms, { form: 'header name → value' })
    .prefault({})
    .describe(
      'Headers that the gateway sets on every request to this app, such as an API key. `headers` of a location replaces them there. Clients cannot send headers of these names to any app; for `Authorization` this holds for this app alone.',
    ),
  preserve_host: flag
    .prefault(false)
    .describe('Sends the public host name in `Host`, instead of the upstream’s own.'),
  strip_prefix: flag
    .prefault(false)
    .describe('Takes the prefix of `url` off the path and sends it in `X-Forwarded-Prefix`.'),
  max_connections: count(1, 100_000)
    .prefault(1000)
    .describe(
      'The most connections to this upstream, over all apps that name it. WebSockets are counted separately, with the same limit. When all connections are in use, up to 100 requests wait, each for at most 2 seconds. Then they get 503.',
    ),
  lambda: lambda
    .optional()
    .describe(
      'A Lambda function that answers instead of an address. The gateway invokes it with the events that API Gateway would send it. Nobody who may not invoke it can reach it around the gateway, so `shared_secret` is not needed.',
    ),
  aws: aws
    .optional()
    .describe(
      'Signs the requests to this app as AWS wants it (Signature Version 4), so that API Gateway, a function’s URL, S3 or VPC Lattice can demand that nobody but the gateway’s role calls it. Then `shared_secret` is not needed.',
    ),
})

const sharedSecret = z.strictObject({
  header: headerName.prefault('X-Gateway-Secret').describe('The header that carries it.'),
  value: headerValue.describe('At least 32 bytes that only the gateway and the app know.'),
})

/** Keys of an app that may stand in `defaults` too. */
export const appKeys = {
  provider: oneOrMore(text)
    .register(forms, { form: 'name or list of names' })
    .optional()
    .describe(
      'The providers with which people sign in to this app. You need this key if the file has several providers.',
    ),
  require: ruleForm
    .optional()
    .describe(
      'Who may pass. This rule must hold at every location that is not open, in addition to the location’s own. See the page on rules.',
    ),
  unauthenticated: unauthenticated
    .prefault('sign_in')
    .describe(
      'What people get who are not signed in. `sign_in` redirects them to the sign-in when a browser opens a page. `deny` always answers 401.',
    ),
  credentials: credentials
    .prefault(['session'])
    .describe(
      'What tells who somebody is, at every location with no list of its own. `session` is the session that the gateway’s cookie names. `bearer` is an access token of a provider that has `bearer`. `api_key` is a key of `api_keys`, or a short token for one. `widget` is such a token for pages of one other origin: `Origin` keeps other pages from using it, not other programs, so whoever opens the page has the token. A token or a key that a request presents counts before the cookie, and one that is not good is 401.',
    ),
  step_up: stepUp.describe(
    'What a sign-in must bring beyond the rule: a stronger proof, a newer one, or more scopes. At least one of `acr_values`, `auth_context`, `max_age` and `scopes`. Whoever lacks it is sent to the provider with these parameters. It must hold at every location where somebody must sign in, in addition to the location’s own.',
  ),
  ...resumeKeys,
  ...limitKeys,
  shared_secret: z
    .union([headerValue, sharedSecret])
    .register(forms, { form: 'secret text or `{header, value}`' })
    .optional()
    .describe(
      'A secret that proves to the app that a request came through the gateway. It is sent in `X-Gateway-Secret`, unless `header` names another header.',
    ),
  identity_assertion: identityAssertion,
  redirect_uri: redirectPath
    .optional()
    .describe(
      'The path to which providers send people back. Without this key it is `{auth_prefix}/callback`. With several providers it is `{auth_prefix}/callback/{provider}`: each provider has a path of its own, with its name, so that nobody can bring the answer of one provider to another. Set this key to keep a path that is registered already. With several providers it must contain `{provider}` as a segment, or all of them but one must have `response_iss: required`. This path comes before any location. A path that differs from it by case, by a slash at its end or by `%3B…` is 404.',
    ),
  post_logout_redirect_uri: localOrWebAddress
    .optional()
    .describe(
      'Where the provider sends people after a sign-out. Without this key it is `{origin}{auth_prefix}/logged-out`.',
    ),
  idle_timeout: duration
    .optional()
    .describe(
      'A session ends when it has not been used for this long. Without this key, `session.idle_timeout` holds.',
    ),
  max_lifetime: duration
    .optional()
    .describe(
      'A session ends this long after the sign-in, whether it is used or not. Without this key, `session.max_lifetime` holds.',
    ),
  ...forwardingKeys,
  allow_encoded: z
    .array(oneOf(['slash', 'empty_segment', 'semicolon', 'hash', 'question_mark', 'percent']))
    .prefault([])
    .describe(
      'Allows paths that servers read in different ways, which the gateway otherwise refuses with 400. `slash` is `%2F`. `empty_segment` is `//`, except at the beginning. `semicolon` is `;` and `%3B`. `hash` is `%23`. `question_mark` is `%3F`. `percent` is `%25` before two hexadecimal digits. The gateway judges each way to read such a path, and every one of them must let the person in: see the page on rules. Use this only for apps that need it. RabbitMQ needs `[slash, empty_segment]`, Jenkins needs `[slash, percent]`, and a Java app that puts `;jsessionid=…` into links needs `[semicolon]`.',
    ),
  ignore_case: flag
    .prefault(false)
    .describe(
      'Say `true` if the app’s server ignores case, as Express and IIS do. The gateway then compares paths without regard to case, by Unicode’s simple case folding. The app still gets the path as it was sent. Servers do not agree about the case of some characters. A path with `ſ`, `ı`, `İ` or the Kelvin sign is therefore 400. So is one with another such character (`ß`, `ﬁ`), if the path could then belong to another location.',
    ),
  ...linkKeys,
  title: line
    .optional()
    .describe('What the gateway’s pages call the app. Without this key they use its name in this file.'),
  contact: line
    .optional()
    .describe('Whom people can ask for access. The 403 page shows this address or text.'),
  allow_insecure_http: flag
    .prefault(false)
    .describe(
      'Allows a `url` with `http` on a host that is not loopback. Sessions can then be stolen on the way between browser and gateway.',
    ),
}

/** One line of `locations`. */
export const locationKeys = {
  path: text
    .clone()
    .register(forms, { form: 'path' })
    .describe(
      'The path as browsers show it, in full, with the app’s prefix. It covers everything below it too. `*` stands for one whole segment.',
    ),
  exact: flag.prefault(false).describe('The location covers this one path only, and nothing below it.'),
  methods: z
    .array(text)
    .min(1)
    .register(forms, { form: 'list of methods' })
    .optional()
    .describe(
      `Only these methods, such as \`[GET, POST]\`. Without this key all known ones: ${knownMethods.join(', ')}. GET includes HEAD. \`${webdavName}\` stands for the methods that clients of WebDAV, CalDAV and CardDAV need in addition: ${webdavMethods.join(', ')}. Whoever may send these reaches everything below the path, and everything that their bodies name: of what such a request names, the gateway judges \`Destination\` alone.`,
    ),
  require: ruleForm.describe(
    'Who may pass here. Every location needs this key. The app’s own `require` must hold too, unless this one says `anyone`, `maybe_signed_in` or `nobody`.',
  ),
  unauthenticated: unauthenticated
    .optional()
    .describe('What people get here who are not signed in. Without this key, the app’s holds.'),
  credentials: credentials
    .optional()
    .describe('What tells here who somebody is. The list replaces the app’s.'),
  step_up: stepUp.describe(
    'What a sign-in must bring here beyond the rule. The app’s own `step_up` must hold too. Of both the smaller ages count, all scopes, and those `acr_values` that stand in both.',
  ),
  headers: z
    .record(headerName, headerValue)
    .register(forms, { form: 'header name → value' })
    .optional()
    .describe(
      'Headers that the gateway sets on requests to the app here. They replace those of `upstream.headers`.',
    ),
  enforce: flag
    .prefault(true)
    .describe(
      '`false` only rehearses the location. The gateway judges it, logs it and counts it, but decides requests as if it were not in the file.',
    ),
  ...optional({ ...resumeKeys, ...limitKeys, ...forwardingKeys }, ' Replaces the app’s.'),
}

/** Keys that stand in an app only. */
export const ownAppKeys = {
  url: text
    .clone()
    .register(forms, { form: 'URL' })
    .describe(
      'The address that people open in the browser: an origin, with an optional path prefix. The redirect URI follows from it.',
    ),
  upstream: z
    .union([text, upstreamMapping])
    .register(forms, {
      form: 'URL or `{url, ca_file, headers, preserve_host, strip_prefix, max_connections, lambda, aws}`',
    })
    .describe(
      'Where the app runs: a URL, or a mapping with either `url` or `lambda`. If it has a base path, the gateway puts that in front of every path.',
    ),
  locations: z
    .array(z.strictObject(locationKeys))
    .min(1)
    .register(forms, { form: 'list' })
    .optional()
    .describe('Rules by path. The most specific path wins. The order of the lines means nothing.'),
}

/** The name of an app, of a provider, of a policy. */
export const appName = name

type Inner<Field> = Field extends z.ZodPrefault<infer Type> ? Type : Field
export type OptionalKeys<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape]: Shape[Key] extends z.ZodOptional<infer Type>
    ? z.ZodOptional<Type>
    : Inner<Shape[Key]> extends z.ZodType
      ? z.ZodOptional<Inner<Shape[Key]>>
      : never
}

/** The same keys without their defaults: what is absent falls back to what stands further out. */
export function optional<Shape extends z.ZodRawShape>(shape: Shape, addition = ''): OptionalKeys<Shape> {
  const entries = Object.entries(shape).map(([key, field]) => {
    const inner = field instanceof z.ZodPrefault ? field.unwrap() : field
    const described = z
      .optional(inner)
      .describe(`${z.globalRegistry.get(field)?.description ?? ''}${addition}`)
    return [key, described]
  })
  return Object.fromEntries(entries) as OptionalKeys<Shape>
}
