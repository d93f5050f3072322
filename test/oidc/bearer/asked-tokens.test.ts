// Opaque access tokens, by real sockets: how the provider is asked of them (RFC 7662), what it costs, and what is
// remembered.
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import { createCredentialFailures } from '../../../src/core/limits/credential-failures.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { AccessTokenReading } from '../../../src/core/provider-port.ts'
import { createAskedTokens } from '../../../src/oidc/bearer/asked-tokens.ts'
import { defaultLimits } from '../../../src/oidc/limits.ts'
import { createTestClock } from '../../support/clock.ts'
import type { Bends } from '../../support/hostile-op.ts'
import {
  faultOf,
  type Rig,
  type RigOptions,
  random,
  roundTrip,
  secret,
  someday,
  someNetwork,
  startRig,
} from '../fixtures.ts'

const bearer: BearerSettings = {
  audiences: ['https://api.example.com'],
  clientIds: [],
  check: 'introspection',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

const rigOf = (t: Test, options: RigOptions = {}): Promise<Rig> =>
  startRig(t, { ...options, settings: (issuer) => ({ bearer, ...options.settings?.(issuer) }) })

const read = async (
  { provider, clock }: Rig,
  token: string,
  network = someNetwork,
): Promise<AccessTokenReading> => provider.readAccessToken(token, clock.now(), network)

const answering = (status: number, body: string, type = 'application/json'): Bends => ({
  answer: {
    introspection: (_request, response) =>
      void response.writeHead(status, { 'content-type': type }).end(body),
  },
})

t.test('the token goes to the introspection endpoint, by the client’s own authentication', async (t) => {
  for (const authMethod of ['client_secret_basic', 'client_secret_post'] as const) {
    const rig = await rigOf(t, { settings: () => ({ authMethod }) })
    const asked: { authorization: string | undefined; body: object }[] = []
    rig.op.bends.before = {
      introspection: async ({ authorization, body }) =>
        void asked.push({ authorization, body: Object.fromEntries(body) }),
    }
    t.match(await read(rig, 'opaque-of-alice'), {
      kind: 'read',
      token: { subject: 'alice', audiences: ['https://api.example.com'], scopes: ['openid', 'read'] },
    })
    const token = { token: 'opaque-of-alice', token_type_hint: 'access_token' }
    const isBasic = authMethod === 'client_secret_basic'
    t.same(asked[0]?.body, isBasic ? token : { ...token, client_id: 'gateway', client_secret: secret })
    t.equal(asked[0]?.authorization?.startsWith('Basic '), isBasic ? true : undefined)
  }
})

t.test('what no access token can be costs no question', async (t) => {
  const rig = await rigOf(t)
  const texts = [
    '',
    'with space',
    'with"quote',
    'ümlaut',
    '=first',
    'a'.repeat(4097),
    `${'a'.repeat(16_380)}.b.cd`,
  ]
  for (const text of texts)
    t.match(await read(rig, text), { kind: 'refused', why: 'token-invalid' }, text.slice(0, 20))
  t.equal(rig.op.counts.introspection, 0)
  await read(rig, 'a'.repeat(4096))
  await read(rig, `${'a'.repeat(10_000)}.b.c`)
  t.equal(rig.op.counts.introspection, 2, 'a JWT may be longer')
})

t.test('a refusal is told without the token, whatever the answer repeats', async (t) => {
  const token = 'canary-of-an-access-token'
  const answer = { active: true, sub: 'alice', aud: 'https://api.example.com', token_type: token }
  const rig = await rigOf(t, { bends: answering(200, JSON.stringify(answer)) })
  const told = await read(rig, token)
  t.match(told, { kind: 'refused', why: 'token-invalid' })
  t.notMatch(JSON.stringify(told), token)
})

t.test('what it may answer that tells nothing', async (t) => {
  const token = 'canary-of-an-access-token'
  const proper = { active: true, sub: 'alice', aud: 'https://api.example.com', token_type: 'Bearer' }
  const rows: readonly [string, Bends, string, RegExp][] = [
    [
      'invalid_client',
      answering(401, '{"error":"invalid_client"}'),
      'PROVIDER_CLIENT_REFUSED',
      /client_secret/,
    ],
    ['403', answering(403, ''), 'PROVIDER_CLIENT_REFUSED', /403/],
    ['a page', answering(404, '<html>'), 'PROVIDER_RESPONSE_INVALID', /404/],
    ['503', answering(503, ''), 'PROVIDER_UNREACHABLE', /503/],
    ['429', answering(429, ''), 'PROVIDER_UNREACHABLE', /too often/],
    ['a redirect', answering(302, ''), 'PROVIDER_RESPONSE_INVALID', /302/],
    ['the token again', answering(400, `{"error":"${token}"}`), 'PROVIDER_RESPONSE_INVALID', /400/],
    ['the secret again', answering(400, `{"error":"${secret}"}`), 'PROVIDER_RESPONSE_INVALID', /400/],
    ['no JSON', answering(200, '<html>'), 'PROVIDER_RESPONSE_INVALID', /no JSON object/],
    ['no active', answering(200, '{}'), 'PROVIDER_RESPONSE_INVALID', /active is missing/],
    [
      'active as a text',
      answering(200, '{"active":"true"}'),
      'PROVIDER_RESPONSE_INVALID',
      /active is "true"/,
    ],
    [
      'a JWT (RFC 9701)',
      answering(200, JSON.stringify(proper), 'application/token-introspection+jwt'),
      'PROVIDER_RESPONSE_INVALID',
      /expected application\/json/,
    ],
    [
      'a long one',
      answering(200, JSON.stringify({ ...proper, groups: 'x'.repeat(limits.tokenAnswerBytes) })),
      'PROVIDER_RESPONSE_INVALID',
      /more than/,
    ],
    [
      'no such endpoint',
      { metadata: ({ introspection_endpoint: _, ...document }) => document },
      'PROVIDER_RESPONSE_INVALID',
      /introspection_endpoint/,
    ],
  ]
  for (const [name, bends, code, says] of rows) {
    const rig = await rigOf(t, { bends })
    const fault = await faultOf(read(rig, token))
    t.equal(fault.code, code, `${name}: ${fault.message}`)
    t.match(fault.message, says, name)
    t.notMatch(fault.message, /canary-of|a-secret-of/, name)
    t.match(await faultOf(read(rig, token)), { code }, `${name}: is not remembered`)
  }
})

t.test('a token of a kind of which it tells nothing is refused', async (t) => {
  const rig = await rigOf(t, { bends: answering(400, '{"error":"unsupported_token_type"}') })
  t.match(await read(rig, 'head.body.signature'), { kind: 'refused', why: 'token-invalid' })
})

t.test('an answer is believed for `cache`, and never beyond the end of the token', async (t) => {
  const rig = await rigOf(t)
  const { op, clock } = rig
  t.match(await read(rig, 'opaque-of-alice'), { kind: 'read' })
  t.match(await read(rig, 'opaque-of-alice'), { kind: 'read' })
  t.equal(op.counts.introspection, 1)
  clock.time += 60
  op.bends.introspection = () => ({ active: false })
  t.match(await read(rig, 'opaque-of-alice'), { kind: 'refused' }, 'it was revoked')
  t.equal(op.counts.introspection, 2)

  op.bends.introspection = (answer) => ({ ...answer, exp: clock.now() + 5 })
  t.match(await read(rig, 'opaque-of-olga'), { kind: 'read' })
  clock.time += 5
  op.bends.introspection = () => ({ active: false })
  t.match(await read(rig, 'opaque-of-olga'), { kind: 'refused' })
})

t.test('a refusal is remembered for ten seconds', async (t) => {
  const rig = await rigOf(t)
  for (let count = 0; count < 5; count += 1) t.match(await read(rig, 'nobodys'), { kind: 'refused' })
  t.equal(rig.op.counts.introspection, 1)
  rig.clock.time += 10
  t.match(await read(rig, 'nobodys'), { kind: 'refused' })
  t.equal(rig.op.counts.introspection, 2)
})

t.test('those who bring one token at once wait for one question', async (t) => {
  const rig = await rigOf(t)
  const readings = await Promise.all(Array.from({ length: 50 }, () => read(rig, 'opaque-of-alice')))
  t.same([...new Set(readings.map(({ kind }) => kind))], ['read'])
  t.equal(rig.op.counts.introspection, 1)
})

t.test('while it does not answer, what is remembered goes on', async (t) => {
  const rig = await rigOf(t)
  await read(rig, 'opaque-of-alice')
  rig.op.bends = answering(503, '')
  t.match(await read(rig, 'opaque-of-alice'), { kind: 'read' })
  t.match(await faultOf(read(rig, 'opaque-of-olga')), { code: 'PROVIDER_UNREACHABLE' })
  rig.clock.time += 60
  t.match(await faultOf(read(rig, 'opaque-of-alice')), { code: 'PROVIDER_UNREACHABLE' }, 'and no longer')
  rig.op.bends = {}
  t.match(await read(rig, 'opaque-of-alice'), { kind: 'read' })
})

/** As good as random, and the same in each run. */
const invented = (number: number): string => createHash('sha256').update(String(number)).digest('base64url')

t.test('a flood of invented tokens: what the provider is asked, and what is kept', async (t) => {
  const clock = createTestClock(someday)
  let calls = 0
  const tokens = createAskedTokens({
    provider: 'acme',
    cacheSeconds: 30,
    limits: defaultLimits,
    clock,
    random,
    failures: createCredentialFailures(),
    ask: async (raw) => {
      calls += 1
      const token = { claims: {}, subject: raw, audiences: null, clientId: 'app', scopes: [], endsAt: null }
      return raw.startsWith('good')
        ? { reading: { kind: 'read', token: { ...token, certificate: null } }, bytes: 10 }
        : { reading: { kind: 'refused', why: 'token-invalid', detail: 'x' }, bytes: 0 }
    },
  })
  const at = (raw: string, network: number) =>
    tokens.read(raw, clock.now(), { key: `192.0.2.${network}`, hidden: false })
  t.match(await at('good-1', 200), { kind: 'read' })
  calls = 0
  const kinds: Record<string, number> = {}
  for (let number = 0; number < 100_000; number += 1) {
    const reading = await at(invented(number), number % 50)
    kinds[reading.kind] = (kinds[reading.kind] ?? 0) + 1
  }
  t.equal(calls, limits.unseenTokensInAll - 1, 'the good one was counted too')
  t.same(kinds, { refused: calls, throttled: 100_000 - calls })
  t.same(tokens.size(), { good: 1, bytes: 10, refused: calls, asked: 0 })
  clock.time += 59
  t.match(await at('good-1', 1), { kind: 'read' }, 'a good one is asked of again without being counted')
  clock.time += 0.5
  t.match(await at('good-2', 200), { kind: 'throttled', retryAfterSeconds: 1 })
  clock.time += 0.5
  t.match(await at('good-1', 1), { kind: 'read' }, 'and is remembered again')
  t.match(await at('good-2', 200), { kind: 'read' })
  t.equal(calls, limits.unseenTokensInAll + 1)
})

t.test('one network cannot have the provider asked of more than sixty', async (t) => {
  const rig = await rigOf(t)
  const readings = await Promise.all(Array.from({ length: 60 }, (_, number) => read(rig, invented(number))))
  t.same([...new Set(readings.map(({ kind }) => kind))], ['refused'])
  t.match(await read(rig, invented(60)), { kind: 'throttled', retryAfterSeconds: 60 })
  t.match(await read(rig, invented(60), { key: '192.0.2.8', hidden: false }), { kind: 'refused' })
  t.equal(rig.op.counts.introspection, 61)
})

t.test('sign-ins do not wait for tokens that are asked of, nor take their turns', async (t) => {
  const rig = await rigOf(t, {
    limits: {
      tokenAsks: { places: 2, waiting: 1, waitingOfNetwork: 1 },
      tokenAskWaitMs: 60_000,
      maxSockets: 2,
      timeoutMs: 60_000,
    },
  })
  const { op } = rig
  const held = Promise.withResolvers<void>()
  const came = Promise.withResolvers<void>()
  op.bends.before = {
    introspection: async () => {
      if (op.counts.introspection === 2) came.resolve()
      await held.promise
    },
  }
  const waiting = [read(rig, 'opaque-of-alice'), read(rig, 'opaque-of-olga'), read(rig, 'opaque-of-adam')]
  await came.promise
  t.match(await faultOf(read(rig, 'opaque-of-mallory')), { code: 'PROVIDER_BUSY' })
  t.equal((await rig.signIn()).user, 'alice')
  await roundTrip(op)
  t.equal(op.counts.introspection, 2, 'the third waits for its turn')
  held.resolve()
  for (const reading of await Promise.all(waiting)) t.match(reading, { kind: 'read' })
})
