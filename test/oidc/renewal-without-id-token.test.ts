// Renewals that bring no ID token, or go without a refresh token: userinfo says who it is.
import t from 'tap'
import type { Bends } from '../support/hostile-op.ts'
import { faultOf, someday } from './fixtures.ts'
import { identityOf, signedIn } from './renewal-rig.ts'

t.test('userinfo that refuses a fresh token, or is about somebody else, ends the session', async (t) => {
  const refused = (status: number, headers: Record<string, string>): Bends => ({
    answer: { userinfo: (_request, response) => void response.writeHead(status, headers).end() },
  })
  const challenge = { 'www-authenticate': 'Bearer error="insufficient_scope"' }
  const rows: readonly [string, Bends, string][] = [
    ['401', refused(401, {}), 'userinfo-refused'],
    ['401 with a challenge', refused(401, challenge), 'userinfo-refused'],
    ['403 with a challenge', refused(403, challenge), 'userinfo-refused'],
    ['another sub', { userinfo: (proper) => ({ ...proper, sub: 'adam' }) }, 'subject-differs'],
    ['no sub', { userinfo: () => ({}) }, 'subject-differs'],
  ]
  for (const [name, bends, why] of rows) {
    const { op, renew } = await signedIn(t)
    op.bends = bends
    t.match(await renew(), { kind: 'ended', why, tokens: { refresh: 'refresh-token-of-alice-1-1' } }, name)
  }
})

t.test('without an ID token it counts only what userinfo says too', async (t) => {
  const { op, session, renew } = await signedIn(t, {
    bends: { claims: (proper) => ({ ...proper, groups: ['admins'], roles: { wiki: 'editor' } }) },
  })
  op.refreshTokens.bringsIdToken = false
  const again = (used: readonly string[]) =>
    renew(used, { ...session, tokens: { ...session.tokens, refresh: op.refreshTokens.current('alice') } })
  const kept = await identityOf(again(['sub', 'name', 'acr', 'nothing']))
  t.equal(kept.idToken, session.idToken)
  t.match(kept.claims, { iss: op.issuer, sub: 'alice', name: 'Alice', groups: ['admins'] })
  for (const used of [['groups'], ['roles.wiki'], ['roles'], ['name', 'groups']])
    t.match(
      await again(used),
      { kind: 'insufficient', message: /ID token alone/, tokens: { refresh: /./ } },
      used.join(),
    )
  op.bends.userinfo = (proper) => ({ ...proper, groups: ['readers'], roles: { wiki: 'reader' } })
  const { claims: said } = await identityOf(again(['groups', 'roles.wiki']))
  t.match(said, { groups: ['readers'], roles: { wiki: 'reader' } })
})

t.test('without an ID token an address is verified by who sent it', async (t) => {
  const { op, session, renew } = await signedIn(t, {
    bends: {
      claims: (proper) => ({ ...proper, email: 'a@acme.example', email_verified: true }),
      userinfo: ({ sub }) => ({ sub }),
    },
  })
  op.refreshTokens.bringsIdToken = false
  const again = (used: readonly string[]) =>
    renew(used, { ...session, tokens: { ...session.tokens, refresh: op.refreshTokens.current('alice') } })
  t.match(await again(['email']), { kind: 'insufficient' })
  op.bends.userinfo = ({ sub }) => ({ sub, email_verified: true })
  t.match(await again(['email']), { kind: 'insufficient' })
  op.bends.userinfo = ({ sub }) => ({ sub, email: 'b@acme.example' })
  const { claims: said } = await identityOf(again(['email', 'email_verified']))
  t.equal(said.email, 'b@acme.example')
  t.notOk('email_verified' in said, 'the new address is not verified by what was said of the old one')
})

t.test('without an ID token userinfo verifies no address of the last one', async (t) => {
  const { op, renew } = await signedIn(t, {
    bends: {
      claims: (proper) => ({ ...proper, email: 'a@acme.example' }),
      userinfo: ({ sub }) => ({ sub, email_verified: true }),
    },
  })
  op.refreshTokens.bringsIdToken = false
  const { claims: said } = await identityOf(renew(['sub']))
  t.equal(said.email, 'a@acme.example')
  t.notOk('email_verified' in said)
})

t.test('without a refresh token userinfo is asked, while the access token lives', async (t) => {
  const { op, session, renew, clock } = await signedIn(t, { refresh: false })
  op.bends.userinfo = (proper) => ({ ...proper, name: 'Alice B.' })
  const { tokens, idToken, claims: said } = await identityOf(renew(['name']))
  t.same(tokens, session.tokens)
  t.equal(idToken, session.idToken)
  t.equal(said.name, 'Alice B.')
  t.match(await renew(['organization_id']), { kind: 'insufficient', tokens: null })
  op.bends.userinfo = () => ({ sub: 'adam' })
  t.match(await renew(), { kind: 'ended', why: 'subject-differs', tokens: null })
  op.bends = { answer: { userinfo: (_request, response) => void response.writeHead(503).end() } }
  t.equal((await faultOf(renew())).code, 'PROVIDER_UNREACHABLE')
  op.bends = {}
  op.refusedAccessTokens.add('access-token-of-alice')
  t.match(await renew(), { kind: 'insufficient', message: /let the provider give .* offline_access/ })
  op.refusedAccessTokens.clear()
  clock.time = someday + 300
  const asked = op.counts.userinfo
  t.match(await renew(), { kind: 'insufficient', message: /no access token.*offline_access/ })
  t.equal(op.counts.userinfo, asked, 'nothing was asked with a token that is over')
  const unsaid = {
    ...session,
    tokens: { access: { value: 'access-token-of-alice', endsAt: null }, refresh: null },
  }
  t.match(await renew(['name'], unsaid), { kind: 'renewed' })
  t.equal(op.tokenRequests.length, 0)
})

t.test('without a refresh token, and without userinfo, there is nothing to ask', async (t) => {
  const { op, renew } = await signedIn(t, { refresh: false, settings: () => ({ claimsFrom: ['id_token'] }) })
  t.match(await renew(), { kind: 'insufficient', tokens: null })
  t.equal(op.counts.userinfo, 0)
})
