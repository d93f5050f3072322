// Access tokens of Facebook Login, which mobile apps send: for which app each was made, and whose it is.
import t, { type Test } from 'tap'
import { judgeAccessToken } from '../../../src/core/credential/access-token.ts'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import type { AccessTokenReading } from '../../../src/core/provider-port.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createProvider } from '../../../src/oidc/provider.ts'
import { createTestClock } from '../../support/clock.ts'
import { type FacebookToken, startFacebook } from '../../support/facebook.ts'
import { faultOf, random, settingsFor, someday, someNetwork } from '../fixtures.ts'

const app = '1234567890'
const appSecret = 'a-secret-of-the-facebook-app'
const bearer: BearerSettings = {
  audiences: [],
  clientIds: [app],
  check: 'userinfo',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

async function rigOf(t: Test, secret = appSecret) {
  const facebook = await startFacebook()
  facebook.apps.set(app, appSecret)
  facebook.apps.set('another-app', 'its-secret')
  const settings = settingsFor('https://www.facebook.com', {
    name: 'facebook',
    preset: 'facebook',
    signsIn: false,
    clientId: app,
    clientSecret: new Secret(secret),
    userIdPrefix: 'fb:',
    ca: facebook.ca,
    bearer,
  })
  const clock = createTestClock(someday)
  const provider = createProvider(settings, {
    clock,
    random,
    proxyEnv: { httpsProxy: facebook.proxy, noProxy: null },
  })
  t.teardown(async () => {
    await provider.close()
    await facebook.close()
  })
  const read = async (token: string): Promise<AccessTokenReading> =>
    provider.readAccessToken(token, clock.now(), someNetwork)
  const judged = async (token: string) => {
    const reading = await read(token)
    return reading.kind === 'read' ? judgeAccessToken(reading.token, settings, clock.now()) : reading
  }
  return { facebook, provider, clock, read, judged }
}

const alice: FacebookToken = { app, user: '10215241773831025', name: 'Alice', email: 'alice@example.test' }

t.test('a token of the app is the person’s', async (t) => {
  const { facebook, judged, read } = await rigOf(t)
  facebook.tokens.set('EAAalice', alice)
  t.match(await judged('EAAalice'), {
    kind: 'identified',
    principal: {
      user: 'fb:10215241773831025',
      provider: 'facebook',
      claims: { sub: '10215241773831025', id: '10215241773831025', name: 'Alice' },
      emailUnverified: true,
      by: { kind: 'bearer', isClient: false },
    },
    scopes: ['public_profile'],
    endsAt: 2_000_000_060,
  })
  t.same(facebook.asked, ['/debug_token', '/me'])
  t.match(await read('EAAalice'), { kind: 'read' })
  t.equal(facebook.asked.length, 2, 'it is remembered')
})

t.test('whatever else it may be is refused', async (t) => {
  const { facebook, judged, clock } = await rigOf(t)
  const rows: readonly [string, FacebookToken | null, RegExp][] = [
    ['nobody’s', null, /is_valid/],
    ['one of another app', { ...alice, app: 'another-app' }, /no token of this app/],
    ['one that was taken back', { ...alice, isValid: false }, /is_valid/],
    ['one of a page', { ...alice, type: 'PAGE' }, /type/],
    ['one of an app', { app, type: 'APP' }, /type/],
    ['one without a person', { app }, /whose/],
    ['one that is over', { ...alice, expiresAt: clock.now() - 60 }, /exp/],
  ]
  for (const [index, [name, token, says]] of rows.entries()) {
    if (token !== null) facebook.tokens.set(`EAA${index}`, token)
    t.match(await judged(`EAA${index}`), { kind: 'refused', detail: says }, name)
  }
})

t.test('a token that never ends is one', async (t) => {
  const { facebook, judged } = await rigOf(t)
  facebook.tokens.set('EAAlong', { ...alice, expiresAt: 0 })
  t.match(await judged('EAAlong'), { kind: 'identified', endsAt: null })
})

t.test('both answers must be about one person', async (t) => {
  const { facebook, judged } = await rigOf(t)
  facebook.tokens.set('EAAalice', alice)
  facebook.bend = (path) => (path === '/me' ? [200, { id: '999', name: 'Mallory' }] : null)
  t.match(await judged('EAAalice'), { kind: 'refused', detail: /another subject/ })
})

t.test('an app that `debug_token` names and `client_ids` do not', async (t) => {
  const { facebook, judged } = await rigOf(t)
  facebook.tokens.set('EAAalice', alice)
  const data = { app_id: '666', type: 'USER', is_valid: true, user_id: alice.user, expires_at: 0, scopes: [] }
  facebook.bend = (path) => (path === '/debug_token' ? [200, { data }] : null)
  t.match(await judged('EAAalice'), { kind: 'refused', why: 'token-not-for-us' })
  t.same(facebook.asked, ['/debug_token'], 'and nobody is asked whose it is')
})

t.test('where nothing is told, it is a fault and no message has a credential', async (t) => {
  const { facebook, read } = await rigOf(t)
  facebook.tokens.set('EAAcanary', alice)
  const error = (code: number, message: string) => [400, { error: { code, message } }] as const
  const rows: readonly [string, readonly [number, unknown], string, RegExp][] = [
    ['too often', error(4, 'Application request limit reached'), 'PROVIDER_UNREACHABLE', /limit reached/],
    ['its own fault', [500, {}], 'PROVIDER_UNREACHABLE', /answered 500/],
    ['a redirect', [302, {}], 'PROVIDER_RESPONSE_INVALID', /302/],
    [
      'the token in words',
      error(7, 'no EAAcanary and no a-secret-of-the-facebook-app'),
      'PROVIDER_RESPONSE_INVALID',
      /400/,
    ],
    ['no data', [200, {}], 'PROVIDER_RESPONSE_INVALID', /no data/],
    ['nothing of ours', [404, {}], 'PROVIDER_RESPONSE_INVALID', /404/],
  ]
  for (const [name, answer, code, says] of rows) {
    facebook.bend = () => answer
    const fault = await faultOf(read('EAAcanary'))
    t.equal(fault.code, code, `${name}: ${fault.message}`)
    t.match(fault.message, says, name)
    t.notMatch(fault.message, /EAAcanary|a-secret-of/, name)
  }
  const wrong = await rigOf(t, 'not-the-secret-of-it')
  t.match(await faultOf(wrong.read('EAAcanary')), {
    code: 'PROVIDER_CLIENT_REFUSED',
    message: /client_secret/,
  })
})

t.test('nobody listens: the address in the message has no query', async (t) => {
  const { facebook, read } = await rigOf(t)
  await facebook.close()
  const fault = await faultOf(read('EAAcanary'))
  t.match(fault, { code: 'PROVIDER_UNREACHABLE', message: /graph\.facebook\.com\/v23\.0\/debug_token: / })
  t.notMatch(fault.message, /EAAcanary|a-secret-of|%7C/)
})

t.test('it has no metadata, and none is asked for', async (t) => {
  const { facebook, provider } = await rigOf(t)
  await provider.discover()
  t.same(provider.status(), { kind: 'ready' })
  t.same(facebook.asked, [])
})
