// What is remembered of tokens: what they say, as long as their key is published, and within bounds; and what a flood of
// wrong ones costs.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { AccessToken } from '../../../src/core/credential/access-token.ts'
import { createRememberedTokens } from '../../../src/oidc/bearer/remembered-tokens.ts'
import { firstKey, newKey, signJwt } from '../../support/hostile-op.ts'
import { someday } from '../fixtures.ts'
import { startBearerRig } from './rig.ts'

const foreign = newKey('k1', 'RS256')
const other = { key: '198.51.100.7', hidden: false }

t.test('a token that was verified is answered at once, and asks nobody', async (t) => {
  const rig = await startBearerRig(t)
  const token = rig.token()
  const first = rig.provider.readAccessToken(token, someday, other)
  t.ok(first instanceof Promise)
  t.match(await first, { kind: 'read', token: { subject: 'alice' } })
  const second = rig.provider.readAccessToken(token, someday, other)
  t.notOk(second instanceof Promise)
  t.match(second, { kind: 'read', token: { subject: 'alice' } })
  t.equal(rig.op.counts.jwks, 1)
})

t.test('it is over when it ends', async (t) => {
  const rig = await startBearerRig(t)
  const token = rig.token()
  await rig.read(token)
  rig.clock.time += 359
  t.match(await rig.read(token), { kind: 'read' })
  rig.clock.time += 1
  t.match(await rig.read(token), { kind: 'refused', why: 'token-over' })
})

t.test('it is nothing once its key is published no more', async (t) => {
  const rig = await startBearerRig(t)
  const token = rig.token({ claims: { exp: someday + 3600 } })
  t.match(await rig.read(token), { kind: 'read' })
  rig.op.keys = [newKey('k2', 'RS256')]
  rig.clock.time += 299
  t.match(await rig.read(token), { kind: 'read' }, 'keys are fetched every five minutes')
  rig.clock.time += 1
  t.match(await rig.read(token), { kind: 'read' }, 'nobody waits for it')
  while (rig.op.counts.jwks < 2) await fetch(`${rig.op.issuer}/nothing`)
  const late = await readUntil(() => rig.read(token), 'refused')
  t.match(late, { why: 'token-invalid', detail: /publishes no such key/ })
})

t.test('a set of keys that holds its key again, be it read anew, keeps it', async (t) => {
  const rig = await startBearerRig(t)
  const token = rig.token({ claims: { exp: someday + 9000 } })
  await rig.read(token)
  for (let count = 0; count < 3; count += 1) {
    rig.clock.time += 301
    t.match(await rig.read(token), { kind: 'read' })
    const fetched = count + 2
    while (rig.op.counts.jwks < fetched) await fetch(`${rig.op.issuer}/nothing`)
  }
})

t.test(
  'while the provider is away it counts for an hour and nobody waits; then nobody can tell',
  async (t) => {
    const rig = await startBearerRig(t)
    const token = rig.token({ claims: { exp: someday + 9000 } })
    await rig.read(token)
    rig.op.bends.answer = { jwks: (_request, response) => void response.writeHead(500).end() }
    rig.clock.time += 3599
    t.match(rig.provider.readAccessToken(token, rig.clock.now(), other), { kind: 'read' })
    rig.clock.time += 61
    await t.rejects(rig.read(token), { code: /^PROVIDER_/ })
  },
)

