import t, { type Test } from 'tap'
import { bytesOf, cookieLine, fire, navigation, seenBy, shownOf } from '../support/attack.ts'
import { sharedSecret, signedIn, startFront } from '../support/front.ts'
import { exchange, rawClient, statusOf } from '../support/raw.ts'
import { recordingUpstream } from '../support/upstream.ts'

const slow = await recordingUpstream()
const front = await startFront({
  app: (port) => `
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: admins } }
      - { path: /read, methods: [GET], require: signed_in }
      - { path: /cors, require: signed_in, cors_preflight: pass }
  slow:
    url: http://localhost:${port}/slow
    upstream: "http://127.0.0.1:${slow.port}"
    shared_secret: ${sharedSecret}
    require: signed_in
`,
})
t.teardown(async () => {
  await front.close()
  await slow.close()
})

const adam = cookieLine(front, await signedIn(front, 'adam'))
const host = `localhost:${front.gateway.port}`
const hostLine = `Host: ${host}`

/** Bytes on a connection of their own, all that comes back, and that the app heard nothing. */
async function refused(test: Test, bytes: string, name: string): Promise<void> {
  const before = front.echo.received.length
  const client = await rawClient(front.gateway.port, bytes)
  const text = await client.closed()
  test.match(text, /^HTTP\/1\.1 400 /, name)
  test.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, `${name}: one answer`)
  test.match(text, /cache-control: no-store/i, name)
  test.equal(front.echo.received.length, before, `${name}: the app heard nothing`)
}

const post = (headers: readonly string[], body = '', target = '/public/x') =>
  `${[`POST ${target} HTTP/1.1`, hostLine, ...headers].join('\r\n')}\r\n\r\n${body}`
const smuggled = `GET /public/smuggled HTTP/1.1\r\n${hostLine}\r\n\r\n`

t.test('S-065 … S-068: what frames a body in two ways is refused, and the connection is over', async (t) => {
  const chunked = 'Transfer-Encoding: chunked'
  for (const [name, bytes] of [
    ['length and chunks', post(['Content-Length: 5', chunked], `0\r\n\r\n${smuggled}`)],
    ['chunks and length', post([chunked, 'Content-Length: 5'], `0\r\n\r\n${smuggled}`)],
    ['xchunked', post(['Transfer-Encoding: xchunked'], smuggled)],
    ['chunked, identity', post(['Transfer-Encoding: chunked, identity'], smuggled)],
    ['identity', post(['Transfer-Encoding: identity'], smuggled)],
    ['chunked VT', post(['Transfer-Encoding: chunked\x0b'], smuggled)],
    ['VT chunked', post(['Transfer-Encoding: \x0bchunked'], smuggled)],
    ['space before colon', post(['Transfer-Encoding : chunked'], `0\r\n\r\n${smuggled}`)],
    ['two lengths', post(['Content-Length: 2', 'Content-Length: 3'], `ab${smuggled}`)],
    ['one length twice', post(['Content-Length: 2', 'Content-Length: 2'], `ab${smuggled}`)],
    ['a list of lengths', post(['Content-Length: 2, 2'], `ab${smuggled}`)],
    ['+2', post(['Content-Length: +2'], 'ab')],
    ['-1', post(['Content-Length: -1'], 'ab')],
    ['0x2', post(['Content-Length: 0x2'], 'ab')],
    ['twenty digits', post(['Content-Length: 99999999999999999999'], 'ab')],
    ['no digits', post(['Content-Length: '], 'ab')],
    ['a size that overflows', post([chunked], `FFFFFFFFFFFFFFFF1\r\n${smuggled}`)],
  ] as const) {
    await refused(t, bytes, name)
  }
})

