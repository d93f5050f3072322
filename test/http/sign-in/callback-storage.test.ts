import t from 'tap'
import { LoginFault } from '../../../src/core/fault.ts'
import { stateHash } from '../../../src/core/session/transaction-cookie.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { type Begun, open, program, sessionCookieOf, site } from './callback-fixtures.ts'

const longPage = `/deep?q=${'x'.repeat(7000)}`

t.test('S-116: a page that no cookie holds waits in the browser, under the hash of the state', async (t) => {
  const { context, admission, come, clock, sessionOf, origin, provider, finish } = open(t)
  const asked = await admission(`${site}/.auth/login?provider=op&return_to=${longPage}`)
  const shown = await login(context, asked, {})
  t.match(shown, { status: 200 })
  t.match(shown.headers['content-security-policy'], /^script-src 'sha256-[^']+'; default-src 'none'/)
  t.match(shown.body, '<script data-key="claimgate:')
  t.match(shown.body, `data-page="/deep?q&#61;xxx`)
  const [, to = ''] = /data-to="([^"]*)"/.exec(shown.body) ?? []
  const state =
    new URL(to.replaceAll('&#61;', '=').replaceAll('&#38;', '&').replaceAll('&amp;', '&')).searchParams.get(
      'state',
    ) ?? ''
  const begun = {
    state,
    cookie: (shown.cookies ?? []).map(({ name, value }) => `${name}=${value}`).join('; '),
  }
  t.ok(begun.cookie.length < 800, `${begun.cookie.length} bytes of cookie`)

  clock.time += 3600
  const again = await finish(begun)
  t.match(again, { status: 200 }, 'one that took too long takes the page along')
  t.match(again.body, `data-from="claimgate:${stateHash(state)}"`)
  clock.time -= 3600

  const answer = await finish(begun)
  t.match(answer, { status: 200 })
  t.match(answer.body, `data-key="claimgate:${stateHash(state)}" data-start="/"`)
  t.match(answer.body, '<form method="post" action="/.auth/login">')
  t.notMatch(answer.body, 'x'.repeat(20), 'the server does not know it')
  const value = sessionOf(answer)
  t.not(value, '')
  const later = await come(`code=x&state=${state}`, {
    headers: sessionCookieOf(origin.cookies.session, value),
  })
  t.match(later.body, `data-key="claimgate:${stateHash(state)}"`, 'and so for whoever comes again')
  t.equal(provider('op').exchanged.length, 1)
})

/** A sign-in for a page that the browser's storage has. */
async function beginLong(
  { context, admission }: ReturnType<typeof open>,
  query = '?provider=op',
): Promise<Begun> {
  const asked = await admission(`${site}/.auth/login${query}&return_to=${longPage}`)
  const { body, cookies = [] } = await login(context, asked, {})
  const [, to = ''] = /data-to="([^"]*)"/.exec(body) ?? []
  const { searchParams } = new URL(to.replaceAll('&#61;', '=').replaceAll('&#38;', '&'))
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  return { state: searchParams.get('state') ?? '', cookie }
}

t.test(
  'S-119: an attempt whose cookie is gone begins again only where the tab’s storage has its page',
  async (t) => {
    const around = open(t)
    const { come, finish, counted, provider } = around
    const { state, cookie } = await beginLong(around)
    t.match(state, /\.s$/)
    const key = stateHash(state)
    const scriptOf = ({ body }: Answer) =>
      /<script data-key="claimgate:([^"]*)" data-to="([^"]*)">/.exec(body)
    const page = await come(`code=x&state=${state}`)
    t.match(page, { status: 400, body: /This sign-in is no longer valid/ })
    const second = `/.auth/login?provider&#61;op&#38;return_to&#61;%2F&#38;kept&#61;${key}&#38;attempt&#61;second`
    t.same(scriptOf(page)?.slice(1), [key, second])
    t.match(page.headers['content-security-policy'], /^script-src 'sha256-[^']{44}'; default-src 'none'/)
    t.match(
      page.body,
      `href="/.auth/login?provider&#61;op&#38;return_to&#61;%2F&#38;kept&#61;${key}">Start again<`,
    )

    const again = await beginLong(around, '?provider=op&attempt=second')
    t.match(again.state, /\.s2$/)
    const end = await come(`code=x&state=${again.state}`)
    t.match(end, { status: 400 })
    t.equal(scriptOf(end), null, 'a second one shows the page, whatever cookies the browser keeps')
    t.match(
      end.body,
      `kept&#61;${stateHash(again.state)}">Start again<`,
      'where one may start again for the same',
    )
    t.notMatch(end.headers['content-security-policy'], /script-src/)

    for (const junk of ['junk', 'junk.2', 'junk.s2', `${state}2`, state.slice(0, -2), 'x'.repeat(129)]) {
      const shown = await come(`code=x&state=${junk}`)
      t.match(shown, { status: 400 }, junk)
      t.equal(scriptOf(shown), null, `nothing is looked up for ${junk}`)
    }
    const forged = await come('code=x&state=junk.s')
    t.equal(scriptOf(forged)?.[1], stateHash('junk.s'), 'one that was never begun is looked up in vain')
    t.match(await come(`code=x&state=${state}`, { headers: program }), {
      body: /"reason":"login-state-unknown"/,
    })
    t.equal(counted.filter((one) => one === 'login op started').length, 2, 'no callback began one')
    t.equal(provider('op').exchanged.length, 0)
    t.match(await finish({ state, cookie }), { status: 200 }, 'and the attempt itself is as it was')
  },
)

t.test(
  'S-107: whoever is signed in goes on to the page in the storage, where the state says that there is one',
  async (t) => {
    const around = open(t, { path: '/wiki' })
    const { begin, come, finish, sessionOf, origin } = around
    const value = sessionOf(await finish(await begin()))
    const headers = sessionCookieOf(origin.cookies.session, value)
    const { state } = await beginLong(around)
    const answer = await come(`code=x&state=${state}`, { headers })
    t.match(answer, { status: 200 })
    t.match(answer.body, `data-key="claimgate:${stateHash(state)}" data-start="/wiki"`)
    t.match(await come(`code=x&state=${state}`, { headers, changed: { wantsPage: false } }), {
      status: 303,
      headers: { location: '/wiki' },
    })
  },
)

t.test('a failed sign-in for a page in the storage may be started again for that page', async (t) => {
  const around = open(t)
  around.provider('op').identity = new LoginFault('LOGIN_REFUSED', 'access_denied')
  const begun = await beginLong(around)
  const page = await around.finish(begun)
  t.match(
    page.body,
    `href="/.auth/login?return_to&#61;%2F&#38;kept&#61;${stateHash(begun.state)}">Start again<`,
  )
})
