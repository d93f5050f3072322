// Where browsers are sent: to sign in, and to sign out.
import { createHash } from 'node:crypto'
import t from 'tap'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import { plainWish } from '../../src/core/session/authorization-wish.ts'
import { authorizationUrl } from '../../src/oidc/login.ts'
import { endSessionUrl } from '../../src/oidc/logout.ts'
import { readMetadata } from '../../src/oidc/metadata.ts'
import { metadataOf } from '../support/hostile-op.ts'
import { faultOf, redirectUri, settingsFor, startRig, transactionFor } from './fixtures.ts'

const issuer = 'https://op.example'

function metadataFor(settings: ProviderSettings, changes: object = {}) {
  return readMetadata({ ...metadataOf(issuer), ...changes } as never, settings)
}

async function urlFor(
  changes: Partial<ProviderSettings> = {},
  metadata: object = {},
  otherAccount = false,
  passed: Readonly<Record<string, string>> = {},
) {
  const settings = settingsFor(issuer, changes)
  const transaction = transactionFor(settings)
  const url = await authorizationUrl(settings, metadataFor(settings, metadata), transaction, redirectUri, {
    wish: { ...plainWish, otherAccount, passed: new Map(Object.entries(passed)) },
    offline: false,
  })
  return { url, transaction }
}

