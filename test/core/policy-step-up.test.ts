import t from 'tap'
import type { Decision } from '../../src/core/decision.ts'
import type { Forwarding, Location } from '../../src/core/gateway.ts'
import { type Caller, type DecisionFacts, decide, stricter } from '../../src/core/policy.ts'
import { readAddress, readAddressRange } from '../../src/core/request/address.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import type { Requirement } from '../../src/core/rules/requirement.ts'
import type { StepUp } from '../../src/core/step-up.ts'

const now = 1_800_000_000

const forwarding: Forwarding = {
  identityHeaders: [],
  tokenHeaders: [],
  timeouts: { connectSeconds: 5, responseSeconds: 60, idleSeconds: 300, keepAliveSeconds: null, body: null },
  maxBodyBytes: null,
  websocketOrigins: null,
  corsPreflight: 'deny',
  cache: 'private',
  upstreamAuthorization: 'pass',
  cors: { kind: 'deny' },
  corsHeaders: [],
}

const phr: StepUp = {
  acrValues: ['phr'],
  authContext: null,
  maxAgeSeconds: 300,
  lastsSeconds: null,
  scopes: ['payments'],
  prompt: null,
  authorizationParameters: new Map(),
}

function at(requirement: Requirement, rest: Partial<Location> = {}): Location {
  return {
    label: '/',
    pattern: { segments: [], written: [], exact: false },
    methods: null,
    access: { kind: 'rule', requirement },
    unauthenticated: 'sign_in',
    credentials: ['session'],
    stepUp: phr,
    limits: [],
    limitsFail: 'open',
    resume: 'none',
    maxResumedBodyBytes: 0,
    forwarding,
    ...rest,
  }
}

const signedIn: Requirement = { kind: 'signed_in' }
const admins: Requirement = {
  kind: 'claim',
  path: 'groups',
  matcher: { tests: [{ kind: 'is', values: ['admins'] }], not: null, exists: null, text: '' },
}

function address(text: string) {
  const read = readAddress(text)
  return read && { ...read, text }
}

function office(): Requirement {
  const reading = readAddressRange('10.0.0.0/8')
  if (!reading.ok) throw new Error(reading.reason)
  return { kind: 'client_ip', ranges: [reading.range] }
}

const facts: DecisionFacts = {
  acceptedProviders: ['acme', 'partner'],
  signInProviders: ['acme', 'partner'],
  clientAddress: address('192.0.2.1'),
  certificate: null,
  driven: false,
  navigation: true,
  credentialSent: false,
  page: '/pay',
  now,
}

const nobody: Caller = { kind: 'anonymous', why: 'no-session' }

function person(claims: Claims, scopes: readonly string[] = [], provider = 'acme'): Caller {
  const signIn = { stateHash: 'h', returnTo: '/pay' }
  return { kind: 'signed-in', principal: { user: 'u', provider, claims }, signIn, scopes }
}

const strong = { acr: 'phr', auth_time: now - 60 }

function told(decision: Decision): string {
  switch (decision.kind) {
    case 'allow':
    case 'deny':
      return `${decision.kind} ${decision.reason}`
    case 'challenge':
      return `${decision.how} ${decision.reason} ${decision.providers.join('+')}${decision.stepUp === null ? '' : ' step-up'}`
    case 'reject':
      return `${decision.status} ${decision.reason}`
  }
}

