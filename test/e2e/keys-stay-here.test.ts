// What is ours reaches no app: at no location, in no spelling. The app keeps every byte that reaches it.
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { encodeApiKey } from '../../src/core/keys/api-key-record.ts'
import { formatKeyId } from '../../src/core/keys/key-form.ts'
import { inventKey } from '../support/api-keys.ts'
import { cookieLine, fire, type Shot } from '../support/attack.ts'
import { signedIn, startFront } from '../support/front.ts'
import { portOf } from '../support/ports.ts'

const bytes: Buffer[] = []
const open = new Set<Socket>()
/** Answers each request with 200 and keeps all that came: no HTTP reader stands between it and the gateway. */
const app = createServer((socket) => {
  open.add(socket)
  socket.on('close', () => open.delete(socket))
  socket.on('error', () => {})
  socket.on('data', (piece) => {
    bytes.push(piece)
    if (piece.includes('\r\n\r\n'))
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
  })
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const upstream = `http://127.0.0.1:${portOf(app)}`

const invented = inventKey({
  ...{ id: 'Ab3dEf6hIj9kLm2n', name: 'key of shop', owner: { kind: 'operator', user: 'shop' } },
  claims: { plan: 'paid' },
})
const key = {
  secret: invented.secret,
  text: invented.whole,
  pair: `${formatKeyId(invented.record)}:${invented.secret}`,
}
const front = await startFront({
  top: `
api_keys:
  keys: ['${encodeApiKey(invented.record)}']
`,
  app: (port) => `
    require: signed_in
  old:
    url: http://localhost:${port}/old
    upstream: ${upstream}
    require: signed_in
    websocket: true
    locations:
      - { path: /old/anyone, require: anyone }
      - { path: /old/maybe, require: maybe_signed_in }
      - { path: /old/preflight, require: anyone, cors_preflight: pass }
      - { path: /old/open, require: anyone, websocket: true }
      - { path: /old/passing, require: anyone, upstream_authorization: pass }
  api:
    url: http://localhost:${port}/api
    upstream: ${upstream}
    require: signed_in
    credentials: [api_key]
    identity_headers: { X-By: credential, X-Key-Id: key_id, X-Key-Name: key_name, X-User: user }
    locations:
      - { path: /api/passing, require: signed_in, upstream_authorization: pass }
      - { path: /api/anyone, require: anyone }
      - { path: /api/both, require: signed_in, credentials: [session, api_key] }
      - { path: /api/maybe, require: maybe_signed_in, cache: upstream }
`,
})
t.teardown(async () => {
  await front.close()
  app.close()
  for (const socket of open) socket.destroy()
})
const alice = cookieLine(front, await signedIn(front, 'alice'))

const basic = (pair: string) => Buffer.from(pair).toString('base64')
const half = key.text.slice(0, 40)
const lines: readonly string[] = [
  `Authorization: Bearer ${key.text}`,
  `authorization: bearer ${key.text}`,
  `AUTHORIZATION:BEARER  ${key.text}`,
  `Authorization: Bearer\t${key.text}`,
  `Authorization: ${key.text}`,
  `Authorization: Token ${key.text}`,
  `Authorization: ApiKey token="${key.text}"`,
  `Authorization: Bearer "${key.text}"`,
  `Authorization: Bearer other, Bearer ${key.text}`,
  `Authorization: Bearer ${half}`,
  `Authorization: Bearer ${key.text}x`,
  `Authorization: Bearer ${key.text.replace('cg_', 'CG_')}`,
  'Authorization: Bearer cgt_short-token-of-ours',
  `Authorization: Basic ${basic(key.pair)}`,
  `authorization: basic ${basic(key.pair).replaceAll('=', '')}`,
  `Authorization: Basic\t${basic(key.pair)}`,
  `Authorization: Basic ${basic(`cg_mistyped:${key.secret}`)}`,
  `Authorization: Basic ${basic(`git:${key.text}`)}`,
  `Authorization: Basic ${basic(`${key.text}:`)}`,
  `X-Api-Key: ${key.text}`,
  `x-api-key: ${key.text}`,
  `X-API-KEY: Bearer ${key.text}`,
  `X-Api-Key: other, ${key.text}`,
  `X_Api_Key: ${key.text}`,
  `X-Api-Key: ${half}`,
  'X-Api-Key: cgt_short-token-of-ours',
  `Proxy-Authorization: Bearer ${key.text}`,
]
/** Any piece of these in what the app received would be ours. */
const ours = [key.secret.slice(0, 20), 'cgt_', ...lines.flatMap((line) => encodedIn(line))]

function encodedIn(line: string): readonly string[] {
  const [, encoded] = /basic\s+(\S+)/i.exec(line) ?? []
  return encoded === undefined ? [] : [encoded.slice(4, 24)]
}

/** What reached the app by this, as latin-1. */
async function receivedBy(shot: Shot): Promise<{ readonly status: number; readonly text: string }> {
  const before = bytes.length
  const { status } = await fire(front, shot)
  return { status, text: Buffer.concat(bytes.slice(before)).toString('latin1') }
}

const handshake = [
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
const asked = ['Origin: https://a.example', 'Access-Control-Request-Method: GET']
const places: readonly (Shot & { readonly reaches: boolean })[] = [
  { target: '/old/x', headers: [alice], reaches: true },
  { target: '/old/anyone', reaches: true },
  { target: '/old/anyone', method: 'POST', headers: ['Content-Length: 2'], body: 'hi', reaches: true },
  { target: '/old/maybe', reaches: true },
  { target: '/old/maybe', headers: [alice], reaches: true },
  { target: '/old/passing', reaches: true },
  { target: '/old/preflight', method: 'OPTIONS', headers: asked, reaches: true },
  { target: '/old/x', reaches: false },
  { target: '/api/anyone', reaches: true },
]

t.test('a key in every spelling, at a location that accepts none: no app sees a byte of it', async (t) => {
  for (const line of lines)
    for (const { reaches, ...shot } of places) {
      const name = `${line} at ${shot.method ?? 'GET'} ${shot.target}`
      const { text } = await receivedBy({ ...shot, headers: [...(shot.headers ?? []), line] })
      t.equal(text !== '', reaches, name)
      for (const piece of ours) if (text.includes(piece)) t.fail(`${name}: ${text}`)
    }
})

t.test('the same in a handshake', async (t) => {
  for (const line of lines) {
    const shot: Shot = {
      ...{ target: '/old/open', bare: true },
      headers: [`Host: localhost:${front.gateway.port}`, 'Connection: Upgrade', ...handshake, line],
    }
    const { text } = await receivedBy(shot)
    t.match(text, /upgrade: websocket/i, line)
    for (const piece of ours) if (text.includes(piece)) t.fail(`${line}: ${text}`)
  }
})

t.test('of doubled headers each line is looked at, and what is the app’s own passes', async (t) => {
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':'))
    const { text } = await receivedBy({
      target: '/old/anyone',
      headers: [`Authorization: Bearer of-the-app`, line, `${name}: ${key.text}`, 'X-Api-Key: of-the-app'],
    })
    t.match(text, /authorization: bearer of-the-app\r\n/i, line)
    t.match(text, /x-api-key: of-the-app\r\n/i, line)
    for (const piece of ours) if (text.includes(piece)) t.fail(`${line}: ${text}`)
  }
})

