import t from 'tap'
import type { Decision } from '../../src/core/decision.ts'
import type { Access, Forwarding, Location } from '../../src/core/gateway.ts'
import { type Caller, type DecisionFacts, decide, needsCaller, stricter } from '../../src/core/policy.ts'
import { readAddress, readAddressRange } from '../../src/core/request/address.ts'
import { isNavigation, type RequestHeaders, sendsCredential } from '../../src/core/request/navigation.ts'
import { askedMethod, passesPreflight } from '../../src/core/request/preflight.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import type { Scalar } from '../../src/core/rules/matcher.ts'
import type { JudgedAddress, Requirement } from '../../src/core/rules/requirement.ts'

const forwarding: Forwarding = {
  tokenHeaders: [],
  identityHeaders: [],
  timeouts: { connectSeconds: 5, responseSeconds: 60, idleSeconds: 300, keepAliveSeconds: null, body: null },
  maxBodyBytes: null,
  websocketOrigins: null,
  corsPreflight: 'deny',
  cache: 'private',
  upstreamAuthorization: 'pass',
  cors: { kind: 'deny' },
  corsHeaders: [],
}

function at(access: Access, rest: Partial<Location> = {}): Location {
  const pattern = { segments: [], written: [], exact: false }
  return {
    label: '/',
    pattern,
    methods: null,
    access,
    unauthenticated: 'sign_in',
    credentials: ['session'],
    stepUp: null,
    limits: [],
    limitsFail: 'open',
    resume: 'none',
    maxResumedBodyBytes: 0,
    forwarding,
    ...rest,
  }
}

function rule(requirement: Requirement, rest: Partial<Location> = {}): Location {
  return at({ kind: 'rule', requirement }, rest)
}

function is(path: string, ...values: readonly Scalar[]): Requirement {
  return {
    kind: 'claim',
    path,
    matcher: { tests: [{ kind: 'is', values }], not: null, exists: null, text: '' },
  }
}

const signedIn: Requirement = { kind: 'signed_in' }
const all = (...members: readonly Requirement[]): Requirement => ({ kind: 'all', members })
const any = (...members: readonly Requirement[]): Requirement => ({ kind: 'any', members })
const provider = (...names: readonly string[]): Requirement => ({ kind: 'provider', names })

function office(): Requirement {
  const reading = readAddressRange('10.0.0.0/8')
  if (!reading.ok) throw new Error(reading.reason)
  return { kind: 'client_ip', ranges: [reading.range] }
}

function address(text: string): JudgedAddress {
  const read = readAddress(text)
  return read && { ...read, text }
}

const facts: DecisionFacts = {
  acceptedProviders: ['acme', 'partner'],
  signInProviders: ['acme', 'partner'],
  clientAddress: address('192.0.2.1'),
  certificate: null,
  driven: false,
  navigation: true,
  credentialSent: false,
  page: '/deep/link?a=b',
  now: 1_800_000_000,
}
const inOffice = { ...facts, clientAddress: address('10.1.1.1') }

const nobody: Caller = { kind: 'anonymous', why: 'no-session' }

function person(claims: Claims = {}, name = 'acme', returnTo = '/'): Caller {
  const signIn = { stateHash: 'h', returnTo }
  return { kind: 'signed-in', principal: { user: 'u', provider: name, claims }, signIn, scopes: [] }
}

/** Kind, reason and what else differs, in one line. */
function told(decision: Decision): string {
  switch (decision.kind) {
    case 'allow':
    case 'deny':
      return `${decision.kind} ${decision.reason}${decision.principal === null ? '' : ` ${decision.principal.user}`}`
    case 'challenge':
      return `${decision.how} ${decision.reason} ${decision.providers.join('+')}`
    case 'reject':
      return `${decision.status} ${decision.reason}`
  }
}

/** By a token of a person, or a key: an operator’s where `api_keys` vouches, else a person’s. */
function program(by: 'bearer' | 'api_key', name: string): Caller {
  const how = by === 'bearer' ? { kind: by, isClient: false } : { kind: by, id: 'i', name: 'n' }
  return {
    ...{ kind: 'signed-in', signIn: null, scopes: [] },
    principal: { user: 'u', provider: name, claims: {}, by: how },
  }
}

