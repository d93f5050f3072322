// A provider that is asked again for a session: what counts, what ends it, and what says nothing.
import t from 'tap'
import type { Session } from '../../src/core/session/session.ts'
import { type Bends, type Fields, leftHalf, newKey, signJwt } from '../support/hostile-op.ts'
import { faultOf, someday } from './fixtures.ts'
import { claims, identityOf, signedIn } from './renewal-rig.ts'

t.test('a refresh token that is rotated is replaced, and one that is not stays', async (t) => {
  const { op, session, renew, clock } = await signedIn(t)
  clock.time = op.now = someday + 900
  const first = await identityOf(renew())
  t.match(first, { user: 'alice', claims: { sub: 'alice', name: 'Alice' }, scopes: session.scopes })
  t.same(first.tokens, {
    access: { value: 'access-token-of-alice-1', endsAt: someday + 1200 },
    refresh: 'refresh-token-of-alice-1-1',
  })
  t.not(first.idToken, session.idToken)
  op.refreshTokens.rotates = false
  const second = await identityOf(renew(['sub'], { ...session, ...first }))
  t.equal(second.tokens.refresh, 'refresh-token-of-alice-1-1')
  t.same(op.refreshTokens.came, ['refresh-token-of-alice-1-0', 'refresh-token-of-alice-1-1'])
  t.equal(op.refreshTokens.alarms, 0)
})

t.test('the request is the one of RFC 6749 6, by the client’s own authentication', async (t) => {
  const { op, renew } = await signedIn(t)
  await renew()
  const [asked] = op.tokenRequests
  t.same(Object.fromEntries(asked?.body ?? []), {
    grant_type: 'refresh_token',
    refresh_token: 'refresh-token-of-alice-1-0',
  })
  t.match(asked?.authorization, /^Basic /)
})

t.test('new claims are those of the new ID token and userinfo', async (t) => {
  const { op, renew } = await signedIn(t, {
    bends: { claims: (proper) => ({ ...proper, groups: ['admins'] }) },
  })
  op.bends = {
    ...claims({ groups: ['readers'], organization_id: undefined }),
    userinfo: (proper) => ({ ...proper, name: 'Alice B.' }),
  }
  const { claims: came } = await identityOf(renew(['groups']))
  t.same(came.groups, ['readers'])
  t.equal(came.name, 'Alice B.')
  t.notOk('organization_id' in came)
})

t.test('scopes are those of the new answer, or stay', async (t) => {
  const { op, session, renew } = await signedIn(t)
  op.bends.refresh = { token: (answer) => ({ ...answer, scope: 'openid' }) }
  const first = await identityOf(renew())
  t.same(first.scopes, ['openid'])
  op.bends = {}
  t.same((await identityOf(renew(['sub'], { ...session, ...first }))).scopes, ['openid'])
})

t.test('how somebody signed in stays where it is not said, and a refresh makes nobody fresher', async (t) => {
  const signIn = { acr: 'phr', acrs: ['c1'], amr: ['hwk'], auth_time: someday - 60 }
  const { op, session, renew } = await signedIn(t, {
    bends: { claims: (proper) => ({ ...proper, ...signIn }) },
  })
  const told = async (change: Fields, of: Session = session) => {
    op.bends = claims(change)
    const renewal = await identityOf(
      renew(['sub'], { ...of, tokens: { ...of.tokens, refresh: op.refreshTokens.current('alice') } }),
    )
    const { acr, acrs, amr, auth_time } = renewal.claims
    return { acr, acrs, amr, auth_time }
  }
  t.same(await told({}), signIn)
  t.same(await told({ acr: null, auth_time: null }), signIn)
  t.same(await told({ acr: 'pwd', acrs: [], amr: ['pwd'] }), {
    ...signIn,
    acr: 'pwd',
    acrs: [],
    amr: ['pwd'],
  })
  t.same(await told({ auth_time: someday + 900 }), signIn, 'the time of the refresh is none of a sign-in')
  t.equal((await told({ auth_time: someday - 90 })).auth_time, someday - 90)
  const unsaid = { ...session, claims: { sub: 'alice' } }
  t.equal((await told({ auth_time: someday + 900 }, unsaid)).auth_time, undefined)
  t.equal((await told({ auth_time: someday - 5 }, unsaid)).auth_time, someday - 5)
  const inMilliseconds = { ...session, claims: { sub: 'alice', auth_time: someday * 1000 } }
  const later = await told({ auth_time: someday + 900 }, inMilliseconds)
  t.not(later.auth_time, someday + 900, 'nor is it, where the sign-in had no time that counts')
})

