// A link that no cookie can hold survives a sign-in, as Kibana and Grafana write them.
import type { Page } from 'playwright-core'
import t from 'tap'
import { complaintsOf, openWithoutCookiesOf } from '../support/chromium.ts'
import { choose, heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) => `
  wiki:
    url: "${url}"
    upstream: "${upstream}"
    provider: [op, partner]
    require: signed_in
    locations:
      - { path: /deep, require: { provider: op } }
      - { path: /admin, require: { provider: op, groups: admins } }
      - { path: /, exact: true, require: anyone }`,
})
t.teardown(() => stage.close())
const { url, op, partner } = stage
const state = '(a:b,c:!t)~'.repeat(640)
const long = `/deep?state=${state}`

/** Waits until the browser is at that very address, and tells if nothing stayed behind. */
async function arrivedAt(page: Page, address: string): Promise<string> {
  await page.waitForURL(address, { waitUntil: 'commit' })
  await page.locator('#asked').waitFor()
  return `${await page.evaluate('sessionStorage.length')} kept`
}

/** How often the browser goes somewhere, and how often to the provider. */
function navigationsOf(page: Page): { all: number; toProvider: number } {
  const count = { all: 0, toProvider: 0 }
  page.on('request', (request) => {
    if (!request.isNavigationRequest()) return
    count.all += 1
    if (request.url().startsWith(`${op.issuer}/auth?`)) count.toProvider += 1
  })
  return count
}

t.test('a link of 7 KB survives the sign-in, and nothing of it stays behind', async (t) => {
  t.ok(long.length > 7000, `${long.length} bytes`)
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await openAs(page, 'alice', url + long)
  t.equal(await arrivedAt(page, url + long), '0 kept')
  t.same(complaints, [])
  await page.context().close()
})

t.test('so it does where one has to choose a provider first', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await page.goto(`${url}/both${long}`)
  await page.getByRole('link', { name: 'Partners', exact: true }).click()
  await page.getByRole('link', { name: 'olga', exact: true }).waitFor()
  t.ok(page.url().startsWith(partner.issuer))
  await choose(page, 'olga')
  t.equal(await arrivedAt(page, `${url}/both${long}`), '0 kept')
  t.equal(await heading(page), 'Hello, partner-olga')
  t.same(complaints, [])
  await page.context().close()
})

t.test('whoever goes back and chooses another provider arrives there too', async (t) => {
  const linked = `/both/x?state=${'::'.repeat(1500)}`
  for (const [from, arrives] of [
    [`/both${long}`, `/both${long}`],
    [`/.auth/login?return_to=${linked}`, linked],
  ] as const) {
    const page = await stage.newPage()
    await page.goto(url + from)
    await page.getByRole('link', { name: 'Acme', exact: true }).click()
    await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'Partners', exact: true }).click()
    await choose(page, 'olga')
    t.equal(await arrivedAt(page, url + arrives), '0 kept', from.slice(0, 30))
    await page.context().close()
  }
})

t.test('a link that is opened in another tab leads to the path at least', async (t) => {
  const first = await stage.newPage()
  const context = first.context()
  await first.goto(`${url}/both${long}`)
  const link = first.getByRole('link', { name: 'Acme', exact: true })
  await link.waitFor()
  const opened = context.waitForEvent('page')
  await link.click({ button: 'middle' })
  const page = await opened
  const complaints = complaintsOf(page)
  await choose(page, 'alice')
  t.equal(await arrivedAt(page, `${url}/both/deep`), '0 kept')
  t.same(complaints, [])
  await context.close()
})

