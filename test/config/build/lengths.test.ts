// Texts of the file that end up in a header, an assertion, a signature or an address: the longest that can be sent is
// taken, and one character more is told by `check`, not by a gateway that then refuses everybody.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { surroundings } from '../surroundings.ts'

const file = (
  app: string,
  upstream = 'http://10.0.0.5:5000',
  provider = '',
  url = 'https://wiki.example.com',
) => `
session: { secret: "\${env:OTHER_SECRET}" }
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}"${provider} }
apps:
  wiki:
    url: ${url}
    upstream: ${upstream}
    require: signed_in
    ${app}
`

/** What is wrong: where, and what. */
function faults(text: string): readonly string[] {
  const loaded = loadGatewayFromText(text, surroundings)
  const issues = loaded.ok ? [] : loaded.issues
  for (const issue of issues) t.ok(printIssue(issue).length < 600, 'a message of readable length')
  return issues.map(({ path, message }) => `${path}: ${message}`)
}

const a = (length: number) => 'a'.repeat(length)
/** A host name of so many characters, in labels of at most 63. */
const host = (length: number) => `${`${a(63)}.`.repeat(200).slice(0, length - 4)}.com`
const signed = (aws: string) => `{ url: "https://api.example.com/prod", aws: { sign: execute-api, ${aws} } }`
const role = 'arn:aws:iam::123456789012:role'
const region = 'region: eu-west-1'

type Case = readonly [what: string, make: (length: number) => string, longest: number, fault: RegExp]

const cases: readonly Case[] = [
  [
    'the audience of an assertion',
    (n) => file(`identity_assertion: { audience: "${a(n)}" }`),
    512,
    /^apps\.wiki\.identity_assertion\.audience: .*512/,
  ],
  [
    'a claim of an assertion',
    (n) => file(`identity_assertion: { claims: [email, "${a(n)}"] }`),
    256,
    /^apps\.wiki\.identity_assertion\.claims\[1\]: .*256/,
  ],
  [
    'a claim of a header',
    (n) => file(`identity_headers: { X-A: "${a(n)}" }`),
    256,
    /^apps\.wiki\.identity_headers\.X-A: .*256/,
  ],
  [
    'a claim of a header in a mapping',
    (n) => file(`identity_headers: { X-A: { claim: "${a(n)}" } }`),
    256,
    /^apps\.wiki\.identity_headers\.X-A.*256/,
  ],
  [
    'a header of the upstream',
    (n) => file('', `{ url: "http://10.0.0.5", headers: { X-Key: "${a(n)}" } }`),
    4096,
    /^apps\.wiki\.upstream\.headers\.X-Key: .*4096/,
  ],
  [
    'a header of a location',
    (n) => file(`locations: [{ path: /a, require: signed_in, headers: { X-Key: "${a(n)}" } }]`),
    4096,
    /^apps\.wiki\.locations\[0\]\.headers\.X-Key: .*4096/,
  ],
  [
    'a shared secret',
    (n) => file(`shared_secret: "${'abcdefghij0123456789'.repeat(300).slice(0, n)}"`),
    4096,
    /^apps\.wiki\.shared_secret.*4096/,
  ],
  [
    'the name of a session of a role',
    (n) => file('', signed(`${region}, role_arn: "${role}/x", session_name: "${a(n)}"`)),
    64,
    /^apps\.wiki\.upstream\.aws\.session_name: expected 2 to 64/,
  ],
  [
    'an external id',
    (n) => file('', signed(`${region}, role_arn: "${role}/x", external_id: "${a(n)}"`)),
    1224,
    /^apps\.wiki\.upstream\.aws\.external_id: expected 2 to 1224/,
  ],
  [
    'the path of a role, whose slashes count',
    (n) => file('', signed(`${region}, role_arn: "${role}/${a(n - 2)}/x"`)),
    512,
    /^apps\.wiki\.upstream\.aws\.role_arn: expected the ARN/,
  ],
  [
    'the name of a role',
    (n) => file('', signed(`${region}, role_arn: "${role}/${a(n)}"`)),
    64,
    /^apps\.wiki\.upstream\.aws\.role_arn: expected the ARN/,
  ],
  [
    'a region',
    (n) => file('', signed(`region: "eu-${a(n - 5)}-1"`)),
    25,
    /^apps\.wiki\.upstream\.aws\.region: expected the name of a region/,
  ],
  [
    'the region of a function',
    (n) => file('', `{ lambda: { function: "arn:aws:lambda:eu-${a(n - 5)}-1:123456789012:function:wiki" } }`),
    25,
    /^apps\.wiki\.upstream\.lambda\.function: is no ARN/,
  ],
  [
    'the name of a function',
    (n) => file('', `{ lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:${a(n)}" } }`),
    64,
    /^apps\.wiki\.upstream\.lambda\.function: is no ARN/,
  ],
  [
    'an alias',
    (n) => file('', `{ lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:x:${a(n)}" } }`),
    128,
    /^apps\.wiki\.upstream\.lambda\.function: is no ARN/,
  ],
  [
    'the id of a key',
    (n) =>
      file(
        '',
        signed(`${region}, credentials: { access_key_id: "${'A'.repeat(n)}", secret_access_key: ${a(40)} }`),
      ),
    128,
    /^apps\.wiki\.upstream\.aws\.credentials\.access_key_id: expected the id/,
  ],
  [
    'the host of an upstream',
    (n) => file('', `"http://${host(n)}"`),
    253,
    /^apps\.wiki\.upstream: .*(?:253|2000)/,
  ],
  [
    'one label of a host',
    (n) => file('', `"http://${a(n)}.example.com"`),
    63,
    /^apps\.wiki\.upstream: .*(?:63|2000)/,
  ],
  [
    'the host of an endpoint',
    (n) => file('', signed(`${region}, endpoint: "https://${host(n)}"`)),
    253,
    /^apps\.wiki\.upstream\.aws\.endpoint: .*(?:253|2000)/,
  ],
  [
    'the address of an upstream',
    (n) => file('', `"http://10.0.0.5/${a(n - 1)}"`),
    1000,
    /^apps\.wiki\.upstream: .*[12]000/,
  ],
  [
    'the address of an app',
    (n) => file('', 'http://10.0.0.5', '', `https://wiki.example.com/${a(n - 1)}`),
    1000,
    /^apps\.wiki\.url: .*[12]000/,
  ],
  ['a redirect URI', (n) => file(`redirect_uri: "/${a(n - 1)}"`), 1000, /^apps\.wiki\.redirect_uri: .*1000/],
  [
    'where people go after a sign-out',
    (n) => file(`post_logout_redirect_uri: "/${a(n - 1)}"`),
    1000,
    /^apps\.wiki\.post_logout_redirect_uri: .*1000/,
  ],
  [
    'a client id',
    (n) => file('').replace('client_id: gate', `client_id: "${a(n)}"`),
    2000,
    /^providers\.acme\.client_id: .*2000/,
  ],
  [
    'a scope',
    (n) => file('', undefined, `, scopes: [openid, "${a(n)}"]`),
    1000,
    /^providers\.acme\.scopes\[1\]: .*1000/,
  ],
  [
    'a parameter of the provider',
    (n) => file('', undefined, `, authorization_parameters: { x: "${a(n)}" }`),
    4000,
    /^providers\.acme\.authorization_parameters\.x: .*4000/,
  ],
]

