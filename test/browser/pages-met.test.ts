// Every page of the gateway, reached as people reach it; without scripts, as none of them needs one.
import type { Page } from 'playwright-core'
import t from 'tap'
import { complaintsOf, openWithoutCookiesOf } from '../support/chromium.ts'
import { freePort } from '../support/ports.ts'
import { arrived, choose, heading, openAs, openStage } from './stage.ts'

const nobody = await freePort()
const stage = await openStage({
  providers: `  gone: { issuer: "http://localhost:${nobody}", client_id: c, client_secret: s, user_id_prefix: gone- }`,
  apps: ({ url, port, upstream }) => `
  wiki:
    url: ${url}
    upstream: ${upstream}
    title: The wiki
    contact: desk@acme.example
    provider: [op, partner, gone]
    require: signed_in
    locations:
      - { path: /admin, require: { provider: op, groups: admins } }
      - { path: /mine, require: { provider: op } }
      - { path: /nobody, require: nobody }
      - { path: /away, require: { provider: gone } }
      - { path: /strong, require: { provider: op }, step_up: { acr_values: [phr] } }
  broken:
    url: http://127.0.0.1:${port}
    upstream: http://127.0.0.1:${nobody}
    provider: op
    require: anyone
`,
})
const { url, op } = stage
t.teardown(() => stage.close())

interface Met {
  readonly status: number
  readonly heading: string
  /** Something that the page says beyond its heading. */
  readonly says: RegExp
  readonly open: (page: Page) => Promise<unknown>
}

const signedIn = (page: Page) => openAs(page, 'alice', `${url}/mine`)

const cases: Readonly<Record<string, Met>> = {
  chooser: {
    ...{ status: 200, heading: 'Choose how to sign in', says: /Acme.*Partners/s },
    open: (page) => page.goto(`${url}/docs`),
  },
  'no access': {
    ...{ status: 403, heading: 'You have no access to this page', says: /signed in as Alice.*desk@acme/s },
    open: async (page) => {
      await signedIn(page)
      await page.goto(`${url}/admin`)
    },
  },
  'not offered': {
    ...{ status: 403, heading: 'This page is not open', says: /signing in would not change that/ },
    open: (page) => page.goto(`${url}/nobody`),
  },
  'a step-up that did not come': {
    ...{
      status: 403,
      heading: 'Your sign-in is not enough for this page',
      says: /second factor.*Start again/s,
    },
    open: async (page) => {
      await signedIn(page)
      await page.goto(`${url}/strong`)
    },
  },
  'a step-up as somebody else': {
    ...{ status: 403, heading: 'That was another account', says: /signed in as Alice.*Try again/s },
    open: async (page) => {
      await signedIn(page)
      await page.context().clearCookies({ name: /^_session/ })
      await page.goto(`${url}/strong`)
      await page.getByRole('link', { name: 'adam' }).click()
    },
  },
  'a form without a session': {
    ...{ status: 401, heading: 'You are not signed in', says: /Sign in/ },
    open: async (page) => {
      await signedIn(page)
      await page.context().clearCookies({ name: `claimgate-${stage.port}` })
      await page.getByRole('button', { name: 'Save' }).click()
    },
  },
  'a sign-in that is over': {
    ...{ status: 400, heading: 'This sign-in is no longer valid', says: /Start again/ },
    open: (page) => page.goto(`${url}/.auth/callback/op?code=stolen&state=unknown`),
  },
  'no such address': {
    ...{ status: 404, heading: 'There is nothing here', says: /mistyped/ },
    open: (page) => page.goto(`${url}/.auth/nothing`),
  },
  'an address that is ambiguous': {
    ...{ status: 400, heading: 'This request cannot be read', says: /more than one way/ },
    open: (page) => page.goto(`${url}/a%2Fb`),
  },
  'no such host': {
    ...{ status: 421, heading: 'No such site here', says: /no application/ },
    open: (page) => page.goto(`http://wiki.example.test:${stage.port}/`),
  },
  'provider down': {
    ...{ status: 503, heading: 'The sign-in service is not available', says: /in a moment.*desk@acme/s },
    open: (page) => page.goto(`${url}/away/x`),
  },
  'app down': {
    ...{ status: 502, heading: 'The application is not available', says: /in a moment/ },
    open: (page) => page.goto(`http://127.0.0.1:${stage.port}/`),
  },
  'sign-out': {
    ...{ status: 200, heading: 'Sign out?', says: /signed in as Alice/ },
    open: async (page) => {
      await signedIn(page)
      await page.getByRole('link', { name: 'Sign out' }).click()
    },
  },
  account: {
    ...{ status: 200, heading: 'Your sign-in', says: /signed in as Alice.*Ends at the latest.*The wiki/s },
    open: async (page) => {
      await signedIn(page)
      await page.goto(`${url}/.auth/`)
    },
  },
  sessions: {
    ...{ status: 200, heading: 'Where you are signed in', says: /on Linux\s+This browser.*Signed in since/s },
    open: async (page) => {
      await signedIn(page)
      await page.goto(`${url}/.auth/`)
      await page.getByRole('link', { name: 'Where you are signed in' }).click()
    },
  },
  'account of nobody': {
    ...{ status: 200, heading: 'You are not signed in', says: /Sign in/ },
    open: (page) => page.goto(`${url}/.auth/`),
  },
  'signed out from the account': {
    ...{ status: 200, heading: 'You are signed out', says: /Sign in again/ },
    open: async (page) => {
      await signedIn(page)
      await page.goto(`${url}/.auth/`)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: /yes, sign me out/i }).click()
      await arrived(page, `${url}/.auth/logged-out?*`)
    },
  },
  'signed out': {
    ...{ status: 200, heading: 'You are signed out', says: /Sign in again/ },
    open: async (page) => {
      await signedIn(page)
      await page.getByRole('link', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: /yes, sign me out/i }).click()
      await arrived(page, `${url}/.auth/logged-out?*`)
    },
  },
}

