// What an introspection endpoint says of a token (RFC 7662 2.2), before anybody asks for whom it is.
import t from 'tap'
import { readIntrospection } from '../../../src/oidc/bearer/introspection.ts'

const issuer = 'https://op.example'
const now = 1_950_000_000
const proper = {
  active: true,
  iss: issuer,
  sub: 'alice',
  client_id: 'a-mobile-app',
  aud: 'https://api.example.com',
  scope: 'openid read',
  token_type: 'Bearer',
  exp: now + 300,
}

const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(proper).filter(([name]) => !names.includes(name)))

t.test('a good one', async (t) => {
  t.same(readIntrospection({ ...proper, organization_id: 'acme' }, issuer, now), {
    kind: 'read',
    token: {
      claims: {
        iss: issuer,
        sub: 'alice',
        client_id: 'a-mobile-app',
        aud: 'https://api.example.com',
        scope: 'openid read',
        organization_id: 'acme',
      },
      subject: 'alice',
      audiences: ['https://api.example.com'],
      clientId: 'a-mobile-app',
      scopes: ['openid', 'read'],
      endsAt: now + 300,
      certificate: null,
    },
  })
})

t.test('what may be missing', async (t) => {
  for (const names of [['iss'], ['exp'], ['scope'], ['token_type'], ['client_id'], ['aud'], ['sub']])
    t.equal(readIntrospection(without(...names), issuer, now).kind, 'read', names.join())
  t.equal(readIntrospection({ ...proper, token_type: 'bearer' }, issuer, now).kind, 'read')
})

t.test('what is refused', async (t) => {
  const rows: readonly [string, Parameters<typeof readIntrospection>[0], RegExp][] = [
    ['not active', { ...proper, active: false }, /not active/],
    ['active as a text', { ...proper, active: 'true' }, /not active/],
    ['nothing but active', { active: true }, /neither token_type nor aud/],
    ['another issuer', { ...proper, iss: `${issuer}/` }, /iss/],
    ['an issuer that is no text', { ...proper, iss: null }, /iss/],
    ['neither audience nor client', without('aud', 'client_id'), /neither aud nor client_id/],
    ['a refresh token as oidc-provider has it', without('aud', 'token_type'), /neither token_type nor aud/],
    ['DPoP', { ...proper, token_type: 'DPoP' }, /token_type/],
    ['a token_type that is no text', { ...proper, token_type: ['Bearer'] }, /token_type/],
    ['a token_type that is null', { ...proper, token_type: null }, /token_type/],
    ['a refresh token as Hydra has it', { ...proper, token_use: 'refresh_token' }, /token_use/],
    ['a refresh token as Keycloak has it', { ...proper, typ: 'Refresh' }, /typ/],
    ['an ID token', { ...proper, nonce: 'x' }, /nonce/],
    ['a key that nobody showed', { ...proper, cnf: { jkt: 'x' } }, /cnf/],
    ['one that does not count yet', { ...proper, nbf: now + 61 }, /nbf/],
    ['exp as a text', { ...proper, exp: String(now + 300) }, /exp/],
  ]
  for (const [name, document, says] of rows) {
    const read = readIntrospection(document, issuer, now)
    t.match(read, { kind: 'refused', why: 'token-invalid', detail: says }, name)
  }
  const over = readIntrospection({ ...proper, exp: now - 60 }, issuer, now)
  t.match(over, { kind: 'refused', why: 'token-over' })
  t.equal(readIntrospection({ ...proper, exp: now - 59 }, issuer, now).kind, 'read', 'clocks differ')
})
