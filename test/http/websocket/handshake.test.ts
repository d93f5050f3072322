// What is a handshake, and what of it two ends may agree on: as tables.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import t from 'tap'
import type { Location } from '../../../src/core/gateway.ts'
import type { Cors } from '../../../src/core/headers/cors.ts'
import { limits } from '../../../src/core/limits/table.ts'
import {
  asksForWebSocket,
  asProgram,
  type Handshake,
  negotiated,
  originMayConnect,
  passWebSockets,
  readHandshake,
} from '../../../src/http/websocket/handshake.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const usual = { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key }

const request = (headers: IncomingHttpHeaders = {}, more: Partial<IncomingMessage> = {}): IncomingMessage =>
  ({
    method: 'GET',
    url: '/ws',
    httpVersion: '1.1',
    headers: { ...usual, ...headers },
    ...more,
  }) as IncomingMessage

t.test('a request that asks for WebSocket alone', async (t) => {
  for (const [upgrade, asks] of [
    ['websocket', true],
    ['WebSocket', true],
    ['websocket, h2c', false],
    ['h2c', false],
    [undefined, false],
  ] as const) {
    t.equal(asksForWebSocket(request({ upgrade })), asks, String(upgrade))
  }
})

t.test('a handshake is read, with what it offers in order', async (t) => {
  t.same(readHandshake(request()), { ok: true, handshake: { key, protocols: [], extensions: null } })
  t.same(
    readHandshake(
      request({ 'sec-websocket-protocol': ' chat ,bearer.x', 'sec-websocket-extensions': 'a; b=1, c' }),
    ),
    { ok: true, handshake: { key, protocols: ['chat', 'bearer.x'], extensions: 'a; b=1, c' } },
  )
})

t.test('what is almost one is refused', async (t) => {
  const invalid = [400, 'websocket-invalid'] as const
  const rows: readonly (readonly [string, IncomingMessage, readonly [number, string] | null])[] = [
    ['another upgrade', request({ upgrade: 'h2c' }), [400, 'upgrade-unknown']],
    ['a POST', request({}, { method: 'POST' }), invalid],
    ['HTTP/1.0', request({}, { httpVersion: '1.0' }), invalid],
    ['chunks', request({ 'transfer-encoding': 'chunked' }), invalid],
    ['a length', request({ 'content-length': '1' }), invalid],
    ['no length', request({ 'content-length': '0' }), null],
    ['another version', request({ 'sec-websocket-version': '8' }), [426, 'websocket-invalid']],
    ['no version', request({ 'sec-websocket-version': undefined }), [426, 'websocket-invalid']],
    ['no key', request({ 'sec-websocket-key': undefined }), invalid],
    ['a short key', request({ 'sec-websocket-key': 'c2hvcnQ=' }), invalid],
    ['a key with more', request({ 'sec-websocket-key': `${key}, ${key}` }), invalid],
    ['a key with something before it', request({ 'sec-websocket-key': `x${key}` }), invalid],
    ['a protocol twice', request({ 'sec-websocket-protocol': 'a, a' }), invalid],
    ['a protocol that is no token', request({ 'sec-websocket-protocol': 'a b' }), invalid],
    ['one of two that is none', request({ 'sec-websocket-protocol': 'a, b/c' }), invalid],
    ['an empty one', request({ 'sec-websocket-protocol': 'a,,b' }), invalid],
    ['an empty line', request({ 'sec-websocket-protocol': '' }), null],
    [
      'as many extensions as may be',
      request({ 'sec-websocket-extensions': 'x'.repeat(limits.webSocketOfferBytes) }),
      null,
    ],
    [
      'one byte more',
      request({ 'sec-websocket-extensions': 'x'.repeat(limits.webSocketOfferBytes + 1) }),
      invalid,
    ],
  ]
  for (const [name, asked, refusal] of rows) {
    const reading = readHandshake(asked)
    t.ok(reading, name)
    t.same(reading.ok ? null : [reading.status, reading.reason], refusal, name)
  }
})

