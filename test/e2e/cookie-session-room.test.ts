import t from 'tap'
import { Browser } from '../support/browser.ts'
import { groups, jar, largeSession, pairs, start } from '../support/cookie-sessions.ts'

t.test(
  'S-155: claims that two cookies have no room for sign nobody in, and the line says what helps',
  async (t) => {
    const { front } = await start(t)
    const browser = new Browser()
    front.op.bends = { userinfo: (claims) => ({ ...claims, groups: [...groups, ...groups] }) }
    const page = await front.finish(browser, await front.begin(browser))
    t.equal(page.status, 403)
    t.match(page.body, 'Your account cannot be used here')
    const line = await front.gateway.logged(({ code }) => code === 'LOGIN_CLAIMS_TOO_LARGE')
    t.match(line, {
      event: 'login.failed',
      error: /two cookies have room for less than 53\d\d; .*session\.store/,
    })
    t.equal((await browser.visit(`${front.url}/`, { follow: false })).status, 302)
  },
)

t.test('a sign-in has room: pieces of a session that counts no more go as it begins', async (t) => {
  const rig = await start(t)
  const { front, clock, names } = rig
  const [first, second] = names
  const browser = await largeSession(rig)
  const begun = await browser.visit(`${front.url}/.auth/login?return_to=/page`, { follow: false })
  t.equal(begun.status, 302)
  t.ok(jar(browser).has(first), 'one that lives stays until it is replaced')
  clock.time += 3600 * 9
  const asked = await browser.visit(`${front.url}/`, { follow: false })
  t.equal(asked.status, 302)
  t.same([jar(browser).has(first), jar(browser).has(second)], [false, false])
})

t.test('sign-ins that nobody finished leave room for a large session in proxies in front', async (t) => {
  const { front, clock } = await start(t)
  const browser = new Browser()
  const sent = () => `Cookie: ${pairs(Object.fromEntries(jar(browser)))}`.length
  const attempts: URLSearchParams[] = []
  const begin = async (address: string) => {
    clock.time += 1
    attempts.push(await front.begin(browser, address))
  }
  for (const tab of [1, 2, 3, 4, 5]) await begin(`/restored/tab/${tab}?with=a&query=of&some=length`)
  front.op.bends = { userinfo: (claims) => ({ ...claims, groups: [...groups, ...groups.slice(0, 20)] }) }
  const finish = (at: number) => front.finish(browser, attempts.at(at) ?? new URLSearchParams())
  t.equal((await finish(-1)).headers.location, '/restored/tab/5?with=a&query=of&some=length')
  t.ok(sent() > 6500, `${sent()} bytes: a large session`)
  t.ok(sent() < 8192, `${sent()} bytes after the first tab`)
  t.equal((await finish(0)).status, 303, 'the tab of one that went leads on')
  for (const tab of [6, 7, 8]) {
    await begin(`/.auth/login?account=other&return_to=/tab/${tab}`)
    t.ok(sent() < 8192, `${sent()} bytes, signed in and on the way once more`)
  }
  t.equal((await finish(-1)).headers.location, '/tab/8')
  t.ok(sent() < 8192, `${sent()} bytes at the end`)
  t.equal((await browser.visit(`${front.url}/`)).status, 200)
  const long = `/.auth/login?account=other&return_to=/${'long/'.repeat(290)}`
  const begun = await browser.visit(front.url + long, { follow: false })
  t.ok(sent() < 8192, `${sent()} bytes, on the way to a long address`)
  t.equal(begun.status, 200)
  t.match(begun.body, '/long/long/', 'which waits in the browser’s storage')
  const short = await browser.visit(`${front.url}/.auth/login?account=other&return_to=/short`, {
    follow: false,
  })
  t.equal(short.status, 302, 'a short one is in the attempt')
})

t.test('nor do step-ups of the usual kind take room from proxies in front', async (t) => {
  const stepUp = '{ acr_values: [phr, phrh], max_age: 5m, prompt: login }'
  const app = `
    require: signed_in
    identity_headers: { X-Groups: groups }
    locations: [{ path: /pay, require: signed_in, step_up: ${stepUp} }]`
  const { front, clock } = await start(t, { app })
  front.op.bends = { userinfo: (claims) => ({ ...claims, groups: ['x'.repeat(4900)] }) }
  const browser = await front.signedIn()
  const sent = () => `Cookie: ${pairs(Object.fromEntries(jar(browser)))}`.length
  t.ok(sent() > 7000, `${sent()} bytes: a session of nearly two cookies`)
  for (const tab of [1, 2, 3]) {
    clock.time += 1
    const asked = await browser.visit(`${front.url}/pay?tab=${tab}&${'q'.repeat(400)}`, { follow: false })
    t.match(asked.headers.location ?? asked.body, /acr_values/, 'to the provider')
    t.ok(sent() < 8192, `${sent()} bytes, on the way to step up`)
  }
  t.equal((await browser.visit(`${front.url}/`)).status, 200, 'the session stays')
})