t.test('a token or key counts where it is listed and whoever vouches for it is accepted', async (t) => {
  const rows: readonly (readonly [Location['credentials'], Caller, string])[] = [
    [['bearer'], program('bearer', 'acme'), 'allow rule-met u'],
    [['bearer'], program('bearer', 'gone'), 'unauthorized credential-unknown '],
    [['session', 'api_key'], program('bearer', 'acme'), 'unauthorized credential-not-accepted '],
    [['api_key'], program('api_key', 'api_keys'), 'allow rule-met u'],
    [['api_key'], program('api_key', 'acme'), 'allow rule-met u'],
    [['api_key'], program('api_key', 'gone'), 'unauthorized credential-unknown '],
    [['session', 'bearer'], program('api_key', 'api_keys'), 'unauthorized credential-not-accepted '],
    [['bearer'], program('bearer', 'api_keys'), 'unauthorized credential-unknown '],
    [['bearer', 'api_key'], person(), 'unauthorized no-credential '],
  ]
  for (const [credentials, caller, verdict] of rows)
    t.equal(
      told(decide(rule(signedIn, { credentials }), caller, facts)),
      verdict,
      `${credentials} ${verdict}`,
    )
})

t.test('open and closed locations', async (t) => {
  const rows: readonly (readonly [Access, Caller, string])[] = [
    [{ kind: 'anyone' }, nobody, 'allow open-to-anyone'],
    [{ kind: 'anyone' }, person(), 'allow open-to-anyone'],
    [{ kind: 'maybe_signed_in' }, nobody, 'allow maybe-signed-in'],
    [{ kind: 'maybe_signed_in' }, person(), 'allow maybe-signed-in u'],
    [{ kind: 'maybe_signed_in' }, person({}, 'gone'), 'allow maybe-signed-in'],
    [{ kind: 'maybe_signed_in' }, { kind: 'anonymous', why: 'session-expired' }, 'allow maybe-signed-in'],
    [{ kind: 'nobody' }, nobody, 'deny nobody-allowed'],
    [{ kind: 'nobody' }, person(), 'deny nobody-allowed'],
  ]
  for (const [access, caller, expected] of rows) t.equal(told(decide(at(access), caller, facts)), expected)
})

t.test('S-207: what no location covers, in an app without a rule, is denied without a sign-in', async (t) => {
  const fallback = at({ kind: 'nobody', because: 'no-location' })
  for (const caller of [nobody, person()]) t.equal(told(decide(fallback, caller, facts)), 'deny no-location')
})

t.test('S-207: a rule of nothing lets nobody in', async (t) => {
  for (const empty of [all(), any(), { kind: 'none', members: [] } as const]) {
    t.equal(decide(rule(empty), person(), inOffice).kind, 'deny', empty.kind)
    t.not(decide(rule(empty), nobody, inOffice).kind, 'allow', empty.kind)
  }
})

t.test('only who asks by rule or may be identified needs a session', async (t) => {
  t.strictSame(
    [at({ kind: 'anyone' }), at({ kind: 'nobody' }), at({ kind: 'maybe_signed_in' }), rule(signedIn)].map(
      needsCaller,
    ),
    [false, false, true, true],
  )
})

t.test('a rule: met, not met, or not known before a sign-in', async (t) => {
  const staff = is('org', '00D')
  const rows: readonly (readonly [string, Requirement, Caller, DecisionFacts, string])[] = [
    ['met', staff, person({ org: '00D' }), facts, 'allow rule-met u'],
    ['not met', staff, person({ org: '00E' }), facts, 'deny rule-not-met u'],
    ['unknown is not met', staff, person(), facts, 'deny rule-not-met u'],
    ['nobody yet', staff, nobody, facts, 'redirect no-session acme+partner'],
    [
      'why there is no session',
      staff,
      { kind: 'anonymous', why: 'session-idle' },
      facts,
      'redirect session-idle acme+partner',
    ],
    ['the address alone', office(), nobody, inOffice, 'allow rule-met'],
    ['the address alone, with a session', office(), person(), inOffice, 'allow rule-met u'],
    ['another address', office(), nobody, facts, 'deny client-address'],
    ['another address, with a session', office(), person(), facts, 'deny client-address u'],
    ['no known address', office(), nobody, { ...facts, clientAddress: null }, 'deny client-address'],
    [
      'none of the office, no known address',
      { kind: 'none', members: [office()] },
      nobody,
      { ...facts, clientAddress: null },
      'deny client-address',
    ],
    [
      'none of the office, from outside',
      { kind: 'none', members: [office()] },
      nobody,
      facts,
      'redirect no-session acme+partner',
    ],
    ['office or staff', any(office(), staff), nobody, facts, 'redirect no-session acme+partner'],
    ['office or staff, in the office', any(office(), staff), nobody, inOffice, 'allow rule-met'],
    ['office and staff, from outside', all(office(), staff), nobody, facts, 'deny client-address'],
    [
      'office and staff, in the office',
      all(office(), staff),
      nobody,
      inOffice,
      'redirect no-session acme+partner',
    ],
    [
      'what no provider can satisfy',
      { kind: 'none', members: [signedIn] },
      nobody,
      facts,
      'deny rule-not-met',
    ],
  ]
  for (const [name, requirement, caller, asked, expected] of rows) {
    t.equal(told(decide(rule(requirement), caller, asked)), expected, name)
  }
})

