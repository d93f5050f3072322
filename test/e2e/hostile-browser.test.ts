import t, { type Test } from 'tap'
import { fire, sessionName } from '../support/attack.ts'
import { Attacker } from '../support/attacker.ts'
import type { Page } from '../support/browser.ts'
import { type HostileFront, startHostileFront } from '../support/hostile-front.ts'
import { startTwoProviders } from '../support/two-providers.ts'

// What a sign-in and a sign-out hold against browsers that do not obey: that keep what was deleted, bring what a sibling
// site has tossed into their jar, or say everything twice.
const front = await startHostileFront()
t.teardown(() => front.close())
const session = sessionName(front)
const attempts = `${session}-tx-`

/** Where a browser is sent to sign in, and what the provider gives it to come back with. */
async function begin(attacker: Attacker, path = '/', of: HostileFront = front): Promise<URLSearchParams> {
  const headers = { accept: 'text/html' }
  const page = await attacker.visit(of.url + path, { headers })
  if (page.headers.location === undefined) throw new Error(`${path}: ${page.status} ${page.body}`)
  return of.op.authorize(new URL(page.headers.location))
}

const finish = (attacker: Attacker, back: URLSearchParams): Promise<Page> =>
  attacker.visit(`${front.url}/.auth/callback?${back}`)

async function signIn(attacker: Attacker, path = '/'): Promise<string> {
  const page = await finish(attacker, await begin(attacker, `/.auth/login?return_to=${path}`))
  const value = attacker.value(session)
  if (page.status !== 303 || value === undefined) throw new Error(`the sign-in ended in ${page.status}`)
  return value
}

