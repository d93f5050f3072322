import t, { type Test } from 'tap'
import { shown } from '../corpus/lines.ts'
import { cookieLine, fire, navigation, seenBy, sessionName } from '../support/attack.ts'
import { Browser, type Page } from '../support/browser.ts'
import { startHostileFront } from '../support/hostile-front.ts'
import { rawClient } from '../support/raw.ts'

const front = await startHostileFront()
t.teardown(() => front.close())

const session = sessionName(front)

/** 400 in fixed words; nothing was asked of the provider, no session came of it, and nothing is kept. */
async function fruitless(test: Test, name: string, attempt: () => Promise<Page>): Promise<Page> {
  const before = front.op.counts.token
  const page = await attempt()
  test.equal(page.status, 400, name)
  test.equal(front.op.counts.token, before, `${name}: the provider was not asked`)
  const set = page.headers['set-cookie'] ?? []
  test.notOk(
    set.some((line) => line.startsWith(`${session}=`)),
    `${name}: no session`,
  )
  test.equal(page.headers['cache-control'], 'no-store', name)
  return page
}

t.test(
  'S-106, S-107: a callback that is not of this browser ends before the provider is asked',
  async (t) => {
    const attacker = new Browser()
    const fresh = await front.begin(attacker)
    const state = fresh.get('state') ?? ''
    const flipped = state.slice(0, -1) + (state.endsWith('A') ? 'E' : 'A')
    for (const [name, parameters] of [
      ['no state', { code: 'x' }],
      ['an empty state', { code: 'x', state: '' }],
      ['a wrong state', { code: 'x', state: 'wrong' }],
      ['one letter of the state changed', { code: fresh.get('code') ?? '', state: flipped }],
    ] as const) {
      await fruitless(t, name, () => front.finish(attacker, new URLSearchParams(parameters)))
    }
    await fruitless(t, 'a victim’s browser', () => front.finish(new Browser(), fresh))
    const signedIn = await front.signedIn()
    const before = signedIn.cookies('localhost').get(session)
    const count = front.op.counts.token
    const page = await front.finish(signedIn, fresh)
    t.equal(page.headers.location, '/', 'whoever is signed in stays who they are')
    t.equal(signedIn.cookies('localhost').get(session), before)
    t.equal(front.op.counts.token, count)
    t.equal((await front.finish(attacker, fresh)).status, 303, 'and where it belongs it still works')
  },
)

t.test('S-110, S-111: parameters that come twice, and another issuer’s answer', async (t) => {
  for (const [name, change] of [
    ['two codes', (back: URLSearchParams) => back.append('code', 'b')],
    ['two states', (back: URLSearchParams) => back.append('state', back.get('state') ?? '')],
    ['code and error', (back: URLSearchParams) => back.append('error', 'x')],
    ['another issuer', (back: URLSearchParams) => back.append('iss', 'https://other-op.test')],
    ['the issuer and a slash', (back: URLSearchParams) => back.append('iss', `${front.op.issuer}/`)],
  ] as const) {
    const browser = new Browser()
    const back = await front.begin(browser)
    change(back)
    await fruitless(t, name, () => front.finish(browser, back))
  }
})

t.test('S-112, S-121: what is no answer to a code flow', async (t) => {
  for (const [name, change] of [
    ['an ID token', (back: URLSearchParams) => back.append('id_token', 'x.y.z')],
    ['an access token', (back: URLSearchParams) => back.append('access_token', 'x')],
    ['a JARM response', (back: URLSearchParams) => back.append('response', 'x.y.z')],
    ['an empty code', (back: URLSearchParams) => back.set('code', '')],
    ['no code', (back: URLSearchParams) => back.delete('code')],
  ] as const) {
    const browser = new Browser()
    const back = await front.begin(browser)
    change(back)
    await fruitless(t, name, () => front.finish(browser, back))
  }
  const count = front.op.counts.token
  for (const [query, status] of [
    ['', 400],
    ['?', 400],
    ['?code=%00&state=%00', 400],
    [`?code=${'x'.repeat(9_000)}&state=y`, 400],
    [`?code=${'x'.repeat(100_000)}&state=y`, 431],
    ['?%', 400],
    ['?state=%ff%fe', 400],
  ] as const) {
    t.equal((await fire(front, { target: `/.auth/callback${query}` })).status, status, query.slice(0, 20))
  }
  t.equal(front.op.counts.token, count)
})

