import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import t from 'tap'
import type { Decision } from '../../../src/core/decision.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import { type Admission, carryAdmission } from '../../../src/http/admission/admission.ts'
import { verdictAnswer } from '../../../src/http/admission/verdict-answer.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { attachContext } from '../../../src/http/server/context.ts'
import { factsOf, openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

const { context, admission: admissionAt } = openTestContext(
  t,
  `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in } }
`,
)
const person = { accept: 'text/html' }
const program = { accept: '*/*' }

/** The answer to a request with another decision, or with more that is known of it. */
async function answer(
  decision: Decision | null,
  headers: IncomingHttpHeaders,
  changed: Partial<Admission> = {},
): Promise<unknown> {
  const address = 'https://wiki.example/x?q=1'
  const admission = await admissionAt(address, { headers })
  const request = factsOf(address, { headers }) as unknown as IncomingMessage
  carryAdmission(request, { ...admission, decision: decision ?? admission.decision, ...changed })
  attachContext(request, context)
  return orRejected(async () => verdictAnswer(request))
}

t.test('who is not signed in is sent to the provider, or told 401', async (t) => {
  t.match(await answer(null, person), {
    status: 302,
    headers: { location: /^https:\/\/op\.example\/authorize\?/ },
    cookies: [{}],
  })
  const told = await answer(null, program)
  t.match(told, { status: 401, headers: { 'www-authenticate': 'Cookie realm="claimgate"' } })
  t.match(told, { body: /"reason":"no-session"/ })
})

t.test('a form that met no session leads back to the page that it was sent from', async (t) => {
  const challenge = {
    kind: 'challenge',
    how: 'unauthorized',
    reason: 'no-session',
    providers: ['op'],
    stepUp: null,
  } as const
  const sent = (referer: string, method = 'POST', as = person) =>
    answer(challenge, { ...as, referer }, { method })
  const hrefOf = (shown: unknown) => /href="(\/\.auth\/login[^"]*)"/.exec((shown as Answer).body)?.[1]
  const form = 'https://wiki.example/form?id=7'
  t.equal(hrefOf(await sent(form)), '/.auth/login?return_to&#61;%2Fform%3Fid%3D7')
  t.equal(hrefOf(await sent('https://evil.example/form')), '/.auth/login')
  t.equal(hrefOf(await sent('https://wiki.example//evil.example')), '/.auth/login')
  t.equal(hrefOf(await sent(form, 'GET')), '/.auth/login?return_to&#61;%2Fx%3Fq%3D1', 'a page is its own')
  const told = await sent(form, 'POST', program)
  t.match(told, { body: /"login_url":"https:\/\/wiki\.example\/\.auth\/login"/ }, 'a program goes nowhere')
})

t.test('a frame of the same origin whose session ended shows a page whose link opens on top', async (t) => {
  const frame = {
    accept: 'text/html',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'iframe',
    'sec-fetch-site': 'same-origin',
  }
  const shown = (await answer(null, { ...frame, referer: 'https://wiki.example/top?a=1' })) as Answer
  t.match(shown, { status: 401, headers: { 'x-frame-options': 'SAMEORIGIN', 'cache-control': 'no-store' } })
  t.match(shown.headers['content-security-policy'], "frame-ancestors 'self'; base-uri 'none'")
  t.match(shown.body, 'href="/.auth/login?return_to&#61;%2Ftop%3Fa%3D1" target="_top">Sign in</a>')
  t.equal(shown.cookies, undefined, 'and begins nothing')
  const alone = (await answer(null, { ...frame, referer: 'https://evil.example/' })) as Answer
  t.match(alone.body, 'href="/.auth/login?return_to&#61;%2Fx%3Fq%3D1" target="_top"')
  for (const site of ['cross-site', 'same-site', 'none']) {
    const foreign = await answer(null, { ...frame, 'sec-fetch-site': site })
    t.match(foreign, { status: 401, body: /"reason":"no-session"/ }, site)
  }
})

t.test('who may not is told 403, and the kind of rule is not', async (t) => {
  const denied = { kind: 'deny', reason: 'rule-not-met', principal: null } as const
  t.match(await answer(denied, program), { status: 403, body: /"reason":"not-allowed"/ })
  t.match(await answer(denied, person), { status: 403, body: /This page is not open/ })
})

t.test('what came in the clear is sent to https, unless more than an address came', async (t) => {
  const insecure = { kind: 'deny', reason: 'insecure-scheme', principal: null } as const
  for (const method of ['GET', 'HEAD']) {
    const sent = await answer(insecure, program, { method })
    t.match(sent, { status: 302, headers: { location: 'https://wiki.example/x?q=1' } }, method)
  }
  const refused = { status: 403, body: /"reason":"insecure-scheme"/ }
  t.match(await answer(insecure, program, { method: 'POST' }), refused)
  t.match(await answer(insecure, program, { origin: null }), refused)
  t.match(await answer(insecure, program, { target: null }), refused)
})

t.test('a browser that came by https is not sent to its own address again', async (t) => {
  const insecure = { kind: 'deny', reason: 'insecure-scheme', principal: null } as const
  const { cookies: [marker] = [] } = (await answer(insecure, person)) as Answer
  t.match(marker, {
    value: '1',
    options: { path: '/', secure: true, httpOnly: true, sameSite: 'lax', maxAge: 30 },
  })
  t.equal(marker?.options.domain, undefined)
  t.match(marker?.name, /^__Host-claimgate-tx-https$/)
  for (const cookie of [
    `${marker?.name}=1`,
    `a=b; ${marker?.name}=`,
    `${marker?.name}=1; ${marker?.name}=1`,
  ]) {
    const told = (await answer(insecure, { ...person, cookie })) as Answer
    t.match(told, { status: 403, body: /This page is not open/ }, cookie)
    t.match(told.cookies, [{ name: marker?.name, options: { maxAge: 0 } }], 'the next time it is sent again')
  }
  t.match(await answer(insecure, { ...person, cookie: `x${marker?.name}=1` }), { status: 302 })
})

t.test('what is refused has its status and reason, and 405 says which methods there are', async (t) => {
  const missing = { kind: 'reject', status: 404, reason: 'address-unknown' } as const
  const told = await answer(missing, program)
  t.match(told, { status: 404, body: /"reason":"address-unknown"/ })
  t.notMatch(told, { headers: { allow: String } })
  const allow = ['GET', 'POST']
  const method = { kind: 'reject', status: 405, reason: 'method-not-allowed', allow } as const
  t.match(await answer(method, program), { status: 405, headers: { allow: 'GET, POST' } })
})

t.test('a store that did not answer is the answer, whatever was decided', async (t) => {
  const fault = new StoreFault('STORE_UNAVAILABLE', 'the disk is gone')
  const undecided = { kind: 'deny', reason: 'undecided', principal: null } as const
  t.match(await answer(undecided, program, { fault }), {
    status: 503,
    headers: { 'retry-after': '5' },
    body: /"reason":"store-unavailable"/,
  })
})

t.test('who is let through gets no verdict: that is a mistake of ours', async (t) => {
  const allowed = { kind: 'allow', reason: 'rule-met', principal: null } as const
  t.match(await answer(allowed, program), { message: 'an allowed request has no verdict to answer' })
})
