// Apps that AWS guards by IAM, behind a real gateway: a stage of a REST API, one of an HTTP API and a function URL, all of
// which verify every signature by botocore and run a real Flask app behind the real serverless-wsgi. Connections go by
// `aws.endpoint`, while Host, signature and links are those of AWS's own names.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import t from 'tap'
import { inventKey } from '../support/api-keys.ts'
import { type AwsRequest, roleKey, startAws } from '../support/aws/stand-in.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { portOf } from '../support/ports.ts'
import { rawClient, statusOf } from '../support/raw.ts'
import { createAuthority } from '../support/tls.ts'

const aws = await startAws(t)
const maxBody = 256 * 1024

const keysOf = (key = roleKey) =>
  `credentials: { access_key_id: ${key.accessKeyId}, secret_access_key: "${key.secretAccessKey}"${key.sessionToken === null ? '' : `, session_token: "${key.sessionToken}"`} }`

const key = inventKey()
const yaml = (url: string, keys = keysOf()) => `
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
api_keys: { keys: ['${JSON.stringify({ format: 1, ...key.record })}'] }
defaults: { require: anyone, max_body: ${maxBody / 1024}KiB }
apps:
  rest:
    url: ${url}/rest
    upstream: { url: "${aws.rest.url}", strip_prefix: true, headers: { X-Plan: gold-canary-of-the-upstream }, aws: { sign: execute-api, ${keys}, endpoint: "${aws.rest.origin}" } }
  http:
    url: ${url}/http
    upstream: { url: "${aws.http.url}", strip_prefix: true, aws: { sign: execute-api, ${keys}, endpoint: "${aws.http.origin}" } }
  function:
    url: ${url}/function
    upstream: { url: "${aws.functionUrl.url}", strip_prefix: true, aws: { sign: lambda, ${keys}, endpoint: "${aws.functionUrl.origin}" } }
  keyed:
    url: ${url}/keyed
    require: signed_in
    credentials: [api_key]
    upstream: { url: "${aws.rest.url}", strip_prefix: true, aws: { sign: execute-api, ${keys}, endpoint: "${aws.rest.origin}" } }
  local:
    url: ${url}/local
    allow_encoded: [slash, semicolon, hash, question_mark, percent]
    upstream: { url: "${aws.rest.local}", strip_prefix: true, aws: { sign: execute-api, region: eu-west-1, ${keys} } }
  elsewhere:
    url: ${url}/elsewhere
    upstream: { url: "https://abc123.execute-api.eu-west-1.amazonaws.com/dev", strip_prefix: true, aws: { sign: execute-api, ${keys}, endpoint: "${aws.rest.origin}" } }
`

const gateway = await startTestGateway({ yaml: ({ url }) => yaml(url) })
t.teardown(() => gateway.close())
t.afterEach(async () => {
  await aws.setKeys([roleKey])
  await aws.setClock(null)
})

const apps = ['rest', 'http', 'function'] as const

interface Asked {
  readonly method?: string
  readonly lines?: readonly string[]
  readonly body?: string | Buffer
  readonly port?: number
}

