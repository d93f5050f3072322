// What a function and Lambda may answer at worst, over real sockets: nothing of it splits an answer, moves the end of one, or
// tells a client what is for operators. Each is followed by a request on the same connection, which must have its own answer.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { startLambdaFront } from '../support/aws/lambda-front.ts'
import { type RawClient, rawClient } from '../support/raw.ts'

const front = await startLambdaFront(t, {
  aws: {
    files: {
      'own.py': `
def handler(event, context):
    path = event.get("path") or event.get("rawPath")
    if path.endswith("/raise"):
        raise KeyError("canary-of-a-form")
    if path.endswith("/exit"):
        raise SystemExit(3)
    if path.endswith("/endless"):
        return {"statusCode": 200, "body": "x" * 7000000}
    if path.endswith("/large"):
        return {"statusCode": 200, "body": "x" * 6291000}
    if path.endswith("/none"):
        return None
    if path.endswith("/value"):
        return {"hello": ["w", 1]}
    return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": "fine"}
`,
    },
    handler: 'own.handler',
  },
  app: '    require: signed_in',
})
const { ask, aws, gateway } = front

interface Told {
  readonly status: number
  readonly body: string
  readonly text: string
  /** The line of the log of what became of it; undefined: there is none. */
  readonly error: string | undefined
}

const errorOf = (line: Readonly<Record<string, unknown>> | undefined) =>
  JSON.stringify(line?.error ?? line?.err ?? line ?? null)

