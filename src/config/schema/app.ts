import { z } from 'zod'
import { knownMethods, webdavMethods, webdavName } from '../../core/request/method.ts'
import { identityHeaders } from './identity-header.ts'
import { responseHeaders } from './response-headers.ts'
import { ruleForm } from './rule.ts'
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
  size,
  text,
  webOrigin,
} from './values.ts'

/** The least that a client must send of a request body. */
const bodyRate = z.strictObject({
  grace: duration
    .prefault('20s')
    .describe('How long a body may fall behind `min_rate`, at its start and later.'),
  min_rate: count(1, 1_000_000)
    .prefault(500)
    .describe('Bytes a second. While the app is the slow one, the client is not timed.'),
})

/** How long the gateway waits for an app, and for a client that sends a body. */
const timeouts = z.strictObject({
  connect: duration.prefault('5s').describe('Until the connection stands, with its TLS handshake.'),
  response: duration
    .prefault('60s')
    .describe(
      'From the moment when the whole request, its body included, is with the system, to the headers of the answer.',
    ),
  idle: duration
    .prefault('5m')
    .describe('Between two pieces of a body. A WebSocket may be silent for as long as it likes.'),
  body: z
    .union([z.literal('off').transform(() => null), bodyRate])
    .register(forms, { form: '`{grace, min_rate}` or `off`' })
    .prefault({})
    .describe('The slowest that a request body may be, as Apache’s RequestReadTimeout: slower gets 408.'),
  keep_alive: duration
    .optional()
    .describe(
      'How long an idle connection to the app is kept, less when the app announces less. When absent: a second less than it announces (`Keep-Alive: timeout=…`), else 1s. It must be below the app’s own time-out, or requests meet connections that the app is closing.',
    ),
})

const websocketOrigins = z.strictObject({
  origins: z
    .array(webOrigin)
    .min(1)
    .describe('Exactly these origins may open a WebSocket, such as `https://wiki.example.com`.'),
})

/** What a location may replace: how an allowed request is passed on. */
export const forwardingKeys = {
  identity_headers: identityHeaders,
  response_headers: responseHeaders,
  timeouts: timeouts.prefault({}).describe('How long the app may take before the answer is 504.'),
  max_body: z
    .union([z.literal('none').transform(() => null), size])
    .register(forms, { form: 'size or `none`' })
    .prefault('10MiB')
    .describe('The largest request body; what is larger gets 413.'),
  websocket: z
    .union([flag, websocketOrigins])
    .register(forms, { form: '`false`, `true` or `{origins}`' })
    .prefault(false)
    .describe(
      'Whether WebSockets are passed on: `true` for pages of the app’s own origin, or a list of origins.',
    ),
  cors_preflight: oneOf(['deny', 'pass'])
    .prefault('deny')
    .describe(
      '`pass` lets preflights (OPTIONS with `Origin` and `Access-Control-Request-Method`) reach the app without a session; `deny` treats them as ordinary requests.',
    ),
  cache: oneOf(['private', 'upstream'])
    .prefault('private')
    .describe(
      '`private` puts `Cache-Control: private` on answers that depended on a session; `upstream` leaves what the app says.',
    ),
}

export const unauthenticated = oneOf(['sign_in', 'deny'])

