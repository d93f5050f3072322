// Adapters of Python read our events, and we read what they answer: serverless-wsgi itself, and four others as their
// sources read. The app behind them is test/support/aws/seed_app.py.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { UpstreamCaller } from '../../../src/core/ports.ts'
import { type FunctionAnswer, readFunctionAnswer } from '../../../src/upstream/lambda/answer.ts'
import type { FunctionInput } from '../../../src/upstream/lambda/function-request.ts'
import { forwarding } from '../../core/headers/apps.ts'
import { eventOf, nobody } from './input.ts'

type Format = '1.0' | '2.0'
type Adapter = 'serverless-wsgi' | 'apig-wsgi' | 'aws-wsgi' | 'Mangum' | 'Zappa'

const readings: readonly (readonly [Adapter, Format])[] = [
  ['serverless-wsgi', '1.0'],
  ['serverless-wsgi', '2.0'],
  ['apig-wsgi', '1.0'],
  ['apig-wsgi', '2.0'],
  ['aws-wsgi', '1.0'],
  ['Mangum', '1.0'],
  ['Mangum', '2.0'],
  ['Zappa', '1.0'],
]

const support = new URL('../../support/aws/', import.meta.url)
const modules = new URL('../../../node_modules/serverless-wsgi/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'claimgate-adapters-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
for (const name of ['wsgi_handler.py', 'serverless_wsgi.py'])
  cpSync(new URL(name, modules), join(folder, name))
writeFileSync(join(folder, '.serverless-wsgi'), '{"app":"seed_app.app"}')

const ada: UpstreamCaller = {
  ...nobody,
  principal: { user: 'ada@example.com', provider: 'acme', claims: { email: 'ada@example.com' } },
  forwarding,
}

/** As our header rules pass it on. */
const ours = [
  ...['Host', 'wiki.example.com', 'X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Proto', 'https'],
  ...['X-Forwarded-Port', '443', 'X-Forwarded-Host', 'wiki.example.com', 'user-agent', 'agent/1'],
]

interface Case {
  readonly name: string
  readonly input: Partial<FunctionInput>
}

const cases: readonly Case[] = [
  { name: 'who', input: { path: '/who', caller: ada } },
  { name: 'nobody', input: { path: '/who' } },
  {
    name: 'rich',
    input: {
      method: 'POST',
      path: '/echo/%C3%A4%20b/c?q=1&q=2&na+me=x%2By&empty=',
      headers: [
        ...ours,
        'Cookie',
        'a=1; b=two',
        'X-Many',
        'one',
        'x-many',
        'two',
        'Content-Type',
        'text/plain',
      ],
      body: Buffer.from('größer'),
      caller: ada,
    },
  },
  {
    name: 'binary',
    input: {
      method: 'PUT',
      path: '/echo',
      headers: [...ours, 'Content-Type', 'application/octet-stream'],
      body: Buffer.from([0, 255, 10, 13]),
    },
  },
  { name: 'picture', input: { path: '/picture' } },
  { name: 'cookies', input: { path: '/cookies' } },
  { name: 'missing', input: { path: '/no-such-path' } },
]

interface Reading {
  readonly adapter: Adapter
  readonly format: Format
  readonly answer: FunctionAnswer
}

/** Each case by each adapter, in one process of Python. */
const answers = new Map<string, Reading[]>()
t.before(() => {
  const asked = cases.flatMap(({ name, input }) =>
    readings.map(([adapter, format]) => ({
      name,
      adapter,
      format,
      method: input.method ?? 'GET',
      event: eventOf(format, { headers: ours, ...input }),
    })),
  )
  const printed = execFileSync('/usr/bin/python3', ['-B', fileURLToPath(new URL('adapters.py', support))], {
    cwd: folder,
    input: asked.map((one) => JSON.stringify(one)).join('\n'),
    env: { PATH: '/usr/bin:/bin', PYTHONPATH: `${folder}:${fileURLToPath(support)}`, LANG: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const lines = printed.toString('utf8').trim().split('\n')
  for (const [i, { name, adapter, format, method }] of asked.entries()) {
    const told: { readonly answer?: unknown; readonly error?: string } = JSON.parse(lines[i] ?? '{}')
    if (told.error !== undefined) throw new Error(`${adapter} ${format}, ${name}: ${told.error}`)
    const read = readFunctionAnswer(Buffer.from(JSON.stringify(told.answer)), { method, payload: format })
    if (!read.ok) throw new Error(`${adapter} ${format}, ${name}: its answer ${read.why}`)
    answers.set(name, [...(answers.get(name) ?? []), { adapter, format, answer: read.answer }])
  }
})

function each(name: string, but: readonly Adapter[] = []): readonly Reading[] {
  return (answers.get(name) ?? []).filter(({ adapter }) => !but.includes(adapter))
}

const json = ({ answer }: Reading) => JSON.parse(answer.body.toString('utf8'))
const label = ({ adapter, format }: Reading): string => `${adapter} ${format}`

t.test('who signed in is REMOTE_USER where the adapter sets it, and nobody is nobody', async (t) => {
  t.equal(each('who').length, readings.length)
  for (const reading of each('who')) {
    const { adapter, answer } = reading
    t.equal(answer.head.statusCode, 200, label(reading))
    if (adapter === 'serverless-wsgi' || adapter === 'Zappa')
      t.equal(json(reading).user, 'ada@example.com', label(reading))
    else if (adapter === 'Mangum')
      t.match(json(reading).authorizer, { principalId: 'ada@example.com' }, label(reading))
    else t.equal(json(reading).user, null, `${label(reading)} takes it from no event`)
  }
  for (const reading of each('nobody')) {
    const told = json(reading)
    t.notOk(told.user, label(reading))
    t.equal(told.authorizer ?? null, null, label(reading))
  }
})

t.test('the client’s address, links and the scheme are those that browsers know', async (t) => {
  for (const reading of each('who', ['Mangum'])) t.equal(json(reading).address, '203.0.113.9', label(reading))
  for (const reading of each('rich', ['Mangum', 'aws-wsgi'])) {
    const { link, scheme, local } = json(reading)
    t.equal(link, 'https://wiki.example.com/echo/%C3%A4%20b/%C3%B6', label(reading))
    t.same([scheme, local], ['https', '/who'], label(reading))
  }
  for (const reading of each('rich').filter(({ adapter }) => adapter === 'Mangum'))
    t.match(json(reading), { scheme: 'https', server: ['wiki.example.com', 443], client: ['203.0.113.9', 0] })
})

t.test('path, query, headers, cookies and body arrive', async (t) => {
  for (const reading of each('rich', ['Mangum'])) {
    const { adapter, format } = reading
    const told = json(reading)
    const decodes = adapter !== 'aws-wsgi'
    t.equal(told.rest, decodes ? 'ä b/c' : '%C3%A4%20b/c', `${label(reading)}: aws-wsgi decodes no path`)
    const many = [
      ['q', '1'],
      ['q', '2'],
      ['na me', 'x+y'],
      ['empty', ''],
    ]
    t.same(told.query, decodes ? many : many.slice(1), `${label(reading)}: aws-wsgi has one of a name`)
    t.same(told.cookies, { a: '1', b: 'two' }, label(reading))
    t.equal(Buffer.from(told.body, 'latin1').toString(), 'größer', label(reading))
    const header = (name: string) => told.headers.find(([key]: [string]) => key === name)?.[1]
    t.equal(header('Content-Type'), 'text/plain', label(reading))
    t.equal(header('Content-Length'), '8', label(reading))
    t.match(
      header('X-Many'),
      format === '1.0' && adapter === 'aws-wsgi' ? /two$/ : /one.*two|two/,
      label(reading),
    )
  }
  for (const reading of each('rich').filter(({ adapter }) => adapter === 'Mangum')) {
    const told = json(reading)
    t.equal(told.path, '/echo/ä b/c', label(reading))
    t.match(told.headers, [['host', 'wiki.example.com']])
    t.equal(Buffer.from(told.body, 'latin1').toString(), 'größer', label(reading))
    t.equal(new Map(told.headers).get('cookie'), 'a=1; b=two', label(reading))
    t.same(
      [...new URLSearchParams(told.query_string)],
      [
        ['q', '1'],
        ['q', '2'],
        ['na me', 'x+y'],
        ['empty', ''],
      ],
    )
  }
  for (const reading of each('binary')) t.equal(json(reading).body, '\0\xff\n\r', label(reading))
})

t.test('binary answers, several cookies and statuses come back', async (t) => {
  const pixel = Buffer.from([...Array(256).keys(), 0xff, 0xd8, 0x00, 0x0d, 0x0a])
  for (const reading of each('picture', ['Mangum'])) t.same(reading.answer.body, pixel, label(reading))
  for (const reading of each('cookies')) {
    const { headers } = reading.answer.head
    const cookies = headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === 'set-cookie')
    const count = { Mangum: 2, 'aws-wsgi': 1 }[reading.adapter as string] ?? 3
    t.equal(new Set(cookies).size, count, `${label(reading)}: ${cookies}`)
    t.equal(cookies.length, count, label(reading))
  }
  for (const reading of each('missing', ['Mangum']))
    t.equal(reading.answer.head.statusCode, 404, label(reading))
})

t.test('no client reaches what adapters obey besides requests', async (t) => {
  const commands =
    '{"_serverless-wsgi":{"command":"exec","data":"1"},"raw_command":"1","command":"a.b","manage":"x"}'
  const attempt = {
    method: 'POST',
    path: `/?_serverless-wsgi=1&raw_command=1&stageVariables[PATH]=x&source=aws.events#x`,
    headers: [
      ...ours,
      '_serverless-wsgi',
      commands,
      'raw_command',
      '1',
      'source',
      'aws.events',
      'type',
      'TOKEN',
    ],
    body: Buffer.from(commands),
  }
  const top = {
    '1.0': [
      ...[
        'version',
        'resource',
        'path',
        'httpMethod',
        'headers',
        'multiValueHeaders',
        'queryStringParameters',
      ],
      ...['multiValueQueryStringParameters', 'requestContext', 'pathParameters', 'stageVariables', 'body'],
      'isBase64Encoded',
    ],
    '2.0': [
      ...['version', 'routeKey', 'rawPath', 'rawQueryString', 'headers', 'queryStringParameters'],
      ...['requestContext', 'body', 'isBase64Encoded'],
    ],
  }
  for (const format of ['1.0', '2.0'] as const)
    t.same(Object.keys(Object(eventOf(format, attempt))).sort(), [...top[format]].sort(), format)
})
