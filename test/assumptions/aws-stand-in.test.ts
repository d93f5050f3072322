// What stands in for AWS in the tests, held against a client of AWS's: requests signed by its own package for
// JavaScript, verified by botocore, answered by a real function behind the real serverless-wsgi.
import { createHash, createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { SignatureV4 } from '@smithy/signature-v4'
import t, { type Test } from 'tap'
import { startNodeFunction } from '../support/aws/node-function.ts'
import { type Aws, type AwsKey, roleKey, startAws } from '../support/aws/stand-in.ts'

interface Asked {
  readonly origin: string
  readonly host: string
  readonly service: string
  readonly path: string
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | string[]>>
  readonly key?: AwsKey
  readonly region?: string
  readonly atMs?: number
  /** Changes the headers after they were signed. */
  readonly change?: (headers: Record<string, string>) => void
}

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly text: string
}

class Sha256 {
  readonly #hash
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytes(key))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data))
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }
  reset(): void {
    throw new Error('nobody asks for this')
  }
}

function bytes(value: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value)
}

async function signed(asked: Asked): Promise<Got> {
  const {
    service,
    method = 'GET',
    path,
    body,
    key = roleKey,
    region = 'eu-west-1',
    atMs = Date.now(),
  } = asked
  const { accessKeyId, secretAccessKey, sessionToken } = key
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) }
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 })
  const toSign = {
    method,
    protocol: 'https:',
    hostname: asked.host,
    path,
    query: { ...asked.query },
    headers: { host: asked.host, ...asked.headers },
    ...(body === undefined ? {} : { body }),
  }
  const { headers } = await signer.sign(toSign, { signingDate: new Date(atMs) })
  asked.change?.(headers)
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  const query = Object.entries(asked.query ?? {})
    .flatMap(([name, value]) => [value].flat().map((one) => `${encode(name)}=${encode(one)}`))
    .join('&')
  return send(asked.origin, method, query === '' ? path : `${path}?${query}`, headers, body)
}

