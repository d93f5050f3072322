import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { unknownClient } from '../../../src/core/request/forwarded.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import type { Session } from '../../../src/core/session/session.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { RequestFacts } from '../../../src/http/admission/request-facts.ts'
import { judgeOfCaller, routeRequest } from '../../../src/http/admission/routed-request.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { sessionOfAlice } from '../../support/issued.ts'
import { orRejected } from '../../support/thrown.ts'

const text = `
trusted_proxies: [10.0.0.1]
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    allow_encoded: [slash]
    max_body: 1KiB
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /admin, require: { groups: admins } }
      - { path: /form, methods: [POST], require: signed_in }
      - { path: /office, require: { client_ip: 192.0.2.0/24 } }
      - { path: /cors, require: signed_in, cors_preflight: pass }
      - { path: /cors/closed/part, require: signed_in }
      - { path: /cors/nobody/part, require: nobody, cors_preflight: pass }
      - { path: /public/secret/part, require: { groups: admins } }
  docs:
    url: https://wiki.example/docs
    upstream: http://10.9.9.9:5001
    shared_secret: the-secret-that-the-docs-check-on-each-request
    locations:
      - { path: /docs/open, require: anyone }
`

const gateway = load(text)

function load(yaml: string): Gateway {
  const loaded = loadGatewayFromText(yaml, {
    file: 'gate.yaml',
    folder: '/',
    env: {},
    readFile: readFromDisk,
  })
  if (!loaded.ok) throw new Error(loaded.issues.map((issue) => issue.message).join('\n'))
  return loaded.gateway
}

const session = (user: string): Session => ({
  key: 'k'.repeat(64),
  origin: 'https://wiki.example',
  issuer: 'https://acme.example.com',
  clientId: 'id',
  user,
  claims: {},
  idToken: '',
  ...sessionOfAlice,
  signedInAt: 0,
  lastSeenAt: 0,
  signIn: { stateHash: '', returnTo: '/' },
})

const live = (user: string, groups: readonly string[]): SessionLookup => ({
  kind: 'live',
  session: session(user),
  principal: { user, provider: 'op', claims: { groups } },
  resealed: null,
})

const callers: Readonly<Record<string, SessionLookup>> = {
  alice: live('alice', []),
  adam: live('adam', ['admins']),
  gone: { kind: 'none', why: 'session-ended' },
}

/** A runtime of which the gate needs the model and the sessions; `lookedUp` counts what it asked. */
function runtime(find?: () => SessionLookup): { readonly runtime: Runtime; readonly lookedUp: () => number } {
  let count = 0
  const sessions = {
    use: (cookie: string) => {
      count += 1
      return find === undefined ? (callers[cookie] ?? { kind: 'none', why: 'session-unreadable' }) : find()
    },
  }
  const clock = { now: () => 1_800_000_000 }
  return { runtime: { gateway, sessions, clock } as unknown as Runtime, lookedUp: () => count }
}

function admitted(request: RequestFacts, find?: () => SessionLookup): Promise<unknown> {
  return orRejected(async () => admit(runtime(find).runtime, request, 'request-7', 12.5))
}

interface Ask {
  readonly method?: string
  readonly host?: string
  readonly as?: string
  readonly headers?: IncomingHttpHeaders
  readonly peer?: string
}

function facts(url: string, ask: Ask = {}): RequestFacts {
  const cookie = ask.as === undefined ? {} : { cookie: `__Host-claimgate=${ask.as}` }
  const headers: IncomingHttpHeaders = {
    host: ask.host ?? 'wiki.example',
    accept: 'text/html',
    ...cookie,
    ...ask.headers,
  }
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  const remoteAddress = ask.peer ?? '198.51.100.7'
  return {
    method: ask.method ?? 'GET',
    url,
    httpVersion: '1.1',
    headers,
    rawHeaders,
    socket: { remoteAddress },
  }
}

const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' }

