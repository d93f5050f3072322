// The logout token, of a provider that bends every part of it. One row, one token: what the standard lets pass, and
// everything else refused with its code, before a key is asked for wherever no key is needed to tell.
import { createPublicKey } from 'node:crypto'
import t from 'tap'
import type { FaultCode } from '../../src/core/fault.ts'
import type { LogoutToken } from '../../src/core/session/logout-token.ts'
import { type Bends, encode, type Fields, firstKey, newKey, signJwt } from '../support/hostile-op.ts'
import { faultOf, type Rig, type RigOptions, secret, someday, someNetwork, startRig } from './fixtures.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
const foreign = newKey('k1', 'RS256')
const curve = newKey('k1', 'ES256')
const publicPem = createPublicKey(firstKey().privateKey).export({ type: 'spki', format: 'pem' }).toString()

interface Row {
  readonly name: string
  readonly header?: Fields
  readonly claims?: Fields
  readonly without?: readonly string[]
  /** Takes the finished token over. */
  readonly token?: (header: Fields, claims: Fields) => string
  readonly bends?: Bends
  readonly options?: RigOptions
  /** Null: it is accepted. */
  readonly code?: FaultCode | null
  readonly says?: RegExp
  /** How often the keys are fetched for it; 0 is what costs nothing. */
  readonly asked?: number
  readonly is?: Partial<LogoutToken>
}

const clock = 'LOGOUT_CLOCK_DIFFERS'
const signature = 'LOGOUT_SIGNATURE_INVALID'
const withAlgorithms = (signingAlgorithms: string[]): RigOptions => ({
  settings: () => ({ signingAlgorithms }),
})
const offering = (...algorithms: string[]): Bends => ({
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: algorithms }),
})
const deep = (levels: number): unknown => (levels === 0 ? {} : { a: deep(levels - 1) })

const good: readonly Row[] = [
  { name: 'S-181: sid and sub', code: null, is: { subject: 'alice', sid: 's-1', tokenId: 'j-1' } },
  { name: 'S-181: sub alone', without: ['sid'], code: null, is: { subject: 'alice', sid: null } },
  { name: 'S-181: sid alone', without: ['sub'], code: null, is: { subject: null, sid: 's-1' } },
  { name: 'typ logout+jwt', header: { typ: 'logout+jwt' }, code: null },
  { name: 'typ application/logout+jwt', header: { typ: 'application/logout+jwt' }, code: null },
  { name: 'typ JWT', header: { typ: 'JWT' }, code: null },
  { name: 'no exp, as older providers send it', without: ['exp'], code: null },
  { name: 'iat two minutes ago', claims: { iat: someday - 120 }, code: null },
  { name: 'iat two minutes ahead', claims: { iat: someday + 120, exp: someday + 240 }, code: null },
  { name: 'exp a moment ago, as clocks differ', claims: { exp: someday - 59 }, code: null },
  { name: 'aud a list of us alone', claims: { aud: ['gateway'] }, code: null },
  {
    name: 'aud with another that is listed',
    claims: { aud: ['gateway', 'other'] },
    code: null,
    options: { settings: () => ({ extraAudiences: ['other'] }) },
  },
  {
    name: 'an event with members, and another event',
    claims: { events: { [event]: { why: 'x' }, 'urn:other': {} } },
    code: null,
  },
  { name: 'claims that nobody knows', claims: { toe: 1, txn: 'x' }, code: null },
  {
    name: 'HS256 with the client secret, where ID tokens are signed so',
    token: (header, claims) => signJwt({ ...header, alg: 'HS256' }, claims, secret),
    options: withAlgorithms(['HS256']),
    code: null,
    asked: 0,
  },
  {
    name: 'ES256, where ID tokens are signed so',
    token: (header, claims) => signJwt({ ...header, alg: 'ES256' }, claims, curve.privateKey),
    bends: { jwks: () => ({ keys: [curve.jwk] }) },
    options: withAlgorithms(['ES256']),
    code: null,
  },
]

