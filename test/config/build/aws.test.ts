// `upstream.aws`: who signs what for which service, read from the file and from AWS's own host names; and each thing that
// cannot stand beside it.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { surroundings } from '../surroundings.ts'

const env = {
  ...surroundings.env,
  AWS_SECRET: 'wJalrXUtnFEMI/canary/bPxRfiCYzzzzzzzzzz',
  AWS_TOKEN: 'IQoJb3JpZ2luX2VjcanaryEXAMPLE',
}

const stage = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod'

function fileOf(upstream: string, app = '', top = ''): string {
  return `
${top}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: ${upstream}
    require: signed_in
${app}`
}

function load(upstream: string, app = '', top = '') {
  return loadGatewayFromText(fileOf(upstream, app, top), { ...surroundings, env })
}

/** The app as it was built, or what is wrong. */
function built(upstream: string, app = '', top = ''): Gateway['apps'][number] | string {
  const loaded = load(upstream, app, top)
  if (!loaded.ok) return loaded.issues.map(printIssue).join('\n')
  const [first] = loaded.gateway.apps
  if (first === undefined) throw new Error('no app')
  return first
}

/** What is wrong, without its place in the text. */
function faults(upstream: string, app = '', top = ''): readonly string[] {
  const loaded = load(upstream, app, top)
  const issues = loaded.ok ? [] : loaded.issues
  const text = issues.map(printIssue).join('\n')
  t.notMatch(text, /canary/, 'no value of a secret')
  return issues.map(
    ({ path, message, suggestion }) => `${path}: ${message}${suggestion === null ? '' : ` → ${suggestion}`}`,
  )
}

const signed = (aws: string, url = stage) => `{ url: "${url}", aws: ${aws} }`

t.test('API Gateway: the service is stated, the region read; nothing else is needed', async (t) => {
  const app = built(signed('{ sign: execute-api }'))
  t.match(app, {
    sharedSecret: null,
    upstream: {
      origin: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
      ownOrigin: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
      host: 'abc123.execute-api.eu-west-1.amazonaws.com',
      basePath: '/prod',
      aws: {
        service: 'execute-api',
        region: 'eu-west-1',
        credentials: { given: null, role: null, region: 'eu-west-1' },
      },
    },
    fallback: { forwarding: { upstreamAuthorization: 'strip' } },
  })
})

t.test('a shared secret is not missed where requests are signed, and may be there', async (t) => {
  const warnings = (upstream: string, app = '') => load(upstream, app).warnings.map(printIssue).join('\n')
  t.match(warnings(`"${stage}"`), /apps\.wiki\.shared_secret: is absent/)
  t.notMatch(warnings(signed('{ sign: execute-api }')), /shared_secret/)
  t.match(built(signed('{ sign: execute-api }'), `    shared_secret: "\${env:OTHER_SECRET}"`), {
    sharedSecret: { header: 'X-Gateway-Secret' },
  })
})

