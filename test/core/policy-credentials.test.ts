import t from 'tap'
import type { Credential } from '../../src/core/credential/credential.ts'
import type { CredentialVerdict } from '../../src/core/credential/refusal.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { Access, Forwarding, Location } from '../../src/core/gateway.ts'
import { type Caller, type DecisionFacts, decide, stricter } from '../../src/core/policy.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { Requirement } from '../../src/core/rules/requirement.ts'

const forwarding: Forwarding = {
  tokenHeaders: [],
  identityHeaders: [],
  timeouts: { connectSeconds: 5, responseSeconds: 60, idleSeconds: 300, keepAliveSeconds: null, body: null },
  maxBodyBytes: null,
  websocketOrigins: null,
  corsPreflight: 'deny',
  cache: 'private',
  upstreamAuthorization: 'strip',
  cors: { kind: 'deny' },
  corsHeaders: [],
}

function at(access: Access, credentials: readonly Credential[], rest: Partial<Location> = {}): Location {
  return {
    label: '/',
    pattern: { segments: [], written: [], exact: false },
    methods: null,
    access,
    unauthenticated: 'sign_in',
    credentials,
    stepUp: null,
    limits: [],
    limitsFail: 'open',
    resume: 'none',
    maxResumedBodyBytes: 0,
    forwarding,
    ...rest,
  }
}

const signedIn: Access = { kind: 'rule', requirement: { kind: 'signed_in' } }
const is = (requirement: Requirement): Access => ({ kind: 'rule', requirement })
const credential = (...names: readonly Credential[]) => is({ kind: 'credential', names })
const provider = (...names: readonly string[]) => is({ kind: 'provider', names })
const none = (...members: readonly Requirement[]) => is({ kind: 'none', members })

const facts: DecisionFacts = {
  acceptedProviders: ['acme', 'tokens-alone'],
  signInProviders: ['acme'],
  clientAddress: null,
  certificate: null,
  driven: false,
  navigation: true,
  credentialSent: false,
  page: '/',
  now: 1_800_000_000,
}

const nobody: Caller = { kind: 'anonymous', why: 'no-session' }
const by = (how: Partial<Principal> = {}): Caller => {
  const principal = { user: 'u', provider: 'acme', claims: {}, ...how }
  return {
    ...{ kind: 'signed-in', principal, scopes: [] },
    signIn: how.by === undefined ? { stateHash: 'h', returnTo: '/other' } : null,
  }
}
const session = by()
const token = by({ by: { kind: 'bearer', isClient: false } })
const client = by({ user: 'client:x', by: { kind: 'bearer', isClient: true } })
const key = by({ by: { kind: 'api_key', id: 'k', name: 'ci' } })
const operatorsKey = by({
  user: 'key:ci',
  provider: 'api_keys',
  by: { kind: 'api_key', id: 'k', name: 'ci' },
})
const widget = by({ by: { kind: 'widget', id: 'k', name: 'shop', endUser: null } })
const operatorsWidget = by({
  user: 'key:ci',
  provider: 'api_keys',
  by: { kind: 'widget', id: 'k', name: 'shop', endUser: 'x' },
})
const pair = by({ by: { kind: 'exchange', isClient: false } })
const clientsPair = by({ user: 'client:x', by: { kind: 'exchange', isClient: true } })
const certificate = by({
  user: 'cert:x',
  provider: 'certificates',
  by: { kind: 'client_certificate', fingerprint: 'f' },
})
const refused = (refusal: CredentialVerdict): Caller => ({ kind: 'refused', refusal })
const badKey = refused({ kind: 'refused', credential: 'api_key', why: 'key-invalid', detail: null })

function told(decision: Decision): string {
  switch (decision.kind) {
    case 'allow':
    case 'deny':
      return `${decision.kind} ${decision.reason}`
    case 'challenge': {
      const { how, reason, providers, presented } = decision
      return [how, reason, providers.join('+'), presented ?? ''].join(' ').trim().replaceAll('  ', ' ')
    }
    case 'reject':
      return `${decision.status} ${decision.reason}`
  }
}

function check(
  t: { equal(a: unknown, b: unknown, name: string): unknown },
  rows: readonly (readonly [Location, Caller, string])[],
): void {
  for (const [location, caller, expected] of rows) {
    const who = caller.kind === 'signed-in' ? JSON.stringify(caller.principal.by ?? 'session') : caller.kind
    const name = `${location.credentials.join('+')} ${JSON.stringify(location.access)} by ${who}`
    t.equal(told(decide(location, caller, facts)), expected, name)
  }
}