const wrongSignature: readonly Row[] = [
  {
    name: 'S-178: a foreign key of the same kid',
    token: (header, claims) => signJwt(header, claims, foreign.privateKey),
    code: signature,
    says: /signature is wrong/,
    asked: 2,
  },
  {
    name: 'S-178: claims changed after signing',
    token: (header, claims) =>
      signJwt(header, claims, firstKey().privateKey).replace(
        /\.[^.]+\./,
        `.${encode({ ...claims, sub: 'bob' })}.`,
      ),
    code: signature,
    asked: 2,
  },
  {
    name: 'S-178: HS256 with the client secret, where RS256 is expected',
    token: (header, claims) => signJwt({ ...header, alg: 'HS256' }, claims, secret),
    code: signature,
    asked: 0,
  },
  {
    name: 'S-178: HS256 with the client secret, though the metadata offers it',
    token: (header, claims) => signJwt({ ...header, alg: 'HS256' }, claims, secret),
    bends: offering('RS256', 'HS256'),
    code: signature,
    asked: 0,
  },
  {
    name: 'S-178: HS256 with the public key',
    token: (header, claims) => signJwt({ ...header, alg: 'HS256' }, claims, publicPem),
    code: signature,
    asked: 0,
  },
  {
    name: 'S-178: RS256 where HS256 is configured',
    options: withAlgorithms(['HS256']),
    code: signature,
    asked: 0,
  },
  {
    name: 'S-178: HS256 with another secret',
    token: (header, claims) => signJwt({ ...header, alg: 'HS256' }, claims, `${secret}x`),
    options: withAlgorithms(['HS256']),
    code: signature,
    asked: 0,
  },
  ...['none', 'None', 'nOnE'].map(
    (alg) =>
      ({
        name: `S-178: alg ${alg}`,
        token: (header: Fields, claims: Fields) => `${encode({ ...header, alg })}.${encode(claims)}.`,
        bends: offering('RS256', alg),
        code: signature,
        asked: 0,
      }) as const,
  ),
  { name: 'S-178: no alg', header: { alg: undefined }, code: signature, asked: 0 },
  {
    name: 'S-178: an empty signature',
    token: (header, claims) => `${encode(header)}.${encode(claims)}.`,
    code: signature,
    asked: 2,
  },
  {
    name: 'S-178: RS512 where RS256 is offered',
    token: (header, claims) => signJwt({ ...header, alg: 'RS512' }, claims, firstKey().privateKey),
    code: signature,
    asked: 0,
  },
  { name: 'a crit that nobody knows', header: { crit: ['b64'], b64: true }, code: signature, asked: 0 },
  {
    name: 'a key that the token brings itself',
    token: (header, claims) =>
      signJwt({ ...header, kid: 'mine', jwk: foreign.jwk }, claims, foreign.privateKey),
    code: signature,
    asked: 2,
  },
  { name: 'S-179: typ at+jwt', header: { typ: 'at+jwt' }, code: signature, asked: 0, says: /typ/ },
  { name: 'S-179: typ secevent+jwt', header: { typ: 'secevent+jwt' }, code: signature, asked: 0 },
  { name: 'S-179: typ empty', header: { typ: '' }, code: signature, asked: 0 },
  { name: 'S-179: typ null', header: { typ: null }, code: signature, asked: 0 },
]

