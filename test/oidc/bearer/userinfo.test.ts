// Access tokens of which userinfo tells, and another address for whom they were made.
import t, { type Test } from 'tap'
import { judgeAccessToken } from '../../../src/core/credential/access-token.ts'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import { createProvider } from '../../../src/oidc/provider.ts'
import { createTestClock } from '../../support/clock.ts'
import { type GoogleToken, startGoogleTokens } from '../../support/google-tokens.ts'
import type { Bends } from '../../support/hostile-op.ts'
import { faultOf, type Rig, random, settingsFor, someday, someNetwork, startRig } from '../fixtures.ts'

const bearer: BearerSettings = {
  audiences: [],
  clientIds: ['a-mobile-app', 'a-program'],
  check: 'userinfo',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

async function googleOf(t: Test) {
  const google = await startGoogleTokens(someday)
  const settings = settingsFor('https://accounts.google.com', { preset: 'google', ca: google.ca, bearer })
  const clock = createTestClock(someday)
  const provider = createProvider(settings, {
    clock,
    random,
    proxyEnv: { httpsProxy: google.proxy, noProxy: null },
  })
  t.teardown(async () => {
    await provider.close()
    await google.close()
  })
  const judged = async (token: string) => {
    const reading = await provider.readAccessToken(token, clock.now(), someNetwork)
    return reading.kind === 'read' ? judgeAccessToken(reading.token, settings, clock.now()) : reading
  }
  return { google, judged, clock }
}

const alice: GoogleToken = {
  azp: 'a-mobile-app',
  sub: '1074',
  email: 'alice@example.test',
  expiresAt: someday + 3599,
}

t.test('Google: a token of the mobile app is the person’s', async (t) => {
  const { google, judged, clock } = await googleOf(t)
  google.tokens.set('ya29.alice', alice)
  t.match(await judged('ya29.alice'), {
    kind: 'identified',
    principal: { user: '1074', claims: { sub: '1074', email: 'alice@example.test' } },
    scopes: ['openid', 'https://www.googleapis.com/auth/userinfo.email'],
    endsAt: someday + 3599 + 60,
  })
  const asked = [
    'oauth2.googleapis.com/tokeninfo',
    'accounts.google.com/.well-known/openid-configuration',
    'openidconnect.googleapis.com/v1/userinfo',
  ]
  t.same(google.asked, asked)
  await judged('ya29.alice')
  t.equal(google.asked.length, 3, 'it is remembered')
  clock.time += 60
  await judged('ya29.alice')
  t.equal(google.asked.length, 5, 'for as long as `cache` says')
})

t.test('Google: whatever else it may be is refused', async (t) => {
  const { google, judged } = await googleOf(t)
  const rows: readonly [string, GoogleToken | null, RegExp][] = [
    ['nobody’s', null, /does not know/],
    ['one that any other app was given', { ...alice, azp: 'another-app' }, /client_ids/],
    [
      'one that another app has for ours',
      { ...alice, azp: 'another-app', aud: 'a-mobile-app' },
      /client_ids/,
    ],
    ['one without openid', { azp: 'a-mobile-app', expiresAt: alice.expiresAt }, /scope openid/],
    ['a program’s own', { ...alice, sub: 'a-mobile-app' }, /nobody is behind it/],
    [
      'a program’s own for another client',
      { ...alice, aud: 'a-mobile-app', azp: 'a-program', sub: 'a-program' },
      /nobody is behind it/,
    ],
  ]
  for (const [index, [name, token, says]] of rows.entries()) {
    if (token !== null) google.tokens.set(`ya29.${index}`, token)
    t.match(await judged(`ya29.${index}`), { kind: 'refused', detail: says }, name)
  }
  google.tokens.set('ya29.alice', alice)
  google.otherSubject = '666'
  t.match(await judged('ya29.alice'), { kind: 'refused', detail: /another subject/ })
})

const generic = (t: Test, url: string, claim = 'aud', bends: Bends = {}): Promise<Rig> =>
  startRig(t, {
    bends,
    settings: (issuer) => ({ bearer: { ...bearer, tokenInfo: { url: `${issuer}${url}`, claim } } }),
  })

const judge = async ({ provider, settings, clock }: Rig, token = 'opaque-of-olga') => {
  const reading = await provider.readAccessToken(token, clock.now(), someNetwork)
  return reading.kind === 'read' ? judgeAccessToken(reading.token, settings, clock.now()) : reading
}

t.test('any other: the token goes where `{token}` stands, else as Bearer', async (t) => {
  const asked: [string | undefined, string][] = []
  for (const url of ['/tokeninfo?access_token={token}&x=1', '/tokeninfo']) {
    const rig = await generic(t, url)
    rig.op.bends.before = {
      tokeninfo: async ({ authorization, query }) => void asked.push([authorization, String(query)]),
    }
    t.match(await judge(rig), { kind: 'identified', principal: { user: 'olga' }, endsAt: someday + 360 }, url)
  }
  t.same(asked, [
    [undefined, 'access_token=opaque-of-olga&x=1'],
    ['Bearer opaque-of-olga', ''],
  ])
})

t.test('any other: what it may say', async (t) => {
  const rows: readonly [string, NonNullable<Bends['tokeninfo']>, object][] = [
    ['the client is a number', () => ({ aud: 7 }), { kind: 'refused', why: 'token-not-for-us' }],
    [
      'no subject',
      (answer) => ({ aud: answer.aud }),
      { kind: 'identified', principal: { user: 'olga' }, endsAt: null },
    ],
    [
      'another subject',
      (answer) => ({ ...answer, sub: 'alice' }),
      { kind: 'refused', detail: /another subject/ },
    ],
    ['no client', () => ({ sub: 'olga' }), { kind: 'refused', detail: /aud is missing/ }],
    ['an empty client', () => ({ aud: '' }), { kind: 'refused', detail: /neither text nor number/ }],
    ['an object', () => ({ aud: { a: 1 } }), { kind: 'refused', detail: /neither text nor number/ }],
    ['two clients', () => ({ aud: ['a-mobile-app', 'b'] }), { kind: 'refused', why: 'token-not-for-us' }],
    ['it is over', () => ({ aud: 'a-mobile-app', expires_in: -61 }), { kind: 'refused', why: 'token-over' }],
    ['no time', () => ({ aud: 'a-mobile-app', exp: 'soon' }), { kind: 'refused', detail: /no time/ }],
  ]
  for (const [name, tokeninfo, expected] of rows)
    t.match(await judge(await generic(t, '/tokeninfo', 'aud', { tokeninfo })), expected, name)
  const nested = await generic(t, '/tokeninfo', 'data.app', {
    tokeninfo: () => ({ data: { app: 'a-mobile-app' } }),
  })
  t.match(await judge(nested), { kind: 'identified' })
})

t.test('any other: where nothing is told', async (t) => {
  const status = (code: number): Bends => ({
    answer: { tokeninfo: (_request, response) => void response.writeHead(code).end('x') },
  })
  const rows: readonly [string, Bends, string][] = [
    ['503', status(503), 'PROVIDER_UNREACHABLE'],
    ['404', status(404), 'PROVIDER_RESPONSE_INVALID'],
    ['no JSON', status(200), 'PROVIDER_RESPONSE_INVALID'],
    ['userinfo without a subject', { userinfo: () => ({ name: 'x' }) }, 'PROVIDER_RESPONSE_INVALID'],
    [
      'no userinfo',
      { metadata: ({ userinfo_endpoint: _, ...document }) => document },
      'PROVIDER_RESPONSE_INVALID',
    ],
  ]
  for (const [name, bends, code] of rows) {
    const fault = await faultOf(
      judge(await generic(t, '/tokeninfo?access_token={token}', 'aud', bends), 'opaque-of-olga-canary'),
    )
    t.equal(fault.code, code, `${name}: ${fault.message}`)
    t.notMatch(fault.message, /canary/, name)
  }
  const refused = await generic(t, '/tokeninfo')
  refused.op.refusedAccessTokens.add('opaque-of-olga')
  t.match(await judge(refused), { kind: 'refused', detail: /userinfo does not accept it/ })
  const unknown = await generic(t, '/tokeninfo')
  t.match(await judge(unknown, 'invented'), { kind: 'refused', detail: /does not know/ })
  t.equal(unknown.op.counts.userinfo, 0, 'one question for a token that nobody knows')
})
