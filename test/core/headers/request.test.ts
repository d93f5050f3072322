import t from 'tap'
import { foldHeaderName, isReservedHeader, ownedHeaderNames } from '../../../src/core/headers/names.ts'
import type { HeaderPlan } from '../../../src/core/headers/plan.ts'
import { headerPlan } from '../../../src/core/headers/plan.ts'
import { toUpstreamDestination } from '../../../src/core/headers/public-address.ts'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import { readDestination } from '../../../src/core/request/destination.ts'
import { Secret } from '../../../src/core/secret.ts'
import { corpus, shown } from '../../corpus/lines.ts'
import { forwarding, lines, makeApp, makePlan, secret, valuesOf } from './apps.ts'
import { alice, plan, sent } from './request-rig.ts'

t.test('the app gets the end-to-end headers of the client, and ours', async (t) => {
  const raw = [
    'Host',
    'wiki.example',
    'Accept',
    '*/*',
    'authorization',
    'Bearer x',
    'accept',
    'text/html',
    'X-App',
    '\u00e9',
  ]
  t.same(lines(sent(raw, alice)), [
    'Accept: */*',
    'authorization: Bearer x',
    'accept: text/html',
    'X-App: \u00e9',
    'Host: inside:8080',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: wiki.example',
    'X-Forwarded-Port: 443',
    `X-Gateway-Secret: ${secret}`,
    'X-Forwarded-For: 192.0.2.7',
    'X-Real-IP: 192.0.2.7',
    'X-Forwarded-User: alice',
    'X-Forwarded-Email: alice@example.com',
    'X-Forwarded-Groups: staff,wiki',
  ])
})

t.test(
  'S-091: Host is the upstream, or with preserve_host the public one, never what the client says',
  async (t) => {
    t.same(valuesOf(sent(['Host', 'evil.test']), 'host'), ['inside:8080'])
    const preserving = makePlan(
      makeApp({ origin: 'https://wiki.example:8443', upstream: { preserveHost: true } }),
    )
    t.same(valuesOf(sent(['Host', 'evil.test'], null, preserving), 'host'), ['wiki.example:8443'])
  },
)

t.test('a stripped prefix is told to the app', async (t) => {
  const app = makeApp({ prefix: ['tools', 'ü'], upstream: { stripPrefix: true } })
  t.same(valuesOf(sent([], null, makePlan(app)), 'x-forwarded-prefix'), ['/tools/%C3%BC'])
  const root = makeApp({ upstream: { stripPrefix: true } })
  t.same(valuesOf(sent([], null, makePlan(root)), 'x-forwarded-prefix'), [])
  t.same(valuesOf(sent([], null, makePlan(makeApp({ prefix: ['tools'] }))), 'x-forwarded-prefix'), [])
})

t.test(
  'S-031, S-037 … S-039, S-049 … S-055: what clients may not say does not reach the app, in any spelling',
  async (t) => {
    const bare = lines(sent([], alice))
    for (const name of corpus('header-names.txt')) {
      t.same(lines(sent([name, 'evil'], alice)), bare, name)
      t.same(
        lines(sent([name.toLowerCase(), 'evil', name.toUpperCase(), 'evil'], alice)),
        bare,
        `${name}, twice`,
      )
    }
  },
)

t.test("every app's identity and secret names are taken off at every app", async (t) => {
  const other = makeApp({
    sharedSecret: { header: 'X-Other-Key', value: new Secret('x'.repeat(32)) },
    identityHeaders: [{ name: 'X-Staff-Id', from: 'user' }],
  })
  const both = makePlan(makeApp({ sharedSecret: null }), other)
  t.same(
    lines(sent(['x-other-key', '1', 'X_STAFF_ID', '2', 'X-Staff-ID', '3'], null, both)),
    lines(sent([], null, both)),
  )
  t.same([...ownedHeaderNames([other])], ['x-other-key', 'x-staff-id'])
})

