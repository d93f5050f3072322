import type { FastifyReply } from 'fastify'
import t from 'tap'
import type { DenyReason } from '../../../src/core/decision.ts'
import { type AnyFault, LoginFault, StoreFault, UpstreamFault } from '../../../src/core/fault.ts'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { keyOfPage } from '../../../src/core/session/storage-key.ts'
import { type Admission, carryAdmission } from '../../../src/http/admission/admission.ts'
import {
  type Answer,
  frameOf,
  pageAnswer,
  problemAnswer,
  redirectAnswer,
  refusal,
  send,
  withCookies,
  withHeaders,
} from '../../../src/http/pages/answer.ts'
import { atLocation } from '../../../src/http/pages/at-location.ts'
import { faultAnswer } from '../../../src/http/pages/fault-answer.ts'
import { forbidden } from '../../../src/http/pages/forbidden.ts'
import { linkBack } from '../../../src/http/pages/link-back.ts'
import type { PageStatus } from '../../../src/http/pages/pages.ts'
import { unauthorized, unauthorizedFrame } from '../../../src/http/pages/unauthorized.ts'
import { attachContext } from '../../../src/http/server/context.ts'
import { lookIn, pageHeaders } from '../../support/pages.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orThrown } from '../../support/thrown.ts'

const {
  gateway,
  context,
  admission: admissionAt,
} = openTestContext(
  t,
  `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in, title: The Wiki, contact: ops } }
`,
)
const person = await admissionAt('https://wiki.example/x?a=1')
const program: Admission = { ...person, wantsPage: false }
const alice = { user: 'alice', provider: 'op', claims: {} }

/** What a program reads. */
function problem(answer: unknown): unknown {
  return orThrown(() => JSON.parse((answer as Answer).body))
}

