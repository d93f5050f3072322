// When an assertion is made, for whom, and how long it is used; verified by another implementation.
import { generateKeyPairSync } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, type JWTVerifyResult, jwtVerify } from 'jose'
import t from 'tap'
import { readSigningKey } from '../../src/config/signing-key.ts'
import type { AssertionSettings, SigningKey } from '../../src/core/assertion/settings.ts'
import type { App } from '../../src/core/gateway.ts'
import { limits } from '../../src/core/limits/table.ts'
import type { Principal } from '../../src/core/principal.ts'
import { type Assertions, createAssertions } from '../../src/runtime/assertions.ts'
import { makeApp } from '../core/headers/apps.ts'
import { createTestClock } from '../support/clock.ts'

const newKey = (): SigningKey => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const read = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (!read.ok) throw new Error(read.message)
  return read.key
}
const [key, next] = [newKey(), newKey()]

function appOf(name: string, more: Partial<AssertionSettings> = {}): App {
  const identityAssertion = {
    ...{ header: 'X-Claimgate-Assertion', issuer: `https://${name}.example/.auth/assertion` },
    ...{ audience: `https://${name}.example`, claims: ['email', 'groups'], lifetimeSeconds: 60 },
    ...more,
  }
  return { ...makeApp({ identityAssertion }), name }
}
const [wiki, blog] = [appOf('wiki'), appOf('blog')]
const ada = (): Principal => ({ user: 'ada', provider: 'acme', claims: { email: 'ada@example.com' } })

function tokenOf(assertions: Assertions, app: App, principal: Principal): string {
  const line = assertions.line(app, principal)
  if (line?.ok !== true) throw new Error(`no assertion: ${line?.why}`)
  return line.token
}

function verify(
  assertions: Assertions,
  token: string,
  now: number,
  audience = 'https://wiki.example',
): Promise<JWTVerifyResult> {
  const keys = createLocalJWKSet(JSON.parse(assertions.keySet ?? ''))
  return jwtVerify(token, keys, {
    ...{ algorithms: ['ES256'], typ: 'claimgate-assertion+jwt', audience, currentDate: new Date(now * 1000) },
    requiredClaims: ['iss', 'sub', 'iat', 'exp'],
  })
}

