import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Json } from '../../../src/core/json.ts'
import type { Identity } from '../../../src/core/ports.ts'
import { plainWish } from '../../../src/core/session/authorization-wish.ts'
import { sealWish } from '../../../src/core/session/sealed-wish.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { cookiesOf, open, script, site, start, stateOf } from './step-up-rig.ts'

function queryOf({ headers }: Answer): URLSearchParams {
  return new URL(headers.location ?? 'none:').searchParams
}

t.test(
  'a page that asks for a step-up sends to the provider of the session, and lets in after it',
  async (t) => {
    const { begin, ask, refused, attempt, says, come, clock, sessions } = await open(t)
    const cookie = await begin()
    t.equal(await ask('/', { cookie }), 'let in')
    const asked = await refused('/pay/1?a=1', { cookie })
    t.equal(asked.status, 302)
    t.match(asked.headers.location, /^https:\/\/op\.example\/authorize\?/, 'no chooser, though there are two')
    t.equal(queryOf(asked).get('acr_values'), 'phr')
    t.equal(queryOf(asked).get('login_hint'), 'ada', 'it names whom it is about')
    const { wish, returnTo } = attempt(asked)
    t.equal(returnTo, '/pay/1?a=1')
    t.match(wish, { stepUp: { acrValues: ['phr'], maxAgeSeconds: 300 }, account: /^[\w-]{43}$/ })
    const [before] = await sessions()

    clock.time += 30
    says({ acr: 'phr', auth_time: clock.now() })
    const back = await come(`code=x&state=${stateOf(asked)}`, { cookie: `${cookie}; ${cookiesOf(asked)}` })
    t.match(back, { status: 303, headers: { location: '/pay/1?a=1' } })
    const now = cookiesOf(back)
    t.equal(await ask('/pay/1?a=1', { cookie: now }), 'let in')
    const [after, ...others] = await sessions()
    t.same([others.length, after?.key === before?.key], [0, false], 'the new session replaced the old one')
    clock.time += 31 * 60 + 1
    t.match(await refused('/pay', { cookie: now }), { status: 302 }, 'it lasts for half an hour')
    t.equal(await ask('/', { cookie: now }), 'let in', 'and the rest of the wiki for longer')
  },
)

t.test('nobody is asked to step up to be told no, nor before there is a session', async (t) => {
  const { begin, refused } = await open(t)
  const cookie = await begin({ groups: ['staff'] })
  t.match(await refused('/admins', { cookie }), { status: 403 })
  const stranger = await refused('/pay')
  t.match(stranger.headers.location, /^\/\.auth\/login\?return_to=%2Fpay/, 'the chooser, and no step-up')
})

t.test('a script is told 401 and what is wanted, with an address that nobody can edit', async (t) => {
  const { begin, refused, signIn, attempt, origin, runtime, clock } = await open(t)
  const cookie = await begin()
  const told = await refused('/pay/1', { cookie, ...script })
  t.equal(told.status, 401)
  t.equal(
    told.headers['www-authenticate'],
    'Cookie realm="claimgate", error="insufficient_user_authentication", acr_values="phr", max_age="300"',
  )
  const body = JSON.parse(told.body)
  t.match(body, {
    status: 401,
    reason: 'step-up-needed',
    title: 'A stronger or more recent sign-in is needed',
  })
  const link = new URL(body.login_url)
  t.equal(link.origin + link.pathname, `${site}/.auth/login`)
  t.same([...link.searchParams.keys()], ['return_to', 'step_up'])
  // Of random letters three may stand together; in clear, or merely encoded, they would be words.
  const sealed = link.searchParams.get('step_up') ?? ''
  const decoded = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
  t.notMatch([sealed, ...decoded].join('\n'), /\b(?:phr|alice|ada)\b/)
  t.notMatch(body.login_url.replace(sealed, ''), /phr|alice|ada/)

  const begun = await signIn(link.search, { cookie })
  t.match(
    begun.headers.location,
    /^https:\/\/op\.example\/authorize\?/,
    'the provider of the session, no chooser',
  )
  t.match(attempt(begun), { returnTo: '/pay/1', wish: { stepUp: { acrValues: ['phr'] }, account: /./ } })
  const moved = await signIn(
    link.search.replace('%2Fpay%2F1', '%2Fdesk').replace('?', '?ui_locales=de&provider=other&'),
    { cookie },
  )
  t.match(
    moved.headers.location,
    /^https:\/\/op\.example\/authorize\?/,
    'an edited address changes no provider',
  )
  t.match(attempt(moved), { returnTo: '/desk', wish: { stepUp: { acrValues: ['phr'] } } })

  const plain = async (value: string, why: string) => {
    const answer = await signIn(`?provider=op&return_to=/pay/1&step_up=${value}`, { cookie })
    t.equal(answer.status, 302, why)
    t.equal(attempt(answer).wish, null, why)
  }
  await plain(`${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'B' : 'A'}`, 'forged')
  await plain('', 'empty')
  await plain('phr', 'written by hand')
  const twin = { ...origin, origin: 'https://twin.example' }
  const { random, ring } = runtime
  const wish = attempt(begun).wish ?? plainWish
  const provider = { issuer: 'https://op.example', clientId: 'c' }
  await plain(sealWish(ring, twin, { provider, wish }, { random, now: clock.now() }), 'of another origin')
  const gone = { issuer: 'https://gone.example', clientId: 'c' }
  await plain(
    sealWish(ring, origin, { provider: gone, wish }, { random, now: clock.now() }),
    'of a provider that is gone',
  )
  clock.time += 3601
  await plain(sealed, 'old')
  t.equal((await signIn('?step_up=a&step_up=b', { cookie })).status, 400, 'twice')
  t.match(await refused('/pay/1', { cookie: '' }), { status: 302 }, 'and whoever comes back is asked again')
})

