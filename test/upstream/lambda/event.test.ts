// What a function is told of a request, field by field. Held against the sample events of AWS: "Payload format
// structure" of "Create AWS Lambda proxy integrations for HTTP APIs", "Input format" of "Lambda proxy integrations", and
// "Request payload format" of "Invoking Lambda function URLs".
import t from 'tap'
import { plainForm } from '../../../src/core/headers/claim-text.ts'
import type { IdentityHeader } from '../../../src/core/headers/form.ts'
import type { Json } from '../../../src/core/json.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { UpstreamCaller } from '../../../src/core/ports.ts'
import { functionEvent } from '../../../src/upstream/lambda/event.ts'
import { forwarding } from '../../core/headers/apps.ts'
import { eventOf, functionName, input, nobody, nowMs } from './input.ts'

function callerWith(
  claims: { readonly [claim: string]: Json },
  identityHeaders: readonly IdentityHeader[] = forwarding.identityHeaders,
): UpstreamCaller {
  const principal = { user: 'ada@example.com', provider: 'acme', claims }
  return { ...nobody, principal, forwarding: { ...forwarding, identityHeaders } }
}

const rich = {
  method: 'POST',
  path: '/a%20b/%C3%A9t%C3%A9?q=1&q=2&na+me=x%2By&empty&%5F%5Fproto%5F%5F=z',
  headers: [
    ...['Host', 'wiki.example.com', 'user-agent', 'agent/1', 'Cookie', 'a=1; b=two words;c=3'],
    ...['accept', 'text/html', 'X-Many', 'one', 'x-many', 'two', 'content-type', 'text/plain'],
    ...['X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Port', '443'],
    ...['Content-Length', '6'],
  ],
  body: Buffer.from('häl\n'),
  caller: callerWith({ email: 'ada@example.com', groups: ['admins', 'staff'] }),
}

t.test('format 1.0 has every field that AWS documents, and no other', async (t) => {
  t.strictSame(eventOf('1.0', rich), {
    version: '1.0',
    resource: '/{proxy+}',
    path: '/a%20b/%C3%A9t%C3%A9',
    httpMethod: 'POST',
    headers: {
      Host: 'wiki.example.com',
      'User-Agent': 'agent/1',
      Cookie: 'a=1; b=two words;c=3',
      Accept: 'text/html',
      'X-Many': 'two',
      'Content-Type': 'text/plain',
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Port': '443',
      'Content-Length': '5',
    },
    multiValueHeaders: {
      Host: ['wiki.example.com'],
      'User-Agent': ['agent/1'],
      Cookie: ['a=1; b=two words;c=3'],
      Accept: ['text/html'],
      'X-Many': ['one', 'two'],
      'Content-Type': ['text/plain'],
      'X-Forwarded-For': ['203.0.113.9'],
      'X-Forwarded-Proto': ['https'],
      'X-Forwarded-Port': ['443'],
      'Content-Length': ['5'],
    },
    queryStringParameters: JSON.parse('{"q":"2","na me":"x+y","empty":"","__proto__":"z"}'),
    multiValueQueryStringParameters: JSON.parse(
      '{"q":["1","2"],"na me":["x+y"],"empty":[""],"__proto__":["z"]}',
    ),
    requestContext: {
      accountId: '123456789012',
      apiId: 'wiki',
      authorizer: {
        principalId: 'ada@example.com',
        claims: { email: 'ada@example.com', groups: 'admins,staff' },
      },
      domainName: 'wiki.example.com',
      domainPrefix: 'wiki',
      extendedRequestId: 'r-1',
      httpMethod: 'POST',
      identity: { sourceIp: '203.0.113.9', userAgent: 'agent/1' },
      path: '/a%20b/%C3%A9t%C3%A9',
      protocol: 'HTTP/1.1',
      requestId: 'r-1',
      requestTime: '12/Mar/2020:19:03:58 +0000',
      requestTimeEpoch: 1_584_039_838_390,
      resourceId: null,
      resourcePath: '/{proxy+}',
      stage: '$default',
    },
    pathParameters: { proxy: 'a%20b/%C3%A9t%C3%A9' },
    stageVariables: null,
    body: 'häl\n',
    isBase64Encoded: false,
  })
})

