// What each page says and offers, word for word: the text between the tags, and where the links lead.
import t from 'tap'
import { type FaultCode, faultCodes } from '../../../src/core/fault.ts'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { type GateState, gateMark, initial, providerIcon } from '../../../src/http/pages/icons.ts'
import type { PageStatus } from '../../../src/http/pages/pages.ts'
import { accountLine, action, actions, helpLine } from '../../../src/http/pages/parts.ts'
import { failureWords } from '../../../src/http/pages/sign-in-words.ts'
import {
  chooserPage,
  confirmSignOutPage,
  english,
  errorPage,
  forbiddenPage,
  lookIn,
  movingOnPage,
  pageDocument,
  sessionsPage,
  signedOutPage,
  signInFailedPage,
} from '../../support/pages.ts'
import { orThrown } from '../../support/thrown.ts'

const states: readonly GateState[] = ['open', 'closed', 'away']
const frame = { appTitle: 'Wiki', requestId: 'r-1' }

/** Banner, heading, text, links and buttons in their order, and what the gate shows. */
function shown(page: string) {
  const main = /<main>([\s\S]*)<\/main>/.exec(page)?.[1] ?? page
  const marked = main.replace(/<a (?:class="([^"]*)" )?href="([^"]*)">/g, '[$1 $2] ')
  const texts = marked.replace(/<svg[\s\S]*?<\/svg>/g, '').split(/<[^>]*>|\n/)
  return {
    gate: states.filter((state) => main.includes(gateMark(state))).join(),
    texts: texts.map((text) => text.replaceAll('&#61;', '=').trim()).filter((text) => text !== ''),
  }
}

t.test('the chooser', async (t) => {
  const choices = [
    { label: 'Acme', icon: null, href: '/one' },
    { label: 'Google', icon: 'google', href: '/two' },
  ]
  t.same(shown(chooserPage({ ...frame, choices })), {
    gate: 'open',
    texts: ['Wiki', 'Choose how to sign in', '[ /one]', 'Acme', '[ /two]', 'Google', 'Request id', 'r-1'],
  })
})

t.test('the page of a 403', async (t) => {
  const account = { name: 'alice', providerLabel: 'Acme' }
  const given = { ...frame, account, contact: 'ops', switchAccountHref: '/other' }
  const person = ['A', 'You are signed in as', 'alice', 'with Acme']
  const needs =
    'This page needs a permission that your account does not have. If you have another account that does, use that one.'
  const help = 'If you should have access, ask ops. Please give the request id below.'
  t.same(shown(forbiddenPage(given)), {
    gate: 'closed',
    texts: [
      ...['Wiki', 'You have no access to this page', ...person, needs],
      ...['[button /other] Use another account', help, 'Request id', 'r-1'],
    ],
  })
  const large =
    'This is not about your permissions. What the application is told of your account, such as its groups, cannot be sent to it as it is: it may be too much. Those who run it can change what is sent.'
  t.same(shown(forbiddenPage({ ...given, unsendable: true })), {
    gate: 'closed',
    texts: [
      ...['Wiki', 'This page cannot be opened with your account', ...person, large],
      '[button /other] Use another account',
      ...['To have that changed, ask ops. Please give the request id below.', 'Request id', 'r-1'],
    ],
  })
  const closed = 'It is not offered here, and signing in would not change that.'
  t.same(shown(forbiddenPage({ ...given, account: null })), {
    gate: 'closed',
    texts: ['Wiki', 'This page is not open', closed, help, 'Request id', 'r-1'],
  })
  t.same(shown(forbiddenPage({ ...given, switchAccountHref: null, contact: null })), {
    gate: 'closed',
    texts: ['Wiki', 'You have no access to this page', ...person, needs, 'Request id', 'r-1'],
  })
})

const words: Readonly<Record<PageStatus, readonly [title: string, text: string]>> = {
  400: [
    'This request cannot be read',
    'Its address or form can be understood in more than one way, so it was not passed on.',
  ],
  401: ['You are not signed in', 'Sign in to open this page.'],
  403: ['This cannot be done', 'The request was refused.'],
  404: ['There is nothing here', 'The address may be mistyped, or the page has moved.'],
  405: ['This cannot be done here', 'The page exists, but not for this kind of request.'],
  408: ['The request took too long', 'It did not arrive in full. Please try again.'],
  413: ['That is too large', 'What was sent is larger than this application accepts.'],
  415: ['This form cannot be read', 'It was sent in a way that is not understood here.'],
  417: ['This request cannot be met', 'It expects something that is not offered here.'],
  421: ['No such site here', 'This address leads here, but no application answers to its name.'],
  426: ['This connection is not supported', 'Another kind of connection is needed.'],
  429: ['Too much at once', 'Please try again in a minute.'],
  431: ['Too much came with this request', 'Deleting the cookies of this site often helps.'],
  500: ['Something went wrong', 'It is not your fault. Please try again in a moment.'],
  502: ['The application is not available', 'It did not answer as it should. Please try again in a moment.'],
  503: ['Not available just now', 'Please try again in a moment.'],
  504: ['The application took too long', 'It did not answer in time. Please try again in a moment.'],
  505: ['This cannot be read', 'It was sent in a version of HTTP that is not understood here.'],
}

t.test('the page of a refusal or failure', async (t) => {
  const given = { ...frame, sentence: null, contact: 'ops', next: null }
  for (const [name, [title, text]] of Object.entries(words)) {
    const status = Number(name) as PageStatus
    const ours = status >= 500
    const help = ours ? ['If it lasts, ask ops. Please give the request id below.'] : []
    t.same(
      orThrown(() => shown(errorPage({ ...given, status }))),
      { gate: ours ? 'away' : 'closed', texts: ['Wiki', title, text, ...help, 'Request id', 'r-1'] },
      name,
    )
  }
  const next = { label: 'Sign in', href: '/login' }
  const texts = (page: Partial<Parameters<typeof errorPage>[0]>) =>
    shown(errorPage({ ...given, status: 401, ...page })).texts.slice(1, -2)
  const unsaved = 'What you sent was not saved. Sign in, go back to the form and send it once more.'
  t.same(texts({ next, unsaved: true }), ['You are not signed in', unsaved, '[button /login] Sign in'])
  t.same(texts({ next, unsaved: false }), ['You are not signed in', words[401][1], '[button /login] Sign in'])
})

t.test('a fault’s sentence stands above what may help, and when', async (t) => {
  const given = { ...frame, sentence: 'It is busy.', contact: null, next: null }
  const texts = (page: Partial<Parameters<typeof errorPage>[0]>) =>
    shown(errorPage({ ...given, status: 503, ...page })).texts.slice(1, -2)
  const moment = 'Please try again in a moment.'
  t.same(texts({}), ['It is busy', moment])
  t.same(texts({ status: 500 }), ['It is busy', moment])
  t.same(texts({ status: 413 }), ['It is busy'], 'nothing helps where it is no fault of ours')
  t.same(texts({ retryAfterSeconds: null }), ['It is busy', moment])
  t.same(texts({ status: 429, retryAfterSeconds: 42 }), [
    'It is busy',
    'Please open your page again in 42 seconds.',
  ])
  t.same(texts({ retryAfterSeconds: 1 }), ['It is busy', 'Please open your page again in a second.'])
})

t.test('the page of a sign-in that failed', async (t) => {
  const next = { label: 'Start again', href: '/again' }
  const given = { ...frame, sentence: 'It is over.', explanation: 'Why not.', contact: 'ops', next }
  const help = 'If that does not help, ask ops. Please give the request id below.'
  t.same(shown(signInFailedPage(given)), {
    gate: 'closed',
    texts: ['Wiki', 'It is over', 'Why not.', '[button /again] Start again', help, 'Request id', 'r-1'],
  })
  t.same(shown(signInFailedPage({ ...given, isAway: true, next: null })), {
    gate: 'away',
    texts: [
      ...['Wiki', 'It is over', 'Why not.'],
      ...['For help, ask ops. Please give the request id below.', 'Request id', 'r-1'],
    ],
  })
})

t.test('each kind of failure says what helps, and "again" only where that does', async (t) => {
  const helps = (code: FaultCode) => failureWords(code).helps
  for (const code of faultCodes) {
    t.match(failureWords(code), { explanation: /./, helps: /./ }, code)
    const { explanation, helps } = failureWords(code)
    t.match(english[explanation], /^[A-Z].*\.$/, code)
    if (helps === 'nothing')
      t.notMatch(english[explanation], /try again|can start again|usually helps/i, code)
  }
  for (const code of [
    'LOGIN_TOKEN_INVALID',
    'LOGIN_USERINFO_INVALID',
    'LOGIN_ISSUER_MISMATCH',
    'LOGIN_RESPONSE_INVALID',
    'LOGIN_FAILURES_LIMITED',
    'PROVIDER_CLIENT_REFUSED',
    'PROVIDER_KEYS_INVALID',
    'PROVIDER_RESPONSE_INVALID',
  ] as const) {
    t.equal(helps(code), 'nothing', code)
  }
  for (const code of [
    'LOGIN_STATE_UNKNOWN',
    'LOGIN_UNFINISHED',
    'LOGIN_UNAVAILABLE',
    'LOGIN_CODE_REFUSED',
    'LOGIN_LOOP',
    'PROVIDER_UNREACHABLE',
    'PROVIDER_BUSY',
    'STORE_UNAVAILABLE',
  ] as const) {
    t.equal(helps(code), 'start-again', code)
  }
  for (const code of ['LOGIN_USER_ID_INVALID', 'LOGIN_CLAIMS_TOO_LARGE'] as const) {
    t.equal(helps(code), 'other-account', code)
  }
  for (const code of ['LOGIN_CANCELLED', 'LOGIN_REFUSED'] as const) t.equal(helps(code), 'either', code)
  t.equal(helps('LOGIN_CLOCK_DIFFERS'), 'nothing')
})

t.test('the page of one’s sessions', async (t) => {
  const account = { name: 'alice', providerLabel: null }
  const now = 1_900_000_000
  const times = { signedInAt: now - 7200, lastSeenAt: now - 60 }
  const client = { browser: 'Firefox', system: 'Linux', network: '192.0.2.0/24' }
  const given = {
    ...{ ...frame, account, now, own: { client, signedInAt: now - 90, lastSeenAt: now } },
    others: [
      { client: { browser: 'Chrome', system: null, network: null }, ...times, endValue: 'one' },
      { client: { browser: null, system: 'Windows', network: null }, ...times, endValue: 'two' },
      { client: null, ...times, endValue: 'three' },
    ],
    ...{ action: '/.auth/sessions', endOthersValue: 'others', signOutHref: '/out' },
  }
  const page = sessionsPage(given)
  const used = ['Signed in since', '2 hours ago (Mar 17, 2030, 3:46 PM UTC)', 'Last used']
  const other = [...used, '1 minute ago (Mar 17, 2030, 5:45 PM UTC)']
  const text =
    'In these browsers you are signed in at this address. If you do not know one of them, sign out there, and change your password at your sign-in service.'
  const own = [
    ...['Firefox on Linux', 'This browser', 'Signed in since', '1 minute ago (Mar 17, 2030, 5:45 PM UTC)'],
    ...[
      'Last used',
      'now (Mar 17, 2030, 5:46 PM UTC)',
      'Network',
      '192.0.2.0/24',
      '[button second /out] Sign out',
    ],
  ]
  const again = 'A browser that is still signed in at your sign-in service can sign in here again.'
  t.same(shown(page), {
    gate: 'open',
    texts: [
      ...['Wiki', 'Where you are signed in', 'A', 'You are signed in as', 'alice', text, ...own],
      ...[
        'Chrome',
        ...other,
        'Sign out there',
        'A browser on Windows',
        ...other,
        'Sign out there',
        'A browser',
        ...other,
        'Sign out there',
      ],
      ...[again, 'Sign out everywhere else', 'Request id', 'r-1'],
    ],
  })
  t.same(
    [...page.matchAll(/<button [^>]*name="end" value="([^"]*)"/g)].map(([, value]) => value),
    ['one', 'two', 'three', 'others'],
  )
  t.equal([...page.matchAll(/<form method="post" action="\/\.auth\/sessions">/g)].length, 4)
  const nowhere = sessionsPage({ ...given, others: [] })
  t.same(shown(nowhere).texts.slice(6, -2), [...own, 'You are signed in nowhere else.'])
  t.notMatch(nowhere, '<form')
})

t.test('the pages of a sign-out', async (t) => {
  const account = { name: 'alice', providerLabel: null }
  const fields = { a: '1', b: '2' }
  const confirm = { ...frame, account, action: '/out', fields, cancelHref: '/back', sessionsHref: null }
  const asks = 'You will be signed out here and, where it offers that, at your sign-in service.'
  const buttons = ['Sign out', '[button second /back] Stay signed in']
  const page = confirmSignOutPage(confirm)
  t.same(shown(page), {
    gate: 'open',
    texts: [
      ...['Wiki', 'Sign out?', 'A', 'You are signed in as', 'alice', asks, ...buttons],
      ...['Request id', 'r-1'],
    ],
  })
  t.match(page, /<input type="hidden" name="a" value="1"><input type="hidden" name="b" value="2">/)
  const nobody = confirmSignOutPage({ ...confirm, account: null, fields: {} })
  t.same(shown(nobody).texts, ['Wiki', 'Sign out?', asks, ...buttons, 'Request id', 'r-1'])
  t.notMatch(nobody, 'type="hidden"')
  const elsewhere = shown(confirmSignOutPage({ ...confirm, sessionsHref: '/.auth/sessions' })).texts
  t.ok(elsewhere.includes('[ /.auth/sessions] Where you are signed in'), elsewhere.join())

  const shared = 'On a shared computer, close the browser too.'
  const here = orThrown(() => signedOutPage({ ...frame, signInHref: '/in', everywhere: true }))
  t.same(shown(String(here)), {
    gate: 'closed',
    texts: ['Wiki', 'You are signed out', shared, '[button /in] Sign in again', 'Request id', 'r-1'],
  })
  const providerUrl = new URL('https://op.example/end')
  t.same(shown(signedOutPage({ ...frame, signInHref: null, providerUrl, everywhere: false })).texts, [
    ...['Wiki', 'You are signed out in this browser'],
    'The session could not be ended everywhere yet: that takes a few more moments.',
    ...[shared, '[button https://op.example/end] Sign out at your sign-in service', 'Request id', 'r-1'],
  ])
  const still = signedOutPage({ ...frame, signInHref: '/in', stillAt: 'Acme <b>', everywhere: true })
  t.same(shown(still).texts, [
    ...['Wiki', 'You are signed out'],
    'You are still signed in at',
    'Acme &#60;b&#62;',
    ': sign out there too where others use this browser.',
    ...[shared, '[button /in] Sign in again', 'Request id', 'r-1'],
  ])
  t.notMatch(still, '<b>')
  const none = signedOutPage({ ...frame, signInHref: null, providerUrl: null, everywhere: true })
  t.same(shown(none).texts, ['Wiki', 'You are signed out', shared, 'Request id', 'r-1'])
})

t.test('the page that moves on', async (t) => {
  const rows = {
    'signing-out': ['Signing you out', 'You are signed out here. Moving on to your sign-in service.'],
    'signed-in': ['Signed in', 'Taking you to your page.'],
    'from-a-link': ['One moment', 'Taking you to your page.'],
  } as const
  for (const why of ['signing-out', 'signed-in', 'from-a-link'] as const) {
    const page = orThrown(() => movingOnPage({ ...frame, why, to: '/deep' as ReturnTo }))
    t.same(shown(String(page)), {
      gate: 'open',
      texts: ['Wiki', ...rows[why], '[ /deep] Continue', 'if nothing happens.', 'Request id', 'r-1'],
    })
    t.match(page, '<meta http-equiv="refresh" content="0; url&#61;/deep">')
  }
  for (const to of ['http://op.example/', 'https://op.example/'])
    t.match(
      orThrown(() => movingOnPage({ ...frame, why: 'signing-out', to: new URL(to) })),
      `<a href="${to}">`,
    )
})

t.test('a page without app, id or moving on says nothing of them', async (t) => {
  const bare = pageDocument({ appTitle: null, requestId: null, title: 'T', gate: 'open', content: '' })
  t.match(bare, '<title>T</title>')
  t.same(shown(bare), { gate: 'open', texts: ['Gateway', 'T'] })
  t.notMatch(bare, /undefined|null|http-equiv|class="reference"/)
  t.match(pageDocument({ ...frame, title: 'T', gate: 'open', content: '' }), '<title>T · Wiki</title>')
  t.match(bare, /<link rel="icon" href="data:image\/svg\+xml,%3Csvg%20xmlns/)
})

t.test(
  'each provider that is known has its letter, each shape its lines, and others an initial',
  async (t) => {
    const letters = {
      google: 'G',
      microsoft: 'M',
      salesforce: 'S',
      cognito: 'C',
      okta: 'O',
      auth0: 'A',
      keycloak: 'K',
    }
    for (const [icon, letter] of Object.entries(letters))
      t.match(providerIcon(icon, 'x'), `>${letter}</text>`, icon)
    const shapes = ['person', 'building', 'key'].map((icon) => providerIcon(icon, 'x'))
    t.match(shapes[0], 'cy="12.5"')
    t.match(shapes[1], 'M10 24.5V8.5h12')
    t.match(shapes[2], 'M16 16h9v3.5')
    for (const shape of shapes) t.notMatch(shape, '<text')
    t.match(providerIcon('unheard-of', 'the name'), '>T</text>')
    t.match(providerIcon(null, 'the name'), '>T</text>')
    t.match(providerIcon('data:image/png;base64,AA', 'x'), '<img src="data:image/png;base64,AA"')
    t.match(providerIcon('image/data:image/', 'name'), '>N</text>')
    t.equal(initial('«élan»'), 'É')
    t.equal(initial('…7 dwarfs'), '7')
    t.equal(initial('—'), '?')
    t.equal(new Set(states.map(gateMark)).size, 3)
  },
)

t.test('parts of pages', async (t) => {
  const look = lookIn()
  t.match(accountLine(english, { name: 'bob', providerLabel: 'Acme' }), '<small>with Acme</small>')
  t.notMatch(accountLine(english, { name: 'bob', providerLabel: null }), 'small')
  t.equal(helpLine('help.only', { look, requestId: 'r-1' }, null), '')
  t.equal(helpLine('help.only', { look, requestId: null }, 'ops'), '<p class="quiet">For help, ask ops.</p>')
  const mail = '<a href="mailto:a@b.example">a@b.example</a>'
  t.equal(
    helpLine('help.only', { look, requestId: null }, 'a@b.example'),
    `<p class="quiet">For help, ask ${mail}.</p>`,
  )
  const web = '<a href="http://b.example/x">http://b.example/x</a>'
  t.equal(
    helpLine('help.only', { look, requestId: null }, 'http://b.example/x'),
    `<p class="quiet">For help, ask ${web}.</p>`,
  )
  t.same(action('/x', 'X'), { href: '/x', label: 'X' })
  t.equal(action(null, 'X'), null)
  t.equal(actions([null]), '')
  t.equal(
    actions([action('/a', 'A'), null, action('/b', 'B')]),
    '<p class="actions"><a class="button" href="/a">A</a><a class="button second" href="/b">B</a></p>',
  )
})
