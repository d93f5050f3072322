import t from 'tap'
import { unknownClient } from '../../../src/core/request/forwarded.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import { judgeOfCaller, routeRequest } from '../../../src/http/admission/routed-request.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { admitted, facts, gateway, live, load, refused, runtime, session, text } from './gate-rig.ts'

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
