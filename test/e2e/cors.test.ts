// `cors`: the gateway answers preflights, and speaks for the app in every answer of the location.
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { cookieLine, fire, type Shot, type Shown } from '../support/attack.ts'
import { signedIn, startFront } from '../support/front.ts'
import { freePort, portOf } from '../support/ports.ts'
import { startWebSocketApp } from '../support/websocket-app.ts'

const seen: string[] = []
/** An app that opens itself to every page, in all ways that there are. */
const app = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`)
  request.resume()
  response.writeHead(request.url?.includes('/created') ? 201 : 200, [
    ...['Access-Control-Allow-Origin', request.headers.origin ?? '*', 'access-control-allow-origin', 'null'],
    ...['ACCESS-CONTROL-ALLOW-CREDENTIALS', 'true', 'Access-Control-Allow-Methods', '*'],
    ...['Access-Control-Expose-Headers', '*', 'Access-Control-Allow-Private-Network', 'true'],
    ...['Access_Control_Allow_Credentials', 'true', 'Vary', 'Accept', 'Cache-Control', 'max-age=60'],
  ])
  response.end('hello')
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const sockets = await startWebSocketApp()
const nobody = await freePort()
const upstream = `http://127.0.0.1:${portOf(app)}`
const front = await startFront({
  app: (port) => `
    require: signed_in
    cors: ["https://shop.example", "http://localhost:5173"]
    cors_headers: [X-Api-Key]
    locations:
      - { path: /admin, require: { groups: admins } }
      - { path: /closed, require: nobody }
      - { path: /read, methods: [GET], require: anyone }
      - { path: /read, methods: [DELETE], require: anyone, cors: deny }
      - { path: /beside, methods: [GET], require: anyone, cors: deny }
      - { path: /beside, require: anyone }
      - { path: /exact, exact: true, methods: [PUT], require: anyone }
      - { path: /small, require: anyone, max_body: 10B }
      - { path: /own, require: anyone, cors: deny }
      - { path: /passing, require: signed_in, cors: deny, cors_preflight: pass }
      - { path: /other, require: anyone, cors: ["https://other.example"] }
  readings:
    url: http://localhost:${port}/readings
    upstream: ${upstream}
    require: anyone
    allow_encoded: [slash]
    cors: ["https://shop.example"]
    locations:
      - { path: /readings/a/b, require: anyone, cors: deny }
      - { path: /readings/c/d, require: anyone }
  answers:
    url: http://localhost:${port}/answers
    upstream: ${upstream}
    require: anyone
    cors: ["https://shop.example"]
    locations:
      - { path: /answers/upstream, require: anyone, cache: upstream }
      - { path: /answers/mine, require: maybe_signed_in, cache: upstream }
      - { path: /answers/deny, require: anyone, cors: deny }
  sockets:
    url: http://localhost:${port}/sockets
    upstream: ${sockets.url}
    require: anyone
    websocket: { origins: ["https://shop.example"] }
    cors: ["https://shop.example"]
  gone:
    url: http://localhost:${port}/gone
    upstream: http://127.0.0.1:${nobody}
    require: anyone
    cors: ["https://shop.example"]
`,
})
t.teardown(async () => {
  await front.close()
  await sockets.close()
  app.close()
  app.closeAllConnections()
})
const alice = cookieLine(front, await signedIn(front, 'alice'))
const shop = 'Origin: https://shop.example'

/** All that an answer says of CORS, sorted, and what it varies by. */
function corsOf(answer: Shown): readonly string[] {
  const head = answer.text.slice(0, answer.text.indexOf('\r\n\r\n')).split('\r\n').slice(1)
  const lines = head.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase().replaceAll('_', '-')))
  return lines.filter((line) => line.startsWith('access-control-')).sort()
}

const variesByOrigin = (answer: Shown) =>
  answer
    .values('vary')
    .join()
    .split(',')
    .some((name) => name.trim().toLowerCase() === 'origin')