/** One request, whose answer from Lambda is this; and a second one behind it on its connection. */
async function after(invoked: Parameters<typeof aws.answerNext>[1][number], path = '/x'): Promise<Told> {
  await aws.answerNext('lambda', [invoked])
  const before = gateway.log.length
  const host = `localhost:${gateway.port}`
  const get = (target: string, more = '') =>
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${front.cookie}\r\n${more}\r\n`
  const client = await rawClient(gateway.port, get(path) + get('/fine', 'Connection: close\r\n'))
  const text = await client.closed()
  const begin = text.indexOf('\r\n\r\n') + 4
  const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, begin))?.[1] ?? 0)
  const [first, second] = [text.slice(0, begin + length), text.slice(begin + length)]
  if (!/^HTTP\/1\.1 200 OK\r\n/.test(second) || !second.endsWith('\r\n\r\nfine'))
    throw new Error(`no second answer of its own: ${text}`)
  const error = gateway.log.slice(before).find((line) => JSON.stringify(line).includes('lambda'))
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]),
    text: first,
    body: first.slice(first.indexOf('\r\n\r\n') + 4),
    error: error === undefined ? undefined : errorOf(error),
  }
}

const answered = (value: unknown) => ({
  status: 200,
  body: typeof value === 'string' ? value : JSON.stringify(value),
})

t.test('answers that are none are 502 of the gateway, and nothing of them passes', async (t) => {
  const canary = 'canary-of-the-function'
  const split = `x\r\nSet-Cookie: ${canary}=1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['a value with lines', { statusCode: 200, headers: { 'X-A': split } }, /what no header may have/],
    ['a name with lines', { statusCode: 200, headers: { [`X-A: 1\r\n${canary}`]: '1' } }, /none of a header/],
    [
      'a name that is a whole answer',
      { statusCode: 200, multiValueHeaders: { [split]: ['1'] } },
      /none of a header/,
    ],
    ['a cookie with lines', { statusCode: 200, cookies: [split] }, /what no header may have/],
    ['NUL', { statusCode: 200, headers: { 'X-A': `\0${canary}` } }, /what no header may have/],
    [
      'a letter that is no byte',
      { statusCode: 302, headers: { Location: `/${canary}Ā` } },
      /what no header may have/,
    ],
    [
      'letters that become lines as bytes',
      { statusCode: 302, headers: { Location: '/\u010d\u010aX: y' } },
      /what no header may have/,
    ],
    ['an interim status', { statusCode: 101, headers: { Upgrade: 'websocket' } }, /statusCode/],
    ['a status with lines', { statusCode: `200 OK\r\n${canary}` }, /statusCode/],
    ['half of a pair', `{"statusCode":200,"body":"${canary}\\ud800"}`, /surrogate/],
    ['no base64', { statusCode: 200, isBase64Encoded: true, body: canary }, /no base64/],
    ['no JSON', `{"statusCode":200,"body":"${canary}"`, /no JSON/],
    ['nothing', '', /no JSON/],
    [
      'deep JSON',
      `{"statusCode":200,"headers":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      /no object|no JSON/,
    ],
    ['too many headers', { statusCode: 200, headers: { 'X-A': canary.repeat(10_000) } }, /header lines of/],
  ]
  for (const [name, value, expected] of rows) {
    const told = await after(answered(value))
    t.equal(told.status, 502, name)
    t.notMatch(told.text, /canary|HTTP\/1\.1 200|X: y/, name)
    t.match(told.error, expected, name)
    t.notMatch(told.error, new RegExp(canary), name)
  }
})

t.test('the end of an answer is where we say it is', async (t) => {
  const inner = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale'
  const rows: readonly (readonly [string, Record<string, unknown>])[] = [
    ['a shorter length', { 'Content-Length': '1' }],
    ['a longer length', { 'content-length': '100000' }],
    ['two lengths', { 'Content-Length': '1', 'content-length': '2' }],
    ['chunks', { 'Transfer-Encoding': 'chunked' }],
    ['chunks and a length', { 'transfer-Encoding': 'gzip, chunked', 'Content-Length': '0' }],
    ['a connection that names our length', { Connection: 'content-length, keep-alive' }],
    ['a trailer', { Trailer: 'X-A', TE: 'trailers', Upgrade: 'h2c' }],
  ]
  for (const [name, headers] of rows) {
    const told = await after(answered({ statusCode: 200, headers, body: inner }))
    t.equal(told.status, 200, name)
    t.equal(told.body, inner, name)
    t.match(told.text, new RegExp(`content-length: ${inner.length}\r\n`, 'i'), name)
    t.notMatch(told.text.slice(0, told.text.indexOf('\r\n\r\n')), /transfer-encoding|trailer|upgrade/i, name)
  }
})

t.test(
  'our rules for answers hold: our cookies and instructions to servers do not pass, Location is mapped',
  async (t) => {
    const session = `claimgate-${gateway.port}`
    const told = await after(
      answered({
        statusCode: 302,
        headers: {
          Location: `${front.url}/moved`,
          'X-Accel-Redirect': '/etc/passwd',
          'Alt-Svc': 'h3=":443"',
          'set-cookie': `${session}=stolen; Path=/`,
          'Set-cookie': 'mine=1',
        },
      }),
      '/two/x',
    )
    t.equal(told.status, 302)
    t.match(told.text, new RegExp(`location: ${front.url}/two/moved\r\n`, 'i'))
    t.match(told.text, /set-cookie: mine=1\r\n/i)
    t.notMatch(told.text, /stolen|x-accel|alt-svc/i)
    t.match(told.text, /cache-control: private/i)
  },
)

t.test('a function that fails is 502; the log has type and id, the client neither', async (t) => {
  const rows: readonly (readonly [string, number, RegExp])[] = [
    ['/raise', 502, /ended in an error, KeyError \(AWS request id [0-9a-f-]{36}\)/],
    ['/exit', 502, /Runtime\.ExitError: .*exit status 3/],
    ['/endless', 502, /larger than Lambda passes on: .*maximum allowed payload size/],
    ['/none', 502, /has no `statusCode`/],
    ['/value', 502, /has no `statusCode`/],
  ]
  for (const [path, status, expected] of rows) {
    const before = gateway.log.length
    const answer = await ask(path)
    t.equal(answer.status, status, path)
    t.notMatch(answer.text, /KeyError|canary|Runtime|arn:aws|[0-9a-f]{8}-[0-9a-f]{4}-4/, path)
    const line = gateway.log.slice(before).find((one) => JSON.stringify(one).includes('lambda'))
    t.match(errorOf(line), expected)
    t.notMatch(JSON.stringify(gateway.log), /canary-of-a-form/)
  }
  for (const [path, body] of [
    ['/two/none', 'null'],
    ['/two/value', '{"hello": ["w", 1]}'],
  ] as const) {
    const answer = await ask(path)
    t.same([answer.status, answer.body, answer.values('content-type')], [200, body, ['application/json']])
  }
})

t.test('clients that do not read hold up their own network alone', async (t) => {
  const host = `localhost:${gateway.port}`
  const get = `GET /large HTTP/1.1\r\nHost: ${host}\r\n${front.cookie}\r\nConnection: close\r\n\r\n`
  const part = limits.heldAnswerBytes / limits.heldAnswersPart
  const fit = Math.floor(part / 6_291_000)
  const slow: RawClient[] = []
  t.teardown(() => {
    for (const client of slow) client.destroy()
  })
  for (let i = 0; i < fit; i += 1) {
    const client = await rawClient(gateway.port, get)
    slow.push(client)
    await client.until('HTTP/1.1 200 OK')
    client.socket.pause()
  }
  const refused = await (await rawClient(gateway.port, get)).closed()
  t.match(refused, /^HTTP\/1\.1 503 /)
  await gateway.logged(({ error }) =>
    /for its client network, and \d+ of 268435456 in all \(AWS/.test(String(error)),
  )
  const other = await (await rawClient(gateway.port, get, '127.0.0.2')).closed()
  t.match(other.slice(0, 15), /^HTTP\/1\.1 200 /)
  t.equal(other.length - other.indexOf('\r\n\r\n') - 4, 6_291_000)
})

t.test('Lambda in place of a function', async (t) => {
  const error = (status: number, type: string, body: object, headers = {}) => ({
    status,
    headers: { 'x-amzn-ErrorType': type, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const busy = await after(
    error(
      429,
      'TooManyRequestsException',
      { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', message: 'Rate Exceeded.' },
      { 'Retry-After': '30' },
    ),
  )
  t.equal(busy.status, 503)
  t.match(busy.text, /retry-after: \d+\r\n/i)
  t.match(busy.error, /raise the function’s reserved concurrency/)
  const rows: readonly (readonly [number, string, number, RegExp])[] = [
    [404, 'ResourceNotFoundException', 502, /no such function, version or alias/],
    [500, 'ServiceException', 502, /500 ServiceException/],
    [502, 'EC2UnexpectedException', 502, /502 EC2UnexpectedException/],
    [403, 'AccessDeniedException', 502, /AWS refused the request/],
    [302, 'x', 502, /302 x/],
  ]
  for (const [status, type, expected, words] of rows) {
    const told = await after(
      error(
        status,
        type,
        { message: 'in words of AWS', Location: 'https://evil.example' },
        { Location: 'https://evil.example' },
      ),
    )
    t.equal(told.status, expected, type)
    t.match(told.error, words)
    t.match(told.error, /in words of AWS/)
    t.notMatch(told.text, /evil|words of AWS|amzn/)
  }
})

t.test('one that Lambda ends is 504, and the log says after how long', async (t) => {
  const slow = await startLambdaFront(t, {
    aws: {
      files: { 'own.py': 'import time\ndef handler(event, context):\n    time.sleep(30)\n' },
      handler: 'own.handler',
      timeoutSeconds: 1,
    },
    app: '    require: signed_in',
  })
  t.equal((await slow.ask('/sleep')).status, 504)
  await slow.gateway.logged((one) => /Lambda ended the function after 1\.00 s/.test(errorOf(one)))
})

t.test('an answer that does not begin in time is 504, and is not awaited any more', async (t) => {
  // Lambda's own time-out is longer than ours here.
  const slow = await startLambdaFront(t, {
    aws: {
      files: { 'own.py': 'import time\ndef handler(event, context):\n    time.sleep(20)\n' },
      handler: 'own.handler',
    },
    app: '    require: signed_in\n    timeouts: { response: 1s }\n    locations: [{ path: PREFIX/open, require: anyone }]',
  })
  const answer = await slow.ask('/x')
  t.equal(answer.status, 504)
  const line = await slow.gateway.logged((one) => JSON.stringify(one).includes('answered nothing for 1 s'))
  t.match(line, { app: 'one', code: 'UPSTREAM_TIMEOUT' })
})
