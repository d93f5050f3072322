// Every form of `session.store`, in the model.
import t from 'tap'
import { configuredCertificates } from '../../../src/config/certificates.ts'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { MadeUp } from '../../../src/config/made-up.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { canaries, surroundings } from '../surroundings.ts'

/** The model, or what is wrong. */
function load(session: string, madeUp?: MadeUp): Gateway | string {
  const text = `
log: { subject_key: "\${file:secret.txt}" }
session:
  secret: "\${env:OTHER_SECRET}"
${session.replace(/^/gm, '  ')}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in }
`
  const loaded = loadGatewayFromText(text, { ...surroundings, ...(madeUp === undefined ? {} : { madeUp }) })
  return loaded.ok ? loaded.gateway : loaded.issues.map(printIssue).join('\n')
}

function storeOf(session: string, madeUp?: MadeUp) {
  const gateway = load(session, madeUp)
  return typeof gateway === 'string' ? gateway : gateway.session.store
}

const usual = { kind: 'redis', database: 0, username: null, tls: null, keyPrefix: 'claimgate:' }

t.test('a word says it', async (t) => {
  t.same(storeOf(''), { kind: 'sqlite' })
  for (const kind of ['sqlite', 'memory', 'cookie']) t.same(storeOf(`store: ${kind}`), { kind })
})

t.test('an address is a Redis of its own, by TLS or not', async (t) => {
  t.match(storeOf('store: redis://localhost'), { ...usual, host: 'localhost', port: 6379, password: null })
  t.match(storeOf('store: "rediss://[2001:db8::5]:6380/2"'), {
    ...{ ...usual, host: '2001:db8::5', port: 6380, database: 2 },
    tls: { ca: null, clientCertificate: null },
  })
})

t.test('who we are there stands in the address or in keys, and may come from outside', async (t) => {
  const stores = [
    `store: "rediss://gate:\${env:SHORT}@redis"`,
    `store: { redis: { url: "rediss://gate:\${env:SHORT}@redis" } }`,
    `store: { redis: { url: "rediss://redis", username: gate, password: "\${env:SHORT}" } }`,
    `store: { redis: { url: "rediss://gate@redis", password: "\${env:SHORT}" } }`,
  ].map((session) => storeOf(session))
  for (const store of stores) {
    if (typeof store === 'string' || store.kind !== 'redis') throw new Error(JSON.stringify(store))
    t.equal(store.username, 'gate')
    t.equal(store.password?.reveal(), 'canary')
    t.notMatch(JSON.stringify(store), /canary/)
  }
})

t.test('a Redis may ask for a certificate, and have one of a private authority', async (t) => {
  const gateway = load(
    'store: { redis: { url: "rediss://redis", ca_file: ca.pem, certificate: one.crt, key: one.key, key_prefix: "" } }',
  )
  if (typeof gateway === 'string') throw new Error(gateway)
  const certificate = /^-----BEGIN CERTIFICATE-----/
  t.match(gateway.session.store, {
    keyPrefix: '',
    tls: { ca: certificate, clientCertificate: { certificate } },
  })
  t.match(configuredCertificates(gateway), [
    { role: 'ca', host: 'redis', path: ['session', 'store', 'redis', 'ca_file'] },
    { role: 'client', host: 'redis', path: ['session', 'store', 'redis', 'certificate'] },
  ])
})

t.test('Sentinels name a primary', async (t) => {
  const store = storeOf(`store:
  redis_sentinel:
    sentinels: [s1, "[::1]:7"]
    name: mymaster
    username: gate
    password: one-password
    sentinel_username: watch
    sentinel_password: other-password
    tls: true
    ca_file: ca.pem
    database: 3
    key_prefix: "wiki/"`)
  t.match(store, {
    ...{ kind: 'redis-sentinel', name: 'mymaster', username: 'gate', sentinelUsername: 'watch', database: 3 },
    sentinels: [
      { host: 's1', port: 26379 },
      { host: '::1', port: 7 },
    ],
    ...{ tls: { ca: /BEGIN/ }, keyPrefix: 'wiki/' },
  })
  if (typeof store === 'string' || store.kind !== 'redis-sentinel') throw new Error('none')
  t.equal(store.password?.reveal(), 'one-password')
  t.equal(store.sentinelPassword?.reveal(), 'other-password')
})

t.test('a cluster is known by some of its nodes', async (t) => {
  t.match(storeOf('store: { redis_cluster: { nodes: [n1, "n2:7001"], tls: true } }'), {
    kind: 'redis-cluster',
    nodes: [
      { host: 'n1', port: 6379 },
      { host: 'n2', port: 7001 },
    ],
    ...{ username: null, password: null, tls: { ca: null }, keyPrefix: 'claimgate:' },
  })
})

t.test('who only asks needs no password, and no address that is a secret', async (t) => {
  const password = storeOf(
    `store: { redis: { url: "redis://localhost", password: "\${env:NONE}" } }`,
    'secrets',
  )
  t.match(password, { kind: 'redis', host: 'localhost' })
  t.match(storeOf(`store: "rediss://:\${env:NONE}@redis"`, 'secrets'), { kind: 'redis', host: 'redis' })
  t.match(storeOf(`store: { redis: { url: "\${env:NONE}", ca_file: none.pem } }`, 'secrets'), {
    kind: 'redis',
  })
  t.same(storeOf(`store: "\${env:NONE}"`, 'secrets'), { kind: 'sqlite' }, 'nobody knows what it is')
  for (const madeUp of [undefined, 'secrets'] as const)
    t.match(storeOf(`store: "redis:\${env:SHORT}"`, madeUp), /session\.store: expected/)
  t.match(storeOf(`store: "\${env:NONE}"`), /the environment variable NONE is not set/)
})

t.test('no message repeats what may be a password', async (t) => {
  const faulty = [
    'store: redis://:canary@red is',
    'store: "redis://gate:can@ary@redis"',
    'store: redis://:canary@redis:0',
    'store: http://:canary@redis',
    'store: ":canary@redis"',
    'store: !canary redis://localhost',
    'store: &canary redis://localhost',
    'store: { redis: { url: "redis://:canary@redis?x" } }',
    'store: { redis: { url: "redis://localhost", password: !canary x } }',
    'store: { redis: { url: "redis://:canary@localhost", password: canary } }',
    'store: { redis: canary }',
    'store: { redis: [canary] }',
    'store: { redis_sentinel: { sentinels: ["x:canary@s1"], name: m, tls: true, sentinel_password: [canary] } }',
    'store: { redis_cluster: { nodes: ["redis://:canary@n1"], tls: true, password: { canary: canary } } }',
  ]
  for (const session of faulty) {
    const said = storeOf(session)
    if (typeof said !== 'string') t.fail(`${session} is taken`)
    else for (const canary of canaries) t.notMatch(said, canary, session)
  }
})
