// The provider's keys: which are taken, how long they are kept, when they are fetched again.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { LoginFault, ProviderFault } from '../../src/core/fault.ts'
import { readKeySet } from '../../src/oidc/key-set.ts'
import { createKeyCache, createTokenBucket } from '../../src/oidc/keys.ts'
import { createTestClock } from '../support/clock.ts'
import { type Fields, firstKey, newKey } from '../support/hostile-op.ts'
import { faultOf, someday, startRig } from './fixtures.ts'

const second = newKey('k2', 'RS256')

t.test(
  'S-137: a key that is three seconds old signs, though the keys were fetched before it was made',
  async (t) => {
    const rig = await startRig(t)
    await rig.signIn()
    t.equal(rig.op.counts.jwks, 1)
    rig.clock.time += 3
    rig.op.now += 3
    rig.op.keys = [second]
    t.equal((await rig.signIn()).user, 'alice')
    t.equal(rig.op.counts.jwks, 2)
    await rig.signIn()
    t.equal(rig.op.counts.jwks, 2, 'and nothing is fetched for a key that is known')
  },
)

t.test(
  'S-138: a thousand invented kids fetch the keys twice in a minute, and known ones go on',
  async (t) => {
    const clock = createTestClock(someday)
    let fetched = 0
    const cache = createKeyCache(
      async () => {
        fetched += 1
        return readKeySet({ keys: [firstKey().jwk] } as never)
      },
      clock,
      100,
      { fetched: () => {}, failed: () => {} },
    )
    const invented = async (count: number, seconds: number) => {
      for (let number = 0; number < count; number += 1) {
        clock.time = someday + Math.floor((number * seconds) / count)
        t.notOk((await cache.find({ algorithm: 'RS256', kid: `k-${number}` })).ok)
        t.ok((await cache.find({ algorithm: 'RS256', kid: 'k1' })).ok)
      }
    }
    await invented(1000, 10)
    t.equal(fetched, 3, 'once because they were needed, twice because they were asked for')
    clock.time = someday + 60
    await cache.find({ algorithm: 'RS256', kid: 'k-new' })
    await cache.find({ algorithm: 'RS256', kid: 'k-new' })
    t.equal(fetched, 4, 'once more a minute later')
  },
)

t.test('S-138: through whole sign-ins', async (t) => {
  const rig = await startRig(t)
  await rig.signIn()
  for (let number = 0; number < 20; number += 1) {
    rig.op.bends.header = (header) => ({ ...header, kid: `k-${number}` })
    t.equal((await faultOf(rig.signIn())).code, 'LOGIN_TOKEN_INVALID')
  }
  rig.op.bends = {}
  await rig.signIn()
  t.equal(rig.op.counts.jwks, 3)
})

t.test('the bucket gives two at once, then one a minute, and never saves up more', async (t) => {
  const clock = createTestClock(someday)
  const bucket = createTokenBucket(2, 60, clock)
  const at = (second: number) => {
    clock.time = someday + second
    return bucket.take()
  }
  t.same([0, 59, 59, 60, 119, 120, 121].map(at), [true, true, false, true, false, true, false])
  t.same([100_000, 100_000, 100_000].map(at), [true, true, false])
})

t.test('S-137: a wall clock that was a year ahead once stops neither bucket nor fetch', async (t) => {
  const year = 365 * 24 * 60 * 60
  const clock = createTestClock(someday)
  const bucket = createTokenBucket(2, 60, clock)
  clock.wallErrorSeconds = year
  t.same([bucket.take(), bucket.take(), bucket.take()], [true, true, false])
  clock.wallErrorSeconds = 0
  clock.time += 60
  t.ok(bucket.take(), 'a minute later by the monotonic clock')

  const rig = await startRig(t)
  rig.clock.wallErrorSeconds = year
  rig.op.now += year
  await rig.signIn()
  rig.clock.wallErrorSeconds = 0
  rig.clock.time += 300
  rig.op.now = rig.clock.time
  rig.op.bends.jwks = () => ({ keys: [second.jwk] })
  t.equal((await faultOf(rig.signIn())).code, 'LOGIN_TOKEN_INVALID', 'the withdrawn key is known as such')
})

