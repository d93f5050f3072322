import { limits } from '../../core/limits/table.ts'
import type { GivenConfiguration } from '../../runtime/agreement.ts'
import type { MetricSamples } from '../operations/metric-samples.ts'
import { readMetricSamples } from '../operations/metric-samples.ts'
import type { Fork, ForkedWorker, WorkerEnd } from './cluster.ts'
import type { FromWorker, StartFailure, WorkerAnswer, WorkerStart } from './messages.ts'

/** One worker, from its start to its end. */
export interface LivingWorker {
  readonly number: number
  readonly pid: number
  /** Its ports once it listens; else why it could not, or how it ended before. Never rejects. */
  readonly listening: Promise<Listening>
  readonly ended: Promise<WorkerEnd>
  /** Why it could not begin, if it said so. */
  failure(): StartFailure | null
  /** What it says of itself; null: it does not answer in time, or has ended. One question is under way at a time. */
  ask(): Promise<WorkerAnswer | null>
  /** What it counted when it answered last. */
  samples(): readonly MetricSamples[]
  /** Every fault; null: it has ended, and whoever takes its place serves what is decided. */
  prepare(next: GivenConfiguration): Promise<readonly string[] | null>
  /** Resolves when it serves by that, has ended, or does not answer. */
  commit(): Promise<void>
  abort(): void
  /** Ends in good order; by force when it does not. */
  stop(graceMs: number): void
}

export type Listening =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  | { readonly kind: 'ended'; readonly end: WorkerEnd }

/** What it says of its own accord. */
export interface WorkerVoice {
  readonly lines: (lines: string) => void
  readonly told: (message: Extract<FromWorker, { kind: 'event' | 'certificate' }>) => void
}

/** Starts one, with what it is to serve. */
export function startWorker(fork: Fork, start: WorkerStart, { lines, told }: WorkerVoice): LivingWorker {
  const listening = Promise.withResolvers<Listening>()
  const ended = Promise.withResolvers<WorkerEnd>()
  /** Who waits for what, by the id of the question. */
  const waiting = new Map<number, (message: FromWorker | null) => void>()
  let questions = 0
  let failure: StartFailure | null = null
  let samples: readonly MetricSamples[] = []
  let asked: Promise<WorkerAnswer | null> | null = null

  const forked: ForkedWorker = fork({
    lines,
    message: (message) => {
      switch (message.kind) {
        case 'listening':
          return listening.resolve(message)
        case 'failed':
          failure = message.failure
          endByForce(limits.workerStopMs)
          return listening.resolve(message)
        case 'prepared':
        case 'committed':
        case 'answer':
          return waiting.get(message.id)?.(message)
        case 'event':
        case 'certificate':
          return told(message)
      }
    },
    ended: (end) => {
      for (const tell of [...waiting.values()]) tell(null)
      listening.resolve({ kind: 'ended', end })
      ended.resolve(end)
    },
  })
  forked.send({ kind: 'start', start })

  function endByForce(afterMs: number): void {
    const timer = setTimeout(forked.kill, afterMs)
    void ended.promise.then(() => clearTimeout(timer))
  }

  /** The answer to a question, `late` when none came in time, null when it has ended. */
  function answerTo(send: (id: number) => void, withinMs: number): Promise<FromWorker | 'late' | null> {
    questions += 1
    const id = questions
    return new Promise((resolve) => {
      const settle = (found: FromWorker | 'late' | null): void => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(found)
      }
      const timer = setTimeout(() => settle('late'), withinMs)
      waiting.set(id, settle)
      send(id)
    })
  }

  /** One that stands still is asked once, and not again before it has answered: nothing piles up for it. */
  function ask(): Promise<WorkerAnswer | null> {
    asked ??= new Promise<FromWorker | null>((resolve) => {
      questions += 1
      const id = questions
      waiting.set(id, (message) => {
        waiting.delete(id)
        resolve(message)
      })
      forked.send({ kind: 'ask', id })
    }).then((message) => {
      asked = null
      if (message?.kind !== 'answer' || message.answer === null) return null
      samples = readMetricSamples(message.answer.samples) ?? samples
      return message.answer
    })
    return inTime(asked)
  }

  return {
    number: forked.number,
    pid: forked.pid,
    listening: listening.promise,
    ended: ended.promise,
    failure: () => failure,
    ask,
    samples: () => samples,
    prepare: async (next) => {
      const send = (id: number) => forked.send({ kind: 'prepare', id, next })
      const message = await answerTo(send, limits.workerPrepareMs)
      if (message === null) return null
      if (message === 'late' || message.kind !== 'prepared')
        return [
          `worker ${forked.number} (pid ${forked.pid}) did not answer within ${limits.workerPrepareMs / 1000} s`,
        ]
      return message.faults
    },
    commit: async () => {
      await answerTo((id) => forked.send({ kind: 'commit', id }), limits.workerAnswerMs)
    },
    abort: () => forked.send({ kind: 'abort' }),
    stop: (graceMs) => {
      forked.send({ kind: 'stop', graceMs })
      endByForce(graceMs + limits.workerStopMs)
    },
  }
}

/** Null when it does not come in time. */
function inTime(answer: Promise<WorkerAnswer | null>): Promise<WorkerAnswer | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), limits.workerAnswerMs)
    void answer.then((found) => {
      clearTimeout(timer)
      resolve(found)
    })
  })
}