t.test('what is made verifies by what is published, and by nothing else', async (t) => {
  const clock = createTestClock(1_800_000_000)
  const assertions = createAssertions({ apps: [wiki, makeApp()], keys: [key, next], clock })
  const token = tokenOf(assertions, wiki, ada())
  const { payload, protectedHeader } = await verify(assertions, token, clock.now())
  t.same(protectedHeader, { alg: 'ES256', typ: 'claimgate-assertion+jwt', kid: key.kid })
  t.same(payload, {
    ...{ iss: 'https://wiki.example/.auth/assertion', aud: 'https://wiki.example', sub: 'ada' },
    ...{ provider: 'acme', credential: 'session', email: 'ada@example.com' },
    ...{ iat: 1_800_000_000, exp: 1_800_000_060 },
  })
  await t.rejects(verify(assertions, token, clock.now() + 61), { code: 'ERR_JWT_EXPIRED' })
  await t.rejects(verify(assertions, token, clock.now(), 'https://blog.example'), {
    message: 'unexpected "aud" claim value',
  })
  const others = createAssertions({ apps: [wiki], keys: [next], clock })
  await t.rejects(verify(others, token, clock.now()), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.notMatch(assertions.keySet ?? '', /"d"|PRIVATE/)
})

t.test('an app that wants none is sent none, and where none does nothing is published', async (t) => {
  const clock = createTestClock(0)
  t.equal(createAssertions({ apps: [wiki], keys: [key], clock }).line(makeApp(), ada()), null)
  const none = createAssertions({ apps: [makeApp()], keys: [key], clock })
  t.equal(none.line(makeApp(), ada()), null)
  t.equal(none.keySet, null)
})

t.test('one is used for half of its life, and never one from a time to come', async (t) => {
  const clock = createTestClock(1_800_000_000)
  const assertions = createAssertions({ apps: [wiki], keys: [key], clock })
  const principal = ada()
  const first = tokenOf(assertions, wiki, principal)
  clock.time += 29
  t.equal(tokenOf(assertions, wiki, principal), first)
  clock.time += 1
  const second = tokenOf(assertions, wiki, principal)
  t.not(second, first)
  t.equal(decodeJwt(second).iat, clock.now())
  clock.time -= 1
  const third = tokenOf(assertions, wiki, principal)
  t.equal(decodeJwt(third).iat, clock.now(), 'the clock was set back')
  const odd = createAssertions({ apps: [appOf('wiki', { lifetimeSeconds: 11 })], keys: [key], clock })
  const [app] = [appOf('wiki', { lifetimeSeconds: 11 })]
  const one = tokenOf(odd, app, principal)
  clock.time += 5
  t.equal(tokenOf(odd, app, principal), one)
  clock.time += 1
  t.not(tokenOf(odd, app, principal), one)
})

t.test('it is never that of another app, another session, another person or other claims', async (t) => {
  const clock = createTestClock(1_800_000_000)
  const assertions = createAssertions({ apps: [wiki, blog], keys: [key], clock })
  const [one, again] = [ada(), ada()]
  const other: Principal = { ...ada(), claims: { email: 'ada@example.com', groups: ['admins'] } }
  const eve: Principal = { ...ada(), user: 'eve' }
  const elsewhere: Principal = { ...ada(), provider: 'partners' }
  const all = [one, again, other, eve, elsewhere].flatMap((principal) =>
    [wiki, blog].map((app) => ({ app, principal, token: tokenOf(assertions, app, principal) })),
  )
  t.equal(new Set(all.map(({ token }) => token)).size, all.length)
  for (const { app, principal, token } of all) {
    t.equal(tokenOf(assertions, app, principal), token, 'and stays that of its own')
    const { sub, provider, aud, groups } = decodeJwt(token)
    t.same(
      { sub, provider, aud },
      { sub: principal.user, provider: principal.provider, aud: `https://${app.name}.example` },
    )
    t.same(groups, principal.claims.groups)
  }
})

t.test('a program whose token is judged anew at each use has one as long as it says the same', async (t) => {
  const clock = createTestClock(1_800_000_000)
  const assertions = createAssertions({ apps: [wiki, blog], keys: [key], clock })
  const by = { kind: 'api_key', id: 'k', name: 'n' } as const
  const program = (groups: readonly string[]): Principal => ({ ...ada(), claims: { groups }, by })
  const token = tokenOf(assertions, wiki, program(['a']))
  t.equal(tokenOf(assertions, wiki, program(['a'])), token)
  t.not(tokenOf(assertions, wiki, program(['b'])), token)
  t.not(tokenOf(assertions, blog, program(['a'])), token)
  t.not(tokenOf(assertions, wiki, { ...program(['a']), user: 'eve' }), token)
  t.not(tokenOf(assertions, wiki, { ...ada(), claims: { groups: ['a'] } }), token, 'a session is no program')
  clock.time += 30
  t.not(tokenOf(assertions, wiki, program(['a'])), token)
  const twins = ['X-One', 'X-Two'].map((header) => ({ ...appOf('wiki', { header }), name: header }))
  const both = createAssertions({ apps: twins, keys: [key], clock })
  t.same(
    twins.map((app) => both.line(app, program(['a']))?.header),
    ['X-One', 'X-Two'],
    'two apps of one audience have each their header',
  )
})

t.test(
  'memory is bounded: of many programs the oldest are forgotten, and what is long is never kept',
  async (t) => {
    const clock = createTestClock(1_800_000_000)
    const assertions = createAssertions({ apps: [wiki], keys: [key], clock })
    const by = { kind: 'widget', id: 'k', name: 'n', endUser: null } as const
    const program = (user: string, email = ''): Principal => ({
      user,
      provider: 'acme',
      claims: { email },
      by,
    })
    const first = tokenOf(assertions, wiki, program('0'))
    for (let at = 1; at < limits.rememberedAssertions; at++) tokenOf(assertions, wiki, program(`${at}`))
    t.equal(tokenOf(assertions, wiki, program('0')), first, 'as many as the bound')
    tokenOf(assertions, wiki, program('one more'))
    t.not(tokenOf(assertions, wiki, program('0')), first)
    const long = program('long', 'x'.repeat(limits.rememberedAssertionBytes))
    const made = tokenOf(assertions, wiki, long)
    t.equal(tokenOf(assertions, wiki, long), made, 'by its principal it is')
    t.not(tokenOf(assertions, wiki, { ...long }), made)
  },
)

t.test('what cannot be said is refused each time, and nothing is signed', async (t) => {
  const clock = createTestClock(1_800_000_000)
  const assertions = createAssertions({ apps: [wiki], keys: [key], clock })
  const principal: Principal = { ...ada(), claims: { groups: [2 ** 53] } }
  for (let at = 0; at < 2; at++)
    t.match(assertions.line(wiki, principal), {
      ok: false,
      why: 'claim-number',
      header: 'X-Claimgate-Assertion',
    })
})
