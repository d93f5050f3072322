// Two processes of one gateway, on one store and behind one address, as a balancer sees them: what a callback came to
// in the one is known in the other.
import t from 'tap'
import { type BalancedAnswer, createBalanced, pairOf } from '../support/balanced.ts'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { type GatewayProcess, newPlace, runProcess, startProcess } from '../support/process.ts'
import { poll } from '../support/waiting.ts'

const op = await startHostileOp({ host: 'localhost' })
const echo = await startEcho()
const [first, second] = [await newPlace(), await newPlace()]
t.teardown(async () => {
  await Promise.all([op.close(), echo.close()])
  first.remove()
  second.remove()
})
const host = `localhost:${first.port}`
const yaml = `
data: ${JSON.stringify(first.data)}
session: { secret: a-session-secret-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more } }
apps: { wiki: { url: "http://${host}", upstream: "${echo.url}", require: signed_in } }
`
const processes: GatewayProcess[] = []
for (const place of [first, second]) {
  place.write(yaml)
  const running = await startProcess(place)
  processes.push(running)
  t.teardown(() => running.stop())
}

const { ask, post } = createBalanced(host)
const sessionOf = ({ cookies }: BalancedAnswer) =>
  cookies.map(pairOf).find((pair) => pair.startsWith(`claimgate-${first.port}=`)) ?? ''

/** Begins at the one; what the provider sends back, and the attempt's cookie. */
async function begin(path: string): Promise<{ readonly callback: string; readonly cookie: string }> {
  const { location, cookies } = await ask(first, path)
  return {
    callback: `/.auth/callback?${op.authorize(new URL(location))}`,
    cookie: cookies.map(pairOf).join('; '),
  }
}

t.test(
  'a callback that comes to both while the first is under way: one token request, one session',
  async (t) => {
    const { callback, cookie } = await begin('/deep?a=1')
    const asked = op.counts.token
    let answerNow = () => {}
    op.bends.before = {
      token: () =>
        new Promise((resolve) => {
          answerNow = resolve
        }),
    }
    const one = ask(first, callback, cookie)
    await poll(
      'the token request of the one',
      () => op.counts.token,
      (count) => count > asked,
    )
    let isOver = false
    const other = ask(second, callback, cookie).finally(() => {
      isOver = true
    })
    // The other has come as far as it gets without the first once it answers something else that came after it.
    await ask(second, '/.auth/logged-out')
    t.equal(isOver, false, 'the other waits')
    answerNow()
    op.bends.before = {}
    const answers = await Promise.all([one, other])
    t.equal(op.counts.token, asked + 1)
    for (const answer of answers) t.match(answer, { status: 303, location: '/deep?a=1' })
    const [mine, theirs] = answers.map(sessionOf)
    t.not(mine, '')
    t.equal(mine, theirs, 'one session')
    for (const place of [first, second])
      t.match(await ask(place, '/deep?a=1', mine), { status: 200 }, 'which both know')
    t.match(
      await ask(second, callback, cookie),
      { status: 303, location: '/deep?a=1' },
      'and so a while later',
    )
    t.equal(op.counts.token, asked + 1)
  },
)

t.test('a callback that failed in the one has failed in the other', async (t) => {
  const { callback, cookie } = await begin('/deep?a=2')
  const asked = op.counts.token
  op.bends.answer = {
    token: (_request, response) =>
      void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}'),
  }
  const failed = await ask(first, callback, cookie)
  op.bends.answer = {}
  const again = await ask(second, callback, cookie)
  t.match([failed.status, again.status], [400, 400])
  t.equal(sessionOf(again), '')
  t.equal(op.counts.token, asked + 1, 'the code is sent once')
})

t.test('what was begun at the one is finished at the other', async (t) => {
  const { callback, cookie } = await begin('/deep?a=3')
  const answer = await ask(second, callback, cookie)
  t.match(answer, { status: 303, location: '/deep?a=3' })
  t.match(await ask(first, callback, cookie), { status: 303, location: '/deep?a=3' })
  const session = sessionOf(answer)
  t.match(await ask(first, '/', session), { status: 200 })
})

t.test('a session that its person ends on the page of the one has ended in the other', async (t) => {
  // Somebody who has no other session: what the page names is the one of the two.
  op.bends.claims = (claims) => ({ ...claims, sub: 'bob' })
  op.bends.userinfo = (claims) => ({ ...claims, sub: 'bob' })
  t.teardown(() => {
    delete op.bends.claims
    delete op.bends.userinfo
  })
  const signIn = async (place: { readonly port: number }): Promise<string> => {
    const { callback, cookie } = await begin('/deep')
    return sessionOf(await ask(place, callback, cookie))
  }
  const [here, there] = [await signIn(first), await signIn(second)]
  for (const place of [first, second]) t.match(await ask(place, '/', there), { status: 200 })
  const { body } = await ask(first, '/.auth/sessions', here)
  const named = [...body.matchAll(/name="end" value="([^"]+)"/g)].map(([, value = '']) => value)
  t.equal(named.length, 2, 'the one session, and all others')
  const [one = ''] = named
  t.match(await post(first, '/.auth/sessions', here, `end=${one}`), {
    status: 303,
    location: '/.auth/sessions',
  })
  await poll(
    'the end',
    () => ask(second, '/', there),
    ({ status }) => status !== 200,
  )
  for (const place of [first, second]) t.match(await ask(place, '/', here), { status: 200 })
})

t.test('what a command did is a line in the log of one of the two, once', async (t) => {
  for (let i = 1; i <= 3; i++)
    t.equal((await runProcess(['sessions', 'revoke', '--all', '-c', first.file])).code, 0)
  const told = () => processes.flatMap((one) => one.log()).filter(({ event }) => event === 'sessions.revoked')
  await poll('three lines', told, (lines) => lines.length >= 3)
  // Whoever would write one again has done it by the time that the next one is there.
  t.equal((await runProcess(['sessions', 'revoke', '--all', '-c', first.file])).code, 0)
  await poll('the fourth', told, (lines) => lines.length >= 4)
  t.equal(told().length, 4)
  t.match(told()[0], { which: 'all', operator: /./, machine: /./ })
})
