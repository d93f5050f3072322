import type { IncomingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import { ProviderFault, StoreFault } from '../../../src/core/fault.ts'
import { sessionNames } from '../../../src/core/log-names.ts'
import { seal } from '../../../src/core/session/seal.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { askToLogOut, loggedOut, logOut } from '../../../src/http/sign-in/logout.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { Sessions } from '../../../src/runtime/sessions.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { pageHeaders } from '../../support/pages.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected, orThrown } from '../../support/thrown.ts'

const site = 'https://wiki.example'
const own = { 'sec-fetch-site': 'same-origin' }
const program = { accept: '*/*' }

interface Bent {
  readonly headers?: IncomingHttpHeaders
  readonly changed?: Partial<Admission>
  readonly context?: RequestContext
}

function open(t: Test) {
  const around = openTestContext(
    t,
    `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: "${site}", upstream: http://10.9.9.9, title: The Wiki, require: signed_in } }
`,
  )
  const origin = around.originAt('wiki.example')
  const { session: name, transactionPrefix } = origin.cookies
  const signIn = async (): Promise<string> => {
    const identity = {
      user: 'alice',
      claims: { sub: 'alice' },
      idToken: 'id-token-of-alice',
      ...issuedToAlice,
    }
    const transaction = {
      ...{ version: 2 as const, issuer: 'https://op.example', clientId: 'c', origin: site, returnTo: '/' },
      ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: 0, replaces: null, wish: null },
    }
    const started = await around.runtime.sessions.start({
      identity,
      transaction,
      origin,
      previousCookie: null,
      client: null,
    })
    return `${name}=${started.cookieValue}`
  }
  const at = async (address: string, { headers = {}, changed }: Bent) => ({
    ...(await around.admission(`${site}/.auth/${address}`, { headers })),
    ...changed,
  })
  const ask = async (query = '', bent: Bent = {}) =>
    (await orRejected(async () =>
      askToLogOut(bent.context ?? around.context, await at(`logout${query}`, bent), bent.headers ?? {}),
    )) as Answer
  const leave = async (form: string, bent: Bent = {}) =>
    (await orRejected(async () => {
      const admission = { ...(await at('logout', bent)), method: 'POST' }
      const headers = { ...own, ...bent.headers }
      return logOut(bent.context ?? around.context, admission, headers, new URLSearchParams(form))
    })) as Answer
  const arrive = async (query: string, bent: Bent = {}) => {
    const admission = await at(`logged-out${query}`, bent)
    return orThrown(() => loggedOut(around.context, admission, bent.headers ?? {})) as Answer
  }
  const alive = async (cookie: string) =>
    (await around.runtime.sessions.lookUp(cookie.slice(name.length + 1), origin)).kind === 'live'
  /** The same with sessions that do something else. */
  const withSessions = (sessions: Partial<Sessions>): RequestContext => ({
    ...around.context,
    runtime: { ...around.runtime, sessions: { ...around.runtime.sessions, ...sessions } },
  })
  return {
    ...around,
    origin,
    signIn,
    ask,
    leave,
    arrive,
    alive,
    withSessions,
    name,
    outName: `${transactionPrefix}out`,
  }
}

const down = new StoreFault('STORE_UNAVAILABLE', 'the disk is gone')
const broken = new TypeError('a mistake of ours')
const throws = (thrown: unknown) => () => {
  throw thrown
}
const clearsPages = { 'clear-site-data': '"cache"' }

t.test('S-174: asking for the page signs nobody out, and says as whom one would be', async (t) => {
  const { ask, signIn, alive, lines } = open(t)
  const cookie = await signIn()
  const page = await ask('?return_to=/deep', { headers: { cookie } })
  t.match(page, { status: 200, headers: { 'referrer-policy': 'same-origin', 'cache-control': 'no-store' } })
  t.match(page.body, '<bdi>alice</bdi></b><small>with Acme</small>')
  t.match(page.body, '<form method="post" action="/.auth/logout">')
  t.match(page.body, '<input type="hidden" name="return_to" value="/deep">')
  t.match(page.body, 'href="/deep">Stay signed in<')
  t.match(page.body, '<title>Sign out? · The Wiki</title>')
  t.equal(page.cookies, undefined)
  t.ok(await alive(cookie))
  t.same(lines, [])
  const nobody = await ask()
  t.notMatch(nobody.body, /signed in as|type="hidden"/)
  t.match(nobody.body, 'href="/">Stay signed in<')
  t.match((await ask('?return_to=//evil.example')).body, 'name="return_to" value="/">')
})

