// What the gateway serves and where: one row an address, without a network.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type { HeldApp } from '../../support/held-app.ts'
import { statusOf } from '../../support/raw.ts'
import { orRejected } from '../../support/thrown.ts'
import { type Asking, bytesOf, form, open, same } from './app-rig.ts'

t.test('it can be made of any configuration, and upgrades are taken in one place', async (t) => {
  const made = await orRejected(() => open(t))
  t.notOk(made instanceof Error, String(made))
  t.equal((made as HeldApp).app.server.listenerCount('upgrade'), 1)
})

t.test('each address of the gateway’s own answers by itself, and there are no others', async (t) => {
  const held = await open(t)
  const cookie = `Cookie: ${await held.signIn('wiki.example')}`
  const posted = { method: 'POST', headers: [form, same] }
  const rows: readonly (readonly [string, Asking, number, RegExp])[] = [
    ['/health', {}, 200, /content-type: text\/plain\r\ncache-control: no-store\r\n[\s\S]*\r\n\r\nok\n$/],
    ['/health', { method: 'HEAD' }, 200, /content-length: 3\r\n[\s\S]*\r\n\r\n$/],
    ['/login?provider=op', {}, 302, /location: https:\/\/op\.example\/authorize/],
    ['/login', { ...posted, body: 'return_to=%2Fkept' }, 200, /<a [^>]*href="\/kept"/],
    ['/login', { ...posted, headers: [same] }, 200, /<a [^>]*href="\/"/],
    ['/callback/op?code=c', {}, 400, /login-state-unknown/],
    ['/callback/form', { ...posted, body: 'code=c' }, 400, /login-state-unknown/],
    ['/logout', {}, 200, /<form [^>]*method="post"/],
    ['/backchannel-logout', { ...posted, body: 'x=1' }, 400, /"error":"invalid_request"/],
    ['/token', { ...posted, body: 'grant_type=client_credentials' }, 404, /"reason":"address-unknown"/],
    ['/jwks.json', {}, 404, /"reason":"address-unknown"/],
    ['/frontchannel-logout?sid=s-1', {}, 400, /frame-ancestors 'none'/],
    ['/logged-out', {}, 200, /<title>[^<]*[Ss]igned out/],
    ['/me', { headers: [cookie] }, 200, /"user":"alice"/],
    ['/', { headers: [cookie] }, 200, /<form [^>]*action="\/\.auth\/logout"/],
    ['/', {}, 200, /<a [^>]*href="\/\.auth\/login/],
    ['/me', {}, 401, /"reason":"no-session"/],
    ['/resume?form=x', { headers: [cookie] }, 404, /nothing left to send/],
    ['/sessions', { headers: [cookie] }, 200, /You are signed in nowhere else/],
    [
      '/sessions',
      { ...posted, headers: [form, same, cookie], body: 'end=x' },
      303,
      /location: \/\.auth\/sessions/,
    ],
    [
      '/logout',
      { ...posted, headers: [form, same, cookie], body: 'x=1' },
      303,
      /location: \/\.auth\/logged-out/,
    ],
    ['/me', { headers: [cookie] }, 401, /"reason":"session/],
  ]
  for (const [address, asking, status, text] of rows) {
    const answer = await held.ask(bytesOf(`/.auth${address}`, asking))
    t.equal(statusOf(answer), status, `${asking.method ?? 'GET'} ${address}`)
    t.match(answer, text, `${asking.method ?? 'GET'} ${address}`)
  }
  t.equal(
    held.app.printRoutes({ commonPrefix: false }),
    `└── / (GET)
    ├── answer (GET)
    ├── preflight (GET)
    ├── own/health (GET)
    ├── own/login (GET, POST)
    ├── own/logout (GET, POST)
    ├── own/logged-out (GET)
    ├── own/callback (GET, POST)
    ├── own/frontchannel-logout (GET)
    ├── own/account (GET)
    ├── own/sessions (GET, POST)
    ├── own/keys (GET, POST)
    ├── own/resume (GET)
    ├── own/resource-metadata (GET, OPTIONS)
    ├── own/me (GET)
    ├── own/jwks (GET)
    ├── own/backchannel-logout (POST)
    └── own/token (POST)
`,
  )
  t.same(held.sent, [], 'the app heard of none of them')
})

t.test('a callback is read from the query, and where its provider posts it from the form', async (t) => {
  for (const [provider, callback] of [
    ['op', (state: string) => bytesOf(`/.auth/callback/op?code=c&state=${state}`, {})],
    [
      'form',
      (state: string) =>
        bytesOf('/.auth/callback/form', { method: 'POST', headers: [form], body: `code=c&state=${state}` }),
    ],
  ] as const) {
    const held = await open(t)
    const begun = await held.ask(bytesOf(`/.auth/login?provider=${provider}&return_to=%2Fin`))
    const state = /[?&]state=([^&\r]+)/.exec(begun)?.[1] ?? ''
    const cookie = /set-cookie: ([^;]+)/.exec(begun)?.[1] ?? ''
    const answer = await held.ask(callback(state).replace('\r\n\r\n', `\r\nCookie: ${cookie}\r\n\r\n`))
    t.match(answer, /set-cookie: __Host-claimgate=/i, provider)
    t.same(
      held.provider(provider).exchanged.map(({ parameters }) => parameters),
      [`code=c&state=${state}`],
      provider,
    )
  }
})

t.test(
  'a form has so many bytes, and is one: anything else is refused and logged by its line alone',
  async (t) => {
    const held = await open(t)
    const posted = (body: string, type = form) =>
      held.ask(bytesOf('/.auth/logout', { method: 'POST', headers: [type, same], body }))
    const exact = await posted('x'.repeat(limits.formBytes))
    t.equal(statusOf(exact), 303)
    const long = await posted('x'.repeat(limits.formBytes + 1))
    t.equal(statusOf(long), 413)
    t.match(long, /"reason":"body-too-large"/)
    t.match(long, /connection: close/i)
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const other = await posted('{}', `Content-Type: ${type}`)
      t.equal(statusOf(other), 415, type)
      t.match(other, /"reason":"media-type-unknown"/)
    }
    t.same(
      held.lines.map(({ event, status }) => [event, status]),
      [303, 413, 415, 415, 415].map((status) => ['request', status]),
    )
    t.same(held.counted, [])
  },
)

t.test('who is not let in gets the answer to the verdict', async (t) => {
  const held = await open(t)
  for (const [path, status, reason] of [
    ['/in', 401, 'no-session'],
    ['/open//x', 400, 'target-empty-segment'],
  ] as const) {
    const answer = await held.ask(bytesOf(path, { headers: ['Accept: */*'] }))
    t.equal(statusOf(answer), status, path)
    t.match(answer, `"reason":"${reason}"`, path)
  }
  t.same(held.sent, [])
})

t.test('new rules are told to the event streams and to the WebSockets', async (t) => {
  const held = await open(t)
  t.same(held.editions.subscribers(), ['renewals', 'sessions', 'keys', 'webSockets', 'eventStreams'])
})
