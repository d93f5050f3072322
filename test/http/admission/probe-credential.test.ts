// Somebody who comes by a token or a key, as `explain`, rule tests and `diff` ask: judged by the gate itself.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { type Person, type Probe, probe } from '../../../src/http/admission/probe.ts'
import { surroundings } from '../../config/surroundings.ts'
import { apiKey, apiKeys, bearer, withBearer, withLocations } from '../../support/accepting.ts'

const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
  other: { issuer: "https://other.example.com", client_id: gate, client_secret: "\${env:SECRET}", user_id_prefix: "o:" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    provider: acme
    locations:
      - { path: /, require: { provider: acme, plan: paid } }
      - { path: /api, require: { provider: [acme], plan: paid } }
      - { path: /people, require: signed_in }
      - { path: /open, require: maybe_signed_in }
`
const loaded = loadGatewayFromText(text, surroundings)
if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
const { gateway: base } = loaded

const lists: Readonly<Record<string, readonly Credential[]>> = {
  '/api': ['session', 'bearer', 'api_key'],
  '/people': ['bearer', 'api_key'],
  '/open': ['bearer'],
}

function gatewayWith(settings: Partial<typeof bearer> = {}): Gateway {
  const gateway = withLocations(withBearer(base, 'acme', { ...bearer, ...settings }), (location) => ({
    ...location,
    credentials: lists[location.label] ?? location.credentials,
  }))
  const own = withBearer(gateway, 'other', bearer)
  return { ...own, apiKeys: { ...apiKeys, keys: [apiKey] } }
}

const gateway = gatewayWith()

/** `allow rule-met`, `challenge token-not-for-us`. */
function verdict(
  path: string,
  person: Person | null,
  more: Partial<Probe> = {},
  of: Gateway = gateway,
): string {
  const asked = {
    method: 'GET',
    url: `https://wiki.example.com${path}`,
    person,
    clientAddress: null,
    ...more,
  }
  const { decision } = probe(of, asked).admission
  return `${decision.kind} ${decision.reason}`
}

const token = (claims: Person['claims'], provider = 'acme', isClient = false): Person => {
  return { provider, claims: { sub: 'ada', ...claims }, by: { kind: 'bearer', isClient } }
}
const madeUpKey = (claims: Person['claims'], provider = 'api_keys'): Person => {
  return {
    provider,
    claims: { sub: 'ada', ...claims },
    by: { kind: 'api_key', id: 'made-up', name: 'made up' },
  }
}
const paid = { plan: 'paid' }

t.test('a token is judged as one that was verified', async (t) => {
  t.equal(verdict('/api', token(paid)), 'allow rule-met')
  t.equal(verdict('/api', token({ plan: 'free' })), 'deny rule-not-met')
  t.equal(verdict('/api', token({ ...paid, aud: 'https://api.example.com' })), 'allow rule-met')
  t.equal(verdict('/api', token({ ...paid, aud: 'gate' })), 'challenge token-not-for-us')
  t.equal(verdict('/api', token({ ...paid, nonce: 'n' })), 'challenge token-invalid', 'an ID token')
  t.equal(verdict('/api', token({ ...paid, events: {} })), 'challenge token-invalid', 'a logout token')
  t.equal(
    verdict('/api', token(paid, 'other')),
    'challenge credential-unknown',
    'of a provider of another app',
  )
  t.equal(verdict('/people', token({})), 'allow rule-met')
  t.equal(verdict('/', token(paid)), 'challenge no-session', 'where none is listed nobody looks at it')
  const { principal } = probe(gateway, {
    method: 'GET',
    url: 'https://wiki.example.com/api',
    person: token(paid),
    clientAddress: null,
  }).admission
  t.match(principal, { user: 'ada', provider: 'acme', by: { kind: 'bearer', isClient: false } })
})

