// What the claims of an access token say, as providers write them, and what is refused before anybody asks for whom it is.
import t from 'tap'
import { readAccessTokenClaims } from '../../../src/core/credential/access-token-claims.ts'
import type { JsonObject } from '../../../src/core/json-object.ts'

const now = 1_950_000_000
const plain = { iss: 'https://id.example', sub: 'alice', aud: 'https://api.example', exp: now + 300 }

const read = (claims: JsonObject, endRequired = true) => readAccessTokenClaims(claims, now, { endRequired })
const tokenOf = (claims: JsonObject) => {
  const found = read({ ...plain, ...claims })
  if (!found.ok) throw new Error(found.detail)
  return found.token
}

t.test('a token says who, for whom, by which client, with which scopes, and until when', async (t) => {
  const token = tokenOf({ client_id: 'app', scope: 'read write', iat: now - 5, nbf: now - 5, jti: 'x' })
  t.strictSame(token, {
    claims: { iss: plain.iss, sub: 'alice', aud: plain.aud, client_id: 'app', scope: 'read write' },
    subject: 'alice',
    audiences: ['https://api.example'],
    clientId: 'app',
    scopes: ['read', 'write'],
    endsAt: now + 300,
    certificate: null,
  })
})

t.test('the client is named as Cognito, Auth0, Entra and Okta name it', async (t) => {
  for (const name of ['client_id', 'azp', 'appid', 'cid'])
    t.equal(tokenOf({ [name]: 'the-app' }).clientId, 'the-app', name)
  t.equal(tokenOf({ azp: null, cid: 7 }).clientId, null, 'nothing, or no text')
  t.equal(tokenOf({ client_id: 'first', azp: 'second' }).clientId, 'first')
})

t.test('scope and scp are words, in one text or in a list', async (t) => {
  const rows: readonly (readonly [JsonObject, readonly string[]])[] = [
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b'] }, ['a', 'b']],
    [{ scope: ['a b', 'c'], scp: 'c d' }, ['a', 'b', 'c', 'd']],
    [{ scope: '' }, []],
    [{ scope: 7, scp: [8, null] }, []],
    [{}, []],
  ]
  for (const [claims, scopes] of rows) t.strictSame(tokenOf(claims).scopes, scopes, JSON.stringify(claims))
})

t.test('aud is one text or a list of texts; without it there is none', async (t) => {
  t.strictSame(tokenOf({ aud: ['a', 'b'] }).audiences, ['a', 'b'])
  const { aud: _, ...without } = plain
  const found = read(without)
  t.equal(found.ok && found.token.audiences, null)
})

interface Row {
  readonly name: string
  readonly claims: JsonObject
  readonly says: RegExp
}

const invalid: readonly Row[] = [
  { name: 'a logout token', claims: { events: {} }, says: /events/ },
  { name: 'an ID token, by its nonce', claims: { nonce: 'n' }, says: /nonce/ },
  { name: 'an ID token, by an empty nonce', claims: { nonce: '' }, says: /nonce/ },
  { name: 'an ID token, by at_hash', claims: { at_hash: 'h' }, says: /at_hash/ },
  { name: 'an ID token, by c_hash', claims: { c_hash: 'h' }, says: /c_hash/ },
  { name: 'an ID token, by s_hash', claims: { s_hash: 'h' }, says: /s_hash/ },
  { name: 'an ID token of Cognito', claims: { token_use: 'id' }, says: /token_use/ },
  { name: 'an ID token of Keycloak', claims: { typ: 'ID' }, says: /typ/ },
  { name: 'a refresh token of Keycloak', claims: { typ: 'Refresh' }, says: /typ/ },
  { name: 'a logout token of Keycloak', claims: { typ: 'Logout' }, says: /typ/ },
  { name: 'a guest of Cognito', claims: { amr: ['unauthenticated', 'x'] }, says: /amr/ },
  { name: 'the same in one text', claims: { amr: 'unauthenticated' }, says: /amr/ },
  { name: 'a token bound to a DPoP key', claims: { cnf: { jkt: 'k' } }, says: /cnf/ },
  { name: 'a token bound to two keys', claims: { cnf: { 'x5t#S256': 'c', jkt: 'k' } }, says: /cnf/ },
  { name: 'cnf of nothing', claims: { cnf: {} }, says: /cnf/ },
  { name: 'cnf that is null', claims: { cnf: null }, says: /cnf/ },
  { name: 'cnf that is a text', claims: { cnf: 'x5t#S256' }, says: /cnf/ },
  { name: 'a thumbprint that is no text', claims: { cnf: { 'x5t#S256': 7 } }, says: /cnf/ },
  { name: 'aud that names nobody', claims: { aud: [] }, says: /aud/ },
  { name: 'aud that is empty', claims: { aud: '' }, says: /aud/ },
  { name: 'aud that is null', claims: { aud: null }, says: /aud/ },
  { name: 'aud of something else', claims: { aud: ['https://api.example', 7] }, says: /aud/ },
  { name: 'sub that is no text', claims: { sub: 7 }, says: /sub/ },
  { name: 'sub that is empty', claims: { sub: '' }, says: /sub/ },
  { name: 'a long sub', claims: { sub: 'x'.repeat(256) }, says: /sub/ },
  { name: 'sub with a control character', claims: { sub: 'a\nb' }, says: /sub/ },
  { name: 'exp that is no number', claims: { exp: `${now + 300}` }, says: /exp/ },
  { name: 'nbf to come', claims: { nbf: now + 61 }, says: /nbf is 61 seconds/ },
  { name: 'nbf that is no number', claims: { nbf: 'x' }, says: /nbf/ },
  { name: 'iat to come', claims: { iat: now + 61 }, says: /iat/ },
  { name: 'iat that is no number', claims: { iat: null }, says: /iat/ },
]

t.test('what is no access token, or is malformed where it would decide, is refused', async (t) => {
  for (const { name, claims, says } of invalid) {
    const found = read({ ...plain, ...claims })
    t.match(found, { ok: false, why: 'token-invalid', detail: says }, name)
  }
})

t.test('exp is required where it is asked for, and 60 seconds of skew are granted', async (t) => {
  const { exp: _, ...endless } = plain
  t.match(read(endless), { ok: false, why: 'token-invalid', detail: 'exp is missing' })
  t.match(read(endless, false), { ok: true, token: { endsAt: null } })
  t.match(read({ ...plain, exp: now - 59 }), { ok: true, token: { endsAt: now - 59 } })
  t.match(read({ ...plain, exp: now - 60 }), { ok: false, why: 'token-over' })
  t.match(read({ ...plain, exp: now + 0.5 }), { ok: true, token: { endsAt: now } })
  t.match(read({ ...plain, nbf: now + 60, iat: now + 60 }), { ok: true })
})

t.test('a certificate that a token is bound to is told', async (t) => {
  t.equal(tokenOf({ cnf: { 'x5t#S256': 'thumb' } }).certificate, 'thumb')
})
