// Somebody who comes by a provider's pair, a widget or a certificate, as `explain`, rule tests and `diff` ask.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { ClientCertificateSettings } from '../../../src/core/certificate/settings.ts'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { type Person, type Probe, probe } from '../../../src/http/admission/probe.ts'
import { surroundings } from '../../config/surroundings.ts'
import { apiKeys, bearer, withBearer, withLocations } from '../../support/accepting.ts'

const loaded = loadGatewayFromText(
  `
trusted_proxies: none
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  shop:
    url: https://shop.example.com
    upstream: http://10.0.0.5
    identity_headers: { X-User: user, X-By: credential }
    locations:
      - { path: /pairs, require: { plan: paid } }
      - { path: /widgets, require: signed_in }
      - { path: /machines, require: { organization: Partner } }
      - { path: /people, require: signed_in }
`,
  surroundings,
)
if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))

const lists: Readonly<Record<string, readonly Credential[]>> = {
  '/pairs': ['exchange'],
  '/widgets': ['widget'],
  '/machines': ['client_certificate'],
  '/people': ['session', 'client_certificate'],
}
const clientCertificates: ClientCertificateSettings = {
  authorities: [{ name: 'partners', ca: '', crl: null }],
  userId: 'san_email',
  userIdPrefix: 'cert:',
}
const exchange = {
  pair: { kind: 'client_credentials', scopes: [], audience: null },
  refreshToken: null,
  cacheSeconds: 900,
} as const
const base: Gateway = {
  ...withLocations(withBearer(loaded.gateway, 'acme', bearer), (location) => ({
    ...location,
    credentials: lists[location.label] ?? location.credentials,
  })),
  apiKeys,
  clientCertificates,
}
const gateway: Gateway = {
  ...base,
  providers: new Map([...base.providers].map(([name, one]) => [name, { ...one, exchange }])),
}

const ask = (path: string, person: Person | null, more: Partial<Probe> = {}, of = gateway) =>
  probe(of, { method: 'GET', url: `https://shop.example.com${path}`, person, clientAddress: null, ...more })
const reasonOf = (...args: Parameters<typeof ask>) => ask(...args).admission.decision.reason
const sent = (...args: Parameters<typeof ask>) => ask(...args).upstreamHeaders ?? []

const pair: Person = {
  provider: 'acme',
  claims: { sub: 'ada', plan: 'paid' },
  by: { kind: 'exchange', isClient: false },
}
const widget: Person = {
  provider: 'api_keys',
  claims: { sub: 'shop' },
  by: { kind: 'widget', id: 'x', name: 'x', endUser: 'kim' },
}
const machine: Person = {
  provider: 'certificates',
  claims: { organization: 'Partner', san_email: 'build@partner.example' },
  by: { kind: 'client_certificate', fingerprint: '' },
}
const ada: Person = { provider: 'acme', claims: { sub: 'ada' } }

t.test('a pair is judged by the token that the provider gives for it', async (t) => {
  t.equal(reasonOf('/pairs', pair), 'rule-met')
  t.same(sent('/pairs', pair).slice(-4), ['X-User', 'ada', 'X-By', 'exchange'])
  t.equal(reasonOf('/pairs', { ...pair, claims: { sub: 'ada', plan: 'free' } }), 'rule-not-met')
  t.equal(
    reasonOf('/pairs', { ...pair, claims: { sub: 'ada', plan: 'paid', aud: 'other' } }),
    'token-not-for-us',
  )
  t.equal(reasonOf('/people', pair), 'no-session', 'where none is listed')
  t.equal(reasonOf('/pairs', pair, {}, base), 'credential-unknown', 'where the provider takes none')
  t.equal(reasonOf('/pairs', { ...pair, by: { kind: 'bearer', isClient: false } }), 'no-credential')
})

t.test('a widget opens what lists widgets, from the page for which its token was given', async (t) => {
  const at = (origin: string) => ({ headers: { origin } })
  const bound = { ...widget, origin: 'https://page.example' }
  t.equal(reasonOf('/widgets', widget), 'rule-met', 'of a page that nobody names')
  t.equal(reasonOf('/widgets', bound, at('https://page.example')), 'rule-met')
  t.equal(reasonOf('/widgets', bound, at('https://other.example')), 'token-wrong-origin')
  t.equal(reasonOf('/widgets', bound), 'token-wrong-origin', 'without Origin')
  t.equal(ask('/widgets', bound).who, null)
  t.equal(reasonOf('/pairs', widget), 'credential-not-accepted')
})

t.test('a certificate is somebody where it is listed, and a fact of the connection everywhere', async (t) => {
  t.equal(reasonOf('/machines', machine), 'rule-met')
  t.equal(ask('/machines', machine).who?.user, 'cert:build@partner.example')
  t.equal(
    reasonOf('/machines', { ...machine, claims: { organization: 'Partner' } }),
    'no-credential',
    'no user id',
  )
  t.equal(reasonOf('/machines', { ...machine, claims: { ...machine.claims, not_after: 1 } }), 'no-credential')
  t.equal(
    reasonOf('/machines', { ...machine, claims: { ...machine.claims, authority: 'x' } }),
    'no-credential',
  )
  t.equal(reasonOf('/widgets', machine), 'no-credential')
  t.equal(reasonOf('/machines', machine, {}, { ...gateway, clientCertificates: null }), 'no-credential')
})

t.test('of a session and a certificate the one counts that the location lists first', async (t) => {
  const certificate = ask('/machines', machine).admission
  t.not(certificate.principal, null)
  const shown = {
    ...{
      authority: 'partners',
      claims: { san_email: 'b@p.example' },
      fingerprint: 'x',
      endsAt: 1_900_000_000,
    },
  }
  t.equal(ask('/people', ada, { certificate: shown }).who?.user, 'ada')
  t.equal(ask('/people', null, { certificate: shown }).who?.user, 'cert:b@p.example')
  const turned = withLocations(gateway, (one) => ({ ...one, credentials: one.credentials.toReversed() }))
  t.equal(ask('/people', ada, { certificate: shown }, turned).who?.user, 'cert:b@p.example')
  const ended = { ...shown, endsAt: 1 }
  t.equal(ask('/people', ada, { certificate: ended }, turned).who?.user, 'ada')
})
