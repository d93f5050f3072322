// The page of one's sessions: what it shows, and what its forms end.
import type { IncomingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Origin } from '../../../src/core/gateway.ts'
import { sessionNames } from '../../../src/core/log-names.ts'
import { noTokens, type SignInClient } from '../../../src/core/session/session.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { endOwnSessions, ownSessions, sessionsAddress } from '../../../src/http/sign-in/own-sessions.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { pageHeaders } from '../../support/pages.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

const site = 'https://wiki.example'
const own = { 'sec-fetch-site': 'same-origin' }
const firefox = { browser: 'Firefox', system: 'Linux', network: '192.0.2.0/24' }
const chrome = { browser: 'Chrome', system: 'Android', network: null }

interface SignedIn {
  readonly cookie: string
  readonly key: string
  readonly origin: Origin
}

function open(t: Test) {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:" }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, idle_timeout: 1h, max_lifetime: 8h }
apps:
  wiki: { url: "${site}", upstream: http://10.9.9.9, title: The Wiki, provider: [op, other], require: signed_in }
  shop: { url: "https://shop.example", upstream: http://10.9.9.9, provider: [op], require: signed_in }
`,
  )
  const signIn = async (
    more: {
      readonly user?: string
      readonly host?: string
      readonly issuer?: string
      readonly client?: SignInClient | null
    } = {},
  ): Promise<SignedIn> => {
    const { user = 'alice', host = 'wiki.example', issuer = 'https://op.example', client = null } = more
    const origin = around.originAt(host)
    const identity = {
      ...{ user, claims: { sub: user }, idToken: 'id-token' },
      ...{ subject: user, sid: null, issuedAt: around.clock.time, scopes: [], tokens: noTokens },
    }
    const transaction = {
      ...{ version: 2 as const, issuer, clientId: 'c', origin: origin.origin, returnTo: '/' },
      ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: 0, replaces: null, wish: null },
    }
    const started = await around.runtime.sessions.start({
      ...{ identity, transaction, origin, previousCookie: null, client },
    })
    return {
      cookie: `${origin.cookies.session}=${started.cookieValue}`,
      key: started.session.key,
      origin,
    }
  }
  const show = async (
    who: SignedIn | null,
    headers: IncomingHttpHeaders = {},
    context: RequestContext = around.context,
  ) => {
    const all = { ...(who === null ? {} : { cookie: who.cookie }), ...headers }
    const admission = await around.admission(`${site}/.auth/sessions`, { headers: all })
    return (await orRejected(async () => ownSessions(context, admission, all))) as Answer
  }
  const post = async (
    who: SignedIn | null,
    form: string,
    headers: IncomingHttpHeaders = own,
    context: RequestContext = around.context,
  ) => {
    const all = { ...(who === null ? {} : { cookie: who.cookie }), ...headers }
    const asked = await around.admission(`${site}/.auth/sessions`, { headers: all })
    const admission = { ...asked, method: 'POST' }
    return (await orRejected(async () =>
      endOwnSessions(context, admission, all, new URLSearchParams(form)),
    )) as Answer
  }
  const isAlive = async ({ cookie, origin }: SignedIn) =>
    (await around.runtime.sessions.lookUp(cookie.slice(origin.cookies.session.length + 1), origin)).kind ===
    'live'
  const withRuntime = (changed: Partial<Runtime>): RequestContext => ({
    ...around.context,
    runtime: { ...around.runtime, ...changed },
  })
  return { ...around, signIn, show, post, isAlive, withRuntime }
}

/** What a page's forms would post, in their order: one for each other session, and that of all others. */
const formsOf = ({ body }: Answer) =>
  [...body.matchAll(/name="end" value="([^"]*)"/g)].map(
    ([, value = '']) => `end=${encodeURIComponent(value)}`,
  )

const namesOf = ({ body }: Answer) =>
  [...body.matchAll(/<h2 id="session-\d+"><span>([^<]*)<\/span>/g)].map(([, name]) => name)

t.test('shows where this person is signed in at this origin, and nobody else', async (t) => {
  const { signIn, show, clock } = open(t)
  await signIn({ client: { browser: 'Expired', system: null, network: null } })
  clock.time += 7200
  await signIn({ client: chrome })
  clock.time += 60
  const here = await signIn({ client: firefox })
  await signIn()
  await signIn({ user: 'bob' })
  await signIn({ host: 'shop.example' })
  await signIn({ user: 'alice', issuer: 'https://other.example' })
  const page = await show(here)
  t.equal(page.status, 200)
  t.same(page.headers, { ...pageHeaders(), 'referrer-policy': 'same-origin' })
  t.same(namesOf(page), ['Firefox on Linux', 'A browser', 'Chrome on Android'])
  t.match(page.body, /<span>Firefox on Linux<\/span> <small>This browser<\/small>/)
  t.match(page.body, '<dd>192.0.2.0/24</dd>')
  t.match(page.body, 'You are signed in as <b><bdi>alice</bdi></b><small>with Acme</small>')
  t.match(page.body, '<a class="button second" href="/.auth/logout">Sign out</a>')
  const forms = formsOf(page)
  t.equal(forms.length, 3)
  t.equal(new Set(forms).size, 3)
})

t.test(
  'no key of a session stands in the page, nor its name in the log, and each page has others',
  async (t) => {
    const { signIn, show, context } = open(t)
    const [one, two] = [await signIn(), await signIn()]
    const [byOne, byTwo] = [await show(one), await show(two)]
    const nameOf = sessionNames(context.runtime.logKey)
    for (const { key, cookie } of [one, two])
      for (const { body } of [byOne, byTwo])
        for (const text of [key, nameOf(key), cookie.split('=', 2)[1] ?? ''])
          t.notOk(body.includes(text.slice(0, 12)))
    t.same(formsOf(byOne), formsOf(await show(one)), 'a page that stood open for a while still works')
    t.same(
      formsOf(byOne).filter((form) => formsOf(byTwo).includes(form)),
      [],
    )
  },
)

t.test('is for people who are signed in, and for what shows pages', async (t) => {
  const { signIn, show } = open(t)
  const here = await signIn()
  const nobody = await show(null)
  t.equal(nobody.status, 401)
  t.match(nobody.body, '<h1>You are not signed in</h1>')
  t.match(nobody.body, 'href="/.auth/login?return_to&#61;%2F">Sign in<')
  for (const headers of [
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-origin' },
  ]) {
    const refused = await show(here, headers)
    t.equal(refused.status, 403, headers['sec-fetch-dest'])
    t.match(refused.body, /"reason":"not-a-navigation"/)
  }
  const browser = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }
  t.equal((await show(here, browser)).status, 200)
  t.match(await show({ ...here, cookie: `${here.cookie}x` }), { status: 401 })
})

t.test('S-174: a form of the page ends the one session that it stands by', async (t) => {
  const { signIn, show, post, isAlive, lines, context } = open(t)
  const there = await signIn({ client: chrome })
  const [here, elsewhere] = [await signIn(), await signIn({ host: 'shop.example' })]
  const bob = await signIn({ user: 'bob' })
  const further = await signIn()
  const page = await show(here)
  const at = namesOf(page).indexOf('Chrome on Android') - 1
  const answer = await post(here, formsOf(page)[at] ?? '')
  t.match(answer, { status: 303, headers: { location: '/.auth/sessions', 'cache-control': 'no-store' } })
  t.notOk(await isAlive(there))
  for (const one of [here, elsewhere, bob, further]) t.ok(await isAlive(one))
  const ended = lines.filter(({ event }) => event === 'session.ended')
  t.match(ended, [{ request_id: 'request-7', client: '198.51.100.7', how: 'sessions-page' }])
  t.equal(ended[0]?.session, sessionNames(context.runtime.logKey)(there.key))
  t.match(await post(here, formsOf(page)[at] ?? ''), { status: 303 }, 'once more is no fault')
  t.equal(lines.filter(({ event }) => event === 'session.ended').length, 1)
})

t.test('all others end together: the own one stays, as do those of others and elsewhere', async (t) => {
  const { signIn, show, post, isAlive, lines, runtime } = open(t)
  const others = [await signIn(), await signIn(), await signIn()]
  const here = await signIn()
  const stay = [await signIn({ user: 'bob' }), await signIn({ host: 'shop.example' })]
  const namesake = await signIn({ issuer: 'https://other.example' })
  const page = await show(here)
  t.match(await post(here, formsOf(page).at(-1) ?? ''), { status: 303 })
  for (const one of others) t.notOk(await isAlive(one))
  for (const one of [here, ...stay]) t.ok(await isAlive(one))
  t.equal(lines.filter(({ how }) => how === 'sessions-page').length, 3)
  t.match((await show(here)).body, 'You are signed in nowhere else.')
  t.not(await runtime.store.load(namesake.key), null, 'whose provider is another')
})

t.test('what the page did not name for this very session ends nothing', async (t) => {
  const { signIn, show, post, isAlive } = open(t)
  const [one, two, bob] = [await signIn(), await signIn(), await signIn({ user: 'bob' })]
  await signIn({ user: 'bob' })
  const [ofTwo = '', allOfTwo = ''] = formsOf(await show(two))
  const [, allOfBob = ''] = formsOf(await show(bob))
  const [ofOne = ''] = formsOf(await show(one))
  for (const form of [
    ...[ofTwo, allOfTwo, allOfBob, '', 'end=', `end=${two.key}`, 'end=all+others', 'end=others'],
    ...[`${ofOne}&${ofOne}`, `${ofOne}x`, ofOne.slice(0, -1), ofOne.toUpperCase()],
  ]) {
    t.match(await post(one, form), { status: 303, headers: { location: '/.auth/sessions' } }, form)
    t.ok((await isAlive(one)) && (await isAlive(two)) && (await isAlive(bob)), form)
  }
})

t.test('S-174: a form of another page ends nothing, whatever it holds', async (t) => {
  const { signIn, show, post, isAlive } = open(t)
  const [there, here] = [await signIn(), await signIn()]
  const [form = ''] = formsOf(await show(here))
  for (const headers of [
    {},
    { 'sec-fetch-site': 'cross-site', origin: site },
    { 'sec-fetch-site': 'same-site', origin: site },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'https://shop.example' },
    { origin: 'null' },
  ]) {
    const refused = await post(here, form, headers)
    t.equal(refused.status, 403, JSON.stringify(headers))
    t.ok(await isAlive(there))
  }
  t.equal((await post(null, form)).status, 401)
  t.ok(await isAlive(there))
  t.equal((await post(here, form, { origin: site })).status, 303, 'a browser without Fetch Metadata')
  t.notOk(await isAlive(there))
})

const down = new StoreFault('STORE_UNAVAILABLE', 'the disk is gone')

t.test(
  'a store that does not answer is a fault, and every session that was meant is asked for',
  async (t) => {
    const { signIn, show, post, runtime, withRuntime, lines } = open(t)
    await signIn()
    await signIn()
    const here = await signIn()
    const all = formsOf(await show(here)).at(-1) ?? ''
    const failing = (part: Partial<Runtime['store']>) => withRuntime({ store: { ...runtime.store, ...part } })
    const list = () => {
      throw down
    }
    t.equal(await show(here, {}, failing({ list })), down)
    t.equal(await post(here, all, own, failing({ list })), down)
    const asked: string[] = []
    const end = async ({ key }: { readonly key: string }) => {
      asked.push(key)
      throw down
    }
    const sessions = { ...runtime.sessions, end }
    t.equal(await post(here, all, own, withRuntime({ sessions })), down)
    t.equal(asked.length, 2)
    t.same(
      lines.filter(({ event }) => event === 'session.ended'),
      [],
      'what did not end is not told as ended',
    )
  },
)

t.test('all others end at once: a store that takes its time takes it once', async (t) => {
  const { signIn, show, post, runtime, withRuntime, lines } = open(t)
  await signIn()
  await signIn()
  const here = await signIn()
  const all = formsOf(await show(here)).at(-1) ?? ''
  let asked = 0
  let letGo = () => {}
  const allAsked = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const end = async ({ key }: { readonly key: string }) => {
    asked += 1
    if (asked === 2) letGo()
    await allAsked
    return runtime.sessions.end({ key })
  }
  const answer = await post(here, all, own, withRuntime({ sessions: { ...runtime.sessions, end } }))
  t.match(answer, { status: 303 })
  t.equal(lines.filter(({ how }) => how === 'sessions-page').length, 2)
})

t.test('a session that ends while the page is made is not on it', async (t) => {
  const { signIn, show, runtime, withRuntime } = open(t)
  await signIn()
  const here = await signIn()
  const page = await show(here, {}, withRuntime({ store: { ...runtime.store, load: () => null } }))
  t.same(namesOf(page), ['A browser'])
  t.match(page.body, 'You are signed in nowhere else.')
})

t.test('a session that revoked_before has ended is on no page', async (t) => {
  const { gateway, signIn, show, withRuntime, clock } = open(t)
  await signIn({ client: chrome })
  clock.time += 60
  await signIn()
  const here = await signIn({ client: firefox })
  const session = { ...gateway.session, revokedBefore: clock.time - 30 }
  const context = withRuntime({ gateway: { ...gateway, session } })
  t.same(namesOf(await show(here, {}, context)), ['Firefox on Linux', 'A browser'])
})

t.test('with sessions that rest in browsers there is no such page', async (t) => {
  const { gateway, signIn, show, post, withRuntime } = open(t)
  t.equal(sessionsAddress(gateway), '/.auth/sessions')
  const inBrowsers = { ...gateway, session: { ...gateway.session, store: { kind: 'cookie' } as const } }
  t.equal(sessionsAddress(inBrowsers), null)
  const here = await signIn()
  const context = withRuntime({ gateway: inBrowsers })
  t.equal((await show(here, {}, context)).status, 404)
  t.equal((await post(here, 'end=x', own, context)).status, 404)
})
