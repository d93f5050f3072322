import { type EventName, eventFields, events, fields } from '../core/event.ts'
import { faultCodes, faultEntry } from '../core/fault.ts'
import { faultMeanings } from '../core/fault-meaning.ts'
import {
  believed,
  believedPrefixes,
  connectionHeaders,
  instructionPrefixes,
  instructions,
  passedAllTheSame,
  webSocketPrefix,
} from '../core/headers/names.ts'
import { allowReasons, answerReasons, challengeReasons, denyReasons, rejectReasons } from '../core/reason.ts'
import type { OwnAddress } from '../http/admission/admission.ts'
import { metricLabels, metricTexts } from '../http/operations/metric-names.ts'
import { code, table } from './table.ts'

/** docs/reference.md: the words of logs, metrics and answers, from the tables that the code itself uses. */
export function toWordsPage(): string {
  return [
    intro,
    '## Addresses\n',
    addressText,
    table(['address', 'methods', ''], [...Object.values(addresses), ...adminAddresses]),
    '## Exit status\n',
    exitText,
    '## Events of the log\n',
    'Each line is one JSON object. It has `level`, `time`, `event`, and those of these fields that have a value.\n',
    table(['event', '', 'fields'], eventRows()),
    '### Fields\n',
    levelText,
    table(
      ['field', ''],
      Object.entries(fields).map(([name, text]) => [code(name), text]),
    ),
    '## Reasons\n',
    'Every decision has a reason. It is in the access line, in `claimgate_requests_total`, and as `reason` in answers for programs.\n',
    ...reasonTables(),
    '### In answers alone\n',
    answerText,
    table(
      ['reason', ''],
      Object.entries(answerReasons).map(([name, text]) => [code(name), text]),
    ),
    '## Faults\n',
    'A fault is what went wrong beyond a decision. It is `code` in the log and in `claimgate_faults_total`. People see the sentence, in their language.\n',
    table(['code', 'status', 'level', 'people see', 'what it means', 'look at'], faultRows()),
    '## Metrics\n',
    'These are on the admin address, in Prometheus’ text format.\n',
    table(['metric', 'labels', ''], metricRows()),
    headersText(),
  ].join('\n')
}

const intro = `<!-- Written by \`npm run generate\` from src/core and src/http/operations/metric-names.ts. Change it there. -->

# Reference: addresses, events, reasons, faults, metrics, headers

These words are an interface. They change only in a major version. [Operations](operations.md) tells how to read them.
`

const addressText = `These addresses are below \`auth_prefix\` on every app’s origin. It is \`/.auth\` unless you configure it.
Anything else there is 404, and another method is 405. Nothing there reaches an app.
`

