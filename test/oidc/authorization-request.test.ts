// What is asked for beside the configuration: what brings a refresh token, as each provider has it, and step-ups.
import t from 'tap'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import type { Preset } from '../../src/core/preset.ts'
import { type AuthorizationWish, plainWish } from '../../src/core/session/authorization-wish.ts'
import type { Transaction } from '../../src/core/session/transaction.ts'
import type { StepUp } from '../../src/core/step-up.ts'
import { authorizationUrl } from '../../src/oidc/login.ts'
import { readMetadata } from '../../src/oidc/metadata.ts'
import { metadataOf } from '../support/hostile-op.ts'
import {
  faultOf,
  redirectUri,
  settingsFor,
  someday,
  someNetwork,
  startRig,
  transactionFor,
} from './fixtures.ts'

const issuer = 'https://id.example.com'

interface Asked {
  readonly settings?: Partial<ProviderSettings>
  readonly metadata?: object
  readonly wish?: Partial<AuthorizationWish>
  readonly offline?: boolean
  readonly transaction?: Partial<Transaction>
}

async function parametersOf({ settings: changes, metadata, wish, offline = false, transaction }: Asked) {
  const settings = settingsFor(issuer, changes)
  const known = readMetadata({ ...metadataOf(issuer), ...metadata } as never, settings)
  const begun = { ...transactionFor(settings), ...transaction }
  const request = { wish: { ...plainWish, ...wish }, offline }
  const { searchParams } = await authorizationUrl(settings, known, begun, redirectUri, request)
  t.equal([...searchParams.keys()].length, new Set(searchParams.keys()).size, 'each parameter once')
  return searchParams
}

t.test('what brings a refresh token, by preset', async (t) => {
  const offered = { scopes_supported: ['openid', 'offline_access'] }
  const rows: readonly [Preset, object, string, string | null][] = [
    ['google', {}, 'openid profile email', 'offline'],
    ['microsoft', {}, 'openid profile email offline_access', null],
    ['okta', {}, 'openid profile email offline_access', null],
    ['auth0', {}, 'openid profile email offline_access', null],
    ['salesforce', {}, 'openid profile email refresh_token', null],
    ['cognito', offered, 'openid profile email', null],
    ['keycloak', offered, 'openid profile email', null],
    ['generic', offered, 'openid profile email offline_access', null],
    ['generic', { scopes_supported: ['openid'] }, 'openid profile email', null],
    ['generic', {}, 'openid profile email', null],
  ]
  for (const [preset, metadata, scope, accessType] of rows) {
    const name = `${preset} ${JSON.stringify(metadata)}`
    const asked = await parametersOf({ settings: { preset }, metadata, offline: true })
    t.equal(asked.get('scope'), scope, name)
    t.equal(asked.get('access_type'), accessType, name)
    t.equal(asked.get('prompt'), null, `${name}: nobody is asked at every sign-in`)
    const unwanted = await parametersOf({ settings: { preset }, metadata })
    t.equal(unwanted.get('scope'), 'openid profile email', `${name}, not wanted`)
    t.equal(unwanted.get('access_type'), null, `${name}, not wanted`)
  }
})

t.test('what the operator wrote wins over what brings a refresh token', async (t) => {
  const written = { preset: 'okta', scopes: ['openid', 'email'], scopesWritten: true } as const
  t.equal((await parametersOf({ settings: written, offline: true })).get('scope'), 'openid email')
  const online = new Map([['access_type', 'online']])
  const google = { preset: 'google', authorizationParameters: online } as const
  t.equal((await parametersOf({ settings: google, offline: true })).get('access_type'), 'online')
  const own = { preset: 'keycloak', scopes: ['openid', 'offline_access'], scopesWritten: true } as const
  t.equal((await parametersOf({ settings: own, offline: true })).get('scope'), 'openid offline_access')
})

const nothing: StepUp = {
  acrValues: [],
  authContext: null,
  maxAgeSeconds: null,
  lastsSeconds: null,
  scopes: [],
  prompt: null,
  authorizationParameters: new Map(),
}
const steppingUp = (stepUp: Partial<StepUp>) => ({ stepUp: { ...nothing, ...stepUp } })

