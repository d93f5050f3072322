import t from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { type HostileOp, startHostileOp } from '../support/hostile-op.ts'
import { type LiveGateway, startLiveGateway } from '../support/live-gateway.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

// A provider is its issuer and client id; its name is a label. Here names are given to other providers while people
// are signed in, or on their way.
const [acme, globex] = [
  await startHostileOp({ host: 'localhost' }),
  await startHostileOp({ host: 'localhost' }),
]
const echo = await startEcho()
const sockets = await startWebSocketApp()
for (const op of [acme, globex]) op.bends = { claims: (claims) => ({ ...claims, groups: ['admins'] }) }

interface Named {
  readonly name: string
  readonly op: HostileOp
  readonly clientId?: string
  readonly more?: string
}

const providerLine = ({ name, op, clientId = 'gateway', more = '' }: Named): string =>
  `  ${name}: { issuer: "${op.issuer}", client_id: ${clientId}, client_secret: canary-client-secret-of-32-bytes-or-more${more} }\n`

/** One app that one provider opens, with an admin part; others may be configured besides. */
const yaml = (url: string, accepted: string, providers: readonly Named[]): string => `
providers:
${providers.map(providerLine).join('')}
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    provider: ${accepted}
    require: signed_in
    identity_headers: { X-Forwarded-User: user, X-Provider: provider }
    locations:
      - { path: /admin, require: { groups: admins } }
      - { path: /acme, require: { provider: ${accepted} } }
  chat:
    url: ${url}/chat
    upstream: ${sockets.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    provider: ${accepted}
    require: signed_in
    websocket: true
`

const gateway: LiveGateway = await startLiveGateway((url) => yaml(url, 'idp', [{ name: 'idp', op: acme }]))
const { url } = gateway
t.teardown(async () => {
  await gateway.close()
  await Promise.all([acme.close(), globex.close(), echo.close(), sockets.close()])
})

const ofAcme = yaml(url, 'idp', [{ name: 'idp', op: acme }])
const ofGlobex = yaml(url, 'idp', [{ name: 'idp', op: globex }])
const ofOtherClient = yaml(url, 'idp', [{ name: 'idp', op: acme, clientId: 'other' }])

/** Both ways in which a configuration becomes another one. */
const changes = [
  ['a reload', (text: string) => gateway.reload(text)],
  ['a restart', (text: string) => gateway.restart(text)],
] as const

async function begin(browser: Browser, op: HostileOp, path = '/'): Promise<URLSearchParams> {
  const page = await browser.visit(url + path, { follow: false })
  const to = new URL(page.headers.location ?? 'nowhere:')
  if (to.origin !== op.issuer) throw new Error(`sent to ${to.href}, not to ${op.issuer}`)
  return op.authorize(to)
}

const finish = (browser: Browser, back: URLSearchParams, address = '/.auth/callback'): Promise<Page> =>
  browser.visit(`${url}${address}?${back}`, { follow: false })

async function signedIn(op: HostileOp): Promise<Browser> {
  const browser = new Browser()
  const page = await finish(browser, await begin(browser, op))
  if (page.status !== 303) throw new Error(`the sign-in ended in ${page.status} ${page.body}`)
  return browser
}

const lastReason = () => gateway.log.findLast(({ event }) => event === 'request')?.reason

