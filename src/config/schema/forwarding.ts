import { z } from 'zod'
import { corsKeys } from './cors.ts'
import { identityHeaders } from './identity-header.ts'
import { responseHeaders } from './response-headers.ts'
import { count, duration, flag, forms, oneOf, size, webOrigin } from './values.ts'

/** The least that a client must send of a request body. */
const bodyRate = z.strictObject({
  grace: duration
    .prefault('20s')
    .describe('How long a body may be slower than `min_rate`, at its start and at any later time.'),
  min_rate: count(1, 1_000_000)
    .prefault(500)
    .describe('Bytes a second. The client is not timed while it is the app that is slow.'),
})

/** How long the gateway waits for an app, and for a client that sends a body. */
const timeouts = z.strictObject({
  connect: duration
    .prefault('5s')
    .describe('How long the gateway waits for a connection to the app, its TLS handshake included.'),
  response: duration
    .prefault('60s')
    .describe(
      'How long the app may take to begin its answer. The time starts when the gateway has handed the whole request, its body included, to the operating system. It ends with the headers of the answer. Of a Lambda function these are the function’s own.',
    ),
  idle: duration
    .prefault('5m')
    .describe(
      'The longest pause between two pieces of a body. It does not apply to a WebSocket, which may be silent for as long as it likes.',
    ),
  body: z
    .union([z.literal('off').transform(() => null), bodyRate])
    .register(forms, { form: '`{grace, min_rate}` or `off`' })
    .prefault({})
    .describe('How slow a request body may be, like Apache’s RequestReadTimeout. A slower one gets 408.'),
  keep_alive: duration
    .optional()
    .describe(
      'How long the gateway keeps an idle connection to the app. If the app announces a shorter time, that one counts. Without this key, the gateway keeps it one second less than the app announces (`Keep-Alive: timeout=…`), or 1s if the app announces nothing. The value must be below the app’s own time-out. Otherwise requests meet connections that the app is just closing.',
    ),
})

const websocketOrigins = z.strictObject({
  origins: z
    .array(webOrigin)
    .min(1)
    .describe('Only pages of these origins may open a WebSocket, such as `https://wiki.example.com`.'),
})

/** What a location may replace: how an allowed request is passed on. */
export const forwardingKeys = {
  identity_headers: identityHeaders,
  response_headers: responseHeaders,
  timeouts: timeouts.prefault({}).describe('How long the app may take. After that the answer is 504.'),
  max_body: z
    .union([z.literal('none').transform(() => null), size])
    .register(forms, { form: 'size or `none`' })
    .prefault('10MiB')
    .describe(
      'The largest request body. A larger one gets 413. For an app on AWS that takes a body only as a whole it is at most `10MiB` (`sign: execute-api`) or `6MiB` (`sign: lambda`, functions), which is also what holds there without this key.',
    ),
  websocket: z
    .union([flag, websocketOrigins])
    .register(forms, { form: '`false`, `true` or `{origins}`' })
    .prefault(false)
    .describe(
      'Whether the gateway passes WebSockets on. `true` allows pages of the app’s own origin; `{origins}` lists the origins that are allowed.',
    ),
  cors_preflight: oneOf(['deny', 'pass'])
    .prefault('deny')
    .describe(
      'What happens to CORS preflights, which are OPTIONS requests with `Origin` and `Access-Control-Request-Method`. `pass` lets them reach the app without a session. `deny` treats them like any other request. Where `cors` is not `deny`, the gateway answers them itself, and this key must not be there.',
    ),
  ...corsKeys,
  cache: oneOf(['private', 'upstream'])
    .prefault('private')
    .describe(
      '`private` puts `Cache-Control: private` on answers that depended on who asks. `upstream` leaves the header as the app wrote it, unless a token or a key counted: then the answer is private all the same.',
    ),
  upstream_authorization: oneOf(['pass', 'strip', 'forward', 'access_token'])
    .optional()
    .describe(
      'What the app gets in `Authorization`. `pass` sends what the client sent. `strip` sends nothing. `forward` sends the access token by which the client got in, and nothing else; it needs `bearer` in `credentials`. `access_token` sends that token, or the access token of the person’s session, as `Bearer`. Without this key it is `strip` where `credentials` lists anything that is sent in a header or requests are signed (`upstream.aws`), and `pass` elsewhere. API keys never reach an app, whatever stands here. Neither do keys in any other place where the gateway reads them, nor `Basic` where `credentials` lists `exchange`. If `headers` of the upstream or the location sets `Authorization`, the app gets that.',
    ),
}
