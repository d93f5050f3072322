// Access lines of programs, asked again: what a log says of a token or a key is enough for some answers, and no more.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { ExchangeSettings } from '../../../src/core/credential/exchange-settings.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { readLogLine } from '../../../src/rehearsal/replay/logged-request.ts'
import { type ReplaySetup, replayRequest } from '../../../src/rehearsal/replay/outcome.ts'
import { surroundings } from '../../config/surroundings.ts'
import { apiKey, apiKeys, bearer, withBearer, withLocations } from '../../support/accepting.ts'

function load(rule: string): Gateway {
  const text = `
trusted_proxies: none
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  shop: { url: "https://shop.example.com", upstream: "http://10.0.0.5", require: ${rule} }
`
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return { ...withBearer(loaded.gateway, 'acme', bearer), apiKeys: { ...apiKeys, keys: [apiKey] } }
}

const accepting = (gateway: Gateway, ...credentials: readonly Credential[]) =>
  withLocations(gateway, (location) => ({ ...location, credentials }))

/** `now-refused deny`, of a line that says what it says. */
function replayed(setup: Partial<ReplaySetup> & Pick<ReplaySetup, 'now'>, fields: object): string {
  const line = {
    ...{ event: 'request', method: 'GET', host: 'shop.example.com', path: '/', request_id: 'r' },
    ...{ decision: 'allow', reason: 'rule-met', provider: 'acme', subject: 's', ...fields },
  }
  const read = readLogLine(JSON.stringify(line))
  if (read.kind !== 'request') return read.kind
  const told = replayRequest({ old: null, claims: new Map(), ...setup }, read.request)
  return 'now' in told ? `${told.kind} ${told.now.decision}` : `${told.kind} ${told.why}`
}

const byToken = { credential: 'bearer' }
const byKey = { credential: 'api_key', provider: 'api_keys', key: apiKey.id }
const otherKey = { ...byKey, key: 'notInTheFile0000' }

t.test('a credential that is not accepted any more', async (t) => {
  const signedIn = load('signed_in')
  t.equal(replayed({ now: accepting(signedIn, 'session', 'bearer') }, byToken), 'same allow')
  t.equal(replayed({ now: accepting(signedIn, 'session') }, byToken), 'now-refused challenge')
  t.equal(replayed({ now: accepting(signedIn, 'api_key') }, byToken), 'now-refused challenge')
  t.equal(replayed({ now: accepting(signedIn, 'bearer') }, otherKey), 'now-refused challenge')
  t.equal(replayed({ now: accepting(signedIn, 'api_key') }, otherKey), 'same allow')
})

t.test('what follows from the rule whatever was claimed, and what does not', async (t) => {
  const only = (rule: string) => accepting(load(rule), 'session', 'bearer', 'api_key')
  const byOnly = (name: Credential) =>
    withLocations(only('signed_in'), (location) => ({
      ...location,
      access: { kind: 'rule', requirement: { kind: 'credential', names: [name] } },
    }))
  t.equal(replayed({ now: byOnly('api_key') }, byToken), 'now-refused deny')
  t.equal(replayed({ now: byOnly('bearer') }, byToken), 'same allow')
  t.equal(replayed({ now: only('{ plan: paid }') }, byToken), 'cannot-be-told claims')
  t.equal(replayed({ now: only('{ plan: paid }'), old: only('{ plan: paid }') }, byToken), 'same allow')
  t.equal(
    replayed({ now: only('{ plan: [paid, free] }'), old: only('{ plan: paid }') }, byToken),
    'same allow',
    'a rule that lets in more',
  )
})

t.test('a token behind which nobody may be: the log does not say', async (t) => {
  const robots = withBearer(load('signed_in'), 'acme', { ...bearer, acceptClients: true })
  t.equal(replayed({ now: accepting(robots, 'bearer') }, byToken), 'cannot-be-told claims')
})

