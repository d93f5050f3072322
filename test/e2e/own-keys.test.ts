// The page of one's own keys at two gateways on one data folder, and a provider that tells when somebody signed in, or not.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { freePort } from '../support/ports.ts'

const [op, echo] = await Promise.all([startHostileOp({ host: 'localhost' }), startEcho()])
const folder = mkdtempSync(join(tmpdir(), 'claimgate-own-keys-'))
const clock = createTestClock(Math.floor(Date.now() / 1000))
const port = await freePort()
const portal = `http://localhost:${port}`
const yaml = () => `
session: { store: sqlite }
api_keys:
  store: sqlite
  self_service: { at: "${portal}", require: { groups: developers }, claims: [groups], max_keys: 4, lifetime: 90d }
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more }
apps:
  portal:
    url: ${portal}
    upstream: ${echo.url}
    credentials: [session, api_key]
    require: signed_in
    identity_headers: { X-User: user, X-Groups: groups }
`
const first = await startTestGateway({ yaml, clock, folder, port })
const second = await startTestGateway({ yaml, clock, folder })
t.teardown(async () => {
  await Promise.all([first.close(), second.close()])
  await Promise.all([op.close(), echo.close()])
  rmSync(folder, { recursive: true, force: true })
})

const own = { 'sec-fetch-site': 'same-origin' }

/** What the provider says of alice from now on; null: no time. */
function says(authTime: number | null): void {
  op.bends = {
    claims: (proper) => ({
      ...proper,
      groups: ['developers'],
      ...(authTime === null ? {} : { auth_time: authTime }),
    }),
  }
}

/** Follows a sign-in to its end; the question that the provider got, and where the browser came to. */
async function signIn(
  browser: Browser,
  link: string,
): Promise<{ readonly asked: URLSearchParams; readonly page: Page }> {
  const { headers } = await browser.visit(new URL(link, portal), { follow: false })
  const asked = new URL(headers.location ?? '')
  const back = op.authorize(asked)
  return { asked: asked.searchParams, page: await browser.visit(`${portal}/.auth/callback?${back}`) }
}

const decoded = (body: string) =>
  body.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))

const formOf = ({ body }: Page) => /name="form" value="([^"]*)"/.exec(body)?.[1] ?? ''
const linkOf = ({ body }: Page) => /href="([^"]*step_up[^"]*)"/.exec(decoded(body))?.[1] ?? ''

const make = (browser: Browser, form: string, name: string, at = portal) =>
  browser.visit(`${at}/.auth/keys`, {
    headers: { ...own, host: `localhost:${port}` },
    form: { do: 'make', form, name, expires: '30d', origins: '' },
    follow: false,
  })

t.test('a sign-in brings back the form; the provider is told to ask, and held to what it says', async (t) => {
  says(null)
  const browser = new Browser()
  await signIn(browser, '/.auth/login?return_to=/')
  const page = await browser.visit(`${portal}/.auth/keys`)
  const confirm = await make(browser, formOf(page), 'My “laptop” & more')
  t.equal(confirm.status, 401)
  const link = linkOf(confirm)
  t.notMatch(link, /laptop/)

  says(clock.time - 3600)
  const old = await signIn(browser, link)
  t.equal(old.page.status, 403, 'the provider says that this was an hour ago')

  says(null)
  const { asked, page: back } = await signIn(browser, link)
  t.equal(asked.get('prompt'), 'login')
  t.equal(asked.get('max_age'), '300')
  t.equal(back.url.pathname, '/.auth/keys')
  t.match(decoded(back.body), 'value="My “laptop” & more"')
  t.equal((await make(browser, formOf(back), 'laptop')).status, 200)

  clock.time += 301
  const late = await make(browser, formOf(await browser.visit(`${portal}/.auth/keys`)), 'late')
  t.equal(late.status, 401)
  says(clock.time)
  const again = await signIn(browser, linkOf(late))
  const key = await make(browser, formOf(again.page), 'second')
  const whole = /id="whole"[^>]*>([^<]*)</.exec(key.body)?.[1] ?? ''
  const answer = await fetch(`${portal}/x`, { headers: { 'x-api-key': whole }, redirect: 'manual' })
  t.equal(answer.status, 200)
  t.match(echo.received.at(-1)?.headers, { 'x-groups': ['developers'] })
  says(null)
  t.equal((await signIn(browser, linkOf(late))).page.status, 403, 'it told the time before')
})

t.test('`max_keys`, and one key of one form, hold at two gateways at once', async (t) => {
  says(clock.time)
  const browser = new Browser()
  await signIn(browser, '/.auth/login?return_to=/')
  const forms: string[] = []
  const [one, other] = [first, second].map(({ url }) => url.replace('127.0.0.1', 'localhost'))
  for (let i = 0; i < 6; i++) forms.push(formOf(await browser.visit(`${portal}/.auth/keys`)))
  const twice = await Promise.all([one, other].map((url) => make(browser, forms[0] ?? '', 'one', url)))
  t.equal(twice.filter(({ body }) => body.includes('class="secret"')).length, 1, 'one form makes one key')
  const many = await Promise.all(
    forms.slice(1).map((form, at) => make(browser, form, `key ${at}`, at % 2 === 0 ? one : other)),
  )
  t.equal(many.filter(({ body }) => body.includes('class="secret"')).length, 1, 'four keys in all')
  t.equal(many.filter(({ body }) => body.includes('as many keys as you may have')).length, 4)
})
