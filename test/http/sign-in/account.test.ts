import t from 'tap'
import type { Claims } from '../../../src/core/rules/claims.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { account } from '../../../src/http/sign-in/account.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { pageHeaders } from '../../support/pages.ts'
import { openTestContext } from '../../support/request-context.ts'

const site = 'https://wiki.example'
const { context, admission, runtime, originAt, clock } = openTestContext(
  t,
  `
trusted_proxies: none
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, idle_timeout: 1h, max_lifetime: 8h }
apps:
  root: { url: ${site}, upstream: http://10.9.9.9, title: The Wiki, require: signed_in }
  staff: { url: ${site}/staff, upstream: http://10.9.9.9, title: Staff only, require: { groups: staff } }
  admin: { url: ${site}/admin, upstream: http://10.9.9.9, title: The secret project, require: { groups: admins } }
  open: { url: ${site}/büro, upstream: http://10.9.9.9, require: anyone }
  near: { url: ${site}/near, upstream: http://10.9.9.9, title: Near, require: { client_ip: 198.51.100.0/24 } }
  far: { url: ${site}/far, upstream: http://10.9.9.9, title: Far, require: { client_ip: 203.0.113.0/24 } }
`,
)
const origin = originAt('wiki.example')

async function ask(cookie: string | null, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const headers = { ...(cookie === null ? {} : { cookie }), ...more }
  return account(context, await admission(`${site}/.auth/`, { headers }), headers)
}

async function signIn(more: Claims = {}): Promise<string> {
  const claims = { sub: 'u-4711', name: 'Alice <b>', groups: ['staff'], salary: 1, ...more }
  const identity = { user: 'u-4711', claims, idToken: 'id-token', ...issuedToAlice }
  const transaction = {
    ...{ version: 2 as const, issuer: 'https://op.example', clientId: 'c', origin: site, returnTo: '/' },
    ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: 0, replaces: null, wish: null },
  }
  const started = await runtime.sessions.start({
    identity,
    transaction,
    origin,
    previousCookie: null,
    client: null,
  })
  return `${origin.cookies.session}=${started.cookieValue}`
}

const linksOf = (page: string) =>
  [...page.matchAll(/<li><a href="([^"]*)"><span>([^<]*)/g)].map(([, href, title]) => `${href} ${title}`)

t.test('says who one is, until when, and which apps of the origin one may open', async (t) => {
  const cookie = await signIn()
  clock.time += 1800
  const { status, headers, body } = await ask(cookie)
  t.equal(status, 200)
  t.same(headers, { ...pageHeaders(), 'referrer-policy': 'same-origin' })
  t.match(body, 'You are signed in as <b><bdi>Alice &#60;b&#62;</bdi></b><small>with Acme</small>')
  t.match(body, '<bdi>u-4711</bdi>')
  t.match(body, '<time datetime="2030-03-17T17:46:40.000Z">30 minutes ago (Mar 17, 2030, 5:46 PM UTC)</time>')
  t.match(body, '<time datetime="2030-03-18T01:46:40.000Z">in 7 hours')
  t.match(body, '<time datetime="2030-03-17T19:16:40.000Z">in 1 hour')
  t.same(linksOf(body), ['/near Near', '/staff Staff only', '/ The Wiki', '/b%C3%BCro wiki.example/büro'])
  t.notMatch(
    body,
    /secret project|Far|salary|id-token|groups|>admin/,
    'nothing else of the file or the claims',
  )
})

t.test('is a use of the session for whoever opens it, and none for a script that asks for it', async (t) => {
  const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
  const cookie = await signIn()
  clock.time += 1800
  t.match(await ask(cookie), { body: 'in 1 hour' })
  clock.time += 1800
  t.match(await ask(cookie, script), { body: 'in 30 minutes' })
  clock.time += 1800
  t.match(await ask(cookie, script), { body: 'You are not signed in' })
})

t.test('signs out by a form that posts to our own address', async (t) => {
  const { body } = await ask(await signIn())
  t.match(body, '<form method="post" action="/.auth/logout">')
  t.match(body, '<button class="button" type="submit">Sign out</button>')
  t.match(body, 'href="/.auth/login?return_to&#61;%2F&#38;account&#61;other">Use another account<')
})

t.test('whoever is not signed in is offered to, and learns of no app', async (t) => {
  for (const cookie of [null, `${origin.cookies.session}=nonsense`]) {
    const { status, body } = await ask(cookie)
    t.equal(status, 200)
    t.match(body, '<h1>You are not signed in</h1>')
    t.match(body, 'href="/.auth/login?return_to&#61;%2F">Sign in<')
    t.same(linksOf(body), [])
    t.notMatch(body, /Staff|Near|<form/)
  }
})

t.test('speaks the language of the browser, dates too', async (t) => {
  const { headers, body } = await ask(await signIn(), { 'accept-language': 'de' })
  t.equal(headers['content-language'], 'de')
  t.match(body, '<h1>Ihre Anmeldung</h1>')
  t.match(body, /in 8 Stunden \(\d\d\.03\.2030, \d\d:\d\d UTC\)/)
})