const verdicts: readonly (readonly [
  url: string,
  ask: Ask,
  kind: string,
  reason: string,
  location?: string,
])[] = [
  ['/public/x', {}, 'allow', 'open-to-anyone', '/public'],
  ['/publicity', {}, 'challenge', 'no-session', '*'],
  ['/x', { as: 'alice' }, 'allow', 'rule-met', '*'],
  ['/x', { as: 'gone' }, 'challenge', 'session-ended'],
  ['/x', { as: 'forged' }, 'challenge', 'session-unreadable'],
  [
    '/x',
    { headers: { cookie: '__Host-claimgate=alice; __Host-claimgate=adam' } },
    'challenge',
    'session-ambiguous',
  ],
  ['/maybe', {}, 'allow', 'maybe-signed-in'],
  ['/admin/x', { as: 'alice' }, 'deny', 'rule-not-met', '/admin'],
  ['/admin/x', { as: 'adam' }, 'allow', 'rule-met'],
  ['/admin%2Fx', { as: 'alice' }, 'deny', 'rule-not-met'],
  ['/admin%2Fx', { as: 'adam' }, 'allow', 'rule-met'],
  ['/public%2F..%2Fadmin', {}, 'reject', 'target-dot-segment'],
  ['/docs%2Fx', { as: 'adam' }, 'reject', 'target-ambiguous'],
  ['/public/../admin', {}, 'reject', 'target-dot-segment'],
  ['/form', { method: 'POST', as: 'alice' }, 'allow', 'rule-met', '/form [POST]'],
  ['/form', { method: 'GET', as: 'alice' }, 'reject', 'method-not-allowed'],
  ['/form', { method: 'OPTIONS', headers: preflight }, 'reject', 'method-not-allowed'],
  ['/x', { method: 'TRACE', as: 'alice' }, 'reject', 'method-not-allowed'],
  ['/office', {}, 'deny', 'client-address'],
  ['/office', { peer: '192.0.2.9', as: 'alice' }, 'allow', 'rule-met'],
  [
    '/office',
    { peer: '10.0.0.1', headers: { 'x-forwarded-for': '192.0.2.9' }, as: 'alice' },
    'allow',
    'rule-met',
  ],
  [
    '/office',
    { peer: '198.51.100.7', headers: { 'x-forwarded-for': '192.0.2.9' }, as: 'alice' },
    'deny',
    'client-address',
  ],
  [
    '/office',
    { peer: '10.0.0.1', headers: { 'x-forwarded-for': 'nonsense' }, as: 'alice' },
    'deny',
    'client-address',
  ],
  ['/docs/open/x', {}, 'allow', 'open-to-anyone', '/docs/open'],
  ['/docs/other', { as: 'adam' }, 'deny', 'no-location'],
  ['/x', { host: 'evil.example' }, 'reject', 'host-unknown'],
  ['/x', { host: 'wiki.example:443', as: 'alice' }, 'allow', 'rule-met'],
  ['/x', { host: 'WIKI.example', as: 'alice' }, 'allow', 'rule-met'],
  ['/x', { host: 'wiki.example:8443' }, 'reject', 'host-unknown'],
  ['/x', { host: 'a@wiki.example' }, 'reject', 'host-invalid'],
  [
    '/x',
    { as: 'alice', peer: '10.0.0.1', headers: { 'x-forwarded-proto': 'http' } },
    'deny',
    'insecure-scheme',
  ],
  [
    '/x',
    { as: 'alice', peer: '198.51.100.7', headers: { 'x-forwarded-proto': 'http' } },
    'allow',
    'rule-met',
  ],
  ['/.auth/health', { host: 'anything.example' }, 'allow', 'gateway-address'],
  ['/.auth/health', { host: 'anything.example', method: 'POST' }, 'reject', 'method-not-allowed'],
  ['/.auth/login', {}, 'allow', 'gateway-address'],
  ['/.auth/login', { method: 'PUT' }, 'reject', 'method-not-allowed'],
  ['/.auth/nope', { as: 'adam' }, 'reject', 'address-unknown'],
  ['/.auth', { as: 'adam' }, 'reject', 'address-unknown'],
  ['/.auth%2Fnope', { as: 'adam' }, 'reject', 'target-ambiguous'],
  ['/.auth;x/me', { as: 'adam' }, 'reject', 'target-ambiguous'],
  ['/.auth/me;x', { as: 'adam' }, 'reject', 'address-unknown'],
  ['/%2Eauth/login', {}, 'allow', 'gateway-address'],
  ['/x', { as: 'alice', headers: { expect: 'the-unexpected' } }, 'reject', 'expectation-unknown'],
  ['/x', { as: 'alice', method: 'POST', headers: { 'content-length': '1025' } }, 'reject', 'body-too-large'],
  ['/x', { method: 'POST', headers: { 'content-length': '1025' } }, 'challenge', 'no-session'],
  ['/x', { as: 'alice', method: 'POST', headers: { 'content-length': '1024' } }, 'allow', 'rule-met'],
  [
    '/cors',
    { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } },
    'allow',
    'preflight',
  ],
  ['/cors', { method: 'OPTIONS', headers: { origin: 'https://a.example' } }, 'challenge', 'no-session'],
  // Of two readings both must let it pass, whichever of them is the one that does not.
  ['/cors/other%2Fpart', { method: 'OPTIONS', headers: preflight }, 'allow', 'preflight', '/cors'],
  ['/cors/closed%2Fpart', { method: 'OPTIONS', headers: preflight }, 'challenge', 'no-session'],
  ['/cors%2Fother', { method: 'OPTIONS', headers: preflight }, 'challenge', 'no-session'],
  ['/cors/nobody%2Fpart', { method: 'OPTIONS', headers: preflight }, 'deny', 'nobody-allowed'],
  ['/public%2Fx', { as: 'alice' }, 'allow', 'rule-met', '*'],
  ['/public/secret%2Fpart', {}, 'challenge', 'no-session', '/public/secret/part'],
  ['/public/secret%2Fpart', { as: 'alice' }, 'deny', 'rule-not-met', '/public/secret/part'],
  // Who may pass is the strictest reading's to say; what else a location says is that of the path as it stands.
  ['/public/secret%2Fpart', { as: 'adam' }, 'allow', 'rule-met', '/public'],
  [
    '/x',
    { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } },
    'challenge',
    'no-session',
  ],
]

