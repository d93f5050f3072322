// What Debian's httpd with mod_auth_openidc does while people are signed in, and what the gateway does with the file that
// `convert` makes of the same lines: OIDCUserInfoRefreshInterval, OIDCRefreshAccessTokenBeforeExpiry, OIDCPreservePost,
// OIDCPathAuthRequestParams and OIDCUnAutzAction. Where they differ it is what the report says.
import t, { type Test } from 'tap'
import { convertApache } from '../../src/migration/apache/apache.ts'
import type { Finding } from '../../src/migration/finding.ts'
import { startApache } from '../support/apache.ts'
import { Browser, type Page } from '../support/browser.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { type HostileOp, startHostileOp } from '../support/hostile-op.ts'
import { formOn, ofForm } from '../support/kept-forms.ts'
import { freePort } from '../support/ports.ts'
import { exchange, statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'

const secret = 'canary-client-secret-of-32-bytes-or-more'

interface Sides {
  readonly op: HostileOp
  readonly echo: Echo
  /** Addresses of both. */
  readonly apache: string
  readonly gateway: string
  /** The gateway's. */
  readonly clock: TestClock
  readonly yaml: string
  readonly findings: readonly Finding[]
}

async function startSides(t: Test, lines: string): Promise<Sides> {
  const op = await startHostileOp({ host: 'localhost' })
  t.teardown(() => op.close())
  const echo = await startEcho()
  t.teardown(() => echo.close())
  const ports = { apache: await freePort(), gateway: await freePort() }
  const source = (port: number) => `
ServerName localhost:${port}
OIDCProviderMetadataURL ${op.issuer}/.well-known/openid-configuration
OIDCClientID gateway
OIDCClientSecret \${CLIENT_SECRET}
OIDCRedirectURI http://localhost:${port}/callback
OIDCCryptoPassphrase a-passphrase-of-the-test
OIDCPKCEMethod S256
ProxyPass /callback !
ProxyPass / ${echo.url}/
${lines}
`
  const env = { CLIENT_SECRET: secret }
  const apache = await startApache({ port: ports.apache, config: source(ports.apache), env })
  t.teardown(() => apache.stop())
  const around = { folder: '/', readFile: noFile, listFiles: () => [], version: [2, 4, 12, 3], defined: [] }
  const converted = convertApache({
    files: [{ name: 'httpd.conf', text: source(ports.gateway) }],
    ...around,
  })
  if (!converted.ok) throw new Error(converted.faults.map(({ message }) => message).join('\n'))
  const clock = createTestClock(Math.floor(Date.now() / 1000))
  const { yaml, findings } = converted
  const gateway = await startTestGateway({ port: ports.gateway, clock, env, yaml: () => yaml })
  t.teardown(() => gateway.close())
  return { op, echo, apache: apache.url, gateway: gateway.url, clock, yaml, findings }
}

const noFile = () => ({ ok: false, reason: 'no such file' }) as const

/** Where a page sends people: by its head, or as httpd does it, by a page. */
function sentTo({ headers, body, url }: Page): URL | null {
  const inPage = /url=([^"]+)"/i.exec(body)?.[1]?.replaceAll('&amp;', '&')
  const text = headers.location ?? inPage
  return text === undefined ? null : new URL(text, url)
}

/** The provider takes whoever comes for Alice, and sends her back. */
async function comeBack({ op }: Sides, browser: Browser, page: Page): Promise<Page> {
  const asked = sentTo(page)
  if (asked === null || !asked.href.startsWith(op.issuer)) throw new Error(`${page.status} ${page.body}`)
  const answer = op.authorize(asked)
  return browser.visit(`${asked.searchParams.get('redirect_uri')}?${answer}`, { follow: false })
}

async function signIn(sides: Sides, url: string): Promise<Browser> {
  const browser = new Browser()
  await comeBack(sides, browser, await browser.visit(`${url}/`, { follow: false }))
  return browser
}

const look = async (browser: Browser, address: string): Promise<number> =>
  (await browser.visit(address, { follow: false })).status

t.test('OIDCUserInfoRefreshInterval: who loses a group at the provider loses the page', async (t) => {
  const sides = await startSides(
    t,
    `
OIDCUserInfoRefreshInterval 1
<Location />
  AuthType openid-connect
  Require claim groups:staff
</Location>`,
  )
  const { op, apache, gateway, clock } = sides
  t.match(sides.yaml, 'recheck: { every: 1m, unanswered: 1m }')
  let groups = ['staff']
  op.bends.userinfo = (claims) => ({ ...claims, groups })
  const [there, here] = [await signIn(sides, apache), await signIn(sides, gateway)]
  t.equal(await look(there, `${apache}/`), 200, 'httpd lets in')
  t.equal(await look(here, `${gateway}/`), 200, 'the gateway lets in')
  groups = ['others']
  await poll(
    'httpd to ask userinfo again',
    () => look(there, `${apache}/`),
    (status) => status === 401,
  )
  t.equal(await look(here, `${gateway}/`), 200, 'the gateway has not asked yet')
  clock.time += 61
  op.now = clock.time
  t.equal(await look(here, `${gateway}/`), 403, 'and is told a minute later')
})

t.test('OIDCRefreshAccessTokenBeforeExpiry: who is refused at the provider is signed out', async (t) => {
  const sides = await startSides(
    t,
    `
OIDCScope "openid offline_access"
OIDCSessionInactivityTimeout 3600
OIDCRefreshAccessTokenBeforeExpiry 1000000 logout_on_error
<Location />
  AuthType openid-connect
  Require valid-user
</Location>`,
  )
  const { op, apache, gateway, clock } = sides
  t.match(sides.yaml, 'recheck: { every: 15m, unanswered: 15m }')
  op.refreshTokens.issues = true
  const there = await signIn(sides, apache)
  t.equal(await look(there, `${apache}/`), 200)
  t.ok(op.refreshTokens.used > 0, 'httpd refreshed')
  const before = op.refreshTokens.used
  const here = await signIn(sides, gateway)
  t.equal(await look(here, `${gateway}/`), 200)
  t.equal(op.refreshTokens.used, before, 'it is not due yet at the gateway')
  clock.time += 15 * 60 + 1
  op.now = clock.time
  t.equal(await look(here, `${gateway}/`), 200)
  t.equal(op.refreshTokens.used, before + 1, 'the gateway refreshed, once')
  op.refreshTokens.endAll()
  // It says so, and writes the app's answer behind that: no client reads such bytes.
  await t.rejects(look(there, `${apache}/`))
  t.equal(await look(there, `${apache}/`), 302, 'httpd ended the session')
  clock.time += 15 * 60 + 1
  op.now = clock.time
  const refused = await here.visit(`${gateway}/`, { follow: false })
  t.equal(refused.status, 302, 'the gateway ends it too, and a page signs in again')
  t.ok(sentTo(refused)?.href.startsWith(op.issuer))
})

const stepUp = `
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /admin>
  AuthType openid-connect
  OIDCUnAutzAction auth
  OIDCPathAuthRequestParams acr_values=2factor
  Require claim acr:2factor
</Location>`

t.test('OIDCPathAuthRequestParams and OIDCUnAutzAction auth: a stronger sign-in is asked for', async (t) => {
  const sides = await startSides(t, stepUp)
  const { op, apache, gateway } = sides
  let acr = 'pwd'
  op.bends.claims = (claims) => ({ ...claims, acr })
  for (const url of [apache, gateway]) {
    acr = 'pwd'
    const browser = await signIn(sides, url)
    t.equal(await look(browser, `${url}/`), 200, `${url}: signed in`)
    const asked = await browser.visit(`${url}/admin`, { follow: false })
    t.notMatch(asked.body, '"target"', `${url}: not let in`)
    t.equal(sentTo(asked)?.searchParams.get('acr_values'), '2factor', `${url}: sent to the provider`)
    acr = '2factor'
    const back = await comeBack(sides, browser, asked)
    t.equal(sentTo(back)?.pathname, '/admin')
    t.equal(await look(browser, `${url}/admin`), 200, `${url}: let in`)
  }
})

t.test('OIDCUnAutzAction auth went round in a circle: the gateway says 403', async (t) => {
  const sides = await startSides(t, stepUp)
  const { op, apache, gateway } = sides
  op.bends.claims = (claims) => ({ ...claims, acr: 'pwd' })
  const there = await signIn(sides, apache)
  await comeBack(sides, there, await there.visit(`${apache}/admin`, { follow: false }))
  const again = await there.visit(`${apache}/admin`, { follow: false })
  t.equal(sentTo(again)?.searchParams.get('acr_values'), '2factor', 'httpd sends to the provider again')
  const here = await signIn(sides, gateway)
  const back = await comeBack(sides, here, await here.visit(`${gateway}/admin`, { follow: false }))
  t.equal(back.status, 403, 'the gateway does not')
  t.equal(sentTo(back)?.searchParams.get('acr_values') ?? null, null)
  t.equal(await look(here, `${gateway}/`), 200, 'and the session is as it was')
})

const posting = [
  'POST /orders HTTP/1.1',
  'Host: localhost',
  'Accept: text/html',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Length: 15',
  'Connection: close',
  '',
  'item=canary-tea',
].join('\r\n')

t.test('OIDCPreservePost: a form comes to the app after the sign-in', async (t) => {
  const sides = await startSides(
    t,
    `
OIDCPreservePost On
<Location />
  AuthType openid-connect
  Require valid-user
</Location>`,
  )
  const { op, echo, apache, gateway, clock } = sides
  const form = { item: 'canary-tea' }
  const kept = await exchange(Number(new URL(apache).port), posting)
  t.match(kept, "{ 'item': 'canary-tea' }", 'httpd writes the form into a page, for the browser to keep')
  const before = echo.received.length
  const posted = () => echo.received.slice(before).filter(({ method }) => method === 'POST')
  const here = await signIn(sides, gateway)
  clock.time += 301
  op.now = clock.time
  const headers = { origin: gateway, 'sec-fetch-site': 'same-origin' }
  const asked = await here.visit(`${gateway}/orders`, { form, headers, follow: false })
  t.equal(asked.status, 303, 'the gateway keeps it itself')
  t.notMatch(JSON.stringify(asked.headers) + asked.body, 'canary-tea')
  const back = await comeBack(sides, here, asked)
  const page = await here.visit(new URL(back.headers.location ?? '', gateway), { follow: false })
  t.equal(page.status, 200)
  const { to, link, alone } = formOn({ ...page, location: '', cookies: new Map(), text: page.body })
  t.ok(alone, 'it is sent by itself')
  // As a browser writes `text/plain`, which this one cannot.
  const cookie = [...here.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const body = `claimgate-resume=${link}\r\n`
  const sent = await exchange(
    Number(page.url.port),
    [
      `POST ${to} HTTP/1.1`,
      `Host: ${page.url.host}`,
      ...Object.entries({ ...ofForm, ...headers, referer: page.url.href, 'content-type': 'text/plain' }).map(
        ([name, value]) => `${name}: ${value}`,
      ),
      `Cookie: ${cookie}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
  t.equal(statusOf(sent), 200)
  t.match(posted(), [{ method: 'POST', target: '/orders', body: 'item=canary-tea' }])
})
