import t, { type Test } from 'tap'
import type { LoginContext } from '../../src/demo/provider-library.ts'
import { Browser, type Page } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { type HostileFront, startHostileFront } from '../support/hostile-front.ts'
import { people, signInAs, startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { exchange, statusOf } from '../support/raw.ts'

// Step-up with real sockets: an honest provider, and one that answers whatever it likes.

const places = `
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    allow_encoded: [slash]
    websocket: true
    locations:
      - { path: /pay, methods: [GET, POST, webdav], require: signed_in, step_up: { acr_values: [phr], max_age: 5m } }
      - { path: /files, methods: [GET, webdav], require: signed_in }
      - { path: /refunds, require: signed_in, step_up: { scopes: [refunds] } }
      - { path: /mail, require: signed_in, step_up: { scopes: [email] } }
      - { path: /cors, require: signed_in, cors_preflight: pass, step_up: { acr_values: [phr] } }
      - { path: /mixed, require: signed_in }
      - { path: /mixed/strong, require: signed_in, step_up: { acr_values: [phr] } }
      - { path: /entra, require: signed_in, step_up: { auth_context: c1 } }
`

async function open(t: Test): Promise<HostileFront> {
  const front = await startHostileFront({ app: places })
  t.teardown(() => front.close())
  return front
}

const now = () => Math.floor(Date.now() / 1000)

/** What a request of this browser's session gets that no page follows. */
async function raw(front: HostileFront, browser: Browser, line: string, headers: readonly string[] = []) {
  const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const lines = [
    line,
    `Host: localhost:${front.gateway.port}`,
    `Cookie: ${cookie}`,
    'Connection: close',
    ...headers,
  ]
  return exchange(front.gateway.port, `${lines.join('\r\n')}\r\n\r\n`)
}

t.test('an honest provider is asked for what the location wants, and lets through', async (t) => {
  const front = await open(t)
  const browser = await front.signedIn()
  const before = front.echo.received.length
  const asked = await browser.visit(`${front.url}/pay/1?a=1`, { follow: false })
  const url = new URL(asked.headers.location ?? 'none:')
  t.match(Object.fromEntries(url.searchParams), { acr_values: 'phr', max_age: '300', scope: /^openid/ })
  t.equal(front.echo.received.length, before, 'the app has seen nothing of it')
  front.op.bends = {
    claims: (claims, params) => ({ ...claims, acr: params.get('acr_values'), auth_time: now() }),
  }
  const back = await front.finish(browser, front.op.authorize(url))
  t.match(back, { status: 303, headers: { location: '/pay/1?a=1' } })
  t.equal((await browser.visit(`${front.url}/pay/1?a=1`)).status, 200)
  const entra = new URL(
    (await browser.visit(`${front.url}/entra`, { follow: false })).headers.location ?? 'none:',
  )
  t.same(JSON.parse(entra.searchParams.get('claims') ?? ''), {
    id_token: { acrs: { essential: true, value: 'c1' } },
  })
  front.op.bends = { claims: (claims) => ({ ...claims, acrs: ['c1'] }) }
  t.equal((await front.finish(browser, front.op.authorize(entra))).status, 303)
  t.equal((await browser.visit(`${front.url}/entra`)).status, 200)
})

t.test(
  'the endless redirect of Apache’s OIDCUnAutzAction auth: a provider that never meets it is asked once, and then it is 403',
  async (t) => {
    const front = await open(t)
    const browser = await front.signedIn()
    const [session] = [...browser.cookies('localhost')].filter(([name]) => /^claimgate-\d+$/.test(name))
    front.op.bends = { claims: (claims) => ({ ...claims, acr: '1', auth_time: now() }) }
    let asked = 0
    let page: Page = await browser.visit(`${front.url}/pay`, { follow: false })
    while (page.headers.location?.startsWith(front.op.issuer) && asked < 10) {
      asked += 1
      page = await front.finish(browser, front.op.authorize(new URL(page.headers.location)))
    }
    t.same([asked, page.status, page.headers.location], [1, 403, undefined])
    t.match(page.body, 'Your sign-in is not enough for this page')
    t.equal(browser.cookies('localhost').get(session?.[0] ?? ''), session?.[1], 'the session stays')
    t.equal((await browser.visit(`${front.url}/`)).status, 200)
    t.notOk(front.echo.received.some(({ target }) => target.startsWith('/pay')))
  },
)

t.test('S-122: a provider that swaps, ages, weakens or drops what was asked: never a session', async (t) => {
  const front = await open(t)
  const attacks: readonly [string, string, HostileFront['op']['bends'], string, RegExp][] = [
    [
      'another person',
      '/pay',
      { claims: (c) => ({ ...c, acr: 'phr', auth_time: now() }) },
      'mallory',
      /another account/,
    ],
    [
      'an old sign-in',
      '/pay',
      { claims: (c) => ({ ...c, acr: 'phr', auth_time: now() - 400 }) },
      'alice',
      /not enough/,
    ],
    ['no time at all', '/pay', { claims: (c) => ({ ...c, acr: 'phr' }) }, 'alice', /not enough/],
    [
      'milliseconds',
      '/pay',
      { claims: (c) => ({ ...c, acr: 'phr', auth_time: Date.now() }) },
      'alice',
      /not enough/,
    ],
    ['no acr', '/pay', { claims: (c) => ({ ...c, auth_time: now() }) }, 'alice', /not enough/],
    [
      'a list of acr',
      '/pay',
      { claims: (c) => ({ ...c, acr: ['phr'], auth_time: now() }) },
      'alice',
      /not enough/,
    ],
    [
      'acr by userinfo',
      '/pay',
      { claims: (c) => ({ ...c, auth_time: now() }), userinfo: (c) => ({ ...c, acr: 'phr' }) },
      'alice',
      /not enough/,
    ],
    ['acrs as a text', '/entra', { claims: (c) => ({ ...c, acrs: 'c1' }) }, 'alice', /not enough/],
    ['acrs by userinfo', '/entra', { userinfo: (c) => ({ ...c, acrs: ['c1'] }) }, 'alice', /not enough/],
    [
      'a scope dropped',
      '/refunds',
      { token: (answer) => ({ ...answer, scope: 'openid profile' }) },
      'alice',
      /not enough/,
    ],
  ]
  for (const [name, path, bends, who, told] of attacks) {
    front.op.bends = {}
    const browser = await front.signedIn()
    const jar = () => [...browser.cookies('localhost')].filter(([cookie]) => /^claimgate-\d+$/.test(cookie))
    const before = jar()
    const asked = await browser.visit(front.url + path, { follow: false })
    front.op.bends = bends
    const answer = front.op.authorize(new URL(asked.headers.location ?? 'none:'), who)
    const page = await front.finish(browser, answer)
    t.equal(page.status, 403, name)
    t.match(page.body, told, name)
    t.same(jar(), before, name)
    t.match(await browser.visit(`${front.url}${path}`, { follow: false }), { status: 302 }, name)
    t.equal((await browser.visit(`${front.url}/`)).status, 200, name)
  }
  front.op.bends = { token: (answer) => ({ ...answer, scope: undefined }) }
  const browser = await front.signedIn()
  const params = await front.begin(browser, '/refunds')
  t.equal(
    (await front.finish(browser, params)).status,
    403,
    'where nothing is said of scopes, those of a step-up are not known to be granted: they can be edited out of the address',
  )
  const edited = new URL(
    (await browser.visit(`${front.url}/mail`, { follow: false })).headers.location ?? 'none:',
  )
  edited.searchParams.set('scope', 'openid')
  t.equal(
    (await front.finish(browser, front.op.authorize(edited))).status,
    403,
    'nor those of every sign-in: whoever signs in can edit them out as well',
  )
  front.op.bends = {}
  const named = await front.signedIn()
  t.equal((await named.visit(`${front.url}/mail`)).status, 200, 'what the answer names was granted')
  t.notOk(front.echo.received.some(({ target }) => /^\/(?:pay|entra|refunds)/.test(target)))
})

t.test('nothing gets round a step-up by another kind of request', async (t) => {
  const front = await open(t)
  const browser = await front.signedIn()
  const before = front.echo.received.length
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const websocket = ['Upgrade: websocket', key, 'Sec-WebSocket-Version: 13', `Origin: ${front.url}`]
  const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const handshake = [
    'GET /pay HTTP/1.1',
    `Host: localhost:${front.gateway.port}`,
    `Cookie: ${cookie}`,
    'Connection: Upgrade',
    ...websocket,
  ]
  const refused = await exchange(front.gateway.port, `${handshake.join('\r\n')}\r\n\r\n`)
  t.equal(statusOf(refused), 401, 'a WebSocket')
  t.match(refused, 'step-up-needed')
  const stream = await raw(front, browser, 'GET /pay/events HTTP/1.1', ['Accept: text/event-stream'])
  t.equal(statusOf(stream), 401, 'an event stream')
  t.match(stream, /www-authenticate: Cookie realm="claimgate", error="insufficient_user_authentication"/i)
  const post = await raw(front, browser, 'POST /pay HTTP/1.1', ['Content-Length: 0'])
  t.equal(statusOf(post), 401, 'a POST of a program')
  const head = await raw(front, browser, 'HEAD /pay HTTP/1.1', [])
  t.equal(statusOf(head), 401, 'HEAD')
  const move = await raw(front, browser, 'MOVE /files/a HTTP/1.1', [
    'Destination: /pay/a',
    'Content-Length: 0',
  ])
  t.equal(statusOf(move), 403, 'a MOVE into it')
  t.match(move, 'destination-not-allowed')
  const copy = await raw(front, browser, 'COPY /pay/a HTTP/1.1', [
    'Destination: /files/a',
    'Content-Length: 0',
  ])
  t.equal(statusOf(copy), 401, 'a COPY out of it')
  const reading = await raw(front, browser, 'GET /mixed%2Fstrong HTTP/1.1')
  t.equal(statusOf(reading), 400, 'a path that is one of both')
  t.match(reading, 'target-ambiguous')
  const plain = await raw(front, browser, 'OPTIONS /pay HTTP/1.1', ['Origin: https://a.example'])
  t.not(statusOf(plain), 200, 'OPTIONS')
  t.equal(front.echo.received.length, before, 'the app has seen nothing')
  const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET']
  t.equal(statusOf(await raw(front, browser, 'OPTIONS /cors HTTP/1.1', preflight)), 200)
  const passed = front.echo.received.at(-1)
  t.match(passed, { method: 'OPTIONS', target: '/cors' })
  t.equal(passed?.headers['x-forwarded-user'], undefined, 'a preflight that passes names nobody')
})

t.test('oidc-provider: acr_values, max_age and the claims parameter bring what is checked', async (t) => {
  let how: object = { acr: 'pwd' }
  const op = await startOp({
    claimsIn: 'id_token',
    signIn: () => how,
    configuration: {
      acrValues: ['pwd', 'phr'],
      claims: {
        openid: ['sub'],
        profile: ['name', 'groups'],
        email: ['email', 'email_verified'],
        acrs: null,
      },
      features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
      findAccount: async (_ctx: unknown, id: string) => ({
        accountId: id,
        claims: async () => ({ sub: id, ...people[id as 'alice'], acrs: ['c1'] }),
      }),
      // Nobody is asked for consent, to single claims neither.
      loadExistingGrant: async ({ oidc: { client, session, provider } }: LoginContext) => {
        if (client === undefined || session?.accountId === undefined) return undefined
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
        grant.addOIDCScope('openid profile email')
        if ('addOIDCClaims' in grant && typeof grant.addOIDCClaims === 'function')
          grant.addOIDCClaims(['acrs'])
        await grant.save()
        return grant
      },
    },
  })
  const echo = await startEcho()
  const port = await freePort()
  const url = `http://localhost:${port}`
  op.register({ redirectUris: [`${url}/.auth/callback`] })
  const gateway = await startTestGateway({
    port,
    yaml: () => `
providers: { op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} } }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
${places}`,
  })
  t.teardown(async () => {
    await gateway.close()
    await Promise.all([echo.close(), op.close()])
  })
  const browser = new Browser()
  const signIn = async (path: string) => {
    const asked = await browser.visit(url + path, { follow: false })
    return browser.visit(await signInAs('alice', new URL(asked.headers.location ?? 'none:')), {
      follow: false,
    })
  }
  t.equal((await signIn('/')).status, 303)
  const weak = await signIn('/pay')
  t.equal(weak.status, 403, 'signed in by a password alone')
  how = { acr: 'phr' }
  t.match(await signIn('/pay'), { status: 303, headers: { location: '/pay' } })
  t.equal((await browser.visit(`${url}/pay`)).status, 200)
  t.match(await signIn('/entra'), { status: 303, headers: { location: '/entra' } })
  t.equal((await browser.visit(`${url}/entra`)).status, 200)
})