t.test(
  'every page can be read: by people, by a screen reader, on a telephone, without scripts',
  async (t) => {
    for (const [name, { status, heading: expected, says, open }] of Object.entries(cases)) {
      await t.test(name, async (t) => {
        const page = await stage.newPage({
          javaScriptEnabled: false,
          viewport: { width: 320, height: 640 },
          colorScheme: 'dark',
        })
        const complaints = complaintsOf(page)
        let last = 0
        page.on('response', (response) => {
          if (response.request().isNavigationRequest()) last = response.status()
        })
        await open(page)
        await page.getByRole('heading', { level: 1, name: expected }).waitFor()
        await page.waitForLoadState()
        t.equal(last, status)
        t.match(await page.getByRole('main').innerText(), says)
        t.equal(await page.getByRole('heading', { level: 1 }).count(), 1)
        t.equal(await page.getByRole('main').count(), 1)
        t.match(await page.title(), expected)
        t.equal(await page.locator('html').getAttribute('lang'), 'en')
        t.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
        t.same(await unnamed(page), [], 'whatever can be reached has a name')
        // Such an origin is no secure context, where Chromium does not heed Cross-Origin-Opener-Policy and says so.
        t.same(
          complaints.filter((text) => !(status === 421 && /untrustworthy/.test(text))),
          [],
        )
        await page.context().close()
      })
    }
  },
)

t.test('"Try again" asks for the very same address, once', async (t) => {
  const page = await stage.newPage({ javaScriptEnabled: false })
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.isNavigationRequest()) asked.push(request.url())
  })
  const address = `http://127.0.0.1:${stage.port}/a%20b/?c=%22d&e#f`
  await page.goto(address)
  await page.getByRole('link', { name: 'Try again' }).click()
  await page.waitForURL((url) => url.hash === '')
  t.equal(await heading(page), 'The application is not available')
  const sent = address.replace('#f', '')
  t.same(
    asked.map((url) => url.replace('#f', '')),
    [sent, sent],
  )
  await page.context().close()
})

t.test('whoever cancels at the provider may start again, for the page that was asked for', async (t) => {
  const page = await stage.newPage()
  let asked = new URL(url)
  page.on('request', (request) => {
    if (request.url().startsWith(`${op.issuer}/auth?`)) asked = new URL(request.url())
  })
  await page.goto(`${url}/mine/deep?x=1`)
  const state = asked.searchParams.get('state') ?? ''
  const cancelled = new URLSearchParams({ error: 'access_denied', state, iss: op.issuer })
  const answer = await page.goto(`${url}/.auth/callback/op?${cancelled}`)
  t.equal(answer?.status(), 403)
  t.equal(await heading(page), 'The sign-in was cancelled or refused')
  t.notMatch(await page.content(), new RegExp(state), 'nothing of the address is repeated (S-201)')
  t.ok(await page.getByRole('link', { name: 'Use another account' }).isVisible())
  await page.getByRole('link', { name: 'Start again' }).click()
  await choose(page, 'alice')
  t.equal(page.url(), `${url}/mine/deep?x=1`)
  await page.context().close()
})

t.test('whoever allows no cookies is told at once, and not sent round for ever', async (t) => {
  const context = await openWithoutCookiesOf(url)
  t.teardown(() => context.close())
  const page = await context.newPage()
  let navigations = 0
  page.on('request', (request) => {
    if (request.isNavigationRequest()) navigations += 1
  })
  await openAs(page, 'alice', `${url}/mine`)
  t.equal(await heading(page), 'This sign-in is no longer valid')
  t.match(await page.textContent('main'), /must keep cookies of this site/)
  await page.getByRole('link', { name: 'Start again' }).click()
  t.ok(navigations < 12, `${navigations} navigations`)
})

/** Links, buttons and fields that have no accessible name. */
async function unnamed(page: Page): Promise<readonly string[]> {
  const tree = await page.getByRole('main').ariaSnapshot()
  return tree.split('\n').filter((line) => /^\s*- (link|button|textbox|img):?$/.test(line))
}
