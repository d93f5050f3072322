// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
// What `api_keys` is in the model; what is wrong with it is in test/config/cases.
import t from 'tap'
import { configuredCertificates } from '../../../src/config/certificates.ts'
import type { FileRead } from '../../../src/config/files.ts'
import { printIssue } from '../../../src/config/issue.ts'
import { type LoadedGateway, loadGatewayFromText } from '../../../src/config/load.ts'
import type { MadeUp } from '../../../src/config/made-up.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import { encodeApiKey } from '../../../src/core/keys/api-key-record.ts'
import { createAuthority } from '../../support/tls.ts'

const authority = createAuthority()

const key: ApiKey = {
  ...{ id: '0123456789abcdef', prefix: 'cg', name: 'ci', owner: { kind: 'operator', user: 'ci' } },
  ...{ claims: { plan: 'paid' }, claimsAt: 1, asleep: false, createdAt: 1, expiresAt: null, revokedAt: null },
  ...{ secrets: [{ hash: 'h'.repeat(43), until: null }], apps: null, methods: null, from: null, origins: [] },
}
const other: ApiKey = { ...key, id: 'fedcba9876543210', prefix: 'ab' }

const files: Readonly<Record<string, string>> = {
  'keys.jsonl': `# made by hand\n${encodeApiKey(key)}\n\n${encodeApiKey(other)}\n`,
  'people.txt': 'ada\n',
  'ca.pem': authority.certificate,
}

function readFile(path: string): FileRead {
  const content = files[path.replace('/etc/', '')]
  return content === undefined
    ? { ok: false, reason: 'no such file' }
    : { ok: true, bytes: Buffer.from(content), worldReadable: false }
}

function load(apiKeys: string, session = '', madeUp?: MadeUp): LoadedGateway {
  const text = `
log: { subject: off }
session: { secret: "0123456789-abcdefghijklmnopqrstuvwxyz"${session} }
api_keys: ${apiKeys}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
  tokens: { issuer: "https://t.example.com", user_id_prefix: "t:", bearer: { audiences: [api] } }
apps:
  portal: { url: "https://portal.example.com", upstream: "http://127.0.0.1:1", provider: [acme, tokens], require: signed_in }
`
  const around = { file: 'claimgate.yaml', folder: '/etc', env: {}, readFile }
  return loadGatewayFromText(text, { ...around, ...(madeUp === undefined ? {} : { madeUp }) })
}

function keysOf(apiKeys: string, session = '', madeUp?: MadeUp) {
  const loaded = load(apiKeys, session, madeUp)
  return loaded.ok ? loaded.gateway.apiKeys : loaded.issues.map(printIssue).join('\n')
}

t.test('an empty mapping is enough', async (t) => {
  t.strictSame(keysOf('{}'), {
    ...{ prefixes: ['cg'], header: 'X-Api-Key', store: { kind: 'sqlite' }, secrets: [], keys: [] },
    ...{ claimsMaxAgeSeconds: 30 * 86_400, tokenLifetimeSeconds: 900, userIdPrefix: 'key:' },
    ...{ widgetClaims: [], selfService: null },
  })
})

t.test('keys are kept where the sessions are, unless `store` says otherwise', async (t) => {
  const redis = ', store: "rediss://redis.example.com"'
  const secret = 'secret: abcdefghijklmnopqrstuvwxyz-0123456789'
  t.match(keysOf(`{ ${secret} }`, redis), { store: { kind: 'redis', host: 'redis.example.com' } })
  t.match(keysOf('{ store: sqlite }', redis), { store: { kind: 'sqlite' }, secrets: [] })
  t.match(keysOf('{ store: sqlite }', ', store: memory'), { store: { kind: 'sqlite' } })
  t.match(keysOf(`{ store: "redis://127.0.0.1:7000/3", ${secret} }`), {
    store: { kind: 'redis', host: '127.0.0.1', port: 7000, database: 3 },
  })
  t.match(keysOf('{}', ', store: memory'), 'api_keys.store: is missing')
})

t.test('keys in the file are a list, or lines of a file that is put in', async (t) => {
  t.match(keysOf('{ prefix: [cg, ab], keys: "${file:keys.jsonl}" }'), { keys: [key, other] })
  t.match(keysOf(`{ keys: [${encodeApiKey(key)}] }`), { keys: [key] }, 'as it is printed, JSON is YAML')
  t.match(keysOf(`{ keys: ['${encodeApiKey(key)}'] }`), { keys: [key] })
})

t.test('a key of the file has origins, and tokens for widgets some of its claims', async (t) => {
  const withOrigins = { ...key, origins: ['https://shop.example.com'] }
  t.match(keysOf(`{ widget_claims: [plan, plan], keys: [${encodeApiKey(withOrigins)}] }`), {
    keys: [{ origins: ['https://shop.example.com'] }],
    widgetClaims: ['plan'],
  })
})

