import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { RequestFacts } from '../../../src/http/admission/request-facts.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { type Ask, admitted, facts, refused, runtime } from './gate-rig.ts'

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