t.test('S-170: what ends a session, and the new tokens to revoke', async (t) => {
  const foreign = newKey('k1', 'RS256')
  const idToken = (change: Fields) => claims(change).refresh
  const rows: readonly [
    string,
    NonNullable<Bends['refresh']>,
    'subject-differs' | 'token-invalid',
    RegExp,
  ][] = [
    ['another sub', idToken({ sub: 'adam' }), 'subject-differs', /sub/],
    ['no sub', idToken({ sub: undefined }), 'token-invalid', /sub is missing/],
    ['another iss', idToken({ iss: 'https://other.example' }), 'token-invalid', /iss/],
    ['another aud', idToken({ aud: 'other' }), 'token-invalid', /aud/],
    ['one aud more', idToken({ aud: ['gateway', 'other'] }), 'token-invalid', /azp is missing/],
    ['another azp', idToken({ azp: 'other' }), 'token-invalid', /azp/],
    ['a nonce of another sign-in', idToken({ nonce: 'other' }), 'token-invalid', /nonce/],
    ['a nonce that is null', idToken({ nonce: null }), 'token-invalid', /nonce/],
    ['an ID token that is over', idToken({ exp: someday - 100 }), 'token-invalid', /exp/],
    ['the ID token of some time ago', idToken({ iat: someday - 1000 }), 'token-invalid', /iat/],
    ['another access token', idToken({ at_hash: leftHalf('other') }), 'token-invalid', /at_hash/],
    [
      'a foreign key',
      { signing: (header, body) => signJwt(header, body, foreign.privateKey) },
      'token-invalid',
      /signature/,
    ],
    [
      'alg none',
      { signing: (header, body) => signJwt({ ...header, alg: 'none' }, body, '') },
      'token-invalid',
      /none/,
    ],
    ['an access token', { header: (header) => ({ ...header, typ: 'at+jwt' }) }, 'token-invalid', /typ/],
    ['no text', { idToken: () => 7 }, 'token-invalid', /no text/],
  ]
  for (const [name, refresh, why, says] of rows) {
    const { op, renew } = await signedIn(t)
    op.bends = { refresh }
    const renewal = await renew()
    t.match(renewal, { kind: 'ended', why, message: says }, name)
    t.match(renewal, { tokens: { refresh: 'refresh-token-of-alice-1-1' } }, `${name}: to be revoked`)
    t.equal(op.counts.userinfo, 1, `${name}: the token was used for nothing more`)
  }
})

t.test('the nonce of the sign-in is right, and one that can be held against nothing is not', async (t) => {
  const { op, session, renew } = await signedIn(t)
  const nonce = JSON.parse(Buffer.from(session.idToken.split('.')[1] ?? '', 'base64url').toString()).nonce
  op.bends = claims({ nonce })
  const first = await identityOf(renew())
  t.ok(first)
  op.bends = {}
  const second = await identityOf(renew(['sub'], { ...session, ...first }))
  op.bends = claims({ nonce })
  t.match(await renew(['sub'], { ...session, ...second }), { kind: 'ended', why: 'token-invalid' })
  op.bends = claims({ nonce: null })
  const tokens = { ...second.tokens, refresh: op.refreshTokens.current('alice') }
  t.match(await renew(['sub'], { ...session, ...second, tokens }), { kind: 'ended', why: 'token-invalid' })
})

t.test('what is odd beside the tokens loses none of them', async (t) => {
  for (const odd of [{ expires_in: 'soon' }, { expires_in: null }, { scope: null }, { scope: 7 }]) {
    const { op, session, renew } = await signedIn(t)
    op.bends.refresh = { token: (answer) => ({ ...answer, ...odd }) }
    const { tokens, scopes } = await identityOf(renew())
    t.equal(tokens.refresh, 'refresh-token-of-alice-1-1', JSON.stringify(odd))
    t.same(scopes, session.scopes)
  }
  const { op, renew } = await signedIn(t)
  op.bends.refresh = { token: (answer) => ({ ...answer, refresh_token: null }) }
  t.equal((await identityOf(renew())).tokens.refresh, 'refresh-token-of-alice-1-0')
})

