import t from 'tap'
import type { App } from '../../../src/core/gateway.ts'
import { downstreamHeaders } from '../../../src/core/headers/answer.ts'
import { Secret } from '../../../src/core/secret.ts'
import { lines, makeApp, makePlan, secret, valuesOf } from './apps.ts'

const found = { statusCode: 200, reasonPhrase: null } as const
const open = { ...found, dependsOnSession: false, cache: 'private' } as const
const signedIn = { ...found, dependsOnSession: true, cache: 'private' } as const

function passedOn(headers: readonly string[], app: App = makeApp()): string[] {
  return lines(downstreamHeaders(makePlan(app), { headers, ...open }).headers)
}

function location(app: App, value: string): string | undefined {
  return valuesOf(
    downstreamHeaders(makePlan(app), { headers: ['Location', value], ...open }).headers,
    'location',
  )[0]
}

function setCookie(app: App, value: string): string | undefined {
  return valuesOf(
    downstreamHeaders(makePlan(app), { headers: ['Set-Cookie', value], ...open }).headers,
    'set-cookie',
  )[0]
}

t.test('an ordinary answer is passed on as it is', async (t) => {
  const raw = [
    'Content-Type',
    'text/html',
    'content-length',
    '5',
    'ETag',
    '"x"',
    'X-A',
    '1',
    'x-a',
    '2',
    'X-L',
    '\u00e9',
    'Vary',
    'Accept',
  ]
  t.same(downstreamHeaders(makePlan(makeApp()), { headers: raw, ...open }), {
    reasonPhrase: null,
    headers: raw,
    secretFound: false,
  })
})

t.test('an answer without a body: a 304 may say a length, a 204 may not (RFC 9110 8.6)', async (t) => {
  const headers = ['Content-Length', '5', 'X-A', '1', 'content-length', '5']
  const of = (statusCode: number) =>
    downstreamHeaders(makePlan(makeApp()), { headers, ...open, statusCode }).headers
  t.same(of(304), headers)
  t.same(of(200), headers)
  t.same(of(204), ['X-A', '1'])
})

t.test('the reason phrase is the upstream’s, unless the secret is in it', async (t) => {
  const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
  const plan = makePlan(makeApp({ sharedSecret: { header: 'X-Secret', value: new Secret(secret) } }))
  const of = (reasonPhrase: string | null) => {
    const { reasonPhrase: told, secretFound } = downstreamHeaders(plan, {
      headers: [],
      ...open,
      reasonPhrase,
    })
    return [told, secretFound]
  }
  t.same(of('Pas trouv\u00e9'), ['Pas trouv\u00e9', false])
  t.same(of(''), ['', false])
  t.same(of(null), [null, false])
  t.same(of(`not ${secret}!`), [null, true])
  const without = downstreamHeaders(makePlan(makeApp({ sharedSecret: null })), {
    headers: [],
    ...open,
    reasonPhrase: secret,
  })
  t.same(without.reasonPhrase, secret)
})

t.test('S-250, S-229: what concerns the connection stays on the connection', async (t) => {
  const raw = [
    ...[
      'Connection',
      'close, X-Internal',
      'X-Internal',
      'leak',
      'Keep-Alive',
      'timeout=5',
      'Proxy-Authenticate',
      'Basic',
    ],
    ...[
      'Upgrade',
      'h2c',
      'Trailer',
      'X-T',
      'TE',
      'trailers',
      'Transfer-Encoding',
      'chunked',
      'Proxy-Connection',
      'x',
    ],
    ...['X-End', '1', 'connection', 'X-OTHER', 'x-other', '2', 'Sec-WebSocket-Accept', 'x'],
  ]
  t.same(passedOn(raw), ['X-End: 1'])
  t.same(passedOn(['Connection', 'content-length', 'Content-Length', '2']), ['Content-Length: 2'])
  t.same(passedOn(['Connection', 'keep-alive', 'X-End', '1']), ['X-End: 1'])
})

