// Two machines on one Redis: what is begun, used and ended at the one is so at the other; and Redis may go and come.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { type BalancedAnswer, createBalanced, pairOf } from '../support/balanced.ts'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { newPlace, runProcess, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
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
const { ask, post } = createBalanced(host)
let redis = await startRedis(t)
const yaml = `
session:
  secret: a-session-secret-of-more-than-thirty-two-bytes
  store: redis://127.0.0.1:${redis.port}
log: { subject_key: a-subject-key-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more } }
apps: { wiki: { url: "http://${host}", upstream: "${echo.url}", require: signed_in } }
`
for (const place of [first, second]) {
  place.write(yaml)
  const running = await startProcess(place)
  t.teardown(() => running.stop())
}

const sessionOf = ({ cookies }: BalancedAnswer) =>
  cookies.map(pairOf).find((pair) => pair.startsWith(`claimgate-${first.port}=`)) ?? ''

async function begin(place: typeof first) {
  const { location, cookies } = await ask(place, '/deep')
  return {
    callback: `/.auth/callback?${op.authorize(new URL(location))}`,
    cookie: cookies.map(pairOf).join('; '),
  }
}

async function signIn(): Promise<string> {
  const { callback, cookie } = await begin(first)
  const answer = await ask(first, callback, cookie)
  t.match(answer, { status: 303, location: '/deep' })
  return sessionOf(answer)
}

/** What both answer to a session, once they say the same; each is asked until then. */
const both = (session: string, status: number) =>
  Promise.all(
    [first, second].map((place) =>
      poll(
        `${status} of ${place.port}`,
        () => ask(place, '/', session),
        (answer) => answer.status === status,
      ),
    ),
  )

t.test(
  'who signs in at the one is signed in at the other, and whoever signs out is out at both',
  async (t) => {
    const session = await signIn()
    for (const place of [second, first]) t.match(await ask(place, '/', session), { status: 200 })
    const left = await post(second, '/.auth/logout', session)
    t.ok(left.status < 400, `${left.status}`)
    await both(session, 302)
    t.pass('as at somebody who is not signed in')
  },
)

t.test(
  'what was begun at the one is finished at the other; a second callback gets the same session',
  async (t) => {
    const { callback, cookie } = await begin(first)
    const asked = op.counts.token
    const [one, other] = await Promise.all([ask(second, callback, cookie), ask(first, callback, cookie)])
    t.equal(op.counts.token, asked + 1, 'the code is sent once')
    t.not(sessionOf(one), '')
    t.equal(sessionOf(one), sessionOf(other))
    await both(sessionOf(one), 200)
  },
)

t.test('a session that is at hand costs no command of Redis', async (t) => {
  const session = await signIn()
  await both(session, 200)
  const cli = (...args: string[]) =>
    execFileSync('redis-cli', ['-p', String(redis.port), ...args], { encoding: 'utf8' })
  const reads = () => Number(/^cmdstat_get:calls=(\d+)/m.exec(cli('INFO', 'commandstats'))?.[1] ?? 0)
  const before = reads()
  t.ok(before > 0)
  for (let at = 0; at < 20; at++)
    for (const place of [first, second]) t.match(await ask(place, '/', session), { status: 200 })
  t.equal(reads(), before)
})

t.test(
  'commands list and end sessions in Redis, and their lines are in the log of one of the two',
  async (t) => {
    const session = await signIn()
    await both(session, 200)
    const listed = await runProcess(['sessions', 'list', '-c', first.file])
    t.equal(listed.code, 0, listed.stderr)
    const revoked = await runProcess(['sessions', 'revoke', '--all', '-c', second.file])
    t.equal(revoked.code, 0, revoked.stderr)
    await both(session, 302)
    const again = await signIn()
    await both(again, 200)
  },
)

t.test(
  'while Redis is away, who is signed in goes on and sign-ins are 503; nobody restarts anything',
  async (t) => {
    const session = await signIn()
    await both(session, 200)
    const { port } = redis
    const { callback, cookie } = await begin(first)
    await redis.stop('SIGKILL')
    await both(session, 200)
    t.match(await ask(first, callback, cookie), { status: 503 })
    const place = await newPlace()
    place.write(yaml)
    const third = await startProcess(place)
    t.teardown(async () => {
      await third.stop()
      place.remove()
    })
    const readyAt = async ({ adminUrl }: typeof first) => (await fetch(`${adminUrl}/readyz`)).status
    t.equal(await readyAt(place), 503, 'one that starts meanwhile says so')
    redis = await startRedis(t, { port })
    const ready = () => Promise.all([first, second, place].map(readyAt))
    await poll('all are ready', ready, (statuses) => statuses.every((status) => status === 200))
    const fresh = await signIn()
    await both(fresh, 200)
    t.match(await ask(place, '/', fresh), { status: 200 })
    await both(session, 302)
    t.pass('a Redis without a disk has forgotten the others')
  },
)