t.test('a credential opens what lists it, and nothing else', async (t) => {
  check(t, [
    [at(signedIn, ['session']), session, 'allow rule-met'],
    [at(signedIn, ['session']), token, 'unauthorized credential-not-accepted bearer'],
    [at(signedIn, ['session']), key, 'unauthorized credential-not-accepted api_key'],
    [at(signedIn, ['bearer']), token, 'allow rule-met'],
    [at(signedIn, ['bearer']), key, 'unauthorized credential-not-accepted api_key'],
    [at(signedIn, ['bearer']), session, 'unauthorized no-credential'],
    [at(signedIn, ['api_key']), key, 'allow rule-met'],
    [at(signedIn, ['api_key']), operatorsKey, 'allow rule-met'],
    [at(signedIn, ['api_key']), token, 'unauthorized credential-not-accepted bearer'],
    [at(signedIn, ['api_key']), session, 'unauthorized no-credential'],
    [at({ kind: 'maybe_signed_in' }, ['api_key']), session, 'allow maybe-signed-in'],
    [at({ kind: 'maybe_signed_in' }, ['session']), key, 'unauthorized credential-not-accepted api_key'],
    [at({ kind: 'anyone' }, ['session']), key, 'allow open-to-anyone'],
    [at({ kind: 'nobody' }, ['api_key']), key, 'deny nobody-allowed'],
  ])
})

t.test('each of the others opens what lists it, and nothing else', async (t) => {
  check(t, [
    [at(signedIn, ['widget']), widget, 'allow rule-met'],
    [at(signedIn, ['widget']), operatorsWidget, 'allow rule-met'],
    [at(signedIn, ['widget']), key, 'unauthorized credential-not-accepted api_key'],
    [at(signedIn, ['api_key']), widget, 'unauthorized credential-not-accepted widget'],
    [at(signedIn, ['exchange']), pair, 'allow rule-met'],
    [at(signedIn, ['exchange']), clientsPair, 'deny rule-not-met'],
    [at(signedIn, ['bearer']), pair, 'unauthorized credential-not-accepted exchange'],
    [at(signedIn, ['client_certificate']), certificate, 'allow rule-met'],
    [at(signedIn, ['session']), certificate, 'redirect no-session acme'],
    [at(signedIn, ['client_certificate']), session, 'unauthorized no-credential'],
    [at(signedIn, ['client_certificate']), nobody, 'unauthorized no-credential'],
    [at({ kind: 'maybe_signed_in' }, ['session']), certificate, 'allow maybe-signed-in'],
  ])
})

t.test('who vouches for one of ours vouches for no other', async (t) => {
  const forged = (provider: string, how: NonNullable<Principal['by']>) => by({ provider, by: how })
  check(t, [
    [
      at(signedIn, ['exchange']),
      forged('api_keys', { kind: 'exchange', isClient: false }),
      'unauthorized credential-unknown exchange',
    ],
    [
      at(signedIn, ['widget']),
      forged('certificates', { kind: 'widget', id: 'k', name: 'x', endUser: null }),
      'unauthorized credential-unknown widget',
    ],
    [
      at(signedIn, ['client_certificate']),
      forged('api_keys', { kind: 'client_certificate', fingerprint: 'f' }),
      'unauthorized no-credential',
    ],
  ])
})

t.test('beside a certificate a sign-in is offered where the session would count before it', async (t) => {
  const wantsSession = credential('session')
  const stepUp = {
    ...{ acrValues: ['phr'], authContext: null, maxAgeSeconds: null, lastsSeconds: null, scopes: [] },
    ...{ prompt: null, authorizationParameters: new Map() },
  }
  check(t, [
    [at(wantsSession, ['session', 'client_certificate']), certificate, 'redirect other-provider-needed acme'],
    [at(wantsSession, ['client_certificate', 'session']), certificate, 'deny rule-not-met'],
    [at(wantsSession, ['client_certificate']), certificate, 'deny rule-not-met'],
    [
      at(signedIn, ['session', 'client_certificate'], { stepUp }),
      certificate,
      'redirect step-up-needed acme',
    ],
    [at(signedIn, ['client_certificate', 'session'], { stepUp }), certificate, 'unauthorized step-up-needed'],
  ])
})

