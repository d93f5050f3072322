import t from 'tap'
import { corpus } from '../corpus/lines.ts'
import { cookieLine, cookieOf, fire, navigation, seenBy } from '../support/attack.ts'
import { sharedSecret, signedIn, startFront } from '../support/front.ts'

const front = await startFront({
  app: `
    require: signed_in
    identity_headers:
      X-Forwarded-User: user
      X-Forwarded-Email: email
      X-Forwarded-Groups: groups
      X-Forwarded-Title: job_title
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /cors, require: signed_in, cors_preflight: pass }
      - { path: /admin, require: { groups: admins } }
      - { path: /post-only, methods: [POST], require: signed_in }
`,
})
t.teardown(() => front.close())

const browser = await signedIn(front, 'adam')
const adam = cookieLine(front, browser)

/** The values under every name that a reader which folds all but letters and digits takes for this one. */
function folded(headers: Readonly<Record<string, readonly string[]>>, name: string): readonly string[] {
  const fold = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
  return Object.entries(headers).flatMap(([own, values]) => (fold(own) === fold(name) ? values : []))
}

const ours = {
  'X-Forwarded-User': ['adam'],
  'X-Forwarded-Groups': ['admins'],
  'X-Gateway-Secret': [sharedSecret],
  'X-Forwarded-For': ['127.0.0.1'],
  'X-Forwarded-Proto': ['http'],
  'X-Forwarded-Host': [`localhost:${front.gateway.port}`],
}

const forged = [
  'X-Forwarded-User: evil',
  'X_Forwarded_User: evil',
  'x.forwarded.user: evil',
  'X-Forwarded-User: evil2',
  'X-FORWARDED-GROUPS: root',
  'X-Gateway-Secret: guess',
  'X_GATEWAY_SECRET: guess',
  'X-Forwarded-Title: chief',
]

t.test(
  'S-038, S-040: each of our headers arrives once, a missing claim not at all, whatever was forged',
  async (t) => {
    for (const target of ['/x', '/maybe/x', '/admin/x', '/cors/x']) {
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']) {
        const { headers } = await seenBy(front, { method, target, headers: [adam, ...forged] })
        for (const [name, values] of Object.entries(ours)) {
          t.same(folded(headers, name), values, `${method} ${target}: ${name}`)
        }
        t.same(folded(headers, 'X-Forwarded-Title'), [], `${method} ${target}: adam has no title`)
      }
    }
  },
)

t.test('S-037, S-041: a forged identity is nobody wherever the app is open', async (t) => {
  const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET']
  for (const shot of [
    { target: '/public/x', headers: forged },
    { target: '/public/x', headers: [...forged, adam] },
    { target: '/maybe/x', headers: forged },
    { target: '/public/x', method: 'HEAD', headers: forged },
    { target: '/public/x', method: 'POST', headers: forged },
    { target: '/cors/x', method: 'OPTIONS', headers: [...forged, adam, ...preflight] },
  ]) {
    const { headers } = await seenBy(front, shot)
    for (const name of ['X-Forwarded-User', 'X-Forwarded-Groups', 'X-Forwarded-Title', 'X-Forwarded-Email']) {
      t.same(folded(headers, name), [], `${shot.target}: ${name}`)
    }
    t.same(folded(headers, 'X-Gateway-Secret'), [sharedSecret])
  }
})

t.test('S-039, S-049 … S-055: no reserved name arrives from a client', async (t) => {
  const framing = /^(?:host|connection|transfer-encoding|expect|upgrade|keep-alive|te|trailer)$/i
  for (const name of corpus('header-names.txt').filter((one) => !framing.test(one))) {
    const { headers } = await seenBy(front, { target: '/x', headers: [adam, `${name}: canary-of-the-test`] })
    t.notMatch(JSON.stringify(headers), 'canary-of-the-test', name)
    t.same(
      Object.keys(headers).filter((own) => own.includes('_')),
      [],
      name,
    )
    t.same(folded(headers, 'X-Forwarded-User'), ['adam'], name)
  }
})