/** Head and body of the answer to one request on a connection of its own. */
async function ask(
  target: string,
  { method = 'GET', lines = [], body = '', port = gateway.port }: Asked = {},
) {
  const head = `${method} ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
  const client = await rawClient(port, head)
  if (body.length > 0) client.write(body)
  const text = await client.closed()
  const end = text.indexOf('\r\n\r\n')
  return { status: statusOf(text), head: text.slice(0, end), body: text.slice(end + 4), text }
}

/** What came to AWS since the last time, of which there is one. */
async function seen(): Promise<AwsRequest> {
  const all = await aws.requests()
  await aws.forget()
  const [one] = all
  if (one === undefined || all.length !== 1) throw new Error(`${all.length} requests came`)
  return one
}

const lineOf = ({ lines }: AwsRequest, name: string) =>
  lines.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)

const failures = () => gateway.log.filter(({ event }) => event === 'upstream.failed')
const jsonOf = (body: string) => JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))

/** As clients write it, as AWS is to get it. */
const targets: readonly (readonly [sent: string, gets: string])[] = [
  ['/echo', '/echo'],
  ['/echo?', '/echo'],
  ['/echo?a=b', '/echo?a=b'],
  ['/echo?a', '/echo?a='],
  ['/echo?a=', '/echo?a='],
  ['/echo?a=1&a=2&b=', '/echo?a=1&a=2&b='],
  ['/echo?b=2&a=1&c=3', '/echo?b=2&a=1&c=3'],
  ['/echo?q=a+b', '/echo?q=a%20b'],
  ['/echo?q=a%20b', '/echo?q=a%20b'],
  ['/echo?q=a%2Bb', '/echo?q=a%2Bb'],
  ['/echo?q=%c3%a4%2f%F0%9F%98%80', '/echo?q=%C3%A4%2F%F0%9F%98%80'],
  ['/echo?%C3%A4=%25', '/echo?%C3%A4=%25'],
  ["/echo?q=~-_.*'(!)", '/echo?q=~-_.%2A%27%28%21%29'],
  ['/echo?q=a=b==c', '/echo?q=a%3Db%3D%3Dc'],
  ['/echo?q=/?:@$,', '/echo?q=%2F%3F%3A%40%24%2C'],
  ['/echo/%C3%A4%20b/x', '/echo/%C3%A4%20b/x'],
  ['/echo/a+b', '/echo/a+b'],
  ['/echo/a@b:c=d,e!f$g', '/echo/a@b:c=d,e!f$g'],
  ["/echo/~a_b-c.d*(e)'f", "/echo/~a_b-c.d*(e)'f"],
  ['/echo/a%26b%2Cc?x=1', '/echo/a%26b%2Cc?x=1'],
]

for (const app of apps) {
  t.test(
    `${app}: paths and queries arrive as they were written, and AWS finds the signature right`,
    async (t) => {
      const base = new URL(aws[app === 'function' ? 'functionUrl' : app].url).pathname.replace(/\/$/, '')
      for (const [sent, gets] of targets) {
        const { status, body } = await ask(`/${app}${sent}`)
        const came = await seen()
        t.equal(status, 200, `${sent} ${came.refused}`)
        t.equal(came.target, base + gets, sent)
        t.equal(came.key, roleKey.accessKeyId)
        const [path = '', query] = sent.split(/\?(.*)/)
        const { rest, query: read } = jsonOf(body)
        t.equal(rest, decodeURIComponent(path).slice('/echo/'.length), sent)
        t.same(read, [...new URLSearchParams(query ?? '')], sent)
      }
    },
  )

  t.test(`${app}: bodies of all kinds`, async (t) => {
    const binary = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7 + (i >> 8)) & 255))
    const exactly = Buffer.alloc(maxBody, 'x')
    const chunked = (bytes: Buffer, size: number) =>
      Buffer.concat([
        ...Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => {
          const piece = bytes.subarray(i * size, (i + 1) * size)
          return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
        }),
        Buffer.from('0\r\n\r\n'),
      ])
    const cases: readonly (readonly [name: string, asked: Asked, gets: Buffer])[] = [
      [
        'text',
        {
          method: 'POST',
          lines: ['Content-Length: 5', 'Content-Type: text/plain'],
          body: 'größe'.slice(0, 5),
        },
        Buffer.from('größe'.slice(0, 5), 'latin1'),
      ],
      ['none', { method: 'POST' }, Buffer.alloc(0)],
      ['of length 0', { method: 'PUT', lines: ['Content-Length: 0'] }, Buffer.alloc(0)],
      [
        'binary',
        {
          method: 'PUT',
          lines: [`Content-Length: ${binary.length}`, 'Content-Type: application/octet-stream'],
          body: binary,
        },
        binary,
      ],
      [
        'chunked',
        { method: 'POST', lines: ['Transfer-Encoding: chunked'], body: chunked(binary, 1000) },
        binary,
      ],
      [
        'chunked and empty',
        { method: 'POST', lines: ['Transfer-Encoding: chunked'], body: '0\r\n\r\n' },
        Buffer.alloc(0),
      ],
      [
        'exactly the largest',
        { method: 'POST', lines: [`Content-Length: ${maxBody}`], body: exactly },
        exactly,
      ],
      [
        'exactly the largest, chunked',
        { method: 'PATCH', lines: ['Transfer-Encoding: chunked'], body: chunked(exactly, 65_536) },
        exactly,
      ],
      ['of a DELETE', { method: 'DELETE', lines: ['Content-Length: 4'], body: 'gone' }, Buffer.from('gone')],
      ['of a GET', { method: 'GET', lines: ['Content-Length: 4'], body: 'what' }, Buffer.from('what')],
      [
        'of no type',
        { method: 'POST', lines: ['Content-Length: 1', 'Content-Type:'], body: 'x' },
        Buffer.from('x'),
      ],
      [
        'a type of two words',
        {
          method: 'POST',
          lines: ['Content-Length: 1', 'Content-Type:  text/plain;  charset=utf-8 '],
          body: 'x',
        },
        Buffer.from('x'),
      ],
    ]
    for (const [name, asked, gets] of cases) {
      const body = typeof asked.body === 'string' ? Buffer.from(asked.body, 'latin1') : (asked.body ?? '')
      const { status, text } = await ask(`/${app}/echo?of=${name.length}`, { ...asked, body })
      if (status !== 200) t.comment(text)
      const came = await seen()
      t.equal(status, 200, `${name}: ${came.refused}`)
      t.ok(came.body?.equals(gets), `${name}: ${came.body?.length} of ${gets.length} bytes`)
      t.same(lineOf(came, 'x-amz-content-sha256'), [createHash('sha256').update(gets).digest('hex')], name)
      t.ok(lineOf(came, 'content-length').length <= 1 && lineOf(came, 'transfer-encoding').length === 0, name)
      if (gets.length > 0) t.same(lineOf(came, 'content-length'), [String(gets.length)], name)
    }
    for (const lines of [[`Content-Length: ${maxBody + 1}`], ['Transfer-Encoding: chunked']]) {
      const larger = Buffer.alloc(maxBody + 1, 'x')
      const body = lines[0]?.startsWith('C') ? larger : chunked(larger, 65_536)
      const { status } = await ask(`/${app}/echo`, { method: 'POST', lines, body })
      t.equal(status, 413)
    }
    t.same(await aws.requests(), [], 'what is too large reaches nobody')
  })

  t.test(`${app}: HEAD, redirects, cookies and links`, async (t) => {
    const head = await ask(`/${app}/who`, { method: 'HEAD' })
    t.equal(head.status, 200)
    t.equal(head.body, '')
    t.match(await seen(), { method: 'HEAD' })
    const cookies = await ask(`/${app}/cookies`)
    t.equal(cookies.head.match(/\r\nset-cookie: /gi)?.length, 3)
    await aws.forget()
    // The adapter writes `$default` into links of an HTTP API without a stage of its own.
    if (app === 'http') return
    const moved = await ask(`/${app}/moved`)
    t.match(moved.head, new RegExp(`\\r\\nlocation: /${app}/who\\?tab=a(?:\\+|%20)b\\r?`, 'i'))
    const whole = await ask(`/${app}/moved-whole`)
    t.match(whole.head, new RegExp(`\\r\\nlocation: (?:http://localhost:${gateway.port})?/${app}/who`, 'i'))
    t.match(cookies.head, new RegExp(`\\r\\nset-cookie: a=1; Path=/${app}/?\\r`, 'i'))
    await aws.forget()
  })
}

