import type { Page } from 'playwright-core'
import t from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { arrived, choose, goBack, heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  keepsPages: true,
  apps: ({ url, upstream }) => `
  wiki:
    url: ${url}
    upstream: ${upstream}
    title: The wiki
    contact: desk@acme.example
    provider: op
    require: signed_in
    websocket: true
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: admins } }
      - { path: /api, require: signed_in }
`,
})
const { url } = stage
t.teardown(() => stage.close())

t.test('whoever asks for a page is brought to that very page by one sign-in', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await openAs(page, 'alice', `${url}/reports/2026?quarter=3&q=a%20b`)
  t.equal(page.url(), `${url}/reports/2026?quarter=3&q=a%20b`)
  t.equal(await heading(page), 'Hello, alice')
  t.equal(await page.textContent('#asked'), 'GET /reports/2026?quarter=3&q=a%20b')
  t.same(complaints, [])
  await page.context().close()
})

t.test(
  'after the sign-in no code, state or token is in the page, its history or its stores (S-201)',
  async (t) => {
    const page = await stage.newPage()
    const addresses: string[] = []
    page.on('framenavigated', (frame) => addresses.push(frame.url()))
    await openAs(page, 'alice', `${url}/deep`)
    await page.waitForLoadState()
    const seen = await page.evaluate(`JSON.stringify([location.href, document.referrer, document.cookie,
    document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, history.state])`)
    t.notMatch(seen, /code=|state=|id_token|eyJ/)
    t.notOk(addresses.some((address) => address.includes('/.auth/callback')))
    for (let back = 0; back < 2; back++) {
      await goBack(page)
      t.notMatch(page.url(), /\/\.auth\/callback/)
    }
    await page.context().close()
  },
)

t.test('two tabs may sign in at once, and both arrive', async (t) => {
  const first = await stage.newPage()
  const second = await first.context().newPage()
  await first.goto(`${url}/tab/1`)
  await second.goto(`${url}/tab/2`)
  await choose(second, 'alice')
  t.equal(second.url(), `${url}/tab/2`)
  await choose(first, 'alice')
  t.equal(first.url(), `${url}/tab/1`)
  t.equal(await heading(first), 'Hello, alice')
  await second.reload()
  t.equal(await heading(second), 'Hello, alice')
  await first.context().close()
})

t.test('of ten tabs that are restored each ends at its own page, whichever signs in (S-117)', async (t) => {
  const first = await stage.newPage()
  const context = first.context()
  const tabs = [first]
  while (tabs.length < 10) tabs.push(await context.newPage())
  for (const [at, tab] of tabs.entries()) await tab.goto(`${url}/tab/${at}`)
  const kept = (await context.cookies(url)).filter(({ name }) => /-tx-[0-9a-z]+-/.test(name))
  t.equal(kept.length, 5)
  // The first two were pushed out. Nobody is signed in yet: one begins again by itself, and the provider knows her then.
  for (const at of [0, 1, 9]) {
    const tab = tabs[at] ?? first
    await tab.getByRole('link', { name: 'alice', exact: true }).click()
    await arrived(tab, `${url}/tab/${at}`)
    t.equal(await heading(tab), 'Hello, alice', String(at))
  }
  await context.close()
})

t.test('alice is told at /admin what she can do; with another account adam arrives there', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await openAs(page, 'alice', `${url}/admin/users?page=2`)
  t.equal(await heading(page), 'You have no access to this page')
  t.match(await page.textContent('main'), /signed in as Alice.*with Acme.*desk@acme\.example/s)
  await page.getByRole('link', { name: 'Use another account' }).click()
  t.equal(await heading(page), 'Who are you?', 'though the provider knows her')
  await choose(page, 'adam')
  await arrived(page, `${url}/admin/users?page=2`)
  t.equal(await heading(page), 'Hello, adam')
  t.same(complaints, [])
  await page.context().close()
})

t.test('the address that the provider sent back to, opened again, harms nobody (S-107, S-108)', async (t) => {
  const page = await stage.newPage()
  let callback = ''
  page.on('request', (request) => {
    if (request.url().includes('/.auth/callback')) callback = request.url()
  })
  await openAs(page, 'alice', `${url}/deep`)
  t.match(callback, /code=/)
  await page.goto(callback)
  t.equal(page.url(), `${url}/deep`)
  t.equal(await heading(page), 'Hello, alice')

  const stranger = await stage.newPage()
  await stranger.goto(callback)
  t.equal(await heading(stranger), 'This sign-in is no longer valid')
  await stranger.getByRole('link', { name: 'Start again' }).click()
  await choose(stranger, 'adam')
  t.equal(await heading(stranger), 'Hello, adam')
  await stranger.context().close()
  await page.context().close()
})

