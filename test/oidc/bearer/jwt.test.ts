// Access tokens that are JWTs, of a provider that bends every part of them: what RFC 9068 and those who came before it
// let pass, and everything else refused, before a key is asked for wherever no key is needed to tell.
import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { type Bends, encode, type Fields, firstKey, newKey, signJwt } from '../../support/hostile-op.ts'
import { type RigOptions, secret, someday } from '../fixtures.ts'
import { type Bent, startBearerRig, bearer as startSettings } from './rig.ts'

const foreign = newKey('k1', 'RS256')
const curve = newKey('k1', 'ES256')
const edwards = newKey('k1', 'EdDSA')
const publicKey = createPublicKey(firstKey().privateKey)
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

interface Row extends Bent {
  readonly name: string
  readonly bends?: Bends
  readonly options?: RigOptions
  readonly says?: RegExp
  /** How often the keys are fetched for it; 0 is what costs nothing. */
  readonly asked?: number
}

const { privateKey } = firstKey()
const raw = (header: string, claims: string): string => {
  const parts = `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}`
  const [, , signature] = signJwt({ alg: 'RS256' }, {}, privateKey).split('.')
  return `${parts}.${signature}`
}
const publishing = (...keys: Fields[]): Bends => ({ jwks: () => ({ keys }) })
const es256 = (header: Fields, claims: Fields) =>
  signJwt({ ...header, alg: 'ES256' }, claims, curve.privateKey)

const good: readonly Row[] = [
  { name: 'RFC 9068' },
  { name: 'typ application/at+jwt', header: { typ: 'application/at+jwt' } },
  { name: 'typ AT+JWT', header: { typ: 'AT+JWT' } },
  { name: 'typ JWT', header: { typ: 'JWT' } },
  { name: 'no typ, as Cognito sends it', header: { typ: undefined } },
  { name: 'no kid, where one key is published', header: { kid: undefined } },
  { name: 'a program’s, which is judged at each use', without: ['sub'] },
  { name: 'for another audience, which is judged at each use', claims: { aud: 'other' } },
  { name: 'over for less than a minute', claims: { exp: someday - 59 } },
  { name: 'ES256', token: es256, bends: publishing(curve.jwk) },
  {
    name: 'EdDSA',
    token: (header, claims) => signJwt({ ...header, alg: 'EdDSA' }, claims, edwards.privateKey),
    bends: publishing(edwards.jwk),
  },
  {
    name: 'PS256 with a key that says no algorithm, whatever ID tokens are signed with',
    token: (header, claims) => signJwt({ ...header, alg: 'PS256' }, claims, privateKey),
    bends: publishing({ ...firstKey().jwk, alg: undefined }),
    options: { settings: () => ({ signingAlgorithms: ['ES256'] }) },
  },
  {
    name: 'RS256, where ID tokens are signed with the client’s secret',
    options: { settings: () => ({ signingAlgorithms: ['HS256'] }) },
  },
  {
    name: 'by keys that the file names, of a provider without metadata and sign-in',
    options: {
      settings: (issuer) => ({ jwksUri: `${issuer}/jwks`, signsIn: false, clientId: '', clientSecret: null }),
    },
    bends: { answer: { metadata: (_request, response) => void response.writeHead(404).end() } },
  },
  {
    name: 'of an issuer for programs alone, whose metadata has no usable authorization endpoint',
    options: { settings: () => ({ signsIn: false, clientId: '', clientSecret: null }) },
    bends: {
      metadata: ({ issuer, jwks_uri }) => ({ issuer, jwks_uri, authorization_endpoint: 'urn:kubernetes:x' }),
    },
  },
]

for (const row of good)
  t.test(`read: ${row.name}`, async (t) => {
    const rig = await startBearerRig(t, { ...row.options, bends: row.bends ?? {} })
    const reading = await rig.read(rig.token(row))
    t.match(reading, { kind: 'read', token: { claims: { iss: rig.op.issuer, scope: 'read' } } })
    t.equal(rig.op.counts.jwks, 1)
  })

