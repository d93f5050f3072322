// A new configuration reaches all workers or none, also when one of them stands still or cannot have it.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { spawnProcess } from '../support/process.ts'
import { statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import { bothWorkers, connectToEach, eventsOf, newWorkersRig, workerOf } from '../support/workers.ts'

const rig = await newWorkersRig()
const { stand, yaml, start, get, once, ready, counted } = rig
const { place } = stand
t.teardown(() => rig.close())

/** The same, where nobody may have what anyone may have. */
const closed = yaml.replace('path: /public, require: anyone', 'path: /public, require: nobody')

t.test('a worker that stands still makes the gateway unready, and the other one serves', async (t) => {
  const running = await start(t)
  const [first, second] = bothWorkers(running)
  const before = await counted()
  process.kill(first.pid, 'SIGSTOP')
  // The other one counts as not ready too where it does not answer in time.
  const alone = await poll('the other one to be ready alone', ready, ({ workers }) => workers?.ready === 1)
  t.match(alone, { status: 503, ready: false, workers: { expected: 2, ready: 1 } })
  t.ok((await counted()) >= before, 'what it had said before still counts')
  for (let tries = 0; tries < 20; tries += 1) t.equal(statusOf(await once('/public/a')), 200)
  t.ok(
    eventsOf(running, 'request')
      .slice(-20)
      .every((line) => workerOf(line) === second.number),
  )

  place.write(closed)
  running.signal('SIGHUP')
  const rejected = await running.logged(({ event }) => event === 'config.rejected')
  t.match(rejected.faults, [new RegExp(`^worker ${first.number} \\(pid ${first.pid}\\) did not answer`)])
  t.equal(statusOf(await once('/public/a')), 200, 'the one that could follow has not')

  process.kill(first.pid, 'SIGCONT')
  await poll('the gateway to be ready again', ready, ({ status }) => status === 200)
  running.signal('SIGHUP')
  await running.logged(({ event }) => event === 'config.loaded')
  const both = await connectToEach(running, place.port, [first.number, second.number])
  for (const [worker, client] of both) {
    client.write(get('/public/b'))
    t.match(await client.until(/403/), /HTTP\/1\.1 403/, `worker ${worker}`)
  }
  const { edition } = eventsOf(running, 'config.loaded')[0] ?? {}
  t.equal(edition, 2)
  t.ok(
    eventsOf(running, 'request')
      .slice(-2)
      .every((line) => line.edition === edition),
  )
})

t.test('what a worker cannot take up, none does; one that comes later serves what is in force', async (t) => {
  const running = await start(t)
  const [first] = bothWorkers(running)
  // What each process reads itself: the secret of the data folder.
  const secret = join(place.data, 'session.secret')
  writeFileSync(secret, 'damaged')
  place.write(closed)
  running.signal('SIGHUP')
  const { faults } = await running.logged(({ event }) => event === 'config.rejected')
  t.match(faults, [/session\.secret is damaged/])
  t.equal(eventsOf(running, 'config.rejected').length, 1)
  t.equal(statusOf(await once('/public/a')), 200)
  rmSync(secret)
  // By now other files lie on the disk than those that serve.
  process.kill(first.pid, 'SIGKILL')
  const next = await running.logged(({ event, worker }) => event === 'worker.started' && worker === 3)
  const found = await connectToEach(running, place.port, [Number(next.worker)])
  for (const client of found.values()) t.match(client.text(), /^HTTP\/1\.1 200/, 'not what lies there now')
})

t.test(
  'SIGHUP to one that still starts does not end it: the files are read again when it serves',
  async (t) => {
    place.write(yaml)
    const running = spawnProcess(['serve', '-c', place.file])
    t.teardown(() => running.stop())
    await running.logged(({ event }) => event === 'worker.started')
    running.signal('SIGHUP')
    const reloaded = await running.logged(({ event }) => event === 'config.unchanged')
    t.match(reloaded, { asked_by: 'signal', edition: 1 })
    t.equal(eventsOf(running, 'gateway.started').length, 1)
  },
)
