// What an app is told of somebody in an assertion, before it is signed.
import t from 'tap'
import { assertionContent, signingInput, unsignedLine } from '../../../src/core/assertion/assertion.ts'
import { type AssertionSettings, publicKeySet } from '../../../src/core/assertion/settings.ts'
import { describeUnsendable, personLines } from '../../../src/core/headers/identity.ts'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import type { Json } from '../../../src/core/json.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { Secret } from '../../../src/core/secret.ts'
import { forwarding, makeApp, makePlan, valuesOf } from '../headers/apps.ts'

const settings: AssertionSettings = {
  header: 'X-Claimgate-Assertion',
  issuer: 'https://wiki.example/.auth/assertion',
  audience: 'https://wiki.example',
  claims: ['email', 'groups', 'realm_access.roles', 'org'],
  lifetimeSeconds: 60,
}
const ada: Principal = { user: 'acme:ada', provider: 'acme', claims: { email: 'ada@example.com' } }

function saidOf(principal: Principal, more: Partial<AssertionSettings> = {}): Json {
  const content = assertionContent(principal, { ...settings, ...more })
  return content.ok ? JSON.parse(content.json) : content.why
}

const own = {
  iss: 'https://wiki.example/.auth/assertion',
  aud: 'https://wiki.example',
  sub: 'acme:ada',
  provider: 'acme',
  credential: 'session',
}

t.test('who it is, by what they came, and the claims that are there, as they were sent', async (t) => {
  t.same(saidOf(ada), { ...own, email: 'ada@example.com' })
  const claims = {
    ...{ email: 'ä"\\@example.com', groups: [], org: { id: 7, admin: true, of: [[1], 'x'] } },
    ...{ realm_access: { roles: ['a,b', 'c'] }, not_listed: 'x', sub: 'other' },
  }
  t.same(saidOf({ ...ada, claims }), {
    ...own,
    ...{ email: 'ä"\\@example.com', groups: [], org: { id: 7, admin: true, of: [[1], 'x'] } },
    'realm_access.roles': ['a,b', 'c'],
  })
  t.same(saidOf({ ...ada, claims: { email: null, groups: 'one' } }), { ...own, groups: 'one' })
  const by = { kind: 'api_key', id: 'k', name: 'n' } as const
  t.same(saidOf({ ...ada, claims: {}, by }), { ...own, credential: 'api_key' })
})

t.test('no claim takes the place of what the gateway says', async (t) => {
  const names = ['iss', 'aud', 'sub', 'provider', 'credential']
  const claims = Object.fromEntries(names.map((name) => [name, 'forged']))
  t.same(saidOf({ ...ada, claims }, { claims: names }), own)
  const more = Object.fromEntries(['iat', 'exp', 'nbf', '__proto__'].map((name) => [name, 1]))
  const content = assertionContent({ ...ada, claims: more }, { ...settings, claims: ['__proto__'] })
  t.same(content.ok && JSON.parse(content.json), own)
})

t.test('what JSON does not carry exactly is not sent', async (t) => {
  const rows: readonly (readonly [Json, string])[] = [
    [2 ** 53, 'claim-number'],
    [[1, { deep: -(2 ** 60) }], 'claim-number'],
    ['\ud800', 'claim-text'],
    [{ '\udc00': 1 }, 'claim-text'],
    [['x', '\ud800\ud800'], 'claim-text'],
    ['x'.repeat(limits.identityHeaderBytes), 'assertion-too-large'],
  ]
  for (const [org, why] of rows) t.equal(saidOf({ ...ada, claims: { org } }), why)
  t.same(saidOf({ ...ada, claims: { org: ['\ud83d\ude00', '\\ud800', 2 ** 53 - 1] } }), {
    ...own,
    org: ['\ud83d\ude00', '\\ud800', 2 ** 53 - 1],
  })
  t.equal(saidOf({ ...ada, user: '\ud800' }), 'claim-text')
})

t.test('the times, and a header that is taken for no other token', async (t) => {
  const input = signingInput('{"sub":"ada"}', { kid: 'k', now: 1000, lifetimeSeconds: 60 })
  const [head = '', payload = '', ...rest] = input.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  t.same(read(head), { alg: 'ES256', typ: 'claimgate-assertion+jwt', kid: 'k' })
  t.same(read(payload), { sub: 'ada', iat: 1000, exp: 1060 })
  t.same(rest, [])
})

t.test('public parts alone are published', async (t) => {
  const key = { kid: 'k', x: 'XX', y: 'YY', privateKey: new Secret('private') }
  t.same(JSON.parse(publicKeySet([key, { ...key, kid: 'l' }])), {
    keys: ['k', 'l'].map((kid) => ({
      ...{ kty: 'EC', crv: 'P-256', x: 'XX', y: 'YY', kid, use: 'sig', alg: 'ES256' },
    })),
  })
})

t.test('it counts among the identity headers, to the byte', async (t) => {
  const lineOf = (org: string) => {
    const line = unsignedLine({ ...ada, claims: { org } }, settings, 1_800_000_000)
    if (!line.ok) throw new Error(line.why)
    return line
  }
  const none = { identityHeaders: [], tokenHeaders: [] }
  const size = (org: string) => lineOf(org).token.length + settings.header.length
  // Three bytes of JSON are four letters: the largest that fits.
  let most = 'x'.repeat(Math.floor(((limits.identityHeaderBytes - size('')) * 3) / 4) - 4)
  while (assertionContent({ ...ada, claims: { org: `${most}x` } }, settings).ok) most += 'x'
  t.ok(
    size(most) <= limits.identityHeaderBytes && size(most) > limits.identityHeaderBytes - 4,
    `${size(most)}`,
  )
  t.ok(personLines(ada, none, null, lineOf(most)).ok)
  t.notOk(assertionContent({ ...ada, claims: { org: most.replaceAll('x', 'ä') } }, settings).ok, 'in bytes')
  const user = { ...none, identityHeaders: [{ name: 'X-User', from: 'user' }] }
  const beside = personLines(ada, user, null, lineOf(most))
  t.match(beside, {
    ...{ ok: false, why: 'assertion-too-large', header: settings.header, bytes: size(most) },
    bytesInAll: size(most) + 'X-Useracme:ada'.length,
  })
  if (beside.ok) throw new Error('it fitted')
  t.match(
    describeUnsendable(beside),
    /^X-Claimgate-Assertion would have \d+ bytes with its assertion, all up/,
  )
})

t.test('no client sends one to any app, in any spelling', async (t) => {
  const app = makeApp({ identityAssertion: { ...settings, header: 'X-Proof-Of' } })
  const forged = [
    'X-Proof-Of',
    'x-proof-of',
    'X_Proof_Of',
    'X-PROOF_OF',
    'X-Claimgate-Assertion',
    'x_claimgate-assertion',
  ]
  const rawHeaders = [...forged.flatMap((name) => [name, 'forged']), 'X-Other', 'kept']
  const token = { ok: true, header: 'X-Proof-Of', token: 'a.b.c' } as const
  const request = { rawHeaders, forwarding, tokens: null, clientAddress: null, destination: null }
  const plans = [makePlan(app), makePlan(makeApp(), app)]
  for (const plan of plans)
    for (const principal of [null, ada]) {
      const made = upstreamHeaders(plan, { ...request, principal, assertion: token })
      if (!made.ok) throw new Error(made.reason)
      t.notMatch(made.headers.join(), 'forged')
      t.same(valuesOf(made.headers, 'x-other'), ['kept'])
      t.same(valuesOf(made.headers, 'x-proof-of'), principal === null ? [] : ['a.b.c'], 'of nobody none')
    }
})