t.test('a step-up is asked for', async (t) => {
  const asked = await parametersOf({
    wish: steppingUp({
      acrValues: ['phr', 'phrh'],
      maxAgeSeconds: 300,
      scopes: ['payments', 'openid'],
      prompt: 'login',
      authorizationParameters: new Map([['ui_hint', 'strong']]),
    }),
  })
  t.match(Object.fromEntries(asked), {
    acr_values: 'phr phrh',
    max_age: '300',
    scope: 'openid profile email payments',
    prompt: 'login',
    ui_hint: 'strong',
  })
  t.equal(asked.get('claims'), null)
})

t.test('Entra’s context is asked for by claims, beside those that are configured', async (t) => {
  const acrs = { essential: true, value: 'c1' }
  const claimsOf = async (stepUp: Partial<StepUp>, configured?: string) => {
    const authorizationParameters = new Map(configured === undefined ? [] : [['claims', configured]])
    const asked = await parametersOf({ settings: { authorizationParameters }, wish: steppingUp(stepUp) })
    return JSON.parse(asked.get('claims') ?? 'null')
  }
  t.same(await claimsOf({ authContext: 'c1' }), { id_token: { acrs } })
  const before = { userinfo: { email: null }, id_token: { auth_time: { essential: true }, acrs: null } }
  t.same(await claimsOf({ authContext: 'c1' }, JSON.stringify(before)), {
    userinfo: { email: null },
    id_token: { auth_time: { essential: true }, acrs },
  })
  const own = new Map([['claims', '{"id_token":{"email":null}}']])
  t.same(await claimsOf({ authContext: 'c1', authorizationParameters: own }, JSON.stringify(before)), {
    id_token: { email: null, acrs },
  })
  for (const broken of ['no JSON', '[]', '7', '{"id_token":[]}'])
    t.same(await claimsOf({ authContext: 'c1' }, broken), { id_token: { acrs } }, broken)
})

t.test('the shorter age is asked for', async (t) => {
  const ageOf = async (stepUp: Partial<StepUp>, configured?: string) => {
    const authorizationParameters = new Map(configured === undefined ? [] : [['max_age', configured]])
    return (await parametersOf({ settings: { authorizationParameters }, wish: steppingUp(stepUp) })).get(
      'max_age',
    )
  }
  t.equal(await ageOf({ maxAgeSeconds: 300, lastsSeconds: 60 }), '60')
  t.equal(await ageOf({ lastsSeconds: 60 }), '60')
  t.equal(await ageOf({ maxAgeSeconds: 0 }), '0')
  t.equal(await ageOf({ maxAgeSeconds: 300 }, '3600'), '300')
  t.equal(await ageOf({ maxAgeSeconds: 300 }, '60'), '60')
  t.equal(await ageOf({ maxAgeSeconds: 300 }, 'odd'), '300')
  t.equal(await ageOf({ acrValues: ['phr'] }, '60'), '60')
})

t.test('a step-up changes nothing that a sign-in hangs on', async (t) => {
  const own = [
    'client_id',
    'redirect_uri',
    'state',
    'nonce',
    'code_challenge',
    'response_type',
    'request',
    'scope',
  ]
  const authorizationParameters = new Map(own.map((name) => [name, 'evil'] as const))
  const asked = await parametersOf({ wish: steppingUp({ acrValues: ['phr'], authorizationParameters }) })
  for (const [name, value] of asked) t.not(value, 'evil', name)
  t.equal(asked.get('request'), null)
})

