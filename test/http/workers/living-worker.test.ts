// One worker as the process sees it that started it: what it is asked, and what becomes of who waits when it is gone.
import t, { type Test } from 'tap'
import type { Readiness } from '../../../src/http/operations/readiness.ts'
import type { ForkListeners, WorkerEnd } from '../../../src/http/workers/cluster.ts'
import { startWorker } from '../../../src/http/workers/living-worker.ts'
import type { FromWorker, ToWorker, WorkerStart } from '../../../src/http/workers/messages.ts'
import { outcomeOf } from '../../support/waiting.ts'

const end: WorkerEnd = { status: null, signal: 'SIGKILL', said: '', hasLostLine: false }
const start = { edition: 1, files: new Map() } as unknown as WorkerStart
const readiness: Readiness = { ready: true, store: 'ok', draining: false, providers: {} }

function open(t: Test, answer: (message: ToWorker) => FromWorker | null = () => null) {
  let listeners: ForkListeners | null = null
  const sent: ToWorker[] = []
  const told: string[] = []
  let killed = 0
  const worker = startWorker(
    (given) => {
      listeners = given
      return {
        number: 3,
        pid: 1003,
        send: (message) => {
          sent.push(message)
          const back = answer(message)
          if (back !== null) given.message(back)
        },
        kill: () => {
          killed += 1
          given.ended(end)
        },
      }
    },
    start,
    { lines: (text) => void told.push(text), told: ({ kind }) => void told.push(kind) },
  )
  t.teardown(() => listeners?.ended(end))
  return {
    ...{ worker, sent, told },
    killed: () => killed,
    say: (message: FromWorker) => listeners?.message(message),
    lines: (text: string) => listeners?.lines(text),
    end: () => listeners?.ended(end),
  }
}

t.test('it is given what to serve first of all, and says when it listens', async (t) => {
  const { worker, sent, say, lines, told } = open(t)
  t.same(sent, [{ kind: 'start', start }])
  say({ kind: 'listening', ports: [8080] })
  t.same(await outcomeOf(worker.listening), { kind: 'listening', ports: [8080] })
  lines('{}\n')
  say({ kind: 'certificate', certificate: { role: 'upstream', host: 'app', endsAt: 1 } })
  t.same(told, ['{}\n', 'certificate'])
})

t.test(
  'its answer is its last word on what it counted, and one question is under way at a time',
  async (t) => {
    const samples = [{ name: 'a', samples: [{ labels: {}, value: 2 }] }]
    const { worker, sent, say, end } = open(t)
    const asked = [worker.ask(), worker.ask()]
    t.equal(sent.filter(({ kind }) => kind === 'ask').length, 1)
    const id = sent.flatMap((message) => (message.kind === 'ask' ? [message.id] : []))[0] ?? 0
    say({ kind: 'answer', id: id + 1, answer: { readiness, samples: [] } })
    say({ kind: 'answer', id, answer: { readiness, samples } })
    t.match(await outcomeOf(Promise.all(asked)), [{ readiness }, { readiness }])
    t.match(worker.samples(), samples)
    const again = worker.ask()
    end()
    t.equal(await outcomeOf(again), null, 'who is gone answers nothing')
    t.match(worker.samples(), samples)
  },
)

t.test('one that stands still is not asked again before it has answered', async (t) => {
  const { worker, sent, say } = open(t)
  t.equal(await outcomeOf(worker.ask()), null, 'no answer in time')
  const again = worker.ask()
  const asks = sent.flatMap((message) => (message.kind === 'ask' ? [message.id] : []))
  t.equal(asks.length, 1)
  say({ kind: 'answer', id: asks[0] ?? 0, answer: { readiness, samples: [] } })
  t.match(await outcomeOf(again), { readiness })
  void worker.ask()
  t.equal(sent.filter(({ kind }) => kind === 'ask').length, 2)
})

t.test('what is no list of samples changes nothing that was known', async (t) => {
  const { worker } = open(t, (message) =>
    message.kind === 'ask'
      ? { kind: 'answer', id: message.id, answer: { readiness, samples: 'text' as never } }
      : null,
  )
  t.match(await outcomeOf(worker.ask()), { readiness })
  t.same(worker.samples(), [])
})

t.test('faults of a configuration are its vote; one that ends has none', async (t) => {
  const next = { edition: 2, files: new Map() }
  const refusing = open(t, (message) =>
    message.kind === 'prepare' ? { kind: 'prepared', id: message.id, faults: ['no'] } : null,
  )
  t.same(await outcomeOf(refusing.worker.prepare(next)), ['no'])
  refusing.worker.abort()
  t.same(refusing.sent.at(-1), { kind: 'abort' })
  const dying = open(t)
  const vote = dying.worker.prepare(next)
  dying.end()
  t.equal(await outcomeOf(vote), null)
})

t.test('a configuration is in force when it says so, or when it is gone', async (t) => {
  const { worker, sent, say, end } = open(t)
  let done = false
  const committed = worker.commit().then(() => {
    done = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(done, false)
  const id = sent.flatMap((message) => (message.kind === 'commit' ? [message.id] : []))[0] ?? 0
  say({ kind: 'committed', id })
  t.equal(await outcomeOf(committed), undefined)
  const other = worker.commit()
  end()
  t.equal(await outcomeOf(other), undefined)
})

t.test('one that cannot begin says why, and is ended if it does not end', async (t) => {
  const { worker, say, killed } = open(t)
  const failure = { message: 'taken', isFault: false, system: { code: 'EADDRINUSE' } }
  say({ kind: 'failed', failure })
  t.same(await outcomeOf(worker.listening), { kind: 'failed', failure })
  t.same(worker.failure(), failure)
  t.same(await outcomeOf(worker.ended), end)
  t.equal(killed(), 1)
})

t.test('one that does not stop in its time is ended by force; one that does is not', async (t) => {
  const stubborn = open(t)
  stubborn.worker.stop(0)
  t.match(stubborn.sent.at(-1), { kind: 'stop', graceMs: 0 })
  t.same(await outcomeOf(stubborn.worker.ended), end)
  t.equal(stubborn.killed(), 1)
  const good = open(t)
  good.worker.stop(0)
  good.end()
  t.same(await outcomeOf(good.worker.ended), end)
  t.equal(good.killed(), 0)
})
