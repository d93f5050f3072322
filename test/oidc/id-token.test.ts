// The ID token, against a provider that bends every part of it. One row, one sign-in; each must end as the row says,
// and none in a session.
import { createPublicKey } from 'node:crypto'
import t from 'tap'
import type { FaultCode } from '../../src/core/fault.ts'
import {
  type Bends,
  encode,
  type Fields,
  firstKey,
  leftHalf,
  newKey,
  signJwt,
} from '../support/hostile-op.ts'
import { faultOf, type RigOptions, secret, someday, startRig } from './fixtures.ts'

/** One of the two clocks is wrong: the token itself may be the right one. */
const clock = 'LOGIN_CLOCK_DIFFERS'
const foreign = newKey('k1', 'RS256')
const curve = newKey('k1', 'ES256')
const edwards = newKey('k1', 'EdDSA')
const publicPem = createPublicKey(firstKey().privateKey).export({ type: 'spki', format: 'pem' }).toString()

interface Row {
  readonly name: string
  readonly bends: Bends
  /** Null: it is accepted. */
  readonly code?: FaultCode | null
  readonly says?: RegExp
  readonly saysNot?: RegExp
  readonly options?: RigOptions
}

const header = (change: Fields): Bends => ({ header: (proper) => ({ ...proper, ...change }) })
const claims = (change: Fields): Bends => ({ claims: (proper) => ({ ...proper, ...change }) })
const without = (claim: string): Bends => ({
  claims: (proper) => Object.fromEntries(Object.entries(proper).filter(([name]) => name !== claim)),
})
const signedBy = (key: { privateKey: Parameters<typeof signJwt>[2] }, change: Fields = {}): Bends => ({
  signing: (proper, body) => signJwt({ ...proper, ...change }, body, key.privateKey),
})
const hmac = (key: string): Bends => ({
  signing: (proper, body) => signJwt({ ...proper, alg: 'HS256' }, body, key),
})
const unsigned = (alg: string): Bends => ({
  signing: (proper, body) => `${encode({ ...proper, alg })}.${encode(body)}.`,
  metadata: (document) => ({
    ...document,
    id_token_signing_alg_values_supported: ['RS256', 'none', 'None', 'nOnE'],
  }),
})
const withExtra = (extraAudiences: string[]): RigOptions => ({ settings: () => ({ extraAudiences }) })
const offered = (algorithms: unknown): Bends => ({
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: algorithms }),
})
const offering = (...algorithms: string[]): Bends => offered(algorithms)
const withAlgorithms = (signingAlgorithms: string[]): RigOptions => ({
  settings: () => ({ signingAlgorithms }),
})

