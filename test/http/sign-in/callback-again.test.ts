import t from 'tap'
import { LoginFault } from '../../../src/core/fault.ts'
import { stateHash } from '../../../src/core/session/transaction-cookie.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { begunBy, open, program, site, whereTo } from './callback-fixtures.ts'

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