function send(origin: string, method: string, path: string, headers: object, body = ''): Promise<Got> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ hostname, port, method, path, headers: { ...headers } }, async (answer) => {
      const pieces: Buffer[] = []
      for await (const piece of answer) pieces.push(piece)
      const whole = Buffer.concat(pieces)
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: whole,
        text: whole.toString(),
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const atRest = (aws: Aws) => ({ origin: aws.rest.origin, host: aws.rest.host, service: 'execute-api' })
const atInvoke = (aws: Aws) => ({
  origin: aws.lambda.origin,
  host: aws.lambda.host,
  service: 'lambda',
  method: 'POST',
  path: `/2015-03-31/functions/${encodeURIComponent(aws.lambda.arn)}/invocations`,
})

function refusedAs(t: Test, got: Got, status: number, kind: string | undefined, words: RegExp): void {
  t.same([got.status, got.headers['x-amzn-errortype']], [status, kind])
  t.match(got.text, words)
}

t.test('a signed request reaches the Flask app through each place', async (t) => {
  const aws = await startAws(t)
  const places = [
    { ...atRest(aws), path: '/prod/names/M%C3%BCller%20%26%20S%C3%B6hne' },
    {
      origin: aws.http.origin,
      host: aws.http.host,
      service: 'execute-api',
      path: '/names/M%C3%BCller%20%26%20S%C3%B6hne',
    },
    {
      origin: aws.functionUrl.origin,
      host: aws.functionUrl.host,
      service: 'lambda',
      path: '/names/M%C3%BCller%20%26%20S%C3%B6hne',
    },
  ]
  for (const place of places) {
    const got = await signed(place)
    t.equal(got.status, 200, place.host)
    t.equal(got.text, 'Guten Tag, Müller & Söhne: größer € 😀', place.host)
  }
  const picture = await signed({ ...atRest(aws), path: '/prod/picture' })
  t.equal(picture.headers['content-type'], 'image/jpeg')
  t.same(picture.body, Buffer.from([...Array(256).keys(), 0xff, 0xd8, 0x00, 0x0d, 0x0a]))
  const cookies = await signed({ ...atRest(aws), path: '/prod/cookies' })
  t.equal(cookies.headers['set-cookie']?.length, 3)
  const who = await signed({
    ...atRest(aws),
    path: '/prod/echo',
    query: { 'a b': ['2', '1'], plus: '+ &=', none: '' },
  })
  const echoed = JSON.parse(who.text)
  t.same(echoed.query, [
    ['a b', '2'],
    ['a b', '1'],
    ['plus', '+ &='],
    ['none', ''],
  ])
  t.equal(echoed.environ.SCRIPT_NAME, '/prod', 'the stage trap')
  t.equal(echoed.local, '/prod/who')
  const seen = await aws.requests('rest')
  t.equal(seen.at(-1)?.key, roleKey.accessKeyId)
  t.match(seen.at(-1)?.event, { version: '1.0', path: '/echo', requestContext: { stage: 'prod' } })
})

t.test('a body counts, and binary ones arrive', async (t) => {
  const aws = await startAws(t)
  const headers = { 'content-type': 'application/octet-stream' }
  const got = await signed({ ...atRest(aws), path: '/prod/echo', method: 'POST', body: 'größer', headers })
  t.equal(Buffer.from(JSON.parse(got.text).body, 'latin1').toString(), 'größer')
  const place = { ...atRest(aws), path: '/prod/echo', method: 'POST', body: 'one', headers }
  const changed = await signed({
    ...place,
    change: (lines) => {
      lines['x-amz-content-sha256'] = 'a'.repeat(64)
    },
  })
  refusedAs(t, changed, 403, 'InvalidSignatureException', /does not match the signature you provided/)
  t.match(
    JSON.parse(changed.text).message,
    /The Canonical String for this request should have been\n'POST\n\/prod\/echo/,
  )
})

t.test('what is wrong with a request is said as AWS says it', async (t) => {
  const aws = await startAws(t)
  const rest = { ...atRest(aws), path: '/prod/who' }
  const unsigned = await send(aws.rest.origin, 'GET', '/prod/who', { host: aws.rest.host })
  refusedAs(
    t,
    unsigned,
    403,
    'MissingAuthenticationTokenException',
    /^\{"message":"Missing Authentication Token"\}$/,
  )
  const elsewhere = await signed({ ...rest, path: '/production/who' })
  refusedAs(t, elsewhere, 403, 'MissingAuthenticationTokenException', /Missing Authentication Token/)
  const late = await signed({ ...rest, atMs: Date.now() - 400_000 })
  refusedAs(
    t,
    late,
    403,
    'InvalidSignatureException',
    /Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)/,
  )
  const early = await signed({ ...rest, atMs: Date.now() + 400_000 })
  refusedAs(t, early, 403, 'InvalidSignatureException', /not yet current/)
  const unknown = await signed({ ...rest, key: { ...roleKey, accessKeyId: 'AKIAUNKNOWN' } })
  refusedAs(
    t,
    unknown,
    403,
    'UnrecognizedClientException',
    /security token included in the request is invalid/,
  )
  const untokened = await signed({ ...rest, key: { ...roleKey, sessionToken: null } })
  refusedAs(t, untokened, 403, 'UnrecognizedClientException', /invalid/)
  const wrong = await signed({ ...rest, key: { ...roleKey, secretAccessKey: 'no' } })
  refusedAs(t, wrong, 403, 'InvalidSignatureException', /does not match/)
  const region = await signed({ ...rest, region: 'eu-central-1' })
  refusedAs(t, region, 403, 'InvalidSignatureException', /scoped to a valid region/)
  const service = await signed({ ...rest, service: 'lambda' })
  refusedAs(t, service, 403, 'InvalidSignatureException', /correct service: 'execute-api'/)
  const bearer = await signed({
    ...rest,
    change: (lines) => {
      lines.authorization = 'Bearer abc'
    },
  })
  refusedAs(t, bearer, 403, 'IncompleteSignatureException', /requires 'Credential' parameter/)
  const added = await signed({
    ...rest,
    change: (lines) => {
      lines['X-Amz-Meta'] = '1'
    },
  })
  refusedAs(t, added, 403, 'InvalidSignatureException', /'x-amz-meta' must be a 'SignedHeader'/)
  const host = await signed({
    ...rest,
    change: (lines) => {
      lines.host = 'wiki.example.com'
    },
  })
  refusedAs(t, host, 403, 'ForbiddenException', /Forbidden/)
  const query = await signed({
    ...rest,
    query: { a: '1' },
    change: (lines) => {
      lines.authorization += '0'
    },
  })
  refusedAs(t, query, 403, 'InvalidSignatureException', /does not match/)
  const long = await signed({ ...rest, headers: { 'x-long': 'x'.repeat(10_240) } })
  t.equal(long.status, 431)

  await aws.setKeys([{ ...roleKey, expired: true }])
  refusedAs(t, await signed(rest), 403, 'ExpiredTokenException', /is expired/)
  await aws.setKeys([{ ...roleKey, allowed: false }])
  const denied = await signed(rest)
  refusedAs(
    t,
    denied,
    403,
    'AccessDeniedException',
    /"Message":"User: arn:\S+ is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:\*{8}9012:abc123\/prod\/GET\/who"/,
  )
  await aws.setKeys([roleKey])
  await aws.setClock(Date.now() / 1000 + 86_400)
  refusedAs(t, await signed(rest), 403, 'InvalidSignatureException', /Signature expired/)
  await aws.setClock(null)
  t.equal((await signed(rest)).status, 200)
  t.match(await aws.requests(), [{ refused: 'MissingAuthenticationTokenException' }])
})