t.test('what is set for an upstream is sent by no client, to any app, but for Authorization', async (t) => {
  const key = { name: 'X-Key', value: new Secret('ours') }
  const keyed = makeApp({ upstream: { headers: [key] } })
  const own = makeApp()
  const location = {
    ...own.fallback,
    forwarding: { ...own.fallback.forwarding, headers: [{ ...key, name: 'X-Own' }] },
  }
  const other = { ...own, allLocations: [location] }
  const raw = ['X-Key', 'theirs', 'x_own', 'theirs', 'X-OWN', 'theirs', 'x-key', 'theirs']
  t.same(valuesOf(sent(raw, null, makePlan(keyed, other)), 'x-key'), ['ours'])
  const atOther = lines(sent(raw, null, makePlan(other, keyed)))
  t.same(
    atOther.filter((line) => /theirs|ours/.test(line)),
    [],
    'where it is not set',
  )
  const { forwarding: replaced } = location
  const given = {
    rawHeaders: raw,
    forwarding: replaced,
    principal: null,
    tokens: null,
    clientAddress: null,
    destination: null,
  }
  const result = upstreamHeaders(makePlan(keyed, other), given)
  t.same(result.ok && valuesOf(result.headers, 'x-own'), ['ours'])
  t.same(result.ok && valuesOf(result.headers, 'x-key'), [], 'a location replaces them all')
})

t.test('upstream.headers replace what the client sends under that name, at that app', async (t) => {
  const app = makeApp({ upstream: { headers: [{ name: 'Authorization', value: new Secret('Basic b3du') }] } })
  t.same(valuesOf(sent(['authorization', 'Basic dGhlaXJz'], null, makePlan(app)), 'authorization'), [
    'Basic b3du',
  ])
  const other = makePlan(makeApp(), app)
  t.same(valuesOf(sent(['authorization', 'Basic dGhlaXJz'], null, other), 'authorization'), [
    'Basic dGhlaXJz',
  ])
})

t.test('S-042 … S-045: Connection takes away what the client sent, never what is ours', async (t) => {
  const ours = lines(sent([], alice))
  const options = [
    'X-Forwarded-User, X-Gateway-Secret',
    'x-forwarded-for,\tHost ,, FORWARDED',
    'close',
    'Keep-Alive',
  ]
  for (const option of options) t.same(lines(sent(['Connection', option], alice)), ours, option)
  t.same(
    lines(sent(['Connection', 'keep-alive', 'connection', 'X-Gateway-Secret'], alice)),
    ours,
    'two lines',
  )
  t.same(
    lines(
      sent([
        'X-Hop',
        '1',
        'Content-Type',
        'text/plain',
        'X-End',
        '2',
        'cookie',
        'a=1',
        'Connection',
        'x-hop, COOKIE, content-type',
      ]),
    ),
    lines(sent(['X-End', '2'])),
  )
  t.same(
    valuesOf(
      sent(['Connection', 'content-length, transfer-encoding, host', 'Content-Length', '5']),
      'content-length',
    ),
    ['5'],
    'the framing stays',
  )
})

t.test('S-043: more than 20 connection options are refused', async (t) => {
  const read = (...raw: readonly string[]) =>
    upstreamHeaders(plan, {
      rawHeaders: raw,
      forwarding,
      principal: null,
      tokens: null,
      clientAddress: null,
      destination: null,
    })
  t.equal(read('Connection', Array(20).fill('a').join(',')).ok, true)
  t.match(read('Connection', Array(21).fill('a').join(',')), { ok: false, reason: 'connection-options' })
  t.match(read('Connection', Array(11).fill('a').join(','), 'connection', Array(10).fill('b').join(', ')), {
    ok: false,
  })
})

