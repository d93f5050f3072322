// A limit holds over all workers of a gateway, and a quota over its restarts.
import t from 'tap'
import { poll } from '../support/waiting.ts'
import { connectToEach, newWorkersRig, startedWorkers, twoWorkers } from '../support/workers.ts'

const { stand, start, get, once, metrics, close } = await newWorkersRig()
t.teardown(() => close())

const app = `    require: anyone
    locations:
      - { path: /rate, require: anyone, limits: [{ name: burst, per: app, rate: 31/1d }] }
      - { path: /quota, require: anyone, limits: [{ name: sold, per: app, quota: 33/31d }] }`

t.test('two workers let in together what a limit says; a restart forgets no quota', async (t) => {
  const yaml = stand.yaml({ top: twoWorkers, app })
  const running = await start(t, yaml)
  const numbers = startedWorkers(running).map(({ number }) => number)
  const connections = await connectToEach(running, stand.place.port, numbers)
  const answered = (): readonly number[] =>
    [...connections.values()].flatMap((client) =>
      [...client.text().matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status)),
    )
  const before = answered().length
  for (const path of ['/rate', '/quota'])
    for (let at = 0; at < 3; at++) {
      const wanted = answered().length + 10 * numbers.length
      for (const client of connections.values()) client.write(get(path).repeat(10))
      await poll('all answers', answered, ({ length }) => length === wanted)
    }
  const statuses = answered().slice(before)
  t.equal(statuses.length, 120)
  const all = answered()
  t.equal(all.filter((status) => status === 429).length, 120 - 31 - 33)
  t.match(await metrics(), /^claimgate_limited_total\{app="wiki",limit="burst"\} 29$/m)
  for (const client of connections.values()) client.destroy()
  t.same(await running.stop(), { code: 0, signal: null })
  await start(t, yaml)
  t.match(await once('/quota'), /^HTTP\/1\.1 429 /)
  t.match(await once('/rate'), /^HTTP\/1\.1 429 /, 'with workers rates rest beside the quotas')
})
