import t from 'tap'
import { Browser } from '../support/browser.ts'
import { sharedSecret, signedIn, startFront, visitAs } from '../support/front.ts'

const front = await startFront()
t.teardown(() => front.close())

/** The text of a page with its character references resolved. */
const unescaped = (html: string) =>
  html.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&')

const sessionCookie = `claimgate-${front.gateway.port}`

t.test('a person who asks for a page gets to that very page after one sign-in', async (t) => {
  const browser = new Browser()
  const page = await visitAs(browser, 'alice', `${front.url}/reports/2026?quarter=3&q=a%20b`)
  t.equal(page.status, 200)
  const seen = JSON.parse(page.body)
  t.equal(seen.target, '/reports/2026?quarter=3&q=a%20b')
  t.same(seen.headers['x-forwarded-user'], ['alice'])
  t.same(seen.headers['x-forwarded-email'], ['alice@acme.example'])
  t.same(seen.headers['x-gateway-secret'], [sharedSecret])
  t.notMatch(seen.headers.cookie, /claimgate/, 'no cookie of ours reaches the app')
  t.same(seen.headers['x-forwarded-for'], ['127.0.0.1'])
  t.same(seen.headers['x-forwarded-proto'], ['http'])
})

t.test(
  'the session cookie says what it must, and a transaction leaves nothing behind (S-147, S-177)',
  async (t) => {
    const browser = await signedIn(front, 'alice')
    const ours = [...browser.cookies('localhost').keys()].filter((name) => name.startsWith('claimgate'))
    t.same(ours.sort(), [sessionCookie, `${sessionCookie}-tx-rounds`])
    const again = new Browser()
    const page = await again.visit(`${front.url}/`, { follow: false })
    const [line = ''] = page.headers['set-cookie'] ?? []
    t.match(line, /; Max-Age=90000; Path=\/; HttpOnly; SameSite=Lax$/)
  },
)

t.test('alice is refused at /admin with a page that says who she is, adam passes', async (t) => {
  const alice = await signedIn(front, 'alice')
  const refused = await alice.visit(`${front.url}/admin/users`)
  t.equal(refused.status, 403)
  t.match(refused.body, /<bdi>Alice<\//)
  t.match(unescaped(refused.body), /account=other/)
  t.notMatch(refused.body, /admins|groups/, 'nothing of the rule')
  t.match(refused.headers['content-security-policy'], /default-src 'none'/)
  const adam = await signedIn(front, 'adam')
  const page = await adam.visit(`${front.url}/admin/users`)
  t.equal(page.status, 200)
  t.same(JSON.parse(page.body).headers['x-forwarded-groups'], ['admins'])
})

t.test('the log tells the operator why, with the id that the page shows', async (t) => {
  const alice = await signedIn(front, 'alice')
  const refused = await alice.visit(`${front.url}/admin/why`)
  const [, id = ''] = /<code>([0-9a-z-]+)<\/code>/.exec(refused.body) ?? []
  const line = await front.gateway.logged((event) => event.event === 'request' && event.request_id === id)
  t.match(line, { decision: 'deny', reason: 'rule-not-met', location: '/admin', status: 403, app: 'wiki' })
  t.match(String(line.detail), /groups/)
  t.match(String(line.detail), /admins/)
})

t.test('nothing of a request that was not let in reaches the app (S-120, S-119)', async (t) => {
  const before = front.echo.received.length
  const stranger = new Browser()
  const post = await stranger.visit(`${front.url}/form`, { form: { secret: 'canary' }, follow: false })
  t.equal(post.status, 401)
  t.equal(post.headers.location, undefined)
  const program = await stranger.visit(`${front.url}/data`, {
    follow: false,
    headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'application/json' },
  })
  t.equal(program.status, 401)
  t.match(program.headers['content-type'], /^application\/problem\+json/)
  t.match(JSON.parse(program.body), {
    status: 401,
    reason: 'no-session',
    login_url: `${front.url}/.auth/login?return_to=%2Fdata`,
  })
  t.ok(program.headers['www-authenticate'])
  t.notOk(program.headers['set-cookie'], 'no transaction for a program')
  const nobody = await stranger.visit(`${front.url}/nobody`, { follow: false })
  t.equal(nobody.status, 403)
  const denied = await stranger.visit(`${front.url}/api/x`, { follow: false })
  t.equal(denied.status, 401)
  t.equal(front.echo.received.length, before)
})

t.test('an open location identifies nobody; maybe_signed_in identifies who is there (S-037)', async (t) => {
  const forged = { 'x-forwarded-user': 'root', x_forwarded_user: 'root', 'x-gateway-secret': 'guess' }
  const alice = await signedIn(front, 'alice')
  const open = JSON.parse((await alice.visit(`${front.url}/public/x`, { headers: forged })).body)
  t.notOk(open.headers['x-forwarded-user'])
  t.notOk(open.headers.x_forwarded_user)
  t.same(open.headers['x-gateway-secret'], [sharedSecret])
  const maybe = JSON.parse((await alice.visit(`${front.url}/maybe/x`, { headers: forged })).body)
  t.same(maybe.headers['x-forwarded-user'], ['alice'])
  const stranger = JSON.parse((await new Browser().visit(`${front.url}/maybe/x`, { headers: forged })).body)
  t.notOk(stranger.headers['x-forwarded-user'])
})