t.test('S-113: the callback takes the method of its response_mode alone', async (t) => {
  const form = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3']
  const count = front.op.counts.token
  t.equal(
    (await fire(front, { method: 'POST', target: '/.auth/callback', headers: form, body: 'a=b' })).status,
    405,
  )
  t.equal(front.op.counts.token, count)
})

t.test('S-115, S-199, S-201: a refusal of the provider is told in our words, and is used up', async (t) => {
  const evil = '"><svg/onload=alert(1)>'
  const browser = new Browser()
  const back = await front.begin(browser)
  const state = back.get('state') ?? ''
  const refusal = { error: 'access_denied', error_description: evil, error_uri: 'javascript:alert(1)', state }
  const page = await front.finish(browser, new URLSearchParams(refusal))
  t.equal(page.status, 403)
  t.notMatch(page.body, /onload|alert|javascript:|access_denied/)
  t.notOk(page.body.includes(state), 'nor the state')
  t.notMatch(page.body, /http-equiv="refresh"/i, 'nobody is sent round again by themselves')
  await fruitless(t, 'the same once more', () => front.finish(browser, new URLSearchParams(refusal)))
  const forged = await fruitless(t, 'with a state of nobody', () =>
    front.finish(browser, new URLSearchParams({ ...refusal, state: evil })),
  )
  t.notMatch(forged.body, /onload|alert|javascript:/)
  t.notMatch(
    forged.body,
    /(?:src|href)="(?:https?:)?\/\//,
    'no address of another origin could carry the URL away',
  )
})

t.test('S-161: a new sign-in replaces the session when it is complete, and not before', async (t) => {
  const browser = await front.signedIn()
  const before = cookieLine(front, browser)
  const back = await front.begin(browser, '/.auth/login?return_to=/again')
  t.equal((await fire(front, { target: '/x', headers: [before] })).status, 200, 'under way: still signed in')
  t.equal((await front.finish(browser, back)).headers.location, '/again')
  t.not(cookieLine(front, browser), before, 'S-148: with a value of its own')
  t.equal((await fire(front, { target: '/x', headers: [before] })).status, 401, 'the old one is dead')
  t.equal((await fire(front, { target: '/x', headers: [cookieLine(front, browser)] })).status, 200)
})

t.test('S-117: two hundred navigations leave five transactions and small headers', async (t) => {
  const browser = new Browser()
  let longest = 0
  for (let i = 0; i < 200; i++) {
    const page = await browser.visit(`${front.url}/deep/${i}?${'q'.repeat(i * 7)}`, { follow: false })
    if (page.status !== 302) t.equal(page.status, 302, String(i))
    const cookies = [...browser.cookies('localhost')].filter(([name]) => name.startsWith(session))
    longest = Math.max(longest, cookies.map((pair) => pair.join('=')).join('; ').length)
    const attempts = cookies.filter(([name]) => !name.endsWith('-past'))
    if (attempts.length > 5) t.ok(attempts.length <= 5, `${attempts.length} transactions`)
  }
  t.ok(longest < 4096, `${longest} bytes of cookies at most`)
  t.equal((await front.finish(browser, await front.begin(browser, '/last'))).headers.location, '/last')
})

