import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import type { Decision } from '../../../src/core/decision.ts'
import { ProviderFault } from '../../../src/core/fault.ts'
import { type Answer, frameOf } from '../../../src/http/pages/answer.ts'
import { answerChallenge, login, takeUp } from '../../../src/http/sign-in/login.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'
import { decoded, open, site } from './login-rig.ts'

t.test('S-104: one provider is gone to at once, with an attempt sealed into this browser', async (t) => {
  const { begin, begun, lines, counted, origin } = open(t)
  const answer = await begin('?provider=op&return_to=/deep?a=1')
  t.match(answer, { status: 302, headers: { 'cache-control': 'no-store' } })
  const url = new URL(answer.headers.location ?? 'none:')
  t.equal(url.origin + url.pathname, 'https://op.example/authorize')
  t.equal(url.searchParams.get('redirect_uri'), `${site}/.auth/callback/op`)
  t.equal(url.searchParams.get('other_account'), 'false')
  t.match(begun(answer), {
    issuer: 'https://op.example',
    clientId: 'c',
    origin: site,
    returnTo: '/deep?a=1',
    startedAt: 1_900_000_000,
    replaces: null,
  })
  t.match(answer.cookies, [
    { options: { sameSite: 'lax', maxAge: 90_000, secure: true, httpOnly: true, path: '/' } },
  ])
  t.ok(answer.cookies?.[0]?.name.startsWith(origin.cookies.transactionPrefix))
  t.same(counted, ['login op started'])
  t.match(lines, [
    {
      ...{ event: 'login.started', level: 30, request_id: 'request-7', provider: 'op' },
      redirect_uri: `${site}/.auth/callback/op`,
    },
  ])
  const posted = await begin('?provider=other&account=other')
  t.match(posted.cookies, [{ options: { sameSite: 'none' } }], 'an answer that comes by a form crosses sites')
  t.match(posted, { headers: { location: /^https:\/\/other\.example\/.*other_account=true$/ } })
  t.match(await begin('?provider=op&account=same'), { headers: { location: /other_account=false$/ } })
})

t.test('what a sign-in is asked for is asked once, of a provider that is accepted', async (t) => {
  const { begin } = open(t)
  for (const name of ['return_to', 'provider', 'account']) {
    const twice = await begin(`?${name}=op&${name}=op`, { accept: '*/*' })
    t.match(twice, { status: 400, body: /"reason":"parameter-repeated"/ }, name)
  }
  const unknown = await begin('?provider=nobody', { accept: '*/*' })
  t.match(unknown, { status: 400, body: /"reason":"provider-unknown"/ })
  t.match(await begin('?provider=op&x=1&x=2'), { status: 302 }, 'what we do not read may come twice')
})

t.test('S-103: a provider is handed what its pass_parameters lists, and nothing else', async (t) => {
  const { begin } = open(t)
  const asked = async (query: string) => {
    const answer = await begin(query, { accept: '*/*' })
    return answer.status === 302 ? new URL(answer.headers.location ?? 'none:').searchParams : answer
  }
  const passed = async (query: string) => {
    const parameters = await asked(`?provider=other&${query}`)
    if (!(parameters instanceof URLSearchParams)) return parameters
    for (const own of ['state', 'redirect_uri', 'other_account']) parameters.delete(own)
    return Object.fromEntries(parameters)
  }
  t.same(await passed('login_hint=ann%40example.com&ui_locales=de-AT+de&kc_idp_hint=corp'), {
    login_hint: 'ann@example.com',
    ui_locales: 'de-AT de',
  })
  t.same(await passed('login_hint='), {}, 'an empty one is none')
  t.same(await passed('prompt=none&scope=x&state=evil&redirect_uri=evil&kc_idp_hint=a&kc_idp_hint=b'), {})
  t.same(await passed(`login_hint=${'x'.repeat(255)}`), { login_hint: 'x'.repeat(255) })
  for (const value of [
    'x'.repeat(256),
    'a%00b',
    'a%0Ab',
    'a%09b',
    '%C3%A9',
    'a%7Fb',
    '+a',
    'a+',
    'a++b',
    '%E2%80%AE',
    '%FF',
  ]) {
    t.match(await passed(`login_hint=${value}`), { status: 400, body: /"reason":"parameter-invalid"/ }, value)
  }
  const twice = await passed('login_hint=a&login_hint=a')
  t.match(twice, { status: 400, body: /"reason":"parameter-repeated"/ })
  const first = (await asked('?provider=op&login_hint=a&ui_locales=de')) as URLSearchParams
  t.notOk(first.has('login_hint') || first.has('ui_locales'), 'the other provider lists nothing')
})