const problemHeaders = {
  'content-type': 'application/problem+json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

t.test('a problem is RFC 9457 in fixed words, kept and sniffed by nobody', async (t) => {
  const titles = {
    400: 'The request cannot be read',
    401: 'Not signed in',
    403: 'Not allowed',
    404: 'Not found',
    405: 'Method not allowed',
    408: 'Request timeout',
    413: 'Too large',
    415: 'Media type not supported',
    417: 'Expectation failed',
    421: 'No such host here',
    426: 'Upgrade required',
    429: 'Too many requests',
    431: 'Too many headers',
    500: 'Internal error',
    502: 'Bad gateway',
    503: 'Not available',
    504: 'Gateway timeout',
    505: 'HTTP version not supported',
    418: 'Refused',
  }
  for (const [name, title] of Object.entries(titles)) {
    const status = Number(name)
    const answer = problemAnswer(person, status, 'some-reason')
    t.same({ ...answer, body: null }, { status, headers: problemHeaders, body: null }, name)
    t.same(problem(answer), { status, title, reason: 'some-reason', request_id: 'request-7' }, name)
  }
  t.match(problem(problemAnswer(person, 401, 'x', { login_url: '/in' })), { login_url: '/in' })
})

t.test('redirects are followed by a GET and kept by nobody', async (t) => {
  const headers = { location: '/x', 'cache-control': 'no-store' }
  t.same(redirectAnswer('/x'), { status: 303, headers, body: '' })
  t.same(redirectAnswer('/x', 302), { status: 302, headers, body: '' })
})

t.test('headers and cookies come to those that an answer has', async (t) => {
  const answer = pageAnswer(200, { html: 'page', headers: pageHeaders() })
  t.same(answer, { status: 200, headers: pageHeaders(), body: 'page' })
  const more = withHeaders(answer, { allow: 'GET', 'cache-control': 'private' })
  t.same(more, { ...answer, headers: { ...pageHeaders(), allow: 'GET', 'cache-control': 'private' } })
  const cookie = (name: string) => ({ name, value: 'v', options: {} })
  const one = withCookies(answer, [cookie('one')])
  t.same(one, { ...answer, cookies: [cookie('one')] })
  t.same(withCookies(one, [cookie('two')]).cookies, [cookie('one'), cookie('two')])
})

t.test('a page stands before the app, by its title, or else by its host', async (t) => {
  t.same(frameOf(person), { appTitle: 'The Wiki', requestId: 'request-7', look: lookIn() })
  t.same(frameOf({ ...person, app: null }), {
    appTitle: 'wiki.example',
    requestId: 'request-7',
    look: lookIn(),
  })
  t.same(frameOf({ ...person, app: null, origin: null }), {
    appTitle: null,
    requestId: 'request-7',
    look: lookIn(),
  })
})

t.test('a refusal is a page for people and a problem for programs', async (t) => {
  const page = refusal(person, 404, 'address-unknown')
  t.match(page, { status: 404, headers: pageHeaders(), body: /There is nothing here · The Wiki/ })
  t.notMatch(page.body, /address-unknown|Start|button"/)
  t.match(refusal(program, 404, 'address-unknown'), { status: 404, headers: problemHeaders })
  t.match(refusal(person, 500, 'x').body, /ask ops/)
  t.match(refusal({ ...person, app: null }, 500, 'x'), { body: /Something went wrong · wiki\.example/ })
  t.notMatch(refusal({ ...person, app: null }, 500, 'x').body, /, ask/)
})

t.test('a 401 says where to sign in, and of a form that it was not saved', async (t) => {
  const challenge = { 'www-authenticate': 'Cookie realm="claimgate"' }
  const told = unauthorized(gateway, program, 'no-session')
  t.same({ ...told, body: null }, { status: 401, headers: { ...problemHeaders, ...challenge }, body: null })
  t.match(problem(told), {
    reason: 'no-session',
    login_url: 'https://wiki.example/.auth/login?return_to=%2Fx%3Fa%3D1',
  })
  t.match(problem(unauthorized(gateway, { ...program, origin: null }, 'x')), {
    login_url: /^\/\.auth\/login/,
  })
  const page = unauthorized(gateway, person, 'no-session')
  t.match(page, { status: 401, headers: { ...pageHeaders(), ...challenge } })
  t.match(page.body, 'href="/.auth/login?return_to&#61;%2Fx%3Fa%3D1">Sign in</a>')
  t.match(page.body, 'Sign in to open this page.')
  t.match(unauthorized(gateway, { ...person, method: 'HEAD' }, 'x').body, 'Sign in to open this page.')
  const posted = unauthorized(gateway, { ...person, method: 'POST' }, 'x')
  t.match(posted.body, 'What you sent was not saved.')
  t.match(posted.body, 'href="/.auth/login">Sign in</a>', 'a form cannot be come back to')
  const known = unauthorized(gateway, { ...person, method: 'POST' }, 'x', '/form?id=7' as ReturnTo)
  t.match(known.body, 'href="/.auth/login?return_to&#61;%2Fform%3Fid%3D7">Sign in</a>')
  t.match(unauthorized(gateway, { ...person, app: null }, 'x'), { status: 401, body: /wiki\.example/ })
})

t.test('a 403 shows the person and a way on, and says nothing of the rule', async (t) => {
  const told: readonly (readonly [DenyReason, string])[] = [
    ['rule-not-met', 'not-allowed'],
    ['nobody-allowed', 'not-allowed'],
    ['no-location', 'not-allowed'],
    ['client-address', 'not-allowed'],
    ['identity-unsendable', 'identity-unsendable'],
    ['insecure-scheme', 'insecure-scheme'],
    ['websocket-origin', 'websocket-origin'],
    ['cross-site', 'cross-site'],
    ['undecided', 'undecided'],
  ]
  for (const [reason, said] of told) {
    const answer = forbidden(gateway, program, reason)
    t.match(answer, { status: 403, headers: problemHeaders })
    t.match(problem(answer), { status: 403, reason: said }, reason)
  }
  const unsendable = forbidden(gateway, { ...person, principal: alice }, 'identity-unsendable')
  t.match(unsendable.body, 'This is not about your permissions.')
  t.match(unsendable.body, 'Use another account')
  t.notMatch(unsendable.body, 'permission that your account does not have')
  const page = forbidden(gateway, { ...person, principal: alice }, 'rule-not-met')
  t.notMatch(page.body, 'not about your permissions')
  t.match(page, { status: 403, headers: pageHeaders() })
  t.match(page.body, '<bdi>alice</bdi></b><small>with Acme</small>')
  t.match(
    page.body,
    'href="/.auth/login?return_to&#61;%2Fx%3Fa%3D1&#38;account&#61;other">Use another account<',
  )
  t.match(page.body, 'ask ops')
  const claims = { name: 'Alice \u202eLiddell', email: 'alice@example.com' }
  const named = forbidden(gateway, { ...person, principal: { ...alice, claims } }, 'rule-not-met')
  t.match(named.body, '<bdi>Alice Liddell</bdi></b><small>with Acme</small>')
  t.notMatch(named.body, '<bdi>alice</bdi>')
  const gone = { ...person, principal: { ...alice, provider: 'gone' } }
  t.match(
    orThrown(() => forbidden(gateway, gone, 'rule-not-met')),
    { body: /<bdi>alice<\/bdi><\/b><\/p>/ },
  )
  const nobody = forbidden(gateway, { ...person, app: null }, 'nobody-allowed')
  t.match(nobody.body, 'This page is not open')
  t.notMatch(nobody.body, /, ask|Use another account/)
  t.match(nobody.body, 'wiki.example')
})

t.test('a fault is told by its code and sentence, with the way on or when to come back', async (t) => {
  const down = new StoreFault('STORE_UNAVAILABLE', 'the disk at /data is gone')
  const told = faultAnswer(program, down)
  t.same(told.headers, { ...problemHeaders, 'retry-after': '5' })
  t.same(problem(told), {
    status: 503,
    title: 'Not available',
    reason: 'store-unavailable',
    request_id: 'request-7',
  })
  const page = orThrown(() => faultAnswer(person, down)) as Answer
  t.match(page, { status: 503, headers: { ...pageHeaders(), 'retry-after': '5' } })
  t.match(page.body, '<h1>This is not available just now</h1>')
  t.match(page.body, 'If it lasts, ask ops')
  t.notMatch(page.body, /disk|button"/)
  t.notMatch(faultAnswer({ ...person, app: null }, down).body, /, ask/)

  const full = faultAnswer(person, new UpstreamFault('HELD_BODIES_FULL', 'held are 9 bytes of 8'))
  t.match(full, { status: 503, headers: { 'retry-after': '5' } })
  t.match(full.body, '<h1>Too much is being uploaded just now</h1>')
  t.match(full.body, 'Please try again in a moment', 'who uploads is told what it is about, and what helps')

  const timeout = new UpstreamFault('UPSTREAM_TIMEOUT', 'it took long')
  t.same(faultAnswer(program, timeout).headers, problemHeaders, 'only a 503 says when')
  t.match(problem(faultAnswer(program, timeout)), { status: 504, reason: 'upstream-timeout' })
  t.match(faultAnswer(person, timeout, { next: { label: 'Go on', href: '/on' } }), {
    status: 504,
    body: /href="\/on">Go on</,
  })

  const limited = new LoginFault('LOGIN_FAILURES_LIMITED', 'too many')
  for (const admission of [person, program])
    t.match(faultAnswer(admission, limited, { retryAfterSeconds: 42 }), {
      status: 429,
      headers: { 'retry-after': '42' },
    })
  t.match(faultAnswer(person, limited, { retryAfterSeconds: 42 }).body, 'again in 42 seconds.')
  t.match(faultAnswer(person, down, { retryAfterSeconds: 42 }).headers['retry-after'], '42')
})

t.test(
  'a 502 or 504 page for a GET offers the very same address once more, and nothing asks by itself',
  async (t) => {
    const away = new UpstreamFault('UPSTREAM_UNREACHABLE', 'nobody is there')
    const slow = new UpstreamFault('UPSTREAM_TIMEOUT', 'it took long')
    const again = '<a class="button" href="">Try again</a>'
    for (const fault of [away, slow]) {
      const page = faultAnswer(person, fault)
      t.match(page.body, again, fault.code)
      t.notMatch(page.body, /http-equiv="refresh"|<script/, fault.code)
      t.notMatch(page.headers, { refresh: /./ }, fault.code)
      t.match(faultAnswer({ ...person, address: 'login' }, fault).body, again, 'where a sign-in begins')
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD'])
        t.notMatch(faultAnswer({ ...person, method }, fault).body, 'Try again', `${fault.code} ${method}`)
      for (const address of ['callback', 'logout'] as const)
        t.notMatch(faultAnswer({ ...person, address }, fault).body, 'Try again', `${fault.code} ${address}`)
      t.notMatch(faultAnswer(program, fault).body, 'Try again')
    }
    const next = { label: 'Go on', href: '/on' }
    t.notMatch(faultAnswer(person, away, { next }).body, 'Try again', 'one way on is enough')
    const busy = new UpstreamFault('UPSTREAM_BUSY', 'many wait')
    t.notMatch(faultAnswer(person, busy).body, 'Try again', 'a 503 says when instead')
  },
)

t.test('what is no fault of ours to name is an internal error, in words that say nothing', async (t) => {
  t.match(
    orThrown(() => problem(faultAnswer(program, null))),
    { status: 500, reason: 'internal' },
  )
  const page = faultAnswer(person, null)
  t.match(page, { status: 500, headers: pageHeaders(), body: /<h1>Something went wrong<\/h1>/ })
  t.notOk('retry-after' in page.headers)
  const odd = new StoreFault('STORE_FULL', 'no space') as AnyFault
  t.match(problem(faultAnswer(program, odd)), { reason: 'store-full' })
})

t.test('only a GET or HEAD can be come back to', async (t) => {
  const back = '/.auth/login?return_to=%2Fx%3Fa%3D1'
  t.same(linkBack(gateway, person), { href: back, keep: null })
  t.equal(linkBack(gateway, { ...person, method: 'HEAD' }).href, back)
  t.equal(linkBack(gateway, { ...person, method: 'POST' }).href, '/.auth/login')
  const nowhere = orThrown(() => linkBack(gateway, { ...person, target: null }))
  t.same(nowhere, { href: '/.auth/login?return_to=%2F', keep: null })
})

t.test('a page whose address is too long for a link is kept by the page that has the link', async (t) => {
  const query = `?q=${'(a)'.repeat(2500)}`
  if (person.target === null) throw new Error('it has a target')
  const long = { ...person, target: { ...person.target, query } }
  const back = { ...long, method: 'POST' }
  const key = keyOfPage(`/x${query}` as ReturnTo)
  const link = `href="/.auth/login?return_to&#61;%2Fx&#38;kept&#61;${key}`
  const formPage = `/x${query}` as ReturnTo
  const inFrame = unauthorizedFrame(gateway, back, formPage)
  for (const [name, answer] of Object.entries({
    '401': unauthorized(gateway, long, 'no-session'),
    '401 after a form': unauthorized(gateway, back, 'no-session', formPage),
    '401 in a frame': inFrame,
    '401 in a frame that knows no page on top': unauthorizedFrame(gateway, long, null),
    '403': forbidden(gateway, { ...long, principal: alice }, 'rule-not-met'),
  })) {
    t.match(answer.body, link, name)
    t.match(answer.body, `<script data-key="claimgate:${key}" data-page="/x?q&#61;(a)(a)`, name)
    t.match(
      answer.headers['content-security-policy'],
      /^script-src 'sha256-[^']{44}'; default-src 'none'/,
      name,
    )
  }
  t.match(inFrame.headers, { 'x-frame-options': 'SAMEORIGIN', 'www-authenticate': /Cookie/ })
  t.match(inFrame.headers['content-security-policy'], /frame-ancestors 'self'/)
  const told = problem(unauthorized(gateway, { ...program, target: long.target }, 'no-session'))
  t.match(told, { login_url: /^https:\/\/wiki\.example\/\.auth\/login$/ }, 'a program has no such storage')
})

/** A reply that keeps what it is given, to a request that came so far. */
function replyTo(headers: Readonly<Record<string, string>>, complete: boolean) {
  const raw = { complete, headers }
  const dropped: unknown[] = []
  carryAdmission(raw as never, person)
  const lingering = { dropRest: (request: unknown) => void dropped.push(request) }
  attachContext(raw as never, { ...context, lingering })
  const given: unknown[] = []
  const keep =
    (name: string) =>
    (...values: unknown[]) => {
      given.push([name, ...values])
      return reply
    }
  const reply: Record<string, unknown> = { request: { raw } }
  for (const name of ['header', 'headers', 'setCookie', 'code', 'send']) reply[name] = keep(name)
  return { reply: reply as unknown as FastifyReply, given, dropped, raw }
}

t.test('an answer is handed over whole, with its cookies', async (t) => {
  const answer = { status: 303, headers: { location: '/x' }, body: 'b' }
  const whole = replyTo({}, true)
  t.equal(send(whole.reply, answer), whole.reply)
  t.same(whole.given, [
    ['code', 303],
    ['headers', { location: '/x' }],
    ['send', 'b'],
  ])
  const baked = replyTo({}, true)
  send(baked.reply, withCookies(answer, [{ name: 'n', value: 'v', options: { path: '/' } }]))
  t.same(baked.given[0], ['setCookie', 'n', 'v', { path: '/' }])
})

t.test(
  'an answer has what its location sets, or the app where none decided, and ours has nothing',
  async (t) => {
    const around = openTestContext(
      t,
      `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    response_headers: { set: { X-Of: app } }
    locations:
      - { path: /own, require: anyone, response_headers: { set: { X-Of: location } } }
      - { path: /read, require: anyone, methods: [GET], response_headers: { set: { X-Of: reading } } }
  plain: { url: https://plain.example, upstream: http://10.9.9.9, require: anyone }
`,
    )
    const headers = { 'content-type': 'text/plain' }
    for (const [address, method, of] of [
      ['https://wiki.example/x', 'GET', 'app'],
      ['https://wiki.example/own', 'GET', 'location'],
      ['https://wiki.example/read', 'GET', 'reading'],
      ['https://wiki.example/.auth/me', 'GET', undefined],
      ['https://plain.example/x', 'GET', undefined],
      ['https://nobody.example/x', 'GET', undefined],
    ] as const) {
      const admission = await around.admission(address, { method })
      const { headers: got } = atLocation({ status: 200, headers, body: '' }, admission, {})
      t.same(got, of === undefined ? headers : { ...headers, 'x-of': of }, `${method} ${address}`)
    }
    const undecided = { ...(await around.admission('https://wiki.example/own')), location: null }
    t.match(atLocation({ status: 200, headers, body: '' }, undecided, {}).headers, { 'x-of': 'app' })
    t.same(atLocation({ status: 200, headers, body: '' }, null, {}).headers, headers)
  },
)

t.test('a body that was not read ends the connection with the answer', async (t) => {
  const answer = { status: 413 as PageStatus, headers: {}, body: '' }
  const close = ['header', 'connection', 'close']
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, boolean, boolean])[] = [
    ['under way', { 'content-length': '10' }, false, true],
    ['in pieces', { 'transfer-encoding': 'chunked' }, false, true],
    ['read to its end', { 'content-length': '10' }, true, false],
    ['none', {}, false, false],
    ['of no bytes', { 'content-length': '0' }, false, false],
  ]
  for (const [name, headers, complete, ends] of rows) {
    const { reply, given, dropped, raw } = replyTo(headers, complete)
    send(reply, answer)
    t.same([given[0], dropped], ends ? [close, [raw]] : [['code', 413], []], name)
  }
})
