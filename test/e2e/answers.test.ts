import t from 'tap'
import { cookieLine, cookieOf, fire, navigation, type Shot, sessionName } from '../support/attack.ts'
import { Browser, type Page } from '../support/browser.ts'
import { startHostileFront } from '../support/hostile-front.ts'
import { encode, sendJson } from '../support/hostile-op.ts'
import { freePort } from '../support/ports.ts'

const secret = 'canary-shared-secret-of-32-bytes-or-more'
const adminPort = await freePort()
const front = await startHostileFront({
  adminPort,
  top: 'log: { level: debug, subject: plain }',
  app: (url) => `
    shared_secret: ${secret}
    require: signed_in
    title: The wiki
    contact: wiki@example.com
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: [secret-admins, secret-ops] } }
      - { path: /nobody, require: nobody }
  down:
    url: ${url}/down
    upstream: "http://127.0.0.1:1"
    shared_secret: ${secret}
    require: anyone
`,
})
t.teardown(() => front.close())

const alice = await front.signedIn()
const line = cookieLine(front, alice)
const own = sessionName(front)

/** Every kind of answer of our own, as a browser and as a program get it. */
const shots: readonly (readonly [status: number, shot: Shot])[] = [
  [400, { target: '/a/../b' }],
  [401, { target: '/x' }],
  [401, { target: '/x', method: 'POST', headers: navigation }],
  [302, { target: '/x', headers: navigation }],
  [302, { target: '/.auth/login' }],
  [400, { target: '/.auth/callback?code=a&state=b' }],
  [400, { target: '/.auth/callback?code=a&state=b', headers: navigation }],
  [303, { target: '/.auth/callback?code=a&state=b', headers: [line] }],
  [200, { target: '/.auth/logout', headers: navigation }],
  [200, { target: '/.auth/logged-out', headers: navigation }],
  [200, { target: '/.auth/me', headers: [line] }],
  [401, { target: '/.auth/me' }],
  [200, { target: '/.auth/health' }],
  [403, { target: '/admin/x', headers: [line] }],
  [403, { target: '/admin/x', headers: [line, ...navigation] }],
  [403, { target: '/nobody', headers: [line, ...navigation] }],
  [404, { target: '/.auth/nope', headers: navigation }],
  [405, { target: '/.auth/login', method: 'PUT' }],
  [417, { target: '/x', headers: ['Expect: x'] }],
  [502, { target: '/down/x' }],
  [502, { target: '/down/x', headers: navigation }],
]

t.test('S-195, S-200, S-255: no answer of ours is kept, framed, sniffed or shared', async (t) => {
  for (const [status, shot] of shots) {
    const origin = 'Origin: https://elsewhere.example'
    const answer = await fire(front, { ...shot, headers: [...(shot.headers ?? []), origin] })
    const name = `${shot.method ?? 'GET'} ${shot.target} ${status}`
    t.equal(answer.status, status, name)
    t.same(answer.values('cache-control'), ['no-store'], name)
    t.notMatch(answer.text, /^access-control-/im, `${name}: CORS is the app’s`)
    if (answer.values('content-type')[0]?.startsWith('text/html') !== true) continue
    const [policy = ''] = answer.values('content-security-policy')
    t.match(policy, /^default-src 'none';/, name)
    t.match(policy, /form-action 'self'; frame-ancestors 'none'; base-uri 'none'/, name)
    t.same(answer.values('x-content-type-options'), ['nosniff'], name)
    t.same(answer.values('cross-origin-opener-policy'), ['same-origin'], name)
    t.match(answer.values('referrer-policy')[0], /^(?:no-referrer|same-origin)$/, name)
    t.notMatch(answer.body, /<script|\son[a-z]+=/i, name)
    t.notMatch(answer.body, /(?:src|href)="(?:https?:)?\/\//, `${name}: nothing of another origin`)
  }
})

t.test('S-195: every redirect of ours is a 302 or 303', async (t) => {
  for (const target of ['/x', '/x/', '/.auth/login', '/.auth/callback?state=x', '/.auth/logout']) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const { status } = await fire(front, { method, target, headers: [...navigation, line] })
      t.notOk([301, 307, 308].includes(status), `${method} ${target}: ${status}`)
    }
  }
})

t.test('S-198: no condition and no range gets round the sign-in', async (t) => {
  const before = front.echo.received.length
  for (const header of [
    'Range: bytes=0-10',
    'If-Match: *',
    'If-None-Match: *',
    'If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT',
    'Cache-Control: only-if-cached',
  ]) {
    t.equal((await fire(front, { target: '/x', headers: [header, ...navigation] })).status, 302, header)
    t.equal((await fire(front, { target: '/x', headers: [header] })).status, 401, header)
  }
  t.equal(front.echo.received.length, before)
})

t.test('S-196, S-197: answers that depended on a session are private', async (t) => {
  const depended = await fire(front, { target: '/x', headers: [line] })
  t.same(depended.values('cache-control'), ['private'])
  t.match(depended.values('vary').join(), /cookie/i)
  t.same((await fire(front, { target: '/public/x', headers: [line] })).values('cache-control'), [])
})

