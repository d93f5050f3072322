// For whom a verified token is, and who that is: judged at each use, so each row has its own settings.
import t from 'tap'
import { type AccessToken, judgeAccessToken } from '../../../src/core/credential/access-token.ts'
import { readAccessTokenClaims } from '../../../src/core/credential/access-token-claims.ts'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import type { ProviderSettings } from '../../../src/core/gateway.ts'
import type { JsonObject } from '../../../src/core/json-object.ts'
import { readUserId } from '../../../src/core/principal.ts'
import { connectionCertificate } from '../../support/certificates.ts'
import { provider as settingsOf } from '../../support/sessions.ts'

const now = 1_950_000_000
const api = 'https://api.example'

const bearer: BearerSettings = {
  audiences: [api],
  clientIds: [],
  check: 'jwt',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

function provider(more: Partial<BearerSettings> = {}, settings: Partial<ProviderSettings> = {}) {
  return settingsOf('acme', { bearer: { ...bearer, ...more }, ...settings })
}

function token(claims: JsonObject): AccessToken {
  const read = readAccessTokenClaims({ exp: now + 300, ...claims }, now, { endRequired: true })
  if (!read.ok) throw new Error(read.detail)
  return read.token
}

const judge = (claims: JsonObject, settings: ProviderSettings = provider()) =>
  judgeAccessToken(token(claims), settings, now)

t.test(
  'a person is identified under the provider’s settings, until the token ends by our clock',
  async (t) => {
    const claims = { sub: 'alice', aud: api, azp: 'app', scope: 'read', email: 'a@b.example' }
    const found = judge(claims, provider({}, { userIdPrefix: 'acme:' }))
    t.strictSame(found, {
      kind: 'identified',
      principal: {
        user: 'acme:alice',
        provider: 'acme',
        claims: { sub: 'alice', aud: api, azp: 'app', scope: 'read' },
        emailUnverified: true,
        by: { kind: 'bearer', isClient: false },
      },
      scopes: ['read'],
      endsAt: now + 360,
    })
  },
)

t.test('another claim may be the user id, and an address only where it is verified', async (t) => {
  const claims = { sub: 'x', aud: api, username: 'alice', email: 'a@b.example' }
  t.match(judge(claims, provider({ userId: 'username' })), { principal: { user: 'alice' } })
  const byEmail = provider({ userId: 'email' })
  t.match(judge(claims, byEmail), { kind: 'refused', why: 'token-invalid' })
  t.match(judge({ ...claims, email_verified: true }, byEmail), { principal: { user: 'a@b.example' } })
})

t.test('a token for another audience is refused, and one of several is enough', async (t) => {
  const rows: readonly (readonly [JsonObject, Partial<BearerSettings>, boolean])[] = [
    [{ aud: api }, {}, true],
    [{ aud: ['other', api] }, {}, true],
    [{ aud: 'b' }, { audiences: ['a', 'b'] }, true],
    [{ aud: 'other' }, {}, false],
    [{ aud: `${api}/` }, {}, false],
    [{ aud: 'HTTPS://API.EXAMPLE' }, {}, false],
    [{ aud: ['other'], azp: 'app' }, { clientIds: ['app'] }, false],
    [{ aud: 'app', azp: 'app' }, { audiences: [], clientIds: ['app'] }, false],
    [{}, {}, false],
    [{ client_id: 'app' }, {}, false],
  ]
  for (const [claims, settings, counts] of rows) {
    const expected = counts ? { kind: 'identified' } : { kind: 'refused', why: 'token-not-for-us' }
    const said = `${JSON.stringify(claims)} ${JSON.stringify(settings)}`
    t.match(judge({ sub: 'alice', ...claims }, provider(settings)), expected, said)
  }
})

t.test('without aud the client decides, and all that name one must name one that is listed', async (t) => {
  const settings = provider({ audiences: [], clientIds: ['one', 'two'] })
  const rows: readonly (readonly [JsonObject, boolean])[] = [
    [{ client_id: 'one' }, true],
    [{ azp: 'two' }, true],
    [{ appid: 'one' }, true],
    [{ cid: 'one', client_id: 'two' }, true],
    [{ client_id: 'three' }, false],
    [{ client_id: 'one', azp: 'three' }, false],
    [{ client_id: 'one', cid: 7 }, false],
    [{ client_id: ['one'] }, false],
    [{ client_id: null }, false],
    [{}, false],
  ]
  for (const [claims, counts] of rows) {
    const expected = counts ? { kind: 'identified' } : { kind: 'refused', why: 'token-not-for-us' }
    t.match(judge({ sub: 'alice', ...claims }, settings), expected, JSON.stringify(claims))
  }
})

/** As those who make them write a token of a program. */
const programs: readonly (readonly [string, JsonObject, string])[] = [
  ['no sub', { client_id: 'app' }, 'client:app'],
  ['RFC 9068, oidc-provider', { sub: 'app', client_id: 'app' }, 'client:app'],
  ['Cognito', { sub: 'app', client_id: 'app', token_use: 'access' }, 'client:app'],
  ['Okta', { sub: 'app', cid: 'app', scp: ['read'] }, 'client:app'],
  ['a service account of Google', { sub: '117', azp: '117' }, 'client:117'],
  ['Entra v2', { sub: 'oid-1', oid: 'oid-1', azp: 'app', idtyp: 'app' }, 'client:app'],
  ['Entra v1', { sub: 'oid-1', oid: 'oid-1', appid: 'app', idtyp: 'app' }, 'client:app'],
  ['Entra without idtyp', { sub: 'oid-1', oid: 'oid-1', azp: 'app', roles: ['r'] }, 'client:app'],
  ['Auth0', { sub: 'app@clients', azp: 'app', gty: 'client-credentials' }, 'client:app'],
  ['Auth0, RFC 9068 profile', { sub: 'app@clients', client_id: 'app' }, 'client:app'],
  ['a list of grants', { sub: 'x', azp: 'app', gty: ['client-credentials'] }, 'client:app'],
  ['Keycloak', { sub: 'u-1', azp: 'App', preferred_username: 'service-account-app' }, 'client:App'],
  ['Keycloak’s introspection', { sub: 'u-1', azp: 'app', username: 'service-account-app' }, 'client:app'],
  ['appid is the subject, azp is another', { sub: 'a2', azp: 'a1', appid: 'a2' }, 'client:a1'],
]

t.test('a token behind which nobody is, is no person’s', async (t) => {
  for (const [name, claims, user] of programs) {
    const refused = judge({ aud: api, ...claims })
    t.match(refused, { kind: 'refused', why: 'token-not-for-us', detail: /accept_clients/ }, name)
    const settings = provider({ acceptClients: true }, { userIdPrefix: 'acme:' })
    const found = judge({ aud: api, ...claims }, settings)
    const principal = { user: `acme:${user}`, by: { kind: 'bearer', isClient: true } }
    t.match(found, { kind: 'identified', principal }, name)
  }
})

t.test('a program without a name, or whose name is no user id, is nobody', async (t) => {
  const settings = provider({ acceptClients: true })
  for (const claims of [{}, { client_id: 'a\nb' }, { client_id: 'x'.repeat(256) }, { client_id: '' }])
    t.match(judge({ aud: api, ...claims }, settings), { kind: 'refused', why: 'token-invalid' })
  const beside = provider({ acceptClients: true }, { foreignPrefixes: ['cli'] })
  t.match(judge({ aud: api, client_id: 'app' }, beside), { kind: 'refused', why: 'token-invalid' })
})

t.test('tokens of persons are told from those of programs', async (t) => {
  const persons: readonly JsonObject[] = [
    { sub: 'alice', client_id: 'app', token_use: 'access' },
    { sub: 'p-1', oid: 'o-1', azp: 'app', scp: 'read' },
    { sub: 'o-1', oid: 'o-1', azp: 'app', scp: 'read', idtyp: 'user' },
    { sub: 'auth0|1', azp: 'app', gty: 'password' },
    { sub: 'u-1', azp: 'app', preferred_username: 'service-account-other' },
    { sub: 'u-1', azp: 'app', username: 'service-account-other' },
  ]
  for (const claims of persons)
    t.match(
      judge({ aud: api, ...claims }),
      { kind: 'identified', principal: { by: { isClient: false } } },
      JSON.stringify(claims),
    )
})

t.test('no person’s id begins as those of programs do, at whatever provider', async (t) => {
  const reason = 'the id begins with "client:", as those of programs do'
  for (const [prefix, sub] of [
    ['', 'client:app'],
    ['acme:', 'client:app'],
    ['cli', 'ent:app'],
  ] as const) {
    const settings = provider({}, { userIdPrefix: prefix })
    t.strictSame(readUserId({ sub }, settings), { ok: false, reason }, `${prefix}${sub}`)
    t.match(judge({ sub, aud: api }, settings), { kind: 'refused', why: 'token-invalid' })
  }
  t.match(readUserId({ sub: 'clients:app' }, provider()), { ok: true })
})

t.test('scopes that are missing are 403, and only of a token that is good otherwise', async (t) => {
  const settings = provider({ requiredScopes: ['read', 'write'] })
  const missing = { kind: 'insufficient', why: 'scope-insufficient', scopes: ['read', 'write'] }
  t.match(judge({ sub: 'alice', aud: api, scope: 'read' }, settings), missing)
  t.match(judge({ sub: 'alice', aud: api, scope: 'write read x' }, settings), { kind: 'identified' })
  t.match(judge({ sub: 'alice', aud: api, scp: ['write', 'read'] }, settings), { kind: 'identified' })
  t.match(judge({ sub: 'alice', aud: 'other' }, settings), { kind: 'refused' })
  t.match(judge({ sub: 'alice', aud: api, scope: 'READ write' }, settings), missing)
})

t.test('what is remembered of a token ends with it, and is nothing where tokens do not count', async (t) => {
  const remembered = token({ sub: 'alice', aud: api })
  t.match(judgeAccessToken(remembered, provider(), now + 359), { kind: 'identified' })
  t.match(judgeAccessToken(remembered, provider(), now + 360), { kind: 'refused', why: 'token-over' })
  const none = settingsOf('acme')
  t.match(judgeAccessToken(remembered, none, now), { kind: 'refused', why: 'credential-unknown' })
  const endless = { ...remembered, endsAt: null }
  t.match(judgeAccessToken(endless, provider(), now), { kind: 'identified', endsAt: null })
})

t.test('a token that is bound to a certificate demands that one (RFC 8705)', async (t) => {
  const certificate = connectionCertificate({}, { endsAt: now + 60 })
  const bound = token({ sub: 'alice', aud: api, cnf: { 'x5t#S256': certificate.fingerprint } })
  const refused = (detail: RegExp) => ({ kind: 'refused', why: 'token-invalid', detail })
  t.match(judgeAccessToken(bound, provider(), now), refused(/none was shown/))
  t.match(judgeAccessToken(bound, provider(), now, undefined, null), refused(/none was shown/))
  const other = { ...certificate, fingerprint: certificate.fingerprint.replace(/^./, 'A') }
  t.match(judgeAccessToken(bound, provider(), now, undefined, other), refused(/another client certificate/))
  t.match(judgeAccessToken(bound, provider(), now, undefined, certificate), {
    kind: 'identified',
    endsAt: now + 60,
  })
  const longer = { ...certificate, endsAt: now + 9000 }
  t.match(judgeAccessToken(bound, provider(), now, undefined, longer), {
    kind: 'identified',
    endsAt: now + 360,
  })
  const free = token({ sub: 'alice', aud: api })
  t.match(judgeAccessToken(free, provider(), now, undefined, certificate), {
    kind: 'identified',
    endsAt: now + 360,
  })
})

t.test('one token is judged anew where the provider’s settings are others', async (t) => {
  const same = token({ sub: 'alice', aud: api, email: 'a@b.example' })
  const first = provider()
  t.match(judgeAccessToken(same, first, now), { principal: { user: 'alice', emailUnverified: true } })
  t.match(judgeAccessToken(same, provider({}, { userIdPrefix: 'acme:' }), now), {
    principal: { user: 'acme:alice' },
  })
  const trusting = provider({ userId: 'email' }, { trustEmail: true })
  t.match(judgeAccessToken(same, trusting, now), { principal: { user: 'a@b.example' } })
  t.match(judgeAccessToken(same, provider({ audiences: ['other'] }), now), { why: 'token-not-for-us' })
})