/** Whether a session cookie, alone, still means somebody. */
async function lives(value: string): Promise<boolean> {
  const headers = { cookie: `${session}=${value}`, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
  return (await new Attacker().visit(`${front.url}/x`, { headers })).status === 200
}

const setsSession = ({ headers }: Page): boolean =>
  (headers['set-cookie'] ?? []).some((line) => line.startsWith(`${session}=`))

const lastFault = () => front.gateway.log.findLast(({ event }) => event === 'login.failed')

/** Refused, the provider was not asked, and nobody is signed in by it. */
async function fruitless(t: Test, what: string, attempt: () => Promise<Page>): Promise<Page> {
  const asked = front.op.counts.token
  const page = await attempt()
  t.equal(front.op.counts.token, asked, `${what}: the provider was not asked`)
  t.notOk(setsSession(page), `${what}: nobody is signed in`)
  return page
}

t.test('S-108: an answer is used once, though the browser keeps the attempt’s cookie', async (t) => {
  const attacker = new Attacker({ keepsDeleted: true })
  const back = await begin(attacker)
  t.equal((await finish(attacker, back)).status, 303)
  t.ok(
    attacker.names().some((name) => name.startsWith(attempts)),
    'the cookie is still there',
  )
  const value = attacker.value(session)
  const asked = front.op.counts.token
  t.equal((await finish(attacker, back)).status, 303, 'the same answer again')
  back.set('code', 'another-code')
  t.equal((await finish(attacker, back)).status, 303, 'another code with the same state')
  t.equal(attacker.value(session), value, 'it is the same session, and no other')
  const other = new URLSearchParams(await begin(new Attacker()))
  await fruitless(t, 'an attempt of another browser', () => finish(attacker, other))
  const kept = attacker.header().split('; ')
  const stranger = new Attacker()
  for (const pair of kept) {
    const [name = '', sealed = ''] = pair.split(/=(.*)/s)
    if (name.startsWith(attempts)) stranger.steal(name, sealed)
  }
  await attacker.visit(`${front.url}/.auth/logout`, {
    form: {},
    headers: { 'sec-fetch-site': 'same-origin', origin: front.url },
  })
  await fruitless(t, 'with that cookie, once the session has ended', () => finish(stranger, back))
  t.equal(front.op.counts.token, asked, 'the provider was asked once')
})

t.test('of those that come at once with one answer, all get the one session that it came to', async (t) => {
  const attacker = new Attacker({ keepsDeleted: true })
  const back = await begin(attacker)
  const asked = front.op.counts.token
  const pages = await Promise.all([finish(attacker, back), finish(attacker, back), finish(attacker, back)])
  const values = pages
    .flatMap(({ headers }) => headers['set-cookie'] ?? [])
    .filter((line) => line.startsWith(`${session}=`))
  t.equal(values.length, 3)
  t.equal(new Set(values).size, 1)
  t.equal(front.op.counts.token, asked + 1)
})

t.test('an attempt that failed is spent too', async (t) => {
  for (const spoil of [
    (bad: URLSearchParams) => bad.append('iss', 'https://other-op.test'),
    (bad: URLSearchParams) => bad.append('code', 'second'),
    (bad: URLSearchParams) => {
      bad.delete('code')
      bad.set('error', 'access_denied')
    },
  ]) {
    const attacker = new Attacker({ keepsDeleted: true })
    const good = await begin(attacker)
    const bad = new URLSearchParams(good)
    spoil(bad)
    await fruitless(t, `${bad}`, () => finish(attacker, bad))
    const { code } = lastFault() ?? {}
    await fruitless(t, `the good answer after ${bad}`, () => finish(attacker, good))
    t.match(lastFault(), { code }, 'it stays what it came to')
  }
})

t.test('S-110: two states are none: the attempt is neither spent nor forgotten', async (t) => {
  const attacker = new Attacker()
  const back = await begin(attacker, '/page')
  const twice = new URLSearchParams(back)
  twice.append('state', back.get('state') ?? '')
  await fruitless(t, 'the right one twice', () => finish(attacker, twice))
  t.match(lastFault(), { code: 'LOGIN_STATE_UNKNOWN', error: /state-invalid/ })
  t.equal((await finish(attacker, back)).headers.location, '/page')
})

t.test('a tossed attempt beside ours makes none of the two count', async (t) => {
  for (const path of ['/', '/.auth']) {
    const attacker = new Attacker()
    const back = await begin(attacker)
    const name = attacker.names().find((one) => one.startsWith(attempts)) ?? ''
    attacker.toss({ name, value: 'tossed', path })
    t.equal((await fruitless(t, `with path ${path}`, () => finish(attacker, back))).status, 400)
    t.match(lastFault(), { code: 'LOGIN_STATE_UNKNOWN', error: /cookie-ambiguous/ })
  }
})

t.test(
  'S-152: a tossed session beside ours makes nobody, and a sign-in does not go round for ever',
  async (t) => {
    for (const path of ['/', '/x']) {
      const victim = new Attacker()
      await signIn(victim)
      const theirs = new Attacker()
      const value = await signIn(theirs)
      victim.toss({ name: session, value, path })
      t.equal(
        (await victim.visit(`${front.url}/x`)).status,
        302,
        `the attacker’s own session, with path ${path}`,
      )
      let page = await victim.visit(`${front.url}/x`)
      for (let round = 0; page.status === 302 && round < 10; round++) {
        await finish(victim, front.op.authorize(new URL(page.headers.location ?? '')))
        page = await victim.visit(`${front.url}/x`)
      }
      t.equal(page.status, 400, 'told, instead of sent round again')
      t.match(lastFault(), { code: 'LOGIN_LOOP', error: /session-ambiguous/ })
    }
  },
)

t.test(
  'S-161: the session that a sign-in began from ends with it, wherever its cookie is by then',
  async (t) => {
    const attacker = new Attacker()
    const first = await signIn(attacker)
    const back = await begin(attacker, '/.auth/login?return_to=/late')
    t.ok(await lives(first), 'under way: still there')
    const second = await signIn(attacker, '/other-tab')
    t.notOk(await lives(first), 'the other tab’s sign-in ended it')
    t.ok(await lives(second))
    await finish(attacker, back)
    const third = attacker.value(session) ?? ''
    t.not(third, second)
    t.notOk(await lives(second), 'the cookie that came with the callback')
    t.ok(await lives(third))

    const again = await begin(attacker, '/.auth/login')
    const without = new Attacker()
    for (const pair of attacker.header().split('; ')) {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      if (name !== session) without.steal(name, value)
    }
    t.equal(
      (await finish(without, again)).status,
      303,
      'a callback across sites, without the session’s cookie',
    )
    t.notOk(await lives(third), 'ends the session that the attempt began from')
    t.ok(await lives(without.value(session) ?? ''))
  },
)

t.test('S-119: only a navigation begins a sign-in, wherever the page that asks stands', async (t) => {
  for (const site of ['cross-site', 'same-site', 'same-origin']) {
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['no-cors', 'script'],
      ['cors', 'empty'],
      ['same-origin', 'empty'],
    ] as const) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
      const page = await new Attacker().visit(`${front.url}/.auth/login?return_to=/x`, { headers })
      t.equal(page.status, 403, `${site} ${mode} ${dest}`)
      t.same(page.headers['set-cookie'] ?? [], [], 'no attempt, and none pushed out')
    }
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    t.equal((await new Attacker().visit(`${front.url}/.auth/login`, { headers })).status, 302, site)
  }
  const headers = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  t.equal((await new Attacker().visit(`${front.url}/.auth/login`, { headers })).status, 302, 'typed')
})

const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }
const signOut = (attacker: Attacker, headers: Readonly<Record<string, string>> = own, form = {}) =>
  attacker.visit(`${front.url}/.auth/logout`, { form, headers })

