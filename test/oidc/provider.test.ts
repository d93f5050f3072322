// The module as a whole, against oidc-provider: what a proper provider does must work.
import t, { type Test } from 'tap'
import { Secret } from '../../src/core/secret.ts'
import { createProvider } from '../../src/oidc/provider.ts'
import { createTestClock } from '../support/clock.ts'
import { type OpOptions, people, signInAs, startOp } from '../support/op.ts'
import { random, redirectUri, settingsFor, someNetwork, transactionFor } from './fixtures.ts'

const clock = createTestClock(Math.floor(Date.now() / 1000))

async function start(t: Test, options: OpOptions = {}, changes: Parameters<typeof settingsFor>[1] = {}) {
  const op = await startOp(options)
  op.register({
    redirectUris: [redirectUri],
    postLogoutRedirectUris: ['https://wiki.example.com/.auth/logged-out'],
  })
  const settings = settingsFor(op.issuer, {
    clientId: op.clientId,
    clientSecret: new Secret(op.clientSecret),
    ...changes,
  })
  const provider = createProvider(settings, { clock, random, proxyEnv: { httpsProxy: null, noProxy: null } })
  t.teardown(async () => {
    await provider.close()
    await op.close()
  })
  return { op, settings, provider }
}

t.test('S-104: people sign in, and their claims come from userinfo', async (t) => {
  const { provider, settings } = await start(t)
  t.same(provider.status(), { kind: 'pending' })
  for (const id of ['alice', 'adam', 'olga'] as const) {
    const transaction = transactionFor(settings)
    const back = await signInAs(id, await provider.authorizationUrl(transaction, redirectUri))
    t.equal(back.origin + back.pathname, redirectUri)
    const identity = await provider.exchange(
      back.searchParams,
      transaction,
      redirectUri,
      clock.now(),
      someNetwork,
    )
    t.equal(identity.user, id)
    t.match(identity.claims, { sub: id, ...people[id] })
    t.equal(identity.idToken.split('.').length, 3)
  }
  t.same(provider.status(), { kind: 'ready' })
})

t.test('claims of the ID token alone suffice when claims_from says so', async (t) => {
  const { provider, settings } = await start(
    t,
    {
      claimsIn: 'id_token',
      configuration: { features: { userinfo: { enabled: false }, devInteractions: { enabled: false } } },
    },
    { claimsFrom: ['id_token'] },
  )
  const transaction = transactionFor(settings)
  const back = await signInAs('adam', await provider.authorizationUrl(transaction, redirectUri))
  const identity = await provider.exchange(
    back.searchParams,
    transaction,
    redirectUri,
    clock.now(),
    someNetwork,
  )
  t.match(identity.claims, { organization_id: 'acme', groups: ['admins'], email_verified: true })
  for (const spent of ['nonce', 'exp', 'iat', 'at_hash', 'jti']) t.notOk(spent in identity.claims, spent)
})

t.test(
  'S-108, S-109: a code is worth one sign-in, and only with the verifier that belongs to it',
  async (t) => {
    const { provider, settings } = await start(t)
    const transaction = transactionFor(settings)
    const back = await signInAs('alice', await provider.authorizationUrl(transaction, redirectUri))
    const other = transactionFor(settings)
    const injected = new URLSearchParams(back.searchParams)
    injected.set('state', other.state)
    await t.rejects(provider.exchange(injected, other, redirectUri, clock.now(), someNetwork), {
      code: 'LOGIN_CODE_REFUSED',
    })

    const again = await signInAs('alice', await provider.authorizationUrl(other, redirectUri))
    await provider.exchange(again.searchParams, other, redirectUri, clock.now(), someNetwork)
    await t.rejects(provider.exchange(again.searchParams, other, redirectUri, clock.now(), someNetwork), {
      code: 'LOGIN_CODE_REFUSED',
    })
  },
)

t.test('S-137: the provider changes its key while people sign in', async (t) => {
  const { op, provider, settings } = await start(t)
  const signIn = async (between: () => void) => {
    const transaction = transactionFor(settings)
    const back = await signInAs('alice', await provider.authorizationUrl(transaction, redirectUri))
    between()
    return provider.exchange(back.searchParams, transaction, redirectUri, clock.now(), someNetwork)
  }
  t.equal((await signIn(() => {})).user, 'alice')
  t.equal((await signIn(() => op.rotateKey())).user, 'alice')
})

t.test('the provider knows nothing of a wrong secret, and the operator hears of it', async (t) => {
  const { provider, settings } = await start(
    t,
    {},
    { clientSecret: new Secret('not-the-secret-of-the-gateway') },
  )
  const transaction = transactionFor(settings)
  const back = await signInAs('alice', await provider.authorizationUrl(transaction, redirectUri))
  const refused = provider.exchange(back.searchParams, transaction, redirectUri, clock.now(), someNetwork)
  await t.rejects(refused, { code: 'PROVIDER_CLIENT_REFUSED', message: /invalid_client|client_secret/ })
})

t.test('form_post comes as asked for', async (t) => {
  const { provider, settings } = await start(t, {}, { responseMode: 'form_post' })
  const url = await provider.authorizationUrl(transactionFor(settings), redirectUri)
  t.equal(url.searchParams.get('response_mode'), 'form_post')
  await t.rejects(signInAs('alice', url), {
    message: /<form method="post" action="https:\/\/wiki.example.com/,
  })
})

t.test('S-175: signing out at the provider', async (t) => {
  const { provider, op } = await start(t)
  const url = await provider.endSessionUrl(null, 'https://wiki.example.com/.auth/logged-out', 'a-state')
  t.ok(url?.href.startsWith(`${op.issuer}/session/end?`))
  const answer = await fetch(url ?? '')
  t.equal(answer.status, 200)
  t.match(await answer.text(), /<form/)
})