t.test('paths that the file allows beyond the usual ones, and a Host with a port', async (t) => {
  for (const path of ['a%2Fb', 'a;b=c', 'a%3Bb', 'a%23b', 'a%3Fb', 'a%2541', 'a%252F%25', '%C3%A4;x=%2F']) {
    const { status } = await ask(`/local/echo/${path}?x=1`)
    const came = await seen()
    t.equal(status, 200, `${path} ${came.refused}`)
    t.equal(came.target, `/prod/echo/${path}?x=1`)
    t.same(lineOf(came, 'host'), [new URL(aws.rest.local).host])
  }
})

t.test('what a client writes of a signature never arrives, and changes nothing', async (t) => {
  const forged = [
    'Authorization: AWS4-HMAC-SHA256 Credential=AKIAFORGED/20260101/eu-west-1/execute-api/aws4_request, SignedHeaders=host, Signature=00',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'X-Amz-Date: 19700101T000000Z',
    'x-amz-content-sha256: UNSIGNED-PAYLOAD',
    'X-AMZ-SECURITY-TOKEN: forged',
    'X-Amz-Target: Other.Operation',
    'x_amz_date: 19700101T000000Z',
    'X-Amzn-Requestid: forged',
    'X-Apigw-Api-Id: forged',
    'X-Plan: forged',
  ]
  for (const app of apps) {
    const { status } = await ask(`/${app}/echo`, { lines: forged })
    t.equal(status, 200, app)
    const came = await seen()
    // Without the signature: of its 64 digits any four may be a year.
    const text = JSON.stringify(came.lines).replaceAll(/\bSignature=[0-9a-f]{64}\b/g, '')
    t.notMatch(text, /forged|19700101|UNSIGNED|Other\.Operation|1970/i, app)
    for (const name of [
      'authorization',
      'x-amz-date',
      'x-amz-content-sha256',
      'x-amz-security-token',
      'host',
    ])
      t.equal(lineOf(came, name).length, 1, `${app} ${name}`)
  }
  // Where a signature could stand in the query, it is not looked at but refused.
  for (const query of [
    'X-Amz-Signature=00',
    'a=1&x-amz-security-token=b',
    'X-AMZ-Expires=1',
    '%58-Amz-Date=1',
    'X-Amz-',
  ]) {
    const { status, body } = await ask(`/rest/echo?${query}`)
    t.equal(status, 400, query)
    t.match(body, /query-reserved/)
  }
  t.same(await aws.requests(), [])
})