t.test('S-137: a key that was replaced in place signs, under the same kid or with none', async (t) => {
  for (const kid of ['k1', null]) {
    const renamed = newKey('k1', 'RS256')
    const rig = await startRig(t)
    if (kid === null) {
      rig.op.bends = {
        header: ({ kid: _, ...header }) => header,
        jwks: ({ keys }) => ({ keys: keys.map(({ kid: _, ...key }) => key) }),
      }
    }
    await rig.signIn()
    rig.op.keys = [renamed]
    t.equal((await rig.signIn()).user, 'alice', `kid ${kid}`)
    t.equal(rig.op.counts.jwks, 2)
    await rig.signIn()
    t.equal(rig.op.counts.jwks, 2, 'and then it is the known one')
  }
})

t.test('S-138: signatures that do not hold fetch the keys once a minute', async (t) => {
  const rig = await startRig(t)
  await rig.signIn()
  const published = rig.op.keys.map(({ jwk }) => jwk)
  rig.op.keys = [newKey('k1', 'RS256')]
  rig.op.bends.jwks = () => ({ keys: published })
  const refuse = async (): Promise<number> => {
    t.match(await faultOf(rig.signIn()), { code: 'LOGIN_TOKEN_INVALID', message: /its signature is wrong/ })
    return rig.op.counts.jwks
  }
  t.same([await refuse(), await refuse(), await refuse()], [2, 2, 2])
  rig.clock.time = rig.op.now = someday + 59
  t.equal(await refuse(), 2)
  rig.clock.time = rig.op.now = someday + 60
  t.equal(await refuse(), 3)
})

t.test(
  'S-138: when the keys cannot be fetched for it, a signature that does not hold is just that',
  async (t) => {
    const rig = await startRig(t)
    await rig.signIn()
    rig.op.keys = [newKey('k1', 'RS256')]
    rig.op.bends.jwks = () => '<html>'
    t.match(await faultOf(rig.signIn()), { code: 'LOGIN_TOKEN_INVALID', message: /its signature is wrong/ })
  },
)

t.test('many sign-ins at once fetch the keys once', async (t) => {
  const rig = await startRig(t)
  const users = await Promise.all(Array.from({ length: 10 }, async () => (await rig.signIn()).user))
  t.same(new Set(users), new Set(['alice']))
  t.equal(rig.op.counts.jwks, 1)
  t.equal(rig.op.counts.metadata, 1)
})

t.test('keys are fetched again after five minutes, and a key that is gone signs nothing', async (t) => {
  const rig = await startRig(t)
  await rig.signIn()
  rig.op.bends.jwks = () => ({ keys: [second.jwk] })
  rig.clock.time += 299
  rig.op.now += 299
  await rig.signIn()
  t.equal(rig.op.counts.jwks, 1)
  rig.clock.time += 1
  rig.op.now += 1
  t.equal((await faultOf(rig.signIn())).code, 'LOGIN_TOKEN_INVALID')
})

t.test('S-139: the last good keys are kept for an hour', async (t) => {
  const bad: readonly [string, (document: { keys: Fields[] }) => unknown][] = [
    ['HTML', () => '<html>'],
    ['5 MB', ({ keys }) => ({ keys, filler: 'x'.repeat(5_000_000) })],
    [
      '10 000 keys',
      ({ keys }) => ({
        keys: Array.from({ length: 10_000 }, (_, index) => ({ kty: 'oct', kid: `${index}` })).concat(
          keys as never,
        ),
      }),
    ],
    ['no list', () => ({ keys: {} })],
    ['an empty list', () => ({ keys: [] })],
    ['a list', () => []],
  ]
  for (const [name, jwks] of bad) {
    const rig = await startRig(t)
    await rig.signIn()
    rig.op.bends = { jwks }
    rig.clock.time += 3599
    rig.op.now = rig.clock.time
    t.equal((await rig.signIn()).user, 'alice', name)
    t.equal(rig.op.counts.jwks, 2, name)
    t.match(rig.events.at(-1), { event: 'provider.failed', retryAt: rig.clock.time + 1 }, name)
    rig.clock.time += 1
    rig.op.now = rig.clock.time
    const fault = await faultOf(rig.signIn())
    t.match(fault.code, /^PROVIDER_/, `${name}: ${fault.message}`)
    rig.op.bends = {}
    rig.clock.time += 60
    t.equal((await rig.signIn()).user, 'alice', `${name}, mended`)
  }
})

