// Two processes on one store: a form that the one keeps waits for a sign-in at the other, and the app gets it once.
import t, { type Test } from 'tap'
import { type BalancedAnswer, createBalanced, pairOf } from '../support/balanced.ts'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { formOn } from '../support/kept-forms.ts'
import { type GatewayProcess, newPlace, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { poll } from '../support/waiting.ts'

const echo = await startEcho()
t.teardown(() => echo.close())

async function open(t: Test, store: 'sqlite' | 'redis') {
  const op = await startHostileOp({ host: 'localhost' })
  t.teardown(() => op.close())
  const [first, second] = [await newPlace(), await newPlace()]
  const host = `localhost:${first.port}`
  const redis = store === 'sqlite' ? null : await startRedis(t)
  const at = redis === null ? 'sqlite' : `redis://127.0.0.1:${redis.port}`
  const processes: GatewayProcess[] = []
  for (const place of [first, second]) {
    place.write(`
${redis === null ? `data: ${JSON.stringify(first.data)}` : ''}
session: { secret: a-session-secret-of-more-than-thirty-two-bytes, store: "${at}" }
log: { subject_key: a-subject-key-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more } }
apps: { wiki: { url: "http://${host}", upstream: "${echo.url}", require: signed_in } }
`)
    const running = await startProcess(place)
    processes.push(running)
    t.teardown(async () => {
      await running.stop()
      place.remove()
    })
  }
  const { ask, post } = createBalanced(host)
  const back = ({ location }: BalancedAnswer) => `/.auth/callback?${op.authorize(new URL(location))}`
  const { location, cookies } = await ask(first, '/deep')
  const signed = await ask(
    first,
    `/.auth/callback?${op.authorize(new URL(location))}`,
    cookies.map(pairOf).join('; '),
  )
  const isSession = (pair: string) => pair.startsWith(`claimgate-${first.port}=`)
  const session = signed.cookies.map(pairOf).find(isSession) ?? ''
  // It ends elsewhere: the browser has its cookie still.
  await post(second, '/.auth/logout', session)
  const form = 'item=canary-of-a-form&count=2'
  const sent = await poll(
    'the end of the session',
    () => post(first, '/orders?a=1', session, form),
    ({ status }) => status === 303,
  )
  const jar = [session, ...sent.cookies.map(pairOf)].join('; ')
  return {
    ...{ first, second, processes, redis, ask, post, form, host },
    callback: { path: back(sent), cookie: jar },
    sessionOf: (answer: BalancedAnswer) => answer.cookies.map(pairOf).find(isSession) ?? '',
  }
}

const sentOf = (from: number) => echo.received.slice(from).filter(({ method }) => method === 'POST')

for (const store of ['sqlite', 'redis'] as const) {
  t.test(`on ${store}, a form that the one keeps is sent by the other, once, however often`, async (t) => {
    const before = echo.received.length
    const { first, second, processes, ask, post, form, callback, sessionOf } = await open(t, store)
    const from = sentOf(before).length
    const came = await ask(second, callback.path, callback.cookie)
    t.match(came, { status: 303, location: /^\/\.auth\/resume\?form=/ })
    const again = await ask(first, callback.path, callback.cookie)
    t.match(again, { status: 303, location: /^\/\.auth\/resume\?form=/ }, 'a callback that comes twice')
    const session = sessionOf(came)
    for (const place of [first, second]) {
      const page = await ask(place, came.location, session)
      t.equal(page.status, 200)
      t.notMatch(page.body, /canary-of-a-form/)
    }
    const pages = [await ask(first, came.location, session), await ask(second, again.location, session)]
    const shown = pages.map(({ status, body }) =>
      formOn({ status, location: '', cookies: new Map(), text: body }),
    )
    for (const one of shown) t.match(one, { to: '/orders?a=1', alone: true })
    const pressed = await Promise.all(
      Array.from({ length: 20 }, (_, at) => {
        const link = shown[at % 2]?.link ?? ''
        const place = at % 4 < 2 ? first : second
        return post(place, '/orders?a=1', session, `claimgate-resume=${link}\r\n`, 'text/plain')
      }),
    )
    const statuses = pressed.map(({ status }) => status)
    t.equal(statuses.filter((status) => status === 200).length, 1)
    t.equal(statuses.filter((status) => status === 404).length, 19, 'nothing is left to send')
    const sent = sentOf(before).slice(from)
    t.match(sent, [{ method: 'POST', target: '/orders?a=1', body: form }])
    t.equal(sent.length, 1)
    t.same(sent[0]?.headers['content-type'], ['application/x-www-form-urlencoded'])
    t.notMatch(JSON.stringify(processes.flatMap((one) => one.log())), /canary-of-a-form|claimgate-resume/)
  })
}