t.test('S-218: a claim that was not sent, or is not verified, does not let in', async (t) => {
  t.equal(told(decide(rule(is('groups', 'admin')), person({ sub: 'x' }), facts)), 'deny rule-not-met u')
  t.equal(
    told(decide(rule(is('email', 'a@b.example')), person({ email_verified: false }), facts)),
    'deny rule-not-met u',
  )
})

t.test(
  'only a navigation without a credential is redirected, and only where the location signs in',
  async (t) => {
    const rows: readonly (readonly [Partial<DecisionFacts>, Location['unauthenticated'], string])[] = [
      [{}, 'sign_in', 'redirect'],
      [{ navigation: false }, 'sign_in', 'unauthorized'],
      [{ credentialSent: true }, 'sign_in', 'unauthorized'],
      [{}, 'deny', 'unauthorized'],
    ]
    for (const [changed, unauthenticated, how] of rows) {
      const decision = decide(rule(signedIn, { unauthenticated }), nobody, { ...facts, ...changed })
      t.match(decision, { kind: 'challenge', how }, JSON.stringify([changed, unauthenticated]))
    }
  },
)

t.test('several providers: who came from the wrong one is sent to another, once a page', async (t) => {
  const acmeOnly = all(provider('acme'), is('groups', 'a'))
  const rows: readonly (readonly [string, Requirement, Caller, DecisionFacts, string])[] = [
    ['a sign-in offers only those that could', acmeOnly, nobody, facts, 'redirect no-session acme'],
    [
      'the wrong provider',
      acmeOnly,
      person({ groups: ['a'] }, 'partner'),
      facts,
      'redirect other-provider-needed acme',
    ],
    [
      'whose sign-in was for this page',
      acmeOnly,
      person({}, 'partner', '/deep/link?a=b'),
      facts,
      'deny rule-not-met u',
    ],
    [
      'whose sign-in was for another page',
      acmeOnly,
      person({}, 'partner', '/deep/link'),
      facts,
      'redirect other-provider-needed acme',
    ],
    [
      'no navigation',
      acmeOnly,
      person({}, 'partner'),
      { ...facts, navigation: false },
      'unauthorized other-provider-needed acme',
    ],
    [
      'the right provider, the wrong claims',
      acmeOnly,
      person({ groups: ['b'] }),
      facts,
      'deny rule-not-met u',
    ],
    [
      'a rule that its own provider might meet',
      is('groups', 'a'),
      person({}, 'partner'),
      facts,
      'deny rule-not-met u',
    ],
    ['a rule that no accepted provider can meet', provider('third'), person(), facts, 'deny rule-not-met u'],
    [
      'an app that accepts one',
      acmeOnly,
      person({}, 'acme'),
      { ...facts, acceptedProviders: ['acme'], signInProviders: ['acme'] },
      'deny rule-not-met u',
    ],
    [
      'a provider no longer accepted is no session',
      signedIn,
      person({}, 'gone'),
      facts,
      'redirect session-provider-gone acme+partner',
    ],
    [
      'another would not help at this address',
      all(office(), provider('acme')),
      person({}, 'partner'),
      facts,
      'deny client-address u',
    ],
    [
      'the chooser',
      any(all(provider('acme'), is('x', 1)), all(provider('third'), is('x', 1))),
      person({ x: 1 }, 'partner'),
      {
        ...facts,
        acceptedProviders: ['third', 'partner', 'acme'],
        signInProviders: ['third', 'partner', 'acme'],
      },
      'redirect other-provider-needed third+acme',
    ],
  ]
  for (const [name, requirement, caller, asked, expected] of rows) {
    t.equal(told(decide(rule(requirement), caller, asked)), expected, name)
  }
})

t.test('of two readings of a path the stricter verdict counts', async (t) => {
  const principal = null
  const verdicts: readonly Decision[] = [
    { kind: 'allow', reason: 'open-to-anyone', principal },
    { kind: 'allow', reason: 'rule-met', principal },
    { kind: 'challenge', how: 'redirect', reason: 'no-session', providers: ['a'], stepUp: null },
    { kind: 'challenge', how: 'unauthorized', reason: 'no-session', providers: ['a'], stepUp: null },
    { kind: 'deny', reason: 'rule-not-met', principal },
    { kind: 'reject', status: 405, reason: 'method-not-allowed', allow: [] },
  ]
  for (const [index, mild] of verdicts.entries()) {
    for (const strict of verdicts.slice(index + 1)) {
      t.equal(told(stricter(mild, strict)), told(strict))
      t.equal(told(stricter(strict, mild)), told(strict))
    }
    t.equal(told(stricter(mild, mild)), told(mild))
  }
  const asks = (...providers: readonly string[]): Decision => {
    return { kind: 'challenge', how: 'redirect', reason: 'no-session', providers, stepUp: null }
  }
  t.equal(
    told(stricter(asks('a', 'b'), asks('b', 'c'))),
    'redirect no-session b',
    'what helps with both is offered',
  )
  t.equal(told(stricter(asks('a'), asks('b'))), 'deny rule-not-met', 'nothing helps with both')
})

