import t from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { arrived, choose, heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) => `
  desk:
    url: ${url}
    upstream: ${upstream}
    title: The desk
    provider: [op, partner]
    require: signed_in
    locations:
      - { path: /partners, require: { provider: partner } }
      - { path: /staff, require: { provider: op, groups: admins } }
`,
})
const { url, op, partner } = stage
t.teardown(() => stage.close())

t.test('with several providers one chooses, and arrives at the page that was asked for', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await page.goto(`${url}/docs?page=2&q=a%20b`)
  t.equal(await heading(page), 'Choose how to sign in')
  const offered = page.getByRole('navigation', { name: 'Ways to sign in' }).getByRole('link')
  t.equal(await offered.count(), 2)
  t.ok(await page.getByRole('link', { name: 'Acme', exact: true }).isVisible())
  await page.getByRole('link', { name: 'Partners', exact: true }).click()
  t.ok(page.url().startsWith(partner.issuer))
  await choose(page, 'olga')
  t.equal(page.url(), `${url}/docs?page=2&q=a%20b`)
  t.equal(await heading(page), 'Hello, partner-olga')
  t.same(complaints, [])
  await page.context().close()
})

t.test('a page that only one provider can open offers that one alone', async (t) => {
  const page = await stage.newPage()
  await page.goto(`${url}/partners/x`)
  t.ok(page.url().startsWith(partner.issuer), 'and there is nothing to choose')
  await page.goto(`${url}/.auth/login?return_to=/staff`)
  t.ok(page.url().startsWith(op.issuer))
  await page.context().close()
})

t.test(
  'whoever is signed in with another provider is sent to the one that the page needs, once',
  async (t) => {
    const page = await stage.newPage()
    await page.goto(`${url}/.auth/login?provider=op`)
    await choose(page, 'alice')
    t.equal(await heading(page), 'Hello, alice')
    await page.goto(`${url}/partners/x`)
    t.ok(page.url().startsWith(partner.issuer))
    await choose(page, 'olga')
    t.equal(page.url(), `${url}/partners/x`)
    t.equal(await heading(page), 'Hello, partner-olga')

    // Signed in for this very page with one that cannot open it: refused, not sent to and fro.
    await page.goto(`${url}/.auth/login?provider=op&return_to=/partners/x`)
    t.equal(page.url(), `${url}/partners/x`)
    t.equal(await heading(page), 'You have no access to this page')
    t.match(await page.textContent('main'), /signed in as Alice.*with Acme/s)
    await page.getByRole('link', { name: 'Use another account' }).click()
    t.ok(page.url().startsWith(partner.issuer))
    await choose(page, 'olga')
    t.equal(await heading(page), 'Hello, partner-olga')
    await page.context().close()
  },
)

t.test('another account is asked of the provider that the page needs', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${url}/staff/list`)
  t.equal(await heading(page), 'You have no access to this page')
  await page.getByRole('link', { name: 'Use another account' }).click()
  t.ok(page.url().startsWith(op.issuer))
  await choose(page, 'adam')
  await arrived(page, `${url}/staff/list`)
  t.equal(await heading(page), 'Hello, adam')
  await page.context().close()
})

t.test('the keyboard is enough: Tab shows where one is, Enter goes on', async (t) => {
  const page = await stage.newPage({ javaScriptEnabled: false })
  const focused = async () => {
    await page.keyboard.press('Tab')
    t.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid')
    return page.evaluate('document.activeElement.textContent.trim()')
  }
  await openAs(page, 'alice', `${url}/staff`)
  await page.waitForLoadState()
  t.equal(await focused(), 'Use another account')
  await page.goto(`${url}/.auth/logout`)
  t.equal(await focused(), 'Sign out')
  t.equal(await focused(), 'Stay signed in')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await arrived(page, `${op.issuer}/**`)
  await page.goto(`${url}/docs`)
  t.equal(await heading(page), 'Choose how to sign in', 'signed out by the keyboard')
  t.match(await focused(), /Acme$/)
  t.match(await focused(), /Partners$/)
  await page.keyboard.press('Enter')
  await arrived(page, `${partner.issuer}/**`)
  t.equal(await heading(page), 'Who are you?')
  await page.context().close()
})