t.test('a grant that is over ends the session', async (t) => {
  const { op, renew } = await signedIn(t)
  op.refreshTokens.endAll()
  t.match(await renew(), { kind: 'ended', why: 'grant-refused', tokens: null, message: /invalid_grant/ })
})

const refusing = (status: number, body: object, headers: Record<string, string> = {}): Bends => ({
  answer: {
    token: (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    },
  },
})

t.test('refusals of the token endpoint: what they say of the grant', async (t) => {
  const rows: readonly [string, Bends, 'ended' | 'insufficient'][] = [
    ['invalid_grant with 401', refusing(401, { error: 'invalid_grant' }), 'ended'],
    ['a rule of the provider that denies', refusing(403, { error: 'access_denied' }), 'ended'],
    ['a person who must be seen', refusing(400, { error: 'interaction_required' }), 'insufficient'],
    ['a person who must sign in', refusing(400, { error: 'login_required' }), 'insufficient'],
    ['a person who must consent', refusing(400, { error: 'consent_required' }), 'insufficient'],
  ]
  for (const [name, bends, kind] of rows) {
    const { op, renew } = await signedIn(t)
    op.bends = bends
    t.match(await renew(), { kind, tokens: null }, name)
    t.equal(op.tokenRequests.length, 1, `${name}: asked once`)
  }
})

t.test('S-169: where nothing is known, nothing ends', async (t) => {
  const rows: readonly [string, Bends, string, RegExp][] = [
    ['500', refusing(500, { error: 'invalid_grant' }), 'PROVIDER_UNREACHABLE', /500/],
    ['503', refusing(503, {}), 'PROVIDER_UNREACHABLE', /503/],
    ['429', refusing(429, { error: 'invalid_grant' }), 'PROVIDER_UNREACHABLE', /too often/],
    [
      'a redirect',
      refusing(302, {}, { location: 'https://other.example/' }),
      'PROVIDER_RESPONSE_INVALID',
      /302/,
    ],
    ['server_error', refusing(400, { error: 'server_error' }), 'PROVIDER_UNREACHABLE', /server_error/],
    [
      'invalid_client',
      refusing(401, { error: 'invalid_client' }),
      'PROVIDER_CLIENT_REFUSED',
      /client_secret/,
    ],
    [
      'a challenge',
      refusing(401, {}, { 'www-authenticate': 'Basic realm="x"' }),
      'PROVIDER_CLIENT_REFUSED',
      /401/,
    ],
    [
      'invalid_request',
      refusing(400, { error: 'invalid_request' }),
      'PROVIDER_CLIENT_REFUSED',
      /invalid_request/,
    ],
    [
      'unauthorized_client',
      refusing(400, { error: 'unauthorized_client' }),
      'PROVIDER_CLIENT_REFUSED',
      /refresh token grant/,
    ],
    [
      'unsupported_grant_type',
      refusing(400, { error: 'unsupported_grant_type' }),
      'PROVIDER_CLIENT_REFUSED',
      /refresh token grant/,
    ],
    ['404 of a page', refusing(404, {}), 'PROVIDER_RESPONSE_INVALID', /token endpoint/],
    [
      'an answer without an access token',
      { refresh: { token: () => ({ token_type: 'Bearer' }) } },
      'PROVIDER_RESPONSE_INVALID',
      /access_token/,
    ],
    [
      'DPoP',
      { refresh: { token: (answer) => ({ ...answer, token_type: 'DPoP' }) } },
      'PROVIDER_RESPONSE_INVALID',
      /Bearer/,
    ],
    ['no JSON', { refresh: { token: () => '<html>' } }, 'PROVIDER_RESPONSE_INVALID', /token endpoint/],
    [
      'a closed connection',
      { answer: { token: (request) => void request.socket.destroy() } },
      'PROVIDER_UNREACHABLE',
      /closed/,
    ],
  ]
  for (const [name, bends, code, says] of rows) {
    const { op, renew } = await signedIn(t)
    op.bends = bends
    const fault = await faultOf(renew())
    t.equal(fault.code, code, `${name}: ${fault.message}`)
    t.match(fault.message, says, name)
    t.equal(op.tokenRequests.length, 1, `${name}: the refresh token was sent once`)
  }
})

