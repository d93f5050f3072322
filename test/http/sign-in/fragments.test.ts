import type { IncomingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import { readReturnTo } from '../../../src/core/session/return-to.ts'
import { keyOfPage } from '../../../src/core/session/storage-key.ts'
import { isSecondAttempt, readTransaction } from '../../../src/core/session/transaction.ts'
import { stateHash } from '../../../src/core/session/transaction-cookie.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { forbidden } from '../../../src/http/pages/forbidden.ts'
import { unauthorized } from '../../../src/http/pages/unauthorized.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { answerChallenge, login, takeUp } from '../../../src/http/sign-in/login.ts'
import { openTestContext } from '../../support/request-context.ts'

// `keep_fragment`: what the server says of it. What the scripts do stands in browser/fragments.

const site = 'https://wiki.example'

/** Two apps on one origin, of which one keeps its pages behind the `#`. */
function open(t: Test, { sameSite = 'lax', providers = '[op]' } = {}) {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:" }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, same_site: ${sameSite} }
apps:
  plain: { url: ${site}, upstream: http://10.9.9.9, provider: ${providers}, require: signed_in }
  board: { url: ${site}/board, upstream: http://10.9.9.9, provider: ${providers}, keep_fragment: true, require: signed_in }
`,
  )
  const { context, runtime, clock } = around
  const origin = around.originAt('wiki.example')
  const challenge = async (path: string, headers: IncomingHttpHeaders = {}, method = 'GET') => {
    const admission = await around.admission(site + path, { headers, method })
    return answerChallenge(context, admission, headers, origin.providers)
  }
  const begin = async (query: string, headers: IncomingHttpHeaders = {}) =>
    login(context, await around.admission(`${site}/.auth/login${query}`, { headers }), headers)
  const come = async (parameters: string, headers: IncomingHttpHeaders = {}) => {
    const at = origin.redirectUris[0]?.path
    const admission = await around.admission(`${site}${at}?${parameters}`, { headers })
    return callback(context, admission, headers, new URLSearchParams(parameters))
  }
  /** The attempt that a page begins which keeps something first. */
  const begun = (answer: Answer) => {
    const { cookies = [] } = answer
    const { to = 'none:' } = dataOf(answer)
    const state = new URL(to).searchParams.get('state') ?? ''
    const time = { now: clock.now(), timeoutSeconds: 3600 }
    const read = readTransaction(runtime.ring, { cookies, state, origin: site }, origin.cookies, time)
    if (!read.ok) throw new Error(read.reason)
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    return { ...read.transaction, cookie, key: `claimgate:${stateHash(state)}` }
  }
  return { ...around, origin, challenge, begin, come, begun }
}

const decoded = ({ body }: Answer) => body.replaceAll('&#61;', '=').replaceAll('&#38;', '&')

/** What the script of a page is given. */
function dataOf(answer: Answer): Readonly<Record<string, string>> {
  const [, given = ''] = /<script((?: data-[a-z]+(?:="[^"]*")?)*)>/.exec(decoded(answer)) ?? []
  return Object.fromEntries(
    [...given.matchAll(/data-([a-z]+)(?:="([^"]*)")?/g)].map(([, name, value = '']) => [name, value]),
  )
}

const isRedirect = ({ status }: Answer) => status === 302 || status === 303

t.test(
  'the page and what follows its # are kept under the hash of the state, then one goes on',
  async (t) => {
    const { challenge, begun, lines } = open(t)
    const shown = await challenge('/board/x?q=1')
    t.match(shown, { status: 200, headers: { 'cache-control': 'no-store' } })
    t.match(shown.headers['content-security-policy'], /^script-src 'sha256-[^']{44}'; default-src 'none'/)
    const { to, ...data } = dataOf(shown)
    const { returnTo, state, key } = begun(shown)
    t.same(data, { key, page: '/board/x?q=1', fragment: '' })
    t.match(to, 'https://op.example/authorize?')
    t.equal(returnTo, '/board/x?q=1', 'the attempt knows all but that')
    t.match(state, /\.s$/, 'and its state says so, where the cookie is gone')
    t.match(shown.body, '<noscript><meta http-equiv="refresh" content="0; url&#61;https://op.example/')
    t.match(lines.at(-1), { event: 'login.started' })
  },
)

t.test('only where the app of that page asks for it, and a page is asked for', async (t) => {
  const { challenge, begin } = open(t)
  for (const plain of ['/', '/x', '/boards', '/x?y=/board'])
    t.ok(isRedirect(await challenge(plain)), `${plain} is another app's`)
  t.ok(isRedirect(await challenge('/board', {}, 'HEAD')), 'HEAD runs no script')
  t.ok(isRedirect(await begin('?return_to=/x')))
  t.match(dataOf(await begin('?return_to=/board')), { page: '/board', fragment: '' })
})

t.test('the callback leads to the page with what was kept; without a script to the page alone', async (t) => {
  const { challenge, begun, come, runtime, origin } = open(t)
  const { state, cookie, key } = begun(await challenge('/board/x?q=1'))
  const answer = await come(`code=x&state=${state}`, { cookie })
  t.match(answer, { status: 200 })
  t.same(dataOf(answer), { key, start: '/board/x?q=1' })
  t.match(
    answer.body,
    '<noscript><meta http-equiv="refresh" content="0; url&#61;/board/x?q&#61;1"></noscript>',
  )
  t.match(answer.body, '<form method="post" action="/.auth/login">')
  const value = answer.cookies?.find(({ name }) => name === origin.cookies.session)?.value ?? ''
  const found = await runtime.sessions.lookUp(value, origin)
  t.match(found, { kind: 'live', session: { signIn: { returnTo: '/board/x?q=1' } } })

  for (const [name, headers] of [
    ['the same once more', { cookie }],
    ['late, with the session alone', { cookie: `${origin.cookies.session}=${value}` }],
  ] as const)
    t.same(dataOf(await come(`code=x&state=${state}`, headers)), { key, start: '/board/x?q=1' }, name)
  const program = { accept: '*/*', cookie: `${origin.cookies.session}=${value}` }
  t.match(await come(`code=x&state=${state}`, program), { headers: { location: '/board/x?q=1' } })
})

t.test(
  'an attempt that begins again takes it along, and never what follows the callback’s own #',
  async (t) => {
    const { challenge, begun, come, clock } = open(t)
    const first = begun(await challenge('/board/x'))
    clock.time += 3601
    const again = await come(`code=x&state=${first.state}`, { cookie: first.cookie })
    t.match(dataOf(again), { from: first.key, page: '/board/x' })
    t.notOk('fragment' in dataOf(again))
    const second = begun(again)
    t.equal(second.returnTo, '/board/x')
    t.ok(isSecondAttempt(second))
  },
)

t.test('an attempt of which this tab alone knows is looked for there', async (t) => {
  const { challenge, begun, come, begin } = open(t)
  const { state, key } = begun(await challenge('/board/x'))
  const lost = await come(`code=x&state=${state}`)
  const { to = '', ...data } = dataOf(lost)
  t.same([lost.status, data], [400, { key }])
  t.match(to, `&kept=${key.slice('claimgate:'.length)}&attempt=second`)
  const second = await begin(to.slice('/.auth/login'.length))
  t.match(dataOf(second), { from: key })
  t.equal(begun(second).returnTo, '', 'a link does not say for which page')
})

t.test(
  'whoever chooses a provider first has it from the redirect to the choice, or from a link to it',
  async (t) => {
    const { challenge, begin, begun } = open(t, { providers: '[op, other]' })
    t.match(await challenge('/board/x?q=1'), {
      status: 302,
      headers: { location: '/.auth/login?return_to=%2Fboard%2Fx%3Fq%3D1' },
    })
    const chooser = await begin('?return_to=/board/x?q=1')
    const key = keyOfPage(readReturnTo('/board/x?q=1', '/.auth'))
    t.same(dataOf(chooser), { key: `claimgate:${key}`, page: '/board/x?q=1', fragment: '' })
    const href = `/.auth/login?provider=other&return_to=%2Fboard%2Fx%3Fq%3D1&fragment=${key}`
    t.match(decoded(chooser), `href="${href}"`)
    const going = await begin(href.slice('/.auth/login'.length))
    t.match(dataOf(going), { from: `claimgate:${key}`, page: '/board/x?q=1' })
    t.equal(begun(going).returnTo, '/board/x?q=1', 'known, whether a script runs or not')

    t.notMatch((await begin('?return_to=/x')).body, '<script', 'nothing for an app that does not ask for it')
    const both = await begin(`?provider=op&return_to=/board&kept=${key}&fragment=${key}`)
    t.equal(begun(both).returnTo, '', 'where a link says that the page is kept, it is not the path alone')
    t.match(await begin(`?fragment=${key}&fragment=${key}`), { status: 400 })
    t.match(dataOf(await begin('?provider=op&return_to=/board&fragment=none')), { page: '/board' })
  },
)

t.test('what names a fragment in a link is a key of ours, or nothing', async (t) => {
  const { begin } = open(t)
  for (const junk of ['', '#x', 'javascript:alert(1)', '"><script>', 'page-short', `${'A'.repeat(44)}`]) {
    const shown = await begin(`?return_to=/board&fragment=${encodeURIComponent(junk)}`)
    t.notOk('from' in dataOf(shown), junk)
    t.notMatch(shown.body, 'alert(1)', junk)
  }
})

t.test('links of pages in place of the app’s keep it; a program is told no key', async (t) => {
  const { admission, gateway, challenge, origin } = open(t)
  const key = keyOfPage(readReturnTo('/board/x', '/.auth'))
  const link = `return_to=%2Fboard%2Fx&fragment=${key}`
  const asked = await admission(`${site}/board/x`)
  const data = { key: `claimgate:${key}`, page: '/board/x', fragment: '' }
  const denied = unauthorized(gateway, asked, 'no-session')
  t.same([dataOf(denied), decoded(denied).includes(link)], [data, true])
  const principal = {
    ...{ user: 'alice', provider: 'op', claims: {}, emailUnverified: false },
    ...{ credential: 'session' as const },
  }
  const refused = forbidden(gateway, { ...asked, principal }, 'rule-not-met')
  t.same([dataOf(refused), decoded(refused).includes(`${link}&account=other`)], [data, true])
  const cookie = `${origin.cookies.transactionPrefix}rounds=4`
  const looping = await challenge('/board/x', { accept: 'text/html', cookie })
  t.same([dataOf(looping), decoded(looping).includes(link)], [data, true])

  const headers = { accept: '*/*' }
  const told = unauthorized(gateway, await admission(`${site}/board/x`, { headers }), 'no-session')
  t.match(JSON.parse(told.body), { login_url: `${site}/.auth/login?return_to=%2Fboard%2Fx` })
  const plain = unauthorized(gateway, await admission(`${site}/x`), 'no-session')
  t.notMatch(plain.body, '<script', 'another app’s page has no script')
})

t.test('under same_site: strict a link of another site keeps it too', async (t) => {
  const { challenge, context, admission, begun, come } = open(t, { sameSite: 'strict' })
  const crossing = { accept: 'text/html', 'sec-fetch-site': 'cross-site' }
  const asked = await challenge('/board/x?q=1', crossing)
  t.same([asked.status, dataOf(asked), asked.cookies], [200, { to: '/board/x?q=1' }, undefined])
  t.match(asked.body, '<form method="post" action="/.auth/login">')
  t.match(asked.body, '<noscript><meta http-equiv="refresh" content="0; url&#61;/board/x?q&#61;1">')
  t.notMatch((await challenge('/x', crossing)).body, '<script', 'as before where nobody asks for it')

  const posted = await admission(`${site}/.auth/login`, { method: 'POST' })
  const form = new URLSearchParams({ return_to: '/board/x?q=1#no-matter' })
  t.same(dataOf(takeUp(context, posted, {}, form)), { to: '/board/x?q=1' }, 'a fragment is never sent back')

  const { state, cookie } = begun(await challenge('/board/x?q=1', { 'sec-fetch-site': 'same-origin' }))
  t.match(dataOf(await come(`code=x&state=${state}`, { cookie })), { start: '/board/x?q=1' })
})