t.test('what a navigation is', async (t) => {
  const html = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'
  const browser = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: html }
  const rows: readonly (readonly [string, string, RequestHeaders, boolean])[] = [
    ['a browser', 'GET', browser, true],
    ['HEAD', 'HEAD', browser, true],
    ['a form', 'POST', browser, false],
    ['a lower-case method', 'get', browser, false],
    ['a frame', 'GET', { ...browser, 'sec-fetch-dest': 'iframe' }, false],
    [
      'Word',
      'GET',
      { accept: 'text/html', 'user-agent': 'Microsoft Office Word 2014 (16.0) Windows NT' },
      false,
    ],
    [
      'Excel as a browser',
      'GET',
      { ...browser, 'user-agent': 'Mozilla/4.0 (compatible; ms-office; MSOffice 16)' },
      false,
    ],
    [
      'a browser that is none of Office',
      'GET',
      { accept: 'text/html', 'user-agent': 'Mozilla/5.0 Edg/120' },
      true,
    ],
    ['fetch()', 'GET', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: html }, false],
    ['one Fetch Metadata header alone', 'GET', { 'sec-fetch-site': 'none', accept: html }, false],
    ['mode without dest', 'GET', { 'sec-fetch-mode': 'navigate', accept: html }, false],
    ['a repeated header', 'GET', { ...browser, 'sec-fetch-mode': 'navigate, navigate' }, false],
    [
      'an XMLHttpRequest flag beside Fetch Metadata',
      'GET',
      { ...browser, 'x-requested-with': 'XMLHttpRequest' },
      true,
    ],
    ['an old browser', 'GET', { accept: html }, true],
    ['html further on', 'GET', { accept: 'image/png, Text/HTML ;q=0.5' }, true],
    ['two Accept lines', 'GET', { accept: ['image/png', 'text/html'] }, true],
    ['an old script', 'GET', { accept: html, 'x-requested-with': 'XMLHttpRequest' }, false],
    ['anything', 'GET', { accept: '*/*' }, false],
    ['json', 'GET', { accept: 'application/json' }, false],
    ['another type that begins so', 'GET', { accept: 'text/html5' }, false],
    ['no Accept', 'GET', {}, false],
  ]
  for (const [name, method, headers, expected] of rows) t.equal(isNavigation(method, headers), expected, name)
  t.equal(sendsCredential({ authorization: 'Bearer x' }), true)
  t.equal(sendsCredential({ cookie: 'a=b' }), false)
  t.equal(sendsCredential({ 'x-api-key': 'x' }), false)
  t.equal(sendsCredential({ 'x-api-key': 'x' }, 'x-api-key'), true)
})

t.test('a preflight is judged by the location of the method that it asks for', async (t) => {
  const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' }
  t.equal(askedMethod('OPTIONS', headers), 'PUT')
  t.equal(askedMethod('GET', headers), null)
  t.equal(askedMethod('OPTIONS', { origin: 'https://a.example' }), null)
  t.equal(askedMethod('OPTIONS', { 'access-control-request-method': 'PUT' }), null)
  const pass = { forwarding: { ...forwarding, corsPreflight: 'pass' as const } }
  t.equal(passesPreflight(rule(signedIn, pass)), true)
  t.equal(passesPreflight(at({ kind: 'anyone' }, pass)), true)
  t.equal(passesPreflight(at({ kind: 'nobody' }, pass)), false)
  t.equal(passesPreflight(at({ kind: 'nobody', because: 'no-location' }, pass)), false)
  t.equal(passesPreflight(rule(signedIn)), false)
})

t.test(
  'a yes that is remembered holds for that person and that rule alone, and for no address',
  async (t) => {
    const admins = rule(all(signedIn, is('groups', 'admins')))
    const atOffice = rule(all(signedIn, any(office(), is('groups', 'ops'))))
    const caller = person({ groups: ['admins'] })
    for (let again = 0; again < 2; again++) {
      t.equal(decide(admins, caller, facts).kind, 'allow')
      t.equal(decide(atOffice, caller, inOffice).kind, 'allow')
      t.equal(decide(atOffice, caller, facts).kind, 'deny', 'the next request comes from elsewhere')
      t.equal(decide(admins, person({ groups: [] }), facts).kind, 'deny', 'another person')
      t.equal(decide(rule(is('groups', 'ops')), caller, facts).kind, 'deny', 'another rule')
      t.equal(
        decide(
          admins,
          { ...caller },
          { ...facts, acceptedProviders: ['partner'], signInProviders: ['partner'] },
        ).kind,
        'challenge',
      )
    }
  },
)
