import t, { type Test } from 'tap'
import { fire } from '../support/attack.ts'
import { Browser, type Page } from '../support/browser.ts'
import { startTwoProviders, type TwoProviders, type TwoProvidersOptions } from '../support/two-providers.ts'

// RFC 9700 4.4: a provider that attacks makes a browser bring it the code of an honest one. Each provider has a
// redirect URI of its own (RFC 9700 4.4.2.2), or says in its answers who it is (RFC 9207).

async function start(t: Test, options: TwoProvidersOptions = {}): Promise<TwoProviders> {
  const front = await startTwoProviders(options)
  t.teardown(() => front.close())
  return front
}

/** Refused in fixed words, no token endpoint was asked, nobody is signed in, and the attempt is spent. */
async function refused(
  t: Test,
  front: TwoProviders,
  browser: Browser,
  what: string,
  attempt: () => Promise<Page>,
  code = 'LOGIN_RESPONSE_INVALID',
): Promise<void> {
  const asked = front.asked()
  const page = await attempt()
  t.equal(page.status, 400, what)
  t.equal(front.asked(), asked, `${what}: no token endpoint was asked`)
  t.notOk(browser.cookies('localhost').has(`claimgate-${front.gateway.port}`), `${what}: no session`)
  t.match(
    front.gateway.log.findLast(({ event }) => event === 'login.failed'),
    { code },
    what,
  )
}

/** The attack: a sign-in that was begun at the attacker, which sends the browser on to the honest provider. */
async function mixUp(
  front: TwoProviders,
  browser: Browser,
): Promise<{ back: URLSearchParams; address: string }> {
  const attempt = await front.begin(browser, 'evil')
  const own = await front.begin(new Browser(), 'honest')
  const onwards = new URL(own)
  for (const name of ['state', 'nonce', 'code_challenge'])
    onwards.searchParams.set(name, attempt.searchParams.get(name) ?? '')
  const redirect = new URL(own.searchParams.get('redirect_uri') ?? '')
  return { back: front.honest.authorize(onwards), address: redirect.pathname }
}

t.test(
  'with several providers each has a redirect URI of its own, and an answer belongs to it alone',
  async (t) => {
    const front = await start(t)
    for (const name of ['honest', 'evil'] as const) {
      const browser = new Browser()
      const url = await front.begin(browser, name, '/page')
      t.equal(url.searchParams.get('redirect_uri'), `${front.url}/.auth/callback/${name}`)
      const page = await front.comeBack(browser, `/.auth/callback/${name}`, front[name].authorize(url))
      t.equal(page.headers.location, '/page')
      t.equal(
        front[name].tokenRequests.at(-1)?.body.get('redirect_uri'),
        `${front.url}/.auth/callback/${name}`,
        'the token request repeats it (RFC 6749 4.1.3)',
      )
    }
    const browser = new Browser()
    const { back, address } = await mixUp(front, browser)
    t.equal(address, '/.auth/callback/honest', 'where the honest provider sends people back to')
    await refused(t, front, browser, 'the honest one’s answer to the attacker’s attempt', () =>
      front.comeBack(browser, address, back),
    )
    await refused(
      t,
      front,
      browser,
      'the same at the attacker’s address afterwards',
      () => front.comeBack(browser, '/.auth/callback/evil', back),
      'LOGIN_STATE_UNKNOWN',
    )
  },
)

t.test('an attempt whose answer came to another’s address is spent, whoever keeps its cookie', async (t) => {
  const front = await start(t)
  const browser = new Browser()
  const back = front.honest.authorize(await front.begin(browser, 'honest'))
  const kept = new Map(browser.cookies('localhost'))
  await refused(t, front, browser, 'at the other address', () =>
    front.comeBack(browser, '/.auth/callback/evil', back),
  )
  for (const [name, value] of kept) browser.cookies('localhost').set(name, value)
  await refused(
    t,
    front,
    browser,
    'with the cookie that was deleted',
    () => front.comeBack(browser, '/.auth/callback/honest', back),
    'LOGIN_RESPONSE_INVALID',
  )
})