t.test('S-042 … S-044: Connection takes none of ours away', async (t) => {
  for (const lines of [
    ['Connection: close, X-Forwarded-User, X-Forwarded-Groups, X-Gateway-Secret'],
    ['Connection: close', 'Connection: x-gateway-secret,\t, X-FORWARDED-user,,'],
    ['Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded', 'Connection: close'],
    ['Connection: close, host, cookie, content-type'],
  ]) {
    const host = `Host: localhost:${front.gateway.port}`
    const { headers } = await seenBy(front, { target: '/x', bare: true, headers: [host, adam, ...lines] })
    for (const [name, values] of Object.entries(ours)) t.same(folded(headers, name), values, name)
    t.equal(headers.host?.length, 1)
  }
  const many = `Connection: close, ${Array.from({ length: 500 }, (_, i) => `x${i}`).join(', ')}`
  t.equal((await fire(front, { target: '/x', headers: [adam, many] })).status, 400)
})

t.test('S-045: Connection that names framing does not change the framing', async (t) => {
  const shot = {
    method: 'POST',
    target: '/x',
    headers: [
      adam,
      'Connection: content-length, transfer-encoding, host, content-type, cookie',
      'Content-Length: 5',
    ],
    body: 'hello',
  }
  const seen = await seenBy(front, shot)
  t.equal(seen.body, 'hello')
  t.same(seen.headers.host, [`127.0.0.1:${front.echo.port}`])
})

t.test('S-046, S-047: expectations', async (t) => {
  const lone = ['Keep-Alive: timeout=5', 'Upgrade: websocket']
  for (const line of lone)
    t.equal((await fire(front, { target: '/x', headers: [adam, line] })).status, 200, line)
  const body = { body: 'hello', method: 'POST' }
  const continued = ['Expect: 100-continue', 'Content-Length: 5']
  const allowed = await fire(front, { target: '/x', ...body, headers: [adam, ...continued] })
  t.match(allowed.text, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
  const before = front.echo.received.length
  const stranger = await fire(front, { target: '/x', ...body, headers: continued })
  t.match(stranger.text, /^HTTP\/1.1 401 /, 'no byte of a body is asked for before it is let in')
  for (const target of ['/x', '/public/x', '/.auth/login', '/.auth/me', '/.auth/health']) {
    const answer = await fire(front, { target, headers: [adam, 'Expect: foo'] })
    t.match(answer.text, /^HTTP\/1.1 417 /, target)
  }
  t.equal(front.echo.received.length, before)
  const old = await fire(front, { target: '/x', version: 'HTTP/1.0', ...body, headers: [adam, ...continued] })
  t.match(old.text, /^HTTP\/1.1 200 /, 'HTTP/1.0 knows no 100: RFC 9110 section 10.1.1')
})

t.test('S-048: trailers, and what announces them, stay here', async (t) => {
  const seen = await seenBy(front, {
    method: 'POST',
    target: '/x',
    headers: [adam, 'TE: trailers', 'Trailer: X-Forwarded-User', 'Transfer-Encoding: chunked'],
    body: '5\r\nhello\r\n0\r\nX-Forwarded-User: evil\r\n\r\n',
  })
  t.equal(seen.body, 'hello')
  t.notOk(seen.headers.te ?? seen.headers.trailer)
  t.same(folded(seen.headers, 'X-Forwarded-User'), ['adam'])
})

t.test('S-051: forwarding headers of a peer that is not trusted say nothing to the log either', async (t) => {
  await fire(front, {
    target: '/public/forged-address',
    headers: ['X-Forwarded-For: 9.9.9.9', 'X-Real-IP: 9.9.9.9'],
  })
  const line = await front.gateway.logged((event) => event.path === '/public/forged-address')
  t.equal(line.client, '127.0.0.1')
})

t.test('S-052: the method is the one of the request line', async (t) => {
  const before = front.echo.received.length
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
    const shot = { method: 'GET', target: '/post-only/x', headers: [adam, `${name}: POST`] }
    t.equal((await fire(front, shot)).status, 405, name)
  }
  t.equal(front.echo.received.length, before)
})

