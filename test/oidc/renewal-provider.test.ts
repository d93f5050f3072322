// Asking again, revoking and stepping up, against oidc-provider: rotation and reuse detection are on.
import t, { type Test } from 'tap'
import type { Identity } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { type AuthorizationWish, plainWish } from '../../src/core/session/authorization-wish.ts'
import type { Session } from '../../src/core/session/session.ts'
import type { StepUp } from '../../src/core/step-up.ts'
import { createProvider } from '../../src/oidc/provider.ts'
import { createTestClock } from '../support/clock.ts'
import { type PersonId, people, signInAs, startOp } from '../support/op.ts'
import { random, redirectUri, sessionOf, settingsFor, someNetwork, transactionFor } from './fixtures.ts'

const now = Math.floor(Date.now() / 1000)

/** Its people, whose groups a test changes, with what Entra says of a step-up. */
async function start(t: Test, configuration: object = {}) {
  const clock = createTestClock(now)
  const groups = new Map<string, readonly string[]>()
  const gone = new Set<string>()
  const how: { acr?: string } = {}
  const op = await startOp({
    signIn: () => how,
    configuration: {
      rotateRefreshToken: true,
      issueRefreshToken: async () => true,
      scopes: ['openid', 'offline_access', 'payments'],
      acrValues: ['phr', 'pwd'],
      claims: {
        openid: ['sub'],
        profile: ['name', 'groups'],
        email: ['email'],
        acrs: null,
        acr: null,
        auth_time: null,
      },
      features: {
        devInteractions: { enabled: false },
        claimsParameter: { enabled: true },
        revocation: { enabled: true },
      },
      findAccount: async (_ctx: unknown, id: PersonId) =>
        gone.has(id)
          ? undefined
          : {
              accountId: id,
              claims: async () => ({ sub: id, ...people[id], groups: groups.get(id) ?? [], acrs: ['c1'] }),
            },
      loadExistingGrant: grantAllButPayments,
      ...configuration,
    },
  })
  op.register({
    redirectUris: [redirectUri],
    metadata: { grant_types: ['authorization_code', 'refresh_token'] },
  })
  const settings = settingsFor(op.issuer, {
    clientId: op.clientId,
    clientSecret: new Secret(op.clientSecret),
  })
  const provider = createProvider(settings, { clock, random, proxyEnv: { httpsProxy: null, noProxy: null } })
  t.teardown(async () => {
    await provider.close()
    await op.close()
  })
  const signIn = async (id: PersonId, wish: AuthorizationWish = plainWish): Promise<Identity> => {
    const transaction = { ...transactionFor(settings, clock.now()), wish }
    const url = await provider.authorizationUrl(transaction, redirectUri, wish, true)
    const back = await signInAs(id, url)
    return provider.exchange(back.searchParams, transaction, redirectUri, clock.now(), someNetwork)
  }
  const signedIn = async (id: PersonId) => ({
    ...sessionOf(settings, await signIn(id)),
    signedInAt: clock.now(),
  })
  const renew = async (session: Session, used: readonly string[] = ['sub', 'groups']) => {
    const renewal = await provider.renew(session, clock.now(), used)
    return renewal.kind === 'renewed' ? { ...session, ...renewal.identity } : renewal
  }
  return { provider, signIn, signedIn, renew, groups, gone, how }
}

interface GrantContext {
  readonly oidc: {
    readonly client?: { readonly clientId: string }
    readonly session?: { readonly accountId?: string }
    readonly provider: {
      readonly Grant: new (
        of: object,
      ) => {
        addOIDCScope(scope: string): void
        addOIDCClaims(claims: readonly string[]): void
        rejectOIDCScope(scope: string): void
        save(): Promise<string>
      }
    }
  }
}

/** Nobody is asked for consent. */
async function grantAllButPayments({ oidc }: GrantContext): Promise<object | undefined> {
  const { client, session, provider } = oidc
  if (client === undefined || session?.accountId === undefined) return undefined
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope('openid profile email')
  grant.addOIDCClaims(['acrs', 'acr', 'auth_time'])
  grant.rejectOIDCScope('payments')
  await grant.save()
  return grant
}