t.test('the chooser hands on to each provider what it lists', async (t) => {
  const { begin } = open(t)
  const page = await begin('?return_to=/a&login_hint=a%26b%22%3E%3Cb&kc_idp_hint=x&prompt=none')
  const shown = page.body.replaceAll('&#61;', '=').replaceAll('&#38;', '&')
  t.match(shown, 'href="/.auth/login?provider=op&return_to=%2Fa">')
  t.match(shown, 'href="/.auth/login?provider=other&return_to=%2Fa&login_hint=a%26b%22%3E%3Cb">')
  t.match(await begin('?login_hint=%00', { accept: '*/*' }), { status: 400 })
})

t.test('S-119: only a navigation begins a sign-in, as far as a browser says', async (t) => {
  const { begin } = open(t)
  const image = { accept: '*/*', 'sec-fetch-mode': 'no-cors' }
  t.match(await begin('?provider=op', image), { status: 403, body: /"reason":"not-a-navigation"/ })
  t.match(await begin('?provider=op', { 'sec-fetch-mode': 'navigate' }), { status: 302 })
  t.match(await begin('?provider=op', {}), { status: 302 })
})

t.test('where several could be meant the person chooses, among those that help', async (t) => {
  const { begin, counted } = open(t)
  const chooser = await begin('?return_to=/a%26b')
  t.match(chooser, { status: 200, headers: { 'content-type': /^text\/html/ } })
  const shown = chooser.body.replaceAll('&#61;', '=').replaceAll('&#38;', '&')
  t.match(shown, 'href="/.auth/login?provider=op&return_to=%2Fa%26b">')
  t.match(shown, 'href="/.auth/login?provider=other&return_to=%2Fa%26b">')
  t.match(shown, /First[\s\S]*Second/)
  t.match(shown, />O<\/text>[\s\S]*>S<\/text>/, 'with the icon of each')
  t.match(shown, '<p>The Wiki</p>')
  t.match(
    (await begin('?account=other')).body.replaceAll('&#61;', '=').replaceAll('&#38;', '&'),
    '&account=other">',
  )
  t.notMatch(shown, 'account=other')
  t.match(await begin('?return_to=/admin'), { headers: { location: /^https:\/\/other\.example/ } })
  t.same(counted, ['login other started'])
})

t.test('a provider that the edition no longer has is offered to nobody', async (t) => {
  const { context, gateway, admission } = open(t)
  const providers = new Map([...gateway.providers].filter(([name]) => name === 'op'))
  const runtime = { ...context.runtime, gateway: { ...gateway, providers } }
  const page = await orRejected(async () =>
    login({ ...context, runtime }, await admission(`${site}/.auth/login?return_to=/open`), {}),
  )
  t.match(page, { body: /First/ })
  const none = { ...context, runtime: { ...context.runtime, gateway: { ...gateway, providers: new Map() } } }
  const empty = await orRejected(async () =>
    login(none, await admission(`${site}/.auth/login?return_to=/x`), {}),
  )
  t.match(
    empty,
    { status: 200, body: /Choose how to sign in/ },
    'nor does one without providers end in an error',
  )
  t.notMatch(page, { body: /Second/ })
})

