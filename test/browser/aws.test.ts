// The app of docs/aws.md in a real browser, in three of the page's ways: a sign-in, a link, a file up and down, a refusal.
import t from 'tap'
import { names, openWay } from '../support/aws/page.ts'
import { complaintsOf, openChromium } from '../support/chromium.ts'
import { patienceMs } from '../support/waiting.ts'
import { heading, openAs } from './stage.ts'

t.setTimeout(900_000)
const browser = await openChromium()
t.teardown(() => browser.close())

/** Run in the page: a file by its form's means, and another one back. */
const filesUpAndDown = `(async () => {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array([0, 255, 13, 10, 128])]), 'größe.bin')
  const sent = await (await fetch('/files', { method: 'POST', body: form })).json()
  const got = new Uint8Array(await (await fetch('/files/all.bin')).arrayBuffer())
  return { sent, got: Array.from(got) }
})()`

for (const way of ['secret', 'iam', 'lambda'] as const) {
  t.test(`${way}: Chromium signs in, follows a link, sends a file and is refused at /admin`, async (t) => {
    const { url } = await openWay(t, way)
    const context = await browser.newContext()
    context.setDefaultTimeout(patienceMs)
    const page = await context.newPage()
    const complaints = complaintsOf(page)
    await openAs(page, 'alice', `${url}/`)
    t.equal(await heading(page), `Hello, ${names.alice}`)
    t.same(await page.evaluate(filesUpAndDown), {
      sent: { bytes: 5, sum: 0 + 255 + 13 + 10 + 128, by: names.alice },
      got: Array.from({ length: 256 }, (_, index) => index),
    })
    t.same(complaints, [])
    await page.click('#page')
    await page.waitForURL(`${url}/pages/%C3%9Cbersicht`)
    t.equal(await page.textContent('body'), 'Übersicht: None')
    const cookies = (await context.cookies()).filter(({ name }) => ['seen', 'theme'].includes(name))
    t.match(
      cookies.map(({ path, domain }) => ({ path, domain })),
      [
        { path: '/', domain: 'localhost' },
        { path: '/', domain: 'localhost' },
      ],
    )
    t.equal((await page.goto(`${url}/old`))?.url(), `${url}/pages/new`)
    t.equal((await page.goto(`${url}/admin`))?.status(), 403)
    t.match(await page.textContent('main'), names.alice)
    await context.close()
  })
}