t.test('prompt: a step-up’s own, another account, and nobody', async (t) => {
  const none = { authorizationParameters: new Map([['prompt', 'none']]) }
  const promptOf = async (asked: Asked) => (await parametersOf(asked)).get('prompt')
  t.equal(await promptOf({ settings: none, wish: steppingUp({ prompt: 'login' }) }), 'login')
  t.equal(await promptOf({ settings: none, wish: steppingUp({ acrValues: ['phr'] }) }), 'none')
  t.equal(await promptOf({ settings: none, wish: steppingUp({}), transaction: { state: 'x.2' } }), null)
  const other = (prompt: string | null) => ({ ...steppingUp({ prompt }), otherAccount: true })
  const google = { preset: 'google' } as const
  t.equal(await promptOf({ wish: other('login') }), 'login')
  t.equal(await promptOf({ settings: google, wish: other('login') }), 'login', 'one signs in as anybody')
  t.equal(await promptOf({ settings: google, wish: other('consent') }), 'consent select_account')
  t.equal(await promptOf({ settings: google, wish: other(null) }), 'select_account')
  t.equal(await promptOf({ wish: other('consent') }), 'consent login')
})

t.test('a step-up says for whom it is, listed or not, unless somebody else is to come', async (t) => {
  const passed = new Map([
    ['login_hint', 'alice@acme.example'],
    ['domain_hint', 'acme.example'],
  ])
  const hintOf = async (asked: Asked) => (await parametersOf(asked)).get('login_hint')
  const wish = { ...steppingUp({ acrValues: ['phr'] }), passed }
  t.equal(await hintOf({ wish }), 'alice@acme.example')
  t.equal(await hintOf({ wish: { ...wish, otherAccount: true } }), null)
  t.equal(await hintOf({ wish: { passed } }), null, 'what a link brings is not handed on unless it is listed')
  t.equal((await parametersOf({ wish })).get('domain_hint'), null)
})

t.test('acr_values of every sign-in are a floor for step-ups too', async (t) => {
  const rig = await startRig(t, {
    settings: () => ({ authorizationParameters: new Map([['acr_values', 'loa2 loa3']]) }),
    bends: { claims: (claims, asked) => ({ ...claims, acr: asked.get('acr_values')?.split(' ')[0] }) },
  })
  const signIn = async (acrValues: readonly string[], acr?: string) => {
    if (acr !== undefined) rig.op.bends = { claims: (claims) => ({ ...claims, acr }) }
    const wish = { ...plainWish, ...steppingUp({ acrValues }) }
    const transaction = { ...transactionFor(rig.settings), wish }
    const url = await rig.provider.authorizationUrl(transaction, redirectUri, wish)
    return rig.provider.exchange(rig.op.authorize(url), transaction, redirectUri, someday, someNetwork)
  }
  t.equal((await signIn(['loa3'])).claims.acr, 'loa3')
  t.equal((await signIn([])).claims.acr, 'loa2')
  t.equal((await signIn(['loa3'], 'loa2')).claims.acr, 'loa2', 'whether the step-up is met is judged later')
  const fault = await faultOf(signIn(['loa1'], 'loa1'))
  t.match(fault, { code: 'LOGIN_REFUSED', message: /acr is "loa1", and acr_values is "loa2 loa3"/ })
})

t.test('no scope is granted by an answer that does not say so', async (t) => {
  const rig = await startRig(t)
  const wish = { ...plainWish, ...steppingUp({ scopes: ['payments'] }) }
  const granted = async () => {
    const transaction = { ...transactionFor(rig.settings), wish }
    const url = await rig.provider.authorizationUrl(transaction, redirectUri, wish)
    return (
      await rig.provider.exchange(rig.op.authorize(url), transaction, redirectUri, someday, someNetwork)
    ).scopes
  }
  t.same(await granted(), ['openid', 'profile', 'email', 'payments'])
  rig.op.bends = { token: ({ scope: _, ...answer }) => answer }
  t.same(await granted(), [], 'whoever signs in can edit scopes out of the address')
})

t.test('acrs is what the ID token alone can say', async (t) => {
  const rig = await startRig(t, {
    bends: { userinfo: (claims) => ({ ...claims, acrs: ['c1'], acr: 'phr' }) },
  })
  const { claims } = await rig.signIn()
  t.notOk('acrs' in claims || 'acr' in claims)
})
