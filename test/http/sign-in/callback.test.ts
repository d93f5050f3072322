import type { IncomingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import {
  type AnyFault,
  type FaultCode,
  LoginFault,
  ProviderFault,
  StoreFault,
} from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { stateHash } from '../../../src/core/session/transaction-cookie.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { createSpentStates } from '../../../src/runtime/spent-states.ts'
import { type Asked, openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

const site = 'https://wiki.example'

interface Begun {
  readonly state: string
  /** The attempt's cookie. */
  readonly cookie: string
}

interface Coming extends Asked {
  readonly at?: string
  readonly changed?: Partial<Admission>
  readonly context?: RequestContext
}

function open(t: Test, { sameSite = 'lax', path = '' } = {}) {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, pass_parameters: [login_hint] }
  posts: { issuer: "https://posts.example", client_id: c, client_secret: s, user_id_prefix: "p:", response_mode: form_post }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, same_site: ${sameSite} }
apps: { wiki: { url: "${site}${path}", upstream: http://10.9.9.9, provider: [op, posts], title: The Wiki, contact: ops, require: signed_in } }
`,
  )
  const origin = around.originAt('wiki.example')
  const begin = async (query = '?provider=op&return_to=/deep?a=1', headers = {}): Promise<Begun> => {
    const admission = await around.admission(`${site}/.auth/login${query}`, { headers })
    const { headers: sent, cookies = [] } = await login(around.context, admission, headers)
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    return { state: new URL(sent.location ?? 'none:').searchParams.get('state') ?? '', cookie }
  }
  /** The answer to a callback, or what was thrown. */
  const come = async (parameters: string, { at = 'op', changed, context, ...asked }: Coming = {}) => {
    const address = `${site}/.auth/callback/${at}?${parameters}`
    const admission = { ...(await around.admission(address, asked)), ...changed }
    const headers = asked.headers ?? {}
    return (await orRejected(() =>
      callback(context ?? around.context, admission, headers, new URLSearchParams(parameters)),
    )) as Answer
  }
  const finish = ({ state, cookie }: Begun, asked: Coming = {}) =>
    come(`code=x&state=${state}`, { ...asked, headers: { cookie, ...asked.headers } })
  const sessionOf = ({ cookies = [] }: Answer) =>
    cookies.find(({ name }) => name === origin.cookies.session)?.value ?? ''
  const who = async (value: string) => {
    const found = await around.runtime.sessions.lookUp(value, origin)
    return found.kind === 'live' ? found.session.user : found.why
  }
  return { ...around, origin, begin, come, finish, sessionOf, who }
}

const program = { accept: '*/*' }
const sessionCookieOf = (name: string, value: string): IncomingHttpHeaders => ({ cookie: `${name}=${value}` })

t.test(
  'S-106: an answer of the provider becomes a session, and leads to the page that was asked for',
  async (t) => {
    const { begin, finish, provider, lines, counted, origin, who, sessionOf } = open(t)
    const begun = await begin()
    const answer = await finish(begun)
    t.match(answer, { status: 303, headers: { location: '/deep?a=1' } })
    const [transaction = ''] = begun.cookie.split('=')
    t.match(answer.cookies, [
      { name: origin.cookies.session, options: { sameSite: 'lax' } },
      { name: `${origin.cookies.transactionPrefix}rounds`, value: '1', options: { sameSite: 'lax' } },
      { name: transaction, value: '', options: { maxAge: 0 } },
    ])
    t.equal(answer.cookies?.length, 3)
    t.same(provider('op').exchanged, [
      {
        parameters: `code=x&state=${begun.state}`,
        redirectUri: `${site}/.auth/callback/op`,
        now: 1_900_000_000,
        network: '198.51.100.7',
      },
    ])
    t.equal(await who(sessionOf(answer)), 'alice')
    t.same(counted, ['login op started', 'login op completed'])
    t.match(lines.slice(1), [
      {
        event: 'login.completed',
        level: 30,
        request_id: 'request-7',
        provider: 'op',
        session: /^[0-9a-f]{12}$/,
      },
    ])
    t.equal(lines.length, 2)
  },
)

t.test('an answer that comes by a form is one of a provider that sends forms', async (t) => {
  const { begin, finish, provider, origin } = open(t)
  const begun = await begin('?provider=posts')
  const answer = await finish(begun, { at: 'posts', method: 'POST' })
  t.match(answer, { status: 303, headers: { location: '/' } })
  t.match(answer.cookies?.[1], {
    name: `${origin.cookies.transactionPrefix}rounds`,
    options: { sameSite: 'none' },
  })
  t.equal(provider('posts').exchanged.length, 1)
  const wrong: Coming = { at: 'posts', changed: { method: 'GET' }, headers: program }
  const refused = await finish(await begin('?provider=posts'), wrong)
  t.match(refused, { status: 400, body: /"reason":"login-response-invalid"/ })
  t.match(
    await finish(await begin(), { changed: { method: 'POST' }, headers: program }),
    { status: 400, body: /"reason":"login-response-invalid"/ },
    'and the other way round',
  )
  t.equal(provider('posts').exchanged.length + provider('op').exchanged.length, 1, 'nobody was asked')
})

t.test('rounds that follow each other are counted in the browser', async (t) => {
  const { begin, finish, origin } = open(t)
  const begun = await begin()
  const cookie = `${begun.cookie}; ${origin.cookies.transactionPrefix}rounds=2`
  t.match((await finish({ ...begun, cookie })).cookies?.[1], { value: '3' })
})

t.test('S-161: a new session ends the one that the browser brings, if it is plainly one', async (t) => {
  const { begin, finish, sessionOf, who, origin } = open(t)
  const { session: name } = origin.cookies
  const first = sessionOf(await finish(await begin()))
  const begun = await begin()
  const twice = `${begun.cookie}; ${name}=${first}; ${name}=${first}`
  await finish({ ...begun, cookie: twice })
  t.equal(await who(first), 'alice', 'of two nobody knows which it is')
  const again = await begin()
  await finish({ ...again, cookie: `${again.cookie}; ${name}=${first}` })
  t.equal(await who(first), 'session-ended')
})

t.test('a person’s oldest session ends for one too many, and the log names it', async (t) => {
  const { begin, finish, lines, runtime, origin, clock } = open(t)
  const identity = { user: 'alice', claims: {}, idToken: '' }
  const transaction = {
    ...{ version: 2 as const, issuer: 'https://op.example', clientId: 'c', origin: site, returnTo: '/' },
    ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: 0, replaces: null, wish: null },
  } as const
  const start = () => runtime.sessions.start({ identity, transaction, origin, previousCookie: null })
  const first = await start()
  clock.time += 1
  for (let i = 1; i < limits.personSessions; i++) await start()
  await finish(await begin())
  t.match(
    lines.filter(({ event }) => event === 'session.displaced'),
    [{ level: 30, request_id: 'request-7', session: first.session.key.slice(0, 12) }],
  )
})

t.test('under same_site: strict a page of ours moves on, with the cookies', async (t) => {
  const { begin, finish, origin } = open(t, { sameSite: 'strict' })
  const answer = await finish(await begin())
  t.match(answer, { status: 200, body: /Signed in · The Wiki/ })
  t.match(answer.body, 'content="0; url&#61;/deep?a&#61;1"')
  t.match(answer.cookies?.[0], { name: origin.cookies.session, options: { sameSite: 'strict' } })
})

t.test('a callback that belongs to no sign-in of this browser ends before anybody is asked', async (t) => {
  const { begin, come, finish, provider, lines, counted, clock } = open(t)
  const begun = await begin()
  const why = async (answer: Promise<Answer>, cookies = 0) => {
    const { status, body, cookies: set = [] } = await answer
    t.match([status, body], [400, /"reason":"login-state-unknown"/])
    t.equal(set.length, cookies)
    return String(lines.at(-1)?.error).replace('the callback belongs to no sign-in of this browser: ', '')
  }
  const headers = { ...program, cookie: begun.cookie }
  t.equal(await why(come('code=x', { headers })), 'state-invalid')
  t.equal(await why(come('code=x&state=', { headers })), 'state-invalid')
  const twice = `code=x&state=${begun.state}&state=${begun.state}`
  t.equal(await why(come(twice, { headers })), 'state-invalid', 'two are none')
  t.equal(await why(come('code=x&state=other', { headers })), 'cookie-missing')
  t.equal(await why(come(`code=x&state=${begun.state}`, { headers: program })), 'cookie-missing')
  t.match(lines.at(-1), { event: 'login.failed', code: 'LOGIN_STATE_UNKNOWN', request_id: 'request-7' })
  t.equal(counted.filter((one) => one === 'fault LOGIN_STATE_UNKNOWN').length, 5)
  t.equal(provider('op').exchanged.length, 0)
  t.match(await finish(begun), { status: 303 }, 'the attempt was neither spent nor forgotten')
  clock.time += 60
  t.equal(await why(finish(begun, { headers: program }), 1), 'already-used')
  t.equal(provider('op').exchanged.length, 1)
  const late = await begin()
  clock.time += 3600
  t.equal(await why(finish(late, { headers: program }), 1), 'expired')
})

t.test(
  'S-107: whoever is signed in goes on: to the page of that very sign-in, or to where the origin begins',
  async (t) => {
    const { begin, come, finish, sessionOf, origin } = open(t, { path: '/é/wiki' })
    const { session: name } = origin.cookies
    const begun = await begin()
    const value = sessionOf(await finish(begun))
    const headers = sessionCookieOf(name, value)
    const to = async (parameters: string) => (await come(parameters, { headers })).headers.location
    t.equal(await to(`code=x&state=${begun.state}`), '/deep?a=1')
    t.equal(await to('code=x&state=other'), '/%C3%A9/wiki')
    t.equal(await to('code=x&state='), '/%C3%A9/wiki')
    t.match(await come('code=x', { headers }), { status: 303 })
    const stranger = await come('code=x', { headers: sessionCookieOf(name, 'forged') })
    t.match(
      stranger,
      { status: 400, body: /return_to&#61;%2F%25C3%25A9%2Fwiki"/ },
      'where nobody starts again',
    )
  },
)

t.test('an address without an origin is none', async (t) => {
  const { come } = open(t)
  t.match(await come('code=x', { changed: { origin: null }, headers: program }), {
    status: 404,
    body: /"reason":"address-unknown"/,
  })
})

t.test('a network whose callbacks only fail is refused, and told until when', async (t) => {
  const { begin, finish, runtime, clock, provider, lines, counted } = open(t)
  const network = { key: '198.51.100.7', hidden: false }
  for (let i = 0; i < limits.failedSignIns; i++)
    runtime.signInFailures.failed(network, clock.monotonicMs() - 500)
  clock.time += 29
  const begun = await begin()
  const answer = await finish(begun)
  t.match(answer, { status: 429, headers: { 'retry-after': '31' }, body: /again in 31 seconds\./ })
  t.notMatch(answer.body, /button"|Start again/)
  t.match(answer.cookies, [{ value: '', options: { maxAge: 0 } }])
  t.match(lines.at(-1), { event: 'login.failed', code: 'LOGIN_FAILURES_LIMITED', request_id: 'request-7' })
  t.ok(counted.includes('fault LOGIN_FAILURES_LIMITED'))
  t.equal(provider('op').exchanged.length, 0)
  t.match(await finish(await begin(), { peer: '203.0.113.9' }), { status: 303 }, 'another network goes on')
  clock.time += 31
  t.match(
    await finish(begun),
    { status: 303 },
    'and this one when its time is over: the attempt was not spent',
  )
})

t.test('what fails at the provider is counted for its network, and nothing else', async (t) => {
  const { begin, finish, provider, context, runtime } = open(t)
  const failed: unknown[] = []
  const signInFailures = {
    ...runtime.signInFailures,
    failed: (...given: unknown[]) => void failed.push(given),
  }
  const counting = { ...context, runtime: { ...runtime, signInFailures } }
  const codes: Partial<Record<FaultCode, boolean>> = {
    LOGIN_CODE_REFUSED: true,
    LOGIN_TOKEN_INVALID: true,
    LOGIN_USERINFO_INVALID: true,
    PROVIDER_CLIENT_REFUSED: true,
    PROVIDER_RESPONSE_INVALID: true,
    LOGIN_REFUSED: false,
    LOGIN_USER_ID_INVALID: false,
    PROVIDER_UNREACHABLE: false,
    PROVIDER_BUSY: false,
    PROVIDER_KEYS_INVALID: false,
  }
  for (const [code, counts] of Object.entries(codes)) {
    provider('op').identity = new LoginFault(code as FaultCode, 'it went wrong')
    await finish(await begin(), { context: counting })
    const expected = counts ? [[{ key: '198.51.100.7', hidden: false }, 1_900_000_000_000]] : []
    t.same(failed.splice(0), expected, code)
  }
})

t.test(
  'a sign-in that failed is told by its fault, and may be started again for the same page',
  async (t) => {
    const { begin, finish, provider, lines, counted } = open(t)
    const fails = async (fault: AnyFault, headers = {}, changed: Partial<Admission> = {}) => {
      provider('op').identity = fault
      return finish(await begin(), { headers, changed })
    }
    const refused = new LoginFault('LOGIN_REFUSED', 'access_denied')
    const again = 'href="/.auth/login?return_to&#61;%2Fdeep%3Fa%3D1">Start again<'
    const other =
      'href="/.auth/login?return_to&#61;%2Fdeep%3Fa%3D1&#38;account&#61;other">Use another account<'
    const page = await fails(refused)
    t.match(page, { status: 403, body: /The sign-in was cancelled or refused · The Wiki/ })
    t.match(page.body, again)
    t.match(page.body, 'ask ops and give the request id below')
    t.match(page.cookies, [{ value: '', options: { maxAge: 0 } }])
    t.equal(page.cookies?.length, 1)
    t.match(lines.at(-1), { event: 'login.failed', code: 'LOGIN_REFUSED', request_id: 'request-7' })
    t.equal(counted.at(-1), 'fault LOGIN_REFUSED')
    t.match(await fails(refused, program), { status: 403, body: /"reason":"login-refused"/ })
    const nowhere = await fails(refused, {}, { app: null })
    t.match(nowhere, { status: 403, body: /wiki\.example/ })
    t.notMatch(nowhere.body, /, ask/)
    const down = await fails(new ProviderFault('PROVIDER_UNREACHABLE', 'it is down'))
    t.match(down, {
      status: 503,
      headers: { 'retry-after': '5' },
      body: /The sign-in service is not available/,
    })
    t.match(down.body, again)
    const wrong = await fails(new ProviderFault('PROVIDER_RESPONSE_INVALID', 'it is wrong'))
    t.match(wrong, { status: 502, body: /The sign-in service is not available/ })
    t.notMatch(wrong.body, /class="button"/, 'which nobody can do anything about')
    t.match(wrong.body, 'For help, ask ops')
    const unfit = await fails(new LoginFault('LOGIN_CLAIMS_TOO_LARGE', 'x'))
    t.match(unfit, { status: 403 })
    t.match(unfit.body, other)
    t.match(await fails(new ProviderFault('PROVIDER_RESPONSE_INVALID', 'x'), program), {
      status: 502,
      body: /"reason":"provider-response-invalid"/,
    })
  },
)

t.test('what is no fault goes on to whoever asked, and is no failure of a sign-in', async (t) => {
  const { begin, finish, provider, context, runtime } = open(t)
  const broken = new TypeError('a mistake of ours')
  provider('op').identity = broken
  t.equal(await finish(await begin()), broken)
  const without = { ...context, runtime: { ...runtime, providers: new Map() } }
  t.match(await finish(await begin(), { context: without }), {
    message: 'a provider that is configured and not there',
  })
})

t.test('S-111: an answer at another provider’s address, or for one that is gone, is nobody’s', async (t) => {
  const { begin, finish, provider, context, runtime, gateway, lines } = open(t)
  const elsewhere = await finish(await begin(), { at: 'posts', headers: program })
  t.match(elsewhere, { status: 400, body: /"reason":"login-response-invalid"/ })
  t.match(lines.at(-1), { error: /with op came to the redirect URI of another provider$/ })
  const nowhere = await finish(await begin(), { changed: { target: null }, headers: program })
  t.match(nowhere, { status: 400, body: /"reason":"login-response-invalid"/ })
  const settings = gateway.providers.get('op')
  if (settings === undefined) throw new Error('the file has op')
  const renamed = new Map([...gateway.providers, ['op', { ...settings, clientId: 'another' }]] as const)
  const changed = { ...context, runtime: { ...runtime, gateway: { ...gateway, providers: renamed } } }
  const gone = await finish(await begin(), { context: changed, headers: program })
  t.match(gone, { status: 400, body: /"reason":"login-state-unknown"/ })
  t.match(lines.at(-1), { error: /names no longer$/ })
  t.equal(provider('op').exchanged.length, 0)
})

/** The same gateway in another process on the same store. */
function otherProcess({ context, runtime }: ReturnType<typeof open>): RequestContext {
  const { clock, store } = runtime
  const spentStates = createSpentStates({ store: store.states, clock, report: () => {} })
  return { ...context, runtime: { ...runtime, spentStates } }
}

t.test(
  'S-116: a callback that comes again while the first is under way goes where that goes, at whatever process',
  async (t) => {
    const around = open(t)
    const { begin, finish, provider, counted, runtime, origin, sessionOf } = around
    const begun = await begin()
    const op = provider('op')
    const exchange = op.exchange.bind(op)
    const gate = Promise.withResolvers<void>()
    op.exchange = async (...given) => {
      await gate.promise
      return exchange(...given)
    }
    const first = finish(begun)
    const again = [finish(begun), finish(begun), finish(begun, { context: otherProcess(around) })]
    gate.resolve()
    const answers = await Promise.all([first, ...again])
    for (const answer of answers) {
      t.match(answer, { status: 303, headers: { location: '/deep?a=1' } })
      t.equal(sessionOf(answer), sessionOf(answers[0] as Answer), 'one session')
      t.same(
        answer.cookies?.map(({ name }) => name),
        answers[0]?.cookies?.map(({ name }) => name),
        'and the attempt is cleared',
      )
    }
    t.equal(op.exchanged.length, 1, 'one token request')
    t.equal((await runtime.store.list({})).length, 1)
    t.equal(counted.filter((one) => one === 'login op completed').length, 1)
    t.not(sessionOf(answers[0] as Answer), '')
    t.ok(origin)
  },
)

t.test('S-116: one that comes within a minute does so too, later it asks nobody', async (t) => {
  const around = open(t)
  const { begin, finish, provider, clock, sessionOf, who } = around
  const begun = await begin()
  const value = sessionOf(await finish(begun))
  clock.time += 59
  t.equal(sessionOf(await finish(begun, { context: otherProcess(around) })), value)
  clock.time += 1
  const late = await finish(begun, { headers: program })
  t.match(late, { status: 400, body: /"reason":"login-state-unknown"/ })
  t.equal(sessionOf(late), '')
  t.equal(await who(value), 'alice')
  t.equal(provider('op').exchanged.length, 1)
})

t.test('S-116: what failed the first time failed for whoever comes again, and counts once', async (t) => {
  const around = open(t)
  const { begin, finish, provider, context, runtime } = around
  const failures: number[] = []
  const signInFailures = { ...runtime.signInFailures, failed: () => void failures.push(1) }
  const counting = { ...context, runtime: { ...runtime, signInFailures } }
  provider('op').identity = new LoginFault('LOGIN_CODE_REFUSED', 'the code is old')
  const begun = await begin()
  for (let time = 0; time < 3; time++) {
    const answer = await finish(begun, { headers: program, context: counting })
    t.match(answer, { status: 400, body: /"reason":"login-code-refused"/ })
  }
  t.equal(provider('op').exchanged.length, 1)
  t.equal(failures.length, 1)
})

t.test(
  'S-107, S-159: an outcome is for the browser of the attempt, and no way back after a sign-out',
  async (t) => {
    const { begin, come, finish, sessionOf, runtime, origin, provider } = open(t)
    const begun = await begin()
    const value = sessionOf(await finish(begun))
    const state = `code=x&state=${begun.state}`
    const other = await begin()
    for (const headers of [program, { ...program, cookie: other.cookie }]) {
      const stranger = await come(state, { headers })
      t.match(stranger, { status: 400, body: /"reason":"login-state-unknown"/ }, 'another browser')
      t.equal(sessionOf(stranger), '')
    }
    const key = runtime.sessions.keyOf(value, origin)
    t.ok(key !== null && (await runtime.sessions.end({ key })))
    const back = await finish(begun, { headers: program })
    t.match(back, { status: 400, body: /"reason":"login-state-unknown"/ })
    t.equal(sessionOf(back), '')
    t.equal(provider('op').exchanged.length, 1)
  },
)

t.test('an attempt is not spent while the store cannot say whether it was', async (t) => {
  const { begin, finish, runtime, context } = open(t)
  const begun = await begin()
  const broken: RequestContext = {
    ...context,
    runtime: {
      ...runtime,
      spentStates: {
        ...runtime.spentStates,
        spend: () => {
          throw new StoreFault('STORE_UNAVAILABLE', 'for the test')
        },
      },
    },
  }
  const answer = await finish(begun, { context: broken })
  t.match(answer, { status: 503 })
  t.equal(answer.cookies, undefined, 'the attempt is kept')
  t.match(await finish(begun), { status: 303 })
})

const whereTo = ({ headers }: Answer): URL => new URL(headers.location ?? 'none:')

/** The attempt that an answer of the callback begins by itself. */
function begunBy(answer: Answer): Begun {
  const set = (answer.cookies ?? []).filter(({ value }) => value !== '')
  return {
    state: whereTo(answer).searchParams.get('state') ?? '',
    cookie: set.map(({ name, value }) => `${name}=${value}`).join('; '),
  }
}

t.test(
  'S-119: an attempt that took too long begins again by itself, once, for the same page and provider',
  async (t) => {
    const { begin, finish, clock, provider, lines, counted } = open(t)
    const late = await begin()
    clock.time += 3600
    const again = await finish(late)
    t.match(again, { status: 302 })
    t.equal(whereTo(again).origin, 'https://op.example')
    t.match(again.cookies?.at(-1), { value: '', options: { maxAge: 0 } }, 'the old attempt is cleared')
    t.match(lines.slice(-2), [
      { event: 'login.failed', code: 'LOGIN_STATE_UNKNOWN', error: /expired$/ },
      { event: 'login.started' },
    ])
    const second = begunBy(again)
    t.not(second.state, late.state)
    t.match(await finish(second), { status: 303, headers: { location: '/deep?a=1' } })

    const other = await begin()
    clock.time += 3600
    const otherSecond = begunBy(await finish(other))
    clock.time += 3600
    const page = await finish(otherSecond)
    t.match(page, { status: 400, body: /no longer valid/ }, 'a second one shows the page')
    t.match(page.body, 'href="/.auth/login?return_to&#61;%2Fdeep%3Fa%3D1">Start again<')
    t.equal(provider('op').exchanged.length, 1)
    t.equal(counted.filter((one) => one === 'login op started').length, 4)
  },
)

t.test(
  'what begins again asks for the same: for another account, and with what the link brought',
  async (t) => {
    const { begin, finish, clock, provider } = open(t)
    const askedOf = (answer: Answer) => {
      const { searchParams } = whereTo(answer)
      return [searchParams.get('other_account'), searchParams.get('login_hint'), searchParams.get('x')]
    }
    for (const [query, asked] of [
      ['&account=other&login_hint=ann%26b&x=1', ['true', 'ann&b', null]],
      ['&account=other', ['true', null, null]],
      ['&login_hint=ann%26b', ['false', 'ann&b', null]],
      ['', ['false', null, null]],
    ] as const) {
      const late = await begin(`?provider=op&return_to=/deep?a=1${query}`)
      clock.time += 3600
      const again = await finish(late)
      t.same(askedOf(again), asked, query)
      provider('op').identity = new LoginFault('LOGIN_UNAVAILABLE', 'for the test')
      const page = await finish(begunBy(again))
      const kept = query
        .replace('&x=1', '')
        .replaceAll('%26', '%26')
        .replaceAll('&', '&#38;')
        .replaceAll('=', '&#61;')
      t.match(
        page.body,
        `href="/.auth/login?return_to&#61;%2Fdeep%3Fa%3D1${kept}">Start again<`,
        'and so does the link',
      )
    }
    provider('op').identity = new LoginFault('LOGIN_USER_ID_INVALID', 'for the test')
    const other = await finish(await begin('?provider=op&login_hint=ann'))
    t.match(other.body, 'href="/.auth/login?return_to&#61;%2F&#38;account&#61;other">Use another account<')
  },
)

t.test('an attempt whose outcome is known no more begins again too', async (t) => {
  const { begin, finish, clock, provider, sessionOf } = open(t)
  const begun = await begin()
  await finish(begun)
  clock.time += 60
  const again = await finish(begun)
  t.match(again, { status: 302 })
  t.equal(sessionOf(again), '')
  t.match(await finish(begunBy(again)), { status: 303, headers: { location: '/deep?a=1' } })
  t.equal(provider('op').exchanged.length, 2)
})

t.test('no program, no frame, no other browser and no forged attempt begins again', async (t) => {
  const { begin, come, finish, clock, provider, counted } = open(t)
  const late = await begin()
  clock.time += 3600
  const frame = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }
  for (const headers of [program, frame]) {
    t.match(await finish(late, { headers }), { status: 400, body: /"reason":"login-state-unknown"/ })
  }
  const [name = ''] = late.cookie.split('=')
  for (const cookie of ['', `${name}=forged`, `${late.cookie}; ${late.cookie}`]) {
    const page = await come(`code=x&state=${late.state}`, { headers: { cookie } })
    t.match(page, { status: 400 })
    t.match(page.body, 'return_to&#61;%2F"', 'where the app begins')
  }
  t.equal(counted.filter((one) => one === 'login op started').length, 1)
  t.equal(provider('op').exchanged.length, 0)
})

t.test('restored tabs end at their own pages once one of them is signed in', async (t) => {
  const { begin, come, finish, clock, sessionOf, origin, provider } = open(t)
  const one = await begin('?provider=op&return_to=/one')
  const two = await begin('?provider=op&return_to=/two')
  clock.time += 3600
  const value = sessionOf(await finish(await begin('?provider=op&return_to=/three')))
  for (const [tab, page] of [
    [one, '/one'],
    [two, '/two'],
  ] as const) {
    const cookie = `${tab.cookie}; ${origin.cookies.session}=${value}`
    const answer = await come(`code=x&state=${tab.state}`, { headers: { cookie } })
    t.match(answer, { status: 303, headers: { location: page } })
    t.equal(sessionOf(answer), '', 'signed in as before')
  }
  t.equal(provider('op').exchanged.length, 1)
})

t.test('what was the provider’s own trouble begins again once, and then says so', async (t) => {
  const { begin, finish, provider, lines } = open(t)
  for (const [code, status] of [
    ['LOGIN_UNAVAILABLE', 503],
    ['LOGIN_UNFINISHED', 400],
  ] as const) {
    provider('op').identity = new LoginFault(code, 'the provider answered so')
    const again = await finish(await begin())
    t.match(again, { status: 302 }, code)
    t.match(lines.slice(-2), [{ event: 'login.failed', code }, { event: 'login.started' }])
    const page = await finish(begunBy(again))
    t.match(page, { status }, 'no third')
    t.match(page.body, 'href="/.auth/login?return_to&#61;%2Fdeep%3Fa%3D1">Start again<')
    t.match(await finish(await begin(), { headers: program }), { status }, 'nor for a program')
  }
  provider('op').identity = new LoginFault('LOGIN_REFUSED', 'access_denied')
  t.match(await finish(await begin()), { status: 403 }, 'a refusal is an answer')
})

t.test('nobody begins again with a provider that is gone', async (t) => {
  const { begin, finish, context, runtime, gateway, clock } = open(t)
  const late = await begin()
  clock.time += 3600
  const settings = gateway.providers.get('op')
  if (settings === undefined) throw new Error('the file has op')
  const renamed = new Map([...gateway.providers, ['op', { ...settings, clientId: 'another' }]] as const)
  const changed = { ...context, runtime: { ...runtime, gateway: { ...gateway, providers: renamed } } }
  t.match(await finish(late, { context: changed }), { status: 400 })
})

t.test('a sign-in for no page lands on the app’s own prefix', async (t) => {
  const { begin, finish } = open(t, { path: '/wiki' })
  for (const query of ['', '&return_to=/', '&return_to=//evil.example', '&return_to=/.auth/logout']) {
    const answer = await finish(await begin(`?provider=op${query}`))
    t.match(answer, { status: 303, headers: { location: '/wiki' } }, query)
  }
})

const longPage = `/deep?q=${'x'.repeat(7000)}`

t.test('S-116: a page that no cookie holds waits in the browser, under the hash of the state', async (t) => {
  const { context, admission, come, clock, sessionOf, origin, provider, finish } = open(t)
  const asked = await admission(`${site}/.auth/login?provider=op&return_to=${longPage}`)
  const shown = await login(context, asked, {})
  t.match(shown, { status: 200 })
  t.match(shown.headers['content-security-policy'], /^script-src 'sha256-[^']+'; default-src 'none'/)
  t.match(shown.body, '<script data-key="claimgate:')
  t.match(shown.body, `data-page="/deep?q&#61;xxx`)
  const [, to = ''] = /data-to="([^"]*)"/.exec(shown.body) ?? []
  const state =
    new URL(to.replaceAll('&#61;', '=').replaceAll('&#38;', '&').replaceAll('&amp;', '&')).searchParams.get(
      'state',
    ) ?? ''
  const begun = {
    state,
    cookie: (shown.cookies ?? []).map(({ name, value }) => `${name}=${value}`).join('; '),
  }
  t.ok(begun.cookie.length < 800, `${begun.cookie.length} bytes of cookie`)

  clock.time += 3600
  const again = await finish(begun)
  t.match(again, { status: 200 }, 'one that took too long takes the page along')
  t.match(again.body, `data-from="claimgate:${stateHash(state)}"`)
  clock.time -= 3600

  const answer = await finish(begun)
  t.match(answer, { status: 200 })
  t.match(answer.body, `data-key="claimgate:${stateHash(state)}" data-start="/"`)
  t.match(answer.body, '<form method="post" action="/.auth/login">')
  t.notMatch(answer.body, 'xxx', 'the server does not know it')
  const value = sessionOf(answer)
  t.not(value, '')
  const later = await come(`code=x&state=${state}`, {
    headers: sessionCookieOf(origin.cookies.session, value),
  })
  t.match(later.body, `data-key="claimgate:${stateHash(state)}"`, 'and so for whoever comes again')
  t.equal(provider('op').exchanged.length, 1)
})

