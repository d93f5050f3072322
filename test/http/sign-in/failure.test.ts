// What is answered when a sign-in came to nothing: by whose fault it was, and what helps.
import t, { type Test } from 'tap'
import { LoginFault, ProviderFault, StoreFault } from '../../../src/core/fault.ts'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { wantedPage } from '../../../src/core/session/storage-key.ts'
import { gateMark } from '../../../src/http/pages/icons.ts'
import { signInFailed, tooManyFailures } from '../../../src/http/sign-in/failure.ts'
import { openTestContext } from '../../support/request-context.ts'

const open = (test: Test) =>
  openTestContext(
    test,
    `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in } }
`,
  )
const rows = [
  [new LoginFault('LOGIN_TOKEN_INVALID', 'x'), 400, 'closed', null],
  [new ProviderFault('PROVIDER_RESPONSE_INVALID', 'x'), 502, 'away', null],
  [new ProviderFault('PROVIDER_UNREACHABLE', 'x'), 503, 'away', '5'],
  [new StoreFault('STORE_FULL', 'x'), 503, 'away', '5'],
] as const

t.test('a page says by its gate whose fault it was, and when to come back', async (t) => {
  for (const [fault, status, gate, retry] of rows) {
    const { context, admission, lines, counted } = open(t)
    const person = await admission('https://wiki.example/.auth/callback')
    const wanted = { wanted: { page: wantedPage('/x' as ReturnTo) }, of: { provider: 'op', app: 'wiki' } }
    const page = signInFailed(context, person, fault, wanted)
    t.equal(page.status, status, fault.code)
    for (const state of ['open', 'closed', 'away'] as const)
      t.equal(page.body.includes(gateMark(state)), state === gate, `${fault.code}: ${state}`)
    t.equal(page.headers['retry-after'] ?? null, retry, fault.code)
    const program = signInFailed(context, { ...person, wantsPage: false }, fault, wanted)
    t.match(JSON.parse(program.body), {
      status,
      reason: fault.code.toLowerCase().replaceAll('_', '-'),
      request_id: 'request-7',
    })
    t.equal(program.headers['retry-after'] ?? null, retry, fault.code)
    t.match(
      lines,
      Array(2).fill({
        ...{ event: 'login.failed', code: fault.code, request_id: 'request-7' },
        ...{ provider: 'op', app: 'wiki' },
      }),
    )
    t.same(counted, [
      'login op failed',
      `fault ${fault.code} of wiki`,
      'login op failed',
      `fault ${fault.code} of wiki`,
    ])
  }
})

t.test('too many failures of a network say when to come back', async (t) => {
  const { context, admission, lines, counted } = open(t)
  const person = await admission('https://wiki.example/.auth/callback')
  t.match(tooManyFailures(context, person, { provider: 'op', app: null }, 42), {
    status: 429,
    headers: { 'retry-after': '42' },
  })
  t.match(lines, [{ event: 'login.failed', code: 'LOGIN_FAILURES_LIMITED', request_id: 'request-7' }])
  t.same(counted, ['login op failed', 'fault LOGIN_FAILURES_LIMITED of -'])
})

t.test('whom the provider refused may start again, or use another account, for the same page', async (t) => {
  const { context, admission } = open(t)
  const person = await admission('https://wiki.example/.auth/callback')
  const wanted = { wanted: { page: wantedPage('/x' as ReturnTo) }, of: { provider: null, app: null } }
  const links = (fault: LoginFault) =>
    [...signInFailed(context, person, fault, wanted).body.matchAll(/class="button[^>]*>[^<]*</g)].map(String)
  t.same(links(new LoginFault('LOGIN_REFUSED', 'access_denied')), [
    'class="button" href="/.auth/login?return_to&#61;%2Fx">Start again<',
    'class="button second" href="/.auth/login?return_to&#61;%2Fx&#38;account&#61;other">Use another account<',
  ])
  t.same(links(new LoginFault('LOGIN_UNFINISHED', 'x')), [
    'class="button" href="/.auth/login?return_to&#61;%2Fx">Start again<',
  ])
  t.same(links(new LoginFault('LOGIN_TOKEN_INVALID', 'x')), [])
})
