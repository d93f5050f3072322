// How a gateway with workers stops: what is under way ends, and nobody is left over.
import t from 'tap'
import { startProcess } from '../support/process.ts'
import { rawClient } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import {
  bothWorkers,
  connectToEach,
  eventsOf,
  newWorkersRig,
  parentOf,
  startedWorkers,
  startKeepingApp,
  twoWorkers,
} from '../support/workers.ts'

const rig = await newWorkersRig()
const { stand, yaml, start, get } = rig
const { place } = stand
t.teardown(() => rig.close())

t.test(
  'SIGTERM to the whole group: what is under way in each worker ends, and the status is 0',
  async (t) => {
    const app = await startKeepingApp()
    t.teardown(() => app.close())
    const running = await start(
      t,
      stand.yaml({ top: twoWorkers, app: '    require: anyone', upstream: app.url }),
    )
    const numbers = startedWorkers(running).map(({ number }) => number)
    const connections = await connectToEach(running, place.port, numbers, '/who')
    app.keep()
    for (const client of connections.values()) client.write(get('/held'))
    await poll('both requests to be under way', app.kept, (kept) => kept === 2)
    process.kill(-running.pid, 'SIGTERM')
    await running.logged(({ event }) => event === 'gateway.stopping')
    await poll(
      'nobody to listen',
      () =>
        rawClient(place.port).then(
          () => 'connected',
          (thrown) => thrown.code,
        ),
      (outcome) => outcome === 'ECONNREFUSED',
    )
    app.letGo()
    for (const client of connections.values()) t.match(await client.closed(), /the end$/)
    t.same(await running.exited, { code: 0, signal: null })
    t.equal(eventsOf(running, 'request').filter(({ path }) => path === '/held').length, 2, 'their lines too')
    t.same(eventsOf(running, 'worker.ended'), [])
    t.equal(running.log().at(-1)?.event, 'gateway.stopped')
  },
)

t.test('what a worker counted is still told while another one drains', async (t) => {
  const app = await startKeepingApp()
  t.teardown(() => app.close())
  const running = await start(
    t,
    stand.yaml({ top: twoWorkers, app: '    require: anyone', upstream: app.url }),
  )
  const [drained, ended] = bothWorkers(running)
  const connections = await connectToEach(running, place.port, [drained.number, ended.number], '/who')
  const before = await rig.counted()
  app.keep()
  connections.get(drained.number)?.write(get('/held'))
  await poll('the request to be under way', app.kept, (kept) => kept === 1)
  running.signal('SIGTERM')
  await poll(
    'the worker without a request to be gone',
    () => parentOf(ended.pid),
    (parent) => parent === null,
  )
  t.equal(await rig.counted(), before)
  t.match(await rig.metrics(), /^claimgate_workers 1$/m)
  app.letGo()
  t.same(await running.exited, { code: 0, signal: null })
})

t.test('a second signal ends all of them at once', async (t) => {
  const app = await startKeepingApp()
  t.teardown(() => app.close())
  const running = await start(
    t,
    stand.yaml({ top: twoWorkers, app: '    require: anyone', upstream: app.url }),
  )
  const workers = startedWorkers(running)
  app.keep()
  const inFlight = await rawClient(place.port, get('/held'))
  await poll('a request to be under way', app.kept, (kept) => kept === 1)
  running.signal('SIGTERM')
  await running.logged(({ event }) => event === 'gateway.stopping')
  running.signal('SIGTERM')
  t.same(await running.exited, { code: 143, signal: null })
  t.equal(await inFlight.closed(), '')
  for (const { pid } of workers)
    await poll(
      'a worker to be gone',
      () => parentOf(pid),
      (parent) => parent === null,
    )
})

t.test('workers whose watcher is killed end too: nothing is served that nobody would log', async (t) => {
  place.write(yaml)
  // What was started goes on when the gateway is gone, so that nobody tidies up behind it.
  const running = await startProcess(place, { through: ['/bin/sh', '-c', '"$@"; sleep 600', 'sh'] })
  t.teardown(() => running.signal('SIGKILL'))
  const workers = startedWorkers(running)
  const watcher = parentOf(workers[0]?.pid ?? 0)
  if (watcher === null) throw new Error('the worker has a parent')
  process.kill(watcher, 'SIGKILL')
  for (const { pid } of workers)
    await poll(
      'a worker to be gone',
      () => parentOf(pid),
      (parent) => parent === null,
    )
  t.equal(
    await rawClient(place.port).then(
      () => 'connected',
      (thrown) => thrown.code,
    ),
    'ECONNREFUSED',
  )
})