t.test('one request, one verdict', async (t) => {
  for (const [url, ask, kind, reason, location] of verdicts) {
    const name = `${ask.method ?? 'GET'} ${url} as ${ask.as ?? 'nobody'} ${JSON.stringify(ask.headers ?? {})}`
    const admission = await admitted(facts(url, ask))
    t.match(admission, { decision: { kind, reason } }, name)
    if (location !== undefined) t.match(admission, { location: { label: location } }, name)
  }
})

t.test('no store is touched for what is open, refused or ours', async (t) => {
  const asks: readonly (readonly [string, Ask])[] = [
    ['/public/x', {}],
    ['/nope/../x', {}],
    ['/docs/other', {}],
    ['/.auth/login', {}],
    ['/.auth/nope', {}],
    ['/form', {}],
    ['/cors', { method: 'OPTIONS', headers: preflight }],
  ]
  for (const [url, ask] of asks) {
    const { runtime: asked, lookedUp } = runtime()
    await admit(asked, facts(url, { as: 'alice', ...ask }), 'id', 0)
    t.equal(lookedUp(), 0, url)
  }
})

t.test('a store that does not answer lets nobody in, and the answer is its fault', async (t) => {
  const fault = new StoreFault('STORE_UNAVAILABLE', 'the disk is gone')
  const throwing = () => {
    throw fault
  }
  const rejecting = (() => Promise.reject(fault)) as unknown as () => SessionLookup
  for (const find of [throwing, rejecting]) {
    t.match(await admitted(facts('/maybe', { as: 'alice' }), find), {
      decision: { kind: 'deny', reason: 'undecided' },
      fault: { code: 'STORE_UNAVAILABLE' },
      principal: null,
      session: null,
      app: { name: 'wiki' },
      location: { label: '/maybe' },
      detail: null,
    })
  }
})

