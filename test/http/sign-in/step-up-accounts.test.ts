import t from 'tap'
import { cookiesOf, open, script, start, stateOf } from './step-up-rig.ts'

t.test('another account that comes back changes nothing, and is told whose is needed', async (t) => {
  for (const [name, more] of [
    ['another user', { user: 'bob', subject: 'bob' }],
    ['another sub of the same user id', { user: 'alice', subject: 'alice-2' }],
  ] as const) {
    const { begin, refused, ask, says, come, sessions, lines } = await open(t)
    const cookie = await begin()
    const asked = await refused('/pay', { cookie })
    const [before] = await sessions()
    says({ acr: 'phr', auth_time: start, name: 'Bob Brown' }, more)
    const parameters = `code=x&state=${stateOf(asked)}`
    const headers = { cookie: `${cookie}; ${cookiesOf(asked)}` }
    for (const answer of [await come(parameters, headers), await come(parameters, headers)]) {
      t.equal(answer.status, 403, name)
      t.match(answer.body, 'That was another account')
      t.match(answer.body, 'You are signed in as <b><bdi>Alice Adams</bdi></b>')
      t.notMatch(answer.body, /\bBob\b|Brown/)
      t.match(
        answer.body,
        /href="\/\.auth\/login\?return_to&#61;%2Fpay&#38;step_up&#61;[^"]*&#38;account&#61;other">Try again/,
      )
      t.match(
        answer.body,
        /href="\/\.auth\/login\?return_to&#61;%2Fpay&#38;account&#61;other">Use another account/,
      )
      t.same(await sessions(), before && [before])
    }
    t.equal(await ask('/', { cookie }), 'let in')
    t.match(
      lines.filter(({ event }) => event === 'login.failed'),
      [{ code: 'LOGIN_OTHER_ACCOUNT' }, {}],
    )
    const program = await come(parameters, { ...headers, ...script }, { changed: { wantsPage: false } })
    t.match(JSON.parse(program.body), { reason: 'login-other-account' })
  }
})

t.test('where the session ended meanwhile, another account still begins nothing', async (t) => {
  const { begin, refused, says, come, sessions, runtime, signIn } = await open(t)
  const cookie = await begin()
  const asked = await refused('/pay', { cookie })
  for (const { key } of await sessions()) await runtime.sessions.end({ key })
  says({ acr: 'phr', auth_time: start }, { user: 'bob', subject: 'bob' })
  const headers = { cookie: `${cookie}; ${cookiesOf(asked)}` }
  const answer = await come(`code=x&state=${stateOf(asked)}`, headers)
  t.equal(answer.status, 403)
  t.match(answer.body, 'That was another account')
  t.notMatch(answer.body, 'You are signed in as')
  t.same(await sessions(), [])
  const [, href = ''] = /href="\/\.auth\/login(\?[^"]*)">Use another account/.exec(answer.body) ?? []
  const plain = await signIn(href.replaceAll('&#38;', '&').replaceAll('&#61;', '='))
  t.match(plain.body, 'Choose how to sign in', 'a plain sign-in is one link away')

  says({ acr: 'phr', auth_time: start })
  const second = await begin()
  const own = await refused('/pay', { cookie: second })
  for (const { key } of await sessions()) await runtime.sessions.end({ key })
  says({ acr: 'phr', auth_time: start })
  const back = await come(`code=x&state=${stateOf(own)}`, { cookie: `${second}; ${cookiesOf(own)}` })
  t.match(back, { status: 303, headers: { location: '/pay' } }, 'the same account is signed in by it')
})

t.test('the account is told where the session’s cookie does not come with the callback', async (t) => {
  const { begin, refused, says, come } = await open(t)
  const cookie = await begin()
  const asked = await refused('/pay', { cookie })
  says({ acr: 'phr', auth_time: start }, { user: 'bob', subject: 'bob' })
  const answer = await come(`code=x&state=${stateOf(asked)}`, { cookie: cookiesOf(asked) })
  t.match(answer.body, 'You are signed in as <b><bdi>Alice Adams</bdi></b>')
})