t.test('S-251: our cookies are dropped, others are kept in order and in lines of their own', async (t) => {
  const raw = [
    ...[
      'Set-Cookie',
      'a=1; Path=/',
      'Set-Cookie',
      '__Host-claimgate=evil; Path=/; Secure',
      'set-cookie',
      'b=2',
    ],
    ...[
      'Set-Cookie',
      '__Host-claimgate-tx-1=x',
      'Set-Cookie',
      '=__Host-claimgate=x',
      'Set-Cookie',
      'a=3, b=4',
    ],
    ...['Set-Cookie', '__Host-claimgate-8443=x', 'Set-Cookie', '__Host-claimgate'],
  ]
  t.same(passedOn(raw), ['Set-Cookie: a=1; Path=/', 'set-cookie: b=2', 'Set-Cookie: a=3, b=4'])
})

t.test('S-252: instructions to servers in front, and to browsers to go round us, are dropped', async (t) => {
  const raw = [
    ...[
      'Clear-Site-Data',
      '"cookies"',
      'X-Accel-Redirect',
      '/internal',
      'X-Accel-Expires',
      '9',
      'X-Sendfile',
      '/etc/passwd',
    ],
    ...[
      'X-LiteSpeed-Location',
      '/x',
      'X-Lighttpd-Send-File',
      '/x',
      'Alt-Svc',
      'h3=":443"',
      'Server',
      'Werkzeug/3.1',
    ],
    ...['X-Powered-By', 'Express', 'x_sendfile', '/x', 'X-AspNet-Version', '4'],
    ...['X-Accel-Buffering', 'no', 'Refresh', '5', 'Strict-Transport-Security', 'max-age=1'],
  ]
  t.same(passedOn(raw), ['X-Accel-Buffering: no', 'Refresh: 5', 'Strict-Transport-Security: max-age=1'])
})

t.test('S-224: the shared secret never comes back, and its being sent is told', async (t) => {
  const plan = makePlan(makeApp())
  const echoes = [
    ['X-Gateway-Secret', 'anything'],
    ['x_gateway_secret', 'anything'],
    ['X-Echo', `before ${secret} after`],
    ['Location', `/debug?${secret}`],
    ['Set-Cookie', `a=${secret}`],
    ['Server', secret],
  ]
  for (const echo of echoes) {
    const result = downstreamHeaders(plan, { headers: ['X-A', '1', ...echo, 'X-B', '2'], ...open })
    t.same(result.headers, ['X-A', '1', 'X-B', '2'], echo.join(': '))
    t.equal(result.secretFound, true, echo.join(': '))
  }
  const without = makePlan(makeApp({ sharedSecret: null }))
  t.equal(downstreamHeaders(without, { headers: ['X-A', secret], ...open }).secretFound, false)
})

t.test('S-196, S-197: an answer that depended on a session is for one person', async (t) => {
  const plan = makePlan(makeApp())
  const control = (...headers: readonly string[]) => {
    const result = downstreamHeaders(plan, { headers, ...signedIn })
    return valuesOf(result.headers, 'cache-control')
  }
  t.same(control(), ['private'])
  t.same(control('Cache-Control', 'public, max-age=3600'), ['private, max-age=3600'])
  t.same(control('Cache-Control', 'max-age=60, s-maxage=600, immutable'), ['private, max-age=60, immutable'])
  t.same(control('Cache-Control', 'PUBLIC', 'cache-control', 'S-MaxAge = 5, must-revalidate'), [
    'private, must-revalidate',
  ])
  t.same(control('Cache-Control', 'private'), ['private'])
  t.same(
    control('Cache-Control', 'private="Set-Cookie, X", max-age=5'),
    ['private, max-age=5'],
    'one field is not enough',
  )
  t.same(control('Cache-Control', 'ext="a, public", max-age=5'), ['private, ext="a, public", max-age=5'])
  t.same(control('Cache-Control', 'no-store'), ['no-store'])
  t.same(control('Cache-Control', 'public, No-Store'), ['No-Store'])
  t.same(control('Cache-Control', 'no-cache'), ['private, no-cache'])
  t.same(control('Cache-Control', ''), ['private'])

  const vary = (...headers: readonly string[]) =>
    valuesOf(downstreamHeaders(plan, { headers, ...signedIn }).headers, 'vary')
  t.same(vary(), ['Cookie'])
  t.same(vary('Vary', 'Accept'), ['Accept', 'Cookie'])
  t.same(vary('Vary', 'Accept, cookie'), ['Accept, cookie'])
  t.same(vary('Vary', '*'), ['*'])

  const shared = [
    'Surrogate-Control',
    'max-age=9',
    'CDN-Cache-Control',
    'public',
    'Expires',
    'x',
    'Cloudflare-CDN-Cache-Control',
    'x',
  ]
  t.same(lines(downstreamHeaders(plan, { headers: shared, ...signedIn }).headers), [
    'Expires: x',
    'Cache-Control: private',
    'Vary: Cookie',
  ])
})

