// Workers that die, and how the gateway stops: nobody loses more than what the dead one had in hand.
import t from 'tap'
import { statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import {
  bothWorkers,
  connectToEach,
  eventsOf,
  newWorkersRig,
  startedWorkers,
  startKeepingApp,
  twoWorkers,
} from '../support/workers.ts'

const rig = await newWorkersRig()
const { stand, start, get, once, ready, metrics, counted } = rig
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
  const own = connections.get(first.number)
  own?.write(get('/counted').repeat(10))
  await poll(
    'its answers',
    () => own?.text().split('the end').length,
    (pieces) => pieces === 12,
  )
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
  t.ok((await counted()) >= before + statuses.length, 'what it had counted is not forgotten')
  await poll('it to be ready', ready, ({ status }) => status === 200)
  await connectToEach(running, place.port, [3], '/third')
})

t.test('one that dies again and again is replaced with pauses that grow', async (t) => {
  const running = await start(t)
  const pauses: unknown[] = []
  let [victim] = startedWorkers(running)
  for (let deaths = 0; deaths < 2; deaths += 1) {
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
  t.same(pauses, [0, 1])
})
