import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Session } from '../../../src/core/session/session.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { RequestFacts } from '../../../src/http/admission/request-facts.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'

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
  return { runtime: { gateway, sessions } as unknown as Runtime, lookedUp: () => count }
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
  ['/docs%2Fx', { as: 'adam' }, 'reject', 'target-encoded-slash'],
  ['/public/../admin', {}, 'reject', 'target-dot-segment'],
  ['/form', { method: 'POST', as: 'alice' }, 'allow', 'rule-met', '/form [POST]'],
  ['/form', { method: 'GET', as: 'alice' }, 'reject', 'method-not-allowed'],
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
  ['/.auth/login', { method: 'POST' }, 'reject', 'method-not-allowed'],
  ['/.auth/nope', { as: 'adam' }, 'reject', 'address-unknown'],
  ['/.auth', { as: 'adam' }, 'reject', 'address-unknown'],
  ['/.auth%2Fnope', { as: 'adam' }, 'reject', 'target-encoded-slash'],
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
  ['/cors/nobody%2Fpart', { method: 'OPTIONS', headers: preflight }, 'deny', 'nobody'],
  ['/public/secret%2Fpart', {}, 'challenge', 'no-session', '/public/secret/part'],
  ['/public/secret%2Fpart', { as: 'alice' }, 'deny', 'rule-not-met', '/public/secret/part'],
  ['/public/secret%2Fpart', { as: 'adam' }, 'allow', 'rule-met', '/public/secret/part'],
  [
    '/x',
    { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } },
    'challenge',
    'no-session',
  ],
]

t.test('one request, one verdict', async (t) => {
  for (const [url, ask, kind, reason, location] of verdicts) {
    const admission = await admit(runtime().runtime, facts(url, ask), 'id', 0)
    const name = `${ask.method ?? 'GET'} ${url} as ${ask.as ?? 'nobody'} ${JSON.stringify(ask.headers ?? {})}`
    t.match(admission.decision, { kind, reason }, name)
    if (location !== undefined) t.equal(admission.location?.label, location, name)
  }
})

t.test('no store is touched for what is open, refused or ours', async (t) => {
  for (const url of ['/public/x', '/nope/../x', '/docs/other', '/.auth/login', '/.auth/nope']) {
    const { runtime: asked, lookedUp } = runtime()
    await admit(asked, facts(url, { as: 'alice' }), 'id', 0)
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
    const admission = await admit(runtime(find).runtime, facts('/maybe', { as: 'alice' }), 'id', 0)
    t.match(admission.decision, { kind: 'deny', reason: 'undecided' })
    t.equal(admission.fault, fault)
    t.equal(admission.principal, null)
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
    const ask = async (changed: Partial<RequestFacts>) => {
      const { decision } = await admit(runtime().runtime, { ...facts('/public'), ...changed }, 'id', 0)
      return decision.kind === 'reject' ? decision.status : decision.kind
    }
    t.equal(await ask({ httpVersion: '2.0' }), 505)
    t.equal(await ask({ httpVersion: '1.0' }), 'allow')
    t.equal(await ask({ httpVersion: '1.0', headers: { 'transfer-encoding': 'chunked' } }), 400)
    const many = [...facts('/public').rawHeaders, ...Array.from({ length: 200 }, () => 'x')]
    t.equal(await ask({ rawHeaders: many }), 431)
  },
)