const hosts: readonly (readonly [host: string, service: string, region: string])[] = [
  ['abc123.execute-api.eu-west-1.amazonaws.com', 'execute-api', 'eu-west-1'],
  ['abc123.execute-api.us-gov-west-1.amazonaws.com', 'execute-api', 'us-gov-west-1'],
  ['abc123.execute-api.cn-north-1.amazonaws.com.cn', 'execute-api', 'cn-north-1'],
  ['abc123.execute-api.eusc-de-east-1.amazonaws.eu', 'execute-api', 'eusc-de-east-1'],
  ['abc123-vpce-0a1b.execute-api.eu-west-1.amazonaws.com', 'execute-api', 'eu-west-1'],
  ['vpce-0a1b-c2d3.execute-api.eu-west-1.vpce.amazonaws.com', 'execute-api', 'eu-west-1'],
  ['vpce-0a1b-c2d3-eu-west-1a.execute-api.eu-west-1.vpce.amazonaws.com', 'execute-api', 'eu-west-1'],
  ['abcdefghij.lambda-url.ap-southeast-7.on.aws', 'lambda', 'ap-southeast-7'],
  ['bucket.s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['a.dotted.bucket.s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['s3.dualstack.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.s3-fips.us-east-1.amazonaws.com', 's3', 'us-east-1'],
  ['bucket.s3-fips.dualstack.us-east-1.amazonaws.com', 's3', 'us-east-1'],
  ['bucket.s3-eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['s3-fips-us-gov-west-1.amazonaws.com', 's3', 'us-gov-west-1'],
  ['bucket.s3.cn-north-1.amazonaws.com.cn', 's3', 'cn-north-1'],
  ['point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.bucket.vpce-0a1b-c2d3.s3.eu-west-1.vpce.amazonaws.com', 's3', 'eu-west-1'],
  ['svc-0123.7d67968.vpc-lattice-svcs.us-west-2.on.aws', 'vpc-lattice-svcs', 'us-west-2'],
]

t.test('AWS’s own hosts say service and region; what contradicts them is refused', async (t) => {
  for (const [host, service, region] of hosts) {
    const url = `https://${host}`
    t.match(built(signed(`{ sign: ${service} }`, url)), { upstream: { aws: { service, region } } }, host)
    t.match(built(signed(`{ sign: ${service}, region: ${region} }`, url)), { upstream: { aws: { region } } })
    t.same(
      faults(signed(`{ sign: ${service}, region: mx-central-1 }`, url)),
      [`apps.wiki.upstream.aws.region: does not fit: the host of \`url\` is in ${region}; leave the key out`],
      host,
    )
    const other = service === 's3' ? 'execute-api' : 's3'
    t.same(
      faults(signed(`{ sign: ${other} }`, url)),
      [`apps.wiki.upstream.aws.sign: does not fit: the host of \`url\` is one of ${service} → ${service}`],
      host,
    )
    t.same(
      faults(signed('{ session_name: x1, role_arn: "arn:aws:iam::123456789012:role/a" }', url)).slice(0, 1),
      [
        `apps.wiki.upstream.aws.sign: is missing: requests to this host are signed for ${service} → ${service}`,
      ],
    )
  }
})

t.test('any other host states both', async (t) => {
  for (const host of [
    'api.example.com',
    'd111.cloudfront.net',
    'lb-1.eu-west-1.elb.amazonaws.com',
    '10.0.0.5',
    'abc123.execute-api.eu-west-1.amazonaws.com.example.com',
    'execute-api.example.com',
    'abc.lambda-url.eu-west-1.on.aws.example.com',
  ]) {
    const url = `https://${host}/prod`
    t.match(built(signed('{ sign: execute-api, region: eu-west-1 }', url)), {
      upstream: { aws: { service: 'execute-api', region: 'eu-west-1' } },
    })
    t.same(faults(signed('{ sign: execute-api }', url)), [
      `apps.wiki.upstream.aws.region: is missing: the region cannot be read from the host of \`url\`: write where the service is, such as eu-west-1`,
    ])
    t.match(faults(signed('{ region: eu-west-1 }', url)), [
      /^apps\.wiki\.upstream\.aws\.sign: is missing: .*execute-api, lambda, s3 or vpc-lattice-svcs$/,
    ])
    t.equal(faults(signed('{}', url)).length, 2, 'both are told at once')
  }
  // The host of all regions says the service alone.
  t.match(faults(signed('{ sign: s3 }', 'https://bucket.s3.amazonaws.com')), [/aws\.region: is missing/])
  t.match(built(signed('{ sign: s3, region: eu-west-1 }', 'https://bucket.s3.amazonaws.com')), {
    upstream: { aws: { service: 's3' } },
  })
})

t.test('hosts of AWS that no request of ours can be signed for', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'bucket.s3-website-us-east-1.amazonaws.com': /verifies no signature/,
    'bucket.s3-website.eu-central-1.amazonaws.com': /verifies no signature/,
    'mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com': /SigV4A/,
    'bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com': /sessions of its own/,
    'lambda.eu-west-1.amazonaws.com': /the API of Lambda itself: write `lambda: \{function: /,
    'lambda.eu-west-1.api.aws': /the API of Lambda itself/,
  }
  for (const [host, why] of Object.entries(cases)) {
    const told = faults(signed('{ sign: s3, region: us-east-1 }', `https://${host}`))
    t.match(told, [/^apps\.wiki\.upstream\.url: /], host)
    t.match(told[0], why)
  }
})