const invalid: readonly Row[] = [
  { name: 'S-178: another iss', claims: { iss: 'https://other.example' }, says: /iss/ },
  { name: 'S-178: iss with a slash more', claims: { iss: 'ISSUER/' }, says: /iss/ },
  { name: 'S-178: no iss', without: ['iss'] },
  { name: 'S-178: another aud', claims: { aud: 'other' }, says: /aud/ },
  { name: 'S-178: no aud', without: ['aud'] },
  { name: 'S-178: an empty aud', claims: { aud: [] } },
  { name: 'S-178: an aud that is no string', claims: { aud: ['gateway', 7] } },
  { name: 'S-178: aud for another one too', claims: { aud: ['gateway', 'other'] }, says: /extra_audiences/ },
  { name: 'S-178: azp of another', claims: { azp: 'other' }, says: /azp/ },
  { name: 'S-179: no events', without: ['events'] },
  { name: 'S-179: events null', claims: { events: null } },
  { name: 'S-179: events a list', claims: { events: [event] } },
  { name: 'S-179: events a text', claims: { events: event } },
  { name: 'S-179: another event', claims: { events: { 'http://schemas.openid.net/event/other': {} } } },
  { name: 'S-179: the event in capitals', claims: { events: { [event.toUpperCase()]: {} } } },
  { name: 'S-179: the event null', claims: { events: { [event]: null } } },
  { name: 'S-179: the event true', claims: { events: { [event]: true } } },
  { name: 'S-179: the event a list', claims: { events: { [event]: [] } } },
  { name: 'S-179: a nonce', claims: { nonce: 'n' }, says: /nonce/ },
  { name: 'S-179: an empty nonce', claims: { nonce: '' } },
  { name: 'S-179: a nonce that is null', claims: { nonce: null } },
  { name: 'S-179: neither sub nor sid', without: ['sub', 'sid'] },
  { name: 'S-179: an empty sub beside a sid', claims: { sub: '' } },
  { name: 'S-179: an empty sid beside a sub', claims: { sid: '' } },
  { name: 'S-179: sub null', claims: { sub: null } },
  { name: 'S-179: sid a number', claims: { sid: 7 } },
  { name: 'S-179: sid a list', claims: { sid: ['s-1'] } },
  { name: 'S-179: a sid of 256 characters', claims: { sid: 's'.repeat(256) } },
  { name: 'S-179: a sub with a control character', claims: { sub: 'ali\u0000ce' } },
  { name: 'S-180: no iat', without: ['iat'] },
  { name: 'S-180: iat a text', claims: { iat: String(someday) } },
  { name: 'S-180: no jti', without: ['jti'] },
  { name: 'S-180: an empty jti', claims: { jti: '' } },
  { name: 'S-180: jti a number', claims: { jti: 1 } },
  { name: 'S-180: exp a text', claims: { exp: String(someday + 60) } },
  { name: 'S-180: exp null', claims: { exp: null } },
  { name: 'S-180: iat an hour ago', claims: { iat: someday - 3600 }, code: clock },
  { name: 'S-180: iat 121 seconds ago', claims: { iat: someday - 121 }, code: clock },
  { name: 'S-180: iat 121 seconds ahead', claims: { iat: someday + 121, exp: someday + 600 }, code: clock },
  { name: 'S-180: exp over', claims: { exp: someday - 60 }, code: clock },
  { name: 'nbf still to come', claims: { nbf: someday + 61 }, code: clock },
  { name: 'nbf a text', claims: { nbf: 'now' } },
  { name: 'claims nested too deeply', claims: { deep: deep(40) } },
  { name: 'claims that are a list', token: (header) => signJwt(header, [1], firstKey().privateKey) },
  { name: 'claims that are no JSON', token: () => 'e30.bm9wZQ.e30' },
  { name: 'one part', token: () => 'token' },
  { name: 'two parts', token: () => 'e30.e30' },
  { name: 'five parts, encrypted', token: () => 'e30.e30.e30.e30.e30' },
  { name: 'dots alone', token: () => '.'.repeat(16_000) },
  { name: 'nothing', token: () => '' },
]

function logoutToken({ op }: Rig, row: Row): string {
  const { iss, ...changes } = row.claims ?? {}
  const claims: Fields = {
    ...{ iss: op.issuer, aud: 'gateway', iat: someday, exp: someday + 120, jti: 'j-1' },
    ...{ sub: 'alice', sid: 's-1', events: { [event]: {} }, ...changes },
    ...(iss === undefined ? {} : { iss: String(iss).replace('ISSUER', op.issuer) }),
  }
  for (const name of row.without ?? []) delete claims[name]
  const header: Fields = { alg: 'RS256', kid: 'k1', ...row.header }
  return row.token?.(header, claims) ?? signJwt(header, claims, firstKey().privateKey)
}

