// What an ID token adds to an access token that it came with.
import t from 'tap'
import { type AccessToken, judgeAccessToken } from '../../../src/core/credential/access-token.ts'
import { withAddedClaims } from '../../../src/core/credential/added-claims.ts'
import { provider } from '../../support/sessions.ts'

t.test('the access token wins, and what it alone may say is never added', async (t) => {
  const access = { sub: 'ada', groups: ['api'], client_id: 'c' }
  const added = {
    ...{ sub: 'ada', groups: ['admins'], email: 'ada@example.com', email_verified: true, plan: 'paid' },
    ...{ iss: 'x', aud: 'c', azp: 'evil', scope: 'admin', scp: ['admin'], token_use: 'id', cnf: {}, exp: 1 },
    ...{ client_id: 'evil', appid: 'evil', cid: 'evil', idtyp: 'app', gty: 'client-credentials' },
  }
  t.same(withAddedClaims(access, added), {
    ...access,
    ...{ email: 'ada@example.com', email_verified: true, plan: 'paid' },
  })
})

t.test('an address and whether it is verified come from one token', async (t) => {
  t.same(withAddedClaims({ email: 'a@x' }, { email: 'b@x', email_verified: true }), { email: 'a@x' })
  t.same(withAddedClaims({ email_verified: true }, { email: 'b@x' }), { email: 'b@x' })
  t.same(withAddedClaims({ email_verified: true }, { email: 'b@x', email_verified: false }), {
    email: 'b@x',
    email_verified: false,
  })
  t.same(withAddedClaims({}, { email_verified: true }), { email_verified: true })
})

const token: AccessToken = {
  claims: { sub: 'ada', client_id: 'c' },
  subject: 'ada',
  audiences: null,
  clientId: 'c',
  scopes: [],
  endsAt: null,
  certificate: null,
}
const settings = provider('pool', {
  bearer: {
    ...{ audiences: [], clientIds: ['c'], check: 'jwt', userId: 'email', acceptClients: false },
    ...{ requiredScopes: [], cacheSeconds: 60, tokenInfo: null },
  },
})
const judge = (added: Record<string, string | boolean> | null, by: 'bearer' | 'exchange' = 'exchange') =>
  judgeAccessToken(token, settings, 0, { by, added })

t.test('they say who somebody is, and not that the token counts', async (t) => {
  const added = { sub: 'ada', email: 'ada@example.com', email_verified: true }
  t.match(judge(added), {
    kind: 'identified',
    principal: { user: 'ada@example.com', by: { kind: 'exchange', isClient: false } },
  })
  t.match(judge(null), { kind: 'refused', why: 'token-invalid' }, 'what they add is remembered for none else')
  t.match(judge({ ...added, sub: 'bob' }), { kind: 'refused', why: 'token-invalid' }, 'of somebody else')
  t.match(
    judgeAccessToken({ ...token, clientId: 'x', claims: { sub: 'ada', client_id: 'x' } }, settings, 0, {
      by: 'exchange',
      added: { ...added, client_id: 'c', azp: 'c', aud: 'c' },
    }),
    { kind: 'refused', why: 'token-not-for-us' },
  )
  t.match(judge({ ...added, idtyp: 'app' }), { kind: 'identified' }, 'nor whether somebody is behind it')
})

t.test('the same token as Bearer and for a pair is two ways to come', async (t) => {
  const plain = { ...settings, bearer: settings.bearer && { ...settings.bearer, userId: 'sub' } }
  const by = (how: 'bearer' | 'exchange') => judgeAccessToken(token, plain, 0, { by: how, added: null })
  for (const how of ['bearer', 'exchange', 'bearer'] as const)
    t.match(by(how), { kind: 'identified', principal: { by: { kind: how } } })
})
