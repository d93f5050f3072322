// oidc-provider ends sessions by its back channel, as it does it: somebody signs out there, or at another origin of the
// gateway.
import t from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

const op = await startOp({
  configuration: {
    // It asks no loopback by itself.
    fetch: (url: string, { dispatcher: _its, ...options }: { readonly dispatcher?: unknown }) =>
      fetch(url, options),
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
  },
})
const echo = await startEcho()
const port = await freePort()
const [wiki, notes] = [`http://localhost:${port}`, `http://127.0.0.1:${port}`]
op.register({
  redirectUris: [wiki, notes].map((url) => `${url}/.auth/callback`),
  postLogoutRedirectUris: [wiki, notes].map((url) => `${url}/.auth/logged-out`),
  metadata: {
    backchannel_logout_uri: `${notes}/.auth/backchannel-logout`,
    backchannel_logout_session_required: true,
  },
})
const gateway = await startTestGateway({
  port,
  yaml: () => `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki: { url: "${wiki}", upstream: "${echo.url}", require: signed_in }
  notes: { url: "${notes}", upstream: "${echo.url}", require: signed_in }
`,
})
t.teardown(async () => {
  await gateway.close()
  await Promise.all([op.close(), echo.close()])
})

/** In this browser, which the provider knows from then on. */
async function signIn(id: 'alice' | 'olga'): Promise<Browser> {
  const browser = new Browser()
  for (const url of [wiki, notes]) await visitAs(browser, id, `${url}/`)
  return browser
}

const isIn = async (browser: Browser, url: string) =>
  (await browser.visit(`${url}/`, { follow: false })).status === 200

/** The page of the provider that asks whether to sign out: yes. */
async function confirm(browser: Browser, page: Page): Promise<Page> {
  const [, xsrf = ''] = /name="xsrf" value="([^"]*)"/.exec(page.body) ?? []
  return browser.visit(`${op.issuer}/session/end/confirm`, { form: { xsrf, logout: 'yes' } })
}

t.test(
  'S-181: who signs out at the provider is signed out at every origin, and nobody else is',
  async (t) => {
    const [alice, elsewhere, olga] = [await signIn('alice'), await signIn('alice'), await signIn('olga')]
    const everywhere = async (browser: Browser) => [await isIn(browser, wiki), await isIn(browser, notes)]
    for (const browser of [alice, elsewhere, olga]) t.same(await everywhere(browser), [true, true])
    await confirm(alice, await alice.visit(`${op.issuer}/session/end`))
    t.match(await gateway.logged(({ event }) => event === 'logout.provider'), {
      how: 'back-channel',
      provider: 'op',
      ended: 2,
    })
    t.same(await everywhere(alice), [false, false])
    t.same(await everywhere(elsewhere), [true, true], 'another session there')
    t.same(await everywhere(olga), [true, true])
    t.notOk(gateway.log.some(({ event }) => event === 'logout.failed'))
  },
)

t.test('who signs out at one origin is signed out at the other by the provider', async (t) => {
  const alice = await signIn('alice')
  const from = gateway.log.length
  const leaving = await alice.visit(`${wiki}/.auth/logout`, {
    form: {},
    headers: { origin: wiki, 'sec-fetch-site': 'same-origin' },
  })
  const [, href = ''] = /content="0; url&#61;([^"]*)"/.exec(leaving.body) ?? []
  t.notOk(await isIn(alice, wiki))
  t.ok(await isIn(alice, notes))
  const address = href
    .replaceAll(/&#(\d+);/g, (_found, code) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')
  const back = await confirm(alice, await alice.visit(address))
  t.equal(back.url.pathname, '/.auth/logged-out')
  t.notOk(await isIn(alice, notes))
  t.match(
    gateway.log.slice(from).find(({ event }) => event === 'logout.provider'),
    { how: 'back-channel', ended: 1 },
  )
  await visitAs(alice, 'alice', `${notes}/`)
  t.ok(await isIn(alice, notes), 'a new sign-in lives')
})