/** A sign-in for a page that the browser's storage has. */
async function beginLong(
  { context, admission }: ReturnType<typeof open>,
  query = '?provider=op',
): Promise<Begun> {
  const asked = await admission(`${site}/.auth/login${query}&return_to=${longPage}`)
  const { body, cookies = [] } = await login(context, asked, {})
  const [, to = ''] = /data-to="([^"]*)"/.exec(body) ?? []
  const { searchParams } = new URL(to.replaceAll('&#61;', '=').replaceAll('&#38;', '&'))
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  return { state: searchParams.get('state') ?? '', cookie }
}

t.test(
  'S-119: an attempt whose cookie is gone begins again only where the tab’s storage has its page',
  async (t) => {
    const around = open(t)
    const { come, finish, counted, provider } = around
    const { state, cookie } = await beginLong(around)
    t.match(state, /\.s$/)
    const key = stateHash(state)
    const scriptOf = ({ body }: Answer) =>
      /<script data-key="claimgate:([^"]*)" data-to="([^"]*)">/.exec(body)
    const page = await come(`code=x&state=${state}`)
    t.match(page, { status: 400, body: /This sign-in is no longer valid/ })
    const second = `/.auth/login?provider&#61;op&#38;return_to&#61;%2F&#38;kept&#61;${key}&#38;attempt&#61;second`
    t.same(scriptOf(page)?.slice(1), [key, second])
    t.match(page.headers['content-security-policy'], /^script-src 'sha256-[^']{44}'; default-src 'none'/)
    t.match(
      page.body,
      `href="/.auth/login?provider&#61;op&#38;return_to&#61;%2F&#38;kept&#61;${key}">Start again<`,
    )

    const again = await beginLong(around, '?provider=op&attempt=second')
    t.match(again.state, /\.s2$/)
    const end = await come(`code=x&state=${again.state}`)
    t.match(end, { status: 400 })
    t.equal(scriptOf(end), null, 'a second one shows the page, whatever cookies the browser keeps')
    t.match(
      end.body,
      `kept&#61;${stateHash(again.state)}">Start again<`,
      'where one may start again for the same',
    )
    t.notMatch(end.headers['content-security-policy'], /script-src/)

    for (const junk of ['junk', 'junk.2', 'junk.s2', `${state}2`, state.slice(0, -2), 'x'.repeat(129)]) {
      const shown = await come(`code=x&state=${junk}`)
      t.match(shown, { status: 400 }, junk)
      t.equal(scriptOf(shown), null, `nothing is looked up for ${junk}`)
    }
    const forged = await come('code=x&state=junk.s')
    t.equal(scriptOf(forged)?.[1], stateHash('junk.s'), 'one that was never begun is looked up in vain')
    t.match(await come(`code=x&state=${state}`, { headers: program }), {
      body: /"reason":"login-state-unknown"/,
    })
    t.equal(counted.filter((one) => one === 'login op started').length, 2, 'no callback began one')
    t.equal(provider('op').exchanged.length, 0)
    t.match(await finish({ state, cookie }), { status: 200 }, 'and the attempt itself is as it was')
  },
)