t.test('what a variable yields is in no message', async (t) => {
  const variables = {
    HOST: 'https://canary123.execute-api.ap-southeast-3.amazonaws.com',
    OTHER: 'https://canary.example.com',
    REGION: 'ap-northeast-2',
    ENDPOINT: 'https://vpce-canary.execute-api.sa-east-1.vpce.amazonaws.com',
  }
  const cases = [
    signed(`{ sign: execute-api, region: "\${env:REGION}" }`, `\${env:HOST}`),
    signed(`{ sign: execute-api, region: "\${env:REGION}" }`),
    signed('{ sign: s3 }', `\${env:HOST}`),
    signed('{ sign: execute-api }', `\${env:OTHER}`),
    signed(`{ sign: execute-api, endpoint: "\${env:ENDPOINT}" }`, `\${env:HOST}`),
    signed('{ sign: execute-api, role_arn: "arn:aws-cn:iam::123456789012:role/a" }', `\${env:HOST}`),
  ]
  for (const upstream of cases) {
    const loaded = loadGatewayFromText(fileOf(upstream), { ...surroundings, env: { ...env, ...variables } })
    const text = loaded.ok ? '' : loaded.issues.map(printIssue).join('\n')
    t.match(text, /apps\.wiki\.upstream\.aws\./, upstream)
    t.notMatch(text, /canary|ap-southeast-3|ap-northeast-2|sa-east-1/, upstream)
  }
})

t.test('a word that names no service or region', async (t) => {
  t.same(faults(signed('{ sign: apigateway }')), [
    'apps.wiki.upstream.aws.sign: expected execute-api, lambda, s3 or vpc-lattice-svcs',
  ])
  t.same(faults(signed('{ sign: execute_api }')), [
    'apps.wiki.upstream.aws.sign: expected execute-api, lambda, s3 or vpc-lattice-svcs → execute-api',
  ])
  for (const region of ['Ireland', 'eu-west', 'EU-WEST-1', 'eu-west-1a', 'eu_west_1', 'global', 'eu-west-1 '])
    t.same(
      faults(signed(`{ sign: execute-api, region: "${region}" }`, 'https://api.example.com')),
      ['apps.wiki.upstream.aws.region: expected the name of a region, such as eu-west-1'],
      region,
    )
  t.match(faults(signed('{ sign: execute-api, regoin: eu-west-1 }')), [/aws\.regoin: unknown key/])
  for (const wrong of ['true', 'execute-api', '[execute-api]'])
    t.match(faults(signed(wrong)), [/^apps\.wiki\.upstream\.aws: expected a mapping/], wrong)
})

t.test('http is for loopback, and a socket is nothing of AWS', async (t) => {
  const keys = '{ sign: execute-api, region: eu-west-1 }'
  t.match(faults(signed(keys, 'http://api.example.com')), [
    /^apps\.wiki\.upstream\.url: must be https where requests are signed: http is for loopback hosts$/,
  ])
  for (const url of ['http://127.0.0.1:4566/prod', 'http://localhost:4566', 'http://[::1]:4566'])
    t.match(built(signed(keys, url)), { upstream: { aws: { region: 'eu-west-1' } } }, url)
  t.match(faults(signed(keys, 'unix:/run/app.sock')), [
    /^apps\.wiki\.upstream\.aws: means nothing at a Unix socket/,
  ])
})