t.test('a scope that is missing is told as that', async (t) => {
  const { begin, refused, ask } = await open(t)
  const cookie = await begin({}, { scopes: ['openid'] })
  const told = await refused('/refunds', { cookie, ...script })
  t.equal(
    told.headers['www-authenticate'],
    'Cookie realm="claimgate", error="insufficient_scope", scope="refunds"',
  )
  t.equal(await ask('/refunds', { cookie: await begin({}, { scopes: ['openid', 'refunds'] }) }), 'let in')
})

t.test('a form that needs a step-up shows a page, and a frame one that opens on top', async (t) => {
  const { begin, refused } = await open(t)
  const cookie = await begin()
  const form = await refused('/pay', { cookie, referer: `${site}/pay/form` }, { method: 'POST' })
  t.equal(form.status, 401)
  t.match(form.body, 'Please sign in once more')
  t.match(form.body, 'What you sent was not saved.')
  t.match(form.body, /href="\/\.auth\/login\?return_to&#61;%2Fpay%2Fform&#38;step_up&#61;/)
  t.match(form.headers, { 'www-authenticate': /acr_values="phr"/, 'cache-control': 'no-store' })
  const program = await refused('/pay', { cookie, ...script }, { method: 'POST' })
  t.match(JSON.parse(program.body).login_url, /^https:\/\/wiki\.example\/\.auth\/login\?step_up=/)
  const frame = await refused('/pay', {
    cookie,
    referer: `${site}/top`,
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'iframe',
    'sec-fetch-site': 'same-origin',
  })
  t.match(frame.body, /href="\/\.auth\/login\?return_to&#61;%2Ftop&#38;step_up&#61;[^"]*" target="_top"/)
  t.match(frame.body, 'Please sign in once more')
})

t.test('a page that is too long for an address leads back to where the origin begins', async (t) => {
  const { begin, refused } = await open(t)
  const cookie = await begin()
  const told = await refused(`/pay/${'x'.repeat(7600)}`, { cookie, ...script })
  t.match(JSON.parse(told.body).login_url, /^https:\/\/wiki\.example\/\.auth\/login\?step_up=[^&]+$/)
})

const notMet: readonly [string, string, Readonly<Record<string, Json>>, Partial<Identity>, RegExp][] = [
  ['ignores acr_values', '/pay', { acr: undefined as unknown as Json }, {}, /step_up: acr was missing/],
  ['returns a lower acr', '/pay', { acr: 'pwd' }, {}, /step_up: acr was "pwd", rule wants phr/],
  [
    'returns an old auth_time',
    '/pay',
    { auth_time: start - 361 },
    {},
    /step_up: auth_time was 6m old, rule wants at most 5m old/,
  ],
  ['sends no auth_time', '/pay', { auth_time: null }, {}, /step_up: auth_time was missing/],
  ['sends milliseconds', '/pay', { auth_time: start * 1000 }, {}, /still to come/],
  [
    'drops the scope',
    '/refunds',
    {},
    { scopes: ['openid'] },
    /step_up: scopes was openid, rule wants refunds/,
  ],
  [
    'asks nobody under prompt=login',
    '/desk',
    { auth_time: start - 61 },
    {},
    /rule wants since this sign-in began/,
  ],
]

for (const [name, path, claims, more, told] of notMet) {
  t.test(`S-122: a provider that ${name}: 403, no loop, and the session stays as it was`, async (t) => {
    const { begin, refused, ask, says, come, sessions, lines, counted } = await open(t)
    const cookie = await begin()
    const asked = await refused(path, { cookie })
    const [before] = await sessions()
    const changed = Object.fromEntries(
      Object.entries({ acr: 'phr', auth_time: start, ...claims }).filter(([, value]) => value !== undefined),
    )
    says(changed, more)
    const parameters = `code=x&state=${stateOf(asked)}`
    const headers = { cookie: `${cookie}; ${cookiesOf(asked)}` }
    const answer = await come(parameters, headers)
    t.equal(answer.status, 403)
    t.match(answer.body, 'Your sign-in is not enough for this page')
    t.match(answer.body, /href="\/\.auth\/login\?return_to&#61;[^"]*step_up&#61;/, 'one may try again')
    t.match(answer.decision, { kind: 'deny', reason: 'step-up-not-met' }, 'as the access line says')
    t.equal(answer.headers.location, undefined)
    t.same(await sessions(), before && [before], 'nothing began, and nothing ended')
    t.equal(await ask('/', { cookie }), 'let in')
    t.notOk((answer.cookies ?? []).some(({ name: set }) => set === '__Host-claimgate'))
    t.match(
      lines.filter(({ event }) => event === 'login.failed'),
      [{ code: 'LOGIN_STEP_UP_NOT_MET', error: told, provider: 'op' }],
    )
    t.ok(counted.includes('login op failed'))

    const again = await come(parameters, headers)
    t.equal(again.status, 403, 'a doubled callback comes to the same')
    t.match(again.body, 'Your sign-in is not enough for this page')
    const program = await come(parameters, { ...headers, ...script }, { changed: { wantsPage: false } })
    t.match(JSON.parse(program.body), { status: 403, reason: 'step-up-not-met' })
    t.same(await sessions(), before && [before])
  })
}

t.test('two step-ups of two tabs come to their pages, whichever is first', async (t) => {
  const { begin, refused, ask, says, come } = await open(t)
  const cookie = await begin({}, { scopes: ['refunds'] })
  const one = await refused('/pay', { cookie })
  const two = await refused('/desk', { cookie: `${cookie}; ${cookiesOf(one)}` })
  says({ acr: 'phr', auth_time: start }, { scopes: ['refunds'] })
  const jar = `${cookie}; ${cookiesOf(one)}; ${cookiesOf(two)}`
  const second = await come(`code=x&state=${stateOf(two)}`, { cookie: jar })
  t.match(second, { status: 303, headers: { location: '/desk' } })
  const first = await come(`code=x&state=${stateOf(one)}`, {
    cookie: `${cookiesOf(second)}; ${cookiesOf(one)}`,
  })
  t.match(first, { status: 303, headers: { location: '/pay' } })
  for (const path of ['/pay', '/desk', '/refunds'])
    t.equal(await ask(path, { cookie: cookiesOf(first) }), 'let in', path)
})

t.test('the attempt that begins again by itself asks for the same step-up, once', async (t) => {
  const { begin, refused, come, attempt, clock } = await open(t)
  const cookie = await begin()
  const asked = await refused('/pay', { cookie })
  clock.time += 3601
  const again = await come(`code=x&state=${stateOf(asked)}`, { cookie: `${cookiesOf(asked)}` })
  t.equal(again.status, 302)
  t.match(attempt(again), { returnTo: '/pay', wish: { stepUp: { acrValues: ['phr'] }, account: /./ } })
})

t.test(
  'the hint is what the provider called the person, never an address that is not verified',
  async (t) => {
    const { begin, refused, runtime } = await open(t)
    const hint = async (claims: Readonly<Record<string, Json>>) =>
      queryOf(await refused('/pay', { cookie: await begin({ preferred_username: null, ...claims }) })).get(
        'login_hint',
      )
    t.equal(await hint({ preferred_username: 'ada', email: 'a@x.example', email_verified: true }), 'ada')
    t.equal(await hint({ email: 'a@x.example', email_verified: true }), 'a@x.example')
    t.equal(await hint({ email: 'a@x.example', email_verified: false }), null)
    t.equal(await hint({ email: 'a@x.example' }), null)
    t.equal(await hint({ preferred_username: 'a\u0000b' }), null)
    t.equal(await hint({ preferred_username: 'a'.repeat(256) }), null)
    t.equal(await hint({ preferred_username: ['ada'] }), null)
    const cookie = await begin()
    const lookUp = runtime.sessions.lookUp
    t.teardown(() => Object.assign(runtime.sessions, { lookUp }))
    Object.assign(runtime.sessions, {
      lookUp: () => {
        throw new StoreFault('STORE_UNAVAILABLE', 'for the test')
      },
    })
    const asked = await refused('/pay', { cookie })
    t.match(
      [asked.status, queryOf(asked).get('login_hint')],
      [302, null],
      'a store that is away takes the courtesy alone',
    )
  },
)

t.test('S-099: steps up as often as there are pages for it, without being taken for a loop', async (t) => {
  const { begin, refused, says, come, clock, origin } = await open(t)
  const rounds = `${origin.cookies.transactionPrefix}rounds`
  let cookie = await begin({ acr: 'pwd' })
  t.match(cookie, `${rounds}=1`)
  for (let time = 1; time <= 6; time++) {
    clock.time += 2000
    const begun = await refused('/pay', { cookie })
    t.equal(begun.status, 302, `step-up ${time}`)
    says({ acr: 'phr', auth_time: clock.now() })
    const back = { cookie: `${cookie}; ${cookiesOf(begun)}` }
    const answer = await come(`code=x&state=${stateOf(begun)}`, back)
    t.equal(answer.status, 303)
    // The mark of step-ups is over in a minute.
    cookie = `${cookiesOf(answer).replace(/; [^;=]*step-ups=[^;]*/, '')}; ${rounds}=1`
    t.notMatch(cookiesOf(answer), rounds, 'the session stayed: it is no round')
  }
  const many = `${cookie.replace(`${rounds}=1`, `${rounds}=9`)}`
  clock.time += 2000
  t.match(await refused('/pay', { cookie: many }), { status: 302 }, 'nor is it stopped by those before')
})

t.test(
  'S-099: a step-up that the next request lacks again and again is told, and not asked for ever',
  async (t) => {
    const { begin, refused, ask, says, come, lines, clock } = await open(t)
    let session = await begin({ acr: 'pwd' })
    const jar = new Map<string, string>()
    const cookie = () => [session, ...[...jar].map(([name, value]) => `${name}=${value}`)].join('; ')
    // Two pages that lead to each other, or a provider whose refreshed tokens take back what its sign-in brought.
    const round = async (path: string) => {
      clock.time += 5
      const asked = await refused(path, { cookie: cookie() })
      if (asked.status !== 302) return asked
      says(path === '/pay' ? { acr: 'phr', auth_time: clock.now() } : {}, {
        scopes: path === '/pay' ? [] : ['refunds'],
      })
      const back = { cookie: `${cookie()}; ${cookiesOf(asked)}` }
      const answer = await come(`code=x&state=${stateOf(asked)}`, back)
      t.match(answer, { status: 303, headers: { location: path } })
      for (const { name, value } of answer.cookies ?? []) {
        if (name === '__Host-claimgate') session = `${name}=${value}`
        else if (value === '') jar.delete(name)
        else jar.set(name, value)
      }
      t.equal(await ask(path, { cookie: cookie() }), 'let in')
      return answer
    }
    for (const path of ['/pay', '/refunds', '/pay', '/refunds']) t.equal((await round(path)).status, 303)
    const stopped = await round('/pay')
    t.match(stopped, { status: 400, body: /those who run this site have to look at it/ })
    t.equal(stopped.headers.location, undefined)
    t.match(lines.at(-1), { code: 'LOGIN_LOOP', error: /still came with step-up-needed: .*refreshed/ })
    const asked = await refused(
      '/pay',
      { cookie: cookie(), ...script },
      { headers: { ...script, cookie: cookie() } },
    )
    t.equal(asked.status, 401, 'a program is told as before')
    jar.clear()
    t.equal((await round('/pay')).status, 303, 'a minute later')
  },
)