t.test('S-066, S-068: a body whose chunks go wrong never becomes a whole request', async (t) => {
  const chunked = 'Transfer-Encoding: chunked'
  for (const [name, body] of [
    ['bare LF in an extension', '5;\nhello\r\n0\r\n\r\n'],
    ['bare LF after a size', '5\nhello\r\n0\r\n\r\n'],
    ['hexadecimal prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['no CRLF after the data', '5\r\nhello0\r\n\r\n'],
    ['an endless extension', `5;${'a'.repeat(1_000_000)}\r\nhello\r\n0\r\n\r\n`],
  ] as const) {
    const before = front.echo.received.length
    const text = await exchange(front.gateway.port, post([chunked], `${body}${smuggled}`))
    t.match(text, /^(?:HTTP\/1\.1 4\d\d [\s\S]*)?$/, name)
    t.ok((text.match(/HTTP\/1\.1 /g)?.length ?? 0) <= 1, `${name}: one answer at most`)
    t.equal(front.echo.received.length, before, name)
  }
  const seen = await seenBy(front, {
    method: 'POST',
    target: '/public/x',
    headers: ['TRANSFER_ENCODING: chunked', 'Content-Length: 5'],
    body: 'hello',
  })
  t.equal(seen.body, 'hello', 'a name with an underscore frames nothing')
  for (const length of ['2 ', ' 2', '\t2']) {
    const shot = { method: 'POST', target: '/public/x', headers: [`Content-Length:${length}`], body: 'ab' }
    t.equal((await seenBy(front, shot)).body, 'ab', 'optional white space is no part of a value')
  }
})

t.test('S-069: line ends, controls and folds that readers disagree about', async (t) => {
  const line = 'GET /public/x HTTP/1.1'
  for (const [name, bytes] of [
    ['bare LF', `${line}\n${hostLine}\n\n`],
    ['bare LF in the header', `${line}\r\n${hostLine}\nX-A: b\r\n\r\n`],
    ['bare CR in a value', `${line}\r\n${hostLine}\r\nX-A: b\rX-Forwarded-User: evil\r\n\r\n`],
    ['CR before a name', `${line}\r\n${hostLine}\r\n\rX-Forwarded-User: evil\r\n\r\n`],
    ['NUL in a value', `${line}\r\n${hostLine}\r\nX-A: b\x00c\r\n\r\n`],
    ['a folded line', `${line}\r\n${hostLine}\r\nX-A: b\r\n X-Forwarded-User: evil\r\n\r\n`],
    ['space before the first name', `${line}\r\n ${hostLine}\r\n\r\n`],
    ['space before a colon', `${line}\r\n${hostLine}\r\nX-Forwarded-User : evil\r\n\r\n`],
    ['no colon', `${line}\r\n${hostLine}\r\nX-Forwarded-User\r\n\r\n`],
    ['no name', `${line}\r\n${hostLine}\r\n: evil\r\n\r\n`],
  ] as const) {
    await refused(t, bytes, name)
  }
})

t.test('S-070, S-077: other versions of HTTP', async (t) => {
  const before = front.echo.received.length
  for (const [bytes, status] of [
    [`POST /public/x HTTP/1.0\r\n${hostLine}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    [`GET /public/x HTTP/2.0\r\n${hostLine}\r\nConnection: close\r\n\r\n`, 505],
    [`GET /public/x HTTP/0.9\r\n${hostLine}\r\nConnection: close\r\n\r\n`, 505],
    [`GET /public/x HTTP/1.2\r\n${hostLine}\r\nConnection: close\r\n\r\n`, 400],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['GET /public/x\r\n\r\n', 400],
  ] as const) {
    const answered = statusOf(await exchange(front.gateway.port, bytes))
    t.ok([status, 400, 505].includes(answered), `${bytes.slice(0, 25)}: ${answered}`)
  }
  t.equal(front.echo.received.length, before)
  const twice = `GET /public/1 HTTP/1.0\r\n${hostLine}\r\n\r\nGET /public/2 HTTP/1.0\r\n${hostLine}\r\n\r\n`
  t.equal((await exchange(front.gateway.port, twice)).match(/HTTP\/1\.1 200/g)?.length, 1)
})

t.test('S-071: a body is a body, whatever the method and whatever is in it', async (t) => {
  const body = `GET /admin/smuggled HTTP/1.1\r\n${hostLine}\r\n${adam}\r\n\r\n`
  for (const [method, target, status] of [
    ['GET', '/public/x', 200],
    ['HEAD', '/public/x', 200],
    ['DELETE', '/public/x', 200],
    ['OPTIONS', '/public/x', 200],
    ['GET', '/x', 401],
    ['GET', '/.auth/health', 200],
    ['GET', '/.auth/me', 401],
    ['GET', '/.auth/nope', 404],
  ] as const) {
    const before = front.echo.received.length
    const lines = [hostLine, `Content-Length: ${body.length}`]
    const client = await rawClient(
      front.gateway.port,
      bytesOf(host, { method, target, bare: true, headers: lines, body }),
    )
    // What stands behind a body is a request of its own, on a connection that lives; else the connection is over.
    client.write(bytesOf(host, { target: '/.auth/health' }))
    const text = await client.closed()
    t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), `${method} ${target}`)
    t.ok((text.match(/HTTP\/1\.1 \d/g)?.length ?? 0) <= 2, `${method} ${target}: the body was no request`)
    t.notOk(front.echo.received.slice(before).some((seen) => seen.target.includes('smuggled')))
  }
})

t.test('S-072: an answer before the body ends the connection; the body is never a request', async (t) => {
  const before = front.echo.received.length
  const client = await rawClient(
    front.gateway.port,
    post([`Content-Length: ${smuggled.length}`], '', '/admin/x'),
  )
  await client.until('\r\n\r\n')
  client.write(smuggled)
  const text = await client.closed()
  t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1)
  t.equal(statusOf(text), 401)
  t.same(shownOf(text).values('connection'), ['close'])
  t.equal(front.echo.received.length, before)
})

t.test('S-074: bytes that are no request end the connection, and get into no answer', async (t) => {
  const parts = 'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\nbeginning'
  slow.answerWith(() => parts)
  const client = await rawClient(front.gateway.port, `GET /slow/x HTTP/1.1\r\n${hostLine}\r\n${adam}\r\n\r\n`)
  await client.until('beginning')
  client.write('\x00\x01 no HTTP at all\r\n\r\n')
  await front.gateway.logged(
    (line) => line.event === 'request.unreadable' && line.code === 'HPE_INVALID_METHOD',
  )
  slow.connections.find(({ received }) => received.includes('/slow/x'))?.socket.write('-the-end-')
  const text = await client.closed()
  t.match(text, /beginning-the-end-$/, 'the answer is whole')
  t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1)
  slow.answerWith(() => parts)
  const upload = post([adam, 'Transfer-Encoding: chunked'], '5\r\nhello\r\n', '/slow/upload')
  const broken = await rawClient(front.gateway.port, upload)
  await broken.until('beginning')
  broken.write('zz\r\n\r\n')
  t.match(await broken.closed(), /beginning$/, 'an answer to a body that broke off is cut')
})

t.test('S-073: an upgrade to h2c is none', async (t) => {
  const lines = [
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
  ]
  const text = await exchange(
    front.gateway.port,
    `GET /public/x HTTP/1.1\r\n${hostLine}\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`,
  )
  t.notMatch(text, / 101 /)
  const last = front.echo.received.at(-1)
  t.notOk(last?.headers.upgrade ?? last?.headers['http2-settings'])
})

t.test('S-078: none but one plain Host', async (t) => {
  const before = front.echo.received.length
  for (const lines of [
    [],
    [hostLine, hostLine],
    [hostLine, 'Host: evil.test'],
    ['Host: evil.test', hostLine],
    [`Host: ${host}@evil.test`],
    [`Host: evil.test@${host}`],
    [`Host: ${host}, evil.test`],
    ['Host:'],
    ['Host: [::1'],
    [`Host: ${host}/x`],
    [`Host: ${host}\t`, hostLine],
  ]) {
    const bytes = ['GET /public/x HTTP/1.1', ...lines, 'Connection: close'].join('\r\n')
    t.equal(statusOf(await exchange(front.gateway.port, `${bytes}\r\n\r\n`)), 400, lines.join(' | '))
  }
  t.equal(front.echo.received.length, before)
})

t.test('S-081 … S-083: methods that nobody listed', async (t) => {
  const before = front.echo.received.length
  for (const method of ['TRACE', 'PROPFIND', 'SEARCH', 'QUERY', 'PURGE', 'MKCOL', 'LOCK', 'SOURCE']) {
    const answer = await fire(front, { method, target: '/public/x', headers: [adam, ...navigation] })
    t.equal(answer.status, 405, method)
    t.ok(answer.values('allow')[0]?.includes('GET'), method)
    t.notMatch(answer.text, new RegExp(`${sharedSecret}|${adam.slice(30, 60)}`))
  }
  for (const method of ['TRACK', 'FOO', 'get', 'G\u0000T']) {
    t.equal((await fire(front, { method, target: '/public/x', headers: [adam] })).status, 400, method)
  }
  for (const target of ['evil.test:80', host, '127.0.0.1:22']) {
    t.notMatch((await fire(front, { method: 'CONNECT', target })).text, /^HTTP\/1\.1 2/, `CONNECT ${target}`)
  }
  t.equal(front.echo.received.length, before)
})

t.test('S-084: a preflight reaches the app where the file says so, and bears nobody’s name', async (t) => {
  const asks = ['Origin: https://a.example', 'Access-Control-Request-Method: GET']
  const before = front.echo.received.length
  for (const target of ['/admin/x', '/x']) {
    t.equal((await fire(front, { method: 'OPTIONS', target, headers: asks })).status, 401, target)
  }
  const withBody = {
    method: 'OPTIONS',
    target: '/cors/x',
    headers: [...asks, 'Content-Length: 5'],
    body: 'hello',
  }
  t.equal((await fire(front, withBody)).status, 413, 'one that has a body is none')
  t.equal(
    (await fire(front, { method: 'OPTIONS', target: '/cors/x' })).status,
    401,
    'nor one that asks nothing',
  )
  t.equal(front.echo.received.length, before)
  const seen = await seenBy(front, { method: 'OPTIONS', target: '/cors/x', headers: [...asks, adam] })
  t.notOk(seen.headers['x-forwarded-user'])
  t.same(seen.headers['x-gateway-secret'], [sharedSecret])
})

t.test('S-085: HEAD is judged as GET; a method without a location is refused', async (t) => {
  t.equal((await fire(front, { method: 'HEAD', target: '/read/x', headers: [adam] })).status, 200)
  t.equal((await fire(front, { method: 'HEAD', target: '/read/x' })).status, 401)
  const before = front.echo.received.length
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    for (const headers of [[], [adam]]) {
      const answer = await fire(front, { method, target: '/read/x', headers })
      t.equal(answer.status, 405, method)
      t.same(answer.values('allow'), ['GET, HEAD'])
    }
  }
  t.equal(front.echo.received.length, before)
})

t.test('S-086: no implicit methods on our own addresses', async (t) => {
  for (const target of ['/.auth/login', '/.auth/callback', '/.auth/logout', '/.auth/logged-out']) {
    for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      t.equal((await fire(front, { method, target, headers: [adam] })).status, 405, `${method} ${target}`)
    }
  }
  t.equal((await fire(front, { target: '/x', headers: [adam] })).status, 200, 'adam is still signed in')
})

t.test('S-087 … S-091: host and scheme come from the file', async (t) => {
  const foreign = (line: string) =>
    `GET /x HTTP/1.1\r\n${line}\r\nConnection: close\r\n${navigation.join('\r\n')}\r\n\r\n`
  for (const line of [
    'Host: evil.test',
    'Host: 127.0.0.1',
    `Host: localhost:${front.echo.port}`,
    'Host: localhost',
  ]) {
    t.equal(statusOf(await exchange(front.gateway.port, foreign(line))), 421, line)
  }
  for (const line of [
    'X-Forwarded-Host: evil.test',
    'Forwarded: host=evil.test;proto=http',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Proto: https, http',
    'X-Forwarded-Proto: javascript',
    'X-Forwarded-Port: 8443',
  ]) {
    const answer = await fire(front, { target: '/x', headers: [...navigation, line] })
    t.equal(answer.status, 302, line)
    const [location = ''] = answer.values('location')
    t.equal(new URL(location).searchParams.get('redirect_uri'), `${front.url}/.auth/callback`, line)
  }
  const shouted = foreign(`Host: LOCALHOST:${front.gateway.port}`)
  t.equal(statusOf(await exchange(front.gateway.port, shouted)), 302, 'a name has no case')
  const seen = await seenBy(front, { target: '/x', headers: [adam, 'X-Forwarded-Host: evil.test'] })
  t.same(seen.headers.host, [`127.0.0.1:${front.echo.port}`])
  t.same(seen.headers['x-forwarded-host'], [host])
  t.same(seen.headers['x-forwarded-proto'], ['http'])
})