t.test('a key of the file says itself what it claims; of others they can be given', async (t) => {
  const paid = accepting(load('{ plan: paid }'), 'api_key')
  const keyed = (claims: object): Gateway => ({
    ...paid,
    apiKeys: { ...apiKeys, keys: [{ ...apiKey, claims: { ...claims } }] },
  })
  t.equal(replayed({ now: keyed({ plan: 'paid' }) }, byKey), 'same allow')
  t.equal(replayed({ now: keyed({ plan: 'free' }) }, byKey), 'now-refused deny')
  t.equal(replayed({ now: keyed({}) }, otherKey), 'cannot-be-told claims')
  const claims = new Map([['s', { sub: 'x', plan: 'paid' }]])
  t.equal(replayed({ now: keyed({}), claims }, otherKey), 'same allow')
})

t.test('what was refused for the credential itself is left out, and so is a limit', async (t) => {
  const now = accepting(load('signed_in'), 'bearer')
  for (const reason of [
    'token-invalid',
    'key-revoked',
    'credential-unknown',
    'limit-exceeded',
    'key-restricted',
  ])
    t.equal(replayed({ now }, { decision: 'challenge', reason }), 'by-more-than-the-log', reason)
  const nobody = { decision: 'challenge', reason: 'no-credential', provider: undefined, subject: undefined }
  t.equal(replayed({ now }, nobody), 'same challenge')
  t.equal(
    replayed({ now }, { credential: 'passkey' }),
    'cannot-be-told asker',
    'a credential of another version',
  )
})

t.test('pairs, widgets and certificates', async (t) => {
  const clientCertificates = {
    ...{ authorities: [{ name: 'partners', ca: '', crl: null }], userIdPrefix: 'cert:' },
    userId: 'fingerprint_sha256',
  } as const
  const pair = { kind: 'client_credentials', scopes: [], audience: null } as const
  const exchange: ExchangeSettings = { pair, refreshToken: null, cacheSeconds: 900 }
  const of = (rule: string, ...credentials: readonly Credential[]): Gateway => {
    const gateway = accepting(load(rule), ...credentials)
    const providers = [...gateway.providers].map(([name, one]) => [name, { ...one, exchange }] as const)
    return { ...gateway, clientCertificates, providers: new Map(providers) }
  }
  const byWidget = { credential: 'widget', provider: 'api_keys', key: apiKey.id }
  const byCertificate = { credential: 'client_certificate', provider: 'certificates' }
  t.equal(replayed({ now: of('signed_in', 'exchange') }, { credential: 'exchange' }), 'same allow')
  t.equal(replayed({ now: of('signed_in', 'bearer') }, { credential: 'exchange' }), 'now-refused challenge')
  t.equal(replayed({ now: of('signed_in', 'widget') }, byWidget), 'same allow')
  t.equal(replayed({ now: of('signed_in', 'api_key') }, byWidget), 'now-refused challenge')
  t.equal(replayed({ now: of('{ plan: paid }', 'widget') }, byWidget), 'cannot-be-told claims')
  t.equal(replayed({ now: of('signed_in', 'client_certificate') }, byCertificate), 'same allow')
  t.equal(replayed({ now: of('signed_in', 'session') }, byCertificate), 'now-refused challenge')
  const partner = new Map([['s', { organization: 'Partner' }]])
  const other = new Map([['s', { organization: 'Other' }]])
  const now = of('{ organization: Partner }', 'client_certificate')
  t.equal(replayed({ now, claims: partner }, byCertificate), 'same allow')
  t.equal(replayed({ now, claims: other }, byCertificate), 'now-refused deny')
})

t.test('what a connection showed beside somebody the log does not say', async (t) => {
  const showing = withLocations(accepting(load('signed_in'), 'session'), (location) => ({
    ...location,
    access: {
      kind: 'rule',
      requirement: {
        kind: 'certificate',
        claim: 'organization',
        matcher: { tests: [{ kind: 'is', values: ['P'] }], not: null, exists: null, text: '"P"' },
      },
    },
  }))
  const claims = new Map([['s', { sub: 'ada' }]])
  const nobody = { provider: undefined, subject: undefined }
  t.equal(replayed({ now: showing, claims }, {}), 'cannot-be-told claims')
  t.equal(replayed({ now: showing }, nobody), 'cannot-be-told claims')
  t.equal(replayed({ now: showing, old: showing, claims }, {}), 'same allow')
})
