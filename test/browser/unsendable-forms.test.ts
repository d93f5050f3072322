// A form that waited for a sign-in and cannot be sent, as cookies of the host have piled up, in a real browser: its page says
// that they can be deleted, and whoever does so signs in once more and has the form sent.
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { startFormApp } from '../support/form-app.ts'
import { choose, heading, openAs, openStage } from './stage.ts'

const app = await startFormApp()
const stage = await openStage({
  apps: ({ url }) => `
  wiki:
    url: ${url}
    title: The wiki
    provider: op
    contact: help@example.com
    require: signed_in
    upstream:
      url: ${app.url}
      aws:
        sign: execute-api
        region: eu-west-1
        credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY }
`,
})
const { url } = stage
t.teardown(async () => {
  await stage.close()
  await app.close()
})

const saved = `${url}/orders/save?x=1&y=%20`

/** Alice has sent a form after her session ended, from a browser with more cookies than can be sent on. */
async function refused(t: Test, options: Parameters<typeof stage.newPage>[0] = {}): Promise<Page> {
  const page = await stage.newPage(options)
  t.teardown(() => page.context().close())
  await openAs(page, 'alice', `${url}/orders/new`)
  await page.getByLabel('Note').fill('kept all the same')
  const context = page.context()
  const session = (await context.cookies(url)).filter(({ name }) => /^claimgate-\d+$/.test(name))
  await page.request.post(`${url}/.auth/logout`, { headers: { origin: url }, maxRedirects: 0 })
  const many = [1, 2, 3].map((at) => ({ name: `seen-${at}`, value: 'x'.repeat(3600), url }))
  await context.addCookies([...session, ...many])
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('a[href^="/.auth/resume?form="]').waitFor()
  return page
}

for (const [name, options] of [
  ['desktop', {}],
  ['narrow', { viewport: { width: 320, height: 640 } }],
  ['dark', { colorScheme: 'dark' }],
  ['german', { locale: 'de-DE', viewport: { width: 320, height: 640 } }],
] as const) {
  t.test(`${name}: whoever deletes the cookies has the form sent after one more sign-in`, async (t) => {
    const before = app.sent.length
    const page = await refused(t, options)
    const complaints = complaintsOf(page)
    t.equal(page.url(), saved, 'the address is that of the form')
    const german = name === 'german'
    t.equal(
      await heading(page),
      german ? 'Mit dieser Anfrage kam zu viel' : 'Too much came with this request',
    )
    t.match(
      await page.locator('main').innerText(),
      german ? /Es ist noch da: Bis zehn Minuten/ : /It is still kept: you can send it again/,
    )
    t.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0, 'nothing sticks out')
    await picture(page, name)
    t.equal(app.sent.length, before)
    await page.context().clearCookies()
    await page.getByRole('link', { name: german ? 'Noch einmal absenden' : 'Send it again' }).click()
    await choose(page, 'alice')
    await page.getByRole('heading', { name: 'Saved' }).waitFor()
    t.equal(page.url(), saved)
    t.match(app.sent.slice(before), [{ method: 'POST', user: 'alice', referer: `${url}/orders/new` }])
    t.equal(String(app.sent[before]?.body), 'note=kept+all+the+same')
    t.same(complaints, [])
  })
}

t.test('somebody else who signs in there is told so, and nothing is sent', async (t) => {
  const before = app.sent.length
  const page = await refused(t)
  await page.context().clearCookies()
  await page.getByRole('link', { name: 'Send it again' }).click()
  await choose(page, 'adam')
  await page.getByRole('heading', { name: 'There is nothing left to send' }).waitFor()
  t.match(await page.locator('main').innerText(), /signed in with another account/)
  await picture(page, 'other')
  t.equal(app.sent.length, before)
})

/** For whoever wants to look: `PICTURES=/some/folder`. */
async function picture(page: Page, name: string): Promise<void> {
  const { PICTURES: folder } = process.env
  if (folder !== undefined) await page.screenshot({ path: `${folder}/unsendable-form-${name}.png` })
}