t.test('an address without origin or target is none', async (t) => {
  const { ask, leave, arrive } = open(t)
  const none = { status: 404, body: /"reason":"address-unknown"/ }
  for (const changed of [{ origin: null }, { target: null }]) {
    t.match(await ask('', { changed, headers: program }), none)
    t.match(await arrive('', { changed, headers: program }), none)
  }
  t.match(await leave('', { changed: { origin: null }, headers: program }), none)
})

t.test('a session of a provider that the edition no longer has is ended here alone', async (t) => {
  const { ask, leave, signIn, context, provider, alive } = open(t)
  const gateway = { ...context.runtime.gateway, providers: new Map() }
  const changed = { ...context, runtime: { ...context.runtime, gateway } }
  provider('op').endSession = new URL('https://op.example/end')
  const cookie = await signIn()
  const page = await ask('', { headers: { cookie }, context: changed })
  t.match(page, { body: /<bdi>alice<\/bdi><\/b><\/p>/ })
  t.match(await leave('', { headers: { cookie }, context: changed }), {
    status: 303,
    headers: { location: '/.auth/logged-out' },
  })
  t.notOk(await alive(cookie))
  t.same(provider('op').ended, [])
})

t.test('S-174: only our own page signs out, as the browser says', async (t) => {
  const { leave, signIn, alive } = open(t)
  const cookie = await signIn()
  const refused = { status: 403, body: /"reason":"cross-site"/ }
  for (const site of ['cross-site', 'same-site', 'none', '']) {
    const headers = { ...program, cookie, 'sec-fetch-site': site, origin: 'https://wiki.example' }
    t.match(await leave('', { headers }), refused, site)
  }
  const old = { ...program, cookie, 'sec-fetch-site': undefined }
  t.match(await leave('', { headers: old }), refused, 'one that says nothing')
  t.match(await leave('', { headers: { ...old, origin: 'https://evil.example' } }), refused)
  t.match(await leave('', { headers: { ...old, origin: 'null' } }), refused)
  t.ok(await alive(cookie))
  t.match(await leave('', { headers: { ...old, origin: site } }), { status: 303 })
  t.notOk(await alive(cookie))
})

t.test('a sign-out has the refresh token that was kept revoked, and waits for nobody', async (t) => {
  const { leave, ask, signIn, context, alive } = open(t)
  const revoked: unknown[] = []
  const renewals: Runtime['renewals'] = {
    ...context.runtime.renewals,
    revoke: ({ issuer, clientId }) => void revoked.push([issuer, clientId]),
  }
  const changed = { ...context, runtime: { ...context.runtime, renewals } }
  // A use may have the provider asked whether the session lives.
  const { use: _, ...sessions } = changed.runtime.sessions
  const leaving = {
    ...changed,
    runtime: { ...changed.runtime, sessions: { ...sessions, use: throws(broken) } },
  }
  const cookie = await signIn()
  await ask('', { headers: { cookie }, context: changed })
  t.same(revoked, [], 'the question revokes nothing')
  await leave('', { headers: { ...program, cookie, 'sec-fetch-site': 'cross-site' }, context: changed })
  t.same(revoked, [], 'nor does what is refused')
  t.match(await leave('', { headers: { cookie }, context: leaving }), { status: 303 })
  t.notOk(await alive(cookie))
  t.same(revoked, [['https://op.example', 'c']])
  t.match(await leave('', { headers: { cookie }, context: changed }), { status: 303 })
  t.equal(revoked.length, 1, 'who has ended has nothing left')
})

