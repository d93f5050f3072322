// The page of one's sessions in real browsers: one signs out another, or all others; without scripts, by keyboard too.
import type { BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { poll } from '../support/waiting.ts'
import { heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) => `
  wiki:
    url: ${url}
    upstream: ${upstream}
    title: The wiki
    provider: op
    require: signed_in
    websocket: true
`,
})
const { url } = stage
t.teardown(() => stage.close())

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0'
const hostile = '<img src=x onerror=alert(1)> "Google Chrome" (iPhone" onload=alert(1)) Firefox/<b>'

/** A browser in which alice is signed in. */
async function signedIn(t: Test, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await stage.newPage(options)
  t.teardown(async () => {
    // The session too, or the next test would find it on its page.
    await page.request.post(`${url}/.auth/logout`, { headers: { origin: url }, maxRedirects: 0 })
    await page.context().close()
  })
  await openAs(page, 'alice', `${url}/start`)
  return page
}

/** Asked as a script asks: a page would be signed in again at once by the provider, which still knows the browser. */
const isSignedIn = async (page: Page): Promise<boolean> =>
  (await page.request.get(`${url}/.auth/me`)).status() === 200

/** Within a second, in this process at once. */
const isSignedOut = async (page: Page): Promise<void> => {
  await poll(
    'the end of a session',
    () => isSignedIn(page),
    (signedIn) => !signedIn,
  )
}

const items = (page: Page) => page.getByRole('listitem')

/** Of the whole page: a heading stands there before what follows it. */
async function countOf(page: Page): Promise<number> {
  await page.waitForLoadState()
  return items(page).count()
}

t.test('one browser signs out another, without a script, on a small dark telephone', async (t) => {
  const there = await signedIn(t, { userAgent: firefox })
  const here = await signedIn(t, {
    javaScriptEnabled: false,
    colorScheme: 'dark',
    viewport: { width: 320, height: 640 },
  })
  const complaints = complaintsOf(here)
  await here.goto(`${url}/.auth/`)
  await here.getByRole('link', { name: 'Where you are signed in' }).click()
  await here.getByRole('heading', { level: 1, name: 'Where you are signed in' }).waitFor()
  t.equal(await countOf(here), 2)
  t.match(
    await items(here).nth(0).innerText(),
    /on Linux\s+This browser[\s\S]*127\.0\.0\.0\/24[\s\S]*Sign out/,
  )
  t.match(await items(here).nth(1).innerText(), /Firefox on Windows[\s\S]*Signed in since[\s\S]*Last used/)
  t.equal(await here.evaluate('document.documentElement.scrollWidth'), 320)
  await here.getByRole('button', { name: 'Sign out there Firefox on Windows' }).click()
  await here.getByText('You are signed in nowhere else.').waitFor()
  t.equal(here.url(), `${url}/.auth/sessions`)
  await isSignedOut(there)
  t.ok(await isSignedIn(here))
  t.same(complaints, [])
})

t.test('one signs out everywhere else at once, also where a WebSocket is open', async (t) => {
  const others = [await signedIn(t), await signedIn(t, { userAgent: firefox })]
  const socket = await others[0]?.evaluateHandle(`new Promise((resolve, reject) => {
    const socket = new WebSocket('${url.replace('http', 'ws')}/socket')
    socket.onopen = () => resolve(socket)
    socket.onerror = () => reject(new Error('no WebSocket'))
  })`)
  const here = await signedIn(t)
  await here.goto(`${url}/.auth/logout`)
  await here.getByRole('link', { name: 'Where you are signed in' }).click()
  await here.getByRole('heading', { level: 1, name: 'Where you are signed in' }).waitFor()
  t.equal(await countOf(here), 3)
  await here.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await here.getByText('You are signed in nowhere else.').waitFor()
  const state = () => socket?.evaluate((it) => (it as { readonly readyState: number }).readyState)
  await poll(
    'a WebSocket that ended',
    async () => state(),
    (it) => it === 3,
  )
  for (const other of others) await isSignedOut(other)
  t.ok(await isSignedIn(here))
})

t.test('a page that stood open ends nothing that was not on it, and is no error', async (t) => {
  const there = await signedIn(t, { userAgent: firefox })
  const here = await signedIn(t)
  await here.goto(`${url}/.auth/sessions`)
  const old = await here.context().newPage()
  await old.goto(`${url}/.auth/sessions`)
  await here.getByRole('button', { name: /^Sign out there/ }).click()
  await here.getByText('nowhere else').waitFor()
  await isSignedOut(there)
  // The provider still knows that browser, as the page had said.
  await there.goto(`${url}/start`)
  await there.getByRole('heading', { level: 1, name: 'Hello, alice' }).waitFor()
  await old.getByRole('button', { name: /^Sign out there/ }).click()
  await old.getByRole('button', { name: /^Sign out there/ }).waitFor()
  t.equal(await countOf(old), 2, 'the new sign-in is another session')
  t.ok(await isSignedIn(there))
})

t.test('S-199: what a browser calls itself shows nothing of its own, in another one’s page', async (t) => {
  await signedIn(t, { userAgent: hostile })
  const here = await signedIn(t)
  const complaints = complaintsOf(here)
  await here.goto(`${url}/.auth/sessions`)
  t.match(await items(here).nth(1).innerText(), /^(?:\w+|A browser) on \w+/)
  t.notMatch(await here.content(), /<img|<b>Firefox|alert|onload/)
  t.same(complaints, [])
})

t.test('can be used by keyboard alone, and speaks German', async (t) => {
  const there = await signedIn(t, { userAgent: firefox })
  const here = await signedIn(t, { locale: 'de-DE' })
  await here.goto(`${url}/.auth/sessions`)
  t.equal(await heading(here), 'Wo Sie angemeldet sind')
  for (let i = 0; i < 20; i++) {
    await here.keyboard.press('Tab')
    if ((await here.evaluate('document.activeElement.textContent')) === 'Dort abmelden') break
  }
  t.equal(await here.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid')
  await here.keyboard.press('Enter')
  await here.getByText('Sonst sind Sie nirgends angemeldet.').waitFor()
  await isSignedOut(there)
})

t.test('a page of another site can show it nowhere and post to it in vain', async (t) => {
  const there = await signedIn(t, { userAgent: firefox })
  const here = await signedIn(t)
  await here.goto(`${url}/.auth/sessions`)
  const value = await here.getByRole('button', { name: /^Sign out there/ }).getAttribute('value')
  const elsewhere = await here.context().newPage()
  await elsewhere.goto(`${stage.op.issuer}/.well-known/openid-configuration`)
  await elsewhere.setContent(
    `<form method="post" action="${url}/.auth/sessions"><input name="end" value="${value}"><button>Go</button></form>`,
  )
  const [answer] = await Promise.all([
    elsewhere.waitForResponse(`${url}/.auth/sessions`),
    elsewhere.getByRole('button').click(),
  ])
  t.equal(answer.status(), 403)
  t.ok(await isSignedIn(there))
})