t.test('S-199: nothing that a client sends comes back unescaped', async (t) => {
  const canary = '"><svg/onload=alert(1)>'
  const once = encodeURIComponent(canary)
  const { port } = front.gateway
  const targets = [
    `/${canary}`,
    `/${once}`,
    `/.auth/${canary}`,
    `/.auth/${once}`,
    `/nobody?${canary}`,
    `/admin/x?q=${once}`,
    `/.auth/login?return_to=${once}`,
    `/.auth/login?provider=${once}`,
    `/.auth/logout?return_to=/${once}`,
    `/.auth/logged-out?state=${once}&return_to=${once}`,
    `/.auth/callback?error=${once}&error_description=${once}&error_uri=${once}&state=${once}&iss=${once}`,
    `/.auth/me?${canary}`,
  ]
  for (const target of targets) {
    for (const who of [[], [line]]) {
      for (const kind of [[], navigation]) {
        const answer = await fire(front, { target, headers: [...who, ...kind, `User-Agent: ${canary}`] })
        t.notMatch(answer.text, /<svg\/onload/, target)
      }
    }
  }
  for (const host of [canary, `localhost:${port}${canary}`]) {
    const shot = { target: '/x', bare: true, headers: [`Host: ${host}`, 'Connection: close', ...navigation] }
    t.notMatch((await fire(front, shot)).text, /<svg\/onload/, 'Host')
  }
})

