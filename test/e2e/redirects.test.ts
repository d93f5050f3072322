import t from 'tap'
import { corpus, shown } from '../corpus/lines.ts'
import { fire, navigation, seenBy } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startHostileFront } from '../support/hostile-front.ts'

const front = await startHostileFront()
t.teardown(() => front.close())

/** Where a sign-in that was begun at this address ends. */
async function endOf(address: string): Promise<string> {
  const browser = new Browser()
  const page = await front.finish(browser, await front.begin(browser, address))
  if (page.status !== 303) throw new Error(`${address}: ${page.status}`)
  return page.headers.location ?? ''
}

const once = encodeURIComponent
/** Characters that are not all ASCII in a query; a lone surrogate cannot be encoded and is sent as it is. */
const login = (returnTo: string) => `/.auth/login?return_to=${once(returnTo)}`

t.test(
  'S-092 … S-095, S-102: no return address leads to another origin, raw or encoded once more',
  async (t) => {
    for (const line of corpus('return-to.txt')) {
      for (const raw of [line, once(line)]) {
        const location = await endOf(login(raw))
        const url = new URL(location, front.url)
        t.equal(url.origin, front.url, `${shown(raw)}: ${location}`)
        t.match(location, /^\/(?![/\\])/, `${shown(raw)}: a path and nothing else`)
        t.notMatch(url.pathname, /^\/\.auth(?:\/|$)/, shown(raw))
      }
    }
  },
)

t.test('S-096: one return address, under one name, from the query', async (t) => {
  for (const [query, status] of [
    ['return_to=/ok&return_to=//evil.test', 400],
    ['return_to=//evil.test&return_to=/ok', 400],
    ['provider=op&provider=op', 400],
    ['account=other&account=other', 400],
    ['provider=evil', 400],
  ] as const) {
    t.equal(
      (await fire(front, { target: `/.auth/login?${query}`, headers: navigation })).status,
      status,
      query,
    )
  }
  for (const query of ['return_to[]=//evil.test', 'RETURN_TO=//evil.test', 'rd=//evil.test', 'redirect=/x']) {
    t.equal(await endOf(`/.auth/login?${query}`), '/', query)
  }
  const post = {
    method: 'POST',
    target: '/.auth/login',
    body: 'return_to=/x',
    headers: ['Content-Length: 12'],
  }
  t.equal((await fire(front, post)).status, 415)
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const taken = await fire(front, { ...post, headers: [...post.headers, type, ...navigation] })
  t.equal(taken.status, 200, 'a form begins no sign-in: the page moves on')
  t.same(taken.values('set-cookie'), [])
  const twice = { ...post, body: 'return_to=/&return_to=/x', headers: ['Content-Length: 24', type] }
  t.equal((await fire(front, twice)).status, 400)
})

t.test('S-097, S-098: odd characters come out escaped, or the way leads to /', async (t) => {
  for (const [raw, location] of [
    ['/\u2028x', '/%E2%80%A8x'],
    ['/😀', '/%F0%9F%98%80'],
    ['/é', '/%C3%A9'],
    ['/a b', '/a%20b'],
    ['/a"<b>', '/a%22%3Cb%3E'],
    ['/a?b="<c>', '/a?b=%22%3Cc%3E'],
    [`/${'x'.repeat(10_000)}`, null],
    ['/x\r\nSet-Cookie: a=b', '/'],
    ['/x%0d%0aSet-Cookie:%20a=b', '/'],
  ] as const) {
    if (location === null) {
      const answer = await fire(front, { target: login(raw), headers: navigation })
      t.equal(answer.status, 400, 'an address of 10,000 bytes is too long as a target')
      continue
    }
    t.equal(await endOf(login(raw)), location, shown(raw))
  }
  const answer = await fire(front, { target: login('/x\r\nSet-Cookie: a=b'), headers: navigation })
  t.equal(answer.values('location').length, 1)
  t.equal(answer.values('set-cookie').length, 1, 'the transaction')
})

