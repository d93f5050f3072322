import http from 'node:http'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { portOf } from '../support/ports.ts'
import { arrived, choose, heading, openAs, openStage, type Stage } from './stage.ts'

// The provider is at http://localhost, the apps at https://….example.test: for SameSite these are different sites.

/** A page of somebody else, with a link. */
const elsewhere = http.createServer((request, response) => {
  const to = new URL(request.url ?? '/', 'http://elsewhere').searchParams.get('to')
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(
    `<!doctype html><title>Elsewhere</title><a href="${to?.replaceAll('&', '&amp;')}">the link</a>`,
  )
})
await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening))
const linking = (to: string) => `http://127.0.0.1:${portOf(elsewhere)}/?to=${encodeURIComponent(to)}`
t.teardown(() => {
  elsewhere.close()
  elsewhere.closeAllConnections()
})

t.test('form_post: the provider answers by a form that another site posts', async (t) => {
  const stage = await openStage({
    hosts: ['wiki.example.test'],
    apps: ({ url, upstream }) => `
  wiki: { url: "${url}", upstream: "${upstream}", provider: posting, require: signed_in }
`,
  })
  const { url } = stage
  t.teardown(() => stage.close())
  const page = await stage.newPage()
  const complaints = complaintsOf(page)

  t.test(
    'the cookie of a sign-in under way crosses sites, the session’s does not (S-114, S-147)',
    async (t) => {
      await page.goto(`${url}/deep?x=1`)
      const [transaction, ...others] = await cookiesOf(page, url)
      t.same(others, [])
      t.match(transaction, { name: /^__Host-/, secure: true, httpOnly: true, sameSite: 'None', path: '/' })
      await choose(page, 'alice')
      await arrived(page, `${url}/deep?x=1`)
      t.equal(await heading(page), 'Hello, alice')
      const session = (await cookiesOf(page, url)).find(({ name }) => name === sessionName(stage))
      t.match(session, { secure: true, httpOnly: true, sameSite: 'Lax', path: '/', expires: -1 })
      t.same(complaints, [])
    },
  )

  t.test('another account takes the place of the session that was there (S-148)', (t) =>
    anotherAccount(t, stage, url),
  )

  t.test('a browser that keeps no session is not sent round for ever (S-099)', async (t) => {
    const rounds = await stage.newPage()
    await openAs(rounds, 'alice', `${url}/round`)
    await arrived(rounds, `${url}/round`)
    for (let round = 0; round < 3; round++) {
      await rounds.context().clearCookies({ name: sessionName(stage) })
      await rounds.goto(`${url}/round`)
      await arrived(rounds, `${url}/round`)
    }
    await rounds.context().clearCookies({ name: sessionName(stage) })
    const stopped = await rounds.goto(`${url}/round`)
    t.equal(stopped?.status(), 400)
    t.equal(await heading(rounds), 'You were signed in, but it does not last')
  })
})

t.test('same_site: strict', async (t) => {
  const stage = await openStage({
    hosts: ['wiki.example.test', 'notes.example.test'],
    top: 'session: { same_site: strict }',
    apps: ({ url, port, upstream }) => `
  wiki: { url: "${url}", upstream: "${upstream}", provider: op, require: signed_in }
  notes: { url: "https://notes.example.test:${port}", upstream: "${upstream}", provider: posting, require: signed_in }
`,
  })
  t.teardown(() => stage.close())

  for (const [mode, url] of [
    ['query', stage.url],
    ['form_post', `https://notes.example.test:${stage.port}`],
  ] as const) {
    t.test(`${mode}: a page moves on, so that the cookie is there when the app is asked`, async (t) => {
      const page = await stage.newPage()
      const complaints = complaintsOf(page)
      await openAs(page, 'alice', `${url}/deep?x=1&y=2`)
      await arrived(page, `${url}/deep?x=1&y=2`)
      t.equal(await heading(page), 'Hello, alice')
      const session = (await cookiesOf(page, url)).find(({ name }) => name === sessionName(stage))
      t.equal(session?.sameSite, 'Strict')
      await page.goBack({ waitUntil: 'commit' })
      t.notMatch(page.url(), /code=/, 'the page that moved on is not in the history')
      t.same(complaints, [])
      await page.context().close()
    })

    t.test(`${mode}: another account takes the place of the session that was there (S-148)`, (t) =>
      anotherAccount(t, stage, url),
    )

    t.test(`${mode}: links of another site lead to the page, however many one follows`, async (t) => {
      const page = await stage.newPage()
      await openAs(page, 'alice', `${url}/`)
      await arrived(page, `${url}/`)
      for (let link = 1; link <= 6; link++) {
        await page.goto(linking(`${url}/mail?link=${link}`))
        await page.getByRole('link', { name: 'the link' }).click()
        await arrived(page, `${url}/mail?link=${link}`)
        t.equal(await heading(page), 'Hello, alice')
      }
      await page.context().close()
    })

    t.test(`${mode}: a browser that keeps no session is not sent round for ever (S-099)`, async (t) => {
      const page = await stage.newPage()
      const context = page.context()
      // Its cookie is gone whenever the app is asked.
      await page.route('**/round', async (route) => {
        await context.clearCookies({ name: sessionName(stage) })
        await route.continue()
      })
      await openAs(page, 'alice', `${url}/round`)
      await page.getByText('it does not last').waitFor()
      t.equal(await heading(page), 'You were signed in, but it does not last')
      await context.close()
    })
  }
})

/** The callback comes from another site, without the cookie of the session that ends by it. */
async function anotherAccount(t: Test, stage: Stage, url: string): Promise<void> {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${url}/deep`)
  await arrived(page, `${url}/deep`)
  const copied = (await cookiesOf(page, url)).filter(({ name }) => name === sessionName(stage))
  t.equal(copied.length, 1)
  await page.goto(`${url}/.auth/logout`)
  // In a moment: a page that goes away at once may take the answer of `evaluate` with it.
  await page.evaluate(
    `setTimeout(() => location.assign('/.auth/login?account=other&return_to=/deep')) && null`,
  )
  await choose(page, 'adam')
  await arrived(page, `${url}/deep`)
  t.equal(await heading(page), 'Hello, adam')
  const thief = await stage.newPage()
  await thief.context().addCookies(copied)
  await thief.goto(`${url}/deep`)
  t.equal(await heading(thief), 'Who are you?')
  await thief.context().close()
  await page.context().close()
}

function sessionName({ port }: Stage): string {
  return `__Host-claimgate-${port}`
}

function cookiesOf(page: Page, url: string) {
  return page.context().cookies(url)
}
