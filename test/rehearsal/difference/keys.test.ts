// Each key of the configuration, from the schema itself: another value of it is told by `diff`, or there is a reason.
import { createHash } from 'node:crypto'
import t from 'tap'
import { z } from 'zod'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { fileSchema } from '../../../src/config/schema/file.ts'
import { unwrapped } from '../../../src/config/schema/form.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { compareGateways } from '../../../src/rehearsal/difference/difference.ts'
import { differenceText, isChanged } from '../../../src/rehearsal/difference/text.ts'
import { canaries, surroundings } from '../../config/surroundings.ts'

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** Keys with one value each: `apps.*.locations[].path`. A mapping that may be written otherwise too is one itself. */
function leavesOf(field: z.ZodType, path: string): readonly string[] {
  const schema = unwrapped(field)
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) =>
      leavesOf(inner as z.ZodType, path === '' ? key : `${path}.${key}`),
    )
  }
  if (schema instanceof z.ZodPipe) return leavesOf(schema.in as z.ZodType, path)
  if (schema instanceof z.ZodUnion) {
    return [...new Set(schema.options.flatMap((option) => leavesOf(option as z.ZodType, path)))]
  }
  if (schema instanceof z.ZodArray) {
    const inner = unwrapped(schema.element as z.ZodType)
    return inner instanceof z.ZodObject ? leavesOf(inner, `${path}[]`) : [path]
  }
  if (schema instanceof z.ZodRecord) {
    const members = leavesOf(schema.valueType as z.ZodType, `${path}.*`)
    const named = members.filter((member) => member !== `${path}.*`)
    return path === 'providers' || path === 'apps' ? named : [path, ...named]
  }
  return [path]
}

const leaves = leavesOf(fileSchema, '')

/** Why another value of a key is no difference. */
const untold: Readonly<Record<string, string>> = {
  'admin.address': 'where a server is on the network differs from place to place',
  data: 'where a server keeps its files differs from place to place',
  tests: 'they say what is wanted and change nothing: `claimgate test` holds them against the rules',
  'apps.*.allow_insecure_http': 'it allows an address, which is told itself',
}

/** What is written for an app may stand in `defaults` too, and most of it at a location. */
const ofApp = (leaf: string) => leaf.replace(/^defaults\.|^apps\.\*\.locations\[\]\./, 'apps.*.')

const isUntold = (leaf: string) =>
  [leaf, ofApp(leaf)].some((one) =>
    Object.keys(untold).some((key) => one === key || one.startsWith(`${key}.`) || one.startsWith(`${key}[`)),
  )