t.test('a token behind which nobody is', async (t) => {
  const client = { ...paid, sub: 'robot', client_id: 'robot' }
  t.equal(verdict('/api', token(client)), 'challenge token-not-for-us')
  const accepting = gatewayWith({ acceptClients: true })
  t.equal(verdict('/api', token(client), {}, accepting), 'allow rule-met')
  t.equal(verdict('/api', token(paid, 'acme', true), {}, accepting), 'allow rule-met', 'made up as one')
  t.equal(verdict('/people', token(client), {}, accepting), 'deny rule-not-met', 'nobody signed in')
})

t.test('scopes that a provider’s tokens must have', async (t) => {
  const scoped = gatewayWith({ requiredScopes: ['read'] })
  t.equal(verdict('/api', token(paid), {}, scoped), 'allow rule-met', 'unsaid, they are there')
  t.equal(verdict('/api', token({ ...paid, scope: 'write read' }), {}, scoped), 'allow rule-met')
  t.equal(verdict('/api', token({ ...paid, scope: 'write' }), {}, scoped), 'deny scope-insufficient')
  t.equal(verdict('/api', { ...token(paid), scopes: [] }, {}, scoped), 'deny scope-insufficient')
})

t.test('tokens without an audience, of clients that are listed', async (t) => {
  const cognito = gatewayWith({ audiences: [], clientIds: ['phone'] })
  t.equal(verdict('/api', token(paid), {}, cognito), 'allow rule-met')
  t.equal(verdict('/api', token({ ...paid, client_id: 'phone' }), {}, cognito), 'allow rule-met')
  t.equal(verdict('/api', token({ ...paid, client_id: 'tv' }), {}, cognito), 'challenge token-not-for-us')
})

t.test('a key: an operator’s is of no provider, a person’s of the person’s', async (t) => {
  t.equal(verdict('/people', madeUpKey({})), 'allow rule-met')
  t.equal(verdict('/api', madeUpKey(paid)), 'deny rule-not-met', 'the rule asks for a provider')
  t.equal(verdict('/api', madeUpKey(paid, 'acme')), 'allow rule-met')
  t.equal(verdict('/people', madeUpKey({}, 'other')), 'challenge credential-unknown')
  t.equal(verdict('/open', madeUpKey({})), 'challenge credential-not-accepted', 'no key is listed there')
  t.equal(
    verdict('/people', madeUpKey({}), {}, { ...gateway, apiKeys: null }),
    'challenge credential-unknown',
  )
})

t.test('a key of the file is for what it says, and ends when it says', async (t) => {
  const key = { ...apiKey, claims: paid }
  const by = (change: Partial<typeof apiKey>): Person => ({
    provider: 'api_keys',
    claims: {},
    key: { ...key, ...change },
  })
  t.equal(verdict('/people', by({})), 'allow rule-met')
  t.equal(verdict('/people', by({ expiresAt: 1 })), 'challenge key-over')
  t.equal(verdict('/people', by({ revokedAt: 1 })), 'challenge key-revoked')
  t.equal(verdict('/people', by({ apps: ['shop'] })), 'challenge key-not-for-app')
  t.equal(verdict('/people', by({ methods: ['GET'] })), 'allow rule-met')
  t.equal(verdict('/people', by({ methods: ['GET'] }), { method: 'DELETE' }), 'deny key-restricted')
  const near = by({ from: ['192.0.2.0/24'] })
  t.equal(verdict('/people', near), 'deny key-restricted', 'from an address that nobody knows')
  t.equal(verdict('/people', near, { clientAddress: '192.0.2.7' }), 'allow rule-met')
})

t.test('what else the request carries counts beside it, as at the gate', async (t) => {
  const headers = { authorization: 'Bearer another' }
  t.equal(verdict('/api', token(paid), { headers }), 'reject credentials-ambiguous')
  const session: Person = { provider: 'acme', claims: { sub: 'ada', ...paid } }
  t.equal(verdict('/api', session), 'allow rule-met')
  t.equal(verdict('/api', session, { headers }), 'challenge credential-unknown', 'never the cookie instead')
  t.equal(verdict('/people', session), 'challenge no-credential', 'no session is listed')
})
