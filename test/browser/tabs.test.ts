// A browser with many tabs: half-finished sign-ins, doubled callbacks and the back button never break the next one.
import type { Page } from 'playwright-core'
import t from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { arrived, choose, goBack, heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) => `
  wiki: { url: "${url}", upstream: "${upstream}", provider: op, require: signed_in, locations: [{ path: /public, require: anyone }] }
  board: { url: "${url}/board", upstream: "${upstream}", provider: op, keep_fragment: true, require: signed_in }`,
})
const { url } = stage
t.teardown(() => stage.close())

/** Sign-ins that begin in this browser and that nobody goes on with. */
async function beginMany(page: Page, count: number): Promise<void> {
  for (let tab = 1; tab <= count; tab++) {
    const headers = { accept: 'text/html' }
    const answer = await page.context().request.get(`${url}/tab/${tab}`, { headers, maxRedirects: 0 })
    if (answer.status() !== 302) throw new Error(`tab ${tab}: ${answer.status()}`)
  }
}

async function attempts(page: Page): Promise<number> {
  const cookies = await page.context().cookies(url)
  return cookies.filter(({ name }) => /-tx-.*-/.test(name)).length
}

t.test(
  'S-117, #4: after a hundred half-finished sign-ins the next one works, in this tab and in another',
  async (t) => {
    const page = await stage.newPage()
    await beginMany(page, 100)
    t.equal(await attempts(page), 5)
    const complaints = complaintsOf(page)
    const other = await page.context().newPage()
    await page.goto(`${url}/deep?x=1`)
    await other.goto(`${url}/board/x#/invoices/7`)
    await other.getByRole('link', { name: 'alice', exact: true }).waitFor()
    await choose(page, 'alice')
    await arrived(page, `${url}/deep?x=1`)
    t.equal(await heading(page), 'Hello, alice')
    await choose(other, 'alice')
    await arrived(other, `${url}/board/x#/invoices/7`)
    t.same(complaints, [])
    await page.context().close()
  },
)

t.test('#4: a tab that waited while a hundred others began says so, and its link leads on', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/waited`)
  await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  await beginMany(page, 100)
  await choose(page, 'alice')
  t.equal(await heading(page), 'This sign-in is no longer valid')
  await page.getByRole('link', { name: 'Start again' }).click()
  await arrived(page, `${url}/`)
  t.equal(await heading(page), 'Hello, alice')
  await page.context().close()
})

t.test('#6: where the tab’s storage has its page, such a tab goes on by itself', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/board/x#/invoices/7`)
  await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  await beginMany(page, 100)
  await page.getByRole('link', { name: 'alice', exact: true }).click()
  await arrived(page, `${url}/board/x#/invoices/7`)
  t.equal(await heading(page), 'Hello, alice')
  await page.context().close()
})

t.test(
  '#4: the back button after a sign-in, and the same callback again, end at a page of the app',
  async (t) => {
    const page = await stage.newPage()
    const backs: string[] = []
    page.on('request', (request) => {
      if (request.url().startsWith(`${url}/.auth/callback`)) backs.push(request.url())
    })
    await page.goto(`${url}/public`)
    await openAs(page, 'alice', `${url}/deep`)
    await arrived(page, `${url}/deep`)
    await goBack(page)
    await page.waitForLoadState()
    // What stands there is the provider’s page, whose sign-in is finished, or the app’s.
    t.notMatch(page.url(), /\/\.auth\//)
    for (const time of ['once more', 'and again']) {
      await page.goto(backs[0] ?? '')
      await arrived(page, `${url}/deep`)
      t.equal(await heading(page), 'Hello, alice', time)
    }
    const twin = await page.context().newPage()
    await Promise.all([page.goto(backs[0] ?? ''), twin.goto(backs[0] ?? '')])
    t.same([page.url(), twin.url()], [`${url}/deep`, `${url}/deep`])
    await page.context().close()
  },
)

t.test('no script of ours stands in a page of the app, nor in what its scripts are answered', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/public`)
  const told: unknown = await page.evaluate(`fetch('/board/items').then(async (response) => ({
    status: response.status, redirected: response.redirected, body: await response.json(),
  }))`)
  t.match(told, {
    status: 401,
    redirected: false,
    body: { login_url: `${url}/.auth/login?return_to=%2Fboard%2Fitems`, reason: 'no-session' },
  })
  await openAs(page, 'alice', `${url}/board/x#/invoices/7`)
  await arrived(page, `${url}/board/x#/invoices/7`)
  await page.locator('#asked').waitFor()
  t.equal(await page.evaluate('document.scripts.length'), 0)
  t.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0)
  t.equal(await page.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)'), 0)
  await page.context().close()
})