t.test('format 2.0 has every field that AWS documents, and no other', async (t) => {
  t.strictSame(eventOf('2.0', rich), {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/a%20b/%C3%A9t%C3%A9',
    rawQueryString: 'q=1&q=2&na+me=x%2By&empty&%5F%5Fproto%5F%5F=z',
    cookies: ['a=1', 'b=two words', 'c=3'],
    headers: {
      host: 'wiki.example.com',
      'user-agent': 'agent/1',
      accept: 'text/html',
      'x-many': 'one,two',
      'content-type': 'text/plain',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'content-length': '5',
    },
    queryStringParameters: JSON.parse('{"q":"1,2","na me":"x+y","empty":"","__proto__":"z"}'),
    requestContext: {
      accountId: '123456789012',
      apiId: 'wiki',
      authorizer: {
        principalId: 'ada@example.com',
        jwt: { claims: { email: 'ada@example.com', groups: 'admins,staff' }, scopes: null },
      },
      domainName: 'wiki.example.com',
      domainPrefix: 'wiki',
      http: {
        method: 'POST',
        path: '/a%20b/%C3%A9t%C3%A9',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.9',
        userAgent: 'agent/1',
      },
      requestId: 'r-1',
      routeKey: '$default',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: 1_584_039_838_390,
    },
    body: 'häl\n',
    isBase64Encoded: false,
  })
})

t.test('a bare request: what there is none of is null in 1.0, and absent in 2.0', async (t) => {
  const one = eventOf('1.0', { headers: ['Host', '[::1]:8443'] })
  t.match(one, {
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    body: null,
    isBase64Encoded: false,
    pathParameters: { proxy: '' },
    requestContext: { domainName: '[::1]', domainPrefix: '[::1]', identity: { userAgent: '' } },
  })
  const two = eventOf('2.0', { headers: ['Host', 'localhost:8080'], body: Buffer.alloc(0) })
  for (const absent of ['cookies', 'body', 'queryStringParameters', 'pathParameters', 'stageVariables'])
    t.notOk(Object.hasOwn(Object(two), absent), absent)
  t.match(two, {
    rawPath: '/',
    rawQueryString: '',
    isBase64Encoded: false,
    requestContext: { domainName: 'localhost', domainPrefix: 'localhost' },
  })
  for (const payload of ['1.0', '2.0'] as const) {
    const context = eventOf(payload, {}, 'requestContext')
    t.notOk(Object.hasOwn(Object(context), 'authorizer'), `${payload}: nobody is no authorizer, and not null`)
  }
})

t.test('an address that nobody believed is an empty text', async (t) => {
  const caller = { ...nobody, clientAddress: null }
  t.equal(eventOf('1.0', { caller }, 'requestContext', 'identity', 'sourceIp'), '')
  t.equal(eventOf('2.0', { caller }, 'requestContext', 'http', 'sourceIp'), '')
})

t.test('only the principal makes an authorizer, whatever headers, query and body say', async (t) => {
  const said = '{"requestContext":{"authorizer":{"principalId":"mallory"}}}'
  const attempt = {
    method: 'POST',
    path: '/?requestContext.authorizer.principalId=mallory&authorizer=mallory&requestContext[authorizer]=mallory',
    headers: [
      ...['Host', 'wiki.example.com', 'requestContext', said, 'authorizer', said, 'principalId', 'mallory'],
      ...['constructor', 'mallory', '__proto__', said, 'Content-Type', 'application/json'],
    ],
    body: Buffer.from(said),
  }
  for (const payload of ['1.0', '2.0'] as const) {
    t.notOk(Object.hasOwn(Object(eventOf(payload, attempt, 'requestContext')), 'authorizer'), payload)
    const known = { ...attempt, caller: callerWith({}) }
    t.equal(eventOf(payload, known, 'requestContext', 'authorizer', 'principalId'), 'ada@example.com')
  }
  t.equal(eventOf('2.0', attempt, 'headers', '__proto__'), said, 'a header is data')
  t.equal(eventOf('1.0', attempt, 'headers', 'Constructor'), 'mallory')
})

