// Who ends has another one in its place, after a pause that grows; until all serve, nobody is replaced.
import t, { type Test } from 'tap'
import type { WorkerEnd } from '../../../src/http/workers/cluster.ts'
import type { Listening, LivingWorker } from '../../../src/http/workers/living-worker.ts'
import { createWorkerPlaces } from '../../../src/http/workers/worker-places.ts'

const killed: WorkerEnd = { status: null, signal: 'SIGKILL', said: '', hasLostLine: false }
const failed: Listening = {
  kind: 'failed',
  failure: { message: 'taken', isFault: false, system: {} },
}

function open(
  _t: Test,
  {
    count = 2,
    cannotStart = () => false,
    cannotServe = () => false,
  }: { count?: number; cannotStart?: () => boolean; cannotServe?: () => boolean } = {},
) {
  const workers: (LivingWorker & {
    listen(outcome?: Listening): void
    end(): void
    readonly stopped: number[]
  })[] = []
  const told: string[] = []
  const left: number[] = []
  const waits: { ms: number; then: () => void }[] = []
  let nowMs = 0
  const start = async (): Promise<LivingWorker> => {
    if (cannotStart()) throw new Error('no process can be made')
    const listening = Promise.withResolvers<Listening>()
    const ended = Promise.withResolvers<WorkerEnd>()
    const number = workers.length + 1
    const stopped: number[] = []
    const worker = {
      number,
      pid: 1000 + number,
      listening: listening.promise,
      ended: ended.promise,
      failure: () => null,
      ask: async () => null,
      samples: () => [],
      prepare: async () => [],
      commit: async () => {},
      abort: () => {},
      stopped,
      stop: (graceMs: number) => {
        stopped.push(graceMs)
        ended.resolve({ ...killed, status: 0, signal: null })
      },
      listen: (outcome: Listening = { kind: 'listening', ports: [80] }) => listening.resolve(outcome),
      end: () => {
        listening.resolve({ kind: 'ended', end: killed })
        ended.resolve(killed)
      },
    }
    workers.push(worker)
    return worker
  }
  const places = createWorkerPlaces({
    count,
    start,
    failed: (worker, end) => new Error(`worker ${worker.number} ${end?.signal ?? 'failed'}`),
    serves: (worker) => {
      if (cannotServe()) throw new Error('its socket cannot be put in its place')
      told.push(`${worker.number} serves`)
    },
    left: (worker) => void left.push(worker.number),
    ended: (worker, _end, pauseMs) => void told.push(`${worker.number} ended, pause ${pauseMs}`),
    fault: (thrown) => void told.push(String(thrown)),
    nowMs: () => nowMs,
    wait: (ms, then) => void waits.push({ ms, then }),
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    ...{ places, workers, told, left, waits, turn },
    pass: (ms: number) => {
      nowMs += ms
    },
    /** The next pause is over. */
    go: async () => {
      waits.shift()?.then()
      await turn()
    },
    serving: async () => {
      const filled = places.fill()
      await turn()
      for (const worker of workers) worker.listen()
      await filled
    },
  }
}

t.test('as many are started as are asked for, and each is told when it serves', async (t) => {
  const { serving, told, places } = open(t, { count: 3 })
  await serving()
  t.same(told, ['1 serves', '2 serves', '3 serves'])
  t.same(
    places.living().map(({ number }) => number),
    [1, 2, 3],
  )
})

t.test('one that cannot begin keeps the gateway from starting, and is not replaced', async (t) => {
  const { places, workers, told, waits, turn } = open(t)
  const filled = t.rejects(places.fill(), /worker 2 failed/)
  await turn()
  workers[0]?.listen()
  workers[1]?.listen(failed)
  workers[1]?.end()
  await filled
  await turn()
  t.same(told, ['1 serves'])
  t.same(waits, [])
})

t.test('one that dies before it serves is named with how', async (t) => {
  const { places, workers, turn } = open(t)
  const filled = t.rejects(places.fill(), /worker 1 SIGKILL/)
  await turn()
  workers[0]?.end()
  workers[1]?.listen()
  await filled
})

t.test('one that dies while others still begin is replaced when all have', async (t) => {
  const { places, workers, told, turn, waits } = open(t)
  const filled = places.fill()
  await turn()
  workers[0]?.listen()
  await turn()
  workers[0]?.end()
  await turn()
  t.same(waits, [])
  workers[1]?.listen()
  await filled
  t.same(told, ['1 serves', '2 serves', '1 ended, pause 0'])
  t.equal(waits.length, 1)
})

t.test('ends in a row have growing pauses, each worker its own; after a minute of life none', async (t) => {
  const { serving, workers, told, turn, go, pass } = open(t)
  await serving()
  workers[0]?.end()
  await turn()
  await go()
  workers[2]?.listen()
  await turn()
  workers[2]?.end()
  await turn()
  workers[1]?.end()
  await turn()
  t.same(told.slice(2), ['1 ended, pause 0', '3 serves', '3 ended, pause 1000', '2 ended, pause 0'])
  await go()
  pass(60_000)
  workers[3]?.end()
  await turn()
  t.equal(told.at(-1), '4 ended, pause 0')
})

t.test('a process that cannot be made is told, and tried again with pauses', async (t) => {
  let cannot = false
  const { serving, workers, told, turn, go, waits } = open(t, { cannotStart: () => cannot })
  await serving()
  cannot = true
  workers[0]?.end()
  await turn()
  await go()
  t.equal(told.at(-1), 'Error: no process can be made')
  t.equal(waits[0]?.ms, 1_000)
  await go()
  t.equal(waits[0]?.ms, 2_000)
  cannot = false
  await go()
  workers[2]?.listen()
  await turn()
  t.equal(told.at(-1), '3 serves')
})

t.test('one that begins while the gateway stops is not told to serve', async (t) => {
  const { serving, places, workers, told, turn, go } = open(t)
  await serving()
  workers[0]?.end()
  await turn()
  await go()
  const stopped = places.stop(8_000)
  workers[2]?.listen()
  await stopped
  await turn()
  t.notOk(told.includes('3 serves'))
})

t.test('a stop ends all in good order, and nobody is replaced behind it', async (t) => {
  const { serving, places, workers, told, turn, go, waits } = open(t)
  await serving()
  workers[0]?.end()
  await turn()
  await places.stop(8_000)
  t.same(workers[1]?.stopped, [8_000])
  await go()
  t.equal(workers.length, 2)
  t.same(waits, [])
  t.equal(told.at(-1), '1 ended, pause 0', 'the one that was told to end is no accident')
})

t.test('one that listens where nobody finds it is stopped, and another one takes its place', async (t) => {
  let cannot = false
  const { serving, places, workers, told, turn, go, waits } = open(t, { cannotServe: () => cannot })
  await serving()
  cannot = true
  workers[0]?.end()
  await turn()
  await go()
  workers[2]?.listen()
  await turn()
  t.same(workers[2]?.stopped, [0])
  t.same(told.slice(3), ['Error: its socket cannot be put in its place', '3 ended, pause 1000'])
  t.equal(waits.length, 1, 'one is started, not one for the fault and one for the end')
  cannot = false
  await go()
  workers[3]?.listen()
  await turn()
  t.same(
    places.living().map(({ number }) => number),
    [2, 4],
  )
})

t.test('of each that ends it is told that it left, of one that is stopped too', async (t) => {
  const { serving, places, workers, left, turn } = open(t)
  await serving()
  workers[0]?.end()
  await turn()
  t.same(left, [1])
  await places.stop(8_000)
  t.same(left, [1, 2])
})
