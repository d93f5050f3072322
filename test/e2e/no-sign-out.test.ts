// A provider that has no sign-out keeps people signed in: whoever leaves is told, and the way back in asks who they are.
import t from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startFront, visitAs } from '../support/front.ts'

const clock = createTestClock(Math.floor(Date.now() / 1000))
const front = await startFront({
  clock,
  provider: '    label: Acme',
  op: {
    configuration: {
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    },
  },
})
t.teardown(() => front.close())
const { url, op } = front

async function signOut(browser: Browser): Promise<Page> {
  const headers = { 'sec-fetch-site': 'same-origin', origin: url }
  return browser.visit(`${url}/.auth/logout`, { form: {}, headers })
}

/** Where the button leads. */
function buttonOf({ body }: Page): string {
  const [, href = ''] = /<a class="button" href="([^"]*)">Sign in again</.exec(body) ?? []
  return url + href.replaceAll('&#61;', '=').replaceAll('&#38;', '&')
}

t.test('the page says that one is still signed in there, and its button asks for an account', async (t) => {
  const browser = new Browser()
  t.match(await visitAs(browser, 'alice', `${url}/`), { status: 200 })
  const out = await signOut(browser)
  t.match(out, { status: 200, body: /You are still signed in at <bdi>Acme<\/bdi>/ })
  t.match(await browser.visit(`${url}/x`), { status: 200 }, 'a page alone would bring her back unasked')
  const asked = await browser.visit(buttonOf(await signOut(browser)))
  t.match(asked.url.pathname, /^\/interaction\//)
  t.match(asked.body, 'Who are you?')
  asked.url.searchParams.set('as', 'alice')
  t.match(await browser.visit(asked.url), { status: 200, body: /alice/ })
})

t.test('nor is that forgotten by an attempt that begins again by itself', async (t) => {
  const browser = new Browser()
  await visitAs(browser, 'alice', `${url}/`)
  const asked = await browser.visit(buttonOf(await signOut(browser)))
  t.match(asked.body, 'Who are you?')
  clock.time += 3601
  const prompts: (string | null)[] = []
  asked.url.searchParams.set('as', 'alice')
  const again = await browser.visit(asked.url)
  for (const address of again.visited)
    if (address.startsWith(`${op.issuer}/auth?`)) prompts.push(new URL(address).searchParams.get('prompt'))
  t.same(prompts, ['login'], 'she came too late, and a second one began')
  t.match(again.body, 'Who are you?', 'which asks her too')
})