t.test('under cache: upstream, and at open locations, the app decides about caches', async (t) => {
  const plan = makePlan(makeApp())
  const headers = [
    'Cache-Control',
    'public, max-age=3600',
    'CDN-Cache-Control',
    'max-age=9',
    'Vary',
    'Accept',
  ]
  t.same(downstreamHeaders(plan, { headers, ...open }).headers, headers)
  t.same(downstreamHeaders(plan, { ...signedIn, headers, cache: 'upstream' }).headers, headers)
  t.same(downstreamHeaders(plan, { headers: [], ...open }).headers, [])
})

t.test(
  'S-253: addresses of the upstream become public ones, parsed and on its own origin alone',
  async (t) => {
    const plain = makeApp()
    const staged = makeApp({ upstream: { basePath: '/prod' } })
    const stripped = makeApp({ prefix: ['app1'], upstream: { stripPrefix: true } })
    const both = makeApp({ prefix: ['app1'], upstream: { basePath: '/prod', stripPrefix: true } })
    const preserving = makeApp({ upstream: { preserveHost: true } })
    const cases: readonly (readonly [App, string, string])[] = [
      [plain, '/x?y=/z#w', '/x?y=/z#w'],
      [
        plain,
        'http://inside:8080/x?u=http://inside:8080/y#z',
        'https://wiki.example/x?u=http://inside:8080/y#z',
      ],
      [plain, 'HTTP://INSIDE:8080', 'https://wiki.example/'],
      [plain, '//inside:8080/x', 'https://wiki.example/x'],
      [plain, 'http://inside/x', 'http://inside/x'],
      [plain, 'https://inside:8080/x', 'https://inside:8080/x'],
      [plain, 'http://inside:8080@evil.test/x', 'http://inside:8080@evil.test/x'],
      [plain, 'http://inside:8080.evil.test/', 'http://inside:8080.evil.test/'],
      [plain, 'http://evil.test/http://inside:8080/', 'http://evil.test/http://inside:8080/'],
      [plain, '//evil.test', '//evil.test'],
      [plain, 'x/y', 'x/y'],
      [plain, '?q', '?q'],
      [plain, '', ''],
      [plain, 'mailto:a@b', 'mailto:a@b'],
      [plain, 'http://wiki.example/x', 'http://wiki.example/x'],
      [preserving, 'http://wiki.example/x', 'https://wiki.example/x'],
      [preserving, 'http://inside:8080/x', 'https://wiki.example/x'],
      [staged, '/prod/login?next=/prod/x', '/login?next=/prod/x'],
      [staged, '/prod', '/'],
      [staged, '/prod?x', '/?x'],
      [staged, '/production', '/production'],
      [staged, '/abcd/x', '/abcd/x'],
      [staged, '/login', '/login'],
      [staged, 'http://inside:8080/prod/x', 'https://wiki.example/x'],
      [staged, 'http://inside:8080/prod', 'https://wiki.example/'],
      [staged, '../prod/x', '../prod/x'],
      [staged, '/prod//evil.test/x', 'https://wiki.example//evil.test/x'],
      [staged, '/prod/\\evil.test', 'https://wiki.example/\\evil.test'],
      [staged, '/prod/\t/evil.test', 'https://wiki.example/\t/evil.test'],
      [stripped, '/login', '/app1/login'],
      [stripped, '/', '/app1/'],
      [stripped, '/app1/login', '/app1/login'],
      [stripped, '/app1', '/app1'],
      [stripped, '/app10', '/app1/app10'],
      [stripped, 'http://inside:8080/x', 'https://wiki.example/app1/x'],
      [both, '/prod/x', '/app1/x'],
      [both, '/prod', '/app1/'],
      [both, '/prod/app1/x', '/app1/x'],
    ]
    for (const [app, value, expected] of cases) t.equal(location(app, value), expected, value)
    t.same(passedOn(['Content-Location', '/prod/x', 'X-Other', '/prod/x'], staged), [
      'Content-Location: /x',
      'X-Other: /prod/x',
    ])
  },
)