t.test(
  'S-107: whoever is signed in goes on to the page in the storage, where the state says that there is one',
  async (t) => {
    const around = open(t, { path: '/wiki' })
    const { begin, come, finish, sessionOf, origin } = around
    const value = sessionOf(await finish(await begin()))
    const headers = sessionCookieOf(origin.cookies.session, value)
    const { state } = await beginLong(around)
    const answer = await come(`code=x&state=${state}`, { headers })
    t.match(answer, { status: 200 })
    t.match(answer.body, `data-key="claimgate:${stateHash(state)}" data-start="/wiki"`)
    t.match(await come(`code=x&state=${state}`, { headers, changed: { wantsPage: false } }), {
      status: 303,
      headers: { location: '/wiki' },
    })
  },
)

t.test('a failed sign-in for a page in the storage may be started again for that page', async (t) => {
  const around = open(t)
  around.provider('op').identity = new LoginFault('LOGIN_REFUSED', 'access_denied')
  const begun = await beginLong(around)
  const page = await around.finish(begun)
  t.match(
    page.body,
    `href="/.auth/login?return_to&#61;%2F&#38;kept&#61;${stateHash(begun.state)}">Start again<`,
  )
})

/** What a browser has after an answer: cookies that were set stay, cleared ones go. */
function jarOf(...answers: readonly Answer[]): Map<string, string> {
  const jar = new Map<string, string>()
  for (const { cookies = [] } of answers)
    for (const { name, value } of cookies) value === '' ? jar.delete(name) : jar.set(name, value)
  return jar
}