t.test('what is wrong with a key of the file is told with its line, and nothing that it holds', async (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['{ keys: "${file:keys.jsonl}" }', /api_keys\.keys: line 4 begins with none of `api_keys\.prefix`/],
    [`{ keys: [${encodeApiKey(key)}, ${encodeApiKey(key)}] }`, /keys\[1\]: has the id of a key before it/],
    [
      `{ keys: [${encodeApiKey({ ...key, claims: { text: 'x'.repeat(33_000) } })}] }`,
      /is too large for a key/,
    ],
    [
      `{ keys: [${encodeApiKey({ ...key, owner: { kind: 'person', issuer: 'https://id.example.com', clientId: 'gate', user: 'ada' } })}] }`,
      /is a person’s key/,
    ],
    [
      `{ keys: [${encodeApiKey({ ...key, origins: ['https://shop.example.com/'] })}] }`,
      /keys\[0\]: has the origin "https:\/\/shop\.example\.com\/", which is no https origin/,
    ],
    [
      `{ keys: ['${encodeApiKey({ ...key, origins: ['https://portal.example.com'] })}'] }`,
      /keys\[0\]: has the origin "https:\/\/portal\.example\.com", which is the origin of an app/,
    ],
    [`{ keys: [${encodeApiKey(key).replace('"asleep":false,', '')}] }`, /is no key as/],
    [
      `{ keys: [${encodeApiKey({ ...key, apps: ['portl'] })}] }`,
      /is for the app "portl", which does not exist/,
    ],
  ]
  for (const [written, expected] of rows) {
    const said = keysOf(written)
    t.match(said, expected)
    t.notMatch(said, /paid|hhhh|ada/)
  }
})

t.test('people who sign in at an origin may have keys of their own', async (t) => {
  const written =
    '{ self_service: { at: "https://portal.example.com", require: { plan: paid }, claims: [plan, plan], lifetime: 365d, origins: true } }'
  t.match(keysOf(written), {
    selfService: {
      ...{
        at: 'https://portal.example.com',
        providers: ['acme'],
        claims: ['plan'],
        maxKeys: 5,
        origins: true,
      },
      ...{ lifetimeSeconds: 365 * 86_400, require: { kind: 'claim', path: 'plan' } },
    },
  })
  const of = (claims: string) =>
    load(
      `{ self_service: { at: "https://portal.example.com", require: { sub: "\${lines:people.txt}" }${claims} } }`,
    )
  const loaded = of('')
  t.match(loaded.ok && loaded.gateway.apiKeys?.selfService, { claims: [], lifetimeSeconds: null })
})

t.test('who may have a key is asked of the person, not of a request', async (t) => {
  const of = (rule: string) =>
    keysOf(
      `{ self_service: { at: "https://portal.example.com", require: ${rule} } }\ntrusted_proxies: [10.0.0.1]`,
    )
  for (const rule of ['{ client_ip: 10.0.0.0/8 }', '{ none: [{ client_ip: 10.0.0.0/8 }] }'])
    t.match(of(rule), /require: asks for a `client_ip`, which belongs to a request and to no person/, rule)
  for (const rule of ['{ credential: session }', '{ any: [{ plan: paid }, { credential: api_key }] }'])
    t.match(of(rule), /require: asks for a `credential`, which belongs to a request and to no person/, rule)
})

t.test('the files of keys and of their rule are part of the digest', async (t) => {
  const loaded = load(
    '{ prefix: [cg, ab], keys: "${file:keys.jsonl}", self_service: { at: "https://portal.example.com", require: { sub: "${lines:people.txt}" } } }',
  )
  t.same(loaded.ok && loaded.digest.files.map(({ as, name }) => `${as} ${name}`), [
    'configuration ',
    'file keys.jsonl',
    'lines people.txt',
  ])
})

t.test('a secret that is missing may be made up, and what decides about people may not', async (t) => {
  const redis = ', store: "rediss://redis.example.com"'
  t.match(keysOf('{ secret: "${env:KEYS}" }', redis, 'secrets'), { secrets: [{}] })
  t.match(keysOf('{ secret: "${env:KEYS}" }', redis, 'secrets-of-others'), /KEYS/, 'where the store is asked')
  for (const madeUp of ['secrets', 'all-but-rules'] as const)
    t.match(keysOf('{ keys: "${file:none.jsonl}" }', '', madeUp), /none\.jsonl/, madeUp)
  const rule = '{ self_service: { at: "https://portal.example.com", require: { plan: "${env:PLAN}" } } }'
  t.match(keysOf(rule, '', 'all-but-rules'), /PLAN/)
})

t.test('certificates of a store of their own are told of when they end', async (t) => {
  const store =
    '{ secret: abcdefghijklmnopqrstuvwxyz-0123456789, store: { redis: { url: "rediss://keys.example.com", ca_file: ca.pem } } }'
  const loaded = load(store)
  const found = loaded.ok ? configuredCertificates(loaded.gateway) : []
  t.match(found, [{ role: 'ca', host: 'keys.example.com', path: ['api_keys', 'store', 'redis', 'ca_file'] }])
  const shared = ', store: { redis: { url: "rediss://keys.example.com", ca_file: ca.pem } }'
  const once = load('{ secret: abcdefghijklmnopqrstuvwxyz-0123456789 }', shared)
  t.equal(once.ok && configuredCertificates(once.gateway).length, 1, 'that of the sessions once')
})
