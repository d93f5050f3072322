// A session that rests in Chromium: its pieces are kept, sent and cleared, and the mark of a sign-out stays.
import type { Page } from 'playwright-core'
import t from 'tap'
import { arrived, heading, openAs, openStage } from './stage.ts'

/** So many names are kept that one cookie has no room for the session. */
const names = Array.from(
  { length: 60 },
  (_, at) => `{ claim_number_${at}_with_a_name_that_is_rather_long: x }`,
)
const stage = await openStage({
  hosts: ['wiki.example.test', 'notes.example.test'],
  top: 'session: { store: cookie, secret: a-session-secret-of-thirty-two-bytes-or-more }',
  apps: ({ url, port, upstream }) => `
  wiki: { url: "${url}", upstream: "${upstream}", provider: op, require: { any: [signed_in, ${names.join(', ')}] } }
  notes: { url: "https://notes.example.test:${port}", upstream: "${upstream}", provider: posting, require: signed_in }
`,
})
t.teardown(() => stage.close())

async function cookiesOf(
  page: Page,
  url: string,
): Promise<ReadonlyMap<string, { sameSite: string; value: string }>> {
  const all = await page.context().cookies(url)
  for (const { name, secure, httpOnly, path } of all.filter((one) => one.name.startsWith('__Host-')))
    t.match({ secure, httpOnly, path }, { secure: true, httpOnly: true, path: '/' }, name)
  return new Map(all.map((one) => [one.name, one]))
}

async function signOut(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/.auth/logout`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: /yes, sign me out/i }).click()
  await arrived(page, `${url}/.auth/logged-out?*`)
}

t.test(
  'both pieces are kept and sent, a sign-out clears them, and what is put back is no session',
  async (t) => {
    const { url, port } = stage
    const [first, second, mark] = [
      `__Host-claimgate-${port}`,
      `__Host-claimgate-${port}-p2`,
      `__Host-claimgate-${port}-ended`,
    ]
    const page = await stage.newPage()
    await openAs(page, 'alice', `${url}/deep`)
    t.equal(await heading(page), 'Hello, alice')
    const signedIn = await cookiesOf(page, url)
    t.same(
      [first, second, mark].map((name) => signedIn.get(name)?.sameSite),
      ['Lax', 'Lax', 'Lax'],
    )
    const [one, two] = [signedIn.get(first)?.value ?? '', signedIn.get(second)?.value ?? '']
    t.ok(one.length > 3000 && two.length > 500, `${one.length} and ${two.length} letters`)
    t.equal(await page.evaluate('document.cookie'), '', 'no script sees them')
    await page.goto(`${url}/another`)
    t.equal(await heading(page), 'Hello, alice')
    await signOut(page, url)
    const signedOut = await cookiesOf(page, url)
    t.same([signedOut.has(first), signedOut.has(second), signedOut.has(mark)], [false, false, true])
    await page.context().addCookies([
      { name: first, value: one, url, secure: true, httpOnly: true, sameSite: 'Lax' },
      { name: second, value: two, url, secure: true, httpOnly: true, sameSite: 'Lax' },
    ])
    await page.goto(`${url}/deep`)
    t.equal(await heading(page), 'Who are you?')
    await openAs(page, 'adam', `${url}/deep`)
    t.equal(await heading(page), 'Hello, adam')
    await page.context().close()
  },
)

t.test('the mark comes with an answer that another site posts, so that the next sign-in lasts', async (t) => {
  const url = `https://notes.example.test:${stage.port}`
  const page = await stage.newPage()
  for (const id of ['alice', 'adam'] as const) {
    await openAs(page, id, `${url}/deep`)
    t.equal(await heading(page), `Hello, ${id}`)
    await signOut(page, url)
    const mark = (await cookiesOf(page, url)).get(`__Host-claimgate-${stage.port}-ended`)
    t.equal(mark?.sameSite, 'None')
  }
  await page.context().close()
})