t.test('a navigation is redirected, everything else is told 401 (S-119, S-120)', async (t) => {
  const how = async (ask: Ask) => {
    const { decision } = await admit(runtime().runtime, facts('/x', ask), 'id', 0)
    return decision.kind === 'challenge' ? decision.how : decision.kind
  }
  t.equal(await how({}), 'redirect')
  t.equal(await how({ headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } }), 'redirect')
  t.equal(
    await how({ headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' } }),
    'unauthorized',
  )
  t.equal(await how({ headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } }), 'unauthorized')
  t.equal(await how({ headers: { accept: 'application/json' } }), 'unauthorized')
  t.equal(await how({ headers: { 'x-requested-with': 'XMLHttpRequest' } }), 'unauthorized')
  t.equal(await how({ headers: { authorization: 'Bearer x' } }), 'unauthorized')
  t.equal(await how({ method: 'POST' }), 'unauthorized')
})

t.test(
  'HTTP/2.0 in the request line, a transfer coding in 1.0, and 101 headers are refused (S-058, S-070, S-077)',
  async (t) => {
    const ask = (changed: Partial<RequestFacts>) => admitted({ ...facts('/public'), ...changed })
    const lines = (count: number) => Array.from({ length: 2 * count }, () => 'x')
    t.match(await ask({ httpVersion: '2.0' }), refused(505, 'http-version'))
    t.match(await ask({ httpVersion: '1.0' }), { decision: { kind: 'allow' } })
    const chunked = { 'transfer-encoding': 'chunked' }
    t.match(await ask({ httpVersion: '1.0', headers: chunked }), refused(400, 'http-version'))
    t.match(await ask({ headers: { ...facts('/public').headers, ...chunked } }), {
      decision: { kind: 'allow' },
    })
    const { rawHeaders } = facts('/public')
    t.match(await ask({ rawHeaders: [...rawHeaders, ...lines(99)] }), refused(431, 'too-many-headers'))
    t.match(await ask({ rawHeaders: [...rawHeaders, ...lines(98)] }), { decision: { kind: 'allow' } })
    const expects = (expect: string) => ask({ headers: { ...facts('/public').headers, expect } })
    t.match(await expects('100-Continue'), { decision: { kind: 'allow' } }, 'in whatever case')
    t.match(await expects('101-continue'), refused(417, 'expectation-unknown'))
  },
)

/** Nothing else is known of what is refused before it is looked at. */
function refused(status: number, reason: string) {
  return {
    decision: { kind: 'reject', status, reason },
    origin: null,
    target: null,
    address: null,
    app: null,
  }
}

t.test('an admission says what was found out about the request, and about who asks', async (t) => {
  const found = (): SessionLookup =>
    ({ ...live('adam', ['admins']), resealed: 'sealed anew' }) as SessionLookup
  t.match(await admitted(facts('/admin/x?q=1', { as: 'adam' }), found), {
    requestId: 'request-7',
    startedAt: 12.5,
    method: 'GET',
    origin: { origin: 'https://wiki.example' },
    address: null,
    app: { name: 'wiki' },
    location: { label: '/admin' },
    target: { path: '/admin/x', query: '?q=1' },
    session: { user: 'adam' },
    principal: { user: 'adam', provider: 'op' },
    resealed: 'sealed anew',
    clientAddress: '198.51.100.7',
    network: { key: '198.51.100.7', hidden: false },
    wantsPage: true,
    decision: { kind: 'allow', reason: 'rule-met', principal: { user: 'adam' } },
    fault: null,
    detail: null,
    shadow: null,
  })
  t.match(await admitted(facts('/x')), {
    session: null,
    principal: null,
    resealed: null,
    decision: { kind: 'challenge', providers: ['op'] },
  })
})

t.test('a refusal by a rule names the condition for the log, and the person who is refused', async (t) => {
  t.match(await admitted(facts('/admin/x', { as: 'alice' })), {
    decision: { kind: 'deny', reason: 'rule-not-met', principal: { user: 'alice' } },
    principal: { user: 'alice' },
    session: { user: 'alice' },
    detail: /^groups was an empty list, rule wants "admins"$/,
  })
  t.match(
    await admitted(facts('/docs/other', { as: 'adam' })),
    { decision: { kind: 'deny', reason: 'no-location' }, detail: null, session: null, principal: null },
    'where no rule is, none is named, and nobody is looked up',
  )
  t.match(await admitted(facts('/admin/x')), { decision: { kind: 'challenge' }, detail: null })
})