/** Those of the public port, with their methods. */
const addresses: { readonly [address in OwnAddress]: readonly string[] } = {
  login: [
    '`/.auth/login?return_to=/path&provider=name`',
    'GET',
    'Starts a sign-in. If the app has several providers and the address names none, people choose one on a page. `account=other` asks for another account. Parameters that a provider’s `pass_parameters` lists are handed on. (`kept` and `attempt` are the gateway’s own.)',
  ],
  callback: [
    '`/.auth/callback`, with several providers `/.auth/callback/NAME`',
    'GET; POST with `response_mode: form_post`',
    'The redirect URI of a provider. If `redirect_uri` names another path, this one is 404. Another provider’s answer is refused there.',
  ],
  logout: [
    '`/.auth/logout?return_to=/path`',
    'GET, POST',
    'GET asks whether to sign out. POST signs out, here and at the provider. `return_to` is a path of this origin.',
  ],
  'logged-out': [
    '`/.auth/logged-out`',
    'GET',
    'Where a sign-out ends. If the provider has no sign-out, `?provider=NAME` says that the person is still signed in there. The button then asks for an account.',
  ],
  'backchannel-logout': [
    '`/.auth/backchannel-logout`',
    'POST',
    'Where a provider says that somebody signed out there, by a `logout_token` (OpenID Connect Back-Channel Logout 1.0). It may come to any origin, and ends sessions on every origin. The answer is 200, or 400, 429 or 503 with JSON. With `store: cookie` it is 404.',
  ],
  'frontchannel-logout': [
    '`/.auth/frontchannel-logout?iss=issuer&sid=id`',
    'GET',
    'What a page of the provider loads in a frame when somebody signs out there (OpenID Connect Front-Channel Logout 1.0). It ends the sessions of that `sid`. `iss` may be missing if the apps of the origin have providers of one issuer alone. The answer is an empty page, whether there was a session or not. With `store: cookie` it is 404.',
  ],
  jwks: [
    '`/.auth/jwks.json`',
    'GET, HEAD',
    'The public keys by which apps verify identity assertions, as a JSON Web Key Set: the same at every origin, for whoever asks, and to be kept for five minutes. If no app has `identity_assertion`, it is 404.',
  ],
  account: [
    '`/.auth/`',
    'GET, HEAD',
    'A page for people: who is signed in, until when, which apps of this origin the person may open, and a button that signs out. A person who is not signed in can sign in there.',
  ],
  keys: [
    '`/.auth/keys`',
    'GET, POST',
    'A page for people: the API keys of whoever is signed in, and forms to make, rename, rotate and revoke them. A key is made and gets a new secret after a sign-in of the last five minutes alone. Scripts, frames and pages of other sites get 403. It is at `api_keys.self_service.at`. Elsewhere it is 404.',
  ],
  resume: [
    '`/.auth/resume?form=…`',
    'GET',
    'Where somebody comes who has signed in for a form that was kept (`resume`). The gateway makes the address; it counts for that person alone. With `session.store: cookie` it is 404.',
  ],
  sessions: [
    '`/.auth/sessions`',
    'GET, POST',
    'A page for people: in which browsers the person is signed in at this origin, since when, when each was used last, and the network of each sign-in. POST signs out one of the other browsers, or all of them. Scripts and frames get 403, `not-a-navigation`. With `session.store: cookie` the address is 404.',
  ],
  me: [
    '`/.auth/me`',
    'GET, HEAD',
    'Who is signed in, as JSON: `user`, `provider`, and `claims`, which are those that rules, limits, headers or assertions name. `claims_inexact` has the names of claims with a number beyond 2^53-1, which are left out. `email_unverified` is there if an address came that does not count. `signed_in_at`, `expires_at` and `idle_expires_at` are in seconds since 1970. Without a session the answer is 401. There is never a token in it. To ask is no use of the session: the idle time goes on.',
  ],
  'resource-metadata': [
    '`/.well-known/oauth-protected-resource`, with the path of the app behind it',
    'GET, HEAD, OPTIONS',
    'How an app is to be asked with access tokens, as JSON (RFC 9728): `resource`, `authorization_servers` (the issuers of the providers with `bearer`), `scopes_supported` (their `required_scopes`) and `bearer_methods_supported`. Anybody may ask, and pages of every origin. It is there if a location of the app lists `bearer` in `credentials`, before any location of that path. The 401 there names it (`resource_metadata`).',
  ],
  token: [
    '`/.auth/token`',
    'POST',
    'The token endpoint (RFC 6749). A form with `grant_type=client_credentials` and a key’s `client_id` and `client_secret`, or these as Basic, gets a short token of that key. `scope` narrows it, and `lifetime` shortens it, in seconds. With `origin` it is the token of a widget, for an `end_user` if you like. The pair of a provider with `exchange` gets that provider’s token, and `grant_type=refresh_token` with its `refresh_token` does too (`exchange.refresh_token`). What is wrong is 400 or 401 with JSON (`error`), and guesses are 429. Pages of other origins get 403. The address is 404 where none of this opens anything on the origin.',
  ],
  health: ['`/.auth/health`', 'GET, HEAD', '200 `ok`, on any Host: the process answers.'],
}