export const upstreamMapping = z.strictObject({
  url: text.describe(
    'Where the app is reached: scheme, host, port and an optional base path; or a Unix socket, `unix:/run/app.sock`, with a base path `unix:/run/app.sock:/prefix`. An app behind a socket gets `Host: localhost` unless `preserve_host` is set.',
  ),
  ca_file: filePath
    .optional()
    .describe(
      'PEM file of the authorities that the app’s certificate must come from, instead of the system’s.',
    ),
  headers: z
    .record(headerName, headerValue)
    .register(forms, { form: 'header name → value' })
    .prefault({})
    .describe(
      'Headers that are set on every request to this app, such as an API key; `headers` of a location replaces them there. No client can send one of these names to any app, and `Authorization` not to this one.',
    ),
  preserve_host: flag
    .prefault(false)
    .describe('Sends the public host as `Host` instead of the upstream’s own.'),
  strip_prefix: flag
    .prefault(false)
    .describe('Takes the prefix of `url` off the path, and sends it as `X-Forwarded-Prefix`.'),
  max_connections: count(1, 100_000)
    .prefault(1000)
    .describe(
      'Connections to this upstream at most, over all apps that name it; WebSockets are counted apart, with the same bound. Beyond it requests wait, 100 at most and 2 seconds each, then they get 503.',
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
    .describe('The providers that people of this app sign in with; needed when several are configured.'),
  require: ruleForm
    .optional()
    .describe('Who may pass: a floor that holds at every location that is not open. See the page on rules.'),
  unauthenticated: unauthenticated
    .prefault('sign_in')
    .describe(
      'What people who are not signed in get: `sign_in` redirects navigations, `deny` answers 401 always.',
    ),
  shared_secret: z
    .union([headerValue, sharedSecret])
    .register(forms, { form: 'secret text or `{header, value}`' })
    .optional()
    .describe(
      'Proves to the app that a request came through the gateway, in `X-Gateway-Secret` unless `header` names another.',
    ),
  redirect_uri: redirectPath
    .optional()
    .describe(
      'The path that providers send people back to. When absent `{auth_prefix}/callback`, with several providers `{auth_prefix}/callback/{provider}`: each has its own, with its name, so that nobody can bring the answer of one to another. Set it to keep one that is registered already: with several providers it holds `{provider}` as a segment, or all of them but one say `response_iss: required`. It is taken before any location; what differs by case, by a slash behind it or by `%3B…` is 404.',
    ),
  post_logout_redirect_uri: localOrWebAddress
    .optional()
    .describe(
      'Where people end after a sign-out at the provider, `{origin}{auth_prefix}/logged-out` when absent.',
    ),
  idle_timeout: duration
    .optional()
    .describe('A session that is not used for so long ends; `session.idle_timeout` when absent.'),
  max_lifetime: duration
    .optional()
    .describe('A session ends so long after its sign-in, used or not; `session.max_lifetime` when absent.'),
  ...forwardingKeys,
  allow_encoded: z
    .array(oneOf(['slash', 'empty_segment', 'semicolon', 'hash', 'question_mark', 'percent']))
    .prefault([])
    .describe(
      'Paths that are otherwise refused with 400, as servers read them in different ways: `%2F`; `//`, but for one at the beginning; `;` and `%3B`; `%23`; `%3F`; `%25` before two hexadecimal digits. Each reading is judged, and all must let in: see the page on rules. Only for apps that need them. RabbitMQ needs `[slash, empty_segment]`, Jenkins `[slash, percent]`, a Java app that puts `;jsessionid=…` into links `[semicolon]`.',
    ),
  ignore_case: flag
    .prefault(false)
    .describe(
      'Whether the app’s server ignores case, as Express and IIS do: paths are then compared without it, by Unicode’s simple case folding, and arrive as they were sent. What servers fold in different ways is 400: `ſ`, `ı`, `İ`, the Kelvin sign, and other characters (`ß`, `ﬁ`) where the path could be one of another location.',
    ),
  title: line.optional().describe('What the gateway’s pages call the app; its name when absent.'),
  contact: line.optional().describe('Whom to ask for access: an address or a text on the 403 page.'),
  allow_insecure_http: flag
    .prefault(false)
    .describe(
      'Allows a `url` with `http` on a host that is not loopback. Sessions can then be stolen on the way.',
    ),
}

/** One line of `locations`. */
export const locationKeys = {
  path: text
    .clone()
    .register(forms, { form: 'path' })
    .describe(
      'The path as browsers show it, written in full with the app’s prefix; it covers all below. `*` stands for one whole segment.',
    ),
  exact: flag.prefault(false).describe('Covers that one path only.'),
  methods: z
    .array(text)
    .min(1)
    .register(forms, { form: 'list of methods' })
    .optional()
    .describe(
      `Only these methods, such as \`[GET, POST]\`; all known ones when absent (${knownMethods.join(', ')}). GET stands for HEAD too. \`${webdavName}\` stands for those that clients of WebDAV, CalDAV and CardDAV need beside: ${webdavMethods.join(', ')}. Whoever may send them reaches everything below the path, and what their bodies name: only \`Destination\` is judged too.`,
    ),
  require: ruleForm.describe(
    'Who may pass here: mandatory. The app’s own `require` must hold too, unless this says `anyone`, `maybe_signed_in` or `nobody`.',
  ),
  unauthenticated: unauthenticated
    .optional()
    .describe('What people who are not signed in get here; the app’s when absent.'),
  headers: z
    .record(headerName, headerValue)
    .register(forms, { form: 'header name → value' })
    .optional()
    .describe('Headers that are set on requests to the app here, in place of those of `upstream.headers`.'),
  enforce: flag
    .prefault(true)
    .describe(
      '`false` rehearses the location: it is judged, logged and counted, and requests are decided as if it were not in the file.',
    ),
  ...optional(forwardingKeys, ' Replaces the app’s.'),
}

/** Keys that stand in an app only. */
export const ownAppKeys = {
  url: text
    .clone()
    .register(forms, { form: 'URL' })
    .describe(
      'What people browse: an origin, with an optional path prefix. The redirect URI derives from it.',
    ),
  upstream: z
    .union([text, upstreamMapping])
    .register(forms, {
      form: 'URL or `{url, ca_file, headers, preserve_host, strip_prefix, max_connections}`',
    })
    .describe('Where the app really is: a URL, or a mapping. Its base path is put in front of every path.'),
  locations: z
    .array(z.strictObject(locationKeys))
    .min(1)
    .register(forms, { form: 'list' })
    .optional()
    .describe('Rules by path. The most specific path wins; the order means nothing.'),
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