t.test('an address without origin or target begins nothing', async (t) => {
  const { context, admission } = open(t)
  const whole = await admission(`${site}/.auth/login`, { headers: { accept: '*/*' } })
  for (const missing of [{ origin: null }, { target: null }]) {
    const answer = await orRejected(() => login(context, { ...whole, ...missing }, {}))
    t.match(answer, { status: 404, body: /"reason":"address-unknown"/ }, Object.keys(missing).join())
  }
})

t.test('S-161: a sign-in remembers the session that it will replace, if it is one of ours', async (t) => {
  const { begin, begun, runtime, origin } = open(t)
  const transaction = begun(await begin('?provider=op'))
  if (!('state' in transaction)) throw new Error('an attempt was begun')
  const identity = { user: 'alice', claims: {}, idToken: '', ...issuedToAlice }
  const { session, cookieValue } = await runtime.sessions.start({
    identity,
    transaction,
    origin,
    previousCookie: null,
    client: null,
  })
  const name = origin.cookies.session
  t.match(begun(await begin('?provider=op', { cookie: `${name}=${cookieValue}` })), { replaces: session.key })
  t.match(begun(await begin('?provider=op', { cookie: `${name}=forged` })), { replaces: null })
  const twice = `${name}=${cookieValue}; ${name}=${cookieValue}`
  t.match(begun(await begin('?provider=op', { cookie: twice })), { replaces: null })
})

t.test('S-117: attempts that are too many or too old are cleared as a new one begins', async (t) => {
  const { begin, origin, clock } = open(t)
  const first = (await begin('?provider=op')).cookies?.[0]
  if (first === undefined) throw new Error('an attempt was begun')
  const cookie = `a=1; ${first.name}=${first.value}`
  t.match((await begin('?provider=op', { cookie })).cookies, [{ options: { maxAge: 90_000 } }])
  clock.time += 90_000
  t.match((await begin('?provider=op', { cookie })).cookies, [
    { name: first.name, value: '', options: { maxAge: 0 } },
    { name: new RegExp(`^${origin.cookies.transactionPrefix}`), options: { maxAge: 90_000 } },
  ])
})

t.test('a provider that cannot be asked is told as such, counted, and begins no attempt', async (t) => {
  const { begin, provider, lines, counted, runtime, context, admission } = open(t)
  provider('op').fault = new ProviderFault('PROVIDER_UNREACHABLE', 'no route to https://op.example')
  const answer = await begin('?provider=op')
  t.match(answer, { status: 503, body: /The sign-in service is not available/ })
  t.equal(answer.cookies, undefined)
  t.same(counted, ['login op failed', 'fault PROVIDER_UNREACHABLE of wiki'])
  t.match(lines, [
    {
      event: 'login.failed',
      code: 'PROVIDER_UNREACHABLE',
      request_id: 'request-7',
      provider: 'op',
      level: 50,
    },
  ])
  const broken = new TypeError('a mistake of ours')
  provider('op').fault = broken
  t.equal(await begin('?provider=op'), broken, 'what is no fault goes on')
  const without = { ...runtime, providers: new Map() }
  const asked = await admission(`${site}/.auth/login?provider=op`)
  const thrown = await orRejected(() => login({ ...context, runtime: without }, asked, {}))
  t.match(thrown, { message: 'a sign-in without a provider' })
  const gateway = { ...runtime.gateway, providers: new Map() }
  const unset = await orRejected(() => login({ ...context, runtime: { ...runtime, gateway } }, asked, {}))
  t.match(unset, { message: 'a sign-in without a provider' })
})

t.test('a page that asks for a sign-in leads to its one provider, or to the chooser, and back', async (t) => {
  const { challenge, begun, context, admission } = open(t)
  const answer = await challenge('/deep?a=1')
  t.match(answer, { status: 302, headers: { location: /^https:\/\/op\.example\/.*other_account=false$/ } })
  t.match(begun(answer), { returnTo: '/deep?a=1' })
  const several = await challenge('/deep?a=1', {}, ['op', 'other'])
  t.match(several, { status: 302, headers: { location: '/.auth/login?return_to=%2Fdeep%3Fa%3D1' } })
  t.match(await challenge('/x', {}, []), { headers: { location: '/.auth/login?return_to=%2Fx' } })
  const nowhere = { ...(await admission(`${site}/x`)), target: null }
  const sent = await orRejected(async () => answerChallenge(context, nowhere, {}, []))
  t.match(sent, { headers: { location: '/.auth/login?return_to=%2F' } })
  const lost = { ...(await admission(`${site}/x`)), origin: null }
  const thrown = await orRejected(async () => answerChallenge(context, lost, {}, ['op']))
  t.match(thrown, { message: 'a sign-in without a provider' })
  const chosen = await orRejected(async () => answerChallenge(context, lost, {}, []))
  t.match(chosen, { status: 302, cookies: undefined })
})