t.test('S-104: a thousand authorization requests', async (t) => {
  const seen = new Set<string>()
  const wrong: string[] = []
  for (let number = 0; number < 1000; number += 1) {
    const { url, transaction } = await urlFor()
    const expected = {
      client_id: 'gateway',
      code_challenge: createHash('sha256').update(transaction.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      nonce: transaction.nonce,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid profile email',
      state: transaction.state,
    }
    const found = [...url.searchParams].sort(([a], [b]) => (a < b ? -1 : 1))
    if (JSON.stringify(found) !== JSON.stringify(Object.entries(expected))) wrong.push(url.href)
    seen.add(transaction.state).add(transaction.nonce).add(expected.code_challenge)
  }
  t.same(wrong, [])
  t.equal(seen.size, 3000, 'nothing comes twice')
})

t.test('S-105: S256, whatever the metadata says of it', async (t) => {
  for (const code_challenge_methods_supported of [undefined, [], ['plain']]) {
    const { url } = await urlFor({}, { code_challenge_methods_supported })
    t.equal(url.searchParams.get('code_challenge_method'), 'S256')
  }
})

t.test('S-103: configured parameters go along once, and none replaces ours', async (t) => {
  const reserved = [
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'nonce',
    'redirect_uri',
    'request',
    'request_uri',
    'response_mode',
    'response_type',
    'scope',
    'state',
  ]
  const authorizationParameters = new Map([
    ...reserved.map((name) => [name, 'evil'] as const),
    ['hd', 'example.com'],
    ['prompt', 'consent'],
    ['audience', 'a b&c=d'],
  ] as [string, string][])
  const { url } = await urlFor({ authorizationParameters })
  t.notMatch(url.href, /evil/)
  t.equal(url.searchParams.get('hd'), 'example.com')
  t.equal(url.searchParams.get('prompt'), 'consent')
  t.equal(url.searchParams.get('audience'), 'a b&c=d')
  for (const name of new Set(url.searchParams.keys())) t.equal(url.searchParams.getAll(name).length, 1, name)
})

t.test(
  'S-103: what a link passes goes along where it is listed, once, and replaces none of ours',
  async (t) => {
    const link = {
      login_hint: 'ann',
      prompt: 'none',
      scope: 'evil',
      state: 'evil',
      max_age: '0',
      ui_locales: 'de',
    }
    const listed = ['login_hint', 'prompt', 'scope', 'state', 'max_age', 'hd']
    const authorizationParameters = new Map([
      ['login_hint', 'somebody'],
      ['hd', 'example.com'],
    ])
    const { url } = await urlFor({ passParameters: listed, authorizationParameters }, {}, false, link)
    t.same(url.searchParams.getAll('login_hint'), ['ann'], 'what comes wins')
    t.same(url.searchParams.getAll('hd'), ['example.com'], 'what does not come stays')
    for (const name of ['prompt', 'max_age', 'ui_locales']) t.notOk(url.searchParams.has(name), name)
    t.notMatch(url.href, /evil/)
  },
)

t.test('an authorization endpoint with a query of its own keeps it, but for what is ours', async (t) => {
  const authorization_endpoint = `${issuer}/authorize?policy=b2c_1&state=evil&client_id=evil&request=evil&request_uri=evil`
  const { url } = await urlFor({}, { authorization_endpoint })
  t.equal(url.searchParams.get('policy'), 'b2c_1')
  t.notMatch(url.href, /evil/)
})

t.test(
  'response_mode is written when it is form_post, and left out when it is what happens anyway',
  async (t) => {
    t.equal((await urlFor({ responseMode: 'form_post' })).url.searchParams.get('response_mode'), 'form_post')
    t.notOk((await urlFor()).url.searchParams.has('response_mode'))
  },
)

t.test('another account: what each provider understands', async (t) => {
  const promptOf = async (changes: Partial<ProviderSettings>, metadata: object = {}) =>
    (await urlFor(changes, metadata, true)).url.searchParams.getAll('prompt')
  t.same(await promptOf({}), ['login'])
  t.same(await promptOf({ preset: 'google' }), ['select_account'])
  t.same(await promptOf({ preset: 'microsoft' }), ['select_account'])
  t.same(await promptOf({}, { prompt_values_supported: ['none', 'select_account'] }), ['select_account'])
  t.same(await promptOf({ preset: 'google' }, { prompt_values_supported: ['none', 'login'] }), ['login'])
  t.same(
    await promptOf({ authorizationParameters: new Map([['prompt', 'none']]) }),
    ['login'],
    'instead of the configured one',
  )
  t.notOk((await urlFor()).url.searchParams.has('prompt'))
})

t.test(
  'prompt=none is asked once: the second attempt, which follows by itself, asks the person',
  async (t) => {
    const promptOf = async (prompt: string, state: string, metadata: object = {}) => {
      const parameters = prompt === '' ? [] : [['prompt', prompt] as const]
      const settings = settingsFor(issuer, { authorizationParameters: new Map(parameters) })
      const transaction = { ...transactionFor(settings), state }
      const url = await authorizationUrl(settings, metadataFor(settings, metadata), transaction, redirectUri)
      return url.searchParams.getAll('prompt')
    }
    t.same(await promptOf('none', 'first'), ['none'])
    t.same(await promptOf('none', 'second.2'), [])
    t.same(await promptOf('consent', 'second.2'), ['consent'], 'and what else is configured stays')
    const endpoint = { authorization_endpoint: `${issuer}/authorize?prompt=none` }
    t.same(await promptOf('', 'first', endpoint), ['none'])
    t.same(await promptOf('', 'second.2', endpoint), [], 'wherever it comes from')
  },
)

const signedOut = 'https://wiki.example.com/.auth/logged-out'

function signOut(
  changes: Partial<ProviderSettings> = {},
  metadata: object = {},
  idToken: string | null = 'the.id.token',
) {
  const settings = settingsFor(issuer, changes)
  return endSessionUrl(settings, metadataFor(settings, metadata), idToken, signedOut, 'a-state')
}

t.test('S-175: signing out at the provider', async (t) => {
  const url = signOut()
  t.equal(`${url?.origin}${url?.pathname}`, `${issuer}/logout`)
  t.same(Object.fromEntries(url?.searchParams ?? []), {
    id_token_hint: 'the.id.token',
    client_id: 'gateway',
    post_logout_redirect_uri: signedOut,
    state: 'a-state',
  })
  t.notOk(signOut({}, {}, null)?.searchParams.has('id_token_hint'))
  t.notOk(
    signOut({}, {}, 'x'.repeat(7000))?.searchParams.has('id_token_hint'),
    'no address is longer than servers take',
  )
  t.equal(signOut({}, { end_session_endpoint: undefined }), null)
  t.equal(signOut({}, { end_session_endpoint: `${issuer}/out?a=b` })?.searchParams.get('a'), 'b')
})

t.test('Cognito and Auth0 sign out in ways of their own', async (t) => {
  const authorization_endpoint = 'https://acme.auth.eu-west-1.amazoncognito.com/oauth2/authorize'
  for (const end_session_endpoint of [undefined, 'https://acme.auth.eu-west-1.amazoncognito.com/logout'])
    t.equal(
      signOut({ preset: 'cognito' }, { authorization_endpoint, end_session_endpoint })?.href,
      `https://acme.auth.eu-west-1.amazoncognito.com/logout?client_id=gateway&logout_uri=${encodeURIComponent(signedOut)}`,
    )
  t.equal(
    signOut({ preset: 'auth0' }, { end_session_endpoint: undefined })?.href,
    `${issuer}/v2/logout?client_id=gateway&returnTo=${encodeURIComponent(signedOut)}`,
  )
  t.equal(signOut({ preset: 'auth0' })?.pathname, '/logout', 'the standard one where it is there')
})

t.test('S-175: a provider that is down, or hangs, keeps nobody from signing out here', async (t) => {
  const down = await startRig(t, {
    bends: { answer: { metadata: (_request, response) => void response.writeHead(503).end() } },
  })
  t.equal(await down.provider.endSessionUrl('a.b.c', signedOut, 's'), null)
  const hanging = await startRig(t, {
    limits: { refreshWaitMs: 20 },
    bends: { answer: { metadata: () => {} } },
  })
  t.equal(await hanging.provider.endSessionUrl('a.b.c', signedOut, 's'), null)

  const later = await startRig(t)
  await later.signIn()
  later.op.bends = {
    answer: { metadata: () => {}, token: (_request, response) => void response.writeHead(503).end() },
  }
  t.equal((await faultOf(later.signIn())).code, 'PROVIDER_UNREACHABLE')
  t.ok(await later.provider.endSessionUrl('a.b.c', signedOut, 's'), 'what is known of it is enough')
})