const bySignature: readonly Row[] = [
  {
    name: 'a foreign key of the same kid',
    token: (header, claims) => signJwt(header, claims, foreign.privateKey),
    says: /signature is wrong/,
    asked: 2,
  },
  {
    name: 'claims changed after signing',
    token: (header, claims) => {
      const [head, , signature] = signJwt(header, claims, privateKey).split('.')
      return `${head}.${encode({ ...claims, sub: 'bob' })}.${signature}`
    },
    says: /signature is wrong/,
    asked: 2,
  },
  {
    name: 'an empty signature',
    token: (header, claims) => `${encode(header)}.${encode(claims)}.`,
    asked: 2,
  },
  {
    name: 'a key that the token brings itself (jwk), under a kid of its own',
    token: (header, claims) =>
      signJwt({ ...header, kid: 'mine', jwk: foreign.jwk }, claims, foreign.privateKey),
    says: /publishes no such key/,
    asked: 2,
  },
  {
    name: 'the same under the provider’s kid',
    token: (header, claims) => signJwt({ ...header, jwk: foreign.jwk }, claims, foreign.privateKey),
    says: /signature is wrong/,
    asked: 2,
  },
  { name: 'a kid that is a path', header: { kid: '../../../../dev/null' }, asked: 2 },
  { name: 'a kid of a prototype', header: { kid: '__proto__' }, asked: 2 },
  { name: 'an empty kid', header: { kid: '' }, asked: 2 },
  {
    name: 'no kid, where several keys fit',
    header: { kid: undefined },
    bends: publishing(firstKey().jwk, { ...foreign.jwk, kid: 'k2' }),
    says: /several keys/,
    asked: 1,
  },
  {
    name: 'RS256 by a key that is published for RS512 alone',
    bends: publishing({ ...firstKey().jwk, alg: 'RS512' }),
    asked: 2,
  },
  {
    name: 'signed by a key that is published for encryption',
    bends: publishing(curve.jwk, { ...firstKey().jwk, use: 'enc' }),
    asked: 2,
  },
]

const byItself: readonly Row[] = [
  ...['none', 'None', 'nOnE', ''].map((alg) => ({
    name: `alg ${alg}`,
    token: (header: Fields, claims: Fields) => `${encode({ ...header, alg })}.${encode(claims)}.`,
    says: /signed with/,
  })),
  { name: 'no alg', header: { alg: undefined } },
  { name: 'alg a list', header: { alg: ['RS256'] } },
  ...(
    [
      ['the client secret', secret],
      ['the public key', publicPem],
      ['the public key as JWK', JSON.stringify(firstKey().jwk)],
    ] as const
  ).map(([what, key]) => ({
    name: `HS256 with ${what}`,
    token: (header: Fields, claims: Fields) => signJwt({ ...header, alg: 'HS256' }, claims, key),
    says: /signed with "HS256"/,
  })),
  {
    name: 'HS256 with the client secret, where ID tokens are signed so',
    token: (header, claims) => signJwt({ ...header, alg: 'HS256' }, claims, secret),
    options: { settings: () => ({ signingAlgorithms: ['HS256'] }) },
  },
  { name: 'crit', header: { crit: ['exp'] }, says: /crit/ },
  { name: 'crit and b64', header: { crit: ['b64'], b64: false }, says: /crit/ },
  { name: 'b64 alone', header: { b64: false }, says: /b64/ },
  { name: 'typ logout+jwt', header: { typ: 'logout+jwt' }, says: /typ/ },
  { name: 'typ secevent+jwt', header: { typ: 'secevent+jwt' }, says: /typ/ },
  { name: 'typ dpop+jwt', header: { typ: 'dpop+jwt' }, says: /typ/ },
  { name: 'typ empty', header: { typ: '' }, says: /typ/ },
  { name: 'typ null', header: { typ: null }, says: /typ/ },
  { name: 'a kid that is no string', header: { kid: 7 }, says: /kid/ },
  { name: 'another issuer', claims: { iss: 'https://other.example' }, says: /iss/ },
  { name: 'no issuer', without: ['iss'], says: /iss/ },
  { name: 'iss a list', claims: { iss: ['x'] }, says: /iss/ },
  { name: 'no exp', without: ['exp'], says: /exp/ },
  { name: 'not yet', claims: { nbf: someday + 61 }, says: /nbf/ },
  { name: 'an ID token of a sign-in', claims: { nonce: 'n' }, says: /nonce/ },
  { name: 'a logout token', claims: { events: {} }, says: /events/ },
  { name: 'one bound to a DPoP key', claims: { cnf: { jkt: 'x' } }, says: /cnf/ },
  {
    name: 'aud twice',
    token: (header, { iss }) =>
      raw(JSON.stringify(header), `{"iss":"${iss}","exp":${someday + 9},"aud":"a","aud":"b"}`),
    says: /twice/,
  },
  {
    name: 'alg twice',
    token: (_header, claims) =>
      raw('{"alg":"HS256","alg":"RS256","kid":"k1","typ":"JWT"}', JSON.stringify(claims)),
    says: /twice/,
  },
  { name: 'claims that are a list', token: (header) => signJwt(header, [1], privateKey) },
  { name: 'claims that are no JSON', token: () => 'e30.bm9wZQ.e30' },
  { name: 'one part', token: () => 'token' },
  { name: 'two parts', token: () => 'e30.e30' },
  { name: 'five parts, encrypted', token: () => 'e30.e30.e30.e30.e30' },
  { name: 'dots alone', token: () => '.'.repeat(16_000) },
  { name: 'nothing', token: () => '' },
  {
    name: 'padding',
    token: (header, claims) => `${signJwt(header, claims, privateKey)}=`,
    says: /no JWT/,
  },
  {
    name: 'a signature in another spelling',
    token: (header, claims) => signJwt(header, claims, privateKey).replace(/.$/, respelt),
    says: /no JWT/,
  },
  { name: 'longer than 16 KiB', claims: { x: 'x'.repeat(16 * 1024) }, says: /longer/ },
]

