// A frame in which nobody is signed in: of the same origin a small page, of another site nothing that anybody could use.
import http from 'node:http'
import type { FrameLocator, Page } from 'playwright-core'
import t from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { portOf } from '../support/ports.ts'
import { arrived, choose, heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) => `
  wiki:
    url: ${url}
    upstream: ${upstream}
    title: The wiki
    provider: op
    require: signed_in
    locations: [{ path: /board, require: maybe_signed_in }]
`,
})
t.teardown(() => stage.close())
const { url, op } = stage

/** Somebody else's page, with a frame of what they like. */
const elsewhere = http.createServer((request, response) => {
  const framed = new URL(request.url ?? '/', 'http://elsewhere').searchParams.get('framed')
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(
    `<!doctype html><title>Elsewhere</title><iframe src="${framed?.replaceAll('&', '&amp;')}"></iframe>`,
  )
})
await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening))
t.teardown(() => {
  elsewhere.close()
  elsewhere.closeAllConnections()
})

const begun = () => stage.gateway.log.filter(({ event }) => event === 'login.started').length

/** Puts a frame into the page that is there. */
async function frame(page: Page, address: string): Promise<FrameLocator> {
  await page.evaluate(`{
    const frame = document.createElement('iframe')
    frame.src = ${JSON.stringify(address)}
    frame.width = 360
    frame.height = 320
    document.body.append(frame)
  }`)
  return page.frameLocator('iframe')
}

t.test('a frame whose session ended says so, and its link signs in on top and comes back', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await openAs(page, 'alice', `${url}/`)
  await page.context().clearCookies({ name: `claimgate-${stage.port}` })
  const top = `${url}/board?week=7&q=a%20b`
  await page.goto(top)
  const before = begun()
  const inside = await frame(page, '/numbers')
  await inside.getByRole('heading', { name: 'You are not signed in' }).waitFor()
  t.match(await inside.locator('main').textContent(), /Sign in to see what is here/)
  t.equal(begun(), before, 'the frame itself begins nothing')
  await inside.getByRole('link', { name: 'Sign in' }).click()
  // The provider knows her still.
  await arrived(page, top)
  await page.locator('#asked').waitFor()
  t.equal(await heading(page), 'Hello, alice')
  const now = await frame(page, '/numbers')
  await now.getByRole('heading', { name: 'Hello, alice' }).waitFor()
  t.same(complaints, [])
  await page.context().close()
})

t.test('the same where she is asked, and from a page whose address no link can carry', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  const top = `${url}/board?state=${'::'.repeat(1500)}`
  await page.goto(top)
  const inside = await frame(page, '/numbers')
  await inside.getByRole('link', { name: 'Sign in' }).click()
  await choose(page, 'alice')
  await page.waitForURL(top, { waitUntil: 'commit' })
  await page.locator('#asked').waitFor()
  t.equal(await heading(page), 'Hello, alice')
  t.same(complaints, [])
  await page.context().close()
})

t.test('a frame in another site’s page begins no sign-in and shows nothing (S-119)', async (t) => {
  const page = await stage.newPage()
  const provider: string[] = []
  page.on('request', (request) => {
    if (request.url().startsWith(op.issuer)) provider.push(request.url())
  })
  const before = begun()
  for (const path of [
    '/numbers',
    '/.auth/login',
    '/.auth/login?provider=op&return_to=/numbers',
    '/.auth/callback?state=x.s',
  ]) {
    await page.goto(`http://127.0.0.1:${portOf(elsewhere)}/?framed=${encodeURIComponent(url + path)}`)
    await page.waitForLoadState('load')
    t.equal(await page.frameLocator('iframe').getByRole('link').count(), 0, path)
  }
  t.equal(begun(), before)
  t.same(provider, [])
  t.same(await page.context().cookies(url), [], 'no attempt is left in the browser')
  await page.context().close()
})