t.test(
  'no Content-Type makes AWS refuse the gateway: what signers read in different ways is 400',
  async (t) => {
    const before = failures().length
    for (const app of apps)
      for (const types of [
        ['text/plain', 'text/html'],
        ['text/plain;\tcharset=utf-8'],
        ['text/plain; name="\u00e9"'],
        ['\u00a0text/plain'],
        ['text/plain\u0085'],
        ['multipart/form-data; boundary="a  b"'],
      ]) {
        const lines = ['Content-Length: 1', ...types.map((type) => `Content-Type: ${type}`)]
        const { status, body } = await ask(`/${app}/echo`, { method: 'POST', lines, body: 'x' })
        t.same([status, jsonOf(body).reason], [400, 'content-type-ambiguous'], `${app} ${types}`)
      }
    t.same(await aws.requests(), [])
    t.equal(failures().length, before, 'and no failure is in the log')
  },
)

t.test('a key in `Authorization` opens the app, and goes no further', async (t) => {
  t.equal((await ask('/keyed/echo')).status, 401)
  t.same(await aws.requests(), [])
  const { status } = await ask('/keyed/echo', { lines: [`Authorization: Bearer ${key.whole}`] })
  t.equal(status, 200)
  const came = await seen()
  t.notMatch(JSON.stringify(came.lines), key.whole)
  t.match(lineOf(came, 'authorization'), [/^AWS4-HMAC-SHA256 /])
  t.same(lineOf(came, 'x-forwarded-user').length, 1)
})

