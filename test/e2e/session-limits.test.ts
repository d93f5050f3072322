// What one person may keep in the session store: so many sessions, and claims of so many bytes.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { Browser } from '../support/browser.ts'
import { startHostileFront } from '../support/hostile-front.ts'

const front = await startHostileFront()
t.teardown(() => front.close())

t.test(
  'a person who signs in once more than often enough keeps the newest, and the log says so',
  async (t) => {
    const first = await front.signedIn()
    const begun = String((await front.gateway.logged(({ event }) => event === 'login.completed')).session)
    t.equal((await first.visit(`${front.url}/`)).status, 200)
    const others: Browser[] = []
    while (others.length < limits.personSessions - 1) others.push(await front.signedIn())
    t.equal((await first.visit(`${front.url}/`)).status, 200, 'so many are kept')
    t.notOk(front.gateway.log.some(({ event }) => event === 'session.displaced'))
    const last = await front.signedIn()
    const line = await front.gateway.logged(({ event }) => event === 'session.displaced')
    t.match(line, { session: begun, request_id: /./ })
    t.equal((await first.visit(`${front.url}/`, { follow: false })).status, 302)
    for (const browser of [others[0], last]) t.equal((await browser?.visit(`${front.url}/`))?.status, 200)
  },
)

t.test(
  'claims that are too large fail the sign-in with a page, and a line that says what to do',
  async (t) => {
    const browser = new Browser()
    const groups = Array.from({ length: 300 }, (_, at) => `${at} ${'x'.repeat(1000)}`)
    front.op.bends = { userinfo: (claims) => ({ ...claims, groups }) }
    t.teardown(() => {
      front.op.bends = {}
    })
    const page = await front.finish(browser, await front.begin(browser))
    t.equal(page.status, 403)
    t.match(page.body, 'Your account cannot be used here')
    t.notMatch(page.body, /xxx|bytes/)
    const line = await front.gateway.logged(({ code }) => code === 'LOGIN_CLAIMS_TOO_LARGE')
    t.match(line, { event: 'login.failed', error: /at most 262144 are kept; let the provider send fewer/ })
    t.equal((await browser.visit(`${front.url}/`, { follow: false })).status, 302, 'nobody is signed in')
  },
)