t.test('S-171: a group that is lost at the provider is lost when it is asked again', async (t) => {
  const { signedIn, renew, groups } = await start(t)
  groups.set('adam', ['admins'])
  const session = await signedIn('adam')
  t.same(session.claims.groups, ['admins'])
  groups.set('adam', [])
  t.match(await renew(session), { user: 'adam', claims: { groups: [] } })
})

t.test('S-166: each renewal has a new refresh token, and the provider takes reuse for theft', async (t) => {
  const { signedIn, renew } = await start(t)
  const session = await signedIn('alice')
  const first = await renew(session)
  if ('kind' in first) throw new Error(first.message)
  t.not(first.tokens.refresh, session.tokens.refresh)
  t.not(first.tokens.access?.value, session.tokens.access?.value)
  t.ok((first.tokens.access?.endsAt ?? 0) > now)
  const second = await renew(first)
  t.notOk('kind' in second)
  t.match(await renew(session), { kind: 'ended', why: 'grant-refused' }, 'the first one came again')
  t.match(await renew('kind' in second ? session : second), { kind: 'ended', why: 'grant-refused' })
})

t.test('one that is not rotated stays', async (t) => {
  const { signedIn, renew } = await start(t, { rotateRefreshToken: false })
  const session = await signedIn('alice')
  t.match(await renew(session), { tokens: { refresh: session.tokens.refresh } })
})

t.test('a person who is gone at the provider is gone here', async (t) => {
  const { signedIn, renew, gone } = await start(t)
  const session = await signedIn('olga')
  gone.add('olga')
  t.match(await renew(session), { kind: 'ended', why: 'grant-refused' })
})

t.test('a refresh token that was revoked is worth nothing', async (t) => {
  const { provider, signedIn, renew } = await start(t)
  const session = await signedIn('alice')
  await provider.revoke(session.tokens.refresh ?? '')
  t.match(await renew(session), { kind: 'ended', why: 'grant-refused' })
  await provider.revoke('nobody knows it')
})

t.test('without a refresh token userinfo says what changed', async (t) => {
  const { signedIn, renew, groups } = await start(t, { issueRefreshToken: async () => false })
  groups.set('adam', ['admins'])
  const session = await signedIn('adam')
  t.equal(session.tokens.refresh, null)
  groups.set('adam', ['readers'])
  t.match(await renew(session), { claims: { groups: ['readers'] }, tokens: session.tokens })
})

const stepUp: StepUp = {
  acrValues: ['phr'],
  authContext: 'c1',
  maxAgeSeconds: 300,
  lastsSeconds: null,
  scopes: [],
  prompt: 'login',
  authorizationParameters: new Map(),
}

t.test('a step-up brings acr, auth_time and acrs, which a renewal keeps', async (t) => {
  const { signIn, renew, how } = await start(t)
  how.acr = 'phr'
  const identity = await signIn('alice', { ...plainWish, stepUp })
  t.match(identity.claims, { acr: 'phr', acrs: ['c1'] })
  const authTime = identity.claims.auth_time
  t.type(authTime, 'number')
  t.ok(Math.abs(Number(authTime) - now) < 3600)
  const session = sessionOf({ issuer: String(identity.claims.iss), clientId: 'gateway' }, identity)
  const renewed = await renew({ ...session, signedInAt: now })
  t.match(renewed, { claims: { acr: 'phr', acrs: ['c1'], auth_time: authTime } })
})

t.test('who is not asked for strength brings none', async (t) => {
  const { signIn } = await start(t)
  const { claims } = await signIn('alice')
  t.notOk('acrs' in claims)
})

t.test('granted scopes are those that the provider gave', async (t) => {
  const { signIn } = await start(t)
  const { scopes } = await signIn('alice', { ...plainWish, stepUp: { ...stepUp, scopes: ['payments'] } })
  t.same([...scopes].sort(), ['email', 'openid', 'profile'], 'payments was asked for, and not granted')
})
