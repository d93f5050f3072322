import t from 'tap'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { me } from '../../../src/http/sign-in/me.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

const site = 'https://wiki.example'
const { context, admission, runtime, originAt, clock } = openTestContext(
  t,
  `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, idle_timeout: 1h, max_lifetime: 8h }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    identity_headers: { X-Name: name }
    require: { groups: staff }
    locations:
      - { path: /x, require: { level: 3 } }
`,
)
const origin = originAt('wiki.example')

async function ask(cookie: string, changed = {}): Promise<unknown> {
  const headers = { cookie }
  const asked = { ...(await admission(`${site}/.auth/me`, { headers })), ...changed }
  return orRejected(() => me(context, asked, headers))
}

async function signIn(more: Claims = {}): Promise<string> {
  const claims = { sub: 'alice', name: 'Alice', groups: ['staff'], salary: 1, ...more }
  const identity = { user: 'alice', claims, idToken: 'id-token', ...issuedToAlice }
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

t.test('who is signed in is told with the claims that the file names, and with times', async (t) => {
  const cookie = await signIn()
  clock.time += 600
  for (const time of ['first', 'again']) {
    const answer = await ask(cookie)
    t.match(answer, {
      status: 200,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    })
    const { body } = answer as { body: string }
    t.same(
      JSON.parse(body),
      {
        user: 'alice',
        provider: 'op',
        claims: { groups: ['staff'], name: 'Alice' },
        signed_in_at: 1_900_000_000,
        expires_at: 1_900_000_000 + 8 * 3600,
        idle_expires_at: 1_900_000_000 + 3600,
      },
      time,
    )
  }
})

t.test('a page that asks every minute keeps no session alive: the idle time goes on', async (t) => {
  const cookie = await signIn()
  for (let minute = 1; minute < 60; minute += 1) {
    clock.time += 60
    t.match(await ask(cookie), { status: 200 }, `after ${minute} minutes`)
  }
  clock.time += 60
  t.match(await ask(cookie), { status: 401, body: /"reason":"session-idle"/ })
})

t.test('which claims the file names is gathered once an origin', async (t) => {
  const cookie = await signIn()
  let reads = 0
  const counted = new Proxy(origin, {
    get: (target, name, receiver) => {
      if (name === 'apps') reads += 1
      return Reflect.get(target, name, receiver)
    },
  })
  t.match(await ask(cookie, { origin: counted }), { status: 200 })
  const first = reads
  t.match(await ask(cookie, { origin: counted }), { status: 200 })
  t.same([first > 0, reads], [true, first])
})

t.test('a number that is not the one that was sent is not told, wherever it stands', async (t) => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['9007199254740991', true],
    ['-9007199254740991', true],
    ['9007199254740993', false],
    ['[1, 9007199254740993]', false],
    ['{"a": [{"b": 9007199254740992}]}', false],
    ['1e300', false],
    ['[1, 2.5]', true],
  ]
  for (const [json, exact] of cases) {
    const answer = await ask(await signIn({ level: JSON.parse(json) }))
    const { body } = answer as { body: string }
    const told = JSON.parse(body)
    t.same(told.claims.level, exact ? JSON.parse(json) : undefined, json)
    t.same(told.claims_inexact, exact ? undefined : ['level'], json)
    t.same(told.claims.groups, ['staff'], 'others are told')
  }
})

t.test('an address that does not count is told to be there, and is not shown', async (t) => {
  for (const verified of [false, null, 'true', 'no']) {
    const answer = await ask(await signIn({ email: 'alice@wiki.example', email_verified: verified }))
    const { body } = answer as { body: string }
    t.match(JSON.parse(body), { email_unverified: true })
    t.notMatch(body, 'alice@wiki.example')
  }
  const verified = await ask(await signIn({ email: 'alice@wiki.example', email_verified: true }))
  t.notMatch(verified, { body: /email_unverified/ })
})

t.test('who is not signed in is told so as a program, also a browser', async (t) => {
  t.match(await ask(''), {
    status: 401,
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    body: /"reason":"no-session"/,
  })
  t.match(await ask(`${origin.cookies.session}=forged`), {
    status: 401,
    body: /"reason":"session-unreadable"/,
  })
})

t.test('an address without an origin is none', async (t) => {
  const answer = await ask('', { origin: null, wantsPage: false })
  t.match(answer, { status: 404, body: /"reason":"address-unknown"/ })
})