t.test('trailers of a body carry none either', async (t) => {
  const { text } = await receivedBy({
    ...{ method: 'POST', target: '/old/anyone' },
    headers: ['Transfer-Encoding: chunked', 'Trailer: Authorization'],
    body: `2\r\nhi\r\n0\r\nAuthorization: Bearer ${key.text}\r\nX-Api-Key: ${key.text}\r\n\r\n`,
  })
  t.not(text, '')
  for (const piece of ours) t.notMatch(text, piece)
})

t.test('where keys count the app is told whose it is, and never the key', async (t) => {
  const good = [
    `Authorization: Bearer ${key.text}`,
    `Authorization: Basic ${basic(key.pair)}`,
    `X-Api-Key: ${key.text}`,
  ]
  for (const target of ['/api/x', '/api/passing', '/api/both', '/api/maybe'])
    for (const line of good) {
      const forged = ['X-By: session', 'X-Key-Id: root', 'x_key_id: root', 'X-Key-Name: root']
      const { status, text } = await receivedBy({ target, headers: [line, alice, ...forged] })
      t.equal(status, 200, `${line} at ${target}`)
      const told = text.split('\r\n').filter((header) => /^x[-_](?:by|key|user)/i.test(header))
      t.same(told.sort(), [
        'X-By: api_key',
        'X-Key-Id: Ab3dEf6hIj9kLm2n',
        'X-Key-Name: key of shop',
        'X-User: key:shop',
      ])
      t.notMatch(text, /authorization/i)
      for (const piece of ours) if (text.includes(piece)) t.fail(`${line} at ${target}: ${text}`)
    }
  for (const line of lines.filter((one) => !one.startsWith('Proxy-') && !one.startsWith('X_'))) {
    const { text } = await receivedBy({ target: '/api/both', headers: [alice, line] })
    for (const piece of ours) if (text.includes(piece)) t.fail(`${line}: ${text}`)
  }
})

t.test('a person’s own is told as that', async (t) => {
  const { text } = await receivedBy({ target: '/api/both', headers: [alice, 'X-Key-Id: root'] })
  t.match(text, 'X-By: session\r\n')
  t.notMatch(text, /x-key/i)
})

t.test('what a key made is private, also where the app says who may keep it', async (t) => {
  const keyed = [`X-Api-Key: ${key.text}`]
  const answer = await fire(front, { target: '/api/maybe', headers: keyed })
  t.same(answer.values('cache-control'), ['private'])
  t.same(answer.values('vary'), ['Authorization, X-Api-Key'])
  t.same(
    (await fire(front, { target: '/api/maybe' })).values('cache-control'),
    [],
    'nobody’s is the app’s word',
  )
  const both = await fire(front, { target: '/api/both', headers: [alice] })
  t.same(both.values('vary'), ['Cookie, Authorization, X-Api-Key'])
})