/** The sign-in before it has no more either: on a busy machine that takes a second and more. */
const briefly = { timeoutMs: 4_000 }

t.test('S-169: an answer that does not come in time', async (t) => {
  const { op, renew } = await signedIn(t, { limits: briefly })
  const { promise: never, resolve } = Promise.withResolvers<void>()
  t.teardown(() => resolve())
  op.bends = { late: { token: () => never } }
  t.match(await faultOf(renew()), { code: 'PROVIDER_UNREACHABLE', message: /in time/ })
  t.equal(op.tokenRequests.length, 1)
})

t.test('tokens that came before the provider fell silent are kept', async (t) => {
  const silent: readonly [string, Bends][] = [
    ['no userinfo', { answer: { userinfo: (_request, response) => void response.writeHead(503).end() } }],
    [
      'a page in place of userinfo',
      {
        answer: {
          userinfo: (_request, response) =>
            void response.writeHead(403, { 'content-type': 'text/html' }).end('<html>'),
        },
      },
    ],
    ['no connection for userinfo', { answer: { userinfo: (request) => void request.socket.destroy() } }],
    [
      'an access token that nobody could send',
      { refresh: { token: (answer) => ({ ...answer, access_token: 'a\nb' }) } },
    ],
  ]
  for (const [name, bends] of silent) {
    const { op, renew } = await signedIn(t)
    op.bends = bends
    t.match(await renew(), { kind: 'unanswered', tokens: { refresh: 'refresh-token-of-alice-1-1' } }, name)
  }
  const { op, renew } = await signedIn(t)
  op.keys = [newKey('k2', 'RS256')]
  op.bends = { answer: { jwks: (_request, response) => void response.writeHead(503).end() } }
  t.match(await renew(), { kind: 'unanswered', tokens: { refresh: 'refresh-token-of-alice-1-1' } }, 'no keys')
})

t.test('tokens that came are kept though the time is over before userinfo answers', async (t) => {
  const { op, renew } = await signedIn(t, { limits: briefly })
  const { promise: never, resolve } = Promise.withResolvers<void>()
  t.teardown(() => resolve())
  op.bends = { before: { userinfo: () => never } }
  t.match(await renew(), { kind: 'unanswered', tokens: { refresh: 'refresh-token-of-alice-1-1' } })
})

t.test(
  'where claims come from the ID token alone, a grant that lives is enough for who is judged by none',
  async (t) => {
    const { op, renew } = await signedIn(t, { settings: () => ({ claimsFrom: ['id_token'] }) })
    op.refreshTokens.bringsIdToken = false
    t.match(await renew(['sub']), {
      kind: 'renewed',
      identity: { claims: { sub: 'alice', organization_id: 'acme' } },
    })
    const other = await signedIn(t, { settings: () => ({ claimsFrom: ['id_token'] }) })
    other.op.refreshTokens.bringsIdToken = false
    t.match(await other.renew(['organization_id']), { kind: 'insufficient' })
  },
)

t.test('the user id that the new claims make must be the session’s', async (t) => {
  const byEmployee = {
    settings: () => ({ userId: 'employee' }),
    bends: { claims: (proper: Fields) => ({ ...proper, employee: 'e-1' }) },
  }
  for (const [employee, says] of [
    ['e-2', /another one/],
    [undefined, /missing/],
    [7, /no single text/],
  ] as const) {
    const { op, renew } = await signedIn(t, byEmployee)
    op.bends = claims({ employee })
    t.match(await renew(), { kind: 'ended', why: 'subject-differs', message: says, tokens: { refresh: /./ } })
  }
})

t.test('a strength that the configuration demands of every sign-in holds on', async (t) => {
  const options = {
    settings: () => ({
      authorizationParameters: new Map([
        ['acr_values', 'phr'],
        ['max_age', '60'],
      ]),
    }),
    bends: { claims: (proper: Fields) => ({ ...proper, acr: 'phr', auth_time: someday }) },
  }
  const { op, session, renew, clock } = await signedIn(t, options)
  clock.time = op.now = someday + 3600
  op.bends = claims({ acr: 'phr' })
  const first = await identityOf(renew())
  op.bends = claims({ acr: 'pwd' })
  t.match(await renew(['sub'], { ...session, ...first }), {
    kind: 'insufficient',
    message: /acr/,
    tokens: { refresh: /./ },
  })
})

