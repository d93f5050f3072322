// The metadata: fetched when needed, believed when it is the configured issuer's, kept when no better comes.
import t from 'tap'
import { readMetadata } from '../../src/oidc/metadata.ts'
import { type Bends, metadataOf } from '../support/hostile-op.ts'
import {
  faultOf,
  redirectUri,
  roundTrip,
  settingsFor,
  someday,
  startRig,
  transactionFor,
} from './fixtures.ts'

t.test('nothing is asked before it is needed, and then once', async (t) => {
  const rig = await startRig(t)
  t.equal(rig.op.counts.metadata, 0)
  await Promise.all([rig.signIn(), rig.signIn(), rig.signIn()])
  t.equal(rig.op.counts.metadata, 1)
  t.same(rig.events, [{ event: 'provider.ready', provider: 'acme', issuer: rig.op.issuer }])
})

t.test(
  'S-242: a provider that is down is asked at growing intervals, and people are not kept waiting',
  async (t) => {
    const rig = await startRig(t, {
      bends: { answer: { metadata: (_request, response) => void response.writeHead(503).end() } },
    })
    const at = async (second: number) => {
      rig.clock.time = someday + second
      const { code } = await faultOf(rig.signIn())
      t.equal(code, 'PROVIDER_UNREACHABLE')
      return rig.op.counts.metadata
    }
    t.same(
      [await at(0), await at(0), await at(1), await at(2), await at(3), await at(6), await at(7)],
      [1, 1, 2, 2, 3, 3, 4],
    )
    t.match(rig.provider.status(), {
      kind: 'failed',
      code: 'PROVIDER_UNREACHABLE',
      message: /503/,
      retryAt: someday + 15,
    })
    for (let second = 0; second < 3600; second += 30) await at(1000 + second)
    const before = rig.op.counts.metadata
    t.ok(before > 30 && before <= 70, `${before} attempts in an hour: one a minute`)

    rig.op.bends = {}
    rig.clock.time = rig.op.now = someday + 10_000
    t.equal((await rig.signIn()).user, 'alice')
    t.same(rig.provider.status(), { kind: 'ready' })
    t.equal(rig.events.at(-1)?.event, 'provider.ready')
  },
)

t.test('S-242: discovery reads what is due, and asking for the status asks nobody', async (t) => {
  const rig = await startRig(t)
  t.same([rig.provider.status(), rig.provider.status()], [{ kind: 'pending' }, { kind: 'pending' }])
  await roundTrip(rig.op)
  t.equal(rig.op.counts.metadata, 0)
  await rig.provider.discover()
  t.same(rig.provider.status(), { kind: 'ready' })
  rig.clock.time += 3599
  await rig.provider.discover()
  t.equal(rig.op.counts.metadata, 1)
  rig.clock.time += 1
  rig.provider.status()
  await roundTrip(rig.op)
  t.equal(rig.op.counts.metadata, 1)
  await rig.provider.discover()
  t.equal(rig.op.counts.metadata, 2)
})

t.test('S-242: discovery that fails is told by the status, and rests until the pause is over', async (t) => {
  const rig = await startRig(t, { bends: { metadata: () => '<html>' } })
  await rig.provider.discover()
  await rig.provider.discover()
  t.equal(rig.op.counts.metadata, 1)
  t.match(rig.provider.status(), { kind: 'failed', code: 'PROVIDER_RESPONSE_INVALID' })
  rig.clock.time += 1
  rig.provider.status()
  rig.op.bends = {}
  await rig.provider.discover()
  t.same([rig.op.counts.metadata, rig.provider.status()], [2, { kind: 'ready' }])
})

const yearSeconds = 365 * 24 * 60 * 60

t.test('S-242: a wall clock that was a year ahead once holds no discovery up afterwards', async (t) => {
  const rig = await startRig(t, { bends: { metadata: () => '<html>' } })
  rig.clock.wallErrorSeconds = yearSeconds
  t.equal((await faultOf(rig.signIn())).code, 'PROVIDER_RESPONSE_INVALID')
  t.match(rig.provider.status(), { retryAt: someday + yearSeconds + 1 })
  rig.clock.wallErrorSeconds = 0
  rig.op.bends = {}
  rig.clock.time = rig.op.now = someday + 1
  t.equal((await rig.signIn()).user, 'alice')
})

t.test('metadata that was read by a wall clock a year ahead grows old all the same', async (t) => {
  const rig = await startRig(t)
  rig.clock.wallErrorSeconds = yearSeconds
  await rig.provider.discover()
  rig.clock.wallErrorSeconds = 0
  rig.clock.time += 3600
  await rig.provider.discover()
  t.equal(rig.op.counts.metadata, 2)
})