t.test('what such a link names beside a key is taken for a page of this origin, or for none', async (t) => {
  const kept = `page-${'A'.repeat(43)}`
  for (const [named, arrives] of [
    ['/deep/x', '/deep/x'],
    ['javascript:alert(1)', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/.auth/logout', '/'],
    ['/%2e%2e//evil.example', '/'],
    ['"><script>location="https://evil.example/"</script>', '/'],
  ] as const) {
    const page = await stage.newPage()
    const left: string[] = []
    page.on('request', (request) => {
      if (request.isNavigationRequest() && request.url().includes('//evil.example')) left.push(request.url())
    })
    const parameters = new URLSearchParams({ provider: 'op', return_to: named, kept })
    await openAs(page, 'alice', `${url}/.auth/login?${parameters}`)
    await page.waitForURL(url + arrives)
    t.equal(page.url(), url + arrives, named)
    t.same(left, [], named)
    await page.context().close()
  }
})

t.test('and where an app’s own link leads to the chooser', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  const linked = `/both/x?state=${'::'.repeat(1500)}`
  await page.goto(`${url}/.auth/login?return_to=${linked}`)
  await page.getByRole('link', { name: 'Acme', exact: true }).click()
  await choose(page, 'alice')
  t.equal(await arrivedAt(page, url + linked), '0 kept')
  t.same(complaints, [])
  await page.context().close()
})

t.test('and where another account is needed for it', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  const admin = `/admin?state=${state}`
  await openAs(page, 'alice', `${url}/.auth/login?provider=op`)
  await page.goto(url + admin)
  t.equal(await heading(page), 'You have no access to this page')
  await page.getByRole('link', { name: 'Use another account' }).click()
  await choose(page, 'adam')
  t.equal(await arrivedAt(page, url + admin), '0 kept')
  t.equal(await heading(page), 'Hello, adam')
  t.same(complaints, [])
  await page.context().close()
})

t.test('an attempt whose cookie is gone begins again by itself, for that page (S-119)', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  const count = navigationsOf(page)
  await page.goto(url + long)
  await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  await page.context().clearCookies({ name: /tx-/ })
  await page.getByRole('link', { name: 'alice', exact: true }).click()
  t.equal(await arrivedAt(page, url + long), '0 kept')
  t.equal(await heading(page), 'Hello, alice')
  t.equal(count.toProvider, 2, 'once more, and nobody clicked')
  t.same(complaints, [])
  await page.context().close()
})

t.test('the same lost attempt that comes a second time begins nothing (S-119)', async (t) => {
  const page = await stage.newPage()
  let state = ''
  page.on('request', (request) => {
    const address = new URL(request.url())
    if (address.pathname === '/auth') state ||= address.searchParams.get('state') ?? ''
  })
  await page.goto(url + long)
  const alice = page.getByRole('link', { name: 'alice', exact: true })
  await alice.waitFor()
  for (const begins of [true, false]) {
    await page.context().clearCookies({ name: /tx-/ })
    await page.goto(`${url}/.auth/callback/op?code=x&state=${state}`)
    await (begins ? alice : page.getByRole('heading', { name: 'This sign-in is no longer valid' })).waitFor()
    // Scripts have run by then, and what they would begin has begun.
    await page.waitForLoadState('networkidle')
    t.equal(page.url().startsWith(op.issuer), begins)
  }
  await page.context().close()
})

t.test(
  'where no cookie ever comes back there is a page, whatever the storage has (S-099, S-119)',
  async (t) => {
    const page = await stage.newPage()
    const context = page.context()
    await openAs(page, 'alice', `${url}/.auth/login?provider=op`)
    await context.clearCookies({ name: /^claimgate/ })
    // As behind a proxy that takes them off.
    const ours = (address: URL) => address.origin === url
    await page.route(ours, async (route) => {
      const response = await route.fetch({ maxRedirects: 0 })
      await context.clearCookies({ name: /^claimgate/ })
      const { 'set-cookie': _, ...headers } = response.headers()
      await route.fulfill({ response, headers })
    })
    const count = navigationsOf(page)
    // The provider knows her, and answers at once.
    await page.goto(url + long)
    await page.getByRole('heading', { name: 'This sign-in is no longer valid' }).waitFor()
    await page.getByText('must keep cookies of this site').waitFor()
    const before = count.toProvider
    t.equal(before, 2)
    await page.waitForTimeout(1000)
    t.equal(count.toProvider, before, 'and it stays')
    await page.unroute(ours)
    await page.getByRole('link', { name: 'Start again' }).click()
    t.equal(await arrivedAt(page, url + long), '0 kept')
    await context.close()
  },
)

