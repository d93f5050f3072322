// Strangers against what sign-ins need: anybody gets the state cookie that a callback needs, so anybody can make the
// gateway ask the provider. Networks are told by X-Forwarded-For of a trusted proxy.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { Browser, type Page } from '../support/browser.ts'
import { type HostileFront, startHostileFront } from '../support/hostile-front.ts'
import type { Bends } from '../support/hostile-op.ts'

const top = 'trusted_proxies: [127.0.0.0/8]'
const stranger = '198.51.100.66'
const person = '203.0.113.7'

/** As far as the provider and back, with the code that it gave or with another one. */
async function callback(front: HostileFront, network: string, code?: string): Promise<Page> {
  const browser = new Browser()
  const headers = { 'x-forwarded-for': network }
  const begun = await browser.visit(`${front.url}/`, { follow: false, headers })
  const parameters = front.op.authorize(new URL(begun.headers.location ?? 'none:'))
  if (code !== undefined) parameters.set('code', code)
  return browser.visit(`${front.url}/.auth/callback?${parameters}`, { follow: false, headers })
}

/** Waits for the turns of both processes' ends until something holds, with words when it never does. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

t.test('junk callbacks of one network do not keep another from signing in', async (t) => {
  const front = await startHostileFront({ top })
  t.teardown(() => front.close())
  await callback(front, person)
  // A token endpoint that takes a second: the test says when each is over, the one that came first first.
  const slow: (() => void)[] = []
  front.op.bends = {
    before: { token: () => new Promise<void>((resolve) => void slow.push(resolve)) },
  }
  const asked = () => front.op.counts.token - 1
  const junk = Array.from({ length: 120 }, (_, i) => callback(front, stranger, `junk-${i}`))
  await until('the junk is at the provider', () => asked() >= limits.providerSignIns)
  let page: Page | null = null
  let answeredBefore = 0
  const signIn = callback(front, person).then((answer) => {
    page = answer
  })
  // Seconds of the provider go by, until the person is signed in.
  const inLine = () => front.gateway.log.filter(({ event }) => event === 'login.started').length
  await until('the person is at the provider', () => inLine() >= 122)
  while (page === null && answeredBefore < 200) {
    const next = slow.shift()
    if (next !== undefined) {
      next()
      answeredBefore += 1
    }
    // Turns enough for what was answered to be taken, and the next to come.
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  t.match(page, { status: 303 }, 'the person is signed in')
  t.ok(answeredBefore <= 3 * limits.providerSignIns, `after ${answeredBefore} answers of the provider`)
  const rest = setInterval(() => slow.splice(0).forEach((next) => void next()), 1)
  await signIn
  await Promise.all(junk)
  clearInterval(rest)
})

t.test('a network whose callbacks fail at the provider is refused before it is asked again', async (t) => {
  const front = await startHostileFront({ top })
  t.teardown(() => front.close())
  const most = limits.failedSignIns
  for (let i = 0; i < most; i++) t.equal((await callback(front, stranger, `junk-${i}`)).status, 400)
  const before = front.op.counts.token
  const refused = await callback(front, stranger, 'junk-again')
  t.equal(refused.status, 429)
  const seconds = String(refused.headers['retry-after'])
  t.match(seconds, /^[1-9]\d$/)
  t.match(refused.body, /Too many sign-ins/)
  t.match(refused.body, `Please open your page again in ${seconds} seconds.`, 'and when it is worth it')
  t.notMatch(refused.body, /Start again|class="button/, 'not at once')
  t.match(refused.headers['set-cookie']?.join(), /Max-Age=0/, 'its cookie is cleared as ever')
  t.equal((await callback(front, stranger)).status, 429, 'whoever comes from there')
  t.equal(front.op.counts.token, before, 'and the provider is not asked')
  t.equal((await callback(front, person)).status, 303, 'another network signs in')
  t.match(await front.gateway.logged(({ code }) => code === 'LOGIN_FAILURES_LIMITED'), {
    event: 'login.failed',
  })
})

t.test('whatever a callback that is not the provider’s fails with there, it counts', async (t) => {
  const front = await startHostileFront({ top })
  t.teardown(() => front.close())
  const refused = (error: string): Bends => ({
    answer: {
      token: (_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
      },
    },
  })
  const rows: readonly (readonly [code: string, bends: Bends])[] = [
    ['LOGIN_CODE_REFUSED', refused('invalid_grant')],
    ['LOGIN_TOKEN_INVALID', { claims: (claims) => ({ ...claims, nonce: 'of another sign-in' }) }],
    ['LOGIN_USERINFO_INVALID', { userinfo: (claims) => ({ ...claims, sub: 'somebody-else' }) }],
    ['PROVIDER_CLIENT_REFUSED', refused('invalid_client')],
    ['PROVIDER_RESPONSE_INVALID', { token: () => 'no answer of a token endpoint' }],
  ]
  for (const [at, [code, bends]] of rows.entries()) {
    const network = `198.51.100.${100 + at}`
    front.op.bends = bends
    for (let i = 0; i < limits.failedSignIns; i++) await callback(front, network)
    t.match(
      front.gateway.log.findLast(({ event }) => event === 'login.failed'),
      { code },
    )
    front.op.bends = {}
    t.equal((await callback(front, network)).status, 429, code)
  }
})

t.test(
  'what fails before the provider is asked, or as the provider is down, counts for nobody',
  async (t) => {
    const front = await startHostileFront({ top })
    t.teardown(() => front.close())
    for (let i = 0; i <= limits.failedSignIns; i++) {
      t.equal((await callback(front, stranger, '')).status, 400, 'no code')
    }
    front.op.bends = { answer: { token: (_, response) => void response.writeHead(503).end() } }
    for (let i = 0; i <= limits.failedSignIns; i++) {
      t.equal((await callback(front, stranger)).status, 503)
    }
    front.op.bends = {}
    t.equal((await callback(front, stranger)).status, 303)
  },
)

t.test('where networks cannot be told apart, failures count a hundredfold', async (t) => {
  const front = await startHostileFront()
  t.teardown(() => front.close())
  for (let i = 0; i <= limits.failedSignIns; i++) await callback(front, stranger, `junk-${i}`)
  t.equal((await callback(front, person)).status, 303)
})
