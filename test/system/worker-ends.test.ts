// Workers that die, and how the gateway stops: nobody loses more than what the dead one had in hand.
import t from 'tap'
import { startProcess } from '../support/process.ts'
import { rawClient, statusOf } from '../support/raw.ts'
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
const { stand, yaml, start, get, once, ready, metrics, counted } = rig
const { place } = stand
t.teardown(() => rig.close())

t.test('a worker that is killed takes what it had in hand with it, and nothing else', async (t) => {
  const app = await startKeepingApp()
  t.teardown(() => app.close())
  const running = await start(
    t,
    stand.yaml({ top: twoWorkers, app: '    require: anyone', upstream: app.url }),
  )
  const [first, second] = bothWorkers(running)
  const connections = await connectToEach(running, place.port, [first.number, second.number], '/who')
  const before = await counted()
  app.keep()
  for (const client of connections.values()) client.write(get('/held'))
  await poll('both requests to be under way', app.kept, (kept) => kept === 2)
  process.kill(first.pid, 'SIGKILL')
  app.letGo()
  // While nobody knows yet that it is gone, and while another one begins.
  const statuses: number[] = []
  const replaced = running.logged(({ event, worker }) => event === 'worker.started' && worker === 3)
  let over = false
  void replaced.then(() => {
    over = true
  })
  for (let tries = 0; tries < 50 || !over; tries += 1) statuses.push(statusOf(await once('/after')))
  t.same(
    statuses.filter((status) => status !== 200),
    [],
    `${statuses.length} requests that began behind the death`,
  )
  await connections.get(first.number)?.closed()
  t.notMatch(connections.get(first.number)?.text() ?? '', 'the end\n')
  t.match(await connections.get(second.number)?.until(/the end[\s\S]*the end/), /the end$/)
  t.match(eventsOf(running, 'worker.ended'), [
    { level: 50, worker: first.number, pid: first.pid, signal: 'SIGKILL', pause_seconds: 0 },
  ])
  const after = await metrics()
  t.match(after, /^claimgate_worker_ends_total 1$/m)
  t.ok((await counted()) >= before, 'what it had counted is not forgotten')
  await poll('it to be ready', ready, ({ status }) => status === 200)
  await connectToEach(running, place.port, [3], '/third')
})

t.test('one that dies again and again is replaced with pauses that grow', async (t) => {
  const running = await start(t)
  const pauses: unknown[] = []
  let [victim] = startedWorkers(running)
  for (let deaths = 0; deaths < 3; deaths += 1) {
    if (victim === undefined) throw new Error('nobody is there to die')
    const { pid, number } = victim
    process.kill(pid, 'SIGKILL')
    const ended = await running.logged((line) => line.event === 'worker.ended' && line.worker === number)
    pauses.push(ended.pause_seconds)
    const next = await running.logged(
      (line) => line.event === 'worker.started' && Number(line.worker) === 3 + deaths,
    )
    victim = { number: Number(next.worker), pid: Number(next.pid) }
  }
  t.same(pauses, [0, 1, 2])
})

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