t.test('what is revoked is the refresh token that another process got meanwhile', async (t) => {
  const { leave, signIn, context, alive } = open(t)
  const { store, clock } = context.runtime
  const cookie = await signIn()
  /** As another process does, of which this one hears nothing. */
  const refresh = async (token: string) => {
    const [stored] = await store.list({})
    const session = stored === undefined ? null : await store.load(stored.key)
    const lock = { id: token, at: clock.now(), until: clock.now() + 60 }
    if (session === null || !(await store.lock(session.key, lock))) throw new Error('no session')
    t.ok(await store.renew({ ...session, tokens: { access: null, refresh: token } }, token))
    await store.unlock(session.key, token)
  }
  await refresh('first')
  t.ok(await alive(cookie))
  await refresh('second')
  const revoked: unknown[] = []
  const revoke: Runtime['renewals']['revoke'] = ({ tokens }) => void revoked.push(tokens.refresh)
  const renewals = { ...context.runtime.renewals, revoke }
  await leave('', { headers: { cookie }, context: { ...context, runtime: { ...context.runtime, renewals } } })
  t.same(revoked, ['second'])

  const again = await signIn()
  await refresh('third')
  const load = { ...store, load: throws(down) }
  const away = { ...context.runtime, renewals, store: load }
  t.ok(await alive(again))
  t.match(await leave('', { headers: { cookie: again }, context: { ...context, runtime: away } }), {
    status: 303,
  })
  t.same(revoked, ['second', 'third'], 'and where the store does not say, the one that is known')
})

t.test('a refresh token is revoked though the store could not end the session everywhere', async (t) => {
  const { leave, signIn, withSessions } = open(t)
  const cookie = await signIn()
  const context = withSessions({ end: throws(down) })
  const revoked: unknown[] = []
  const renewals = { ...context.runtime.renewals, revoke: (one: unknown) => void revoked.push(one) }
  await leave('', { headers: { cookie }, context: { ...context, runtime: { ...context.runtime, renewals } } })
  t.equal(revoked.length, 1)
})

t.test('S-160: a sign-out ends the session, forgets pages and clears the cookies', async (t) => {
  const { leave, signIn, alive, lines, name, outName, origin, runtime } = open(t)
  const cookie = await signIn()
  const key = runtime.sessions.keyOf(cookie.slice(name.length + 1), origin) ?? ''
  const attempt = `${origin.cookies.transactionPrefix}attempt`
  const answer = await leave('', { headers: { cookie: `a=1; ${cookie}; ${attempt}=x` } })
  t.match(answer, {
    status: 303,
    headers: { location: '/.auth/logged-out', 'cache-control': 'no-store', ...clearsPages },
  })
  t.same(
    answer.cookies?.map((one) => [one.name, one.value, one.options.maxAge]),
    [
      [name, '', 0],
      [attempt, '', 0],
    ],
  )
  t.notOk(await alive(cookie))
  t.match(lines, [
    {
      event: 'session.ended',
      level: 30,
      request_id: 'request-7',
      session: sessionNames(runtime.logKey)(key),
      client: '198.51.100.7',
    },
  ])
  t.equal(lines.length, 1)
  t.match(await leave('return_to=/deep', {}), { headers: { location: '/deep' } })
  t.match(await leave('return_to=//evil.example', {}), { headers: { location: '/' } })
  t.equal(lines.length, 1, 'who had no session ends none')
  await leave('', { headers: { cookie } })
  t.equal(lines.length, 1, 'nor who had ended it')
  t.notOk(
    answer.cookies?.some((one) => one.name === outName),
    'nobody comes back from a provider',
  )
})

t.test(
  'S-177: of several sessions that came each ends, and what is none of ours does not matter',
  async (t) => {
    const { leave, signIn, alive, name, lines } = open(t)
    const [one, other] = [await signIn(), await signIn()]
    const answer = await leave('', { headers: { cookie: `${one}; ${name}=forged; ${other}` } })
    t.match(answer, { status: 303 })
    t.same([await alive(one), await alive(other)], [false, false])
    t.equal(lines.filter(({ event }) => event === 'session.ended').length, 2)
  },
)