t.test('a browser whose session does not stay is told so instead of going round', async (t) => {
  const { challenge, origin, lines, counted, context, admission } = open(t)
  const headers = { accept: 'text/html', cookie: `${origin.cookies.transactionPrefix}rounds=4` }
  const page = await challenge('/deep', headers)
  t.match(page, { status: 400, body: /You were signed in, but it does not last · The Wiki/ })
  t.match(page.body, 'href="/.auth/login?return_to&#61;%2Fdeep">Start again<')
  t.match(page.body, 'ask ops. Please give the request id below')
  t.match(page.body, frameOf(await admission(`${site}/deep`)).requestId)
  t.same(counted, ['login op failed', 'fault LOGIN_LOOP of wiki'])
  t.match(lines, [
    {
      event: 'login.failed',
      code: 'LOGIN_LOOP',
      request_id: 'request-7',
      error: /still came with no-session/,
    },
  ])
  const bare = { ...(await admission(`${site}/deep`)), app: null }
  const nowhere = await orRejected(async () => answerChallenge(context, bare, headers, ['op']))
  t.match(nowhere, { status: 400 })
  t.notMatch(nowhere, { body: /, ask/ })
})

t.test('under same_site: strict a link from elsewhere asks once more from here', async (t) => {
  const strict = open(t, 'strict')
  const fromElsewhere = { 'sec-fetch-site': 'cross-site' }
  const page = await strict.challenge('/deep', fromElsewhere)
  t.match(page, { status: 200, body: /One moment · The Wiki/ })
  t.match(page.body, 'content="0; url&#61;/deep"')
  t.equal(page.cookies, undefined)
  t.match(await strict.challenge('/deep', { 'sec-fetch-site': 'same-site' }), { status: 302 })
  t.match(await open(t).challenge('/deep', fromElsewhere), { status: 302 }, 'a Lax cookie would have come')
})

t.test(
  'S-119: a frame begins no sign-in: one of the same origin is told how, another is refused',
  async (t) => {
    const { begin, counted } = open(t)
    const frame = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }
    const own = await begin('?provider=op&return_to=/deep', {
      ...frame,
      'sec-fetch-site': 'same-origin',
      referer: `${site}/top`,
    })
    t.match(own, { status: 401, body: /href="\/\.auth\/login\?return_to&#61;%2Ftop" target="_top"/ })
    t.match(own.headers, { 'x-frame-options': 'SAMEORIGIN' })
    for (const dest of ['iframe', 'frame', 'embed', 'object']) {
      for (const origin of ['cross-site', 'same-site', 'none']) {
        const foreign = await begin('?provider=op', {
          ...frame,
          'sec-fetch-dest': dest,
          'sec-fetch-site': origin,
        })
        t.match(foreign, { status: 403, body: /"reason":"not-a-navigation"/ }, `${dest}, ${origin}`)
      }
    }
    t.same(counted, [])
  },
)

