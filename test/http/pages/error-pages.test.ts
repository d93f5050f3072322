import t from 'tap'
import { providerIcon } from '../../../src/http/pages/icons.ts'
import type { PageStatus } from '../../../src/http/pages/pages.ts'
import {
  confirmSignOutPage,
  errorPage,
  forbiddenPage,
  movingOnPage,
  signedOutPage,
  signInFailedPage,
} from '../../support/pages.ts'

t.test('the 403 page', async (t) => {
  const given = {
    appTitle: 'Billing',
    requestId: 'r-1',
    account: { name: 'alice@example.com', providerLabel: 'Acme' },
    contact: 'team@example.com',
    switchAccountHref: '/.auth/login?return_to=%2Fadmin',
  }
  t.test('S-202 says as whom one is signed in, and how to go on', async (t) => {
    const page = forbiddenPage(given)
    t.match(page, 'You are signed in as <b><bdi>alice@example.com</bdi></b>')
    t.match(page, 'needs a permission that your account does not have')
    t.match(page, 'href="/.auth/login?return_to&#61;%2Fadmin">Use another account<')
    t.match(page, '<code>r-1</code>')
    t.match(page, '<a href="mailto:team@example.com">team@example.com</a>. Please give the request id below.')
  })
  t.test('offers no other account where none would help', async (t) => {
    const page = forbiddenPage({ ...given, account: null })
    t.notMatch(page, 'Use another account')
    t.notMatch(page, 'signed in as')
    t.match(page, 'signing in would not change that')
  })
  t.test('a contact is linked as what it is, and only that', async (t) => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['https://help.example.com/x', /<a href="https:\/\/help\.example\.com\/x">/],
      ['the service desk', /ask the service desk\./],
      ['javascript:alert(1)', /ask javascript:alert\(1\)\./],
      ['javascript://x@y', /ask javascript:\/\/x@y\./],
    ]
    for (const [contact, expected] of cases) t.match(forbiddenPage({ ...given, contact }), expected, contact)
    t.notMatch(forbiddenPage({ ...given, contact: null }), 'ask ')
  })
})

t.test('error pages', async (t) => {
  const statuses: readonly PageStatus[] = [
    400, 401, 403, 404, 405, 408, 413, 417, 421, 426, 431, 500, 502, 503, 504,
  ]
  const given = { appTitle: null, requestId: 'r-1', sentence: null, contact: 'ops', next: null }
  t.test('each status has words of its own', async (t) => {
    const headings = statuses.map((status) => /<h1>(.*)<\/h1>/.exec(errorPage({ ...given, status }))?.[1])
    t.equal(new Set(headings).size, statuses.length)
  })
  t.test('a sentence of a fault replaces them', async (t) => {
    const page = errorPage({ ...given, status: 503, sentence: 'The sign-in service is not available.' })
    t.match(page, '<h1>The sign-in service is not available</h1>')
    t.notMatch(page, 'Not available just now')
  })
  t.test('whom to ask stands where the fault is ours', async (t) => {
    t.match(errorPage({ ...given, status: 502 }), 'If it lasts, ask ops. Please give the request id below.')
    t.notMatch(errorPage({ ...given, status: 404 }), 'ask ops')
  })
})

t.test('S-201 a failed sign-in offers to start again', async (t) => {
  const page = signInFailedPage({
    appTitle: 'Wiki',
    requestId: null,
    sentence: 'This sign-in is no longer valid.',
    explanation: 'Why not.',
    contact: null,
    next: { label: 'Start again', href: '/.auth/login?return_to=/deep' },
  })
  t.match(page, '<h1>This sign-in is no longer valid</h1>')
  t.match(page, 'href="/.auth/login?return_to&#61;/deep">Start again<')
})

t.test('sign-out', async (t) => {
  t.test('is a form that posts to our own origin with its fields', async (t) => {
    const page = confirmSignOutPage({
      appTitle: null,
      requestId: null,
      account: null,
      action: '/.auth/logout',
      fields: { return_to: '/a' },
      cancelHref: '/a',
      sessionsHref: null,
    })
    t.match(page, '<form method="post" action="/.auth/logout">')
    t.match(page, '<input type="hidden" name="return_to" value="/a">')
    t.match(page, '<button class="button" type="submit">Sign out</button>')
  })
  t.test('moves on to the provider by itself and by a link', async (t) => {
    const to = new URL('https://op.example.com/end?id_token_hint=a.b.c&state=x')
    const page = movingOnPage({ appTitle: null, requestId: null, why: 'signing-out', to })
    const address = 'https://op.example.com/end?id_token_hint&#61;a.b.c&#38;state&#61;x'
    t.match(page, `<meta http-equiv="refresh" content="0; url&#61;${address}">`)
    t.match(page, `<a href="${address}">Continue</a>`)
  })
  t.test('moves on to nothing but web addresses', async (t) => {
    const given = { appTitle: null, requestId: null, why: 'signing-out' } as const
    for (const to of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])
      t.throws(() => movingOnPage({ ...given, to: new URL(to) }), { message: 'not a web address' }, to)
  })
})

t.test('a provider without a known icon gets the first letter of its label', async (t) => {
  t.match(providerIcon(null, '«élan» staff'), />É</)
  t.match(providerIcon('google', 'Anything'), />G</)
  t.match(providerIcon(null, '—'), />\?</)
  t.match(providerIcon('key', 'Anything'), /<circle/)
  t.match(
    providerIcon('data:image/png;base64,AA==', 'x'),
    /<img src="data:image\/png;base64,AA&#61;&#61;" alt=""/,
  )
  t.notMatch(providerIcon('data:text/html,x', 'x'), 'data:')
})

t.test('a sign-out that did not reach everywhere says so, and offers the provider’s', async (t) => {
  const frame = { appTitle: null, requestId: null, signInHref: null }
  const providerUrl = new URL('https://op.example/end?a=1&b=2')
  const page = signedOutPage({ ...frame, providerUrl, everywhere: false })
  t.match(page, '<h1>You are signed out in this browser</h1>')
  t.match(page, 'could not be ended everywhere yet')
  t.match(page, `href="https://op.example/end?a&#61;1&#38;b&#61;2">Sign out at your sign-in service<`)
  t.notMatch(signedOutPage({ ...frame, everywhere: true }), /everywhere|sign-in service/)
  t.throws(() => signedOutPage({ ...frame, providerUrl: new URL('data:,x'), everywhere: false }), {
    message: 'not a web address',
  })
})