t.test('S-056, S-165: a session comes by its cookie and in no other way', async (t) => {
  const value = cookieOf(front, browser)
  const [, bare = ''] = value.split('=')
  for (const headers of [
    ['Authorization: Bearer x.y.z'],
    ['Authorization: Basic Og=='],
    [`Authorization: Bearer ${bare}`],
    [`X-Session: ${value}`],
    [...navigation, 'Authorization: Bearer x.y.z'],
  ]) {
    t.equal((await fire(front, { target: '/x', headers })).status, 401, String(headers.at(-1)).slice(0, 30))
  }
  t.equal((await fire(front, { target: `/x?${value}` })).status, 401)
  const form = { method: 'POST', target: '/x', body: value, headers: [`Content-Length: ${value.length}`] }
  t.equal((await fire(front, form)).status, 401)
  const seen = await seenBy(front, { target: '/x', headers: [adam, 'Authorization: Bearer of-the-app'] })
  t.same(seen.headers.authorization, ['Bearer of-the-app'], 'it is the app’s business')
})

// RFC 9113 section 8.2.3: what comes by HTTP/2 in several lines is one line for HTTP/1.1; not every front joins them.
t.test('cookies come in as many lines as a client likes, the session in any of them, but once', async (t) => {
  const more = Array.from({ length: 20 }, (_, at) => `Cookie: c${at}=1`)
  const rows: readonly (readonly [name: string, lines: readonly string[], app: string | null])[] = [
    ['the session first', [adam, 'Cookie: a=b'], 'a=b'],
    ['and last', ['Cookie: a=b', adam], 'a=b'],
    ['names in other letters, others between', [adam, 'X-A: b', 'cOOKIE: a=b'], 'a=b'],
    ['a semicolon at the end', [`${adam};`, 'Cookie: a=b'], '; a=b'],
    ['a tab at the end', [`${adam}\t`, 'Cookie: a=b'], 'a=b'],
    ['empty lines', ['Cookie:', adam, 'Cookie:'], ';'],
    ['half a text in quotes', ['Cookie: a="', adam], 'a="'],
    ['many', [adam, ...more], more.map((line) => line.slice('Cookie: '.length)).join('; ')],
  ]
  for (const [name, headers, app] of rows)
    for (const target of ['/x', '/maybe/x']) {
      const { headers: seen } = await seenBy(front, { target, headers })
      t.same(seen['x-forwarded-user'], ['adam'], `${name}: ${target}`)
      t.equal(seen.cookie?.join() ?? null, app, `${name}: ${target}`)
    }
  for (const headers of [[adam, adam], [`${adam}, a=b`]])
    t.equal((await fire(front, { target: '/x', headers })).status, 401)
})

t.test('S-057: header names that are properties of every object', async (t) => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype', 'valueOf']
  for (const target of ['/x', '/public/x', '/.auth/me']) {
    for (const name of names) {
      t.equal((await fire(front, { target, headers: [adam, `${name}: x`, 'Accept: */*'] })).status, 200, name)
    }
  }
})

t.test('S-058: too many header lines, and one that is too long', async (t) => {
  const before = front.echo.received.length
  for (const count of [101, 2000, 2500]) {
    const lines = Array.from({ length: count }, (_, i) => `a${i}: b`)
    t.equal((await fire(front, { target: '/x', headers: [adam, ...lines] })).status, 431, String(count))
  }
  t.equal((await fire(front, { target: '/x', headers: [adam, `a: ${'b'.repeat(40_000)}`] })).status, 431)
  t.equal(front.echo.received.length, before)
  const long = await seenBy(front, { target: '/x', headers: [adam, `a: ${'b'.repeat(8_000)}`] })
  t.equal(long.headers.a?.[0]?.length, 8_000, 'a line of 8,000 bytes is no attack')
})