t.test('which pages may open one', async (t) => {
  const location = (kind: string, websocketOrigins: readonly string[] | null): Location =>
    ({ access: { kind }, forwarding: { websocketOrigins } }) as unknown as Location
  const key = { credential: 'api_key' } as const
  const [page, other] = ['https://page.example', 'https://other.example']
  t.equal(originMayConnect([location('rule', [page])], page, null), true)
  t.equal(originMayConnect([location('rule', [page])], other, null), false)
  t.equal(originMayConnect([location('anyone', [page])], other, null), false)
  t.equal(originMayConnect([location('anyone', null)], page, null), false)
  t.ok(
    originMayConnect([location('anyone', [page])], undefined, null),
    'a program where nobody’s session is used',
  )
  t.equal(originMayConnect([location('rule', [page])], undefined, null), false)
  t.equal(originMayConnect([location('rule', [page])], undefined, key), true, 'a program with a key')
  t.equal(originMayConnect([location('rule', [page])], other, key), false, 'a page is judged all the same')
  const both = [location('anyone', [page, other]), location('rule', [page])]
  t.equal(originMayConnect(both, page, null), true)
  t.equal(originMayConnect(both, other, null), false, 'by every reading of the path')
  t.equal(originMayConnect(both, undefined, null), false)
  t.equal(passWebSockets(both), true)
  t.equal(passWebSockets([location('rule', [page]), location('rule', null)]), false)
  t.equal(passWebSockets([]), false)
})

t.test('a page with the token of a widget may open one where `cors` lets it call', async (t) => {
  const location = (cors: Cors, websocketOrigins: readonly string[] | null): Location =>
    ({ access: { kind: 'rule' }, forwarding: { cors, websocketOrigins } }) as unknown as Location
  const [page, other] = ['https://page.example', 'https://other.example']
  const widget = { credential: 'widget' } as const
  const opens = (
    cors: Cors,
    by: Parameters<typeof originMayConnect>[2],
    own: readonly string[] | null = [],
  ) => originMayConnect([location(cors, own)], page, by)
  t.ok(opens({ kind: 'keys' }, widget))
  t.ok(opens({ kind: 'origins', origins: [page] }, widget))
  t.ok(opens({ kind: 'deny' }, widget, [page]))
  t.notOk(opens({ kind: 'deny' }, widget))
  t.notOk(opens({ kind: 'origins', origins: [other] }, widget))
  t.notOk(opens({ kind: 'keys' }, widget, null), 'WebSockets are not passed on')
  t.notOk(opens({ kind: 'keys' }, { credential: 'api_key' }), 'a key says nothing of its page')
  t.notOk(opens({ kind: 'keys' }, null))
})

t.test('it is judged as a program’s, whatever the client says of itself', async (t) => {
  const headers = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const rawHeaders = ['Accept', 'text/html']
  const socket = {} as IncomingMessage['socket']
  t.same(asProgram(request(headers, { rawHeaders, socket })), {
    method: 'GET',
    url: '/ws',
    httpVersion: '1.1',
    headers: { ...usual, accept: 'text/html', 'sec-fetch-mode': 'websocket', 'sec-fetch-dest': 'websocket' },
    rawHeaders,
    socket,
  })
})

t.test('what the app chose must have been offered', async (t) => {
  const offered: Handshake = { key, protocols: ['chat', 'other'], extensions: 'deflate; x=1, second' }
  const rows: readonly (readonly [string, readonly string[], ReturnType<typeof negotiated>])[] = [
    ['nothing', ['X-App', 'sec-websocket-protocol', 'X-Other', 'x'], { protocol: null, extensions: null }],
    ['a protocol', ['SEC-WebSocket-Protocol', 'chat'], { protocol: 'chat', extensions: null }],
    ['another one', ['Sec-WebSocket-Protocol', 'third'], null],
    ['two of them', ['Sec-WebSocket-Protocol', 'chat', 'Sec-WebSocket-Protocol', 'other'], null],
    [
      'an extension',
      ['Sec-WebSocket-Extensions', 'deflate; y=2'],
      { protocol: null, extensions: 'deflate; y=2' },
    ],
    [
      'both, in two lines',
      ['Sec-WebSocket-Extensions', 'deflate ;z', 'Sec-WebSocket-Extensions', 'second'],
      { protocol: null, extensions: 'deflate ;z, second' },
    ],
    ['one that was not', ['Sec-WebSocket-Extensions', 'deflate, third'], null],
  ]
  for (const [name, answered, chosen] of rows) t.same(negotiated(offered, answered), chosen, name)
  const bare: Handshake = { key, protocols: [], extensions: null }
  t.same(negotiated(bare, []), { protocol: null, extensions: null })
  t.equal(negotiated(bare, ['Sec-WebSocket-Extensions', 'deflate']), null, 'where nothing was offered')
})