t.test('S-145: a session of another client is none to ask for', async (t) => {
  const { op, session, renew } = await signedIn(t)
  for (const other of [{ issuer: `${op.issuer}/` }, { clientId: 'other' }])
    t.match(await renew(['sub'], { ...session, ...other }), { kind: 'insufficient', tokens: null })
  t.equal(op.tokenRequests.length, 0)
})

t.test('S-166: reuse is an alarm at this provider, and one renewal raises none', async (t) => {
  const { op, session, renew } = await signedIn(t)
  const first = await identityOf(renew())
  t.equal(op.refreshTokens.alarms, 0)
  t.match(await renew(), { kind: 'ended', why: 'grant-refused' }, 'the token of before the rotation')
  t.equal(op.refreshTokens.alarms, 1)
  t.match(
    await renew(['sub'], { ...session, ...first }),
    { kind: 'ended', why: 'grant-refused' },
    'its family',
  )
})

const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  (text) => Buffer.from(text).toString('base64url'),
  (text) => Buffer.from(text).toString('hex'),
  (text) => text.toUpperCase(),
  (text) => [...text].map((character) => `&#${character.charCodeAt(0)};`).join(''),
]

/** Where a provider may put words. */
const places: readonly [string, (words: string) => Bends][] = [
  ['an error', (words) => refusing(400, { error: words, error_description: words })],
  ['a refusal of the grant', (words) => refusing(400, { error: 'invalid_grant', error_description: words })],
  [
    'a refusal of the person',
    (words) => refusing(400, { error: 'login_required', error_description: words }),
  ],
  ['the token type', (words) => ({ refresh: { token: (answer) => ({ ...answer, token_type: words }) } })],
  ['iss', (words) => claims({ iss: words })],
  ['aud', (words) => claims({ aud: words })],
  ['kid', (words) => ({ refresh: { header: (header) => ({ ...header, kid: words }) } })],
  ['typ', (words) => ({ refresh: { header: (header) => ({ ...header, typ: words }) } })],
  ['acr', (words) => claims({ acr: words })],
  [
    'the media type of userinfo',
    (words) => ({
      answer: {
        userinfo: (_request, response) =>
          void response.writeHead(200, { 'content-type': `text/${words}` }).end(),
      },
    }),
  ],
]

t.test('S-203: no token is in what a renewal says, wherever the provider puts it', async (t) => {
  const demandsAcr = {
    settings: () => ({ authorizationParameters: new Map([['acr_values', 'phr']]) }),
    bends: { claims: (proper: Fields) => ({ ...proper, acr: 'phr' }) },
  }
  const old = ['refresh-token-of-alice-1-0', 'access-token-of-alice']
  const fresh = ['refresh-token-of-alice-1-1', 'access-token-of-alice-1']
  for (const [where, bent] of places) {
    // What came is known to us only where it came.
    const tokens = where.startsWith('a') && where !== 'aud' && where !== 'acr' ? old : [...old, ...fresh]
    for (const spell of spellings) {
      for (const token of tokens) {
        const { op, renew } = await signedIn(t, demandsAcr)
        op.bends = bent(spell(token))
        const told = await renew().then(messageOf, messageOf)
        const shown = spell(token).slice(0, 12).toLowerCase()
        t.ok(told !== '' && !told.toLowerCase().includes(shown), `${where}: ${told}`)
      }
    }
  }
  const { op, session, renew } = await signedIn(t, demandsAcr)
  for (const [where, bent] of places) {
    op.bends = bent(session.idToken)
    const again = { ...session, tokens: { ...session.tokens, refresh: op.refreshTokens.current('alice') } }
    t.notMatch(await renew(['sub'], again).then(messageOf, messageOf), session.idToken.slice(0, 20), where)
  }
})

function messageOf(came: unknown): string {
  if (came instanceof Error) return `${came.message} ${String(came.cause)} ${came.stack}`
  return typeof came === 'object' && came !== null && 'message' in came ? String(came.message) : ''
}