/** The same last byte with other bits behind it: 256 bytes of a signature leave four bits of the last letter unused. */
function respelt(last: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return letters[letters.indexOf(last) + 1] ?? ''
}

for (const row of [...bySignature, ...byItself.map((row) => ({ asked: 0, ...row }))])
  t.test(`refused: ${row.name}`, async (t) => {
    const rig = await startBearerRig(t, { ...row.options, bends: row.bends ?? {} })
    const reading = await rig.read(rig.token(row))
    t.match(reading, { kind: 'refused', why: 'token-invalid', detail: row.says ?? /./ })
    t.equal(rig.op.counts.jwks, row.asked, 'how often the keys were fetched')
    t.equal(rig.op.counts.other, 0, 'nothing else was asked')
  })

t.test('a token that has ended is told apart, and costs no key', async (t) => {
  const rig = await startBearerRig(t)
  const over = rig.token({ claims: { exp: someday - 60 } })
  t.match(await rig.read(over), { kind: 'refused', why: 'token-over' })
  t.equal(rig.op.counts.jwks, 0)
})

t.test('S-246: what a token says of addresses is never asked', async (t) => {
  const rig = await startBearerRig(t)
  const address = `${rig.op.issuer}/elsewhere`
  const header = { kid: 'mine', jku: address, x5u: address, x5c: ['AAAA'] }
  t.match(await rig.read(rig.token({ header })), { kind: 'refused', why: 'token-invalid' })
  t.equal(rig.op.counts.other, 0)
})

t.test('the ID token of a sign-in, which this very provider signed, is no access token', async (t) => {
  const rig = await startBearerRig(t, {
    settings: () => ({ bearer: { ...startSettings, audiences: ['gateway'] } }),
  })
  const { idToken } = await rig.signIn()
  t.match(await rig.read(idToken), { kind: 'refused', why: 'token-invalid', detail: /nonce/ })
})

t.test('where no tokens count none is read', async (t) => {
  const rig = await startBearerRig(t, { settings: () => ({ bearer: null }) })
  t.match(await rig.read(rig.token()), { kind: 'refused', why: 'token-invalid' })
  t.equal(rig.op.counts.metadata + rig.op.counts.jwks, 0)
})

t.test('keys that cannot be had are a fault of the provider, which passes', async (t) => {
  const rig = await startBearerRig(t)
  rig.op.bends.answer = { jwks: (_request, response) => void response.writeHead(500).end() }
  await t.rejects(rig.read(rig.token()), { code: /^PROVIDER_/ })
  rig.op.bends.answer = {}
  rig.clock.time += 60
  t.match(await rig.read(rig.token()), { kind: 'read' })
})
