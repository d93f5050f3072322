// Hostile and odd requests, byte by byte, to an API that AWS guards and to a function: each ends here, or arrives once, as one
// request whose signature is right (botocore verifies it) and of which no line is believed that a client wrote for AWS.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { type AwsRequest, roleKey, startAws } from '../support/aws/stand-in.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { rawClient, statusOf } from '../support/raw.ts'

const handler = `
import base64, json, time

def handler(event, context):
    path = event.get('path', '')
    if path.endswith('/slow'):
        time.sleep(1.5)
    body = event.get('body')
    data = b'' if body is None else base64.b64decode(body) if event.get('isBase64Encoded') else body.encode()
    told = {'method': event['httpMethod'], 'bytes': len(data), 'encoded': event.get('isBase64Encoded'), 'path': path}
    return {'statusCode': 200, 'headers': {'Content-Type': 'application/json'}, 'body': json.dumps(told)}
`
const aws = await startAws(t, { handler: 'own.handler', files: { 'own.py': handler } })
const { accessKeyId, secretAccessKey } = roleKey
const token = roleKey.sessionToken === null ? '' : `, session_token: "${roleKey.sessionToken}"`
const keys = `credentials: { access_key_id: ${accessKeyId}, secret_access_key: "${secretAccessKey}"${token} }`
const gateway = await startLiveGateway(
  (url) => `
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
defaults: { require: anyone, identity_headers: { X-Wiki-User: user, X-Wiki-Groups: groups } }
apps:
  rest:
    url: ${url}/rest
    upstream: { url: "${aws.rest.url}", strip_prefix: true, aws: { sign: execute-api, ${keys}, endpoint: "${aws.rest.origin}" } }
  wiki:
    url: ${url}/fn
    upstream: { lambda: { function: "${aws.lambda.arn}" }, strip_prefix: true, aws: { ${keys}, endpoint: "${aws.lambda.origin}" } }
`,
)
t.teardown(() => gateway.close())
const host = `localhost:${gateway.port}`
const ways = [
  ['rest', 'rest'],
  ['fn', 'lambda'],
] as const

const namesOf = ({ lines }: AwsRequest) => lines.map(([name]) => name.toLowerCase())
const valuesOf = ({ lines }: AwsRequest, name: string) =>
  lines.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)

/** Sends the bytes on a connection of their own; what came until it closed. */
async function send(bytes: string | Buffer): Promise<string> {
  const client = await rawClient(gateway.port)
  client.write(bytes)
  return client.closed()
}

const request = (way: string, lines: readonly string[], body = '', line = `POST /${way}/up HTTP/1.1`) =>
  `${[line, `Host: ${host}`, 'Connection: close', ...lines].join('\r\n')}\r\n\r\n${body}`

/** What came is one request, whose framing and signature are ours. */
function sound(t: Test, one: AwsRequest | undefined, what: string): void {
  if (one === undefined) {
    t.fail(`${what}: nothing came`)
    return
  }
  t.equal(one.refused, undefined, `${what}: the signature is right`)
  for (const name of ['host', 'authorization', 'x-amz-date', 'x-amz-content-sha256'])
    t.equal(valuesOf(one, name).length, 1, `${what}: one ${name}`)
  t.ok(valuesOf(one, 'content-length').length <= 1, `${what}: one length at most`)
  t.same(valuesOf(one, 'transfer-encoding'), [], `${what}: no chunks`)
}
type Test = Pick<typeof t, 'fail' | 'equal' | 'ok' | 'same'>