t.test('then the browser goes on to the provider, and remembers where to come back to', async (t) => {
  const { leave, signIn, provider, outName } = open(t)
  provider('op').endSession = new URL('https://op.example/end?x=1')
  const page = await leave('return_to=/deep', { headers: { cookie: await signIn() } })
  t.match(page, { status: 200, headers: { ...pageHeaders(), ...clearsPages } })
  t.match(page.body, 'content="0; url&#61;https://op.example/end?x&#61;1"')
  t.match(page.body, '<title>Signing you out · The Wiki</title>')
  const [[idToken, back, state] = []] = provider('op').ended
  t.same([idToken, back], ['id-token-of-alice', `${site}/.auth/logged-out`])
  t.match(state, /^[\w-]{32}$/)
  const remembered = page.cookies?.at(-1)
  t.match(remembered, {
    name: outName,
    options: { path: '/', httpOnly: true, secure: true, sameSite: 'lax', maxAge: 300 },
  })
  t.same(Object.keys(remembered?.options ?? {}).toSorted(), [
    'httpOnly',
    'maxAge',
    'path',
    'sameSite',
    'secure',
  ])
  const bare = await leave('', { headers: { cookie: await signIn() } })
  t.equal(bare.cookies?.length, 1, 'nowhere to come back to: nothing is remembered')
  const long = (length: number) => `return_to=/${'x'.repeat(length - 1)}`
  const cookies = async (form: string) =>
    (await leave(form, { headers: { cookie: await signIn() } })).cookies?.length
  t.equal(await cookies(long(1500)), 2)
  t.equal(await cookies(long(1501)), 1, 'what no cookie could hold')
})