const sent = (jar: ReadonlyMap<string, string>) =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

t.test(
  'S-117, S-119: an attempt that was pushed out begins again by itself, once, for the same page',
  async (t) => {
    const { context, admission, come, clock, counted, origin, provider } = open(t)
    const jar = new Map<string, string>()
    const keep = ({ cookies = [] }: Answer) => {
      for (const { name, value } of cookies) value === '' ? jar.delete(name) : jar.set(name, value)
    }
    const states: string[] = []
    for (let tab = 0; tab < 9; tab++) {
      clock.time += 1
      const account = tab === 0 ? '&account=other&login_hint=ann' : ''
      const headers = { cookie: sent(jar) }
      const asked = await admission(`${site}/.auth/login?provider=op&return_to=/tab/${tab}${account}`, {
        headers,
      })
      const answer = await login(context, asked, headers)
      keep(answer)
      states.push(whereTo(answer).searchParams.get('state') ?? '')
    }
    t.equal(jar.size, 6, 'five attempts, and what is known of the others')
    t.match(jar.get(`${origin.cookies.transactionPrefix}past`), /^[\w.-]{100,1000}$/)
    for (const tab of [0, 3]) {
      const again = await come(`code=x&state=${states[tab]}`, { headers: { cookie: sent(jar) } })
      t.match(again, { status: 302 }, `tab ${tab}`)
      const asked = whereTo(again).searchParams
      t.equal(asked.get('other_account'), String(tab === 0))
      t.equal(asked.get('login_hint'), tab === 0 ? 'ann' : null)
      keep(again)
      const second = asked.get('state') ?? ''
      t.match(second, /\.2$/)
      t.match(await come(`code=x&state=${second}`, { headers: { cookie: sent(jar) } }), {
        status: 303,
        headers: { location: `/tab/${tab}` },
      })
      // Pushed out in its turn, the second one shows its page, which leads to the same.
      jar.delete([...jar.keys()].find((name) => name.includes(stateHash(second).slice(0, 16))) ?? '')
      const past = jarOf(again)
      past.delete([...past.keys()].find((name) => name.includes(stateHash(second).slice(0, 16))) ?? '')
      t.match(await come(`code=x&state=${second}`, { headers: { cookie: sent(past) } }), { status: 400 })
    }
    t.equal(counted.filter((one) => one === 'login op started').length, 11)
    t.equal(provider('op').exchanged.length, 2)

    const { state: theirs } = await openStranger(context, admission)
    for (const state of [theirs, 'junk', `${states[0]}.2`, (states[0] ?? '').slice(0, -1)])
      t.match(
        await come(`code=x&state=${state}`, { headers: { cookie: sent(jar) } }),
        { status: 400 },
        'of no other',
      )
    const past = `${origin.cookies.transactionPrefix}past`
    const value = jar.get(past) ?? ''
    for (const cookie of [`${past}=${value}; ${past}=${value}`, `${past}=forged`, `${past}=`])
      t.match(
        await come(`code=x&state=${states[0]}`, { headers: { cookie } }),
        { status: 400 },
        cookie.slice(0, 40),
      )
    t.match(await come(`code=x&state=${states[0]}`, { headers: { ...program, cookie: sent(jar) } }), {
      body: /"reason":"login-state-unknown"/,
    })
  },
)