t.test('/.auth/me tells the app’s own pages who is signed in, and never a token', async (t) => {
  const adam = await signedIn(front, 'adam')
  const page = await adam.visit(`${front.url}/.auth/me`)
  t.equal(page.status, 200)
  const body = JSON.parse(page.body)
  t.match(body, { user: 'adam', provider: 'op', claims: { groups: ['admins'], email: 'adam@acme.example' } })
  t.ok(body.expires_at > body.signed_in_at)
  t.ok(body.idle_expires_at > body.signed_in_at)
  t.same(Object.keys(body).sort(), [
    'claims',
    'expires_at',
    'idle_expires_at',
    'provider',
    'signed_in_at',
    'user',
  ])
  t.equal((await new Browser().visit(`${front.url}/.auth/me`)).status, 401)
})

t.test(
  'sign-out asks first, ends the session here, then at the provider; a copied cookie is dead (S-160, S-174, S-175)',
  async (t) => {
    const alice = await signedIn(front, 'alice')
    const copied = alice.cookies('localhost').get(sessionCookie) ?? ''
    const asked = await alice.visit(`${front.url}/.auth/logout`)
    t.equal(asked.status, 200)
    t.match(asked.body, /<form method="post" action="\/\.auth\/logout">/)
    t.equal((await alice.visit(`${front.url}/still`)).status, 200, 'asking changes nothing')
    const forged = await alice.visit(`${front.url}/.auth/logout`, {
      form: {},
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    })
    t.equal(forged.status, 403)
    t.equal((await alice.visit(`${front.url}/still`)).status, 200, 'another site signs nobody out')
    const done = await alice.visit(`${front.url}/.auth/logout`, {
      form: {},
      headers: { 'sec-fetch-site': 'same-origin', origin: front.url },
    })
    t.equal(done.status, 200, 'a page that moves on, as form-action forbids a redirect to the provider')
    const [, next = ''] = /url=([^"]+)"/.exec(unescaped(done.body)) ?? []
    t.match(next, /id_token_hint=/)
    t.match(next, new RegExp(encodeURIComponent(`${front.url}/.auth/logged-out`)))
    t.notOk(alice.cookies('localhost').has(sessionCookie))
    const thief = await new Browser().visit(`${front.url}/`, {
      follow: false,
      headers: { cookie: `${sessionCookie}=${copied}` },
    })
    t.equal(thief.status, 302)
    const ended = await front.gateway.logged(
      (event) => event.event === 'request' && event.reason === 'session-ended',
    )
    t.ok(ended)
  },
)

t.test(
  'a callback that comes again goes on to the page, or says so; the provider is not asked (S-106, S-107, S-108)',
  async (t) => {
    const alice = new Browser()
    const page = await visitAs(alice, 'alice', `${front.url}/deep/link`)
    const callback = page.visited.find((address) => address.includes('/.auth/callback')) ?? ''
    t.ok(callback)
    const again = await alice.visit(callback, { follow: false })
    t.equal(again.status, 303)
    t.equal(again.headers.location, '/deep/link')
    const victim = await new Browser().visit(callback, { follow: false })
    t.equal(victim.status, 400)
    t.match(victim.body, /[Ss]tart again/)
    t.notOk(victim.headers['set-cookie']?.some((line) => line.startsWith(`${sessionCookie}=`)))
    const forged = await new Browser().visit(`${front.url}/.auth/callback?code=x&state=y`, { follow: false })
    t.equal(forged.status, 400)
  },
)

t.test('five tabs may sign in at once and come back in any order (S-116)', async (t) => {
  const browser = new Browser()
  const starts = []
  for (const tab of ['a', 'b', 'c', 'd', 'e']) {
    starts.push(await browser.visit(`${front.url}/tab/${tab}`, { follow: false }))
  }
  for (const [index, tab] of [...'abcde'].entries().toArray().reverse()) {
    const first = await browser.visit(starts[index]?.headers.location ?? '')
    if (first.url.pathname.startsWith('/interaction/')) first.url.searchParams.set('as', 'alice')
    const page = first.url.pathname.startsWith('/interaction/') ? await browser.visit(first.url) : first
    t.equal(page.status, 200)
    t.equal(JSON.parse(page.body).target, `/tab/${tab}`)
  }
})

t.test(
  'unknown hosts, methods and addresses of ours never reach the app (S-033, S-086, S-087)',
  async (t) => {
    const before = front.echo.received.length
    const alice = await signedIn(front, 'alice')
    const count = front.echo.received.length
    t.equal(
      (await alice.visit(`${front.url}/x`, { headers: { host: 'evil.example' }, follow: false })).status,
      421,
    )
    t.equal((await alice.visit(`${front.url}/.auth/nope`)).status, 404)
    t.equal((await alice.visit(`${front.url}/.auth`)).status, 404)
    const post = await alice.visit(`${front.url}/.auth/logged-out`, { method: 'POST' })
    t.equal(post.status, 405)
    t.equal(post.headers.allow, 'GET')
    t.equal((await alice.visit(`${front.url}/x`, { method: 'TRACE' })).status, 405)
    t.equal((await alice.visit(`${front.url}/x`, { method: 'PROPFIND' })).status, 405)
    t.equal(front.echo.received.length, count)
    t.equal(count, before + 1, 'the one page that alice signed in for')
  },
)

t.test(
  'a browser that loses its session cookie again and again is told so, not sent round for ever (S-099)',
  async (t) => {
    const browser = new Browser()
    for (let round = 0; round < 4; round++) {
      t.equal((await visitAs(browser, 'alice', `${front.url}/round`)).status, 200)
      browser.cookies('localhost').delete(sessionCookie)
    }
    const stopped = await browser.visit(`${front.url}/round`)
    t.equal(stopped.status, 400)
    t.match(stopped.body, /does not last/)
    t.ok(await front.gateway.logged((event) => event.code === 'LOGIN_LOOP'))
  },
)