t.test('where the provider has no sign-out the page says that one is still signed in there', async (t) => {
  const { leave, signIn, provider, arrive, lines } = open(t)
  const out = await leave('', { headers: { cookie: await signIn() } })
  t.match(out, { status: 303, headers: { location: /^\/\.auth\/logged-out\?provider=op$/ } })
  const page = await arrive('?provider=op')
  t.match(page.body, 'You are still signed in at <bdi>Acme</bdi>')
  t.match(page.body, 'href="/.auth/login?account&#61;other">Sign in again<')
  t.match(page.body, '<title>You are signed out · The Wiki</title>')
  for (const query of ['', '?provider=nobody', '?provider=', '?provider=__proto__', '?provider=%3Cb%3E']) {
    const plain = await arrive(query)
    t.notMatch(plain.body, /still signed in|account&#61;other|__proto__|<b>/, query)
    t.match(plain.body, 'href="/.auth/login">Sign in again<')
  }
  t.match(await leave('return_to=/bye', { headers: { cookie: await signIn() } }), {
    headers: { location: /^\/bye$/ },
  })
  t.match(await leave('', {}), { headers: { location: /logged-out$/ } }, 'nobody was signed in')
  provider('op').endSession = new ProviderFault('PROVIDER_UNREACHABLE', 'no route')
  t.match(await leave('', { headers: { cookie: await signIn() } }), {
    headers: { location: /\?provider=op$/ },
  })
  provider('op').endSession = new URL('https://op.example/end')
  t.notMatch((await leave('', { headers: { cookie: await signIn() } })).body, 'still signed in')
  t.ok(lines.length > 0)
})

t.test('a provider that cannot be asked keeps nobody from leaving', async (t) => {
  const { leave, signIn, provider, lines, alive, counted } = open(t)
  provider('op').endSession = new ProviderFault('PROVIDER_UNREACHABLE', 'no route')
  const cookie = await signIn()
  t.match(await leave('', { headers: { cookie } }), {
    status: 303,
    headers: { location: '/.auth/logged-out' },
  })
  t.notOk(await alive(cookie))
  const line = { event: 'provider.failed', provider: 'op', code: 'PROVIDER_UNREACHABLE' }
  t.match(lines.at(-1), { ...line, request_id: String })
  t.same(counted, ['fault PROVIDER_UNREACHABLE of -'], 'no line without its count')
})

t.test(
  'a session that the store did not end is said to be ended in this browser, and clears it',
  async (t) => {
    const { leave, signIn, withSessions, provider, lines, counted, name, outName } = open(t)
    provider('op').endSession = new URL('https://op.example/end')
    const cookie = await signIn()
    const context = withSessions({ end: async () => throws(down)() })
    const page = await leave('return_to=/deep', { headers: { cookie }, context })
    t.match(page, {
      status: 200,
      headers: clearsPages,
      body: /You are signed out in this browser · The Wiki/,
    })
    t.match(page.body, 'href="https://op.example/end">Sign out at your sign-in service<')
    t.notMatch(page.body, 'Sign in again')
    t.same(
      page.cookies?.map((one) => one.name),
      [name, outName],
    )
    t.match(lines, [{ event: 'store.failed', code: 'STORE_UNAVAILABLE', request_id: 'request-7' }])
    t.same(counted, ['fault STORE_UNAVAILABLE of wiki'])
    const mistaken = withSessions({ end: async () => throws(broken)() })
    t.equal(await leave('', { headers: { cookie }, context: mistaken }), broken, 'what is no fault goes on')
  },
)

t.test('a store that does not say who asks keeps nobody from leaving', async (t) => {
  const { ask, leave, signIn, withSessions, lines, counted, alive } = open(t)
  const cookie = await signIn()
  const context = withSessions({ use: throws(down) })
  const page = await ask('', { headers: { cookie }, context })
  t.match(page, { status: 200, body: /Sign out\?/ })
  t.notMatch(page, { body: /signed in as/ })
  t.match(lines, [{ event: 'store.failed', code: 'STORE_UNAVAILABLE', request_id: 'request-7' }])
  t.same(counted, ['fault STORE_UNAVAILABLE of wiki'])
  t.match(await leave('', { headers: { cookie }, context }), { status: 303 })
  t.notOk(await alive(cookie))
  t.equal(await ask('', { headers: { cookie }, context: withSessions({ use: throws(broken) }) }), broken)
})

t.test('back from the provider one goes on with the state that we gave, and only so', async (t) => {
  const { leave, arrive, signIn, provider, outName, runtime } = open(t)
  provider('op').endSession = new URL('https://op.example/end')
  const left = await leave('return_to=/deep?a=1', { headers: { cookie: await signIn() } })
  const state = String(provider('op').ended[0]?.[2])
  const cookie = `${outName}=${left.cookies?.at(-1)?.value}`
  const cleared = [{ name: outName, value: '', options: { maxAge: 0 } }]
  const gone = await arrive(`?state=${state}`, { headers: { cookie: `a=1; ${cookie}` } })
  t.match(gone, { status: 303, headers: { location: '/deep?a=1' }, cookies: cleared })
  t.equal(gone.cookies?.length, 1)
  const told = { status: 200, body: /You are signed out · The Wiki/, cookies: cleared }
  t.match(await arrive('?state=other', { headers: { cookie } }), told)
  t.match(await arrive('', { headers: { cookie } }), told)
  t.match(await arrive(`?state=${state}`, { headers: { cookie: `${outName}=forged` } }), told)
  t.match(await arrive(`?state=${state}`, { headers: { cookie: `${outName}=forged; ${cookie}` } }), told)
  const plain = await arrive(`?state=${state}`)
  t.match(plain, { status: 200, body: /href="\/\.auth\/login">Sign in again</ })
  t.same(plain.cookies, [], 'nothing to clear')
  const other = await arrive(`?state=${state}`, { headers: { cookie: `${outName}x=1` } })
  t.same(other.cookies, [], 'an attempt’s is not ours to clear here')

  const scope = { purpose: 'sign-out', context: [site, outName] } as const
  const sealed = (value: unknown) =>
    `${outName}=${seal(runtime.ring, scope, JSON.stringify(value), runtime.random)}`
  const lands = async (value: unknown) =>
    (await arrive('?state=1', { headers: { cookie: sealed(value) } })).headers.location
  t.equal(await lands(['1', '/x']), '/x')
  t.equal(await lands(['1', '//evil.example']), '/', 'it is read as strictly as from anybody')
  t.equal(await lands([1, '/x']), undefined)
  t.equal(await lands(['1', 5]), undefined)
})
