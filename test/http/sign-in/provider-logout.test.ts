// How often a provider’s logouts are looked at, and what is told and counted of each.
import t, { type Test } from 'tap'
import { LogoutFault, ProviderFault, StoreFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { ProviderLogout } from '../../../src/core/ports.ts'
import type { LogoutToken } from '../../../src/core/session/logout-token.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { backChannelLogout } from '../../../src/http/sign-in/backchannel-logout.ts'
import { frontChannelLogout } from '../../../src/http/sign-in/frontchannel-logout.ts'
import { encode } from '../../support/hostile-op.ts'
import { openTestContext } from '../../support/request-context.ts'

const issuer = 'https://op.example'
const verified: LogoutToken = { issuer, subject: 'alice', sid: 's-1', issuedAt: 1_900_000_000, tokenId: 'j' }
/** Read for its addressee alone; what it is, the provider of the test says. */
const token = `e30.${encode({ iss: issuer, aud: 'c' })}.AA`

function open(t: Test) {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "${issuer}", client_id: c, client_secret: s }
  again: { issuer: "${issuer}", client_id: d, client_secret: s, user_id_prefix: "d:" }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:" }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki: { url: "https://wiki.example", upstream: http://10.9.9.9, provider: [op, again], require: signed_in }
  notes: { url: "https://notes.example", upstream: http://10.9.9.9, provider: [op, other], require: signed_in }
`,
  )
  const provider = around.provider('op')
  let asked = 0
  provider.readLogoutToken = async () => {
    asked += 1
    if (provider.fault !== null) throw provider.fault
    return verified
  }
  const done: ProviderLogout[] = []
  let comes: Error | 'spent' | 'ended' | 'nothing' = 'ended'
  const sessions = {
    ...around.runtime.sessions,
    logOut: async (logout: ProviderLogout) => {
      if (comes instanceof Error) throw comes
      done.push(logout)
      if (comes === 'spent') return { kind: comes } as const
      return { kind: 'ended', keys: comes === 'nothing' ? [] : ['ab12', 'cd34'] } as const
    },
  }
  const context: RequestContext = { ...around.context, runtime: { ...around.runtime, sessions } }
  return {
    ...around,
    done,
    asked: () => asked,
    fails: (fault: Error | null) => {
      provider.fault = fault
    },
    stores: (outcome: typeof comes) => {
      comes = outcome
    },
    back: async (form: string = `logout_token=${token}`, peer = '198.51.100.7') => {
      const admission = await around.admission('https://wiki.example/.auth/backchannel-logout', {
        method: 'POST',
        peer,
      })
      return backChannelLogout(context, admission, new URLSearchParams(form))
    },
    front: async (query: string, host = 'wiki.example', peer = '198.51.100.7') =>
      frontChannelLogout(
        context,
        await around.admission(`https://${host}/.auth/frontchannel-logout${query}`, { peer }),
      ),
  }
}

const badSignature = new LogoutFault('LOGOUT_SIGNATURE_INVALID', 'x')

t.test(
  'a token is handed to the store once it is verified, with its jti for as long as it could come again',
  async (t) => {
    const { back, done, lines, counted } = open(t)
    t.match(await back(), { status: 200, body: '', cookies: undefined })
    t.match(done, [{ issuer, subject: 'alice', sid: 's-1', issuedBy: 1_900_000_000, at: 1_900_000_000 }])
    t.equal(done[0]?.jti?.until, 1_900_000_000 + 180)
    t.match(done[0]?.jti?.hash, /^[\w-]{43}$/)
    t.match(lines, [
      { event: 'session.ended', how: 'back-channel', client: '198.51.100.7' },
      { event: 'session.ended' },
      {
        event: 'logout.provider',
        level: 30,
        how: 'back-channel',
        provider: 'op',
        ended: 2,
        request_id: 'request-7',
      },
    ])
    t.same(counted, ['logout op back-channel ended'])
  },
)

