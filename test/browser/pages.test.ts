import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { html } from 'ghtml'
import type { Page } from 'playwright-core'
import t from 'tap'
import { accentColours } from '../../src/core/pages/accent.ts'
import type { Look } from '../../src/http/pages/look.ts'
import { openChromium } from '../support/chromium.ts'
import {
  accountPage,
  builtInPages,
  chooserPage,
  confirmSignOutPage,
  errorPage,
  forbiddenPage,
  keysPage,
  lookIn,
  madeKeyPage,
  movingOnPage,
  nobodyPage,
  pageDocument,
  pageHeaders,
  sessionsPage,
  signedOutPage,
  signInFailedPage,
  signInForKeysPage,
} from '../support/pages.ts'

const long = `${'an-opaque-identifier-without-any-break'.repeat(6)}@example.test`
const frame = { appTitle: 'An application with a title that needs more than one line', requestId: long }
const account = { name: long, providerLabel: 'The identity provider of the whole organisation' }
const icon = `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')}`

const once = { signedInAt: 1_899_000_000, lastSeenAt: 1_899_999_000 }
const sessions = {
  now: 1_900_000_000,
  own: { client: { browser: 'Samsung Internet', system: 'Android', network: '2001:db8:ffff::/48' }, ...once },
  others: [
    {
      client: { browser: 'Yandex Browser', system: 'ChromeOS', network: '198.51.100.0/24' },
      ...once,
      endValue: long,
    },
    { client: { browser: null, system: 'Windows', network: null }, ...once, endValue: 'b' },
    { client: null, ...once, endValue: 'c' },
  ],
  ...{ action: '/sessions', endOthersValue: 'all', signOutHref: '/sign-out' },
}

const key = {
  ...{ id: 'cg_8Fh2', name: long, createdAt: 1_899_000_000, expiresAt: 1_900_020_000, endedAt: null },
  ...{ sleepsAt: 1_900_001_800, formerSecretUntil: 1_900_000_900, uses: 12_345, current: 'c' },
  ...{
    lastUse: { at: 1_899_999_000, network: '2001:db8:ffff:ffff::/64' },
    origins: ['https://shop.example'],
  },
}
const choice = { value: '30d', label: '30 days' }
const keys = {
  ...{
    contact: 'help@portal.example',
    now: 1_900_000_000,
    action: '/keys',
    form: 'f',
    notice: 'keys.bad-origins' as const,
  },
  keys: [
    { ...key, state: 'active' as const },
    { ...key, state: 'asleep' as const, lastUse: null, name: 'b' },
  ],
  ended: [{ ...key, state: 'revoked' as const, endedAt: 1_899_000_000 }],
  may: {
    make: { name: long, ends: [choice], chosen: '30d', origins: long },
    ...{ whyNot: null, overlaps: [choice], rotating: { id: 'cg_8Fh2', overlap: '30d' } },
  },
}

/** Every page with texts that are hard to place. */
const pagesIn = (look: Look): Readonly<Record<string, () => string>> => ({
  '/chooser': () =>
    chooserPage({
      ...frame,
      look,
      choices: [
        { label: long, icon: null, href: '/a' },
        { label: 'Acme', icon, href: '/b' },
        { label: 'Partners', icon: 'building', href: '/c' },
      ],
    }),
  '/forbidden': () => forbiddenPage({ ...frame, look, account, contact: long, switchAccountHref: '/a' }),
  '/error': () =>
    errorPage({
      ...frame,
      look,
      status: 502,
      sentence: null,
      contact: long,
      next: { label: 'Try again', href: '/' },
    }),
  '/failed': () =>
    signInFailedPage({
      ...frame,
      look,
      sentence: 'This sign-in is no longer valid.',
      explanation: 'Starting again usually helps.',
      contact: null,
      next: { label: 'Start again', href: '/' },
    }),
  '/sign-out': () =>
    confirmSignOutPage({
      ...frame,
      look,
      account,
      action: '/sign-out',
      fields: { return_to: '/x' },
      cancelHref: '/',
      sessionsHref: '/.auth/sessions',
    }),
  '/sessions': () => sessionsPage({ ...frame, look, account, ...sessions }),
  '/sessions-alone': () => sessionsPage({ ...frame, look, account, ...sessions, others: [] }),
  '/keys': () => keysPage({ ...frame, look, account, ...keys }),
  '/keys-not-allowed': () => keysPage({ ...frame, look, account, ...keys, may: null }),
  '/key-made': () =>
    madeKeyPage({
      ...{ ...frame, look, title: 'keys.made-title', script: { markup: '', hash: '' }, keysHref: '/keys' },
      ...{ name: long, id: 'cg_8Fh2', secret: 'S'.repeat(43), whole: 'S'.repeat(70), curl: long },
    }),
  '/keys-sign-in': () => signInForKeysPage({ ...frame, look, signInHref: '/' }),
  '/account': () =>
    accountPage({
      ...frame,
      look,
      ...{ account, user: long, now: 1_900_000_000, signedInAt: 1_899_000_000 },
      ...{
        expiresAt: 1_900_020_000,
        idleExpiresAt: 1_900_001_800,
        signOutAction: '/x',
        switchAccountHref: '/y',
        sessionsHref: '/.auth/sessions',
        keysHref: '/.auth/keys',
      },
      apps: [
        { title: long, href: '/a' },
        { title: 'Wiki', href: '/b' },
      ],
    }),
  '/nobody': () => nobodyPage({ ...frame, look, signInHref: '/' }),
  '/signed-out': () => signedOutPage({ ...frame, look, signInHref: '/', stillAt: 'Acme', everywhere: true }),
})