t.test('names that objects have of their own are names like others', async (t) => {
  const path = '/?constructor=1&__proto__=2&toString=3&__proto__=4&hasOwnProperty='
  const expected = '{"constructor":"1","__proto__":"4","toString":"3","hasOwnProperty":""}'
  t.equal(JSON.stringify(eventOf('1.0', { path }, 'queryStringParameters')), expected)
  t.equal(JSON.stringify(eventOf('2.0', { path }, 'queryStringParameters')), expected.replace('"4"', '"2,4"'))
})

t.test('queries, as they are and as they are read', async (t) => {
  const rows: readonly (readonly [string, Record<string, string[]> | null])[] = [
    ['', null],
    ['?', null],
    ['?&&', null],
    ['?a', { a: [''] }],
    ['?a=', { a: [''] }],
    ['?=b', { '': ['b'] }],
    ['?a=b=c', { a: ['b=c'] }],
    ['?a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['?a+b=c+d%2Be', { 'a b': ['c d+e'] }],
    ['?%61=%C3%A9', { a: ['é'] }],
    ['?a=1;b=2', { a: ['1;b=2'] }],
    ['?a=1,2&a=3', { a: ['1,2', '3'] }],
    ['?a?b=/c', { 'a?b': ['/c'] }],
    ['?a=%F0%9F%98%80', { a: ['😀'] }],
  ]
  for (const [query, expected] of rows) {
    t.strictSame(eventOf('1.0', { path: `/p${query}` }, 'multiValueQueryStringParameters'), expected, query)
    t.equal(eventOf('2.0', { path: `/p${query}` }, 'rawQueryString'), query.slice(1), query)
    t.equal(eventOf('2.0', { path: `/p${query}` }, 'rawPath'), '/p', query)
  }
  // Such a one reaches no function of format 1.0: test/http/admission.
  for (const query of ['a=%FF', '%zz=1', 'a=%', 'a=%ED%A0%80'])
    t.equal(eventOf('2.0', { path: `/?${query}` }, 'rawQueryString'), query)
})

t.test('a body of UTF-8 goes as text, every other in base64; nothing of it is lost', async (t) => {
  const rows: readonly (readonly [string, Buffer, string, boolean])[] = [
    ['text', Buffer.from('{"a":1}'), '{"a":1}', false],
    ['more than ASCII', Buffer.from('žluťoučký 😀'), 'žluťoučký 😀', false],
    ['a mark of byte order', Buffer.from('efbbbf41', 'hex'), '\ufeffA', false],
    ['zeros', Buffer.from([0, 0]), '\0\0', false],
    ['lines', Buffer.from('a\r\nb\u2028c\u2029"\\'), 'a\r\nb\u2028c\u2029"\\', false],
    ['PNG', Buffer.from('89504e470d0a1a0a', 'hex'), 'iVBORw0KGgo=', true],
    ['latin-1', Buffer.from('é', 'latin1'), '6Q==', true],
    ['half of a surrogate pair', Buffer.from('eda080', 'hex'), '7aCA', true],
    ['cut in a character', Buffer.from('f09f98', 'hex'), '8J+Y', true],
    ['too long a spelling', Buffer.from('c0af', 'hex'), 'wK8=', true],
  ]
  for (const [name, body, text, isBase64] of rows)
    for (const payload of ['1.0', '2.0'] as const) {
      const event = eventOf(payload, { method: 'POST', body, headers: ['Content-Type', 'text/plain'] })
      t.match(event, { body: text, isBase64Encoded: isBase64 }, `${name}, ${payload}`)
      t.strictSame(Buffer.from(text, isBase64 ? 'base64' : 'utf8'), body, name)
    }
})

t.test(
  'UTF-8 is text whatever its type, but for a form with files, whose parsers read no text right',
  async (t) => {
    const rows: readonly (readonly [type: string | null, isText: boolean])[] = [
      [null, true],
      ['', true],
      ['text/plain', true],
      ['application/json; charset=utf-8', true],
      ['application/x-www-form-urlencoded', true],
      ['application/octet-stream', true],
      ['image/svg+xml', true],
      ['image/png', true],
      ['text/plain; of=multipart/form-data', true],
      ['multiparty/form-data', true],
      ['multipart/form-data; boundary=x', false],
      [' Multipart/Form-Data;boundary="text/plain"', false],
      ['multipart/mixed; boundary=x', false],
    ]
    const body = Buffer.from('größer')
    for (const [type, isText] of rows)
      for (const payload of ['2.0', '1.0'] as const)
        for (const name of ['Content-Type', 'content-type']) {
          const headers = ['Host', 'a', ...(type === null ? [] : [name, type])]
          t.match(
            eventOf(payload, { method: 'POST', body, headers }),
            isText
              ? { body: 'größer', isBase64Encoded: false }
              : { body: body.toString('base64'), isBase64Encoded: true },
            `${payload}: ${type}`,
          )
        }
  },
)

t.test('a body that came in chunks has its length by now, and that once', async (t) => {
  const body = Buffer.from('hello')
  t.equal(eventOf('2.0', { body, headers: ['Host', 'a'] }, 'headers', 'content-length'), '5')
  const said = ['content-length', '5', 'Host', 'a']
  t.strictSame(eventOf('1.0', { body, headers: said }, 'multiValueHeaders', 'Content-Length'), ['5'])
  t.equal(eventOf('2.0', { headers: ['Content-Length', '0'] }, 'headers', 'content-length'), '0')
})

t.test('header values keep their bytes, a character a byte', async (t) => {
  const value = Buffer.from('žluť').toString('latin1')
  t.equal(eventOf('1.0', { headers: ['X-Name', value] }, 'headers', 'X-Name'), value)
  t.equal(eventOf('2.0', { headers: ['X-Name', value] }, 'headers', 'x-name'), value)
})

t.test('the domain is the host without its port', async (t) => {
  for (const [host, name, prefix] of [
    ['wiki.example.com', 'wiki.example.com', 'wiki'],
    ['wiki.example.com:8443', 'wiki.example.com', 'wiki'],
    ['localhost:80', 'localhost', 'localhost'],
    ['192.0.2.7:8080', '192.0.2.7', '192.0.2.7'],
    ['[2001:db8::1]', '[2001:db8::1]', '[2001:db8::1]'],
    ['[2001:db8::192.0.2.7]:8080', '[2001:db8::192.0.2.7]', '[2001:db8::192.0.2.7]'],
  ] as const)
    for (const format of ['1.0', '2.0'] as const)
      t.match(eventOf(format, { headers: ['Host', host] }, 'requestContext'), {
        domainName: name,
        domainPrefix: prefix,
      })
})

t.test('cookies of 2.0 are pairs, and nothing between semicolons is none', async (t) => {
  const headers = ['Cookie', ' ; a=1;;  b=2 ;\t', 'cookie', 'c=3', 'Cookie', ';']
  t.strictSame(eventOf('2.0', { headers }, 'cookies'), ['a=1', 'b=2', 'c=3'])
  t.equal(eventOf('2.0', { headers: ['Cookie', ' ; '] }, 'cookies'), undefined)
})

t.test('names in canonical case', async (t) => {
  const names = ['host', 'USER-AGENT', 'sec-ch-ua', 'x-b3-traceid', 'etag', '9-a', "x-o'neil"]
  const event = eventOf('1.0', { headers: names.flatMap((name) => [name, 'x']) }, 'headers')
  t.strictSame(Object.keys(Object(event)), [
    ...['Host', 'User-Agent', 'Sec-Ch-Ua', 'X-B3-Traceid', 'Etag', '9-A', "X-O'neil"],
  ])
})

t.test('claims are those that headers name, as texts; each text is of one value alone', async (t) => {
  const named = (from: string, form = {}) => ({ name: `X-${from}`, from, form: { ...plainForm, ...form } })
  const claims = {
    name: 'Ada, Countess of 100% “Lovelace”',
    email: 'ada@example.com',
    email_verified: true,
    user: 'a claim of this name',
    provider: 'a claim of this name',
    level: 3,
    groups: ['a,b', 'c d', 'ü'],
    edges: ' x ',
    realm: { roles: ['admin'] },
    hidden: 'never',
  }
  const rows: readonly (readonly [IdentityHeader, string | undefined])[] = [
    [named('name'), 'Ada%2C Countess of 100%25 “Lovelace”'],
    [named('email'), 'ada@example.com'],
    [named('email_verified'), 'true'],
    [named('level'), '3'],
    [named('groups'), 'a%2Cb,c d,ü'],
    [named('groups', { join: ' ' }), 'a%2Cb c%20d ü'],
    [named('groups', { join: '; ' }), 'a%2Cb; c%20d; ü'],
    [named('groups', { only: { texts: ['ü'], patterns: [] } }), 'ü'],
    [named('groups', { only: { texts: ['nothing'], patterns: [] } }), undefined],
    [named('groups', { encoding: 'base64' }), Buffer.from('["a,b","c d","ü"]').toString('base64')],
    [named('edges'), ' x '],
    [named('email', { lowerCase: true }), 'ada@example.com'],
    [named('realm.roles'), 'admin'],
    [named('missing'), undefined],
    [named('user'), undefined],
    [named('provider'), undefined],
  ]
  for (const [header, text] of rows) {
    const { from, form } = header
    const told = text === undefined ? {} : { [from]: text }
    const caller = callerWith(claims, [header])
    const message = `${from} ${JSON.stringify(form)}`
    t.strictSame(eventOf('1.0', { caller }, 'requestContext', 'authorizer', 'claims'), told, message)
    t.strictSame(eventOf('2.0', { caller }, 'requestContext', 'authorizer', 'jwt', 'claims'), told, message)
  }
  const twice = callerWith(claims, [named('groups', { join: ' ' }), named('groups'), named('__proto__')])
  t.strictSame(
    eventOf('1.0', { caller: twice }, 'requestContext', 'authorizer', 'claims'),
    { groups: 'a%2Cb c%20d ü' },
    'as the first header has it',
  )
})

t.test('a user id is told as it is', async (t) => {
  const caller = callerWith({})
  const principal = { user: 'acme:Žofie “%2C”, \\ "x"', provider: 'acme', claims: {} }
  t.equal(
    eventOf('1.0', { caller: { ...caller, principal } }, 'requestContext', 'authorizer', 'principalId'),
    principal.user,
  )
})

t.test('an event of more than 6,291,456 bytes is none, at whichever length it begins to be', async (t) => {
  const lambda = { functionName, payload: '1.0', streaming: false } as const
  const around = functionEvent(input({ body: Buffer.from('x') }), lambda, nowMs)?.length ?? 0
  t.equal(limits.functionEventBytes, 6_291_456)
  // Seven digits of the length in place of one, in two fields.
  const most = limits.functionEventBytes - around + 1 - 12
  for (const [length, fits] of [
    [most, true],
    [most + 1, false],
  ] as const) {
    const json = functionEvent(input({ body: Buffer.alloc(length, 'x') }), lambda, nowMs)
    t.equal(json !== null, fits, `${length} bytes`)
    if (fits) t.equal(json?.length, limits.functionEventBytes)
  }
  // Whatever its bytes are in JSON, what is counted ahead is what is written.
  for (const byte of [...Array(0x24).keys(), 0x41, 0x5c, 0x7f]) {
    const json = functionEvent(input({ body: Buffer.alloc(1000, byte) }), lambda, nowMs)
    const size = JSON.stringify(String.fromCharCode(byte)).length - 2
    const longest = Math.floor((limits.functionEventBytes - (json?.length ?? 0)) / size) + 1000
    for (const [length, fits] of [
      [longest - 20, true],
      [longest + 20, false],
    ] as const)
      t.equal(
        functionEvent(input({ body: Buffer.alloc(length, byte) }), lambda, nowMs) !== null,
        fits,
        `${byte}`,
      )
  }
  t.equal(functionEvent(input({ body: Buffer.alloc(5 * 1024 * 1024, 0xff) }), lambda, nowMs), null, 'base64')
  const form = ['Content-Type', 'multipart/form-data; boundary=x']
  const text = input({ body: Buffer.alloc(5 * 1024 * 1024, 'x'), headers: form })
  t.equal(functionEvent(text, lambda, nowMs), null, 'base64 of a text')
  t.equal(functionEvent(input({ body: Buffer.alloc(1_100_000) }), lambda, nowMs), null, 'escapes count')
  t.equal(functionEvent(input({ body: Buffer.alloc(7 * 1024 * 1024) }), lambda, nowMs), null)
})