t.test('a provider that the app does not accept does not exist there, whatever vouches', async (t) => {
  const foreign = (how: NonNullable<Principal['by']>) => by({ provider: 'partner', by: how })
  check(t, [
    [
      at(signedIn, ['bearer']),
      foreign({ kind: 'bearer', isClient: false }),
      'unauthorized credential-unknown bearer',
    ],
    [
      at(signedIn, ['api_key']),
      foreign({ kind: 'api_key', id: 'k', name: '' }),
      'unauthorized credential-unknown api_key',
    ],
    // A token cannot say of itself that an operator made it.
    [
      at(signedIn, ['bearer']),
      by({ provider: 'api_keys', by: { kind: 'bearer', isClient: false } }),
      'unauthorized credential-unknown bearer',
    ],
    [
      at(signedIn, ['session', 'api_key']),
      by({ provider: 'api_keys' }),
      'redirect session-provider-gone acme',
    ],
  ])
})

t.test('what is refused is refused, also where nobody has to be known', async (t) => {
  check(t, [
    [at(signedIn, ['session', 'api_key']), badKey, 'unauthorized key-invalid api_key'],
    [at({ kind: 'maybe_signed_in' }, ['api_key']), badKey, 'unauthorized key-invalid api_key'],
    [at({ kind: 'anyone' }, ['api_key']), badKey, 'allow open-to-anyone'],
    [at(signedIn, ['bearer', 'api_key']), refused({ kind: 'ambiguous' }), '400 credentials-ambiguous'],
    [at(signedIn, ['api_key']), refused({ kind: 'cross-site' }), 'deny cross-site'],
    [
      at(signedIn, ['api_key']),
      refused({ kind: 'throttled', credential: 'api_key', retryAfterSeconds: 9 }),
      '429 too-many-unknown',
    ],
    [
      at(signedIn, ['bearer']),
      refused({
        ...{ kind: 'insufficient', credential: 'bearer', why: 'scope-insufficient' },
        ...{ scopes: ['read'], detail: null },
      }),
      'deny scope-insufficient',
    ],
  ])
})

t.test('a sign-in is offered where a session counts and could meet the rule', async (t) => {
  check(t, [
    [at(signedIn, ['session', 'bearer']), nobody, 'redirect no-session acme'],
    [at(signedIn, ['bearer']), nobody, 'unauthorized no-credential'],
    [at(credential('api_key'), ['session', 'api_key']), nobody, 'unauthorized no-session'],
    [at(provider('api_keys'), ['session', 'api_key']), nobody, 'unauthorized no-session'],
    [at(provider('tokens-alone'), ['session', 'bearer']), nobody, 'unauthorized no-session'],
    [at(credential('session'), ['session', 'api_key']), nobody, 'redirect no-session acme'],
    [at(credential('api_key'), ['session', 'api_key']), session, 'deny rule-not-met'],
    [at(credential('api_key'), ['session', 'api_key']), key, 'allow rule-met'],
    [at(provider('tokens-alone'), ['session', 'bearer']), token, 'deny rule-not-met'],
  ])
})

t.test('behind a client nobody is', async (t) => {
  check(t, [
    [at(signedIn, ['bearer']), client, 'deny rule-not-met'],
    [at(provider('acme'), ['bearer']), client, 'allow rule-met'],
    [at(none({ kind: 'credential', names: ['session'] }), ['bearer']), client, 'allow rule-met'],
    [at(none({ kind: 'credential', names: ['bearer'] }), ['bearer']), client, 'deny rule-not-met'],
    [
      at(none({ kind: 'credential', names: ['api_key'] }), ['bearer', 'api_key']),
      nobody,
      'unauthorized no-credential',
    ],
  ])
})

t.test('a step-up is nothing that a token could be asked to sign in for', async (t) => {
  const stepUp = {
    ...{ acrValues: ['phr'], authContext: null, maxAgeSeconds: null, lastsSeconds: null, scopes: [] },
    ...{ prompt: null, authorizationParameters: new Map() },
  }
  const asks = at(signedIn, ['session', 'bearer'], { stepUp })
  check(t, [
    [asks, session, 'redirect step-up-needed acme'],
    [asks, token, 'unauthorized step-up-needed bearer'],
    [asks, by({ claims: { acr: 'phr' }, by: { kind: 'bearer', isClient: false } }), 'allow rule-met'],
    [asks, nobody, 'redirect no-session acme'],
  ])
})

t.test('of two readings a refused credential is refused as it is', async (t) => {
  const location = at(signedIn, ['api_key'])
  const [first, second] = [decide(location, badKey, facts), decide(location, badKey, facts)]
  t.equal(told(stricter(first, second)), 'unauthorized key-invalid api_key')
})