const rows: readonly Row[] = [
  { name: 'an unbent token is accepted', bends: {}, code: null },

  {
    name: 'S-123: signed with a foreign key of the same kid',
    bends: signedBy(foreign),
    says: /signature is wrong/,
  },
  {
    name: 'S-123: claims changed after signing',
    bends: { idToken: (token) => token.replace(/\.[^.]+\./, `.${encode({ iss: 'x' })}.`) },
  },
  {
    name: 'S-123: another signature of the same length',
    bends: { idToken: (token) => token.replace(/[^.]+$/, 'A'.repeat(342)) },
    says: /signature is wrong/,
  },

  { name: 'S-124: alg none, though the metadata lists it', bends: unsigned('none') },
  { name: 'S-124: alg None', bends: unsigned('None') },
  { name: 'S-124: alg nOnE', bends: unsigned('nOnE') },
  { name: 'S-124: an empty signature', bends: { idToken: (token) => token.replace(/[^.]+$/, '') } },

  { name: 'S-125: HS256 with the client secret', bends: hmac(secret) },
  { name: 'S-125: HS256 with the public key as its secret', bends: hmac(publicPem) },
  {
    name: 'S-125: RS512 where RS256 is configured',
    bends: signedBy(firstKey(), { alg: 'RS512' }),
    says: /RS512/,
  },
  {
    name: 'S-125: PS256 where RS256 is configured',
    bends: signedBy(firstKey(), { alg: 'PS256' }),
    says: /PS256/,
  },
  {
    name: 'S-125: EdDSA where RS256 is configured',
    bends: signedBy(edwards, { alg: 'EdDSA' }),
    says: /EdDSA/,
  },
  {
    name: 'an algorithm that is configured beside another',
    bends: {
      signing: (proper, body) => signJwt({ ...proper, alg: 'PS256' }, body, firstKey().privateKey),
      jwks: () => ({ keys: [{ ...firstKey().jwk, alg: undefined }] }),
    },
    options: withAlgorithms(['RS256', 'PS256']),
    code: null,
  },
  {
    name: 'ES256, configured',
    bends: { ...signedBy(curve, { alg: 'ES256' }), jwks: () => ({ keys: [curve.jwk] }) },
    options: withAlgorithms(['ES256']),
    code: null,
  },
  {
    name: 'EdDSA, configured',
    bends: { ...signedBy(edwards, { alg: 'EdDSA' }), jwks: () => ({ keys: [edwards.jwk] }) },
    options: withAlgorithms(['EdDSA']),
    code: null,
  },
  {
    name: 'ES256, which the metadata offers and nobody wrote',
    bends: {
      ...signedBy(curve, { alg: 'ES256' }),
      jwks: () => ({ keys: [curve.jwk] }),
      ...offering('RS256', 'ES256'),
    },
    code: null,
  },
  {
    name: 'S-125: RS256, which the metadata does not offer',
    bends: offering('ES256'),
    says: /"RS256".*ES256 is accepted.*`id_token_signed_response_alg: RS256`/,
  },
  {
    name: 'S-125: ES256, which the metadata offers and the configuration does not',
    bends: {
      ...signedBy(curve, { alg: 'ES256' }),
      jwks: () => ({ keys: [curve.jwk] }),
      ...offering('RS256', 'ES256'),
    },
    options: withAlgorithms(['RS256']),
    says: /"ES256".*RS256 is accepted.*`id_token_signed_response_alg: ES256`/,
  },
  {
    name: 'metadata that offers nothing of ours means RS256',
    bends: offering('none', 'HS256', 'x'),
    code: null,
  },
  { name: 'metadata that does not say means RS256', bends: offered(undefined), code: null },
  { name: 'metadata that offers no list means RS256', bends: offered('ES256'), code: null },
  {
    name: 'S-125: HS256, which the metadata offers and nobody wrote',
    bends: { ...hmac(secret), ...offering('HS256', 'RS256') },
    says: /"HS256".*RS256 is accepted.*`id_token_signed_response_alg: HS256`/,
  },
  { name: 'S-124: none is no algorithm to write', bends: unsigned('none'), saysNot: /response_alg: none/ },
  { name: 'HS256, written', bends: hmac(secret), options: withAlgorithms(['HS256']), code: null },
  {
    name: 'HS256, written, with a kid',
    bends: { signing: (proper, body) => signJwt({ ...proper, alg: 'HS256', kid: 'x' }, body, secret) },
    options: withAlgorithms(['HS256']),
    code: null,
  },
  {
    name: 'S-125: HS256, written, with another secret',
    bends: hmac(`${secret}x`),
    options: withAlgorithms(['HS256']),
    says: /signature is wrong/,
  },
  {
    name: 'S-125: HS256, written, with the public key as its secret',
    bends: hmac(publicPem),
    options: withAlgorithms(['HS256']),
    says: /signature is wrong/,
  },
  {
    name: 'S-125: RS256 where HS256 is written',
    bends: {},
    options: withAlgorithms(['HS256']),
    says: /"RS256".*HS256 is accepted/,
  },
  {
    name: 'S-125: a key that says RS256 does not verify PS256',
    bends: signedBy(firstKey(), { alg: 'PS256' }),
    options: withAlgorithms(['RS256', 'PS256']),
    says: /publishes no such key/,
  },

  {
    name: 'S-126: jwk in the header, holding the key that signed',
    bends: signedBy(foreign, { jwk: foreign.jwk }),
    says: /signature is wrong/,
  },
  { name: 'S-126: x5c in the header', bends: signedBy(foreign, { x5c: ['MIIB'] }) },

  { name: 'S-127: crit with an unknown extension', bends: header({ crit: ['x'], x: 1 }), says: /crit/ },
  {
    name: 'S-127: crit b64, an unencoded payload',
    bends: header({ crit: ['b64'], b64: false }),
    says: /crit/,
  },
  {
    name: 'S-127: five parts, encrypted',
    bends: { idToken: () => `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..aaaa.bbbb.cccc` },
  },
  { name: 'S-127: two parts', bends: { idToken: (token) => token.split('.').slice(0, 2).join('.') } },
  { name: 'S-127: four parts', bends: { idToken: (token) => `${token}.x` } },
  { name: 'S-127: six parts', bends: { idToken: (token) => `${token}.a.b.c` } },
  { name: 'S-127: garbage after the signature', bends: { idToken: (token) => `${token}!!` } },
  {
    name: 'S-127: a header that is no JSON',
    bends: { idToken: (token) => token.replace(/^[^.]+/, 'bm9uZQ') },
    code: 'PROVIDER_RESPONSE_INVALID',
  },
  {
    name: 'S-127: claims that are a list',
    bends: { signing: (proper) => signJwt(proper, ['x'], firstKey().privateKey) },
  },
  {
    name: 'S-127: claims nested a thousand deep',
    bends: claims({ deep: nested(1000) }),
    says: /no JSON object/,
  },
  { name: 'S-127: a token of 100 kB', bends: claims({ filler: 'x'.repeat(100_000) }), says: /at most 65536/ },

  { name: 'S-128: iss missing', bends: without('iss') },
  {
    name: 'S-128: iss of another issuer',
    bends: claims({ iss: 'https://other.example' }),
    says: /iss is "https:\/\/other.example", expected/,
  },
  {
    name: 'S-128: iss with a slash at the end',
    bends: { claims: (proper) => ({ ...proper, iss: `${proper.iss}/` }) },
  },
  {
    name: 'S-128: iss with https',
    bends: { claims: (proper) => ({ ...proper, iss: String(proper.iss).replace('http:', 'https:') }) },
  },
  {
    name: 'S-128: iss in upper case',
    bends: { claims: (proper) => ({ ...proper, iss: String(proper.iss).toUpperCase() }) },
  },

  { name: 'S-129: aud missing', bends: without('aud') },
  {
    name: 'S-129: aud of another client',
    bends: claims({ aud: 'other' }),
    says: /aud is "other", expected "gateway"/,
  },
  { name: 'S-129: aud that begins like ours', bends: claims({ aud: 'gateway2' }) },
  { name: 'S-129: a prefix of ours', bends: claims({ aud: 'gate' }) },
  { name: 'S-129: a list without us', bends: claims({ aud: ['other'] }) },
  { name: 'S-129: a list with others and no azp', bends: claims({ aud: ['gateway', 'other'] }) },
  { name: 'S-129: a list with us alone is accepted', bends: claims({ aud: ['gateway'] }), code: null },
  {
    name: 'S-129: a list with others and our azp is accepted',
    bends: claims({ aud: ['gateway', 'other'], azp: 'gateway' }),
    code: null,
  },
  {
    name: 'S-129: a list with a party that nobody listed, and no azp',
    bends: claims({ aud: ['gateway', 'other', 'api'] }),
    options: withExtra(['api']),
    says: /aud names "other".*`extra_audiences`/,
  },
  {
    name: 'S-129: a list with a party that is listed, and no azp',
    bends: claims({ aud: ['api', 'gateway'] }),
    options: withExtra(['api', 'more']),
    code: null,
  },
  {
    name: 'S-129: a listed party without us',
    bends: claims({ aud: ['api'] }),
    options: withExtra(['api']),
    says: /aud is \["api"\], expected "gateway"/,
  },
  {
    name: 'S-130: a listed party, and azp is that party',
    bends: claims({ aud: ['gateway', 'api'], azp: 'api' }),
    options: withExtra(['api']),
    says: /azp is "api"/,
  },
  {
    name: 'S-129: our azp, and a party beside the written list',
    bends: claims({ aud: ['gateway', 'other'], azp: 'gateway' }),
    options: withExtra(['api']),
    says: /aud names "other".*`extra_audiences`/,
  },
  {
    name: 'S-129: our azp, and a party of the written list',
    bends: claims({ aud: ['gateway', 'api'], azp: 'gateway' }),
    options: withExtra(['api']),
    code: null,
  },
  { name: 'S-129: a list with a number in it', bends: claims({ aud: ['gateway', 1], azp: 'gateway' }) },
  { name: 'S-129: an object', bends: claims({ aud: { gateway: true } }) },

  {
    name: 'S-130: azp of another client beside our aud',
    bends: claims({ azp: 'evil' }),
    says: /azp is "evil"/,
  },
  { name: 'S-130: azp of another type', bends: claims({ azp: ['gateway'] }), says: /azp/ },
  { name: 'S-130: our azp is accepted', bends: claims({ azp: 'gateway' }), code: null },

  { name: 'S-131: sub missing', bends: without('sub') },
  { name: 'S-131: an empty sub', bends: claims({ sub: '' }), says: /sub is ""/ },
  { name: 'S-131: sub is a number', bends: claims({ sub: 7 }) },
  { name: 'S-131: sub of 300 characters', bends: claims({ sub: 's'.repeat(300) }), says: /300 characters/ },
  { name: 'S-131: sub with control characters', bends: claims({ sub: 'ali\u0000ce' }), says: /control/ },
  { name: 'S-131: sub with a line feed', bends: claims({ sub: 'alice\nadmin' }), says: /control/ },

  { name: 'S-132: iat missing', bends: without('iat') },
  {
    name: 'S-132: iat a day ahead',
    bends: claims({ iat: someday + 86_400 }),
    says: /86400 seconds ahead/,
    code: clock,
  },
  {
    name: 'S-132: iat a month ago',
    bends: claims({ iat: someday - 30 * 86_400 }),
    says: /seconds ago/,
    code: clock,
  },
  { name: 'S-132: iat six minutes ahead', bends: claims({ iat: someday + 301 }), code: clock },
  { name: 'S-132: iat eleven minutes ago', bends: claims({ iat: someday - 601 }), code: clock },
  { name: 'S-132: iat five minutes ahead is accepted', bends: claims({ iat: someday + 300 }), code: null },
  { name: 'S-132: iat ten minutes ago is accepted', bends: claims({ iat: someday - 600 }), code: null },
  { name: 'S-132: iat is a string', bends: claims({ iat: String(someday) }) },
  { name: 'S-132: iat with a fraction is a time', bends: claims({ iat: someday - 0.5 }), code: null },

  { name: 'S-133: exp missing', bends: without('exp') },
  { name: 'S-133: exp 61 seconds ago', bends: claims({ exp: someday - 61 }), says: /exp/, code: clock },
  { name: 'S-133: exp 59 seconds ago is accepted', bends: claims({ exp: someday - 59 }), code: null },
  { name: 'S-133: exp is a string', bends: claims({ exp: String(someday + 300) }) },
  { name: 'S-133: nbf ten minutes ahead', bends: claims({ nbf: someday + 600 }), says: /nbf/, code: clock },
  { name: 'S-133: nbf is a string', bends: claims({ nbf: 'now' }) },

  { name: 'S-134: nonce missing', bends: without('nonce') },
  { name: 'S-134: another nonce', bends: claims({ nonce: 'other' }), says: /nonce/ },
  { name: 'S-134: nonce in a list', bends: { claims: (proper) => ({ ...proper, nonce: [proper.nonce] }) } },

  { name: 'S-135: typ at+jwt', bends: header({ typ: 'at+jwt' }), says: /typ "at\+jwt"/ },
  { name: 'S-135: typ logout+jwt', bends: header({ typ: 'logout+jwt' }), says: /typ/ },
  { name: 'S-135: typ is a number', bends: header({ typ: 1 }) },
  { name: 'S-135: typ JWT is accepted', bends: header({ typ: 'JWT' }), code: null },
  {
    name: 'S-135: an access token as the ID token',
    bends: {
      idToken: () =>
        signJwt(
          { alg: 'RS256', kid: 'k1', typ: 'at+jwt' },
          { sub: 'alice', scope: 'openid' },
          firstKey().privateKey,
        ),
    },
  },

  { name: 'S-136: no kid, and one key', bends: header({ kid: undefined }), code: null },
  {
    name: 'S-136: no kid, and two keys of one kind',
    bends: {
      ...header({ kid: undefined }),
      jwks: ({ keys }) => ({ keys: [...keys, newKey('k2', 'RS256').jwk] }),
    },
    says: /several keys/,
  },
  {
    name: 'S-136: no kid, one key for signatures and one for encryption',
    bends: {
      ...header({ kid: undefined }),
      jwks: ({ keys }) => ({ keys: [...keys, { ...foreign.jwk, use: 'enc' }] }),
    },
    code: null,
  },
  { name: 'S-136: a kid that nobody knows', bends: header({ kid: 'k9' }), says: /publishes no such key/ },
  { name: 'S-136: a kid that is a path', bends: header({ kid: '../../x' }), says: /publishes no such key/ },
  {
    name: 'S-136: a kid of 10 kB',
    bends: header({ kid: 'k'.repeat(10_000) }),
    says: /publishes no such key/,
  },
  { name: 'S-136: the kid __proto__', bends: header({ kid: '__proto__' }), says: /publishes no such key/ },
  { name: 'S-136: a kid that is an object', bends: header({ kid: { k: 1 } }), says: /kid/ },

  { name: 'S-142: a wrong at_hash', bends: claims({ at_hash: leftHalf('another-token') }), says: /at_hash/ },
  { name: 'S-142: at_hash of another type', bends: claims({ at_hash: 1 }), says: /at_hash/ },
  {
    name: 'S-142: the right at_hash is accepted',
    bends: claims({ at_hash: leftHalf('access-token-of-alice') }),
    code: null,
  },

  {
    name: 'S-122: acr lower than asked for',
    bends: claims({ acr: '1' }),
    options: { settings: () => ({ authorizationParameters: new Map([['acr_values', '2 3']]) }) },
    code: 'LOGIN_REFUSED',
  },
  {
    name: 'S-122: acr as asked for',
    bends: claims({ acr: '3' }),
    options: { settings: () => ({ authorizationParameters: new Map([['acr_values', '2 3']]) }) },
    code: null,
  },
  {
    name: 'S-122: auth_time longer ago than max_age',
    bends: claims({ auth_time: someday - 400 }),
    options: { settings: () => ({ authorizationParameters: new Map([['max_age', '300']]) }) },
    code: 'LOGIN_REFUSED',
  },
  {
    name: 'S-122: an auth_time that is still to come, as one in milliseconds is',
    bends: claims({ auth_time: someday * 1000 }),
    options: { settings: () => ({ authorizationParameters: new Map([['max_age', '300']]) }) },
    code: 'LOGIN_REFUSED',
  },
  {
    name: 'S-122: auth_time missing though max_age was asked for',
    bends: {},
    options: { settings: () => ({ authorizationParameters: new Map([['max_age', '300']]) }) },
    code: 'LOGIN_REFUSED',
  },
  {
    name: 'S-122: auth_time within max_age',
    bends: claims({ auth_time: someday - 100 }),
    options: { settings: () => ({ authorizationParameters: new Map([['max_age', '300']]) }) },
    code: null,
  },
]

function nested(levels: number): unknown {
  return Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 'x')
}

for (const row of rows) {
  t.test(row.name, async (t) => {
    const rig = await startRig(t, { bends: row.bends, ...row.options })
    if (row.code === null) {
      t.equal((await rig.signIn()).user, 'alice')
    } else {
      const fault = await faultOf(rig.signIn())
      t.equal(fault.code, row.code ?? 'LOGIN_TOKEN_INVALID', fault.message)
      if (row.says !== undefined) t.match(fault.message, row.says)
      if (row.saysNot !== undefined) t.notMatch(fault.message, row.saysNot)
      t.equal(rig.op.counts.userinfo, 0, 'the access token was not used')
    }
    t.equal(rig.op.counts.token, 1)
    t.equal(rig.op.counts.other, 0, 'nothing that a header names was fetched')
  })
}
