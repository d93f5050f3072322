import t, { type Test } from 'tap'
import { cookieLine, fire, sessionName } from '../support/attack.ts'
import { Browser, type Page } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startHostileFront } from '../support/hostile-front.ts'

// Any number of tabs, late and doubled callbacks, a hundred half-finished sign-ins never break the next.

const clock = createTestClock(Math.floor(Date.now() / 1000))
const front = await startHostileFront({
  clock,
  top: 'session: { sign_in_timeout: 2m }',
})
t.teardown(() => front.close())
const session = sessionName(front)

/** Sign-ins that one browser began, oldest first, each with what the provider would send back. */
async function begun(browser: Browser, count: number): Promise<readonly URLSearchParams[]> {
  const backs: URLSearchParams[] = []
  for (let tab = 1; tab <= count; tab++) {
    backs.push(await front.begin(browser, `/tab/${tab}`))
  }
  return backs
}

const sessionOf = (browser: Browser) => browser.cookies('localhost').get(session)

/** A callback that leads on: to a page of ours, or round to the provider; whoever was signed in stays so. */
function goesOn(t: Test, { status, headers }: Page, what: string): string {
  t.ok(status === 303 || status === 302, `${what}: ${status}`)
  return headers.location ?? ''
}

async function isSignedIn(t: Test, browser: Browser, what: string): Promise<void> {
  const answer = await fire(front, { target: '/x', headers: [cookieLine(front, browser)] })
  t.equal(answer.status, 200, `${what}: signed in`)
}

t.test('S-117, #4: of a hundred half-finished sign-ins the last one ends at its page', async (t) => {
  const browser = new Browser()
  const backs = await begun(browser, 100)
  const last = backs.at(-1) ?? new URLSearchParams()
  t.equal((await front.finish(browser, last)).headers.location, '/tab/100')
  await isSignedIn(t, browser, 'after the hundredth')
  const value = sessionOf(browser)
  const early = await front.finish(browser, backs[0] ?? new URLSearchParams())
  t.equal(goesOn(t, early, 'the first, once one is signed in'), '/')
  t.equal(sessionOf(browser), value, 'the session is as it was')
  await isSignedIn(t, browser, 'after the first')
})

t.test('#4: whoever finishes the first of a hundred is told, and the next sign-in works', async (t) => {
  const browser = new Browser()
  const backs = await begun(browser, 100)
  const asked = front.op.counts.token
  const page = await front.finish(browser, backs[0] ?? new URLSearchParams())
  t.match(page, { status: 400, body: /This sign-in is no longer valid/ })
  t.match(page.body, 'Start again')
  t.equal(front.op.counts.token, asked, 'the provider was not asked')
  const next = await front.finish(browser, await front.begin(browser, '/next'))
  t.equal(next.headers.location, '/next')
  await isSignedIn(t, browser, 'after the next')
})

t.test('S-116, #4: finished in reverse, each of a hundred leads on, and one session stays', async (t) => {
  const browser = new Browser()
  const backs = await begun(browser, 100)
  const asked = front.op.counts.token
  for (const [index, back] of backs.entries().toArray().toReversed()) {
    const to = goesOn(t, await front.finish(browser, back), `tab ${index + 1}`)
    t.ok(to === '/' || to === `/tab/${index + 1}`, to)
  }
  t.equal(front.op.counts.token, asked + 5, 'the five youngest were finished at the provider')
  await isSignedIn(t, browser, 'after all of them')
  const again = await front.finish(browser, await front.begin(browser, '/.auth/login?return_to=/again'))
  t.equal(again.headers.location, '/again')
})

t.test('S-099, #4: what five tabs finish at once is no circle: one may have to sign in again', async (t) => {
  const browser = new Browser()
  const backs = await begun(browser, 5)
  clock.time += 5
  for (const back of backs) goesOn(t, await front.finish(browser, back), 'a tab')
  await isSignedIn(t, browser, 'after five')
  browser.cookies('localhost').delete(session)
  const asked = await browser.visit(`${front.url}/x`, { follow: false })
  t.equal(asked.status, 302, 'its session gone, a browser is sent to sign in')
})

t.test(
  'S-108, #4: the same callback twice at once, and a dozen times, leads to one session and page',
  async (t) => {
    const browser = new Browser()
    const [back = new URLSearchParams()] = await begun(browser, 1)
    const cookie = [...browser.cookies('localhost')].map((pair) => pair.join('=')).join('; ')
    const asked = front.op.counts.token
    const pages = await Promise.all(
      Array.from({ length: 12 }, () =>
        new Browser().visit(`${front.url}/.auth/callback?${back}`, { follow: false, headers: { cookie } }),
      ),
    )
    t.same([...new Set(pages.map(({ status, headers }) => `${status} ${headers.location}`))], ['303 /tab/1'])
    const values = pages
      .flatMap(({ headers }) => headers['set-cookie'] ?? [])
      .filter((line) => line.startsWith(`${session}=`))
    t.equal(values.length, 12)
    t.equal(new Set(values.map((line) => line.split(';', 1)[0])).size, 1)
    t.equal(front.op.counts.token, asked + 1)
  },
)

t.test('#4: a late callback takes no session away, and leads to its own page', async (t) => {
  const browser = new Browser()
  const [late = new URLSearchParams(), other = new URLSearchParams()] = await begun(browser, 2)
  clock.time += 60
  goesOn(t, await front.finish(browser, other), 'the other tab')
  const value = sessionOf(browser)
  clock.time += 61
  t.equal((await front.finish(browser, late)).headers.location, '/tab/1')
  t.equal(sessionOf(browser), value)
  await isSignedIn(t, browser, 'after it')

  const alone = new Browser()
  const [tooLate = new URLSearchParams()] = await begun(alone, 1)
  clock.time += 121
  const again = await front.finish(alone, tooLate)
  t.equal(again.status, 302, 'where nobody is signed in it begins again by itself')
  const back = await front.op.authorize(new URL(again.headers.location ?? ''))
  t.equal((await front.finish(alone, back)).headers.location, '/tab/1')
})

t.test('#27: a callback whose cookie did not come says what may be wrong, to both sides', async (t) => {
  const browser = new Browser()
  const back = await front.begin(browser, '/deep')
  const page = await front.finish(new Browser(), back)
  t.match(page, { status: 400, body: /This sign-in is no longer valid/ })
  t.match(page.body, /It took too long, or was finished in another tab\. Your browser must keep cookies/)
  const told = await front.gateway.logged(({ event }) => event === 'login.failed')
  t.ok(told)
  const lines = front.gateway.log.filter(({ code }) => code === 'LOGIN_STATE_UNKNOWN')
  t.match(lines.at(-1), { provider: 'op', error: /no sign-in of this browser: cookie-missing/ })
  const german = await new Browser().visit(`${front.url}/.auth/callback?${back}`, {
    follow: false,
    headers: { 'accept-language': 'de' },
  })
  t.match(german.body, /Ihr Browser muss Cookies dieser Website speichern dürfen/)
  const [, link = ''] = /href="(\/\.auth\/login[^"]*)"/.exec(page.body) ?? []
  const again = await front.begin(browser, link.replaceAll('&#61;', '=').replaceAll('&#38;', '&'))
  t.equal((await front.finish(browser, again)).headers.location, '/', 'and the way on works')
})
