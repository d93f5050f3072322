// What reaches an app on AWS, and what does not: bodies that are held, by whom and how many; queries, headers, and how much
// of them. Clients and upstream are held by the test; each client has an address, so that networks can be many.
import t, { type Test } from 'tap'
import type { UpstreamRequest } from '../../../src/core/ports.ts'
import { type HeldApp, openHeldApp } from '../../support/held-app.ts'
import { connectTo, settled } from '../../support/held-connection.ts'

const KiB = 1024

interface Written {
  readonly held?: string
  readonly longest?: string
  readonly app?: string
}

const yaml = ({ held = '8KiB', longest = '1KiB', app = '' }: Written = {}) => `
aws: { held_bodies: ${held} }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
providers:
  acme: { issuer: "https://op.example", client_id: c, client_secret: s }
apps:
  wiki:
    url: https://wiki.example
    upstream: { url: "https://abc.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }
    max_body: ${longest}
    timeouts: { body: { grace: 5s, min_rate: 100 } }
    require: signed_in
    locations:
      - { path: /open, require: anyone }
      - { path: /dav, require: anyone, methods: [MOVE] }
${app}
  plain:
    url: https://plain.example
    upstream: http://10.0.0.5
    require: anyone
`

const open = (t: Test, written?: Written) => openHeldApp(t, yaml(written))

interface Sent {
  readonly target?: string
  readonly method?: string
  readonly headers?: readonly string[]
  readonly length?: number
}

function bytesOf({ target = '/open', method = 'POST', headers = [], length }: Sent = {}): string {
  const framing = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  return [`${method} ${target} HTTP/1.1`, 'Host: wiki.example', framing, ...headers, '', ''].join('\r\n')
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const last = '0\r\n\r\n'
const statusOf = (text: string) => text.match(/^HTTP\/1\.1 (\d+)/)?.[1]
const reasonOf = (text: string) => JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)).reason

/** A client of its own network; it sends what it is told to, and stays. */
async function client(held: HeldApp, peer: string, bytes: string) {
  const connection = connectTo(held.app.server, peer)
  connection.write(bytes)
  await settled()
  return connection
}

const bodyOf = (request: UpstreamRequest | undefined) =>
  Buffer.isBuffer(request?.body) ? request.body.toString('latin1') : request?.body

const answer = async (held: HeldApp, at: number) => {
  held.sent[at]?.sink.head({ statusCode: 200, reasonPhrase: 'OK', headers: ['Content-Length', '2'] })
  held.sent[at]?.sink.data(Buffer.from('ok'))
  held.sent[at]?.sink.end()
  await settled()
}

t.test(
  'a body is sent when its last byte is there, in one piece, and held until the answer is',
  async (t) => {
    for (const [first, rest] of [
      [bytesOf({ length: 6 }), ['abc', 'def']],
      [bytesOf(), [chunk('abc'), chunk('def'), last]],
      [bytesOf(), [...[...'abcdef'].map(chunk), last]],
    ] as const) {
      const held = await open(t)
      const { heldBytes } = held.runtime
      const connection = await client(held, '192.0.2.1', first)
      t.equal(heldBytes.bytes(), 0, 'nothing is held for what is announced')
      for (const piece of rest) {
        t.same(held.sent, [])
        connection.write(piece)
        await settled()
      }
      t.equal(bodyOf(held.sent[0]?.request), 'abcdef')
      t.equal(heldBytes.bytes(), 6)
      await answer(held, 0)
      t.equal(statusOf(connection.text()), '200')
      t.equal(heldBytes.bytes(), 0)
      t.equal(heldBytes.networks(), 0)
      connection.destroy()
    }
  },
)

t.test('no body is held at an app that takes it as it comes, nor where there is none', async (t) => {
  const held = await open(t)
  const bytes = bytesOf({ length: 6 }).replace('wiki.example', 'plain.example')
  await client(held, '192.0.2.1', `${bytes}abc`)
  t.equal(held.sent.length, 1, 'sent before it is there')
  await client(held, '192.0.2.1', bytesOf({ length: 0 }))
  await client(held, '192.0.2.1', `${bytesOf()}${last}`)
  t.same(
    held.sent.slice(1).map(({ request }) => request.body),
    [null, null],
  )
  t.equal(held.runtime.heldBytes.bytes(), 0)
})