function told(methods: string, headers = 'Authorization, Content-Type'): readonly string[] {
  return [
    `access-control-allow-headers: ${headers}`,
    `access-control-allow-methods: ${methods}`,
    'access-control-allow-origin: https://shop.example',
    'access-control-expose-headers: Retry-After, WWW-Authenticate',
    'access-control-max-age: 600',
  ]
}
const all = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
const withKey = 'Authorization, Content-Type, X-Api-Key'

const preflight = (target: string, asked: string, more: readonly string[] = [shop]): Shot => ({
  method: 'OPTIONS',
  target,
  headers: [...more, `Access-Control-Request-Method: ${asked}`, 'Access-Control-Request-Headers: x-any'],
})

/** What a page of the shop may read, whoever answered. */
async function readable(t: Test, shot: Shot, status: number, expected: readonly string[]): Promise<void> {
  const answer = await fire(front, { ...shot, headers: [shop, ...(shot.headers ?? [])] })
  const name = `${status} ${shot.method ?? 'GET'} ${shot.target}`
  t.equal(answer.status, status, name)
  t.same(corsOf(answer), expected, name)
  t.ok(variesByOrigin(answer), `${name} varies by Origin`)
}

t.test('the app’s own word is dropped and ours set, on its answers', async (t) => {
  await readable(t, { target: '/answers/x' }, 200, told(all))
  await readable(t, { method: 'POST', target: '/answers/created' }, 201, told(all))
  await readable(t, { target: '/answers/upstream' }, 200, told(all))
  await readable(t, { target: '/answers/mine' }, 200, told(all))
})

t.test('every refusal and fault of ours has it too', async (t) => {
  await readable(t, { target: '/' }, 401, told(all, withKey))
  await readable(t, { target: '/closed' }, 403, told(all, withKey))
  await readable(t, { method: 'PUT', target: '/exact', headers: ['Upgrade: h2c'] }, 200, told('PUT', withKey))
  await readable(t, { method: 'GET', target: '/exact' }, 405, told('PUT', withKey))
  const large = { method: 'POST', target: '/small', headers: ['Content-Length: 100'], body: 'x'.repeat(100) }
  await readable(t, large, 413, told(all, withKey))
  const chunked = {
    ...{ method: 'POST', target: '/small', headers: ['Transfer-Encoding: chunked'] },
    body: `64\r\n${'x'.repeat(100)}\r\n0\r\n\r\n`,
  }
  await readable(t, chunked, 413, told(all, withKey))
  await readable(t, { target: '/gone' }, 502, told(all))
  await readable(t, { target: '/answers/a//b' }, 400, told(all))
  await readable(
    t,
    { target: '/answers/x', headers: ['Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v'] },
    400,
    told(all),
  )
})

t.test('a page that may not call reads nothing, and is told apart by caches', async (t) => {
  for (const origin of [
    'https://evil.test',
    'null',
    'https://shop.example.evil.test',
    'HTTPS://SHOP.EXAMPLE',
  ])
    for (const target of ['/answers/x', '/', '/gone', '/answers/upstream']) {
      const answer = await fire(front, { target, headers: [`Origin: ${origin}`] })
      t.same(corsOf(answer), [], `${origin} ${target}`)
      t.ok(variesByOrigin(answer))
    }
  const silent = await fire(front, { target: '/answers/x' })
  t.same(corsOf(silent), [])
  t.ok(variesByOrigin(silent), 'also where nobody said who calls: a cache could keep that')
  const twice = await fire(front, { target: '/answers/x', headers: [shop, shop] })
  t.same(corsOf(twice), [], 'two lines are no origin')
})

t.test('what came with a cookie is read by no page of another origin', async (t) => {
  for (const target of ['/answers/x', '/answers/mine', '/answers/upstream', '/gone', '/closed']) {
    const answer = await fire(front, { target, headers: [shop, alice] })
    t.same(corsOf(answer), [], target)
    t.ok(variesByOrigin(answer))
  }
  const other = await fire(front, { target: '/answers/x', headers: [shop, 'Cookie: of-the-app=1'] })
  t.same(corsOf(other), [], 'be it ours or the app’s')
})