t.test('what is refused for its form bears nobody’s name, though a session came with it', async (t) => {
  const headers = { 'content-length': '1025' }
  t.match(await admitted(facts('/x', { as: 'alice', method: 'POST', headers })), {
    decision: { kind: 'reject', status: 413, reason: 'body-too-large' },
    app: { name: 'wiki' },
    location: { label: '*' },
    session: null,
    resealed: null,
    principal: null,
    detail: null,
  })
  t.match(
    await admitted(facts('/form', { as: 'alice' })),
    {
      decision: { kind: 'reject', status: 405, reason: 'method-not-allowed', allow: ['POST'] },
      app: { name: 'wiki' },
      location: null,
      session: null,
      detail: null,
    },
    'a method that no location has is told those that are',
  )
  t.match(await admitted(facts('/docs%2Fx', { as: 'adam' })), {
    decision: { kind: 'reject', status: 400, allow: undefined },
    app: { name: 'wiki' },
  })
})

t.test('an address of the gateway’s own speaks for the app at the root of its origin', async (t) => {
  t.match(await admitted(facts('/.auth/login?provider=op', { as: 'alice' })), {
    address: 'login',
    origin: { origin: 'https://wiki.example' },
    app: { name: 'wiki' },
    location: null,
    target: { path: '/.auth/login', query: '?provider=op' },
    session: null,
    principal: null,
    decision: { kind: 'allow', reason: 'gateway-address', principal: null },
  })
  t.match(await admitted(facts('/.auth/login', { method: 'PUT' })), {
    address: 'login',
    app: { name: 'wiki' },
    decision: { kind: 'reject', status: 405, allow: ['GET'] },
  })
  t.match(await admitted(facts('/.auth/health', { host: 'anything.example' })), {
    address: 'health',
    origin: null,
    decision: { kind: 'allow', reason: 'gateway-address', principal: null },
  })
  t.match(await admitted(facts('/.auth/health', { method: 'POST' })), {
    decision: { kind: 'reject', status: 405, reason: 'method-not-allowed', allow: ['GET', 'HEAD'] },
  })
  const origin = gateway.hosts.get('wiki.example')
  const bare = { ...gateway, hosts: new Map(origin && [['wiki.example', { ...origin, apps: [] }]]) }
  const { sessions, clock } = runtime().runtime
  const context = { gateway: bare, sessions, clock }
  t.equal((await admit(context, facts('/.auth/login'), 'id', 0)).app, null, 'or for none')
  t.match(await admitted(facts('/.auth/nope')), {
    decision: { kind: 'reject', status: 404, reason: 'address-unknown' },
  })
  t.match(await admitted(facts('/.auth%2Fnope')), {
    decision: { kind: 'reject', status: 400, reason: 'target-ambiguous' },
  })
})

t.test('a Host that is unknown or no Host is refused with a status of its own', async (t) => {
  const unknown = await admitted(facts('/x', { host: 'wikki.example' }))
  t.match(unknown, refused(421, 'host-unknown'))
  t.match(
    (unknown as Admission).detail,
    /^the Host is "wikki\.example", and the nearest `url` is https:\/\/wiki\.example; /,
  )
  t.match(await admitted(facts('/x', { host: 'a@wiki.example' })), refused(400, 'host-invalid'))
  t.match(await admitted(facts('/nope/../x')), {
    decision: { kind: 'reject', status: 400, reason: 'target-dot-segment' },
    origin: { origin: 'https://wiki.example' },
    target: null,
  })
})

t.test('a request without method or target is refused, not an error', async (t) => {
  const { method: _, url: __, ...bare } = facts('/public')
  t.match(await admitted({ ...bare, method: 'GET' }), {
    decision: { kind: 'reject', status: 400, reason: 'target-form' },
  })
  t.match(await admitted({ ...bare, url: '/form' }), {
    method: '',
    decision: { kind: 'reject', status: 405 },
  })
})

t.test('a person’s browser is answered by pages, also where it sent a form', async (t) => {
  t.match(await admitted(facts('/x', { method: 'POST' })), { wantsPage: true })
  t.match(await admitted(facts('/x', { headers: { accept: 'application/json' } })), { wantsPage: false })
})

