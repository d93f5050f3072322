import t from 'tap'
import {
  type AnyFault,
  type FaultCode,
  LoginFault,
  ProviderFault,
  StoreFault,
} from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { sessionNames } from '../../../src/core/log-names.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { createSpentStates } from '../../../src/runtime/spent-states.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { type Coming, open, program, sessionCookieOf, site } from './callback-fixtures.ts'

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
        client: '198.51.100.7',
        subject: /^[\w-]{16}$/,
        provider: 'op',
        session: /^[0-9a-f]{12}$/,
      },
    ])
    t.equal(lines.length, 2)
  },
)

t.test(
  'a session keeps words of ours for browser, system and network, and nothing that the browser sent',
  async (t) => {
    const { begin, finish, runtime, sessionOf, origin } = open(t)
    const clientOf = async (headers: Readonly<Record<string, string>>, changed: Partial<Admission> = {}) => {
      const found = await runtime.sessions.lookUp(
        sessionOf(await finish(await begin(), { headers, changed })),
        origin,
      )
      return found.kind === 'live' ? found.session : null
    }
    const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
    const seen = await clientOf({ 'user-agent': agent })
    t.same(seen?.client, { browser: 'Firefox', system: 'Linux', network: '198.51.100.0/24' })
    t.notMatch(JSON.stringify(seen), /Mozilla|128\.0|198\.51\.100\.7/)
    const hints = { 'sec-ch-ua': '"Brave";v="1"', 'sec-ch-ua-platform': '"Windows"' }
    t.match(await clientOf({ 'user-agent': agent, ...hints }), {
      client: { browser: 'Brave', system: 'Windows' },
    })
    t.match(await clientOf({ 'user-agent': '<script>alert(1)</script>' }), {
      client: { browser: null, system: null },
    })
    t.match(await clientOf({}, { clientAddress: null }), { client: { network: null } }, 'a Unix socket')
    const hidden = { network: { key: '10.0.0.1', hidden: true }, clientAddress: '10.0.0.1' }
    t.match(await clientOf({}, hidden), { client: { network: null } }, 'a proxy that nobody trusts')
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
  const identity = { user: 'alice', claims: {}, idToken: '', ...issuedToAlice }
  const transaction = {
    ...{ version: 2 as const, issuer: 'https://op.example', clientId: 'c', origin: site, returnTo: '/' },
    ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: 0, replaces: null, wish: null },
  } as const
  const start = () =>
    runtime.sessions.start({ identity, transaction, origin, previousCookie: null, client: null })
  const first = await start()
  clock.time += 1
  for (let i = 1; i < limits.personSessions; i++) await start()
  await finish(await begin())
  t.match(
    lines.filter(({ event }) => event === 'session.displaced'),
    [
      {
        level: 30,
        request_id: 'request-7',
        subject: /^[\w-]{16}$/,
        session: sessionNames(runtime.logKey)(first.session.key),
      },
    ],
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
  t.equal(counted.filter((one) => one === 'fault LOGIN_STATE_UNKNOWN of wiki').length, 5)
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
  t.ok(counted.includes('fault LOGIN_FAILURES_LIMITED of wiki'))
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
    LOGIN_CLOCK_DIFFERS: true,
    LOGIN_TOKEN_INVALID: true,
    LOGIN_USERINFO_INVALID: true,
    PROVIDER_CLIENT_REFUSED: true,
    PROVIDER_RESPONSE_INVALID: true,
    LOGIN_CANCELLED: false,
    LOGIN_REFUSED: false,
    LOGIN_USER_ID_INVALID: false,
    LOGIN_STEP_UP_NOT_MET: false,
    LOGIN_OTHER_ACCOUNT: false,
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
    t.match(page.body, 'ask ops. Please give the request id below')
    t.match(page.cookies, [{ value: '', options: { maxAge: 0 } }])
    t.equal(page.cookies?.length, 1)
    t.match(lines.at(-1), { event: 'login.failed', code: 'LOGIN_REFUSED', request_id: 'request-7' })
    t.equal(counted.at(-1), 'fault LOGIN_REFUSED of wiki')
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