t.test(
  'where requests are signed, a Content-Type that signers read in different ways is refused',
  async (t) => {
    const aws = {
      service: 'execute-api',
      region: 'eu-west-1',
      credentials: { given: null, role: null, region: 'eu-west-1' },
    } as const
    const app = makeApp()
    const { upstream } = app
    const read = (to: HeaderPlan, ...rawHeaders: readonly string[]) =>
      upstreamHeaders(to, {
        ...{ rawHeaders, forwarding, principal: null, tokens: null },
        ...{ clientAddress: null, destination: null },
      })
    const twice = ['Content-Type', 'text/plain', 'content-type', 'text/html']
    const signing = makePlan({ ...app, upstream: { ...upstream, aws } })
    t.same(read(signing, ...twice), { ok: false, reason: 'content-type-ambiguous' })
    t.equal(read(signing, ...twice.slice(2)).ok, true)
    t.equal(read(signing, 'Connection', 'content-type', ...twice).ok, true, 'taken away, it is not there')
    t.equal(read(plan, ...twice).ok, true, 'no signature holds for it')
    const lambda = { functionName: 'arn', payload: '1.0', streaming: false } as const
    const invoking = makePlan({ ...app, upstream: { ...upstream, aws, lambda } })
    t.equal(read(invoking, ...twice).ok, true, 'it is in an event')
  },
)

t.test('the length of a body is passed on when there is exactly one', async (t) => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['content-length', '0'], ['0']],
    [['Content-Length', '12345'], ['12345']],
    [['Content-Length', '5', 'Content-Length', '5'], []],
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked'], []],
    [['Transfer-Encoding', 'chunked', 'Content-Length', '5'], []],
    [['Content-Length', '+5'], []],
    [['Content-Length', '5, 5'], []],
    [['Content-Length', '0x5'], []],
    [['Content-Length', ''], []],
    [['Content-Length', '12345678901234567890'], []],
  ]
  for (const [raw, values] of cases) t.same(valuesOf(sent(raw), 'content-length'), values, shown(raw))
  t.same(valuesOf(sent(['Transfer-Encoding', 'chunked']), 'transfer-encoding'), [])
})

t.test("S-150: the app gets its own cookies in one line, and none of the gateway's", async (t) => {
  const cookies = (...raw: readonly string[]) => valuesOf(sent(raw), 'cookie')
  t.same(cookies('Cookie', 'a=1; __Host-claimgate=S; __Host-claimgate-tx-1=X; b=2'), ['a=1; b=2'])
  t.same(cookies('Cookie', 'a=1; __Host-claimgate-8443=S'), ['a=1'], 'also not those of another port')
  t.same(cookies('Cookie', '__Host-claimgate=S'), [], 'the header is absent when nothing is left')
  t.same(cookies('cookie', 'a=1', 'COOKIE', '__Host-claimgate=S; b=2'), ['a=1; b=2'])
  t.same(cookies('Cookie', 'c="x;y"; d=%zz; e=\u00e9; f'), ['c="x;y"; d=%zz; e=\u00e9; f'])
})

t.test('an unknown client address leaves the header out rather than guess', async (t) => {
  const result = upstreamHeaders(plan, {
    rawHeaders: ['X-Forwarded-For', '9.9.9.9'],
    forwarding,
    principal: null,
    tokens: null,
    clientAddress: null,
    destination: null,
  })
  t.same(result.ok && valuesOf(result.headers, 'x-forwarded-for'), [])
})

t.test('the port is that of the public address, which says it or means that of its scheme', async (t) => {
  for (const [origin, port] of [
    ['https://wiki.example', '443'],
    ['http://wiki.example', '80'],
    ['https://wiki.example:8443', '8443'],
    ['http://[2001:db8::1]:443', '443'],
    ['https://[2001:db8::80]', '443'],
  ] as const) {
    const headers = sent([], null, makePlan(makeApp({ origin })))
    t.same(valuesOf(headers, 'X-Forwarded-Port'), [port], origin)
  }
})

t.test(
  'identity headers are those of the location, for the same person at another location too',
  async (t) => {
    const other = {
      ...forwarding,
      identityHeaders: [
        { name: 'X-Who', from: 'user' },
        { name: 'X-By', from: 'provider' },
      ],
    }
    const at = (where: typeof forwarding) => {
      const result = upstreamHeaders(plan, {
        rawHeaders: [],
        forwarding: where,
        principal: alice,
        tokens: null,
        clientAddress: null,
        destination: null,
      })
      return result.ok ? lines(result.headers).filter((line) => !line.includes('Gateway')) : []
    }
    for (let i = 0; i < 2; i++) {
      t.same(at(forwarding).slice(-3), [
        'X-Forwarded-User: alice',
        'X-Forwarded-Email: alice@example.com',
        'X-Forwarded-Groups: staff,wiki',
      ])
      t.same(at(other).slice(-2), ['X-Who: alice', 'X-By: acme'])
    }
  },
)