t.test('the scheme that a trusted proxy says counts for https alone', async (t) => {
  const said = (proto: string) => ({
    as: 'alice',
    peer: '10.0.0.1',
    headers: { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': proto },
  })
  t.match(await admitted(facts('/x', said('https'))), {
    decision: { kind: 'allow' },
    clientAddress: '192.0.2.9',
  })
  t.match(await admitted(facts('/x', said('http'))), {
    decision: { kind: 'deny', reason: 'insecure-scheme', principal: null },
    app: null,
    session: null,
  })
  const plain = load(
    text.replace('https://wiki.example\n', 'http://localhost:8080\n').replace(/\n {2}docs:[\s\S]*/, '\n'),
  )
  const { sessions, clock } = runtime().runtime
  const request = facts('/x', { ...said('http'), host: 'localhost:8080' })
  t.match(await admit({ gateway: plain, sessions, clock }, request, 'id', 0), {
    decision: { kind: 'challenge' },
  })
})

t.test('a client whose address nobody can tell has none', async (t) => {
  const hidden = { peer: '10.0.0.1', headers: { 'x-forwarded-for': 'nonsense' } }
  t.match(await admitted(facts('/public', hidden)), {
    decision: { kind: 'allow' },
    clientAddress: null,
    network: { key: 'unknown', hidden: true },
  })
  t.match(await admitted(facts('/office', { ...hidden, as: 'alice' })), {
    decision: { kind: 'deny', reason: 'client-address' },
    detail: /^client_ip was no address that can be believed/,
  })
})

t.test('what is thrown and no fault of the store’s goes on to whoever asked', async (t) => {
  const broken = new TypeError('a mistake of ours')
  const throwing = () => {
    throw broken
  }
  const rejecting = (() => Promise.reject(broken)) as unknown as () => SessionLookup
  for (const find of [throwing, rejecting])
    t.equal(await admitted(facts('/x', { as: 'alice' }), find), broken)
  const later = (() => Promise.resolve(live('adam', ['admins']))) as unknown as () => SessionLookup
  t.match(
    await admitted(facts('/admin', { as: 'adam' }), later),
    { session: { user: 'adam' } },
    'one that takes time',
  )
})

t.test('who came for this very page with another provider is refused, not sent round', async (t) => {
  const two = load(`
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:" }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    provider: [op, other]
    require: signed_in
    locations:
      - { path: /admin, require: { provider: other } }
`)
  const ask = async (returnTo: string, headers = {}) => {
    const found = {
      ...live('adam', []),
      session: { ...session('adam'), signIn: { stateHash: '', returnTo } },
    }
    const sessions = { use: () => found as SessionLookup, lookUp: () => found as SessionLookup }
    const { decision } = await admit(
      { gateway: two, sessions, clock: runtime().runtime.clock },
      facts('/admin/x?a=1', { as: 'adam', headers }),
      'id',
      0,
    )
    return decision.kind === 'challenge'
      ? `${decision.how} ${decision.reason} ${decision.providers}`
      : decision.reason
  }
  t.equal(await ask('/'), 'redirect other-provider-needed other')
  t.equal(await ask('/admin/x'), 'redirect other-provider-needed other', 'another page is another page')
  t.equal(await ask('/admin/x?a=1'), 'rule-not-met')
  t.equal(await ask('/', { authorization: 'Bearer x' }), 'unauthorized other-provider-needed other')
})

t.test('a route is decided at once, or by locations that may ask who it is', async (t) => {
  const origin = gateway.hosts.get('wiki.example')
  if (origin === undefined) throw new Error('the file has the origin')
  const route = (path: string) => {
    const reading = readTarget(path)
    if (!reading.ok) throw new Error(reading.reason)
    const { target } = reading
    return routeRequest(origin, {
      method: 'GET',
      target,
      headers: {},
      client: unknownClient,
      certificate: null,
      now: 0,
    })
  }
  t.match(route('/x'), { kind: 'routed', location: { label: '*' }, second: null, facts: { page: '/x' } })
  t.match(route('/form'), { kind: 'decided', verdict: { location: null, detail: null } })
  t.same(
    ['/x', '/public', '/form', '/public/secret%2Fpart'].map((path) => judgeOfCaller(route(path)) !== null),
    [true, false, false, true],
  )
})