t.test('S-174: nobody but our own page signs anybody out', async (t) => {
  const attacker = new Attacker()
  const value = await signIn(attacker)
  const sibling = `http://evil.localhost:${front.gateway.port}`
  for (const headers of [
    { 'sec-fetch-site': 'cross-site', origin: front.url },
    { 'sec-fetch-site': 'same-site', origin: front.url },
    { 'sec-fetch-site': 'none', origin: front.url },
    { 'sec-fetch-site': '', origin: front.url },
    { 'sec-fetch-site': 'same-origin, cross-site', origin: front.url },
  ]) {
    t.equal((await signOut(attacker, headers)).status, 403, JSON.stringify(headers))
  }
  for (const origin of [
    sibling,
    'null',
    '',
    `${front.url}/`,
    'http://localhost',
    `${front.url}, ${sibling}`,
  ]) {
    // Of browsers that send no Sec-Fetch-Site.
    const headers = [`Cookie: ${session}=${value}`, `Origin: ${origin}`, 'Content-Length: 0']
    const shot = { method: 'POST', target: '/.auth/logout', headers }
    t.equal((await fire(front, shot)).status, 403, `Origin: ${origin}`)
  }
  t.ok(await lives(value))
  t.equal((await signOut(attacker)).status, 200)
  t.notOk(await lives(value))
})

t.test(
  'S-160, S-177: a sign-out ends every session that came, and forgets pages, whatever lies beside it',
  async (t) => {
    for (const [what, path, form] of [
      ['a tossed text before it', '/.auth', {}],
      ['a tossed text behind it', '/', {}],
      ['with a page to go to', '/', { return_to: '/bye' }],
    ] as const) {
      const attacker = new Attacker({ keepsDeleted: true })
      const value = await signIn(attacker)
      await begin(attacker, '/.auth/login')
      attacker.toss({ name: session, value: 'tossed', path })
      attacker.toss({ name: `${attempts}zz-tossed`, value: 'x' })
      const page = await signOut(attacker, own, form)
      t.ok(page.status < 400, what)
      t.equal(page.headers['clear-site-data'], '"cache"', what)
      t.notOk(await lives(value), what)
      const lines = page.headers['set-cookie'] ?? []
      const names = new Set(attacker.names().filter((name) => name.startsWith(session)))
      for (const name of names) {
        t.ok(
          lines.some((line) => line.startsWith(`${name}=; Max-Age=0;`)) || name.endsWith('-out'),
          `${what}: ${name} is deleted`,
        )
      }
      attacker.restoreDeleted()
      t.equal(
        (await attacker.visit(`${front.url}/x`)).status,
        302,
        `${what}: a cookie that was kept is nobody`,
      )
      t.notOk(await lives(value))
    }
  },
)

t.test('a sign-out that is known at the provider forgets pages too', async (t) => {
  const attacker = new Attacker()
  await signIn(attacker)
  const page = await signOut(attacker)
  t.equal(page.status, 200)
  t.equal(page.headers['clear-site-data'], '"cache"')
  t.match(page.body, /id_token_hint/)
  const again = await signOut(attacker)
  t.equal(again.headers.location, '/.auth/logged-out', 'nobody was signed in: nothing to tell the provider')
  t.equal(again.headers['clear-site-data'], '"cache"')
})

t.test(
  'an answer by another response_mode than the provider’s is refused before the provider is asked',
  async (t) => {
    const shared = '/oauth2/callback'
    const two = await startTwoProviders({
      honest: ', response_iss: required',
      evil: ', response_mode: form_post',
      app: `    redirect_uri: ${shared}\n`,
    })
    t.teardown(() => two.close())
    const beginAt = async (name: 'honest' | 'evil') => {
      const attacker = new Attacker()
      const page = await attacker.visit(`${two.url}/.auth/login?provider=${name}`)
      const back = two[name].authorize(new URL(page.headers.location ?? ''))
      if (name === 'honest') back.set('iss', two.honest.issuer)
      return { attacker, back }
    }
    const byQuery = (attacker: Attacker, back: URLSearchParams) =>
      attacker.visit(`${two.url}${shared}?${back}`)
    const byForm = (attacker: Attacker, back: URLSearchParams) =>
      attacker.visit(two.url + shared, {
        form: Object.fromEntries(back),
        headers: { 'sec-fetch-site': 'cross-site' },
      })
    for (const [name, wrong, right] of [
      ['honest', byForm, byQuery],
      ['evil', byQuery, byForm],
    ] as const) {
      const { attacker, back } = await beginAt(name)
      t.equal((await wrong(attacker, back)).status, 400, name)
      t.equal(two.asked(), name === 'honest' ? 0 : 1, `${name}: no token endpoint was asked`)
      t.match(
        two.gateway.log.findLast(({ event }) => event === 'login.failed'),
        { code: 'LOGIN_RESPONSE_INVALID' },
      )
      const proper = await beginAt(name)
      t.equal((await right(proper.attacker, proper.back)).status, 303, `${name}: and as it should be`)
    }
  },
)
