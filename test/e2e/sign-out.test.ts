// Signing out while the store does not do what it is asked.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { Browser } from '../support/browser.ts'
import { type Front, signedIn, startFront } from '../support/front.ts'
import { poll } from '../support/waiting.ts'

/** A gateway, and another process that has its store's file open. */
async function withStore(t: Test): Promise<{ readonly front: Front; readonly database: DatabaseSync }> {
  const front = await startFront()
  const database = new DatabaseSync(join(front.gateway.folder, 'sessions.db'))
  t.teardown(async () => {
    database.close()
    await front.close()
  })
  return { front, database }
}

const signOut = (front: Front, browser: Browser) =>
  browser.visit(`${front.url}/.auth/logout`, {
    form: {},
    headers: { origin: front.url, 'sec-fetch-site': 'same-origin' },
    follow: false,
  })

const copied = (front: Front, cookie: string) =>
  fetch(`${front.url}/`, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })

const cookieName = (front: Front) => `claimgate-${front.gateway.port}`

t.test(
  'S-160: a store that is locked keeps nobody signed in, here at once, and later everywhere',
  async (t) => {
    const { front, database } = await withStore(t)
    const [alice, adam] = [await signedIn(front, 'alice'), await signedIn(front, 'adam')]
    const cookie = `${cookieName(front)}=${alice.cookies('localhost').get(cookieName(front))}`
    t.equal((await copied(front, cookie)).status, 200)
    database.exec('BEGIN IMMEDIATE')
    const page = await signOut(front, alice)
    t.equal(page.status, 200)
    t.match(page.body, 'You are signed out in this browser')
    t.match(page.body, 'could not be ended everywhere yet')
    t.match(page.body, `href="${front.op.issuer}`, 'the provider is a link away')
    t.match(page.headers['set-cookie']?.[0], new RegExp(`^${cookieName(front)}=; .*Expires=Thu, 01 Jan 1970`))
    t.match(page.headers['clear-site-data'], '"cache"')
    t.equal((await copied(front, cookie)).status, 401, 'a copied cookie is out too, though the store has it')
    t.equal((await adam.visit(`${front.url}/`)).status, 200, 'others go on')
    t.ok(
      front.gateway.log.some(({ event, code }) => event === 'store.failed' && code === 'STORE_UNAVAILABLE'),
    )
    t.notOk(front.gateway.log.some(({ event }) => event === 'session.ended'))
    database.exec('ROLLBACK')
    const count = database.prepare("SELECT count(*) AS count FROM session WHERE user = 'alice'")
    await poll(
      'the session to leave the store',
      async () => count.get()?.count,
      (left) => left === 0,
    )
    t.equal((await copied(front, cookie)).status, 401)
  },
)

t.test('a store that is gone altogether neither hides the sign-out nor keeps the cookie', async (t) => {
  const { front, database } = await withStore(t)
  const [warm, cold] = [await signedIn(front, 'alice'), await signedIn(front, 'adam')]
  t.equal((await warm.visit(`${front.url}/`)).status, 200)
  database.exec('DROP TABLE session')
  for (const browser of [warm, cold]) {
    const asked = await browser.visit(`${front.url}/.auth/logout`)
    t.equal(asked.status, 200)
    t.match(asked.body, 'Sign out?')
    const page = await signOut(front, browser)
    t.equal(page.status, 200)
    t.match(page.body, 'You are signed out in this browser')
    t.notOk(browser.cookies('localhost').has(cookieName(front)))
    t.equal((await browser.visit(`${front.url}/`, { follow: false })).status, 302)
  }
})