t.test(
  'S-182: a network that sends bad ones is refused, and the provider’s keys are left alone',
  async (t) => {
    const { back, asked, fails, counted, clock } = open(t)
    fails(badSignature)
    for (let count = 0; count < limits.failedLogouts; count += 1) t.equal((await back()).status, 400)
    t.same(counted.slice(-2), ['logout op back-channel refused', 'fault LOGOUT_SIGNATURE_INVALID of -'])
    t.equal((await back('')).headers['retry-after'], undefined, 'what is 400 will be so again')
    const refused = await back()
    t.match(refused, {
      status: 429,
      headers: { 'retry-after': /^60$/, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      body: /temporarily_unavailable/,
    })
    t.equal(asked(), limits.failedLogouts)
    t.equal(counted.at(-1), 'fault LOGOUT_LIMITED of -')
    fails(null)
    t.equal((await back(undefined, '203.0.113.9')).status, 200, 'another network is not')
    clock.time += 60
    t.equal((await back()).status, 200, 'nor this one a minute later')
  },
)

t.test('what costs no signature is not counted, nor are good ones', async (t) => {
  const { back, fails, asked } = open(t)
  for (const code of ['LOGOUT_TOKEN_INVALID', 'LOGOUT_CLOCK_DIFFERS'] as const) {
    fails(new LogoutFault(code, 'x'))
    for (let count = 0; count < 2 * limits.failedLogouts; count += 1) t.equal((await back()).status, 400)
  }
  fails(null)
  for (let count = 0; count < 200; count += 1) t.equal((await back()).status, 200)
  t.equal(asked(), 4 * limits.failedLogouts + 200)
})

t.test('a token that comes again counts, and is 400', async (t) => {
  const { back, stores } = open(t)
  stores('spent')
  for (let count = 0; count < limits.failedLogouts; count += 1) t.equal((await back()).status, 400)
  t.equal((await back()).status, 429)
})

t.test('what may pass by itself is 503, and says when to come again', async (t) => {
  const { back, fails, stores, lines, counted } = open(t)
  for (const [fault, seconds] of [
    [new LogoutFault('LOGOUT_KEY_UNKNOWN', 'x'), '60'],
    [new ProviderFault('PROVIDER_UNREACHABLE', 'x'), '5'],
    [new ProviderFault('PROVIDER_KEYS_INVALID', 'x'), '5'],
    [new ProviderFault('PROVIDER_BUSY', 'x'), '5'],
  ] as const) {
    fails(fault)
    t.match(await back(), {
      status: 503,
      headers: { 'retry-after': seconds },
      body: /temporarily_unavailable/,
    })
    t.match(lines.at(-1), { event: 'logout.failed', code: fault.code, provider: 'op', how: 'back-channel' })
  }
  fails(null)
  stores(new StoreFault('STORE_UNAVAILABLE', 'x'))
  t.match(await back(), { status: 503, headers: { 'retry-after': '5' } })
  t.same(counted.slice(-2), ['logout op back-channel failed', 'fault STORE_UNAVAILABLE of -'])
  fails(new TypeError('a mistake of ours'))
  await t.rejects(back(), TypeError)
})

t.test('which provider: iss and aud together', async (t) => {
  const { back, done, lines } = open(t)
  const send = (claims: object) => back(`logout_token=e30.${encode(claims)}.AA`)
  for (const claims of [
    {},
    { iss: issuer },
    { aud: 'c' },
    { iss: issuer, aud: 'x' },
    { iss: issuer, aud: ['c', 1] },
    { iss: `${issuer}/`, aud: 'c' },
  ]) {
    t.match(await send(claims), { status: 400 })
    t.match(lines.at(-1), { event: 'logout.failed', code: 'LOGOUT_TOKEN_INVALID', provider: undefined })
  }
  t.equal(done.length, 0)
  t.equal((await send({ iss: issuer, aud: ['x', 'c'] })).status, 200)
})

t.test('S-183: a front-channel logout names one sid, of a provider that can be told', async (t) => {
  const { front, done } = open(t)
  const iss = `iss=${encodeURIComponent(issuer)}`
  for (const [query, host, status] of [
    ['?sid=s-1', 'wiki.example', 200],
    [`?${iss}&sid=s-1`, 'wiki.example', 200],
    [`?${iss}&sid=s-1`, 'notes.example', 200],
    ['?sid=s-1', 'notes.example', 400],
    ['?iss=https%3A%2F%2Fother.example&sid=s-1', 'notes.example', 200],
    ['?iss=https%3A%2F%2Fother.example&sid=s-1', 'wiki.example', 400],
    [`?${iss}`, 'wiki.example', 400],
    [`?${iss}&sid=s%00`, 'wiki.example', 400],
    [`?${iss}&sid=a&sid=b`, 'wiki.example', 400],
    [`?${iss}&${iss}&sid=a`, 'wiki.example', 400],
    ['?iss=&sid=a', 'wiki.example', 400],
  ] as const) {
    const before = done.length
    t.equal((await front(query, host)).status, status, `${host} ${query}`)
    t.equal(done.length - before, status === 200 ? 1 : 0)
  }
  t.match(done[0], { issuer, subject: null, sid: 's-1', jti: null, issuedBy: 1_900_000_060 })
  t.equal(done[3]?.issuer, 'https://other.example')
})

t.test('S-183: sids cannot be tried at speed, hit or miss', async (t) => {
  const { front, done, clock, stores, lines, counted } = open(t)
  for (let count = 0; count < limits.frontChannelLogouts; count += 1)
    t.equal((await front(`?sid=${count}`)).status, 200)
  t.match(await front('?sid=s-1'), { status: 429, headers: { 'retry-after': /^60$/ } })
  t.match(lines.at(-1), {
    event: 'logout.failed',
    code: 'LOGOUT_LIMITED',
    how: 'front-channel',
    provider: 'op',
  })
  t.same(counted.slice(-2), ['logout op front-channel refused', 'fault LOGOUT_LIMITED of -'])
  t.equal(done.length, limits.frontChannelLogouts)
  t.equal((await front('?sid=s-1', 'wiki.example', '203.0.113.9')).status, 200)
  clock.time += 60
  stores(new StoreFault('STORE_UNAVAILABLE', 'x'))
  t.match(await front('?sid=s-1'), { status: 503, headers: { 'retry-after': /^5$/ } })
  stores(new TypeError('a mistake of ours'))
  await t.rejects(front('?sid=s-1'), TypeError)
})

t.test('S-183: misses of all networks are counted together, hits are not', async (t) => {
  const { front, stores, runtime, clock, counted } = open(t)
  const missed = () => runtime.logoutChecks.missedFrontChannel(clock.monotonicMs())
  for (let count = 2; count < limits.missedFrontChannelLogouts; count += 1) missed()
  t.equal((await front('?sid=s-1')).status, 200)
  t.equal(counted.at(-1), 'logout op front-channel ended')
  stores('nothing')
  t.equal((await front('?sid=s-2')).status, 200)
  t.equal(counted.at(-1), 'logout op front-channel nothing')
  t.equal((await front('?sid=s-3')).status, 200)
  t.equal((await front('?sid=s-4', 'wiki.example', '203.0.113.9')).status, 429)
})

t.test('a front-channel page may stand in pages of its provider alone, and holds nothing', async (t) => {
  const { front } = open(t)
  const { headers, body } = await front('?sid=s-1')
  t.equal(body, '<!doctype html><title></title>\n')
  t.match(
    headers['content-security-policy'],
    "default-src 'none'; frame-ancestors https://op.example https://again.example; ",
  )
  t.equal(headers['x-frame-options'], undefined)
})