t.test('nothing is held of who is not let in', async (t) => {
  const held = await open(t)
  const connection = await client(
    held,
    '192.0.2.1',
    `${bytesOf({ target: '/in', length: 900 })}${'x'.repeat(500)}`,
  )
  t.equal(statusOf(connection.text()), '401')
  t.equal(held.runtime.heldBytes.bytes(), 0)
  t.equal(held.dropped.length, 1, 'what still comes is dropped')
})

t.test('one network drips bodies, and keeps nobody else out', async (t) => {
  const held = await open(t)
  const { heldBytes } = held.runtime
  for (let i = 0; i < 20; i++)
    await client(held, '192.0.2.1', `${bytesOf({ length: 400 })}${'x'.repeat(300)}`)
  t.equal(heldBytes.bytes(), 900, 'three bodies of it; the fourth would be beyond an eighth of 8 KiB')
  const more = await client(held, '192.0.2.1', `${bytesOf({ length: 10 })}x`)
  t.equal(statusOf(more.text()), undefined, 'a small one has room still')
  const large = await client(held, '192.0.2.1', bytesOf({ length: 400 }))
  t.equal(statusOf(large.text()), '503')
  t.equal(reasonOf(large.text()), 'held-bodies-full')
  t.match(large.text(), /\r\nRetry-After: 5\r\n/i)
  t.match(large.text(), /\r\nConnection: close\r\n/i)
  t.equal(held.dropped.at(-1)?.network.key, '192.0.2.1', 'what still comes is dropped for a while')
  t.match(
    held.lines.find(({ request_id, event }) => event === 'upstream.failed' && request_id !== undefined),
    {
      code: 'HELD_BODIES_FULL',
      error: /held are 900 bytes of 1024 for its client network, and 900 of 8192 in all$/,
    },
  )
  const other = await client(held, '192.0.2.2', `${bytesOf({ length: 1024 })}${'y'.repeat(1024)}`)
  t.equal(held.sent.length, 1)
  await answer(held, 0)
  t.equal(statusOf(other.text()), '200')
})

t.test('a flood of networks takes what there is; who comes then is told to come again', async (t) => {
  const held = await open(t)
  const { heldBytes } = held.runtime
  const flood = []
  for (let i = 1; i <= 12; i++)
    flood.push(await client(held, `192.0.2.${i}`, `${bytesOf({ length: 1024 })}${'x'.repeat(1023)}`))
  t.equal(heldBytes.bytes(), 8 * 1023, 'never more than there is')
  const late = await client(held, '198.51.100.1', bytesOf({ length: 1000 }))
  t.equal(statusOf(late.text()), '503')
  const chunked = await client(held, '198.51.100.2', `${bytesOf()}${chunk('z'.repeat(100))}`)
  t.equal(statusOf(chunked.text()), '503', 'as soon as what came is too much')
  t.equal(heldBytes.bytes(), 8 * 1023)
  for (const one of flood) one.destroy()
  await settled()
  t.equal(heldBytes.bytes(), 0)
  const again = await client(held, '198.51.100.1', `${bytesOf({ length: 3 })}abc`)
  t.equal(bodyOf(held.sent[0]?.request), 'abc')
  again.destroy()
})

t.test('whatever ends an exchange gives back what it held, once', async (t) => {
  const held = await open(t)
  const { heldBytes } = held.runtime
  const whole = `${bytesOf({ length: 4 })}body`
  const gone = await client(held, '192.0.2.1', `${bytesOf({ length: 9 })}half`)
  t.equal(heldBytes.bytes(), 4)
  gone.destroy()
  await settled()
  t.equal(heldBytes.bytes(), 0, 'the client went away before its last byte')
  const left = await client(held, '192.0.2.1', whole)
  t.equal(heldBytes.bytes(), 4)
  left.destroy()
  await settled()
  t.same(held.sent[0]?.done, ['cancel'])
  t.equal(heldBytes.bytes(), 0, 'and while the app thinks')
  const failed = await client(held, '192.0.2.1', whole)
  held.sent[1]?.sink.failed(new Error('broke off'))
  await settled()
  t.equal(statusOf(failed.text()), '500')
  t.equal(heldBytes.bytes(), 0, 'the app fails')
  const slow = await client(held, '192.0.2.1', whole)
  held.sent[2]?.sink.head({ statusCode: 200, reasonPhrase: 'OK', headers: [] })
  held.sent[2]?.sink.data(Buffer.from('a'))
  await settled()
  t.equal(heldBytes.bytes(), 4, 'held while the answer comes')
  held.sent[2]?.sink.end()
  await settled()
  t.equal(heldBytes.bytes(), 0)
  slow.destroy()
  const long = await client(
    held,
    '192.0.2.1',
    `${bytesOf()}${chunk('x'.repeat(600))}${chunk('x'.repeat(600))}`,
  )
  t.equal(statusOf(long.text()), '413')
  await settled()
  t.equal(heldBytes.bytes(), 0, 'longer than it may be')
  t.equal(heldBytes.networks(), 0)
})