t.test('a handshake of a WebSocket is refused, and never sent without a signature', async (t) => {
  for (const app of apps) {
    const { status } = await ask(`/${app}/echo`, {
      lines: [
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        `Origin: http://localhost:${gateway.port}`,
      ],
    })
    t.ok(status >= 400 && status < 500, `${app} ${status}`)
  }
  t.same(await aws.requests(), [])
})

t.test('AWS’s refusal is the gateway’s fault: 502, its words in the log alone', async (t) => {
  const refusals: readonly (readonly [change: () => Promise<void>, words: RegExp])[] = [
    [
      () => aws.setKeys([{ ...roleKey, expired: true }]),
      /ExpiredTokenException: The security token included in the request is expired/,
    ],
    [
      () => aws.setKeys([{ ...roleKey, accessKeyId: 'ASIAOTHER' }]),
      /UnrecognizedClientException: The security token included in the request is invalid/,
    ],
    [
      () => aws.setKeys([{ ...roleKey, secretAccessKey: 'another-secret-key-than-that-of-the-gateway' }]),
      /InvalidSignatureException: The request signature we calculated does not match the signature you provided\. [^\n]*\); its clock is/,
    ],
    [
      () => aws.setClock(Math.floor(Date.now() / 1000) + 3600),
      /InvalidSignatureException: Signature expired: \d{8}T\d{6}Z is now earlier than .*; its clock is 3(?:599|60\d) s ahead of ours$/,
    ],
    [() => aws.setKeys([{ ...roleKey, allowed: false }]), /AccessDeniedException: (?:User: |Forbidden)/],
  ]
  for (const [change, words] of refusals)
    for (const app of ['rest', 'function'] as const) {
      await change()
      const before = failures().length
      const { status, text, body } = await ask(`/${app}/echo`, {
        lines: ['Cookie: mine=a-cookie-of-the-person-1234', 'Accept: application/json'],
      })
      await aws.setKeys([roleKey])
      await aws.setClock(null)
      t.equal(status, 502, `${words}`)
      t.match(jsonOf(body), { status: 502, reason: 'upstream-refused-us' })
      t.notMatch(text, /amzn|Exception|token|signature|arn:aws|credential/i, 'nothing of AWS’s answer')
      const line = failures()[before]
      t.match(line, { code: 'UPSTREAM_REFUSED_US', app, level: /error|50/ })
      t.match(String(line?.error), words)
      t.match(String(line?.error), `signed for ${app === 'rest' ? 'execute-api' : 'lambda'}`)
      t.match(String(line?.error), `access key ${roleKey.accessKeyId}`)
      t.notMatch(
        JSON.stringify(line),
        new RegExp(
          [
            roleKey.sessionToken,
            roleKey.secretAccessKey,
            'a-cookie-of-the-person',
            'gold-canary',
            'Signature=',
          ]
            .map((one) => RegExp.escape(String(one)))
            .join('|'),
        ),
      )
    }
  await aws.forget()
})

t.test('an HTTP API says nothing of whose 403 it is: it passes as the app’s', async (t) => {
  await aws.setKeys([{ ...roleKey, allowed: false }])
  const { status, body } = await ask('/http/echo')
  t.equal(status, 403)
  t.match(body, '{"message":"Forbidden"}')
  await aws.forget()
})

t.test('no such path, method or stage is 404, and no word of AWS’s', async (t) => {
  const { status, text, body } = await ask('/elsewhere/echo', { lines: ['Accept: application/json'] })
  t.equal(status, 404)
  t.match(jsonOf(body), { status: 404, reason: 'upstream-path-unknown' })
  t.notMatch(text, /Missing Authentication Token|amzn/i)
  const page = await ask('/elsewhere/echo', {
    lines: ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
  })
  t.equal(page.status, 404)
  t.match(page.text, /content-type: text\/html[\s\S]*There is no such page/)
  t.equal((await aws.requests()).length, 2)
  await aws.forget()
  await ask('/elsewhere/echo')
  t.match((await seen()).refused, 'MissingAuthenticationTokenException')
})

