// From the ID token and userinfo to the claims of a person, and the user id.
import t from 'tap'
import { type Bends, firstKey, newKey, signJwt } from '../support/hostile-op.ts'
import { each } from './bent-answers.ts'
import { faultOf, type RigOptions, startRig } from './fixtures.ts'

const userinfo = (bent: (claims: Record<string, unknown>) => unknown): Bends => ({ userinfo: bent })
const atUserinfo = (status: number, type: string, body: string, headers = {}): Bends => ({
  answer: {
    userinfo: (_request, response) =>
      void response.writeHead(status, { 'content-type': type, ...headers }).end(body),
  },
})
const signedUserinfo = (change: object, key = firstKey(), alg = 'RS256'): Bends => ({
  answer: {
    userinfo: (request, response) => {
      const claims = {
        iss: `http://${request.headers.host}`,
        aud: 'gateway',
        sub: 'alice',
        name: 'Alice',
        ...change,
      }
      response.writeHead(200, { 'content-type': 'application/jwt' })
      response.end(signJwt({ alg, kid: 'k1' }, claims, alg === 'none' ? '' : key.privateKey))
    },
  },
})

t.test('userinfo', async (t) => {
  const code = 'LOGIN_USERINFO_INVALID'
  await each(t, [
    { name: 'S-140: sub of somebody else', bends: userinfo((claims) => ({ ...claims, sub: 'adam' })), code },
    { name: 'S-140: sub missing', bends: userinfo(({ sub: _, ...claims }) => claims), code },
    { name: 'S-140: sub in a list', bends: userinfo((claims) => ({ ...claims, sub: ['alice'] })), code },
    { name: 'S-141: a list', bends: userinfo((claims) => [claims]), code },
    { name: 'S-141: half a document', bends: userinfo(() => '{"sub":"alice"'), code },
    { name: 'S-141: HTML', bends: atUserinfo(200, 'text/html', '<html>'), code, says: /text\/html/ },
    {
      name: 'S-141: JSON that says it is text',
      bends: atUserinfo(200, 'text/plain', '{"sub":"alice"}'),
      code,
    },
    { name: 'S-141: 401', bends: atUserinfo(401, 'application/json', '{}'), code, says: /401/ },
    {
      name: 'S-141: 401 with a challenge',
      bends: atUserinfo(401, 'application/json', '{}', {
        'www-authenticate': 'Bearer error="invalid_token"',
      }),
      code,
      says: /scopes/,
    },
    { name: 'S-141: an empty 200', bends: atUserinfo(200, 'application/json', ''), code },
    { name: 'S-141: 204', bends: atUserinfo(204, 'application/json', ''), code },
    {
      name: 'S-141: 10 MB',
      bends: userinfo((claims) => ({ ...claims, filler: 'x'.repeat(10_000_000) })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-247: a redirect',
      bends: atUserinfo(302, 'text/plain', '', { location: 'http://169.254.169.254/' }),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    { name: 'down', bends: atUserinfo(500, 'text/plain', ''), code: 'PROVIDER_UNREACHABLE' },
    { name: 'S-140: signed', bends: signedUserinfo({}), code: null },
    { name: 'S-141: signed with a foreign key', bends: signedUserinfo({}, newKey('k1', 'RS256')), code },
    { name: 'S-141: signed with none', bends: signedUserinfo({}, firstKey(), 'none'), code },
    { name: 'S-141: signed with another algorithm', bends: signedUserinfo({}, firstKey(), 'RS384'), code },
    {
      name: 'S-141: signed with another algorithm, by a key that does not say for which it is',
      bends: {
        ...signedUserinfo({}, firstKey(), 'PS256'),
        jwks: () => ({ keys: [{ ...firstKey().jwk, alg: undefined }] }),
      },
      code,
      says: /signed with "PS256"/,
    },
    {
      name: 'S-141: signed by another issuer',
      bends: signedUserinfo({ iss: 'https://other.example' }),
      code,
    },
    { name: 'S-141: signed for another client', bends: signedUserinfo({ aud: 'other' }), code },
    { name: 'S-140: signed, about somebody else', bends: signedUserinfo({ sub: 'adam' }), code },
    {
      name: 'no endpoint, and claims_from was not written',
      bends: { metadata: ({ userinfo_endpoint: _, ...document }) => document, answer: { userinfo: fail } },
      code: null,
    },
    {
      name: 'no endpoint, and claims_from asks for it',
      bends: { metadata: ({ userinfo_endpoint: _, ...document }) => document },
      code: 'PROVIDER_RESPONSE_INVALID',
      says: /userinfo_endpoint/,
      options: { settings: () => ({ claimsFromWritten: true }) },
    },
    {
      name: 'not asked for',
      bends: { answer: { userinfo: fail } },
      code: null,
      options: { settings: () => ({ claimsFrom: ['id_token'], claimsFromWritten: true }) },
    },
  ])
})

function fail(): never {
  throw new Error('userinfo was asked')
}

t.test('claims of both are merged', async (t) => {
  const rig = await startRig(t, { bends: {} })
  const merged = async (idToken: object, info: object) => {
    rig.op.bends = {
      claims: (claims) => ({ ...claims, organization_id: undefined, ...idToken }),
      userinfo: () => ({ sub: 'alice', ...info }),
    }
    const { iss, sub, aud, ...rest } = (await rig.signIn()).claims
    t.equal(iss, rig.op.issuer)
    t.equal(sub, 'alice')
    t.equal(aud, 'gateway')
    return rest
  }
  t.same(
    await merged({ groups: ['a'] }, { groups: ['b'], name: 'Alice' }),
    { groups: ['a'], name: 'Alice' },
    'the ID token wins',
  )
  t.same(
    await merged({ email: 'a@x.example' }, { email: 'b@x.example', email_verified: true }),
    { email: 'a@x.example' },
    'an address of the ID token is not verified by userinfo',
  )
  t.same(
    await merged({ email_verified: true }, { email: 'b@x.example' }),
    { email: 'b@x.example' },
    'an address of userinfo is not verified by the ID token',
  )
  t.same(
    await merged({ address: { country: 'NL' } }, { address: { country: 'BE', city: 'Ghent' } }),
    { address: { country: 'NL' } },
    'objects are not mixed',
  )
  t.same(
    await merged(
      {},
      { iss: 'x', aud: 'y', azp: 'z', acr: '3', amr: ['mfa'], auth_time: 1, sid: 's', exp: 1, nonce: 'n' },
    ),
    {},
    'userinfo says nothing of who was signed in, by whom and how',
  )
  t.same(
    await merged({ acr: '2', sid: 's', at_hash: undefined, jti: 'j', nbf: 1, c_hash: 'x' }, {}),
    { acr: '2', sid: 's' },
    'what was for this one token is gone',
  )
})

t.test("claims from userinfo alone, but for those that are the token's to say", async (t) => {
  const rig = await startRig(t, {
    settings: () => ({ claimsFrom: ['userinfo'], claimsFromWritten: true }),
    bends: {
      claims: (claims) => ({ ...claims, groups: ['admins'], email: 'a@x.example', acr: '2' }),
      userinfo: () => ({ sub: 'alice', groups: ['users'], email_verified: true }),
    },
  })
  const { claims } = await rig.signIn()
  t.match(claims, { sub: 'alice', groups: ['users'], acr: '2', email_verified: true })
  t.notOk('email' in claims)
  t.notOk('organization_id' in claims)
})

t.test('S-143: keys that name a prototype are dropped at every depth', async (t) => {
  const evil =
    '{"sub":"alice","__proto__":{"groups":["admins"]},"org":{"__proto__":{"role":"admin"},"id":"1"},"constructor":"x"}'
  const rig = await startRig(t, { bends: { userinfo: () => evil } })
  const { claims } = await rig.signIn()
  t.same(claims.org, { id: '1' })
  t.equal(claims.constructor, 'x')
  t.equal(Object.getPrototypeOf(claims), Object.prototype)
  t.notOk(Object.hasOwn(claims, '__proto__'))
  t.equal(claims.groups, undefined)
})

t.test('the user id', async (t) => {
  const signIn = async (settings: ReturnType<NonNullable<RigOptions['settings']>>, change: object) => {
    const rig = await startRig(t, {
      settings: () => settings,
      bends: { claims: (claims) => ({ ...claims, ...change }) },
    })
    return rig.signIn()
  }
  t.equal((await signIn({ userId: 'organization_id', userIdPrefix: 'acme:' }, {})).user, 'acme:acme')
  for (const [name, settings, change] of [
    ['a missing claim', { userId: 'employee' }, {}],
    ['a number', { userId: 'employee' }, { employee: 7 }],
    ['an empty string', { userId: 'employee' }, { employee: '' }],
    [
      "another provider's prefix",
      { userId: 'employee', foreignPrefixes: ['partner:'] },
      { employee: 'partner:1' },
    ],
    ['an e-mail that nobody verified', { userId: 'email' }, { email: 'a@x.example' }],
  ] as const) {
    const fault = await faultOf(signIn(settings, change))
    t.equal(fault.code, 'LOGIN_USER_ID_INVALID', name)
    t.match(fault.message, settings.userId, name)
  }
})