for (const [what, make, longest, fault] of cases) {
  t.test(`${what}: ${longest} characters, and one more`, async (t) => {
    t.same(faults(make(longest)), [])
    for (const length of [longest + 1, 9000]) {
      const said = faults(make(length))
      t.equal(said.length, 1, said.join('\n'))
      t.match(said[0], fault)
    }
  })
}

const api = (more: string) => `{ url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", ${more} }`
const token = (n: number) =>
  `aws: { sign: execute-api, credentials: { access_key_id: ${'ASIA'.padEnd(20, 'X')}, secret_access_key: ${a(40)}, session_token: "${a(n)}" } }`
const secret = 'abcdefghij0123456789'.repeat(200)
const budgets = [
  ['a session token', file('', api(token(2000))), file('', api(token(5000)))],
  [
    'two headers of a location',
    file('locations: [{ path: /a, require: signed_in, headers: { X-A: b } }]', api(token(2000))),
    file(
      `locations: [{ path: /a, require: signed_in, headers: { X-A: "${a(2400)}", X-B: "${a(2400)}" } }]`,
      api(token(500)),
    ),
  ],
  [
    'a secret beside an assertion',
    file(`shared_secret: "${secret.slice(0, 3500)}"`, api(token(200))),
    file(
      `shared_secret: "${secret.slice(0, 3500)}"\n    identity_assertion: { audience: "${a(500)}" }`,
      api(token(200)),
    ),
  ],
] as const

t.test(
  'what API Gateway takes of the gateway’s own headers, where nobody could ever get through',
  async (t) => {
    for (const [what, fits, tooMuch] of budgets) {
      t.same(faults(fits), [], what)
      const said = faults(tooMuch)
      t.equal(said.length, 1, what)
      t.match(
        said[0],
        /^apps\.wiki\.upstream: the gateway’s own headers have at least \d+ bytes, whoever asks.*5120/,
        what,
      )
    }
    // Elsewhere nobody counts.
    t.same(
      faults(file('', `{ url: "http://10.0.0.5", headers: { X-A: "${a(4000)}", X-B: "${a(4000)}" } }`)),
      [],
    )
  },
)
