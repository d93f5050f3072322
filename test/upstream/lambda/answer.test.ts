// What a function returned, as an answer to its client: right ones, and every kind that is none.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { readFunctionAnswer } from '../../../src/upstream/lambda/answer.ts'

const asked = { method: 'GET', payload: '1.0' } as const

interface Row {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

function read(value: unknown, more: Partial<Parameters<typeof readFunctionAnswer>[1]> = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return readFunctionAnswer(Buffer.from(text), { ...asked, ...more })
}

function row(reading: ReturnType<typeof read>): Row | string {
  if (!reading.ok) return reading.why
  const { head, body } = reading.answer
  return { status: head.statusCode, headers: head.headers, body: body.toString('latin1') }
}

t.test('answers as adapters write them', async (t) => {
  const rows: readonly (readonly [string, object, Row])[] = [
    ['a status alone', { statusCode: 204 }, { status: 204, headers: [], body: '' }],
    ['digits', { statusCode: '404' }, { status: 404, headers: ['Content-Length', '0'], body: '' }],
    [
      'headers and a body',
      { statusCode: 200, headers: { 'Content-Type': 'text/plain' }, body: 'hé' },
      {
        status: 200,
        headers: ['Content-Type', 'text/plain', 'Content-Length', '3'],
        body: Buffer.from('hé').toString('latin1'),
      },
    ],
    [
      'nulls for nothing',
      {
        statusCode: 200,
        headers: null,
        multiValueHeaders: null,
        cookies: null,
        body: null,
        isBase64Encoded: null,
      },
      { status: 200, headers: ['Content-Length', '0'], body: '' },
    ],
    [
      'base64',
      { statusCode: 200, body: 'AP8=', isBase64Encoded: true },
      { status: 200, headers: ['Content-Length', '2'], body: '\x00\xff' },
    ],
    [
      'empty base64',
      { statusCode: 200, body: '', isBase64Encoded: true },
      { status: 200, headers: ['Content-Length', '0'], body: '' },
    ],
    [
      'text that looks like base64',
      { statusCode: 200, body: 'AP8=', isBase64Encoded: false },
      { status: 200, headers: ['Content-Length', '4'], body: 'AP8=' },
    ],
    [
      'spellings of one name, each a line',
      { statusCode: 200, headers: { 'set-cookie': 'a=1', 'Set-cookie': 'b=2', 'sEt-cookie': 'c=3' } },
      {
        status: 200,
        headers: ['set-cookie', 'a=1', 'Set-cookie', 'b=2', 'sEt-cookie', 'c=3', 'Content-Length', '0'],
        body: '',
      },
    ],
    [
      'both fields, joined; what stands in both once',
      {
        statusCode: 200,
        headers: { 'x-a': '1', 'X-B': '2', 'x-c': '3' },
        multiValueHeaders: { 'X-A': ['1', '4'], 'x-c': ['5'], 'X-D': [] },
      },
      {
        status: 200,
        headers: ['X-B', '2', 'x-c', '3', 'X-A', '1', 'X-A', '4', 'x-c', '5', 'Content-Length', '0'],
        body: '',
      },
    ],
    [
      'cookies',
      { statusCode: 200, headers: { 'Set-Cookie': 'z=0' }, cookies: ['a=1; Path=/', 'b=2'] },
      {
        status: 200,
        headers: [
          'Set-Cookie',
          'z=0',
          'Set-Cookie',
          'a=1; Path=/',
          'Set-Cookie',
          'b=2',
          'Content-Length',
          '0',
        ],
        body: '',
      },
    ],
    [
      'numbers and booleans',
      { statusCode: 200, headers: { 'X-Count': 5, 'X-On': true } },
      { status: 200, headers: ['X-Count', '5', 'X-On', 'true', 'Content-Length', '0'], body: '' },
    ],
    [
      'blanks at the ends, latin-1 and tabs',
      { statusCode: 200, headers: { 'X-A': ' \tb\tc\xe9 ', 'X-Empty': '' } },
      { status: 200, headers: ['X-A', 'b\tc\xe9', 'X-Empty', '', 'Content-Length', '0'], body: '' },
    ],
    [
      'names of objects',
      JSON.parse('{"statusCode":200,"headers":{"__proto__":"1","constructor":"2"}}'),
      { status: 200, headers: ['__proto__', '1', 'constructor', '2', 'Content-Length', '0'], body: '' },
    ],
    [
      'what nobody knows',
      { statusCode: 200, statusDescription: '200 OK\r\n', body: '', extra: [[[{}]]] },
      { status: 200, headers: ['Content-Length', '0'], body: '' },
    ],
  ]
  for (const [name, value, expected] of rows)
    for (const payload of ['1.0', '2.0'] as const)
      t.strictSame(row(read(value, { payload })), expected, `${name}, ${payload}`)
})

t.test('what a function says of framing is dropped, in any case and any field', async (t) => {
  const value = {
    statusCode: 200,
    headers: { 'content-length': 5000, 'Transfer-Encoding': 'chunked', CONNECTION: 'close' },
    multiValueHeaders: { 'Content-Length': ['1', '2'], 'transfer-encoding': ['gzip'], Connection: ['x-a'] },
    body: 'HTTP/1.1 200 OK\r\n\r\n',
  }
  t.strictSame(row(read(value)), { status: 200, headers: ['Content-Length', '19'], body: value.body })
})

t.test('HEAD, 204 and 304 have no body, and a length only where one is known', async (t) => {
  const full = { statusCode: 200, headers: { 'Content-Length': '19' }, body: 'abc' }
  t.strictSame(row(read(full, { method: 'HEAD' })), {
    status: 200,
    headers: ['Content-Length', '3'],
    body: '',
  })
  const ofHead = (headers: object, more: object = {}) =>
    row(read({ statusCode: 200, headers, body: '', ...more }, { method: 'HEAD' }))
  const said = (length: string) => ({ status: 200, headers: ['Content-Length', length], body: '' })
  t.strictSame(ofHead({ 'Content-Length': '19' }), said('19'), 'what GET would get, which the function knows')
  t.strictSame(ofHead({ 'content-length': 6_000_000 }), said('6000000'))
  t.strictSame(
    ofHead({ 'content-length': ' 7 ' }, { multiValueHeaders: { 'Content-Length': ['7'] } }),
    said('7'),
  )
  const unsaid = { status: 200, headers: [], body: '' }
  const wrong = ['', '-1', '+1', '1.5', '1e3', '0x10', '1, 1', '1'.repeat(16), true, 1e21]
  for (const length of wrong) t.strictSame(ofHead({ 'Content-Length': length }), unsaid, String(length))
  t.strictSame(ofHead({ 'Content-Length': '1', 'content-length': '2' }), unsaid, 'two that differ')
  t.strictSame(ofHead({}), unsaid)
  for (const statusCode of [204, 304])
    t.strictSame(row(read({ ...full, statusCode })), { status: statusCode, headers: [], body: '' })
  t.strictSame(row(read({ ...full, statusCode: 205 })), {
    status: 205,
    headers: ['Content-Length', '3'],
    body: 'abc',
  })
})

t.test('without a status: in 2.0 the whole value is the body, in 1.0 it is no answer', async (t) => {
  for (const json of [
    '{"a": 1}',
    '[1]',
    '"text"',
    'null',
    '12',
    ' {"body":"x"} ',
    '{"statuscode":200}',
    '[200]',
  ]) {
    const body = Buffer.from(json).toString('latin1')
    t.strictSame(
      row(read(json, { payload: '2.0' })),
      {
        status: 200,
        headers: ['Content-Type', 'application/json', 'Content-Length', String(body.length)],
        body,
      },
      json,
    )
    t.match(row(read(json)), /no `statusCode`/, json)
  }
  t.match(row(read('{"__proto__":{"statusCode":200}}')), /no `statusCode`/)
})

t.test('a status is a whole number from 200 to 599, or its digits', async (t) => {
  const wrong = [0, 99, 100, 101, 199, 600, 999, -200, 200.5, 1e3, true, null, [200], { a: 1 }]
  for (const statusCode of [
    ...wrong,
    '',
    ' 200',
    '200 ',
    '+200',
    '0200',
    '2e2',
    '0xC8',
    '99',
    '600',
    '２００',
    'OK',
  ])
    for (const payload of ['1.0', '2.0'] as const)
      t.match(row(read({ statusCode }, { payload })), /statusCode/, JSON.stringify(statusCode))
  for (const statusCode of [200, 599, '200', '599', 2e2])
    t.match(row(read({ statusCode })), { status: Number(statusCode) })
})

t.test('what no HTTP parser would take of a name or a value spoils the whole answer', async (t) => {
  const names = [
    '',
    ' ',
    'a b',
    'a:',
    ':a',
    'a\r\nSet-Cookie',
    'a\n',
    '\r',
    'a\0',
    'é',
    'a(b)',
    '"a"',
    'a\t',
    ' a',
    'a/b',
  ]
  for (const name of names) {
    for (const field of [{ headers: { [name]: 'x' } }, { multiValueHeaders: { [name]: ['x'] } }])
      t.match(row(read({ statusCode: 200, ...field })), /none of a header/, Buffer.from(name).toString('hex'))
  }
  const values = [
    'a\r\nSet-Cookie: x=1',
    'a\rb',
    'a\nb',
    '\n',
    'a\r\n b',
    'a\0',
    '\x1b',
    '\x7f',
    'Ā',
    '😀',
    '\ud800',
    '\u2028',
  ]
  for (const value of values)
    for (const field of [
      { headers: { 'X-A': value } },
      { multiValueHeaders: { 'X-A': ['ok', value] } },
      { cookies: ['a=1', value] },
      { headers: { 'Content-Length': value } },
    ])
      t.match(
        row(read({ statusCode: 200, ...field })),
        /what no header may have/,
        Buffer.from(value).toString('hex'),
      )
})

t.test('header lines have one bound, wherever they stand', async (t) => {
  const most = limits.upstreamHeaderBytes
  const rows: readonly (readonly [object, boolean])[] = [
    [{ headers: { A: 'x'.repeat(most - 1) } }, true],
    [{ headers: { A: 'x'.repeat(most) } }, false],
    [{ headers: { 'Content-Length': 'x'.repeat(most) } }, false],
    [{ headers: { A: 'x'.repeat(most / 2) }, multiValueHeaders: { B: ['x'.repeat(most / 2)] } }, false],
    [{ headers: { A: 'x'.repeat(most / 2) }, cookies: ['x'.repeat(most / 2)] }, false],
    [{ multiValueHeaders: { B: Array.from({ length: most }, () => '') } }, true],
    [{ multiValueHeaders: { B: Array.from({ length: most + 1 }, () => '') } }, false],
  ]
  for (const [fields, isAnswer] of rows) {
    const reading = read({ statusCode: 200, ...fields })
    t.equal(reading.ok, isAnswer)
    if (!reading.ok) t.equal(reading.why, `has header lines of more than ${most} bytes`)
  }
})

t.test('what is of another kind than it must be is no answer', async (t) => {
  const rows: readonly (readonly [object, RegExp])[] = [
    [{ headers: [] }, /`headers` that are no object/],
    [{ headers: 'Content-Type: text/html' }, /`headers` that are no object/],
    [{ headers: { a: null } }, /no text: "a"/],
    [{ headers: { a: ['b'] } }, /no text: "a"/],
    [{ headers: { a: { b: 'c' } } }, /no text: "a"/],
    [{ multiValueHeaders: [] }, /`multiValueHeaders` that are no object/],
    [{ multiValueHeaders: { a: 'b' } }, /no list of texts in `multiValueHeaders`: "a"/],
    [{ multiValueHeaders: { a: [['b']] } }, /no text: "a"/],
    [{ multiValueHeaders: { a: null } }, /no list/],
    [{ cookies: 'a=1' }, /no list of texts in `cookies`/],
    [{ cookies: { a: '1' } }, /no list of texts in `cookies`/],
    [{ cookies: [null] }, /`cookies` that is no text/],
    [{ cookies: false }, /no list of texts in `cookies`/],
    [{ body: 1 }, /`body` that is no text/],
    [{ body: {} }, /`body` that is no text/],
    [{ body: [] }, /`body` that is no text/],
    [{ body: false }, /`body` that is no text/],
    [{ body: 'x\ud800y' }, /surrogate/],
    [{ body: 'AA==', isBase64Encoded: 'true' }, /neither true nor false/],
    [{ body: 'AA==', isBase64Encoded: 1 }, /neither true nor false/],
    [{ body: 'AA', isBase64Encoded: true }, /no base64/],
    [{ body: 'A-_=', isBase64Encoded: true }, /no base64/],
    [{ body: 'AB==', isBase64Encoded: true }, /no base64/],
    [{ body: 'AA==\n', isBase64Encoded: true }, /no base64/],
    [{ body: '<p>', isBase64Encoded: true }, /no base64/],
    [{ body: 'AA==AA==', isBase64Encoded: true }, /no base64/],
  ]
  for (const [more, expected] of rows)
    for (const payload of ['1.0', '2.0'] as const)
      t.match(row(read({ statusCode: 200, ...more }, { payload })), expected, JSON.stringify(more))
})

t.test('what is no JSON is no answer in either format', async (t) => {
  const texts = [
    '',
    ' ',
    '{',
    '{"statusCode":200',
    "{'statusCode':200}",
    '{"statusCode":200}x',
    'NaN',
    '\ufeff{}',
    '<html>',
  ]
  for (const text of texts)
    for (const payload of ['1.0', '2.0'] as const)
      t.match(row(read(text, { payload })), /is no JSON/, JSON.stringify(text))
  const bytes = Buffer.from('{"statusCode":200,"body":"\xff"}', 'latin1')
  t.match(row(readFunctionAnswer(bytes, asked)), /is no UTF-8/)
})

t.test('JSON that is deep, large or says something twice ends in one answer or in none', async (t) => {
  const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`
  t.match(row(read(deep)), /no `statusCode`|is no JSON/)
  t.match(row(read(`{"statusCode":200,"body":"x","deep":${deep}}`)), { status: 200, body: 'x' })
  t.match(row(read(`{"statusCode":200,"headers":${deep}}`)), /no object|is no JSON/)
  const whole = read(deep, { payload: '2.0' })
  t.ok(whole.ok && whole.answer.body.length === deep.length, 'it is sent as it came, and not written anew')
  t.match(row(read('{"statusCode":200,"statusCode":302,"headers":{"a":"1","a":"2"}}')), {
    status: 302,
    headers: ['a', '2', 'Content-Length', '0'],
  })
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, 'y']))
  t.match(row(read({ statusCode: 200, headers: many })), /has header lines of more than 65536 bytes/)
  t.match(
    row(read({ statusCode: 200, cookies: ['a='.padEnd(limits.upstreamHeaderBytes, 'x')] })),
    /has header lines of more than 65536 bytes/,
  )
})

t.test('a message for operators repeats no value, and of a name its beginning', async (t) => {
  const name = `a\r\n${'b'.repeat(100)}`
  const why = String(row(read({ statusCode: 200, headers: { [name]: 'secret' } })))
  t.notMatch(why, /secret|[\r\n]/)
  t.ok(why.length < 150, why)
})
