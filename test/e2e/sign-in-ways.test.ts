import t from 'tap'
import { fire } from '../support/attack.ts'
import { Attacker } from '../support/attacker.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startHostileFront } from '../support/hostile-front.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { freePort } from '../support/ports.ts'
import { startTwoProviders } from '../support/two-providers.ts'

// What a sign-in answers on its less usual ways, and that each of them is taken.

/** The text of a page with its character references resolved. */
const unescaped = (html: string) =>
  html.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&')

t.test(
  'a Strict session is set on a page of our own that moves on, and a link from elsewhere begins nothing',
  async (t) => {
    const front = await startHostileFront({
      top: 'session: { same_site: strict, secret: a-session-secret-of-thirty-two-bytes-or-more }\n',
    })
    t.teardown(() => front.close())
    const session = `claimgate-${front.gateway.port}`
    const attacker = new Attacker()
    const begun = await attacker.visit(`${front.url}/deep?x=1`)
    const back = front.op.authorize(new URL(begun.headers.location ?? ''))
    const page = await attacker.visit(`${front.url}/.auth/callback?${back}`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    t.equal(page.status, 200, 'no redirect: that would be the other site’s navigation still')
    t.match(unescaped(page.body), /url=\/deep\?x=1/)
    const line = (page.headers['set-cookie'] ?? []).find((one) => one.startsWith(`${session}=`))
    t.match(line, /; SameSite=Strict$/)

    const visit = (site: string, cookie = '') =>
      new Attacker().visit(`${front.url}/deep`, { headers: { cookie, 'sec-fetch-site': site } })
    const linked = await visit('cross-site')
    t.equal(linked.status, 200)
    t.match(unescaped(linked.body), /url=\/deep/)
    t.same(linked.headers['set-cookie'] ?? [], [], 'the cookie may be there and hidden: no attempt is begun')
    t.equal((await visit('same-origin')).status, 302, 'where a Strict cookie would have come, there is none')
    t.equal((await visit('none')).status, 302)
    t.equal((await visit('cross-site', `${session}=${attacker.value(session)}`)).status, 200)
  },
)

t.test('a Lax session needs no page in between', async (t) => {
  const front = await startHostileFront()
  t.teardown(() => front.close())
  const attacker = new Attacker()
  const begun = await attacker.visit(`${front.url}/deep`, { headers: { 'sec-fetch-site': 'cross-site' } })
  t.equal(begun.status, 302)
  const back = front.op.authorize(new URL(begun.headers.location ?? ''))
  t.match(await attacker.visit(`${front.url}/.auth/callback?${back}`), {
    status: 303,
    headers: { location: '/deep' },
  })
})

t.test(
  '/.auth/login: one of each parameter, a provider that is accepted, and the wish for another account',
  async (t) => {
    const two = await startTwoProviders()
    t.teardown(() => two.close())
    const login = (query: string) =>
      fire(two, { target: `/.auth/login?${query}`, headers: ['Accept: application/json'] })
    for (const name of ['return_to', 'provider', 'account']) {
      const answer = await login(`${name}=honest&${name}=honest`)
      t.equal(answer.status, 400, name)
      t.equal(JSON.parse(answer.body).reason, 'parameter-repeated')
    }
    for (const name of ['nobody', '', 'Honest', '__proto__', 'honest,evil']) {
      const answer = await login(`provider=${name}`)
      t.equal(answer.status, 400, name)
      t.equal(JSON.parse(answer.body).reason, 'provider-unknown')
    }
    const chooser = await login('return_to=/page')
    t.equal(chooser.status, 200)
    t.same(chooser.values('set-cookie'), [], 'nothing is begun before somebody chose')
    const hrefs = (html: string) =>
      [...unescaped(html).matchAll(/href="([^"]*login[^"]*)"/g)].map(([, href]) => href)
    t.same(hrefs(chooser.body), [
      '/.auth/login?provider=honest&return_to=%2Fpage',
      '/.auth/login?provider=evil&return_to=%2Fpage',
    ])
    const other = await login('return_to=/page&account=other')
    t.same(hrefs(other.body), [
      '/.auth/login?provider=honest&return_to=%2Fpage&account=other',
      '/.auth/login?provider=evil&return_to=%2Fpage&account=other',
    ])
    const prompt = async (query: string) => {
      const [location = ''] = (await login(`provider=honest&${query}`)).values('location')
      return new URL(location).searchParams.get('prompt')
    }
    t.equal(await prompt('account=other'), 'login')
    t.equal(await prompt('account=same'), null)
    t.equal(await prompt(''), null)
  },
)

t.test(
  'a callback that belongs to nothing leads whoever is signed in to where the origin begins',
  async (t) => {
    const op = await startHostileOp({ host: 'localhost' })
    for (const [prefixes, start] of [
      [['', '/wiki'], '/'],
      [['/wiki'], '/wiki'],
      [['/wiki', '/wiki/deep'], '/wiki'],
    ] as const) {
      const gateway = await startTestGateway({
        yaml: ({ url }) => `
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret } }
defaults: { require: signed_in, shared_secret: a-shared-secret-of-thirty-two-bytes-and-more }
apps:
${prefixes.map((prefix, at) => `  app-${at}: { url: "${url}${prefix}", upstream: "http://127.0.0.1:1" }\n`).join('')}`,
      })
      const attacker = new Attacker()
      const begun = await attacker.visit(`${gateway.url}/wiki/page`)
      const back = op.authorize(new URL(begun.headers.location ?? ''))
      const lands = async (query: URLSearchParams | string) =>
        (await attacker.visit(`${gateway.url}/.auth/callback?${query}`)).headers.location
      t.equal(await lands(back), '/wiki/page')
      t.equal(await lands(back), '/wiki/page', 'the sign-in that made this session')
      t.equal(await lands('code=x&state=other'), start, `another one, with apps at ${prefixes}`)
      t.equal(await lands('code=x'), start, 'none at all')
      await gateway.close()
    }
    await op.close()
  },
)

t.test(
  'a provider that is down at either end is told as such, and the way back leads to the page',
  async (t) => {
    const front = await startHostileFront()
    t.teardown(() => front.close())
    const attacker = new Attacker()
    const begun = await attacker.visit(`${front.url}/page?x=1`)
    const back = front.op.authorize(new URL(begun.headers.location ?? ''))
    front.op.bends = { answer: { token: (_request, response) => void response.writeHead(503).end() } }
    const down = await attacker.visit(`${front.url}/.auth/callback?${back}`)
    t.ok(down.status >= 500, String(down.status))
    t.match(unescaped(down.body), /href="\/\.auth\/login\?return_to=%2Fpage%3Fx%3D1"/)
    const program = new Attacker()
    const headers = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    const answer = await program.visit(`${front.url}/.auth/callback?code=x&state=y`, { headers })
    t.equal(answer.status, 400)
    t.match(JSON.parse(answer.body), { status: 400, reason: 'login-state-unknown' })
  },
)

t.test('an attempt is not begun where the provider cannot be asked', async (t) => {
  const adminPort = await freePort()
  const front = await startHostileFront({ adminPort })
  t.teardown(() => front.close())
  await front.op.close()
  const page = await new Attacker().visit(`${front.url}/page`)
  t.equal(page.status, 503)
  t.equal(page.headers.location, undefined)
  t.same(page.headers['set-cookie'] ?? [], [], 'nor is there a cookie for it')
  t.match(
    front.gateway.log.findLast(({ event }) => event === 'login.failed'),
    {
      code: 'PROVIDER_UNREACHABLE',
      provider: 'op',
    },
  )
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  t.match(metrics, /claimgate_logins_total\{provider="op",outcome="failed"\} 1\n/)
  t.match(metrics, /claimgate_faults_total\{app="wiki",code="PROVIDER_UNREACHABLE"\} 1\n/)
})

t.test('every end of a sign-in is counted and told', async (t) => {
  const adminPort = await freePort()
  const front = await startHostileFront({ adminPort })
  t.teardown(() => front.close())
  const metrics = async () => (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  const attacker = new Attacker()
  const begun = await attacker.visit(`${front.url}/page`)
  t.match(await metrics(), /claimgate_logins_total\{provider="op",outcome="started"\} 1\n/)
  await attacker.visit(
    `${front.url}/.auth/callback?${front.op.authorize(new URL(begun.headers.location ?? ''))}`,
  )
  t.match(await metrics(), /claimgate_logins_total\{provider="op",outcome="completed"\} 1\n/)
  t.match(
    front.gateway.log.findLast(({ event }) => event === 'login.completed'),
    {
      provider: 'op',
      session: /^[0-9a-f]{12}$/,
      request_id: /./,
    },
  )
  await new Attacker().visit(`${front.url}/.auth/callback?code=x&state=y`)
  t.match(await metrics(), /claimgate_faults_total\{app="wiki",code="LOGIN_STATE_UNKNOWN"\} 1\n/)
})

t.test('/.auth/me is for programs, also where a person looks, and is kept by nobody', async (t) => {
  const front = await startHostileFront()
  t.teardown(() => front.close())
  const stranger = await new Attacker().visit(`${front.url}/.auth/me`)
  t.equal(stranger.status, 401)
  t.match(stranger.headers['content-type'], /^application\/problem\+json/)
  t.equal(JSON.parse(stranger.body).reason, 'no-session')
  const browser = await front.signedIn()
  const page = await browser.visit(`${front.url}/.auth/me`)
  t.equal(page.status, 200)
  t.equal(page.headers['cache-control'], 'no-store')
  t.equal(page.headers['x-content-type-options'], 'nosniff')
  t.match(page.headers['content-type'], /^application\/json/)
  const { claims } = JSON.parse(page.body)
  t.notOk('organization_id' in claims, 'nothing names it')
})

t.test('after a sign-out one goes on only with the state that we gave, and only once', async (t) => {
  const front = await startHostileFront()
  t.teardown(() => front.close())
  const attacker = new Attacker({ keepsDeleted: true })
  const begun = await attacker.visit(`${front.url}/`)
  await attacker.visit(
    `${front.url}/.auth/callback?${front.op.authorize(new URL(begun.headers.location ?? ''))}`,
  )
  const headers = { 'sec-fetch-site': 'same-origin' }
  const out = await attacker.visit(`${front.url}/.auth/logout`, { form: { return_to: '/bye' }, headers })
  const [, to = ''] = /url=([^"]+)"/.exec(unescaped(out.body)) ?? []
  const state = new URL(to).searchParams.get('state') ?? ''
  t.ok(state.length >= 32)
  const land = (query: string) => attacker.visit(`${front.url}/.auth/logged-out${query}`)
  for (const query of ['', '?state=', '?state=other', `?state=${state}x`]) {
    const page = await land(query)
    t.equal(page.status, 200, query)
    t.match(page.headers['set-cookie']?.[0], /-tx-out=; Max-Age=0;/, 'the wish is cleared whatever came')
  }
  t.equal((await land(`?state=${state}`)).headers.location, '/bye')
  const name = attacker.names().find((one) => one.endsWith('-tx-out')) ?? ''
  attacker.toss({ name, value: 'tossed', path: '/.auth' })
  t.equal((await land(`?state=${state}`)).status, 200, 'a tossed one before it is none')
  t.same((await new Attacker().visit(`${front.url}/.auth/logged-out`)).headers['set-cookie'] ?? [], [])
})