const smuggled = 'GET /fn/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
const ends: readonly (readonly [string, readonly string[], string, string?])[] = [
  ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
  ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`],
  ['two lengths', ['Content-Length: 0', 'Content-Length: 5'], 'abcde'],
  ['a list of lengths', ['Content-Length: 5, 5'], 'abcde'],
  ['a length with a sign', ['Content-Length: +5'], 'abcde'],
  ['a length below zero', ['Content-Length: -1'], ''],
  ['a length in hex', ['Content-Length: 0x5'], 'abcde'],
  ['a length with a blank inside', ['Content-Length: 5 0'], 'abcde'],
  ['a blank before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
  ['a line that is folded', ['X-A: b', ' Transfer-Encoding: chunked', 'Content-Length: 0'], ''],
  ['a coding that is none', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
  ['chunks that are not the last coding', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
  ['a chunk size of no end', ['Transfer-Encoding: chunked'], 'fffffffffffffffff\r\n'],
  ['a chunk size below zero', ['Transfer-Encoding: chunked'], '-1\r\n'],
  ['a chunk that is longer than it says', ['Transfer-Encoding: chunked'], '1\r\nab\r\n0\r\n\r\n'],
  ['a bare line feed behind a chunk', ['Transfer-Encoding: chunked'], '1\na\r\n0\r\n\r\n'],
  ['a NUL in a value', ['X-A: b\0c', 'Content-Length: 0'], ''],
  ['a NUL in a name', ['X\0A: b', 'Content-Length: 0'], ''],
  ['a line without a colon', ['X-A', 'Content-Length: 0'], ''],
  ['two hosts', ['Host: other.example', 'Content-Length: 0'], ''],
  ['a length among trailers', ['Transfer-Encoding: chunked'], '1\r\na\r\n0\r\nContent-Length: 9\r\n\r\n'],
  ['an address of another host', ['Content-Length: 0'], '', 'POST http://evil.example/rest/up HTTP/1.1'],
  ['an address in place of a path', ['Content-Length: 0'], '', `POST http://${host}/rest/up HTTP/1.1`],
  ['lines of 40 KB', [`X-A: ${'a'.repeat(40_000)}`, 'Content-Length: 0'], ''],
]