t.test(
  'S-199, S-202: the page of a refusal shows the person, escaped, and nothing of the rule',
  async (t) => {
    const name = '"><svg/onload=alert(2)>'
    front.op.bends = {
      claims: (claims) => ({ ...claims, sub: name, name, groups: ['secret-guests'] }),
      userinfo: (claims) => ({ ...claims, sub: name, name, groups: ['secret-guests'] }),
    }
    const browser = await front.signedIn()
    front.op.bends = {}
    const page = await browser.visit(`${front.url}/admin/x`)
    t.equal(page.status, 403)
    t.notMatch(page.body, /<svg\/onload/)
    t.match(page.body, /onload=alert\(2\)|onload&#61;alert/, 'it is there, as text')
    t.notMatch(page.body, /secret-|groups|127\.0\.0\.1|wiki:|\/admin"/)
    t.match(page.body, /account(?:=|&#61;)other/)
    const program = await browser.visit(`${front.url}/admin/x`, {
      headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    })
    t.same(Object.keys(JSON.parse(program.body)).sort(), ['reason', 'request_id', 'status', 'title'])
  },
)

t.test('S-254: an app that is not there is told without its address', async (t) => {
  for (const headers of [[], navigation]) {
    const answer = await fire(front, { target: '/down/x', headers })
    t.equal(answer.status, 502)
    t.notMatch(answer.text, /ECONNREFUSED|127\.0\.0\.1|:1\b|at .*\.ts/)
  }
})

t.test('S-203: whatever happens, no credential is in the log or the metrics', async (t) => {
  const canaries = new Set([
    secret,
    'canary-client-secret',
    'access-token-of-alice',
    'canary-of-authorization',
  ])
  const note = (page: Page | undefined): void => {
    for (const set of page?.headers['set-cookie'] ?? []) {
      const value = /=([^;]{20,})/.exec(set)?.[1]
      if (value !== undefined) canaries.add(value)
    }
  }
  const signIn = async (): Promise<void> => {
    const browser = new Browser()
    const begun = await browser.visit(`${front.url}/deep?canary-of-a-query`, { follow: false })
    note(begun)
    const url = new URL(begun.headers.location ?? '')
    for (const name of ['state', 'nonce', 'code_challenge']) canaries.add(url.searchParams.get(name) ?? '')
    const back = front.op.authorize(url)
    canaries.add(back.get('code') ?? '')
    note(await front.finish(browser, back))
    note(await front.finish(browser, back))
    const used = cookieOf(front, browser)
    await fire(front, {
      target: `/x?canary-of-a-query`,
      headers: [`Cookie: ${used}`, 'Authorization: Bearer canary-of-authorization'],
    })
    await fire(front, {
      target: '/down/x',
      headers: [`Cookie: ${used}`, 'Authorization: Bearer canary-of-authorization'],
    })
    await fire(front, { target: '/x', headers: [`Cookie: ${own}=${used.slice(-40)}canary-of-a-cookie`] })
    const headers = { 'sec-fetch-site': 'same-origin', origin: front.url }
    note(
      await browser.visit(`${front.url}/.auth/logout`, { form: { return_to: '/y' }, headers, follow: false }),
    )
    note(await browser.visit(`${front.url}/.auth/logged-out?state=canary-of-a-state`, { follow: false }))
  }
  /** Repeats what it was sent, as providers do in their error texts. */
  const quoting = (status: number) => (_request: unknown, response: Parameters<typeof sendJson>[0]) => {
    const asked = front.op.tokenRequests.at(-1)
    const text = `${asked?.body} ${asked?.authorization}`
    sendJson(
      response,
      { error: 'invalid_grant', error_description: text, access_token: 'access-token-of-alice' },
      status,
    )
  }
  for (const bends of [
    {},
    { answer: { token: quoting(400) } },
    { answer: { token: quoting(401) } },
    { answer: { token: quoting(500) } },
    { answer: { token: quoting(200) } },
    { answer: { userinfo: quoting(401) } },
    { answer: { userinfo: quoting(200) } },
    { idToken: (token: string) => `${token}x` },
    { idToken: () => 'canary-of-an-id-token.x.y' },
    { claims: (claims: object) => ({ ...claims, nonce: 'canary-of-a-nonce' }) },
    { claims: (claims: object) => ({ ...claims, aud: 'canary-of-an-audience' }) },
    { token: () => '<html>access-token-of-alice' },
  ]) {
    front.op.bends = bends
    await signIn()
  }
  front.op.bends = {}
  for (const { body } of front.op.tokenRequests) canaries.add(body.get('code_verifier') ?? '')
  for (const text of ['canary-of-a-query', 'canary-of-a-state', 'canary-of-an-id-token', 'canary-of-a-nonce'])
    canaries.add(text)
  canaries
    .add(encode({ alg: 'RS256', kid: 'k1' }).slice(0, 15))
    .add('canary-of-a-cookie')
    .delete('')
  await fire(front, { target: '/public/last' })
  await front.gateway.logged((event) => event.path === '/public/last')
  const written = front.gateway.log.map((event) => JSON.stringify(event)).join('\n')
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  t.ok(canaries.size > 80, `${canaries.size} canaries`)
  for (const canary of canaries) {
    t.notOk(written.includes(canary), `not in the log: ${canary.slice(0, 12)}…`)
    t.notOk(metrics.includes(canary), `not in the metrics: ${canary.slice(0, 12)}…`)
  }
})

t.test('S-204: a line is one line, and its fields have an end', async (t) => {
  const odd = 'a\n\r\u001b[31m\u0000\u2028\u0085"}'
  front.op.bends = {
    claims: (claims) => ({ ...claims, groups: [odd, odd.repeat(100)] }),
    userinfo: ({ sub }) => ({ sub }),
  }
  const browser = await front.signedIn()
  front.op.bends = {}
  const said = new URLSearchParams({ error: odd, error_description: odd.repeat(500), error_uri: odd })
  const failing = new Browser()
  const back = await front.begin(failing)
  said.set('state', back.get('state') ?? '')
  await front.finish(failing, said)
  const headers = [cookieLine(front, browser), `User-Agent: ${'u'.repeat(8_000)}`, 'X-Request-Id: chosen']
  await fire(front, { target: `/admin/${'x'.repeat(8_000)}`, headers })
  await fire(front, { target: '/public/%0a', headers })
  await fire(front, { target: '/public/x', headers: ['User-Agent: \x1b[31m\x7f'] })
  await front.gateway.logged((event) => event.decision === 'deny' && String(event.path).length > 8_000)
  for (const event of front.gateway.log) {
    for (const [name, value] of Object.entries(event)) {
      if (typeof value !== 'string') continue
      t.notMatch(value, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/, `${event.event}: ${name}`)
      const most = name === 'path' ? 8192 : name === 'stack' ? 4097 : 513
      if (value.length > most)
        t.ok(value.length <= most, `${event.event}: ${name} has ${value.length} characters`)
    }
    if (event.request_id !== undefined) t.match(event.request_id, /^[0-9a-f]{8}-[0-9a-z]{6,}$/)
  }
})

t.test(
  'S-205: each thing that happens has its event, with the id of its request and never the client’s',
  async (t) => {
    for (const event of [
      'login.started',
      'login.completed',
      'login.failed',
      'session.ended',
      'upstream.failed',
    ]) {
      const found = await front.gateway.logged((entry) => entry.event === event)
      t.match(String(found.request_id), /^[0-9a-f]{8}-/, event)
    }
    const denied = await front.gateway.logged(
      (entry) => entry.decision === 'deny' && entry.location === '/admin',
    )
    t.match(denied, {
      reason: 'rule-not-met',
      client: '127.0.0.1',
      app: 'wiki',
      subject: String,
      detail: String,
    })
    const refused = await front.gateway.logged((entry) => entry.decision === 'reject' && entry.status === 400)
    t.match(refused.reason, /^target-/)
  },
)

t.test(
  'S-206: nothing of ours is on the public port but what the reference says; labels do not grow',
  async (t) => {
    for (const target of [
      '/.auth/metrics',
      '/.auth/debug',
      '/.auth/debug/pprof',
      '/.auth/livez',
      '/.auth/config',
    ]) {
      t.equal((await fire(front, { target, headers: [line] })).status, 404, target)
    }
    for (const target of ['/metrics', '/livez', '/readyz', '/debug/pprof']) {
      t.equal((await fire(front, { target })).status, 401, `${target} is the app’s`)
    }
    const series = async () =>
      (await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()).split('\n').length
    await fire(front, { target: '/public/x', headers: [line] })
    const before = await series()
    for (let i = 0; i < 200; i++)
      await fire(front, { target: `/public/${i}`, method: i % 2 === 0 ? 'GET' : 'POST' })
    t.equal(await series(), before)
  },
)