t.test('the role', async (t) => {
  const role = (more: string, arn = 'arn:aws:iam::123456789012:role/path/of/gateway') =>
    signed(`{ sign: execute-api, role_arn: "${arn}"${more} }`)
  t.match(built(role('')), {
    upstream: {
      aws: {
        credentials: {
          role: {
            arn: 'arn:aws:iam::123456789012:role/path/of/gateway',
            externalId: null,
            sessionName: 'claimgate',
          },
        },
      },
    },
  })
  t.match(built(role(', external_id: "a:b/c", session_name: gate@home')), {
    upstream: { aws: { credentials: { role: { externalId: 'a:b/c', sessionName: 'gate@home' } } } },
  })
  for (const arn of [
    'gateway',
    'arn:aws:iam::123456789012:user/gateway',
    'arn:aws:iam::12345:role/gateway',
    'arn:aws:sts::123456789012:assumed-role/gateway/x',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam:eu-west-1:123456789012:role/gateway',
    `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
  ])
    t.match(
      faults(role('', arn)),
      [/^apps\.wiki\.upstream\.aws\.role_arn: expected the ARN of a role, such as /],
      arn,
    )
  t.same(faults(role('', 'arn:aws-cn:iam::123456789012:role/gateway')), [
    'apps.wiki.upstream.aws.role_arn: is of another partition than the region: expected arn:aws:iam::…',
  ])
  t.match(
    built(
      signed(
        '{ sign: execute-api, role_arn: "arn:aws-cn:iam::123456789012:role/g" }',
        'https://abc.execute-api.cn-north-1.amazonaws.com.cn',
      ),
    ),
    { upstream: { aws: { region: 'cn-north-1' } } },
  )
  t.match(faults(role(', external_id: x')), [/external_id: expected 2 to 1224 /])
  t.match(faults(role(', external_id: "a b"')), [/external_id: expected 2 to 1224 /])
  t.match(faults(role(', session_name: "a/b"')), [/session_name: expected 2 to 64 /])
  t.match(faults(role(`, session_name: "${'x'.repeat(65)}"`)), [/session_name: expected 2 to 64 /])
  t.same(faults(signed('{ sign: execute-api, external_id: abc, session_name: abc }')), [
    'apps.wiki.upstream.aws.external_id: means nothing without `role_arn`',
    'apps.wiki.upstream.aws.session_name: means nothing without `role_arn`',
  ])
})

t.test(
  'keys of the file: all that belong together, checked against the other secrets, never printed',
  async (t) => {
    const given = (keys: string) => signed(`{ sign: execute-api, credentials: ${keys} }`)
    const secret = `"\${env:AWS_SECRET}"`
    const token = `"\${env:AWS_TOKEN}"`
    const app = built(
      given(`{ access_key_id: ASIAIOSFODNN7EXAMPLE, secret_access_key: ${secret}, session_token: ${token} }`),
    )
    if (typeof app === 'string') throw new Error(app)
    const keys = app.upstream.aws?.credentials.given
    t.same(
      [keys?.accessKeyId, keys?.secretAccessKey.reveal(), keys?.sessionToken?.reveal()],
      ['ASIAIOSFODNN7EXAMPLE', env.AWS_SECRET, env.AWS_TOKEN],
    )
    t.notMatch(JSON.stringify(app), /canary/)
    t.match(built(given(`{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: ${secret} }`)), {
      upstream: { aws: { credentials: { given: { sessionToken: null } } } },
    })
    t.match(faults(given('{ access_key_id: AKIAIOSFODNN7EXAMPLE }')), [
      /credentials\.secret_access_key: is missing/,
    ])
    t.match(faults(given(`{ secret_access_key: ${secret} }`)), [/credentials\.access_key_id: is missing/])
    t.match(faults(given(`{ session_token: ${token} }`)), [/is missing/, /is missing/])
    t.match(faults(given(`{ access_key_id: ASIAIOSFODNN7EXAMPLE, secret_access_key: ${secret} }`)), [
      /credentials\.session_token: is missing: the id begins with ASIA/,
    ])
    t.match(
      faults(
        given(
          `{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: ${secret}, session_token: ${token} }`,
        ),
      ),
      [/credentials\.session_token: does not belong to the key/],
    )
    for (const id of ['AKIA', 'hunter2 canary canary', 'AKIA-canary-canary', 'ü'.repeat(20)])
      t.match(
        faults(given(`{ access_key_id: "${id}", secret_access_key: ${secret} }`)),
        [/credentials\.access_key_id: expected the id of an access key/],
        id,
      )
    t.same(faults(given(`{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: "\${env:SECRET}" }`)), [
      'apps.wiki.upstream.aws.credentials.secret_access_key: is equal to providers.acme.client_secret: each secret serves one purpose',
    ])
    const text = (loaded: ReturnType<typeof load>) =>
      loaded.ok ? 'ok' : loaded.issues.map(printIssue).join('\n')
    const missing = given(`{ access_key_id: "\${env:NO_ID}", secret_access_key: "\${env:NO_SECRET}" }`)
    t.match(text(load(missing)), /NO_ID[\s\S]*NO_SECRET/)
  },
)

t.test(
  'a key or token with what no header line can hold is a fault of the file, and never printed',
  async (t) => {
    const faulty = [
      'a canary',
      'canary\\n',
      'canary\\r\\nX-Forged: 1',
      'canaryÿ',
      ' canary',
      'canary\\u00a0',
      'canary\\0',
    ]
    const keys = (key: string, token: string, role = '') =>
      signed(
        `{ sign: execute-api${role}, credentials: { access_key_id: ASIAIOSFODNN7EXAMPLE, secret_access_key: "${key}", session_token: "${token}" } }`,
      )
    const right = ['wJalrXUtnFEMI/canary/bPxRfiCYzzzzzzzzzz', 'IQoJb3JpZ2luX2VjcanaryEXAMPLE=='] as const
    t.same(faults(keys(...right)), [])
    const told = (name: string) =>
      `apps.wiki.upstream.aws.credentials.${name}: holds what no key or token of AWS does, such as a space or the end of a line: write it as AWS showed it`
    const role = ', role_arn: "arn:aws:iam::123456789012:role/a"'
    for (const wrong of faulty)
      for (const more of ['', role]) {
        t.same(faults(keys(wrong, right[1], more)), [told('secret_access_key')], wrong)
        t.same(faults(keys(right[0], wrong, more)), [told('session_token')], wrong)
      }
  },
)

t.test('keys that are not there may be made up for who only asks', async (t) => {
  const upstream = signed(
    `{ sign: execute-api, credentials: { access_key_id: "\${env:NO_ID}", secret_access_key: "\${env:NO_SECRET}" } }`,
  )
  const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: ${upstream}, require: signed_in }
`
  for (const madeUp of ['secrets', 'secrets-but-log', 'secrets-of-others'] as const)
    t.ok(loadGatewayFromText(text, { ...surroundings, madeUp }).ok, madeUp)
})

t.test('the endpoint: where connections go, while the app stays what `url` says', async (t) => {
  const to = (endpoint: string) => signed(`{ sign: execute-api, endpoint: "${endpoint}" }`)
  t.match(built(to('https://vpce-0a1b-c2d3.execute-api.eu-west-1.vpce.amazonaws.com')), {
    upstream: {
      scheme: 'https',
      hostname: 'vpce-0a1b-c2d3.execute-api.eu-west-1.vpce.amazonaws.com',
      port: 443,
      origin: 'https://vpce-0a1b-c2d3.execute-api.eu-west-1.vpce.amazonaws.com',
      ownOrigin: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
      host: 'abc123.execute-api.eu-west-1.amazonaws.com',
      basePath: '/prod',
    },
  })
  for (const [endpoint, hostname, port] of [
    ['http://127.0.0.1:4566', '127.0.0.1', 4566],
    ['http://[::1]:4566', '::1', 4566],
    ['https://api.internal:8443/', 'api.internal', 8443],
  ] as const)
    t.match(built(to(endpoint)), { upstream: { hostname, port, basePath: '/prod' } }, endpoint)
  const wrong: Readonly<Record<string, RegExp>> = {
    'http://10.0.0.5': /must be https: http is for loopback hosts/,
    'https://api.internal/prod': /expected scheme, host and port alone/,
    'https://api.internal?x=1': /must not hold a query/,
    'https://user@api.internal': /must not hold a name or password/,
    'api.internal': /expected an address that begins with https/,
    'unix:/run/a.sock': /expected an address that begins with https/,
    'https://vpce-0a1b.execute-api.us-east-1.vpce.amazonaws.com':
      /is in another region than what requests are signed for/,
    'https://bucket.s3.eu-west-1.amazonaws.com':
      /is an address of s3, and requests are signed for execute-api/,
    'https://lambda.eu-west-1.amazonaws.com':
      /is an address of lambda, and requests are signed for execute-api/,
    'https://bucket.s3-website-us-east-1.amazonaws.com': /verifies no signature/,
  }
  for (const [endpoint, message] of Object.entries(wrong)) {
    const told = faults(to(endpoint))
    t.match(told, [/^apps\.wiki\.upstream\.aws\.endpoint: /], endpoint)
    t.match(told[0], message, endpoint)
  }
})

const plain = signed('{ sign: execute-api }')

t.test('`upstream_authorization` is strip: the signature stands there', async (t) => {
  const told = (at: string, how: string) =>
    `${at}.upstream_authorization: is ${how}, and \`upstream.aws\` writes \`Authorization\` itself: the signature stands there; write \`upstream_authorization: strip\` in the app, or leave the key out`
  for (const how of ['pass', 'access_token', 'forward'])
    t.same(faults(plain, `    upstream_authorization: ${how}`), [told('apps.wiki', how)], how)
  t.same(faults(plain, '    upstream_authorization: strip'), [])
  t.same(faults(plain, '', 'defaults: { upstream_authorization: pass }'), [told('defaults', 'pass')])
  t.same(faults(plain, '    upstream_authorization: strip', 'defaults: { upstream_authorization: pass }'), [])
  t.same(
    faults(
      plain,
      '    locations: [{ path: /a, require: anyone }, { path: /b, require: anyone, upstream_authorization: pass }]',
    ),
    [told('apps.wiki.locations[1]', 'pass')],
  )
})

t.test('no WebSocket, and no other `Host`', async (t) => {
  for (const websocket of ['true', '{ origins: ["https://a.example.com"] }'])
    t.match(faults(plain, `    websocket: ${websocket}`), [
      /^apps\.wiki\.websocket: cannot stand where requests are signed/,
    ])
  t.match(faults(plain, '    locations: [{ path: /a, require: anyone, websocket: true }]'), [
    /^apps\.wiki\.locations\[0\]\.websocket: cannot stand/,
  ])
  t.match(faults(plain, '', 'defaults: { websocket: true }'), [/^defaults\.websocket: cannot stand/])
  t.same(faults(plain, '    websocket: false'), [])
  t.match(faults(`{ url: "${stage}", preserve_host: true, aws: { sign: execute-api } }`), [
    /^apps\.wiki\.upstream\.preserve_host: cannot stand beside `aws`/,
  ])
})

t.test('nothing else writes what the signature is made of', async (t) => {
  const names = ['Authorization', 'AUTHORIZATION', 'X-Amz-Date', 'x-amz-security-token', 'X-Amz-Anything']
  for (const name of names) {
    const message = `\`upstream.aws\` writes "${name}" itself when it signs: give this header another name, or leave it out`
    const withHeaders = `{ url: "${stage}", headers: { ${name}: value }, aws: { sign: execute-api } }`
    t.same(faults(withHeaders), [`apps.wiki.upstream.headers.${name}: ${message}`])
    t.same(faults(plain, `    identity_headers: { ${name}: email }`), [
      `apps.wiki.identity_headers.${name}: ${message}`,
    ])
    t.same(faults(plain, '', `defaults: { identity_headers: { ${name}: email } }`), [
      `defaults.identity_headers.${name}: ${message}`,
    ])
    t.same(faults(plain, `    shared_secret: { header: ${name}, value: "\${env:OTHER_SECRET}" }`), [
      `apps.wiki.shared_secret.header: ${message}`,
    ])
    const at = (keys: string) => faults(plain, `    locations: [{ path: /a, require: signed_in, ${keys} }]`)
    t.same(at(`headers: { ${name}: value }`), [`apps.wiki.locations[0].headers.${name}: ${message}`])
    // A token too is told once: that `upstream_authorization` sends it would be wrong here.
    for (const said of ['email', 'access_token', 'id_token'])
      t.same(at(`identity_headers: { ${name}: ${said} }`), [
        `apps.wiki.locations[0].identity_headers.${name}: ${message}`,
      ])
  }
  // Elsewhere they are headers like others.
  t.match(built(`{ url: "${stage}", headers: { Authorization: value, X-Amz-Meta: b } }`), { name: 'wiki' })
})