for (const row of [
  ...good,
  ...wrongSignature,
  ...invalid.map((row) => ({ code: 'LOGOUT_TOKEN_INVALID' as const, asked: 0, ...row })),
]) {
  t.test(row.name, async (t) => {
    const rig = await startRig(t, { ...row.options, bends: row.bends ?? {} })
    const read = rig.provider.readLogoutToken(logoutToken(rig, row), someday, someNetwork)
    if (row.code === null) t.match(await read, { issuer: rig.op.issuer, issuedAt: Number, ...row.is })
    else {
      const fault = await faultOf(read)
      t.equal(fault.code, row.code)
      if (row.says !== undefined) t.match(fault.message, row.says)
    }
    t.equal(rig.op.counts.jwks, row.asked ?? 1, 'how often the keys were fetched')
  })
}

t.test(
  'S-179: an ID token of the provider itself is no logout token, nor an ID token of it a logout token',
  async (t) => {
    const rig = await startRig(t)
    const { idToken } = await rig.signIn()
    t.equal(
      (await faultOf(rig.provider.readLogoutToken(idToken, someday, someNetwork))).code,
      'LOGOUT_TOKEN_INVALID',
    )
    const row = { name: 'x', header: { typ: 'logout+jwt' } }
    rig.op.bends.idToken = () => logoutToken(rig, row)
    t.match(await faultOf(rig.signIn()), { code: 'LOGIN_TOKEN_INVALID' })
  },
)

t.test('keys that cannot be had are a fault of the provider, which passes', async (t) => {
  const rig = await startRig(t)
  rig.op.bends.answer = { jwks: (_request, response) => void response.writeHead(500).end() }
  const token = logoutToken(rig, { name: 'x' })
  const fault = await faultOf(rig.provider.readLogoutToken(token, someday, someNetwork))
  t.match(fault.code, /^PROVIDER_/)
  rig.op.bends.answer = {}
  rig.clock.time += 60
  t.match(await rig.provider.readLogoutToken(token, someday, someNetwork), { subject: 'alice' })
})

t.test(
  'S-138, S-182: made-up kids fetch the keys twice a minute, are told apart from a wrong signature, and take nothing from sign-ins',
  async (t) => {
    const rig = await startRig(t)
    await rig.signIn()
    const codes: FaultCode[] = []
    for (let number = 0; number < 40; number += 1) {
      const token = logoutToken(rig, { name: 'x', header: { kid: `k-${number}` } })
      codes.push((await faultOf(rig.provider.readLogoutToken(token, someday, someNetwork))).code)
    }
    t.same(codes.slice(0, 2), [signature, signature], 'asked, and not there')
    t.same([...new Set(codes.slice(2))], ['LOGOUT_KEY_UNKNOWN'], 'not asked: nobody can tell')
    t.equal(rig.op.counts.jwks, 3)
    for (let number = 0; number < 40; number += 1) {
      const token = signJwt(
        { alg: 'RS256', kid: 'k1' },
        { ...claimsOf(logoutToken(rig, { name: 'x' })) },
        foreign.privateKey,
      )
      await faultOf(rig.provider.readLogoutToken(token, someday, someNetwork))
    }
    t.equal(rig.op.counts.jwks, 4, 'a wrong signature asks once a minute')
    rig.op.keys = [newKey('k2', 'RS256')]
    t.equal((await rig.signIn()).user, 'alice', 'a key that is new is still found for whoever signs in')
    const [key] = rig.op.keys
    const token = signJwt(
      { alg: 'RS256', kid: 'k2' },
      claimsOf(logoutToken(rig, { name: 'x' })),
      key?.privateKey ?? '',
    )
    t.match(
      await rig.provider.readLogoutToken(token, someday, someNetwork),
      { sid: 's-1' },
      'and for tokens then',
    )
  },
)

function claimsOf(token: string): Fields {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