t.test('cookies of the upstream are set for the public path and host', async (t) => {
  const plain = makeApp()
  const staged = makeApp({ upstream: { basePath: '/prod' } })
  const stripped = makeApp({ prefix: ['app1'], upstream: { stripPrefix: true } })
  const cases: readonly (readonly [App, string, string])[] = [
    [plain, 'a=1; Path=/x; HttpOnly', 'a=1; Path=/x; HttpOnly'],
    [plain, 'a=1; Domain=inside; Secure', 'a=1; Secure'],
    [plain, 'a=1;domain=.INSIDE;Secure', 'a=1;Secure'],
    [plain, 'a=1; Domain=example; Secure', 'a=1; Domain=example; Secure'],
    [plain, 'a=domain=inside', 'a=domain=inside'],
    [staged, 'a=1; Path=/prod', 'a=1; Path=/'],
    [staged, 'a=1; path=/prod/; HttpOnly', 'a=1; Path=/; HttpOnly'],
    [staged, 'a=1; Path=/prod/x; Max-Age=5', 'a=1; Path=/x; Max-Age=5'],
    [staged, 'a=1; Path=/', 'a=1; Path=/'],
    [staged, 'a=1; Path=/production', 'a=1; Path=/production'],
    [staged, 'a="; Path=/prod"; Path=/prod/y', 'a="; Path=/prod"; Path=/y'],
    [
      staged,
      'a=1; Path; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      'a=1; Path; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ],
    [stripped, 'a=1; Path=/', 'a=1; Path=/app1'],
    [stripped, 'a=1; Path=/x', 'a=1; Path=/app1/x'],
    [stripped, 'a=1; Path=x', 'a=1; Path=x'],
    [stripped, 'a=1; Path=/app1', 'a=1; Path=/app1'],
    [stripped, '__Host-a=1; Path=/; Secure', '__Host-a=1; Path=/; Secure'],
    [stripped, 'a=1', 'a=1'],
  ]
  for (const [app, value, expected] of cases) t.equal(setCookie(app, value), expected, value)
})

t.test('S-256: odd bytes and many lines are passed on', async (t) => {
  const many = Array.from({ length: 200 }, (_, i) => ['Set-Cookie', `n${i}=\u00ff\u0080`]).flat()
  t.same(downstreamHeaders(makePlan(makeApp()), { headers: many, ...open }).headers, many)
})

t.test('an assertion that the app repeats under its name stays here, in every spelling', async (t) => {
  const identityAssertion = {
    ...{ header: 'X-Proof-Of', issuer: 'https://wiki.example/.auth/assertion', audience: 'wiki' },
    ...{ claims: [], lifetimeSeconds: 60 },
  }
  const raw = [
    'X-Proof-Of',
    'a.b.c',
    'x_proof-of',
    'a.b.c',
    'X-PROOF_OF',
    'a.b.c',
    'X-Proof',
    'kept',
    'X-Proof-On',
    'kept',
  ]
  const kept = ['X-Proof: kept', 'X-Proof-On: kept']
  t.same(passedOn(raw, makeApp({ identityAssertion })), kept)
  t.equal(passedOn(raw).length, 5, 'of an app that has none it is a header like any other')
})
