// `upstream.lambda`: which function is invoked, where and by whom; and each thing that cannot stand beside it.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { App } from '../../../src/core/gateway.ts'
import { surroundings } from '../surroundings.ts'

const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:wiki'
const invoked = (keys = '', more = '') => `{ lambda: { function: "${arn}"${keys} }${more} }`

function load(upstream: string, app = '', url = 'https://wiki.example.com') {
  const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki:
    url: ${url}
    upstream: ${upstream}
    require: signed_in
${app}`
  return loadGatewayFromText(text, surroundings)
}

function built(upstream: string, app = '', url?: string): App {
  const loaded = load(upstream, app, url)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const [first] = loaded.gateway.apps
  if (first === undefined) throw new Error('no app')
  return first
}

/** What is wrong, without its place in the text. */
function faults(upstream: string, app = ''): readonly string[] {
  const loaded = load(upstream, app)
  const issues = loaded.ok ? [] : loaded.issues
  return issues.map(
    ({ path, message, suggestion }) => `${path}: ${message}${suggestion === null ? '' : ` → ${suggestion}`}`,
  )
}

t.test('a function is invoked in its region, and knows the app by its public address', async (t) => {
  t.match(built(invoked()).upstream, {
    socketPath: null,
    scheme: 'https',
    hostname: 'lambda.eu-west-1.amazonaws.com',
    port: 443,
    origin: 'https://lambda.eu-west-1.amazonaws.com',
    ownOrigin: 'https://wiki.example.com',
    host: 'wiki.example.com',
    basePath: '',
    preserveHost: false,
    stripPrefix: false,
    maxConnections: 1000,
    aws: {
      service: 'lambda',
      region: 'eu-west-1',
      credentials: { given: null, role: null, region: 'eu-west-1' },
    },
    lambda: { functionName: arn, payload: '1.0', streaming: false },
  })
  t.match(
    built(invoked(), '', 'http://localhost:8080/wiki').upstream,
    { ownOrigin: 'http://localhost:8080', host: 'localhost:8080' },
    'also where the public address is http',
  )
})

t.test('what is kept of connections and headers', async (t) => {
  const more =
    ', strip_prefix: true, max_connections: 50, headers: { X-Api-Key: abc, Authorization: "Basic eDp5" }'
  t.match(built(invoked('', more), '', 'https://example.com/wiki').upstream, {
    stripPrefix: true,
    maxConnections: 50,
    headers: [{ name: 'X-Api-Key' }, { name: 'Authorization' }],
  })
})

t.test('every partition has its own hosts', async (t) => {
  const rows: readonly (readonly [partition: string, region: string, host: string])[] = [
    ['aws', 'us-east-1', 'lambda.us-east-1.amazonaws.com'],
    ['aws', 'ap-southeast-7', 'lambda.ap-southeast-7.amazonaws.com'],
    ['aws', 'mx-central-1', 'lambda.mx-central-1.amazonaws.com'],
    ['aws-cn', 'cn-northwest-1', 'lambda.cn-northwest-1.amazonaws.com.cn'],
    ['aws-us-gov', 'us-gov-west-1', 'lambda.us-gov-west-1.amazonaws.com'],
    ['aws-iso', 'us-iso-east-1', 'lambda.us-iso-east-1.c2s.ic.gov'],
    ['aws-iso-b', 'us-isob-east-1', 'lambda.us-isob-east-1.sc2s.sgov.gov'],
    ['aws-iso-e', 'eu-isoe-west-1', 'lambda.eu-isoe-west-1.cloud.adc-e.uk'],
    ['aws-iso-f', 'us-isof-south-1', 'lambda.us-isof-south-1.csp.hci.ic.gov'],
    ['aws-eusc', 'eusc-de-east-1', 'lambda.eusc-de-east-1.amazonaws.eu'],
  ]
  for (const [partition, region, hostname] of rows) {
    const name = `arn:${partition}:lambda:${region}:123456789012:function:wiki`
    t.match(built(`{ lambda: { function: "${name}" } }`).upstream, { hostname, aws: { region } }, name)
  }
  const elsewhere = 'arn:aws:lambda:cn-north-1:123456789012:function:wiki'
  t.same(faults(`{ lambda: { function: "${elsewhere}" } }`), [
    'apps.wiki.upstream.lambda.function: is of the partition aws, and cn-north-1 belongs to aws-cn',
  ])
})

t.test('a function is its whole ARN, with or without what qualifies it', async (t) => {
  for (const qualifier of ['', ':live', ':42', ':$LATEST', ':$LATEST.PUBLISHED', ':blue-green_2'])
    t.equal(
      built(`{ lambda: { function: "${arn}${qualifier}" } }`).upstream.lambda?.functionName,
      `${arn}${qualifier}`,
    )
  const rows: readonly (readonly [string, RegExp])[] = [
    ['wiki', /does not say region and account: write the whole ARN, arn:aws:lambda:/],
    ['wiki:live', /does not say region and account/],
    ['123456789012:function:wiki', /does not say region and account/],
    ['function:wiki', /does not say region and account/],
    [`${arn}:*`, new RegExp(`leave ":\\*" out → ${arn}$`)],
    [
      `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`,
      new RegExp(`is the address of an integration: write the function’s own ARN → ${arn}$`),
    ],
    ['https://abc.lambda-url.eu-west-1.on.aws', /is an address: `url` is for those/],
    ['arn:aws:iam::123456789012:role/wiki', /is no ARN of a Lambda function/],
    ['arn:aws:lambda:eu-west-1:123456789012:layer:wiki:1', /is no ARN of a Lambda function/],
    ['arn:aws:lambda:eu-west-1:12345:function:wiki', /is no ARN/],
    ['arn:aws:lambda::123456789012:function:wiki', /is no ARN/],
    [`${arn}:`, /is no ARN/],
    [`${arn}:a:b`, /is no ARN/],
    [`${arn}/invocations`, /is no ARN/],
    [`${arn}:a b`, /is no ARN/],
    [`${arn}?Qualifier=x`, /is no ARN/],
    [`${arn}\\n`, /is no ARN/],
    [`arn:aws:lambda:eu-west-1:123456789012:function:${'x'.repeat(65)}`, /is no ARN/],
    ['arn:aws:lambda:eu-west-1.evil.example/:123456789012:function:wiki', /is no ARN/],
  ]
  for (const [written, expected] of rows) {
    const found = faults(`{ lambda: { function: "${written}" } }`)
    t.equal(found.length, 1, written)
    t.match(found[0], expected, written)
    t.match(found[0], /^apps\.wiki\.upstream\.lambda\.function: /)
  }
})

t.test('the format of events: in quotes or not, and no other', async (t) => {
  for (const [written, read] of [
    ['"1.0"', '1.0'],
    ['1.0', '1.0'],
    ['1', '1.0'],
    ['"2.0"', '2.0'],
    ['2.0', '2.0'],
  ] as const)
    t.equal(built(invoked(`, payload: ${written}`)).upstream.lambda?.payload, read, written)
  for (const written of ['1.1', '"1"', '3', 'true', '[2.0]', 'v2', '"2.0 "']) {
    const found = faults(invoked(`, payload: ${written}`))
    t.equal(found.length, 1, written)
    t.match(found[0], /^apps\.wiki\.upstream\.lambda\.payload: .*1\.0.*2\.0/, written)
  }
})

t.test('an app is at an address, or is a function', async (t) => {
  t.same(faults(invoked('', ', url: "http://10.0.0.5"')), [
    'apps.wiki.upstream.lambda: stands beside `url`: an app is at an address, or is a function',
  ])
  t.same(faults('{ strip_prefix: true }'), [
    'apps.wiki.upstream: has neither `url` nor `lambda`: write where the app is, or which function it is',
  ])
  t.same(faults('{ aws: { sign: lambda } }'), [
    'apps.wiki.upstream: has neither `url` nor `lambda`: write where the app is, or which function it is',
  ])
  t.match(faults('{ lambda: {} }'), [/lambda\.?.*is missing/])
  t.match(faults(`{ lambda: "${arn}" }`), [/^apps\.wiki\.upstream\.lambda: expected a mapping/])
  t.match(faults(invoked(', path: /x')), [/^apps\.wiki\.upstream\.lambda\.path: unknown key/])
})

t.test('what means nothing, or cannot be, where a function is invoked', async (t) => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    [
      invoked('', ', preserve_host: true'),
      '',
      /^apps\.wiki\.upstream\.preserve_host: means nothing beside `lambda`/,
    ],
    [invoked('', ', aws: { sign: lambda }'), '', /^apps\.wiki\.upstream\.aws\.sign: means nothing beside/],
    [
      invoked('', ', aws: { region: eu-west-1 }'),
      '',
      /^apps\.wiki\.upstream\.aws\.region: means nothing beside/,
    ],
    [invoked(), '    websocket: true', /^apps\.wiki\.websocket: cannot stand where a function is invoked/],
    [
      invoked(),
      '    locations: [{ path: /a, require: signed_in, websocket: { origins: ["https://a.example.com"] } }]',
      /^apps\.wiki\.locations\[0\]\.websocket: cannot stand where a function is invoked/,
    ],
    [
      invoked(),
      '    allow_encoded: [slash]',
      /^apps\.wiki\.allow_encoded: cannot stand where a function is invoked/,
    ],
    [
      invoked(),
      '    websocket: true\n    locations: [{ path: /a, require: signed_in }]',
      /^apps\.wiki\.websocket: cannot stand/,
    ],
    [invoked(), 'defaults: { allow_encoded: [slash] }', /^defaults\.allow_encoded: cannot stand/],
    [invoked(), 'defaults: { websocket: true }', /^defaults\.websocket: cannot stand/],
  ]
  for (const [upstream, app, expected] of rows) {
    const found = faults(upstream, app)
    t.equal(found.length, 1, `${upstream} ${app}: ${found}`)
    t.match(found[0], expected)
  }
  t.same(faults(invoked('', ', preserve_host: false'), '    allow_encoded: []\n    websocket: false'), [])
  t.same(faults(invoked(), '    upstream_authorization: pass'), [], 'an event has headers of its own')
})

t.test('an app whose own address is faulty is told of that alone', async (t) => {
  const loaded = load(invoked(), '', 'wiki.example.com')
  t.match(loaded.ok ? [] : loaded.issues.map(({ path }) => path), ['apps.wiki.url'])
})

t.test('who invokes, and where connections go instead', async (t) => {
  const role = 'arn:aws:iam::123456789012:role/gateway'
  const endpoint = 'https://vpce-1a-2b.lambda.eu-west-1.vpce.amazonaws.com'
  const keys = `{ role_arn: "${role}", external_id: partner, endpoint: "${endpoint}" }`
  t.match(built(invoked('', `, aws: ${keys}`)).upstream, {
    origin: endpoint,
    hostname: 'vpce-1a-2b.lambda.eu-west-1.vpce.amazonaws.com',
    ownOrigin: 'https://wiki.example.com',
    host: 'wiki.example.com',
    aws: { credentials: { role: { arn: role, externalId: 'partner', sessionName: 'claimgate' } } },
  })
  t.match(built(invoked('', ', aws: { endpoint: "http://127.0.0.1:9001" }')).upstream, {
    scheme: 'http',
    hostname: '127.0.0.1',
    port: 9001,
  })
  t.match(built(invoked('', ', aws: { endpoint: "http://[::1]:9001" }')).upstream, { hostname: '::1' })
  const rows: readonly (readonly [string, RegExp])[] = [
    ['http://10.0.0.1', /must be https/],
    ['https://lambda.eu-central-1.amazonaws.com', /is in another region than what requests are signed for/],
    ['https://abc.execute-api.eu-west-1.amazonaws.com', /is an address of execute-api/],
    [
      'https://abcdefghij.lambda-url.eu-west-1.on.aws',
      /is the URL of a function: expected .*https:\/\/lambda\.eu-west-1\./,
    ],
    ['https://lambda.eu-west-1.amazonaws.com/x', /scheme, host and port alone/],
  ]
  for (const [written, expected] of rows) {
    const found = faults(invoked('', `, aws: { endpoint: "${written}" }`))
    t.equal(found.length, 1, written)
    t.match(found[0], expected)
    t.match(found[0], /^apps\.wiki\.upstream\.aws\.endpoint: /)
  }
  t.match(faults(invoked('', ', aws: { role_arn: "arn:aws-cn:iam::123456789012:role/x" }')), [
    /role_arn: is of another partition than the region: expected arn:aws:iam/,
  ])
})

t.test('nobody reaches a function around the gateway: no shared secret is missed', async (t) => {
  const warnings = (upstream: string) => load(upstream).warnings.map(printIssue).join('\n')
  t.match(warnings('"http://10.0.0.5"'), /shared_secret: is absent/)
  t.notMatch(warnings(invoked()), /shared_secret/)
})