const languages = ['en', 'de'] as const
/** With a logo and an accent of an operator. */
const ownLook = lookIn('de', {
  ...builtInPages,
  logo: icon,
  accent: { light: accentColours([160, 16, 32], 'light'), dark: accentColours([255, 128, 144], 'dark') },
})

/** `/en/chooser` and so on; `/own/chooser` is an operator's. */
const pages = Object.fromEntries(
  [...languages.map((language) => [language, lookIn(language)] as const), ['own', ownLook] as const].flatMap(
    ([name, look]) => Object.entries(pagesIn(look)).map(([path, make]) => [`/${name}${path}`, make] as const),
  ),
)

/** Every sentence of a language in the largest form that it has on a page. */
function sentencesOf(look: Look): string {
  const sentences = Object.entries<string>(look.words).map(([name, text]) => {
    const filled = text.replaceAll(/\{[a-z]+\}/g, 'x')
    if (name.startsWith('link.')) return html`<p class="actions"><a class="button" href="/">${filled}</a></p>`
    return /title$|^fault|^moving\.(?:one|signed-in|signing)/.test(name)
      ? html`<h1>${filled}</h1>`
      : html`<p>${filled}</p>`
  })
  return pageDocument({
    ...frame,
    appTitle: 'Wiki',
    look,
    title: 'T',
    gate: 'open',
    content: sentences.join(''),
  })
}

t.test('the pages in Chromium', async (t) => {
  const elsewhere = await serve((_, response) => response.end('the provider'))
  const posted: string[] = []
  const server = await serve(async (request, response) => {
    response.writeHead(200, request.url?.startsWith('/own/') ? ownLook.headers : pageHeaders())
    if (request.method === 'POST') {
      for await (const part of request) posted.push(String(part))
      const to = new URL(`http://op.example.test:${elsewhere.port}/end`)
      response.end(movingOnPage({ ...frame, why: 'signing-out', to }))
    } else {
      const [, language = ''] = request.url?.split('/sentences/') ?? []
      response.end(pages[request.url ?? '']?.() ?? sentencesOf(lookIn(language)))
    }
  })
  const browser = await openChromium()
  t.teardown(async () => {
    await browser.close()
    server.close()
    elsewhere.close()
  })
  // A secure context: elsewhere on http Chromium ignores Cross-Origin-Opener-Policy, and says so.
  const origin = `http://localhost:${server.port}`

  t.test('fit into 320 pixels, in light and in dark', async (t) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 320, height: 640 } })
      for (const path of Object.keys(pages)) {
        await page.goto(origin + path)
        t.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, `${path} ${colorScheme}`)
      }
      await page.close()
    }
  })

  t.test(
    'the longest word of every language fits into 320 pixels, as heading, text and button',
    async (t) => {
      const page = await browser.newPage({ viewport: { width: 320, height: 640 } })
      for (const language of languages) {
        await page.goto(`${origin}/sentences/${language}`)
        await page.evaluate("document.querySelector('main').style.overflowWrap = 'normal'")
        const wide = await page.evaluate(
          "[...document.querySelectorAll('h1, p, a')].filter((e) => e.scrollWidth > e.clientWidth && e.clientWidth > 0).map((e) => e.textContent)",
        )
        t.same(wide, [], language)
        t.ok(Number(await page.locator('h1, p').count()) > 100, 'all sentences stand there')
      }
      await page.close()
    },
  )

  t.test('S-200 are styled under their own policy, and try nothing that it forbids', async (t) => {
    const page = await browser.newPage({ colorScheme: 'light' })
    const complaints = listen(page)
    for (const path of Object.keys(pages)) {
      await page.goto(origin + path)
      t.equal(
        await page.evaluate('getComputedStyle(document.body).backgroundColor'),
        'rgb(244, 242, 236)',
        path,
      )
    }
    t.same(complaints, [])
    await page.close()
  })

  t.test('have the colours of an operator, in light and in dark', async (t) => {
    const rows = {
      light: ['rgb(160, 16, 32)', 'rgb(255, 255, 255)'],
      dark: ['rgb(255, 128, 144)', 'rgb(0, 0, 0)'],
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme })
      await page.goto(`${origin}/own/forbidden`)
      const style = "getComputedStyle(document.querySelector('.button'))"
      t.same(
        [await page.evaluate(`${style}.backgroundColor`), await page.evaluate(`${style}.color`)],
        rows[colorScheme],
      )
      const link = "getComputedStyle(document.querySelector('.account b'))"
      t.equal(
        await page.evaluate(`${link}.color`),
        await page.evaluate('getComputedStyle(document.body).color'),
      )
      t.ok(
        Number(await page.evaluate("document.querySelector('img.logo').getBoundingClientRect().height")) > 8,
      )
      await page.close()
    }
  })

  t.test('can be used with the keyboard alone, and show where one is', async (t) => {
    const page = await browser.newPage()
    await page.goto(`${origin}/en/forbidden`)
    await page.keyboard.press('Tab')
    t.equal(await page.evaluate('document.activeElement.textContent'), 'Use another account')
    t.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid')
    await page.close()
  })

  t.test('sign-out is posted here and moves on to another host, which a redirect could not', async (t) => {
    const page = await browser.newPage()
    const complaints = listen(page)
    await page.goto(`${origin}/en/sign-out`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`http://op.example.test:${elsewhere.port}/end`)
    t.equal(await page.textContent('body'), 'the provider')
    t.same(posted, ['return_to=%2Fx'])
    t.same(complaints, [])
    await page.close()
  })
})

/** What the browser complains about: refused styles, pictures, forms. */
function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

async function serve(listener: http.RequestListener): Promise<{ readonly port: number; close(): void }> {
  const server = http.createServer(listener)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