t.test('S-119: what is no navigation of a person is told 401, and begins nothing', async (t) => {
  for (const headers of [
    ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Accept: text/html'],
    ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image', 'Accept: image/*'],
    ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe', 'Accept: text/html'],
    ['Accept: text/html', 'X-Requested-With: XMLHttpRequest'],
    ['Accept: application/json'],
    [],
  ]) {
    const answer = await fire(front, { target: '/x', headers })
    t.equal(answer.status, 401, headers.join(', '))
    t.same(answer.values('set-cookie'), [])
    t.same(answer.values('location'), [])
    t.same(answer.values('www-authenticate').length, 1)
  }
})

t.test('S-151: cookies of the app, however odd, keep their bytes', async (t) => {
  const browser = await front.signedIn()
  const own = cookieLine(front, browser).slice('Cookie: '.length)
  const odd = 'c="x;y"; d=%zz; e=\xe9\xc3\xa9; =noname; f; g=1; g=2'
  const seen = await seenBy(front, { target: '/x', headers: [`Cookie: a=1; ${own}; ${odd}`] })
  t.same(seen.headers.cookie, [`a=1; ${odd}`])
  const many = Array.from({ length: 300 }, (_, i) => `c${i}=${i}`).join('; ')
  const crowd = await seenBy(front, { target: '/x', headers: [`Cookie: ${many}; ${own}`] })
  t.same(crowd.headers.cookie, [many])
  const alone = await seenBy(front, { target: '/x', headers: [`Cookie: ${own}; ${session}-tx-1=x`] })
  t.equal(alone.headers.cookie, undefined, 'S-150: nothing is left, nothing is sent')
})

t.test('S-152 … S-154: two sessions are none, and no other name is one', async (t) => {
  const browser = await front.signedIn()
  const good = cookieLine(front, browser).slice('Cookie: '.length)
  const [, value = ''] = good.split('=')
  for (const cookie of [
    `${good}; ${session}=bad`,
    `${session}=bad; ${good}`,
    `${good}; ${good}`,
    `${session.toUpperCase()}=${value}`,
    `\xe2\x80\x80${good}`,
    `\t${good.replace('=', '\t=')}`,
    `$Version=1; ${session}="${value}"`,
    `${session}.0=${value}`,
    `${session}_chunks=99999999`,
    `__proto__=${value}`,
  ]) {
    t.equal(
      (await fire(front, { target: '/x', headers: [`Cookie: ${cookie}`] })).status,
      401,
      cookie.slice(0, 30),
    )
  }
  const twoLines = { target: '/x', headers: [`Cookie: ${good}`, `Cookie: ${session}=bad`] }
  t.equal((await fire(front, twoLines)).status, 401)
  t.equal((await fire(front, { target: '/x', headers: [`Cookie: a=b`, `Cookie: ${good}`] })).status, 200)
})

t.test('S-163: no token of the provider comes to the browser, but for the hint of a sign-out', async (t) => {
  const browser = new Browser()
  const seen: Page[] = []
  const back = await front.begin(browser)
  seen.push(await front.finish(browser, back))
  for (const address of ['/.auth/me', '/x', '/admin/x', '/.auth/logout']) {
    seen.push(await browser.visit(front.url + address, { follow: false }))
  }
  for (const page of seen) {
    const text = JSON.stringify([page.headers, page.body])
    t.notMatch(text, /access-token-of-alice|eyJhbGciOiJSUzI1NiI|canary-client-secret/, page.url.pathname)
  }
})

t.test('S-184: a sign-out ends what is asked after it, and nothing brings the session back', async (t) => {
  const browser = await front.signedIn()
  const line = cookieLine(front, browser)
  const uploads = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const head = `POST /x HTTP/1.1\r\nHost: localhost:${front.gateway.port}\r\n${line}\r\nConnection: close\r\n`
      const client = await rawClient(
        front.gateway.port,
        `${head}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
      )
      await client.until('100 Continue')
      return client
    }),
  )
  const headers = { 'sec-fetch-site': 'same-origin', origin: front.url }
  await browser.visit(`${front.url}/.auth/logout`, { form: {}, headers, follow: false })
  for (const client of uploads) {
    client.write('hello')
    const text = await client.closed()
    t.match(text, /\r\n\r\nHTTP\/1\.1 200 /, 'what was let in comes to its end')
    t.notMatch(text, /set-cookie/i)
  }
  t.equal((await fire(front, { target: '/x', headers: [line] })).status, 401)
  t.equal((await fire(front, { target: '/x', headers: [line, ...navigation] })).status, 302)
})

t.test('form_post', async (t) => {
  const posted = await startHostileFront({ provider: '    response_mode: form_post' })
  t.teardown(() => posted.close())
  const form = (browser: Browser, back: URLSearchParams, headers = {}) =>
    browser.visit(`${posted.url}/.auth/callback`, { form: Object.fromEntries(back), headers, follow: false })
  t.test('S-113: comes by POST, as a form, and small', async (t) => {
    const browser = new Browser()
    const back = await posted.begin(browser)
    t.equal((await posted.finish(browser, back)).status, 405)
    t.equal((await form(browser, back, { 'content-type': 'text/plain' })).status, 415)
    t.equal((await form(browser, back, { 'content-type': 'application/json' })).status, 415)
    const big = { method: 'POST', target: '/.auth/callback', headers: ['Content-Length: 2000000'] }
    const type = 'Content-Type: application/x-www-form-urlencoded'
    t.equal((await fire(posted, { ...big, headers: [...big.headers, type] })).status, 413)
    t.equal(posted.op.counts.token, 0)
    t.equal((await form(browser, back, { origin: 'null', 'sec-fetch-site': 'cross-site' })).status, 303)
    t.equal(posted.op.counts.token, 1)
  })
  t.test('a client that goes away in the middle of its form is no fault of the gateway', async (t) => {
    const head = `POST /.auth/callback HTTP/1.1\r\nHost: localhost:${posted.gateway.port}\r\n`
    const type = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n'
    const client = await rawClient(posted.gateway.port, `${head}${type}state=`)
    client.destroy()
    const line = await posted.gateway.logged((event) => event.event === 'request' && event.status === 499)
    t.match(line, { method: 'POST', path: '/.auth/callback' })
    await fire(posted, { target: '/.auth/health' })
    t.notOk(posted.gateway.log.some((event) => event.event === 'internal.failed'))
  })
})

t.test('S-059 … S-063: a claim reaches the app as it is, or the request is refused', async (t) => {
  const named = await startHostileFront({
    app: `
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    identity_headers: { X-Forwarded-User: user, X-Name: name, X-Groups: groups }
    require: signed_in
`,
  })
  t.teardown(() => named.close())
  const rows: readonly (readonly [
    claim: string,
    value: unknown,
    sent: readonly string[] | undefined | 403,
  ])[] = [
    ['name', 'a\r\nX-Groups: admin', ['a%0D%0AX-Groups: admin']],
    ['name', 'a\n', ['a%0A']],
    ['name', 'a\u0000\u007f\u0085b', ['a%00%7F%C2%85b']],
    ['name', '\u010a\u560a', ['%C4%8A%E5%98%8A']],
    ['name', 'Zo\u00eb \u674e', ['Zo%C3%AB %E6%9D%8E']],
    ['name', 'a\u2028b', ['a%E2%80%A8b']],
    ['name', true, ['true']],
    ['name', 0, ['0']],
    ['name', null, undefined],
    ['name', {}, 403],
    ['groups', ['a,admin', 'b'], ['a%2Cadmin,b']],
    ['groups', [[1]], 403],
    ['groups', [], undefined],
    ['groups', Array.from({ length: 2_000 }, (_, i) => `group-${i}`), 403],
  ]
  for (const [claim, value, sent] of rows) {
    named.op.bends = { userinfo: ({ sub }) => ({ sub, [claim]: value }) }
    const line = cookieLine(named, await named.signedIn())
    if (sent === 403) {
      t.equal((await fire(named, { target: '/x', headers: [line] })).status, 403, claim)
      continue
    }
    const { headers } = await seenBy(named, {
      target: '/x',
      headers: [line, 'X-Name: evil', 'X-Groups: evil'],
    })
    t.same(headers[claim === 'name' ? 'x-name' : 'x-groups'], sent, shown(value).slice(0, 40))
    t.equal(headers[claim === 'name' ? 'x-groups' : 'x-name'], undefined, 'and nothing beside it')
  }
})