t.test('a step-up is asked for after the rule, of the provider of the session', async (t) => {
  const rows: readonly [string, Requirement, Caller, Partial<DecisionFacts>, string][] = [
    ['strong enough', signedIn, person(strong, ['payments']), {}, 'allow rule-met'],
    [
      'too weak',
      signedIn,
      person({ acr: 'mfa', auth_time: now }, ['payments']),
      {},
      'redirect step-up-needed acme step-up',
    ],
    [
      'too old',
      signedIn,
      person({ acr: 'phr', auth_time: now - 361 }, ['payments']),
      {},
      'redirect step-up-needed acme step-up',
    ],
    ['a scope short', signedIn, person(strong), {}, 'redirect step-up-needed acme step-up'],
    [
      'of the other provider',
      signedIn,
      person({}, [], 'partner'),
      {},
      'redirect step-up-needed partner step-up',
    ],
    [
      'no navigation',
      signedIn,
      person({}),
      { navigation: false },
      'unauthorized step-up-needed acme step-up',
    ],
    ['a program', signedIn, person({}), { credentialSent: true }, 'unauthorized step-up-needed acme step-up'],
    // A no of the rule is a no: nobody is asked for a second factor to be told so.
    ['not of the rule', admins, person(strong, ['payments']), {}, 'deny rule-not-met'],
    ['neither', admins, person({}), {}, 'deny rule-not-met'],
    ['the rule alone', admins, person({ groups: ['admins'] }), {}, 'redirect step-up-needed acme step-up'],
    ['both', admins, person({ groups: ['admins'], ...strong }, ['payments']), {}, 'allow rule-met'],
    [
      'a provider that is gone',
      signedIn,
      person(strong, ['payments'], 'gone'),
      {},
      'redirect session-provider-gone acme+partner',
    ],
    ['nobody', signedIn, nobody, {}, 'redirect no-session acme+partner'],
  ]
  for (const [name, requirement, caller, more, expected] of rows)
    t.equal(told(decide(at(requirement), caller, { ...facts, ...more })), expected, name)
  const denying = at(signedIn, { unauthenticated: 'deny' })
  t.equal(told(decide(denying, person({}), facts)), 'unauthorized step-up-needed acme step-up')
  t.match(decide(at(signedIn), person({}), facts), { stepUp: phr }, 'it says which')
})

t.test('a yes that is remembered does not skip the step-up', async (t) => {
  const rule: Requirement = { kind: 'all', members: [signedIn, admins] }
  const caller = person({ groups: ['admins'], ...strong }, ['payments'])
  t.equal(told(decide(at(rule, { stepUp: null }), caller, facts)), 'allow rule-met')
  t.equal(told(decide(at(rule), caller, facts)), 'allow rule-met')
  const later = { ...facts, now: now + 3600 }
  t.equal(told(decide(at(rule), caller, later)), 'redirect step-up-needed acme step-up', 'it has grown old')
  t.equal(told(decide(at(rule, { stepUp: null }), caller, later)), 'allow rule-met')
  const other = { ...phr, acrValues: ['phrh'] }
  t.equal(told(decide(at(rule, { stepUp: other }), caller, facts)), 'redirect step-up-needed acme step-up')
})

t.test('where an address alone lets in, nobody has stepped up: a sign-in comes first', async (t) => {
  const inOffice = { ...facts, clientAddress: address('10.1.1.1') }
  t.equal(told(decide(at(office()), nobody, inOffice)), 'redirect no-session acme+partner')
  t.equal(told(decide(at(office()), person({}), inOffice)), 'redirect step-up-needed acme step-up')
  t.equal(told(decide(at(office()), nobody, facts)), 'deny client-address')
})

t.test('of two readings that want one step-up the stricter verdict still asks for it', async (t) => {
  const asked = decide(at(signedIn), person({}), facts)
  const allowed = decide(at(signedIn), person(strong, ['payments']), facts)
  for (const [one, other] of [
    [asked, allowed],
    [allowed, asked],
    [asked, asked],
  ] as const)
    t.match(stricter(one, other), { reason: 'step-up-needed', stepUp: phr, providers: ['acme'] })
  const denied = decide(at(admins), person({}), facts)
  t.equal(told(stricter(asked, denied)), 'deny rule-not-met', 'a no stays a no')
  const elsewhere = decide(
    at({ kind: 'provider', names: ['partner'] }),
    { ...person({}), signIn: { stateHash: '', returnTo: '/' } } as Caller,
    facts,
  )
  t.equal(told(elsewhere), 'redirect other-provider-needed partner')
  t.equal(told(stricter(asked, elsewhere)), 'deny rule-not-met', 'no one sign-in helps with both')
})