t.test('sign-out asks, then ends at the provider; going back shows nothing of the app', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await openAs(page, 'alice', `${url}/secret`)
  await page.goto(`${url}/kept`)
  t.equal(await heading(page), 'Hello, alice')
  await page.getByRole('link', { name: 'Sign out' }).click()
  t.equal(await heading(page), 'Sign out?')
  await page.getByRole('link', { name: 'Stay signed in' }).click()
  t.equal(await heading(page), 'Hello, alice')
  await page.getByRole('link', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: /yes, sign me out/i }).click()
  await arrived(page, `${url}/.auth/logged-out?*`)
  t.equal(await heading(page), 'You are signed out')
  t.same(complaints, [])
  const seen: (string | null)[] = []
  for (let back = 0; back < 6; back++) {
    await goBack(page)
    seen.push(await heading(page))
  }
  t.ok(seen.includes('Who are you?'), 'where a page of the app was, one is asked to sign in')
  t.notOk(seen.includes('Hello, alice'))
  await page.goto(`${url}/kept`)
  t.equal(await heading(page), 'Who are you?')
  await page.context().close()
})

t.test(
  'a form that is sent after the session ended is answered by a page, and lost to the app',
  async (t) => {
    const page = await stage.newPage()
    const complaints = complaintsOf(page)
    await openAs(page, 'alice', `${url}/edit`)
    await forgetSession(page)
    const before = stage.site.received.length
    await page.getByLabel('Note').fill('written at length')
    const answered = page.waitForResponse(`${url}/form`)
    await page.getByRole('button', { name: 'Save' }).click()
    t.equal((await answered).status(), 401)
    t.equal(await heading(page), 'You are not signed in')
    t.match(await page.textContent('main'), /What you sent was not saved/)
    t.equal(stage.site.received.length, before)
    t.same(complaints, [])
    await page.getByRole('link', { name: 'Sign in' }).click()
    t.equal(await heading(page), 'Hello, alice', 'the provider still knows her')
    await page.evaluate('history.go(-2)')
    await arrived(page, `${url}/edit`)
    t.equal(await page.getByLabel('Note').inputValue(), 'written at length', 'the form is as it was left')
    await page.getByRole('button', { name: 'Save' }).click()
    t.equal(await page.textContent('#asked'), 'POST /form')
    await page.context().close()
  },
)

t.test('pictures and scripts of a page are never sent to sign in, and are told where to', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/public`)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  const failed = await page.evaluate(`new Promise((resolve) => {
    const picture = new Image()
    picture.onload = () => resolve(false)
    picture.onerror = () => resolve(true)
    picture.src = '/logo.png'
  })`)
  t.equal(failed, true)
  const answer: unknown = await page.evaluate(`fetch('/api/items?x=1').then(async (response) => ({
    status: response.status, redirected: response.redirected,
    type: response.headers.get('content-type'), body: await response.json(),
  }))`)
  t.match(answer, {
    status: 401,
    redirected: false,
    type: /^application\/problem\+json/,
    body: { login_url: `${url}/.auth/login?return_to=%2Fapi%2Fitems%3Fx%3D1`, reason: 'no-session' },
  })
  t.same(asked, [`${url}/logo.png`, `${url}/api/items?x=1`])
  t.same(await page.context().cookies(), [])
  await page.context().close()
})

t.test('a WebSocket opens for whoever is signed in, and closes when the session ends', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/public`)
  const open = `new Promise((resolve) => {
    const socket = new WebSocket('/socket')
    socket.onmessage = ({ data }) => resolve(data)
    socket.onclose = ({ code }) => { globalThis.closedWith = code; resolve(code) }
  })`
  t.equal(await page.evaluate(open), 1006, 'refused without a sign-in')
  await openAs(page, 'alice', `${url}/chat`)
  t.equal(await page.evaluate(open), 'welcome alice')
  const elsewhere = await page.context().newPage()
  await elsewhere.goto(`${url}/.auth/logout`)
  await elsewhere.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForFunction('globalThis.closedWith !== undefined')
  t.equal(await page.evaluate('globalThis.closedWith'), 1008)
  await page.context().close()
})

t.test('a browser that keeps no session is told so, and not sent round for ever (S-099)', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${url}/round`)
  for (let round = 0; round < 3; round++) {
    await forgetSession(page)
    await page.goto(`${url}/round`)
    t.equal(await heading(page), 'Hello, alice')
  }
  await forgetSession(page)
  const stopped = await page.goto(`${url}/round`)
  t.equal(stopped?.status(), 400)
  t.equal(await heading(page), 'You were signed in, but it does not last')
  t.match(await page.textContent('main'), /must keep cookies/, 'and why that may be')
  await page.getByRole('link', { name: 'Start again' }).click()
  t.equal(await page.textContent('#asked'), 'GET /round', 'and may try again')
  await page.context().close()
})

async function forgetSession(page: Page): Promise<void> {
  await page.context().clearCookies({ name: `claimgate-${stage.port}` })
}