t.test('nothing else is a redirect URI, and no spelling of one reaches an app', async (t) => {
  const redirect = '/oauth2/callback/{provider}'
  const allowed = '    allow_encoded: [slash, semicolon, hash]\n'
  for (const [own, app] of [
    ['/.auth/callback', ''],
    [
      '/oauth2/callback',
      `    redirect_uri: ${redirect}\n    locations: [{ path: /oauth2, require: anyone }]\n`,
    ],
  ] as const) {
    const front = await start(t, { app: `${app}${allowed}` })
    const status = async (target: string) => (await fire(front, { target })).status
    t.equal(await status(`${own}/honest?state=x`), 400, 'this one is')
    t.equal(await status(`${own}/hones%74?state=x`), 400, 'an escaped letter is that letter')
    for (const spelling of [
      `${own}/honest/`,
      `${own}/honest;x`,
      `${own}/Honest`,
      `${own.toUpperCase()}/HONEST`,
      `${own}/honest%3Bx=1`,
      `${own}%3Bx/honest`,
      `${own}/honest%23x`,
      `${own}/honest%23/x`,
      `${own}/honest%3Bx/`,
    ]) {
      t.equal(await status(`${spelling}?code=x&state=y`), 404, spelling)
    }
    for (const ambiguous of [`${own}%2Fhonest`, `${own.replace(/(?<=.)\//, '%2F')}/honest`]) {
      t.equal(await status(`${ambiguous}?code=x&state=y`), 400, ambiguous)
    }
    for (const refusedAnyway of [`${own}//honest`, `${own}/./honest`]) {
      t.equal(await status(`${refusedAnyway}?code=x&state=y`), 400, refusedAnyway)
    }
    t.equal(front.echo.received.length, 0, 'the app saw none of it')
    if (app === '') {
      for (const other of ['', '/nobody', '/honest/more', '/honest%23x/more'])
        t.equal(await status(`${own}${other}`), 404, other)
    } else {
      t.equal(await status('/.auth/callback/honest'), 404, 'where it is set elsewhere, this one is nothing')
      t.equal(await status(`${own}/honest/more`), 200, 'what is below is the app’s')
      t.equal(await status(`${own}/honestly`), 200)
    }
  }
})

t.test('each redirect URI takes the method of its provider’s response_mode', async (t) => {
  const front = await start(t, { evil: ', response_mode: form_post' })
  const post = (path: string) => fire(front, { method: 'POST', target: path, headers: ['Content-Length: 0'] })
  t.equal((await fire(front, { target: '/.auth/callback/evil?state=x' })).status, 405)
  t.equal((await post('/.auth/callback/honest')).status, 405)
  t.equal((await fire(front, { target: '/.auth/callback/honest?state=x' })).status, 400)
  t.same((await post('/.auth/callback/honest')).values('allow'), ['GET'])
})

t.test(
  'one redirect URI for several is safe where all but one say who they are, whatever the metadata says',
  async (t) => {
    const shared = '/oauth2/callback'
    const front = await start(t, { honest: ', response_iss: required', app: `    redirect_uri: ${shared}\n` })
    for (const name of ['honest', 'evil'] as const) {
      const browser = new Browser()
      const url = await front.begin(browser, name, '/page')
      t.equal(url.searchParams.get('redirect_uri'), front.url + shared)
      const back = front[name].authorize(url)
      if (name === 'honest') back.set('iss', front.honest.issuer)
      t.equal((await front.comeBack(browser, shared, back)).headers.location, '/page', name)
    }
    for (const [what, iss] of [
      ['without iss', null],
      ['with the attacker’s', front.evil.issuer],
      ['with a slash more', `${front.honest.issuer}/`],
    ] as const) {
      const browser = new Browser()
      const back = front.honest.authorize(await front.begin(browser, 'honest'))
      if (iss !== null) back.set('iss', iss)
      await refused(
        t,
        front,
        browser,
        `an answer to the honest one’s attempt ${what}`,
        () => front.comeBack(browser, shared, back),
        'LOGIN_ISSUER_MISMATCH',
      )
    }
    const browser = new Browser()
    const { back, address } = await mixUp(front, browser)
    t.equal(address, shared)
    back.set('iss', front.honest.issuer)
    await refused(
      t,
      front,
      browser,
      'the mix-up, as the honest one says who it is',
      () => front.comeBack(browser, address, back),
      'LOGIN_ISSUER_MISMATCH',
    )
  },
)