for (const [way, place] of ways) {
  t.test(`${way}: what no two readers take for the same ends here`, async (t) => {
    await aws.forget()
    for (const [what, lines, body, line] of ends) {
      const text = await send(request(way, lines, body, line?.replace('/rest/', `/${way}/`)))
      t.match(statusOf(text), /^4\d\d$/, what)
      t.notMatch(text, /HTTP\/1\.1 2/, what)
    }
    t.same(await aws.requests(place), [])
  })

  t.test(`${way}: what is odd and clear arrives once, signed by us`, async (t) => {
    const many = Array.from({ length: 90 }, (_, at) => `X-${at}: ${at}`)
    const chunked = 'Transfer-Encoding: chunked'
    const odd: readonly (readonly [string, readonly string[], string, string?])[] = [
      [
        'trailers',
        [chunked, 'Trailer: X-Amz-Date'],
        '1\r\na\r\n0\r\nX-Amz-Date: 1\r\nX-Wiki-User: eve\r\nHost: x\r\n\r\n',
      ],
      ['an extension of a chunk', [chunked], '1;a="b;c"\r\na\r\n0;x=y\r\n\r\n'],
      ['a body of no chunk', [chunked], '0\r\n\r\n'],
      ['no byte', ['Content-Length: 0'], ''],
      ['nothing of a length', [], ''],
      [
        '`Connection` that names what is signed',
        [
          'Connection: x-amz-date, authorization, host, content-type, x-amz-content-sha256, content-length',
          'Content-Type: text/a',
          'Content-Length: 1',
        ],
        'a',
      ],
      [
        'a signature of another',
        [
          'Authorization: AWS4-HMAC-SHA256 Credential=x',
          'X-Amz-Date: 1',
          'X-Amz-Security-Token: t',
          'X-Amz-Content-Sha256: UNSIGNED-PAYLOAD',
          'Date: x',
          'Content-Length: 1',
        ],
        'a',
      ],
      [
        'the same with underscores',
        [
          'X_Amz_Date: 1',
          'X_Amz_Security_Token: t',
          'X_Wiki_User: eve',
          'X_Wiki-User: eve',
          'Content-Length: 1',
        ],
        'a',
      ],
      ['ninety headers', [...many, 'Content-Length: 1'], 'a'],
      [
        'a trace of a client',
        [`X-Amzn-Trace-Id: Root=1-0-0;Self=${'x'.repeat(900)};"<>\t\xff`, 'Content-Length: 1'],
        'a',
      ],
      ['several traces', ['X-Amzn-Trace-Id: a', 'x-amzn-trace-id: b', 'Content-Length: 1'], 'a'],
      [
        '`Forwarded` and its like',
        [
          'Forwarded: for=1.1.1.1;host=evil.example',
          'X-Forwarded-Host: evil.example',
          'X-Forwarded-For: 1.1.1.1',
          'X-Real-IP: 1.1.1.1',
          'X-Original-URL: /x',
          'Content-Length: 1',
        ],
        'a',
      ],
      ['a method that changes its name', ['X-HTTP-Method-Override: DELETE', 'Content-Length: 1'], 'a'],
      ['a range', ['Range: bytes=0-0,1-1', 'If-Range: "x"'], '', `GET /${way}/up HTTP/1.1`],
      ['GET with a body', ['Content-Length: 3'], 'abc', `GET /${way}/up HTTP/1.1`],
      ['GET with chunks', [chunked], '3\r\nabc\r\n0\r\n\r\n', `GET /${way}/up HTTP/1.1`],
      ['HEAD with a body', ['Content-Length: 3'], 'abc', `HEAD /${way}/up HTTP/1.1`],
      ['DELETE with a body', ['Content-Length: 3'], 'abc', `DELETE /${way}/up HTTP/1.1`],
      [
        'a body that is compressed',
        ['Content-Encoding: gzip', `Content-Length: ${gzipSync('abc').length}`],
        gzipSync('abc').toString('latin1'),
      ],
      [
        'a form of many parts without any',
        ['Content-Type: multipart/form-data; boundary=x', 'Content-Length: 0'],
        '',
      ],
      ['HTTP/1.0', ['Content-Length: 1'], 'a', `POST /${way}/up HTTP/1.0`],
    ]
    for (const [what, lines, body, line] of odd) {
      await aws.forget()
      const text = await send(request(way, lines, body, line))
      const came = await aws.requests(place)
      t.equal(statusOf(text), 200, what)
      t.equal(came.length, 1, `${what}: once`)
      const [one] = came
      sound(t, one, what)
      if (one === undefined) continue
      const names = namesOf(one)
      t.notOk(
        names.some((name) => /_/.test(name) || /^(?:trailer|te|forwarded|x-original-url)$/.test(name)),
        `${what}: ${names}`,
      )
      const event = JSON.stringify(one.event ?? {})
      t.notMatch(event, /eve"|evil\.example|1\.1\.1\.1|UNSIGNED/, what)
    }
  })
}

t.test('requests in one piece are answered in their order; hundreds end the connection', async (t) => {
  for (const [way, place] of ways) {
    for (const [count, most] of [
      [10, 10],
      [300, 1],
    ] as const) {
      await aws.forget()
      const one = (at: number) =>
        `POST /${way}/up-${at} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\n${at === count - 1 ? 'Connection: close\r\n' : ''}\r\nx`
      const client = await rawClient(gateway.port)
      client.write(Array.from({ length: count }, (_, at) => one(at)).join(''))
      const text = await client.closed()
      const told = [...text.matchAll(/"path": "[^"]*up-(\d+)"/g)].map(([, at]) => Number(at))
      t.same(
        told,
        told.map((_, at) => at),
        'in order, without a gap',
      )
      const came = await aws.requests(place)
      t.ok(count === most ? came.length === most : came.length <= most, `${came.length} of ${count} came`)
      t.ok(told.length === came.length || told.length === 0)
      t.ok(came.every(({ refused }) => refused === undefined))
    }
  }
})

t.test('who goes away while the function runs, or within an upload, leaves the others alone', async (t) => {
  for (const [way, place] of ways) {
    await aws.forget()
    const slow = await rawClient(gateway.port, `GET /${way}/slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const broken = await rawClient(
      gateway.port,
      `POST /${way}/up HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nabc`,
    )
    const cut = await rawClient(
      gateway.port,
      `POST /${way}/up HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab`,
    )
    for (const client of [broken, cut]) client.destroy()
    slow.destroy()
    t.equal(statusOf(await send(request(way, ['Content-Length: 1'], 'a'))), 200)
    const came = await aws.requests(place)
    t.notOk(
      came.some(({ body }) => body !== null && /^(?:abc?)$/.test(body.toString())),
      'no part of a body',
    )
  }
})