/** An attempt of another browser. */
async function openStranger(context: RequestContext, admission: ReturnType<typeof open>['admission']) {
  const answer = await login(context, await admission(`${site}/.auth/login?provider=op`), {})
  return { state: whereTo(answer).searchParams.get('state') ?? '' }
}

t.test('whoever loads the page of a failure anew tries again, unless somebody said no', async (t) => {
  const { begin, come, finish, provider } = open(t)
  for (const [code, again] of [
    ['PROVIDER_UNREACHABLE', true],
    ['LOGIN_CODE_REFUSED', true],
    ['LOGIN_REFUSED', false],
    ['LOGIN_USER_ID_INVALID', false],
    ['PROVIDER_CLIENT_REFUSED', false],
  ] as const) {
    const begun = await begin()
    provider('op').identity = new LoginFault(code, 'for the test')
    const page = await finish(begun)
    const cookie = sent(jarOf(page))
    const anew = await come(`code=x&state=${begun.state}`, { headers: { cookie } })
    t.equal(anew.status, again ? 302 : 400, code)
    if (!again) continue
    const second = begunBy(anew)
    const end = await finish(second)
    const last = await come(`code=x&state=${second.state}`, { headers: { cookie: sent(jarOf(end)) } })
    t.match(last, { status: 400 }, 'once')
    t.match(last.body, 'href="/.auth/login?return_to&#61;%2Fdeep%3Fa%3D1">Start again<', 'and the link stays')
  }
})

t.test(
  'S-099: a provider that answers with an old state again and again is not asked for ever',
  async (t) => {
    const { context, admission, come, counted, provider } = open(t)
    provider('op').identity = new LoginFault('LOGIN_UNAVAILABLE', 'for the test')
    const jar = new Map<string, string>()
    const keep = ({ cookies = [] }: Answer) => {
      for (const { name, value } of cookies) value === '' ? jar.delete(name) : jar.set(name, value)
    }
    const first = await login(context, await admission(`${site}/.auth/login?provider=op&return_to=/deep`), {})
    keep(first)
    const state = whereTo(first).searchParams.get('state') ?? ''
    const statuses: number[] = []
    let last = first
    for (let round = 0; round < 4; round++) {
      last = await come(`error=server_error&state=${state}`, { headers: { cookie: sent(jar) } })
      keep(last)
      statuses.push(last.status)
    }
    t.same(statuses, [302, 400, 400, 400])
    t.match(
      last.body,
      'href="/.auth/login?return_to&#61;%2Fdeep">Start again<',
      'and the page is known still',
    )
    t.equal(counted.filter((one) => one === 'login op started').length, 2)
  },
)