const adminAddresses: readonly (readonly string[])[] = [
  ['`/livez` on the admin address', 'GET, HEAD', '200 `ok`: the process answers.'],
  [
    '`/readyz` on the admin address',
    'GET, HEAD',
    '200, or 503 if the store of sessions or that of API keys does not answer, or a stop is under way. The JSON has `store`, `keys` where there are any, `draining` and `providers` (`ready`, `pending`, `failed`).',
  ],
  ['`/metrics` on the admin address', 'GET, HEAD', 'The metrics below.'],
]

const exitText = `| status | |
| --- | --- |
| 0 | yes: stopped as asked, healthy, without faults, revoked |
| 1 | the thing asked about failed: faults found by \`check\`, no healthy gateway, no such session, could not start |
| 2 | wrong usage, an unreadable file, a Node.js that is too old, or, for every command but \`check\`, a file with faults |
| 130, 143 | a second SIGINT or SIGTERM ended what was still stopping |
`

const levelText = `\`level\` is a number: 20 debug, 30 info, 40 warn, 50 error. \`time\` is ISO 8601, UTC.
`

function eventRows(): readonly (readonly string[])[] {
  return Object.entries(events).map(([name, text]) => {
    const own: readonly string[] = eventFields[name as EventName]
    return [code(name), text, own.map(code).join(', ')]
  })
}

function metricRows(): readonly (readonly string[])[] {
  return Object.entries(metricTexts).map(([name, text]) => {
    const labels: readonly string[] = metricLabels[name as keyof typeof metricTexts]
    return [code(name), labels.map(code).join(', '), text]
  })
}

const answerText = `In answers, the code of a fault is a reason too, in lower case and with hyphens: \`upstream-timeout\`. These are the others:
`

function headersText(): string {
  return `## Headers

Case does not matter in names, and \`_\` counts as \`-\`, as in WSGI, CGI and PHP. \`…\` stands for any ending.

### Never passed from a client to an app

An app could believe these headers, although any client can write them. They are never passed on, whatever is
configured. Neither are the names of all apps' identity headers and shared secrets, names with other characters than
letters, digits and \`-\`, and our own cookies.

${names(believed, [...believedPrefixes, webSocketPrefix])}
${[...passedAllTheSame].map(code).join(', ')} passes: it names a trace, and nobody. At an app whose requests are signed (\`upstream.aws\`),
no client's \`Authorization\` or \`Date\` passes either.

### Never passed on, in either direction

These headers concern one connection alone (RFC 9110 section 7.6.1). So do the names that \`Connection\` lists.

${names(connectionHeaders, [])}
### Never passed from an app to a client

These headers would make a server in front fetch something else, send browsers round the gateway, or tell what runs
behind it. Our cookies and the shared secret are not passed on either, if an app echoes them. \`X-Accel-Buffering\` passes.

${names(instructions, instructionPrefixes)}`
}

function names(whole: Iterable<string>, prefixes: readonly string[]): string {
  const all = new Set([...whole, ...prefixes.map((prefix) => `${prefix}…`)])
  return `${[...all].sort().map(code).join(' ')}\n`
}

function reasonTables(): readonly string[] {
  const kinds: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['`allow`: the request goes on', allowReasons],
    ['`challenge`: sign in first (a redirect for a navigation, otherwise 401)', challengeReasons],
    ['`deny`: 403', denyReasons],
    [
      '`reject`: the request itself is refused (400, 404, 405, 413, 417, 421, 426, 429, 431, 505)',
      rejectReasons,
    ],
  ]
  return kinds.map(
    ([title, reasons]) =>
      `### ${title}\n\n${table(
        ['reason', ''],
        Object.entries(reasons).map(([name, text]) => [code(name), text]),
      )}`,
  )
}

function faultRows(): readonly (readonly string[])[] {
  return faultCodes.map((name) => {
    const { status, level, public: sentence } = faultEntry(name)
    const { means, lookAt } = faultMeanings[name]
    return [code(name), String(status), level, sentence, means, lookAt]
  })
}