t.test('S-139: a set that answers 500, or not at all, keeps the last good one', async (t) => {
  const rig = await startRig(t, { limits: { refreshWaitMs: 50, timeoutMs: 30_000 } })
  await rig.signIn()
  rig.op.bends = { answer: { jwks: (_request, response) => void response.writeHead(500).end() } }
  rig.clock.time = rig.op.now = someday + 1000
  t.equal((await rig.signIn()).user, 'alice')
  rig.op.bends = { answer: { jwks: () => {} } }
  rig.clock.time = rig.op.now = someday + 2000
  t.equal((await rig.signIn()).user, 'alice', 'nobody waits for long')
})

t.test('S-139: keys that nobody should use are left out', async (t) => {
  const weak = newKey('weak', 'RS256', 1024).jwk
  const symmetric = { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'HS256' }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const priv = { ...privateKey.export({ format: 'jwk' }), kid: 'private', use: 'sig', alg: 'RS256' }
  const forEncryption = { ...second.jwk, use: 'enc' }
  const signOnly = { ...second.jwk, kid: 'k3', key_ops: ['sign'] }
  const slow = { ...second.jwk, kid: 'slow', e: 'A'.repeat(300) }
  const broken = { kty: 'EC', crv: 'P-256', kid: 'broken', x: 'AA', y: 'AA' }
  const numbered = { ...second.jwk, kid: 7 }
  const good = { ...firstKey().jwk, x5c: ['MIIB'], __proto__: { kid: 'other' } }
  const keys = [weak, symmetric, priv, forEncryption, signOnly, slow, broken, numbered, 'no key', good]
  const set = readKeySet({ keys } as never)
  t.same(
    set.keys.map(({ kid }) => kid),
    ['k1'],
  )
  t.same(set.keys[0]?.algorithms, ['RS256'])
  t.match(set.ignored.join('\n'), /1024 bits/)
  t.match(set.ignored.join('\n'), /"private" is no public key/)
  t.match(set.ignored.join('\n'), /"oct" is no public key/)
  t.equal(set.ignored.length, 7)
  t.throws(() => readKeySet({ keys: [weak] } as never), { code: 'PROVIDER_KEYS_INVALID' })
})

t.test('S-139: keys that were left out are told once', async (t) => {
  const weak = newKey('weak', 'RS256', 1024).jwk
  const rig = await startRig(t, { bends: { jwks: ({ keys }) => ({ keys: [...keys, weak] }) } })
  await rig.signIn()
  rig.clock.time = rig.op.now = someday + 1000
  await rig.signIn()
  t.equal(rig.op.counts.jwks, 2)
  t.match(rig.events, [
    { event: 'provider.ready' },
    { event: 'provider.failed', code: 'PROVIDER_KEYS_INVALID', message: /1024 bits/ },
  ])
  t.equal(rig.events.length, 2)
})

t.test('S-139: one kid for two keys means neither, unless it is the same key', async (t) => {
  const twice = await startRig(t, {
    bends: { jwks: ({ keys }) => ({ keys: [...keys, { ...second.jwk, kid: 'k1' }] }) },
  })
  const fault = await faultOf(twice.signIn())
  t.equal(fault.code, 'LOGIN_TOKEN_INVALID')
  t.match(fault.message, /several keys/)
  const same = await startRig(t, { bends: { jwks: ({ keys }) => ({ keys: [...keys, ...keys] }) } })
  t.equal((await same.signIn()).user, 'alice')
})

t.test("a provider whose keys never came ends sign-ins as its own fault, not the person's", async (t) => {
  const rig = await startRig(t, {
    bends: { answer: { jwks: (_request, response) => void response.writeHead(404).end() } },
  })
  const fault = await faultOf(rig.signIn())
  t.equal(fault.code, 'PROVIDER_KEYS_INVALID')
  t.match(fault.message, /404/)
  t.equal((await faultOf(rig.signIn())).code, 'PROVIDER_UNREACHABLE', 'and is left alone for a moment')
  t.equal(rig.op.counts.jwks, 1)
  t.ok(new ProviderFault('PROVIDER_KEYS_INVALID', '').status >= 500)
  t.ok(new LoginFault('LOGIN_TOKEN_INVALID', '').status < 500)
})