const refused: readonly [string, Bends, RegExp][] = [
  [
    'S-143: another issuer',
    { metadata: (document) => ({ ...document, issuer: 'https://other.example' }) },
    /that of "https:\/\/other.example", issuer is/,
  ],
  [
    'S-143: the issuer with a slash',
    { metadata: (document) => ({ ...document, issuer: `${document.issuer}/` }) },
    /issuer is/,
  ],
  ['S-143: no issuer', { metadata: ({ issuer: _, ...document }) => document }, /missing/],
  [
    'S-143: no token endpoint',
    { metadata: ({ token_endpoint: _, ...document }) => document },
    /lacks token_endpoint/,
  ],
  ['S-143: no key set', { metadata: ({ jwks_uri: _, ...document }) => document }, /lacks jwks_uri/],
  [
    'S-143: no authorization endpoint',
    { metadata: ({ authorization_endpoint: _, ...document }) => document },
    /lacks authorization_endpoint/,
  ],
  [
    'S-143: an endpoint that is no address',
    { metadata: (document) => ({ ...document, token_endpoint: 'token' }) },
    /token_endpoint/,
  ],
  [
    'S-143: an endpoint that is a number',
    { metadata: (document) => ({ ...document, jwks_uri: 1 }) },
    /jwks_uri/,
  ],
  [
    'S-143: an endpoint of another scheme',
    { metadata: (document) => ({ ...document, jwks_uri: 'file:///etc/passwd' }) },
    /not https/,
  ],
  [
    'S-143: javascript as the place to sign out',
    { metadata: (document) => ({ ...document, end_session_endpoint: 'javascript:alert(1)' }) },
    /not https/,
  ],
  [
    'S-143: an endpoint with a password',
    { metadata: (document) => ({ ...document, token_endpoint: 'https://u:p@op.example/' }) },
    /password/,
  ],
  [
    'S-143: 5 MB',
    { metadata: (document) => ({ ...document, filler: 'x'.repeat(5_000_000) }) },
    /more than 1048576 bytes/,
  ],
  ['S-143: a list', { metadata: () => [] }, /no JSON object/],
  ['S-143: HTML', { metadata: () => '<html>' }, /no JSON object/],
  [
    'S-143, S-247: a redirect to another host',
    {
      answer: {
        metadata: (_request, response) =>
          void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      },
    },
    /redirects are not followed/,
  ],
  [
    'S-143: 404',
    { answer: { metadata: (_request, response) => void response.writeHead(404).end() } },
    /answered 404, expected 200/,
  ],
]

for (const [name, bends, says] of refused) {
  t.test(name, async (t) => {
    const rig = await startRig(t, { bends })
    const fault = await faultOf(rig.signIn())
    t.equal(fault.code, 'PROVIDER_RESPONSE_INVALID', fault.message)
    t.match(fault.message, says)
    t.match(rig.provider.status(), { kind: 'failed', code: 'PROVIDER_RESPONSE_INVALID' })

    // The same as a refresh: what was there goes on.
    const later = await startRig(t)
    await later.signIn()
    later.op.bends = bends
    later.clock.time = later.op.now = someday + 3600
    t.equal((await later.signIn()).user, 'alice')
    t.equal(later.op.counts.metadata, 2)
    t.match(later.events.at(-1), { event: 'provider.failed', message: says })
    t.same(later.provider.status(), { kind: 'ready' })
  })
}

t.test('S-143: a metadata document with __proto__ is only its own keys', async (t) => {
  const rig = await startRig(t, {
    bends: {
      metadata: (document) =>
        JSON.stringify(document).replace('{', '{"__proto__":{"token_endpoint":"https://evil.example/"},'),
    },
  })
  t.equal((await rig.signIn()).user, 'alice')
  t.notOk('token_endpoint' in {})
})

t.test('S-143: plain http only where the issuer is, or where the operator put it', async (t) => {
  const issuer = 'https://op.example'
  const document = { ...metadataOf(issuer), token_endpoint: 'http://op.internal:8080/token' } as never
  t.throws(() => readMetadata(document, settingsFor(issuer)), { message: /not https in token_endpoint/ })
  t.equal(
    readMetadata(document, settingsFor(issuer, { internalUrl: 'http://op.internal:8080' })).tokenEndpoint,
    'http://op.internal:8080/token',
  )
  t.throws(() => readMetadata(document, settingsFor(issuer, { internalUrl: 'http://op.internal:9090' })), {
    message: /not https/,
  })
})

t.test('metadata is read again every hour', async (t) => {
  const rig = await startRig(t)
  await rig.signIn()
  rig.clock.time = rig.op.now = someday + 3599
  await rig.signIn()
  t.equal(rig.op.counts.metadata, 1)
  rig.op.bends = {
    metadata: (document) => ({ ...document, authorization_endpoint: `${document.issuer}/elsewhere` }),
  }
  rig.clock.time = rig.op.now = someday + 3600
  const url = await rig.provider.authorizationUrl(transactionFor(rig.settings), redirectUri)
  t.equal(url.pathname, '/elsewhere')
})

t.test('a refresh that hangs holds nobody up for long', async (t) => {
  const rig = await startRig(t, { limits: { refreshWaitMs: 20, timeoutMs: 30_000 } })
  await rig.signIn()
  rig.op.bends = { answer: { metadata: () => {} } }
  rig.clock.time = rig.op.now = someday + 3600
  t.equal((await rig.signIn()).user, 'alice')
})

t.test('of the algorithms that the metadata offers those of key pairs count, RS256 first', async (t) => {
  const issuer = 'https://op.example'
  for (const [offered, read] of [
    [
      ['ES256', 'HS256', 'none', 'PS256', 'RS256'],
      ['RS256', 'PS256', 'ES256'],
    ],
    [['ES256'], ['ES256']],
    [['HS256', 'none'], ['RS256']],
    [undefined, ['RS256']],
  ] as const) {
    const document = { ...metadataOf(issuer), id_token_signing_alg_values_supported: offered }
    t.same(readMetadata(document as never, settingsFor(issuer)).idTokenAlgorithms, read, `${offered}`)
  }
})