const own = { claim: 'groups' }
/** That nobody takes for a pattern. */
const secret = (name: string) => createHash('sha256').update(name).digest('base64url')
const https = { 'apps.*.upstream.url': 'https://10.0.0.5' }
const signed = (keys: { readonly [key: string]: Value }) => ({
  'apps.*.upstream.url': 'https://api.example.com',
  'apps.*.upstream.aws': { sign: 'execute-api', region: 'eu-west-1', ...keys },
})
const functionOf = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`
const invoked = { 'apps.*.upstream': { lambda: { function: functionOf('wiki') } } }
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const awsKeys = (kind: string) => ({
  access_key_id: `${kind}IOSFODNN7AAAAAAA`,
  secret_access_key: secret('x'),
  ...(kind === 'ASIA' ? { session_token: secret('y') } : {}),
})
const bySocket = { listen: { address: 'unix:/run/a.sock' }, trusted_proxies: ['unix'] }
const withPartners = { client_certificates: { authorities: { partners: { ca_file: 'ca.pem' } } } }
const withTls = { 'listen.tls': [{ certificate: 'one.crt', key: 'one.key' }] }
const withAdminTls = { 'admin.tls': [{ certificate: 'one.crt', key: 'one.key' }] }
const byKey = {
  'providers.*.token_endpoint_auth_method': 'private_key_jwt',
  'providers.*.client_secret': null,
  'providers.*.client_key': 'one.key',
}
const byCertificate = {
  'providers.*.token_endpoint_auth_method': 'tls_client_auth',
  'providers.*.client_secret': null,
  'providers.*.client_certificate': { certificate: 'one.crt', key: 'one.key' },
}
const twoProviders = {
  'providers.more': {
    issuer: 'https://more.example.com',
    client_id: 'm',
    client_secret: secret('m'),
    user_id_prefix: 'more:',
  },
  'apps.*.provider': 'acme',
}
const belowPrefix = {
  'apps.*.url': 'https://wiki.example.com/wiki',
  'apps.*.locations': [{ path: '/wiki/at', require: 'signed_in' }],
}
const limited = (amount: Tree, per: Value = 'user') => ({ 'apps.*.limits': [{ per, ...amount }] })
const byRate = limited({ rate: '100/1m' })
const byPlan = limited({ by: { claim: 'plan', is: { free: { rate: '1/1m' } }, otherwise: { rate: '1/1m' } } })
const byQuota = limited({
  by: { claim: 'plan', is: { free: { quota: '1/1d' } }, otherwise: { quota: '1/1d' } },
})
const verified = { 'apps.*.identity_assertion': { claims: ['email'] } }
const openLocation = { 'apps.*.locations': [{ path: '/at', require: 'anyone' }] }

const bySecret = { 'session.secret': secret('s'), 'log.subject_key': secret('l') }
const selfService = { 'api_keys.self_service': { at: 'https://wiki.example.com', require: 'signed_in' } }
const moreApps = {
  ...selfService,
  'apps.more': { url: 'https://more.example.com', upstream: 'http://10.0.0.9', require: 'signed_in' },
}
const ourKey = {
  ...{ format: 1, id: 'Ab3dEf6hIj9lMn2p', prefix: 'cg', name: 'billing', claims: {}, claimsAt: 1 },
  ...{ owner: { kind: 'operator', user: 'billing' }, asleep: false, createdAt: 1, expiresAt: null },
  ...{ revokedAt: null, apps: null, methods: null, from: null, origins: [] },
  secrets: [{ hash: secret('of a key'), until: null }],
}
const byTokens = { 'providers.*.bearer': { audiences: ['api'] } }
const byAsking = { 'providers.*.bearer': { audiences: ['api'], check: 'introspection' } }
const byUserinfo = {
  'providers.*.bearer': {
    client_ids: ['phone'],
    check: 'userinfo',
    token_info: { url: 'https://id.example.com/info', claim: 'aud' },
  },
}
const byPairs = { ...byTokens, 'apps.*.credentials': ['session', 'exchange'] }
const byClients = { ...byPairs, 'providers.*.exchange': { client_credentials: {} } }
const byPasswords = {
  ...byPairs,
  'providers.*.bearer': { client_ids: ['pairs', 'others'] },
  'providers.*.preset': 'cognito',
  'providers.*.issuer': 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab3dEf6hI',
  'providers.*.exchange': { cognito_password: { client_id: 'pairs', client_secret: secret('p') } },
}
const byRefresh = {
  ...byTokens,
  'apps.*.credentials': ['session', 'bearer'],
  'providers.*.exchange': { refresh_token: { client_id: 'phone', client_secret: secret('r') } },
}
/** An app at which nobody signs in. */
const byKeysAlone = {
  'providers.*.client_id': null,
  'providers.*.client_secret': null,
  'apps.*.credentials': ['bearer'],
}
const byAuthority = { 'client_certificates.authorities': { partners: { ca_file: 'ca.pem' } } }
const byAnyAuthority = { 'client_certificates.authorities.*.ca_file': 'ca.pem' }
const keysInRedis = { ...bySecret, 'api_keys.secret': secret('k') }

/** The keys that every kind of Redis has, of one kind with what it cannot be without. */
function ofStore(
  kind: string,
  needed: Tree,
  place = 'session.store',
): Readonly<Record<string, readonly Row[]>> {
  const at = (key: string) => `${place}.${kind}.${key}`
  const own = place === 'session.store' ? bySecret : keysInRedis
  const by = { ...own, [place]: { [kind]: needed } }
  const other = { [at('certificate')]: 'other.crt' }
  return {
    [at('username')]: [['one', 'other', { ...by, [at('password')]: secret('c') }]],
    [at('password')]: [
      [undefined, secret('a'), by],
      [secret('a'), secret('b'), by],
    ],
    [at('ca_file')]: [
      [undefined, 'ca.pem', by],
      ['one.crt', 'ca.pem', by],
    ],
    [at('certificate')]: [
      ['one.crt', 'other.crt', { ...by, [at('key')]: 'one.key' }, { [at('key')]: 'other.key' }],
    ],
    [at('key')]: [['one.key', 'other.key', { ...by, [at('certificate')]: 'one.crt' }, other]],
    [at('key_prefix')]: [[undefined, 'wiki:', by]],
  }
}

/** The keys of a kind of Redis alone, and those that all have. */
function ofSentinelsAndNodes(place: string): Readonly<Record<string, readonly Row[]>> {
  const own = place === 'session.store' ? bySecret : keysInRedis
  const sentinel = `${place}.redis_sentinel`
  const sentinels = { ...own, [place]: { redis_sentinel: { sentinels: ['s1'], name: 'one', tls: true } } }
  const cluster = { ...own, [place]: { redis_cluster: { nodes: ['n1'], tls: true } } }
  return {
    [`${sentinel}.sentinels`]: [[['s1'], ['s1', 's2'], sentinels]],
    [`${sentinel}.name`]: [['one', 'other', sentinels]],
    [`${sentinel}.tls`]: [[true, false, { ...sentinels, 'session.allow_insecure_redis': true }]],
    [`${sentinel}.database`]: [[undefined, 1, sentinels]],
    [`${sentinel}.sentinel_username`]: [
      [undefined, 'watch', { ...sentinels, [`${sentinel}.sentinel_password`]: secret('c') }],
    ],
    [`${sentinel}.sentinel_password`]: [
      [undefined, secret('a'), sentinels],
      [secret('a'), secret('b'), sentinels],
    ],
    ...ofStore('redis_sentinel', { sentinels: ['s1'], name: 'one', tls: true }, place),
    [`${place}.redis_cluster.nodes`]: [[['n1'], ['n2'], cluster]],
    [`${place}.redis_cluster.tls`]: [[true, false, { ...cluster, 'session.allow_insecure_redis': true }]],
    ...ofStore('redis_cluster', { nodes: ['n1'], tls: true }, place),
  }
}

/** What a key is changed from (undefined: it is absent) and to, what else both files say, and what the second one. */
type Row = readonly [before: Value | undefined, after: Value | undefined, more?: Keys, moreAfter?: Keys]

type Keys = Readonly<Record<string, Value>>

const rows: Readonly<Record<string, readonly Row[]>> = {
  listen: [['unix:/run/a.sock', 'unix:/run/b.sock']],
  'listen.address': [['unix:/run/a.sock', 'unix:/run/b.sock', bySocket]],
  'listen.mode': [
    [undefined, '0660', bySocket],
    ['0600', '0660', bySocket],
  ],
  'listen.tls[].certificate': [['one.crt', 'other.crt', withTls, { 'listen.tls[].key': 'other.key' }]],
  'listen.tls[].key': [['one.key', 'other.key', withTls, { 'listen.tls[].certificate': 'other.crt' }]],
  'listen.client_ca': [[undefined, 'ca.pem', withTls]],
  'listen.client_certificates': [[undefined, 'ask', { ...withTls, ...withPartners }]],
  admin: [[undefined, false]],
  'admin.tls[].certificate': [['one.crt', 'other.crt', withAdminTls, { 'admin.tls[].key': 'other.key' }]],
  'admin.tls[].key': [['one.key', 'other.key', withAdminTls, { 'admin.tls[].certificate': 'other.crt' }]],
  'admin.token': [
    [undefined, secret('operators')],
    [secret('operators'), secret('other operators')],
  ],
  workers: [
    [undefined, 2],
    [2, 'auto'],
  ],
  trusted_proxies: [
    [undefined, ['10.0.0.0/8']],
    [['10.0.0.0/8'], ['10.0.0.0/16']],
  ],
  auth_prefix: [[undefined, '/signin']],
  shadow: [[undefined, 'next.yaml']],
  'session.store': [
    [undefined, 'memory'],
    ['memory', 'cookie', bySecret],
    ['redis://localhost', 'rediss://localhost', bySecret],
    ['redis://localhost', 'redis://localhost/1', bySecret],
    ['redis://localhost', 'redis://localhost:6380', bySecret],
    ['redis://:a@localhost', 'redis://:b@localhost', bySecret],
  ],
  'session.store.redis.url': [['redis://localhost', 'redis://[::1]', bySecret]],
  ...ofStore('redis', { url: 'rediss://redis' }),
  ...ofSentinelsAndNodes('session.store'),
  'session.allow_insecure_redis': [[undefined, true]],
  'session.during_outage': [
    [undefined, '0s'],
    ['1m', '2m'],
  ],
  'session.revoked_before': [
    [undefined, '2026-11-28T20:00:00Z'],
    ['2026-11-28T20:00:00Z', '2026-11-28T20:00:01Z'],
  ],
  'session.secret': [
    [undefined, secret('a')],
    [secret('a'), secret('b')],
    [
      [secret('a'), secret('b')],
      [secret('b'), secret('a')],
    ],
  ],
  'session.idle_timeout': [[undefined, '2h']],
  'session.max_lifetime': [[undefined, '9h']],
  'session.sign_in_timeout': [[undefined, '2h']],
  'session.cookie_name': [[undefined, 'other']],
  'session.same_site': [[undefined, 'strict']],
  'client_certificates.authorities': [
    [{ partners: { ca_file: 'ca.pem' } }, { friends: { ca_file: 'ca.pem' } }],
  ],
  'client_certificates.authorities.*.ca_file': [['ca.pem', 'other-ca.pem']],
  'client_certificates.authorities.*.crl_file': [[undefined, 'list.crl', byAnyAuthority]],
  'client_certificates.user_id': [[undefined, 'san_email', byAuthority]],
  'client_certificates.user_id_prefix': [[undefined, 'machine:', byAuthority]],
  'api_keys.store': [
    ['sqlite', 'redis://localhost', keysInRedis],
    ['redis://localhost', 'redis://localhost/1', keysInRedis],
  ],
  'api_keys.store.redis.url': [['redis://localhost', 'redis://[::1]', keysInRedis]],
  ...ofStore('redis', { url: 'rediss://redis' }, 'api_keys.store'),
  ...ofSentinelsAndNodes('api_keys.store'),
  'api_keys.secret': [
    [undefined, secret('a')],
    [secret('a'), secret('b')],
  ],
  'api_keys.prefix': [
    [undefined, 'kk'],
    [
      ['cg', 'kk'],
      ['kk', 'cg'],
    ],
  ],
  'api_keys.header': [[undefined, 'X-Key']],
  'api_keys.keys': [[undefined, [ourKey]]],
  'api_keys.claims_max_age': [[undefined, '60d']],
  'api_keys.token_lifetime': [[undefined, '1h']],
  'api_keys.widget_claims': [[undefined, ['plan']]],
  'api_keys.user_id_prefix': [[undefined, 'robot:']],
  'api_keys.self_service.at': [['https://wiki.example.com', 'https://more.example.com', moreApps]],
  'api_keys.self_service.require': [['signed_in', { plan: 'paid' }, selfService]],
  'api_keys.self_service.claims': [[undefined, ['plan'], selfService]],
  'api_keys.self_service.origins': [[undefined, true, selfService]],
  'api_keys.self_service.max_keys': [[undefined, 6, selfService]],
  'api_keys.self_service.lifetime': [[undefined, '30d', selfService]],
  'pages.logo': [
    [undefined, 'icon.svg'],
    ['icon.png', 'icon.svg'],
  ],
  'pages.accent': [
    [undefined, '#808080'],
    ['#808080', '#7f7f7f'],
  ],
  'pages.accent.light': [['#12594a', '#12594b', { 'pages.accent.dark': '#7fd0b8' }]],
  'pages.accent.dark': [['#7fd0b8', '#7fd0b9', { 'pages.accent.light': '#12594a' }]],
  'pages.language': [
    [undefined, 'de'],
    ['en', 'de'],
  ],
  'pages.texts': [
    [undefined, 'texts.yaml'],
    ['texts.yaml', 'other-texts.yaml'],
  ],
  signing_keys: [
    [undefined, 'signing.pem', verified],
    ['signing.pem', ['other-signing.pem', 'signing.pem'], verified],
    [['other-signing.pem', 'signing.pem'], ['signing.pem', 'other-signing.pem'], verified],
  ],
  'log.level': [[undefined, 'debug']],
  'log.format': [[undefined, 'json']],
  'log.subject': [[undefined, 'plain']],
  'log.subject_key': [
    [undefined, secret('a')],
    [secret('a'), secret('b')],
  ],
  'providers.*.issuer': [['https://id.example.com', 'https://id.example.com/']],
  'providers.*.client_id': [['gate', 'other']],
  'providers.*.client_secret': [[secret('a'), secret('b')]],
  'providers.*.token_endpoint_auth_method': [[undefined, 'client_secret_post']],
  'providers.*.client_key': [['one.key', 'other.key', byKey]],
  'providers.*.client_key_id': [[undefined, 'k1', byKey]],
  'providers.*.client_assertion_alg': [[undefined, 'ES256', byKey]],
  'providers.*.client_certificate.certificate': [
    ['one.crt', 'other.crt', byCertificate, { 'providers.*.client_certificate.key': 'other.key' }],
  ],
  'providers.*.client_certificate.key': [
    ['one.key', 'other.key', byCertificate, { 'providers.*.client_certificate.certificate': 'other.crt' }],
  ],
  'providers.*.scopes': [[undefined, ['openid', 'email']]],
  'providers.*.response_mode': [[undefined, 'form_post']],
  'providers.*.response_iss': [[undefined, 'required']],
  'providers.*.preset': [[undefined, 'keycloak']],
  'providers.*.display_name': [
    [undefined, ['nickname']],
    [
      ['name', 'email'],
      ['email', 'name'],
    ],
  ],
  'providers.*.label': [
    [undefined, 'Staff'],
    ['Staff', 'Everybody'],
  ],
  'providers.*.icon': [
    [undefined, 'google'],
    ['icon.png', 'icon.svg'],
  ],
  'providers.*.authorization_parameters': [
    [undefined, { prompt: 'login' }],
    [{ prompt: 'login' }, { prompt: 'select_account' }],
  ],
  'providers.*.pass_parameters': [[undefined, ['login_hint']]],
  'providers.*.metadata_url': [[undefined, 'https://id.example.com/metadata']],
  'providers.*.internal_url': [[undefined, 'https://10.0.0.7']],
  'providers.*.ca_file': [
    [undefined, 'ca.pem'],
    ['one.crt', 'ca.pem'],
  ],
  'providers.*.id_token_signed_response_alg': [[undefined, 'ES256']],
  'providers.*.extra_audiences': [[undefined, ['other']]],
  'providers.*.claims_from': [
    [undefined, ['id_token']],
    [undefined, ['id_token', 'userinfo']],
  ],
  'providers.*.user_id': [[undefined, 'oid']],
  'providers.*.user_id_prefix': [[undefined, 'acme:']],
  'providers.*.trust_email': [[undefined, true]],
  'providers.*.recheck': [
    [undefined, '15m'],
    ['15m', '30m'],
  ],
  'providers.*.recheck.every': [['15m', '30m']],
  'providers.*.recheck.unanswered': [
    [undefined, '1h', { 'providers.*.recheck': { every: '15m' } }],
    ['1h', '2h', { 'providers.*.recheck': { every: '15m' } }],
  ],
  'providers.*.sign_in': [[undefined, false, { ...byAsking, 'apps.*.credentials': ['bearer'] }]],
  'providers.*.exchange.client_credentials.scopes': [[undefined, ['read'], byClients]],
  'providers.*.exchange.client_credentials.audience': [[undefined, 'https://api.example.com', byClients]],
  'providers.*.exchange.cognito_password.client_id': [['pairs', 'others', byPasswords]],
  'providers.*.exchange.cognito_password.client_secret': [[secret('p'), secret('q'), byPasswords]],
  'providers.*.exchange.refresh_token.client_id': [['phone', 'tablet', byRefresh]],
  'providers.*.exchange.refresh_token.client_secret': [[secret('r'), secret('q'), byRefresh]],
  'providers.*.exchange.cache': [[undefined, '5m', byClients]],
  'providers.*.bearer.audiences': [[['a'], ['a', 'b']]],
  'providers.*.bearer.client_ids': [[undefined, ['phone'], byTokens]],
  'providers.*.bearer.check': [[undefined, 'introspection', byTokens]],
  'providers.*.bearer.user_id': [[undefined, 'oid', byTokens]],
  'providers.*.bearer.accept_clients': [[undefined, true, byTokens]],
  'providers.*.bearer.required_scopes': [[undefined, ['read'], byTokens]],
  'providers.*.bearer.cache': [[undefined, '10m', byAsking]],
  'providers.*.bearer.token_info.url': [
    ['https://id.example.com/info', 'https://id.example.com/other', byUserinfo],
  ],
  'providers.*.bearer.token_info.claim': [['aud', 'azp', byUserinfo]],
  'providers.*.jwks_uri': [
    ['https://id.example.com/keys', 'https://id.example.com/jwks', { ...byTokens, ...byKeysAlone }],
  ],
  'providers.*.allow_insecure_http': [[undefined, true]],
  policies: [
    [
      { staff: { groups: 'staff' } },
      { staff: { groups: ['staff', 'guests'] } },
      { 'apps.*.require': 'staff' },
    ],
  ],
  'apps.*.url': [['https://wiki.example.com', 'https://wiki.example.org']],
  'apps.*.upstream': [
    ['http://10.0.0.5', 'http://10.0.0.6'],
    ['unix:/run/a.sock', 'unix:/run/a.sock:/wiki'],
  ],
  'apps.*.upstream.url': [['http://10.0.0.5', 'http://10.0.0.5/wiki']],
  'apps.*.upstream.ca_file': [
    [undefined, 'ca.pem', https],
    ['one.crt', 'ca.pem', https],
  ],
  'apps.*.upstream.headers': [
    [undefined, { 'X-Key': secret('a') }],
    [{ 'X-Key': secret('a') }, { 'X-Key': secret('b') }],
  ],
  'apps.*.upstream.preserve_host': [[undefined, true]],
  'apps.*.upstream.strip_prefix': [[undefined, true, belowPrefix]],
  'apps.*.upstream.max_connections': [[undefined, 2000]],
  'apps.*.upstream.lambda.function': [[functionOf('wiki'), functionOf('wiki:live'), invoked]],
  'apps.*.upstream.lambda.payload': [
    [undefined, '2.0', invoked],
    ['1.0', 2, invoked],
  ],
  'apps.*.upstream.lambda.streaming': [[undefined, true, invoked]],
  'aws.held_bodies': [['256MiB', '1GiB', signed({})]],
  'apps.*.upstream.aws.sign': [['execute-api', 'lambda', signed({ region: 'eu-west-1' })]],
  'apps.*.upstream.aws.region': [['eu-west-1', 'eu-central-1', signed({ sign: 'execute-api' })]],
  'apps.*.upstream.aws.role_arn': [
    [undefined, role('gateway'), signed({})],
    [role('gateway'), role('other'), signed({})],
  ],
  'apps.*.upstream.aws.external_id': [[undefined, 'partner', signed({ role_arn: role('gateway') })]],
  'apps.*.upstream.aws.session_name': [[undefined, 'gate', signed({ role_arn: role('gateway') })]],
  'apps.*.upstream.aws.credentials.access_key_id': [
    ['AKIAIOSFODNN7AAAAAAA', 'AKIAIOSFODNN7BBBBBBB', signed({ credentials: awsKeys('AKIA') })],
  ],
  'apps.*.upstream.aws.credentials.secret_access_key': [
    [secret('a'), secret('b'), signed({ credentials: awsKeys('AKIA') })],
  ],
  'apps.*.upstream.aws.credentials.session_token': [
    [secret('a'), secret('b'), signed({ credentials: awsKeys('ASIA') })],
  ],
  'apps.*.upstream.aws.endpoint': [[undefined, 'https://endpoint.example.com', signed({})]],
  'apps.*.identity_assertion': [
    [undefined, {}],
    [{}, 'none'],
  ],
  'apps.*.identity_assertion.header': [[undefined, 'X-Proof', verified]],
  'apps.*.identity_assertion.audience': [[undefined, 'https://wiki.example.com/', verified]],
  'apps.*.identity_assertion.claims': [
    [['email'], ['email', 'groups']],
    [['email', 'groups'], ['groups']],
  ],
  'apps.*.identity_assertion.lifetime': [[undefined, '2m', verified]],
  'apps.*.locations[].path': [['/at', '/to', openLocation]],
  'apps.*.locations[].exact': [[undefined, true, openLocation]],
  'apps.*.locations[].methods': [[undefined, ['GET'], openLocation]],
  'apps.*.locations[].require': [['signed_in', 'anyone']],
  'apps.*.locations[].unauthenticated': [[undefined, 'deny']],
  'apps.*.locations[].headers': [[undefined, { 'X-Key': secret('a') }]],
  'apps.*.locations[].enforce': [[undefined, false, openLocation]],
  'apps.*.step_up.acr_values': [['phr', ['phr', 'mfa']]],
  'apps.*.step_up.auth_context': [['c1', 'c2']],
  'apps.*.step_up.max_age': [['5m', '6m']],
  'apps.*.step_up.lasts': [[undefined, '1h', { 'apps.*.step_up': { max_age: '5m' } }]],
  'apps.*.step_up.scopes': [[['a'], ['a', 'b']]],
  'apps.*.step_up.prompt': [[undefined, 'login', { 'apps.*.step_up': { max_age: '5m' } }]],
  'apps.*.step_up.authorization_parameters': [
    [undefined, { display: 'page' }, { 'apps.*.step_up': { max_age: '5m' } }],
    [{ display: 'page' }, { display: 'popup' }, { 'apps.*.step_up': { max_age: '5m' } }],
  ],
  'apps.*.credentials': [
    [undefined, ['session', 'bearer'], byTokens],
    [['session', 'bearer'], ['bearer'], byTokens],
  ],
  'apps.*.limits[].name': [[undefined, 'plan', byRate]],
  'apps.*.limits[].per': [['user', 'app', byRate]],
  'apps.*.limits[].per.claim': [['a', 'b', limited({ rate: '100/1m' }, { claim: 'a' })]],
  'apps.*.limits[].rate': [['100/1m', '200/1m', byRate]],
  'apps.*.limits[].quota': [['1/1d', '2/1d', limited({ quota: '1/1d' })]],
  'apps.*.limits[].by.claim': [['plan', 'tier', byPlan]],
  'apps.*.limits[].by.is': [[{ free: '1/1m' }, { paid: '1/1m' }, byPlan]],
  'apps.*.limits[].by.is.*.rate': [['1/1m', '2/1m', byPlan]],
  'apps.*.limits[].by.is.*.quota': [['1/1d', '2/1d', byQuota]],
  'apps.*.limits[].by.otherwise': [['1/1m', '2/1m', byPlan]],
  'apps.*.limits[].by.otherwise.rate': [['1/1m', '2/1m', byPlan]],
  'apps.*.limits[].by.otherwise.quota': [['1/1d', '2/1d', byQuota]],
  'apps.*.limits_fail': [[undefined, 'closed', byRate]],
  'apps.*.resume': [[undefined, 'none']],
  'apps.*.max_resumed_body': [[undefined, '1MiB']],
  'apps.*.provider': [['acme', 'more', twoProviders]],
  'apps.*.require': [['signed_in', { groups: 'staff' }]],
  'apps.*.unauthenticated': [[undefined, 'deny']],
  'apps.*.shared_secret': [
    [undefined, secret('a')],
    [secret('a'), secret('b')],
  ],
  'apps.*.shared_secret.header': [[undefined, 'X-Other', { 'apps.*.shared_secret': { value: secret('a') } }]],
  'apps.*.shared_secret.value': [[secret('a'), secret('b')]],
  'apps.*.redirect_uri': [[undefined, '/oauth2/callback']],
  'apps.*.post_logout_redirect_uri': [[undefined, '/bye']],
  'apps.*.idle_timeout': [[undefined, '2h']],
  'apps.*.max_lifetime': [[undefined, '9h']],
  'apps.*.identity_headers': [
    [undefined, {}],
    [{ 'X-A': 'a' }, { 'X-A': 'b' }],
    [{ 'X-A': 'access_token' }, { 'X-A': 'id_token' }],
    [{ 'X-A': 'access_token' }, { 'X-A': { claim: 'access_token' } }],
    [{ 'X-A': 'key_id' }, { 'X-A': 'key_name' }],
    [{ 'X-A': 'credential' }, { 'X-A': { claim: 'credential' } }],
  ],
  'apps.*.identity_headers.*.claim': [['groups', 'roles']],
  'apps.*.identity_headers.*.only': [
    [undefined, 'a', { 'apps.*.identity_headers': { 'X-A': own } }],
    [['a', 'b-*'], ['a', 'b-c'], { 'apps.*.identity_headers': { 'X-A': own } }],
  ],
  'apps.*.identity_headers.*.join': [[undefined, ';', { 'apps.*.identity_headers': { 'X-A': own } }]],
  'apps.*.identity_headers.*.encoding': [
    [undefined, 'base64', { 'apps.*.identity_headers': { 'X-A': own } }],
  ],
  'apps.*.identity_headers.*.lower_case': [[undefined, true, { 'apps.*.identity_headers': { 'X-A': own } }]],
  'apps.*.response_headers.set': [[undefined, { 'X-Frame-Options': 'DENY' }]],
  'apps.*.response_headers.remove': [[undefined, ['X-Debug']]],
  'apps.*.timeouts.connect': [[undefined, '6s']],
  'apps.*.timeouts.response': [[undefined, '61s']],
  'apps.*.timeouts.idle': [[undefined, '6m']],
  'apps.*.timeouts.body': [[undefined, 'off']],
  'apps.*.timeouts.body.grace': [[undefined, '30s']],
  'apps.*.timeouts.body.min_rate': [[undefined, 100]],
  'apps.*.timeouts.keep_alive': [[undefined, '5s']],
  'apps.*.max_body': [[undefined, 'none']],
  'apps.*.websocket': [[undefined, true]],
  'apps.*.websocket.origins': [[['https://a.example.com'], ['https://b.example.com']]],
  'apps.*.cors_preflight': [[undefined, 'pass']],
  'apps.*.cors': [
    [undefined, ['https://a.example.com']],
    [['https://a.example.com'], ['https://b.example.com']],
  ],
  'apps.*.cors_headers': [[undefined, ['X-Api-Key'], { 'apps.*.cors': ['https://a.example.com'] }]],
  'apps.*.upstream_authorization': [
    [undefined, 'strip'],
    ['strip', 'access_token'],
  ],
  'apps.*.cache': [[undefined, 'upstream']],
  'apps.*.allow_encoded': [[undefined, ['slash']]],
  'apps.*.ignore_case': [[undefined, true]],
  'apps.*.keep_fragment': [[undefined, true]],
  'apps.*.title': [[undefined, 'The wiki']],
  'apps.*.contact': [[undefined, 'wiki@example.com']],
}

/** The rows of a key where it stands: what is beside it of the same mapping stands there too. */
function rowsOf(leaf: string): readonly Row[] | undefined {
  if (Object.hasOwn(rows, leaf)) return rows[leaf]
  const key = ofApp(leaf)
  const place = leaf.slice(0, leaf.length - key.length + 'apps.*.'.length)
  const group = key.split('.')[2]?.replace('[]', '')
  const moved = (keys: Keys = {}): Keys =>
    Object.fromEntries(
      Object.entries(keys).map(([path, value]) =>
        path.split('.')[2] === group ? [path.replace('apps.*.', place), value] : [path, value],
      ),
    )
  return key === leaf ? undefined : rows[key]?.map(([one, other, more]): Row => [one, other, moved(more)])
}

const base: Keys = {
  'providers.*.issuer': 'https://id.example.com',
  'providers.*.client_id': 'gate',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own
  'providers.*.client_secret': '${env:SECRET}',
  'apps.*.url': 'https://wiki.example.com',
  'apps.*.upstream.url': 'http://10.0.0.5',
  'apps.*.require': 'signed_in',
  'apps.*.locations': [{ path: '/at', require: 'signed_in' }],
}

/** The names that `*` and `[]` stand for, by what is around them. */
const steps = (path: string) =>
  path
    .replaceAll('[]', '.0')
    .replace(/^providers\.\*/, 'providers.acme')
    .replace(/^apps\.\*/, 'apps.wiki')
    .replace(/authorities\.\*/, 'authorities.partners')
    .replace(/identity_headers\.\*/, 'identity_headers.X-A')
    .split('.')

type Tree = { [key: string]: Tree | Value }

/** Null takes a key away; what is written deeper stands in place of a single value. */
function put(tree: Tree, path: string, value: Value | undefined): void {
  const names = steps(path)
  const last = names.pop() ?? ''
  let at = tree
  for (const name of names) {
    const inner = at[name]
    if (typeof inner !== 'object' || inner === null) at[name] = {}
    at = at[name] as Tree
  }
  if (value === undefined || value === null) delete at[last]
  else at[last] = structuredClone(value) as Tree
}

/** The model, or what is wrong. */
function load(leaf: string, value: Value | undefined, more: Keys): Gateway | string {
  const tree: Tree = {}
  const everything = [...Object.entries(base), ...Object.entries(more), [leaf, value] as const]
  for (const [path, one] of everything) put(tree, path, one)
  // A key of the app would stand in place of the one in `defaults`.
  if (leaf.startsWith('defaults.')) put(tree, `apps.*.${leaf.split('.')[1]?.replace('[]', '')}`, undefined)
  const loaded = loadGatewayFromText(JSON.stringify(tree), surroundings)
  return loaded.ok ? loaded.gateway : loaded.issues.map(printIssue).join('\n')
}

t.test('each key is told by diff when its value is another one, or there is a reason', async (t) => {
  t.ok(leaves.length > 150, `${leaves.length} keys`)
  for (const leaf of leaves) {
    if (isUntold(leaf)) continue
    const changes = rowsOf(leaf)
    if (changes === undefined) {
      t.fail(`${leaf}: say what it may be changed to, or why that is no difference`)
      continue
    }
    for (const [one, other, more = {}, moreAfter = {}] of changes) {
      const name = `${leaf}: ${JSON.stringify(one)} → ${JSON.stringify(other)}`
      const [before, after] = [load(leaf, one, more), load(leaf, other, { ...more, ...moreAfter })]
      if (typeof before === 'string' || typeof after === 'string') {
        t.fail(`${name}: ${[before, after].filter((side) => typeof side === 'string').join()}`)
        continue
      }
      const told = compareGateways({ before, after })
      t.ok(isChanged(told), name)
      t.ok(isChanged(compareGateways({ before: after, after: before })), `${name}, and back`)
      t.notOk(isChanged(compareGateways({ before, after: before })), `${leaf}: the same`)
      const text = differenceText(told)
      for (const canary of [...canaries, secret('a'), secret('b')]) t.notMatch(text, canary, leaf)
    }
  }
})

t.test('no row and no reason is left over', async (t) => {
  for (const leaf of [...Object.keys(rows), ...Object.keys(untold)]) {
    t.ok(
      leaves.some((one) => one === leaf || one.startsWith(`${leaf}.`)),
      leaf,
    )
    t.notOk(Object.hasOwn(rows, leaf) && isUntold(leaf), `${leaf} is told`)
  }
})

t.test('where a server is on the network is no difference', async (t) => {
  const at = (listen: string, admin: string) => load('listen', listen, { admin })
  const [before, after] = [at('0.0.0.0:8080', '127.0.0.1:9090'), at('127.0.0.1:80', '10.0.0.1:9191')]
  if (typeof before === 'string' || typeof after === 'string') throw new Error(`${before} ${after}`)
  t.notOk(isChanged(compareGateways({ before, after })))
})