t.test('where `cors` is deny the app speaks for itself, and preflights go on as before', async (t) => {
  const own = await fire(front, { target: '/answers/deny', headers: [shop] })
  t.ok(corsOf(own).includes('access-control-allow-credentials: true'))
  t.notOk(variesByOrigin(own))
  t.equal((await fire(front, preflight('/own', 'GET'))).status, 200, 'an ordinary request')
  t.equal((await fire(front, preflight('/passing', 'GET'))).status, 200)
  t.equal((await fire(front, { target: '/passing' })).status, 401)
})

t.test('preflights are answered by the gateway, and the app hears nothing', async (t) => {
  const before = seen.length
  const received = front.echo.received.length
  const shots: readonly (readonly [Shot, number, readonly string[]])[] = [
    [preflight('/', 'GET'), 204, told(all, withKey)],
    [preflight('/admin', 'PUT'), 204, told(all, withKey)],
    [preflight('/answers/x', 'PATCH'), 204, told(all)],
    [preflight('/gone', 'POST'), 204, told(all)],
    [preflight('/exact', 'PUT'), 204, told('PUT', withKey)],
    [preflight('/exact', 'GET'), 405, told('PUT', withKey)],
    [preflight('/read', 'GET'), 204, told('GET, HEAD', withKey)],
    [preflight('/other', 'GET'), 403, []],
    [preflight('/answers/x', 'GET', ['Origin: https://evil.test']), 403, []],
    [preflight('/answers/x', 'GET', ['Origin: null']), 403, []],
    [preflight('/readings/c%2Fd', 'GET'), 204, told(all)],
    [preflight('/readings/a%2Fb', 'GET'), 403, []],
    [preflight('/answers/x', 'TRACE'), 405, told(all)],
    [preflight('/answers/x', 'NONSENSE'), 405, told(all)],
  ]
  for (const [shot, status, expected] of shots) {
    const answer = await fire(front, shot)
    const name = `${shot.target} ${shot.headers?.join(', ')}`
    t.equal(answer.status, status, name)
    t.same(corsOf(answer), expected, name)
    t.ok(variesByOrigin(answer), name)
  }
  const small = await fire(front, {
    ...preflight('/answers/x', 'GET'),
    headers: [shop, 'Access-Control-Request-Method: GET', 'Content-Length: 5'],
    body: 'hello',
  })
  t.equal(small.status, 204, 'whatever it brings along')
  t.equal(small.body, '')
  t.equal(seen.length, before)
  t.equal(front.echo.received.length, received)
})

t.test('of several readings of a path none must be closed to the page', async (t) => {
  await readable(t, { target: '/readings/c%2Fd' }, 200, told(all))
  const closed = await fire(front, { target: '/readings/a%2Fb', headers: [shop] })
  t.equal(closed.status, 200)
  t.same(corsOf(closed), [], 'nor does the app speak for itself')
})

t.test('the methods of one location are not those of another at the same path', async (t) => {
  const asked = await fire(front, preflight('/read', 'DELETE'))
  t.equal(asked.status, 405, 'where `cors` is deny an OPTIONS is a request like any other')
  const beside = await fire(front, preflight('/beside', 'GET'))
  t.equal(beside.status, 403, 'that another location takes OPTIONS opens nothing')
})

t.test('a handshake that is refused is an answer too', async (t) => {
  const handshake = [
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  const shot: Shot = {
    target: '/answers/x',
    bare: true,
    headers: [`Host: localhost:${front.gateway.port}`, 'Connection: Upgrade', shop, ...handshake],
  }
  const answer = await fire(front, shot)
  t.equal(answer.status, 400)
  t.same(corsOf(answer), told(all))
})

t.test('the gateway’s own addresses are at no location', async (t) => {
  for (const target of ['/.auth/me', '/.auth/login', '/.auth/health', '/.auth/nothing'])
    t.same(corsOf(await fire(front, { target, headers: [shop] })), [], target)
  t.same(corsOf(await fire(front, preflight('/.auth/me', 'GET'))), [])
})