t.test('no more are remembered than may be, those of last use, and none can be read', async (t) => {
  const remembered = createRememberedTokens({ most: 3, bytes: 100 })
  const key = firstKey().privateKey
  const token = (subject: string) => ({ token: { subject } as AccessToken, key })
  for (const name of ['a', 'b', 'c']) remembered.keep(name, token(name), 10)
  remembered.find('a')
  remembered.keep('d', token('d'), 10)
  t.equal(remembered.find('b'), null, 'used longest ago')
  t.equal(remembered.find('a')?.token.subject, 'a')
  remembered.keep('e', token('e'), 90)
  t.equal(remembered.find('a')?.token.subject, 'a', 'both fit')
  t.equal(remembered.find('d'), null)
  remembered.keep('f', token('f'), 101)
  t.strictSame(
    ['a', 'e', 'f'].map((name) => remembered.find(name)?.token.subject),
    ['a', 'e', undefined],
    'larger than all: it is not kept, and pushes out no other',
  )
  remembered.keep('g', token('g'), 100)
  remembered.keep('g', token('g2'), 100)
  t.equal(remembered.find('g')?.token.subject, 'g2')
  remembered.forget('g')
  remembered.keep('h', token('h'), 100)
  t.equal(remembered.find('h')?.token.subject, 'h', 'what was forgotten takes no room')
})

t.test('wrong signatures: 60 a minute from a network, and then 429 but for what is known', async (t) => {
  const rig = await startBearerRig(t)
  const known = rig.token()
  await rig.read(known)
  const wrong = (): string =>
    rig.token({ token: (header, claims) => signJwt(header, claims, foreign.privateKey) })
  for (let count = 0; count < 60; count += 1)
    t.match(await rig.read(wrong()), { kind: 'refused', why: 'token-invalid' })
  t.match(await rig.read(wrong()), { kind: 'throttled', retryAfterSeconds: 60 })
  const unseen = rig.token({ claims: { sub: 'bob' } })
  t.match(await rig.read(unseen), { kind: 'throttled' }, 'nor is a good one that nobody knows')
  t.match(await rig.read(known), { kind: 'read' })
  t.match(await rig.read(unseen, other), { kind: 'read' }, 'from elsewhere')
  rig.clock.time += 60
  t.match(await rig.read(rig.token({ claims: { sub: 'eve' } })), { kind: 'read' }, 'a minute later')
})

t.test('what costs no signature is counted against nobody', async (t) => {
  const rig = await startBearerRig(t)
  for (let count = 0; count < 100; count += 1) {
    await rig.read(rig.token({ claims: { exp: someday - 60 } }))
    await rig.read('no.to.ken')
  }
  t.match(await rig.read(rig.token()), { kind: 'read' })
})

t.test(
  'S-138: made-up kids ask for the keys twice a minute, whoever sends them, and take nothing from sign-ins',
  async (t) => {
    const rig = await startBearerRig(t)
    await rig.signIn()
    const kinds: string[] = []
    for (let number = 0; number < 200; number += 1) {
      const network = { key: `192.0.2.${number}`, hidden: false }
      const reading = await rig.read(rig.token({ header: { kid: `k-${number}` } }), network)
      kinds.push(reading.kind)
    }
    t.equal(rig.op.counts.jwks, 3, 'once for the sign-in, and twice')
    t.strictSame(kinds.slice(0, 2), ['refused', 'refused'], 'asked, and not there')
    t.strictSame([...new Set(kinds.slice(2))], ['throttled'], 'not asked: nobody can tell')
    rig.op.keys = [newKey('k2', 'RS256')]
    t.equal((await rig.signIn()).user, 'alice')
  },
)

t.test('S-239: 20,000 random tokens ask for nothing more, and leave nothing behind', async (t) => {
  const rig = await startBearerRig(t)
  const claims = rig.token().split('.')[1]
  const head = rig.token().split('.')[0]
  for (let number = 0; number < 20_000; number += 1) {
    const network = { key: `n-${number % 50}`, hidden: false }
    const raw = `${head}.${claims}.${randomBytes(256).toString('base64url')}`
    await rig.read(raw, network)
  }
  t.equal(rig.op.counts.jwks, 2, 'the keys, and once for a signature that does not hold')
  t.equal(rig.op.counts.metadata, 1)
})

/** Asks until it is answered so; the keys come behind the back of whoever asks. */
async function readUntil<T extends { kind: string }>(read: () => Promise<T>, kind: string): Promise<T> {
  for (let count = 0; count < 1000; count += 1) {
    const reading = await read()
    if (reading.kind === kind) return reading
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`it was never ${kind}`)
}