t.test('a reload with less room takes nothing away, and lets in what fits', async (t) => {
  const held = await open(t)
  const { heldBytes, gateway } = held.runtime
  const before = await client(held, '192.0.2.1', `${bytesOf({ length: 1000 })}${'x'.repeat(999)}`)
  held.editions.swap({ ...held.runtime, gateway: { ...gateway, heldBodyBytes: 1024 } })
  const other = await client(held, '192.0.2.2', bytesOf({ length: 100 }))
  t.equal(statusOf(other.text()), '503', 'all that there is is taken')
  before.write('x')
  await settled()
  t.equal(held.sent.length, 1, 'by one that goes on')
  await answer(held, 0)
  t.equal(heldBytes.bytes(), 0)
  await client(held, '192.0.2.2', `${bytesOf({ length: 2 })}ok`)
  t.equal(held.sent.length, 2)
})

t.test('a client that waits to be asked is asked where there is room, and else keeps its body', async (t) => {
  const held = await open(t)
  const headers = ['Expect: 100-continue']
  const asked = await client(held, '192.0.2.1', bytesOf({ length: 3, headers }))
  t.equal(asked.text(), 'HTTP/1.1 100 Continue\r\n\r\n')
  asked.write('abc')
  await settled()
  t.equal(bodyOf(held.sent[0]?.request), 'abc')
  await answer(held, 0)
  const full = await client(held, '192.0.2.1', `${bytesOf({ length: 1022 })}${'x'.repeat(1021)}`)
  const refused = await client(held, '192.0.2.1', bytesOf({ length: 900, headers }))
  t.equal(statusOf(refused.text()), '503', 'and never 100')
  t.equal(reasonOf(refused.text()), 'held-bodies-full')
  const inChunks = await client(held, '192.0.2.1', bytesOf({ headers }))
  t.match(inChunks.text(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/, 'three bytes are free')
  inChunks.write(chunk('abc'))
  await settled()
  const second = await client(held, '192.0.2.1', bytesOf({ headers }))
  t.equal(statusOf(second.text()), '503', 'of what says no length neither, where nothing is free')
  const unasked = await client(held, '192.0.2.1', bytesOf())
  t.equal(statusOf(unasked.text()), '503', 'nor is it read of who does not wait')
  t.match((await client(held, '192.0.2.2', bytesOf({ headers }))).text(), / 100 Continue/, 'others are asked')
  t.same(held.runtime.heldBytes.refusals(), { network: 3, all: 0 })
  inChunks.destroy()
  full.destroy()
  const plain = bytesOf({ length: 3, headers }).replace('wiki.example', 'plain.example')
  t.match((await client(held, '192.0.2.1', plain)).text(), /^HTTP\/1\.1 100 Continue\r\n\r\n/, 'as before')
})

t.test('queries that no two readers take for the same end before anybody signs in', async (t) => {
  const held = await open(t)
  for (const [target, status, reason] of [
    ['/in?X-Amz-Date=20261129T000000Z', '400', 'query-reserved'],
    ['/open?a=1&x%2Damz-signature=x', '400', 'query-reserved'],
    ['/open?a=%FF', '400', 'query-undecodable'],
    ['/in?a=%', '400', 'query-undecodable'],
    ['/in?a=%41', '401', 'no-session'],
  ] as const) {
    const text = await held.ask(bytesOf({ target, method: 'GET', length: 0 }))
    t.equal(statusOf(text), status, target)
    t.equal(reasonOf(text), reason)
  }
  t.same(held.sent, [])
  await held.ask(bytesOf({ target: '/open?b+c=%7e&&d', method: 'GET', length: 0 }))
  t.equal(held.sent[0]?.request.path, '/prod/open?b%20c=~&d=')
  const preflight = ['Origin: https://other.example', 'Access-Control-Request-Method: PUT']
  const cors = bytesOf({ target: '/open?X-Amz-Date=1', method: 'OPTIONS', length: 0, headers: preflight })
  t.equal(reasonOf(await held.ask(cors)), 'query-reserved')
  const copy = ['Destination: https://wiki.example/dav/to?X-Amz-Date=1']
  const moved = await held.ask(bytesOf({ target: '/dav/from', method: 'MOVE', length: 0, headers: copy }))
  t.equal(reasonOf(moved), 'destination-invalid')
  t.equal(held.sent.length, 1)
})

t.test('headers that AWS reads come from nobody else, in no way', async (t) => {
  const held = await open(t)
  const headers = [
    ...['Authorization: AWS4-HMAC-SHA256 Credential=evil', 'Date: Thu, 01 Jan 1970 00:00:00 GMT'],
    ...['X-Amz-Date: 19700101T000000Z', 'x_amz_security_token: evil', 'X-Amzn-Oidc-Data: evil'],
    ...['X-Apigw-Api-Id: evil', 'X-Amzn-Trace-Id: Root=1-x', 'Connection: X-Amz-Date, Host, X-Forwarded-For'],
  ]
  await held.ask(bytesOf({ method: 'GET', length: 0, headers }))
  const sent = held.sent[0]?.request.headers ?? []
  const names = sent.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
  t.notMatch(sent.join('\n'), /evil|1970/)
  t.same(
    names.filter((name) => /amz|apigw|^date|authorization/.test(name)),
    ['x-amzn-trace-id'],
  )
  t.ok(names.includes('host') && names.includes('x-forwarded-for'))
})

t.test('more headers than API Gateway takes are refused here, by whose they are', async (t) => {
  const held = await open(t)
  const cookie = await held.signIn('wiki.example')
  const ask = (headers: readonly string[], target = '/open') =>
    held.ask(bytesOf({ target, method: 'GET', length: 0, headers }))
  const long = await ask([`X-Long: ${'v'.repeat(10_200)}`])
  t.equal(statusOf(long), '431')
  t.equal(reasonOf(long), 'headers-too-large')
  t.match(held.lines.at(-1), {
    decision: 'reject',
    reason: 'headers-too-large',
    status: 431,
    detail: /the client’s 102\d\d .* API Gateway takes 10240/,
  })
  t.same(held.sent, [])
  await ask([`X-Long: ${'v'.repeat(4_000)}`])
  t.equal(held.sent.length, 1, 'what fits goes, all of it')
  t.ok(held.sent[0]?.request.headers.includes('v'.repeat(4_000)))
  const groups = Array.from({ length: 400 }, (_, i) => `group-${i}-of-many`)
  const many = await held.signIn('wiki.example', { groups })
  const refused = await ask([`Cookie: ${many}`], '/in')
  t.equal(statusOf(refused), '403')
  t.equal(reasonOf(refused), 'identity-unsendable')
  t.match(held.lines.at(-1), { decision: 'deny', reason: 'identity-unsendable', detail: /5120 at most/ })
  await ask([`Cookie: ${cookie}`], '/in')
  t.equal(held.sent.length, 2)
})

t.test('what was held is counted as it came, also in ten thousand pieces', async (t) => {
  const held = await open(t, { held: '1MiB', longest: '100KiB' })
  const { heldBytes } = held.runtime
  const connection = await client(held, '192.0.2.1', bytesOf())
  for (let i = 0; i < 10; i++) {
    connection.write(chunk('x').repeat(1_000))
    await settled()
  }
  t.equal(heldBytes.bytes(), 10_000)
  connection.write(last)
  await settled()
  t.equal(bodyOf(held.sent[0]?.request), 'x'.repeat(10_000))
  t.ok(heldBytes.bytes() < 100 * KiB)
})