t.test('S-064: names that mean something else cannot be configured', async (t) => {
  for (const name of [
    ...[
      'Host',
      'host',
      'Cookie',
      'Content-Length',
      'CONTENT_LENGTH',
      'Transfer-Encoding',
      'Connection',
      'TE',
      'Trailer',
    ],
    ...[
      'X-Forwarded-For',
      'x_forwarded_proto',
      'X-Forwarded-Host',
      'X-Forwarded-Prefix',
      'Forwarded',
      'Upgrade',
    ],
    ...['Sec-WebSocket-Key', 'Expect', 'Keep-Alive', 'Proxy-Authorization', 'Proxy', 'Set-Cookie'],
    'Destination',
  ]) {
    t.equal(isReservedHeader(name), true, name)
  }
  for (const name of [
    'X-Forwarded-User',
    'X-Gateway-Secret',
    'Remote-User',
    'X-Auth-Request-Email',
    'Authorization',
  ]) {
    t.equal(isReservedHeader(name), false, name)
  }
  t.equal(foldHeaderName('X_Forwarded-User'), 'x-forwarded-user')
})

t.test(
  'of a Destination that alone goes on which was judged, whatever the client wrote and Connection says',
  async (t) => {
    const raw = ['Destination', '/a', 'dEstination', '/b', 'Destination_', '/c', 'Connection', 'destination']
    t.same(valuesOf(sent(raw), 'destination'), [])
    const request = {
      rawHeaders: raw,
      forwarding,
      principal: null,
      tokens: null,
      clientAddress: null,
      destination: '/judged',
    }
    const result = upstreamHeaders(plan, request)
    t.same(result.ok && valuesOf(result.headers, 'destination'), ['/judged'])
  },
)

t.test('a Destination is said to the app by its own address', async (t) => {
  const read = (value: string) => {
    const place = { scheme: 'https', isHost: (host: string) => host === 'wiki.example' } as const
    const reading = readDestination(['Destination', value], place)
    if (!reading.ok || reading.destination === null) throw new Error(value)
    return reading.destination
  }
  const app = makeApp()
  const upstream = { ...app.upstream, basePath: '/prod' }
  const rows = [
    [app, '/a/b%20c?x', '/a/b%20c?x'],
    [app, 'https://wiki.example/a/b', 'http://inside:8080/a/b'],
    [{ ...app, upstream }, '/a', '/prod/a'],
    [{ ...app, upstream }, 'https://wiki.example/a', 'http://inside:8080/prod/a'],
    [
      { ...app, prefix: ['wiki'], upstream: { ...upstream, stripPrefix: true } },
      'https://wiki.example/wiki/a',
      'http://inside:8080/prod/a',
    ],
    [{ ...app, prefix: ['wiki'], upstream: { ...app.upstream, stripPrefix: true } }, '/wiki', '/'],
    // As Host says it then.
    [
      { ...app, upstream: { ...upstream, preserveHost: true } },
      'https://wiki.example/a',
      'http://wiki.example/prod/a',
    ],
  ] as const
  for (const [to, value, expected] of rows) t.equal(toUpstreamDestination(to, read(value)), expected)
})

t.test('the plan of an app is made once, and again for another edition of the configuration', async (t) => {
  const app = makeApp()
  const first = makePlan(app)
  t.not(makePlan(app), first)
  const gateway = {
    ownedHeaders: new Set<string>(),
    hosts: new Map(),
    apiKeys: null,
  } as unknown as Parameters<typeof headerPlan>[0]
  t.equal(headerPlan(gateway, app), headerPlan(gateway, app))
})