t.test('the app’s own errors are the app’s, whatever they look like', async (t) => {
  for (const app of apps)
    for (const status of [401, 403, 404, 418]) {
      const answered = await ask(`/${app}/status/${status}`)
      t.same(
        [answered.status, answered.body.includes(`status ${status}`)],
        [status, true],
        `${app} ${status}`,
      )
    }
  await aws.forget()
})

t.test('a reload that changes the keys: the next request is signed by them', async (t) => {
  const other = {
    ...roleKey,
    accessKeyId: 'ASIAOTHEREXAMPLE0000',
    secretAccessKey: 'another/secret+key/of/the/same/role00000000',
    sessionToken: 'another-session-token',
  }
  const lasting = {
    accessKeyId: 'AKIALASTINGEXAMPLE00',
    secretAccessKey: 'the/secret+of/a/user/that/does/not/end000000',
    sessionToken: null,
    arn: 'arn:aws:iam::123456789012:user/gateway',
  }
  await aws.setKeys([roleKey, other, lasting])
  const live = await startLiveGateway((url) => yaml(url))
  t.teardown(() => live.close())
  const by = async () => {
    const { status } = await ask('/rest/echo', { port: live.port })
    return [status, (await seen()).key]
  }
  t.same(await by(), [200, roleKey.accessKeyId])
  await live.reload(yaml(live.url, keysOf(other)))
  t.same(await by(), [200, other.accessKeyId])
  await live.reload(yaml(live.url, keysOf(lasting)))
  t.same(await by(), [200, lasting.accessKeyId])
  await live.restart(yaml(live.url))
  t.same(await by(), [200, roleKey.accessKeyId])
})

t.test('the endpoint: TLS names it, Host and signature stay the API’s', async (t) => {
  const authority = createAuthority()
  const hosts: string[] = []
  const endpointNamed = async (name: string) => {
    const server = createServer({ ...authority.issue({ names: [`DNS:${name}`] }) }, (socket) => {
      hosts.push(String(socket.servername))
      const port = Number(new URL(aws.rest.origin).port)
      const inside = net.connect(port, '127.0.0.1')
      socket.on('error', () => inside.destroy()).pipe(inside)
      inside.on('error', () => socket.destroy()).pipe(socket)
    }).on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    return portOf(server)
  }
  const [right, wrong] = [
    await endpointNamed('localhost'),
    await endpointNamed('abc123.execute-api.eu-west-1.amazonaws.com'),
  ]
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-endpoint-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'ca.pem'), authority.certificate)
  const secured = await startTestGateway({
    yaml: ({ url }) => {
      const app = (name: string, port: number) =>
        `  ${name}: { url: "${url}/${name}", require: anyone, upstream: { url: "${aws.rest.url}", strip_prefix: true, ca_file: ca.pem, aws: { sign: execute-api, ${keysOf()}, endpoint: "https://localhost:${port}" } } }\n`
      return `
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
${app('right', right)}${app('wrong', wrong)}`
    },
    folder,
  })
  t.teardown(() => secured.close())
  const { status, head } = await ask('/right/moved-whole', { port: secured.port })
  t.equal(status, 302)
  t.match(
    head,
    new RegExp(`\\r\\nlocation: (?:http://localhost:${secured.port})?/right/who`, 'i'),
    'links of the API are the app’s',
  )
  const came = await seen()
  t.same(lineOf(came, 'host'), ['abc123.execute-api.eu-west-1.amazonaws.com'])
  t.same(hosts, ['localhost'])
  t.equal(
    (await ask('/wrong/echo', { port: secured.port })).status,
    502,
    'the certificate must be the endpoint’s',
  )
  t.same(await aws.requests(), [])
})
