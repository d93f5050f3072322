// Forms that meet a sign-in, in a real browser: the same person, another one, without scripts, with a file, in two tabs.
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { startFormApp } from '../support/form-app.ts'
import { poll } from '../support/waiting.ts'
import { arrived, choose, goBack, heading, openAs, openStage } from './stage.ts'

const app = await startFormApp()
const stage = await openStage({
  apps: ({ url }) => `
  wiki:
    url: ${url}
    upstream: ${app.url}
    title: The wiki
    provider: op
    require: signed_in
`,
})
const { url } = stage
t.teardown(async () => {
  await stage.close()
  await app.close()
})

const form = `${url}/orders/new`
const saved = `${url}/orders/save?x=1&y=%20`

/** A browser in which alice has a form before her. */
async function withForm(t: Test, options: Parameters<typeof stage.newPage>[0] = {}): Promise<Page> {
  const page = await stage.newPage(options)
  t.teardown(() => page.context().close())
  await openAs(page, 'alice', form)
  await page.getByLabel('Note').waitFor()
  return page
}

/** Her session ends elsewhere: the browser still has its cookie. `forgets`: the provider does not know her either. */
async function endSession(page: Page, { forgets }: { readonly forgets: boolean }): Promise<void> {
  const context = page.context()
  const session = (await context.cookies(url)).filter(({ name }) => /^claimgate-\d+$/.test(name))
  await page.request.post(`${url}/.auth/logout`, { headers: { origin: url }, maxRedirects: 0 })
  if (forgets) await context.clearCookies()
  await context.addCookies(session)
}

const sentBy = (from: number) => app.sent.slice(from)

t.test(
  'a form that is sent after the session ended is saved, and the browser is where it posted to',
  async (t) => {
    const before = app.sent.length
    const page = await withForm(t)
    const complaints = complaintsOf(page)
    await page.getByLabel('Note').fill('grüß dich\n& more = 1')
    await endSession(page, { forgets: false })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Saved' }).waitFor()
    t.equal(page.url(), saved)
    const [sent, ...others] = sentBy(before)
    t.match(sent, { method: 'POST', url: '/orders/save?x=1&y=%20', user: 'alice', referer: form })
    t.equal(sent?.type, 'application/x-www-form-urlencoded')
    t.equal(String(sent?.body), 'note=gr%C3%BC%C3%9F+dich%0D%0A%26+more+%3D+1')
    t.same(others, [], 'once')
    t.same(complaints, [])
    await goBack(page)
    await poll(
      'the page before',
      () => page.url(),
      (address) => address !== saved,
    )
    await page.goto(form)
    t.same(sentBy(before).length, 1, 'nor again by going back')
  },
)

t.test('without scripts a button sends it', async (t) => {
  const before = app.sent.length
  const page = await withForm(t, { javaScriptEnabled: false, viewport: { width: 360, height: 640 } })
  await page.getByLabel('Note').fill('tea')
  await endSession(page, { forgets: false })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'You are signed in again' }).waitFor()
  t.equal(sentBy(before).length, 0)
  await picture(page, 'same')
  await page.getByRole('button', { name: 'Send it now' }).click()
  await page.getByRole('heading', { name: 'Saved' }).waitFor()
  t.equal(page.url(), saved)
  t.same(
    sentBy(before).map(({ body }) => String(body)),
    ['note=tea'],
  )
})

t.test('another person sees whose form it is, and it is sent by a button alone', async (t) => {
  const before = app.sent.length
  const page = await withForm(t)
  await page.getByLabel('Note').fill('of alice')
  await endSession(page, { forgets: true })
  await page.getByRole('button', { name: 'Save' }).click()
  await choose(page, 'adam')
  await page.getByRole('heading', { name: 'Send this as another person?' }).waitFor()
  t.match(await page.locator('main').innerText(), /filled in by Alice\. You are signed in as Adam \(Acme\)/)
  t.equal(sentBy(before).length, 0)
  await picture(page, 'other')
  await page.getByRole('button', { name: 'Send it in my name' }).click()
  await page.getByRole('heading', { name: 'Saved' }).waitFor()
  t.match(sentBy(before), [{ user: 'adam', url: '/orders/save?x=1&y=%20' }])
})

t.test('she comes back with her own account, and it is sent by itself', async (t) => {
  const before = app.sent.length
  const page = await withForm(t)
  await page.getByLabel('Note').fill('of alice')
  await endSession(page, { forgets: true })
  await page.getByRole('button', { name: 'Save' }).click()
  await choose(page, 'adam')
  await page.getByRole('link', { name: 'Use another account' }).click()
  await choose(page, 'alice')
  await page.getByRole('heading', { name: 'Saved' }).waitFor()
  t.match(sentBy(before), [{ user: 'alice' }])
})

t.test('a file arrives to the byte', async (t) => {
  const before = app.sent.length
  const page = await withForm(t)
  const buffer = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31) % 256))
  await page.getByLabel('File').setInputFiles({ name: 'a.bin', mimeType: 'application/octet-stream', buffer })
  await endSession(page, { forgets: false })
  await page.getByRole('button', { name: 'Upload' }).click()
  await page.getByRole('heading', { name: 'Saved' }).waitFor()
  const [sent] = sentBy(before)
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(sent?.type ?? '')?.[1] ?? 'none'
  t.ok(sent?.body.includes(buffer))
  t.ok(sent?.body.toString('latin1').endsWith(`--${boundary}--\r\n`))
})

t.test('two tabs each send their own form, once', async (t) => {
  const before = app.sent.length
  const one = await withForm(t)
  const next = await one.context().newPage()
  await next.goto(form)
  await one.getByLabel('Note').fill('one')
  await next.getByLabel('Note').fill('next')
  await endSession(one, { forgets: true })
  for (const page of [one, next]) {
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  }
  await choose(next, 'alice')
  await next.getByRole('heading', { name: 'Saved' }).waitFor()
  await one.reload()
  await choose(one, 'alice')
  await one.getByRole('heading', { name: 'Saved' }).waitFor()
  t.same(
    sentBy(before).map(({ body }) => String(body)),
    ['note=next', 'note=one'],
  )
})

t.test('a script is told 401, as ever, and nothing of it is kept', async (t) => {
  const page = await withForm(t)
  await endSession(page, { forgets: false })
  const status = await page.evaluate(
    'fetch("/orders/save", { method: "POST", body: "note=1" }).then((r) => r.status)',
  )
  t.equal(status, 401)
})

t.test('a form that is too long is told so, on a page from which one signs in', async (t) => {
  const before = app.sent.length
  const page = await withForm(t)
  await page.getByLabel('Note').fill('x'.repeat(300_000))
  await endSession(page, { forgets: false })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('What you sent was not saved.').waitFor()
  t.equal(await heading(page), 'You are not signed in')
  await page.getByRole('link', { name: 'Sign in' }).click()
  await arrived(page, form)
  t.equal(sentBy(before).length, 0)
})

/** For whoever wants to look: `PICTURES=/some/folder`. */
async function picture(page: Page, name: string): Promise<void> {
  const { PICTURES: folder } = process.env
  if (folder !== undefined) await page.screenshot({ path: `${folder}/form-${name}.png` })
}