t.test('S-099: no sign-in ends at an address that signs in or out', async (t) => {
  let nested = '/.auth/logout'
  for (let depth = 0; depth < 8; depth++) nested = login(nested)
  for (const raw of [
    '/.auth/logout',
    nested,
    '/.auth/callback?code=x',
    '/%2eauth/logout',
    '/.auth',
    '/.auth/me',
  ]) {
    t.equal(await endOf(login(raw)), '/', raw.slice(0, 40))
  }
})

t.test('S-100, S-176: sign-out leads to the configured provider and to paths of this origin', async (t) => {
  for (const raw of ['//evil.test', 'https://evil.test', '/\\evil.test', '/\t/evil.test']) {
    const browser = await front.signedIn()
    const asked = await browser.visit(`${front.url}/.auth/logout?return_to=${once(raw)}`)
    t.notMatch(asked.body, 'evil.test', shown(raw))
    const form = { return_to: raw, post_logout_redirect_uri: 'https://evil.test', state: 'x' }
    const headers = { 'sec-fetch-site': 'same-origin', origin: front.url }
    const done = await browser.visit(`${front.url}/.auth/logout`, { form, headers, follow: false })
    t.equal(done.status, 200)
    t.notMatch(done.body, 'evil.test', shown(raw))
    t.match(done.body, encodeURIComponent(`${front.url}/.auth/logged-out`))
  }
  for (const query of [
    'rd=//evil.test',
    'return_to=//evil.test',
    'state=wrong',
    'state=',
    'post_logout_redirect_uri=x',
  ]) {
    const page = await new Browser().visit(`${front.url}/.auth/logged-out?${query}`, { follow: false })
    t.equal(page.status, 200, query)
    t.notMatch(page.body, 'evil.test')
  }
})

t.test('S-101: no header says where to go', async (t) => {
  const browser = new Browser()
  const headers = { referer: 'https://evil.test/', 'x-auth-request-redirect': 'https://evil.test' }
  const page = await browser.visit(`${front.url}/.auth/login`, { headers, follow: false })
  const back = await front.finish(browser, front.op.authorize(new URL(page.headers.location ?? '')))
  t.equal(back.headers.location, '/')
})

t.test('S-103: whoever starts a sign-in adds nothing to it', async (t) => {
  const foreign = {
    iss: 'https://evil-op.test',
    target_link_uri: 'https://evil.test',
    login_hint: 'x',
    scopes: 'offline_access',
    scope: 'offline_access',
    auth_request_params: 'prompt=none',
    redirect_uri: 'https://evil.test',
    prompt: 'none',
  }
  const { headers } = await new Browser().visit(`${front.url}/.auth/login?${new URLSearchParams(foreign)}`, {
    follow: false,
  })
  const url = new URL(headers.location ?? '')
  t.equal(url.origin, front.op.issuer)
  t.same([...url.searchParams.keys()].sort(), [
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'nonce',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
  ])
  t.notMatch(url.search, /evil|offline|prompt/)
})

t.test('S-246: no parameter and no header makes the gateway connect anywhere', async (t) => {
  const { received } = front.echo
  const before = { echo: received.length, counts: { ...front.op.counts } }
  const trap = `http://127.0.0.1:${front.echo.port}/trap`
  const names = [
    'iss',
    'return_to',
    'provider',
    'request_uri',
    'redirect_uri',
    'logout_token',
    'target_link_uri',
  ]
  for (const address of ['login', 'callback', 'logout', 'logged-out', 'me']) {
    for (const name of names) {
      for (const value of [trap, 'http://169.254.169.254/latest/meta-data', '//evil.test']) {
        await fire(front, { target: `/.auth/${address}?${name}=${once(value)}`, headers: navigation })
      }
    }
  }
  for (const name of ['Origin', 'Referer', 'X-Forwarded-Host', 'Forwarded', 'Via', 'From']) {
    await fire(front, { target: '/x', headers: [...navigation, `${name}: ${trap}`] })
  }
  t.equal(received.length, before.echo)
  t.same(front.op.counts, before.counts)
  t.ok(await seenBy(front, { target: '/public/after' }))
})
