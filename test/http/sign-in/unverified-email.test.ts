// The operator is told once a provider that an address came and does not count, and only where something asks for one.
import t from 'tap'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { openTestContext } from '../../support/request-context.ts'

const around = openTestContext(
  t,
  `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  pool: { issuer: "https://cognito-idp.eu-west-1.amazonaws.com/p", client_id: c, client_secret: s }
  trusted: { issuer: "https://trusted.example", client_id: c, client_secret: s, trust_email: true }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
defaults: { require: signed_in }
apps:
  plain: { url: "https://plain.example", upstream: http://10.9.9.9, provider: op, identity_headers: { X-User: user } }
  headers: { url: "https://headers.example", upstream: http://10.9.9.9, provider: op }
  rules: { url: "https://rules.example", upstream: http://10.9.9.9, provider: pool, identity_headers: {}, require: { email: { domain: a.example } } }
  trusting: { url: "https://trusting.example", upstream: http://10.9.9.9, provider: trusted }
`,
)

async function signIn(app: string, provider: string, claims: Claims): Promise<readonly unknown[]> {
  const site = `https://${app}.example`
  const before = around.lines.length
  around.provider(provider).identity = {
    user: 'alice',
    claims: { sub: 'alice', ...claims },
    idToken: 't',
    ...issuedToAlice,
  }
  const begun = await login(around.context, await around.admission(`${site}/.auth/login`), {})
  const cookie = (begun.cookies ?? []).map(({ name, value }) => `${name}=${value}`).join('; ')
  const state = new URL(begun.headers.location ?? 'none:').searchParams.get('state') ?? ''
  const parameters = new URLSearchParams({ code: 'x', state })
  const admission = await around.admission(`${site}/.auth/callback?${parameters}`, { headers: { cookie } })
  t.equal((await callback(around.context, admission, { cookie }, parameters)).status, 303)
  return around.lines.slice(before).filter(({ event }) => event === 'provider.email-unverified')
}

const email = 'alice@a.example'

t.test('an address that does not count is told once, where something asks for it', async (t) => {
  t.same(await signIn('plain', 'op', { email }), [], 'nothing asks for it')
  t.same(await signIn('headers', 'op', { email, email_verified: true }), [], 'it counts')
  t.same(await signIn('headers', 'op', {}), [], 'none came')
  const told = await signIn('headers', 'op', { email })
  t.match(told, [
    { level: 40, provider: 'op', warning: /^providers\.op: an address came without email_verified/ },
  ])
  t.match(told, [{ warning: /trust_email/ }])
  t.notMatch(JSON.stringify(told), 'alice')
  t.same(await signIn('headers', 'op', { email }), [], 'once')
})

t.test('each provider is told of, a rule asks too, and what counts is not told', async (t) => {
  t.same(await signIn('rules', 'pool', { email, email_verified: 'true' }), [], 'a text of Cognito counts')
  const told = await signIn('rules', 'pool', { email, email_verified: false })
  t.match(told, [{ provider: 'pool', warning: /with an email_verified that is not true/ }])
  t.same(await signIn('trusting', 'trusted', { email }), [], 'trusted')
  t.match(await signIn('trusting', 'trusted', { email, email_verified: 'false' }), [{ provider: 'trusted' }])
})