t.test(
  'S-092 … S-102: what the browser kept is checked as any return address is, and moves on by a page',
  async (t) => {
    const { context, admission } = open(t)
    const take = async (returnTo: string, headers: IncomingHttpHeaders = {}) => {
      const posted = await admission(`${site}/.auth/login`, { method: 'POST', headers })
      return takeUp(context, posted, headers, new URLSearchParams({ return_to: returnTo }))
    }
    const refreshOf = ({ body }: Answer) =>
      /http-equiv="refresh" content="0; url&#61;([^"]*)"/.exec(body)?.[1]
    const long = `/deep?q=${'x'.repeat(7000)}`
    t.equal(refreshOf(await take(long)), long.replace('=', '&#61;'))
    t.match(decoded(await take(`${long}#x`)), `<script data-to="${long}">`)
    for (const bad of [
      'javascript:alert(1)',
      '//evil.example',
      'https://evil.example/',
      '/.auth/logout',
      `/${'x'.repeat(9000)}`,
      '',
    ]) {
      t.equal(refreshOf(await take(bad)), '/', bad.slice(0, 40))
    }
    const answer = await take('/deep', { 'sec-fetch-site': 'same-origin' })
    t.match(answer, { status: 200 })
    t.equal(answer.cookies, undefined, 'nothing begins, nothing changes')
    for (const from of ['cross-site', 'same-site', 'none'])
      t.match(await take('/deep', { 'sec-fetch-site': from }), { status: 403 }, from)
  },
)

t.test('S-099: a link of another site, which brings no Strict cookie, is no round', async (t) => {
  const { challenge, origin } = open(t, 'strict')
  const cookie = `${origin.cookies.transactionPrefix}rounds=4`
  const crossing = { accept: 'text/html', 'sec-fetch-site': 'cross-site', cookie }
  t.match(await challenge('/deep', crossing), { status: 200, body: /One moment/ })
  t.match(await challenge('/deep', { ...crossing, 'sec-fetch-site': 'same-origin' }), { status: 400 })
})

t.test('an access token that is over as soon as it comes is no matter of cookies', async (t) => {
  const { context, admission, origin, lines } = open(t)
  const headers = { accept: 'text/html', cookie: `${origin.cookies.transactionPrefix}rounds=4` }
  const asked = await admission(`${site}/deep`, { headers })
  const decision: Decision = {
    kind: 'challenge',
    how: 'redirect',
    reason: 'token-expired',
    providers: ['op'],
    stepUp: null,
  }
  const page = await answerChallenge(context, { ...asked, decision }, headers, ['op'])
  t.match(page, { status: 400, body: /those who run this site have to look at it/ })
  t.notMatch(page.body, /must keep cookies|Start again/)
  t.match(lines.at(-1), { code: 'LOGIN_LOOP', error: /still came with token-expired: .*access token/ })
})

t.test(
  'what names kept pages and attempts comes once, and a link can make an attempt a second one',
  async (t) => {
    const { begin, begun } = open(t)
    for (const name of ['kept', 'attempt'])
      t.match(await begin(`?provider=op&${name}=a&${name}=a`, { accept: '*/*' }), { status: 400 }, name)
    t.match(begun(await begin('?provider=op&attempt=second')), { state: /^[\w-]{32}\.2$/ })
    t.match(begun(await begin('?provider=op&attempt=2')), { state: /^[\w-]{32}$/ })
    t.match(
      decoded(await begin('?return_to=/x&attempt=second')),
      /provider=op&return_to=%2Fx&attempt=second"/,
    )
  },
)

t.test(
  'a refresh token is asked for where something of this origin needs one, and nowhere else',
  async (t) => {
    const token = 'identity_headers: { X-Token: access_token }'
    const around = openTestContext(
      t,
      `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:", recheck: 15m }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki: { url: "${site}", upstream: http://10.9.9.9, provider: op, require: signed_in }
  api: { url: "https://api.example", upstream: http://10.9.9.9, provider: op, require: signed_in, ${token} }
  blog: { url: "https://blog.example", upstream: http://10.9.9.9, provider: other, require: signed_in }
`,
    )
    const begin = async (origin: string) =>
      login(around.context, await around.admission(`${origin}/.auth/login`, { headers: {} }), {})
    for (const origin of [site, 'https://api.example', 'https://blog.example']) await begin(origin)
    t.same(around.provider('op').offline, [false, true])
    t.same(around.provider('other').offline, [true], 'a provider that is asked again')
  },
)