for (const [way, change] of changes) {
  t.test(`a session is nobody’s after ${way} that gives its provider’s name to another`, async (t) => {
    for (const [what, next] of [
      ['another issuer', ofGlobex],
      ['another client of the same issuer', ofOtherClient],
    ] as const) {
      await gateway.reload(ofAcme)
      const browser = await signedIn(acme)
      t.equal((await browser.visit(`${url}/admin/x`)).status, 200, `${what}: an administrator of acme`)
      const seen = echo.received.length
      await change(next)
      for (const path of ['/', '/admin/x', '/acme/x']) {
        const page = await browser.visit(url + path, { follow: false })
        t.equal(page.status, 302, `${what}: ${path}`)
        t.equal(lastReason(), 'session-provider-gone', `${what}: ${path}`)
      }
      t.equal((await browser.visit(`${url}/.auth/me`)).status, 401, what)
      t.equal(echo.received.length, seen, `${what}: the app saw none of it`)
      await change(ofAcme)
      t.equal((await browser.visit(`${url}/admin/x`)).status, 200, `${what}: hers again, once acme is back`)
    }
  })

  t.test(`a code goes to no other token endpoint after ${way} while somebody signs in`, async (t) => {
    for (const [what, next] of [
      ['another issuer', ofGlobex],
      ['another client of the same issuer', ofOtherClient],
    ] as const) {
      await gateway.reload(ofAcme)
      const browser = new Browser()
      const back = await begin(browser, acme)
      const asked = [acme.counts.token, globex.counts.token]
      await change(next)
      const page = await finish(browser, back)
      t.equal(page.status, 400, what)
      t.same([acme.counts.token, globex.counts.token], asked, `${what}: no token endpoint was asked`)
      t.notOk(browser.cookies('localhost').has(`claimgate-${gateway.port}`), `${what}: no session`)
      t.match(
        gateway.log.findLast(({ event }) => event === 'login.failed'),
        { code: 'LOGIN_STATE_UNKNOWN' },
      )
    }
  })

  t.test(`whoever is signed in stays so after ${way} that renames the provider`, async (t) => {
    await gateway.reload(ofAcme)
    const browser = await signedIn(acme)
    const underWay = new Browser()
    const back = await begin(underWay, acme)
    await change(yaml(url, 'acme', [{ name: 'acme', op: acme }]))
    const page = await browser.visit(`${url}/acme/x`)
    t.equal(page.status, 200)
    t.same(JSON.parse(page.body).headers['x-provider'], ['acme'], 'under its new name')
    t.match(JSON.parse((await browser.visit(`${url}/.auth/me`)).body), { provider: 'acme' })
    t.match(
      gateway.log.findLast(({ event, path }) => event === 'request' && path === '/acme/x'),
      {
        provider: 'acme',
      },
    )
    t.match((await browser.visit(`${url}/.auth/logout`)).body, /<bdi>Alice<\//, 'and can sign out')
    t.equal((await finish(underWay, back)).status, 303, 'a sign-in that was under way comes to its end')
  })

  t.test(
    `a provider that the app accepts no longer after ${way} brings nobody in, though it is configured`,
    async (t) => {
      const providers = [
        { name: 'one', op: acme },
        { name: 'two', op: globex },
      ]
      await gateway.reload(yaml(url, 'one', providers))
      const browser = await signedIn(acme)
      const back = await begin(browser, acme, '/.auth/login')
      const asked = [acme.counts.token, globex.counts.token]
      await change(yaml(url, 'two', providers))
      t.equal((await browser.visit(`${url}/`, { follow: false })).status, 302)
      t.equal(lastReason(), 'session-provider-gone')
      t.equal((await finish(browser, back)).status, 400)
      t.same([acme.counts.token, globex.counts.token], asked, 'no token endpoint was asked')
    },
  )

  t.test(`two providers that change their names by ${way} do not change their people`, async (t) => {
    const both = (one: Named, other: Named) => yaml(url, one.name, [one, other])
    await gateway.reload(both({ name: 'one', op: acme }, { name: 'two', op: globex }))
    const browser = await signedIn(acme)
    const back = await begin(browser, acme, '/.auth/login')
    const asked = [acme.counts.token, globex.counts.token]
    await change(both({ name: 'one', op: globex }, { name: 'two', op: acme }))
    t.equal((await browser.visit(`${url}/acme/x`, { follow: false })).status, 302)
    t.equal(lastReason(), 'session-provider-gone')
    t.equal((await finish(browser, back)).status, 400)
    t.same([acme.counts.token, globex.counts.token], asked)
  })
}

t.test('an open WebSocket ends when its provider’s name means another', async (t) => {
  await gateway.reload(ofAcme)
  const browser = await signedIn(acme)
  const cookie = [...browser.cookies('localhost')].map((pair) => pair.join('=')).join('; ')
  const socket = await openWebSocket(`ws://localhost:${gateway.port}/chat/x`, { cookie, origin: url })
  await gateway.reload(ofGlobex)
  t.equal(await socket.closed, 1008)
})

t.test('a sign-out tells the provider of today nothing of the session of another', async (t) => {
  await gateway.reload(ofAcme)
  const browser = await signedIn(acme)
  await gateway.reload(ofGlobex)
  const headers = { 'sec-fetch-site': 'same-origin', origin: url }
  const page = await browser.visit(`${url}/.auth/logout`, { form: {}, headers, follow: false })
  t.notMatch(JSON.stringify([page.headers, page.body]), /id_token_hint|globex/)
  t.notOk(browser.cookies('localhost').has(`claimgate-${gateway.port}`))
  await gateway.reload(ofAcme)
  t.equal((await browser.visit(`${url}/`, { follow: false })).status, 302, 'and the session has ended')
})
