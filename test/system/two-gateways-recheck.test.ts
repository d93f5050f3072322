// Two processes on one store, and a provider that rotates refresh tokens, takes reuse for theft, and is slow.
import t, { type Test } from 'tap'
import { openRuntime } from '../../src/runtime/open.ts'
import { createBalanced, pairOf } from '../support/balanced.ts'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { loadFile } from '../support/load.ts'
import { newPlace, type Place, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { poll } from '../support/waiting.ts'

const echo = await startEcho()
t.teardown(() => echo.close())

/** Two processes that have not seen the session yet, for which the provider is to be asked. */
async function open(t: Test, store: 'sqlite' | 'redis') {
  const op = await startHostileOp({ host: 'localhost' })
  op.refreshTokens.issues = true
  op.bends.claims = (claims) => ({ ...claims, groups: ['admin'] })
  t.teardown(() => op.close())
  const [first, second, third] = [await newPlace(), await newPlace(), await newPlace()]
  const host = `localhost:${first.port}`
  const at = store === 'sqlite' ? 'sqlite' : `redis://127.0.0.1:${(await startRedis(t)).port}`
  const data = store === 'sqlite' ? `data: ${JSON.stringify(first.data)}` : ''
  for (const place of [first, second, third])
    place.write(`
${data}
session: { secret: a-session-secret-of-more-than-thirty-two-bytes, store: "${at}" }
log: { subject_key: a-subject-key-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more, recheck: 15m } }
apps: { wiki: { url: "http://${host}", upstream: "${echo.url}", require: { groups: admin } } }
`)
  const { ask } = createBalanced(host)
  const signing = await startProcess(first)
  const { location, cookies } = await ask(first, '/deep')
  const callback = `/.auth/callback?${op.authorize(new URL(location))}`
  const answer = await ask(first, callback, cookies.map(pairOf).join('; '))
  const cookie = answer.cookies.map(pairOf).find((pair) => pair.startsWith(`claimgate-${first.port}=`)) ?? ''
  await signing.stop()
  await makeOld(third)
  for (const place of [first, second]) {
    const running = await startProcess(place)
    t.teardown(() => running.stop())
  }
  t.teardown(() => {
    for (const place of [first, second, third]) place.remove()
  })
  return {
    op,
    places: [first, second],
    ask: async (place: Place) => (await ask(place, '/admin', cookie)).status,
  }
}

/** As if the provider had answered for everybody an hour ago. */
async function makeOld(place: Place): Promise<void> {
  const runtime = openRuntime(loadFile(place.file).gateway, {
    ...{ env: {}, onProviderEvent: () => {}, onStoreFault: () => {} },
  })
  const at = runtime.clock.now()
  for (const { key } of await runtime.store.list({})) {
    const session = await runtime.store.load(key)
    const lock = { id: 'of the test', at, until: at + 60 }
    if (session === null || !(await runtime.store.lock(key, lock))) throw new Error('no session')
    if (!(await runtime.store.renew({ ...session, checkedAt: at - 3600 }, lock.id)))
      throw new Error('not renewed')
    await runtime.store.unlock(key, lock.id)
  }
  runtime.sessions.close()
  await runtime.store.close()
}

for (const store of ['sqlite', 'redis'] as const) {
  t.test(
    `S-167: on ${store}, one of two processes asks, though the answer takes longer than anybody waits`,
    async (t) => {
      const { op, places, ask } = await open(t, store)
      const answer = Promise.withResolvers<void>()
      op.bends.claims = (claims) => ({ ...claims, groups: ['ops'] })
      op.bends.before = { token: () => answer.promise }
      const { token } = op.counts
      const asked = Array.from({ length: 50 }, (_, i) => ask(places[i % 2] as Place))
      t.same(new Set(await Promise.all(asked)), new Set([200]), 'they go on with what is known')
      t.equal(op.counts.token, token + 1, 'one has asked')
      answer.resolve()
      await poll(
        'what both processes answer',
        () => Promise.all(places.map(ask)),
        (all) => all.every((status) => status === 403),
      )
      t.equal(op.counts.token, token + 1)
      t.equal(op.refreshTokens.alarms, 0)
    },
  )

  t.test(`S-166: on ${store}, a refresh race of two processes logs nobody out`, async (t) => {
    const { op, places, ask } = await open(t, store)
    const { used } = op.refreshTokens
    const asked = Array.from({ length: 100 }, (_, i) => ask(places[i % 2] as Place))
    t.same(new Set(await Promise.all(asked)), new Set([200]))
    t.equal(op.refreshTokens.used, used + 1)
    t.equal(op.refreshTokens.alarms, 0)
  })
}