t.test('whoever allows no cookies, and so no storage, is told', async (t) => {
  const context = await openWithoutCookiesOf(url)
  t.teardown(() => context.close())
  const page = await context.newPage()
  const count = navigationsOf(page)
  await openAs(page, 'alice', url + long)
  await page.getByRole('heading', { name: 'This sign-in is no longer valid' }).waitFor()
  t.match(await page.textContent('main'), /must keep cookies of this site/)
  await page.waitForTimeout(1000)
  t.equal(count.toProvider, 1)
})

t.test('a link to the callback begins nothing in a browser that began nothing (S-107)', async (t) => {
  const attacker = await stage.newPage()
  let asked = new URL(url)
  attacker.on('request', (request) => {
    if (request.url().startsWith(`${op.issuer}/auth?`)) asked = new URL(request.url())
  })
  await attacker.goto(`${url}/.auth/login?provider=op&account=other&return_to=${long}`)
  await attacker.getByRole('link', { name: 'alice', exact: true }).waitFor()
  const theirs = asked.searchParams.get('state') ?? ''
  t.match(theirs, /\.s$/)

  const page = await stage.newPage()
  const count = navigationsOf(page)
  // The victim has a long page of its own under way, in this tab.
  await page.goto(url + long)
  await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  for (const state of [theirs, 'junk.s', 'junk', `${theirs}2`]) {
    for (const parameters of [{ state }, { state, code: 'x' }, { state, error: 'login_required' }]) {
      await page.goto(`${url}/.auth/callback/op?${new URLSearchParams(parameters)}`)
      t.equal(await heading(page), 'This sign-in is no longer valid')
      t.equal(await page.evaluate('sessionStorage.length'), 1, 'its own page waits on')
    }
  }
  t.equal(count.toProvider, 1, 'which it was before')
  await page.context().close()
  await attacker.context().close()
})

t.test('whoever signed in with a provider that cannot open it is asked for the other, once', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/.auth/login?provider=partner&return_to=${long}`)
  await choose(page, 'olga')
  const count = navigationsOf(page)
  await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  t.ok(page.url().startsWith(op.issuer), 'the page needs that one')
  await choose(page, 'alice')
  t.equal(await arrivedAt(page, url + long), '0 kept')
  t.equal(await heading(page), 'Hello, alice')
  t.ok(count.all < 12, `${count.all} navigations`)
  // With one that can, and a rule that is not met, there is no circle.
  await page.goto(`${url}/.auth/login?provider=op&return_to=/admin?state=${state}`)
  await page.getByRole('heading', { name: 'You have no access to this page' }).waitFor()
  await page.context().close()
})

t.test(
  'what a script of the app put in its place is taken for a page of this origin, or for none',
  async (t) => {
    const page = await stage.newPage()
    for (const planted of ['javascript:alert(1)', '//evil.example/', 'https://evil.example/']) {
      await page.context().clearCookies()
      await page.addInitScript(
        `if (sessionStorage.length) for (const key of Object.keys(sessionStorage)) sessionStorage.setItem(key, ${JSON.stringify(planted)})`,
      )
      await openAs(page, 'alice', url + long)
      await page.waitForURL(`${url}/`)
      t.equal(page.url(), `${url}/`, planted)
    }
    await page.context().close()
  },
)

t.test(
  'without scripts one lands where the app begins, and an attempt that is lost shows its page',
  async (t) => {
    const page = await stage.newPage({ javaScriptEnabled: false })
    await openAs(page, 'alice', url + long)
    await page.waitForURL(`${url}/`)
    t.equal(page.url(), `${url}/`)
    await page.context().clearCookies()
    await page.goto(url + long)
    await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
    await page.context().clearCookies({ name: /tx-/ })
    await page.getByRole('link', { name: 'alice', exact: true }).click()
    await page.getByRole('heading', { name: 'This sign-in is no longer valid' }).waitFor()
    await page.goto(`${url}/both${long}`)
    await page.getByRole('link', { name: 'Acme', exact: true }).click()
    await page.waitForURL(`${url}/**`, { waitUntil: 'commit' })
    await page.context().close()
  },
)