t.test('an HTTP API and a function URL say less', async (t) => {
  const aws = await startAws(t, { http: { stage: 'v1' } })
  const http = { origin: aws.http.origin, host: aws.http.host, service: 'execute-api' }
  refusedAs(
    t,
    await send(aws.http.origin, 'GET', '/v1/who', {}),
    403,
    undefined,
    /^\{"message":"Forbidden"\}$/,
  )
  refusedAs(t, await signed({ ...http, path: '/who' }), 404, undefined, /^\{"message":"Not Found"\}$/)
  t.equal((await signed({ ...http, path: '/v1/status/201' })).status, 404, 'a named stage is in rawPath')
  const url = { origin: aws.functionUrl.origin, host: aws.functionUrl.host, service: 'lambda', path: '/who' }
  const unsigned = await send(aws.functionUrl.origin, 'GET', '/who', {})
  refusedAs(t, unsigned, 403, 'AccessDeniedException', /^\{"Message":"Forbidden"\}$/)
  t.equal((await signed(url)).status, 200)
})

t.test('Invoke runs handlers, and tells what became of them', async (t) => {
  const aws = await startAws(t, {
    handler: 'own.handler',
    files: {
      'own.py': `import time, sys
def handler(event, context):
    if event.get("do") == "fail": raise KeyError("größer")
    if event.get("do") == "sleep": time.sleep(5)
    if event.get("do") == "leave": sys.exit(3)
    if event.get("do") == "bytes": return {"body": b"x"}
    if event.get("do") == "large": return {"body": "x" * 6291556}
    return {"event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn}
`,
    },
    timeoutSeconds: 1,
  })
  const invoke = (value: object) => signed({ ...atInvoke(aws), body: JSON.stringify(value) })
  const fine = await invoke({ a: 'ä' })
  t.equal(fine.status, 200)
  t.equal(fine.headers['x-amz-executed-version'], '42')
  t.match(JSON.parse(fine.text), {
    event: { a: 'ä' },
    id: fine.headers['x-amzn-requestid'],
    arn: aws.lambda.arn,
  })
  const kinds = { fail: 'KeyError', sleep: 'Sandbox.Timedout', leave: 'Runtime.ExitError' }
  const more = { bytes: 'Runtime.MarshalError', large: 'Function.ResponseSizeTooLarge' }
  for (const [what, kind] of Object.entries({ ...kinds, ...more })) {
    const failed = await invoke({ do: what })
    t.equal(failed.status, 200)
    t.equal(failed.headers['x-amz-function-error'], 'Unhandled', what)
    t.match(JSON.parse(failed.text), { errorType: kind })
  }
  const other = await signed({
    ...atInvoke(aws),
    path: '/2015-03-31/functions/other/invocations',
    body: '{}',
  })
  refusedAs(t, other, 404, 'ResourceNotFoundException', /"Type":"User","Message":"Function not found: other"/)
  const text = await signed({ ...atInvoke(aws), body: '{' })
  refusedAs(t, text, 400, 'InvalidRequestContentException', /Could not parse request body into json/)
  const long = await signed({ ...atInvoke(aws), body: JSON.stringify('x'.repeat(6_291_455)) })
  refusedAs(t, long, 413, 'RequestTooLargeException', /"message":"Request must be smaller than 6291456 bytes/)
  await aws.answerNext('lambda', [
    { status: 429, headers: { 'Retry-After': '3' }, body: '{"Reason":"CallerRateLimitExceeded"}' },
  ])
  t.equal((await invoke({})).headers['retry-after'], '3')
  t.equal((await invoke({})).status, 200)
})

t.test('Invoke streams what a function of Node’s writes, as an event stream', async (t) => {
  const aws = await startAws(t, { handler: 'runtime' })
  startNodeFunction(t, aws)
  const invoke = (path: string, name = aws.lambda.arn) =>
    signed({
      ...atInvoke(aws),
      path: `/2021-11-15/functions/${encodeURIComponent(name)}/response-streaming-invocations`,
      body: JSON.stringify({ rawPath: path }),
    })
  const events = await invoke('/events')
  t.equal(events.status, 200)
  t.equal(events.headers['content-type'], 'application/vnd.amazon.eventstream')
  const integration = 'application/vnd.awslambda.http-integration-response'
  t.equal(events.headers['x-amzn-remapped-content-type'], integration)
  const messages = decoded(events.body)
  t.match(messages.payload, /^\{"statusCode":200.*\}\0{8}id: 0\ndata: event 0\n\nid: 1/)
  t.ok(messages.kinds.length > 4, 'in the pieces that it wrote')
  t.same(messages.kinds.at(-1), 'InvokeComplete')
  t.same(messages.complete, {})
  t.match(decoded((await invoke('/late')).body), { payload: /so far$/, complete: { ErrorCode: 'TypeError' } })
  t.match(decoded((await invoke('/early')).body), {
    payload: '',
    complete: { ErrorCode: 'TypeError', ErrorDetails: /before the head/ },
  })
  t.match(
    decoded((await invoke('/unwritten')).body),
    { payload: 'by end alone' },
    'a trap of AWS’s own helper',
  )
  t.equal((await invoke('/plain')).headers['x-amzn-remapped-content-type'], 'text/plain')
  t.equal((await invoke('/events', 'other')).headers['x-amzn-errortype'], 'ResourceNotFoundException')
  const whole = await signed({ ...atInvoke(aws), body: JSON.stringify({ rawPath: '/teapot' }) })
  t.match(whole.text, /^\{"statusCode":418.*\}\0{8}short and stout$/, 'Invoke itself knows no stream')
})

/** By AWS's own reader, which checks the checksums. */
function decoded(stream: Buffer) {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  )
  const messages = []
  for (let at = 0; at < stream.length; at += stream.readUInt32BE(at))
    messages.push(codec.decode(stream.subarray(at, at + stream.readUInt32BE(at))))
  const kinds = messages.map(({ headers }) => headers[':event-type']?.value)
  const bodies = messages.map(({ body }) => Buffer.from(body).toString())
  return { kinds, payload: bodies.slice(0, -1).join(''), complete: JSON.parse(bodies.at(-1) ?? '') }
}
