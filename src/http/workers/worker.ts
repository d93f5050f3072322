import { randomBytes } from 'node:crypto'
import { ConfigFault } from '../../core/fault.ts'
import type { WorkerChannel } from './cluster.ts'
import type { ToWorker, WorkerStart } from './messages.ts'
import { failureOf } from './start-failure.ts'
import { openWorkerServing, type WorkerServing } from './worker-serving.ts'

export interface WorkerOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the program that this process runs. */
  readonly version: string
  /** Told as soon as there is a log. */
  readonly onServing: (serving: WorkerServing) => void
}

/**
 * Serves as the process says that started it, until that one says stop. Answers with the exit status: 0 stopped as
 * asked, 1 could not begin. Signals are not for a worker: whoever sends one to the whole group means all of them, and
 * the other process passes it on.
 */
export function runWorker(channel: WorkerChannel, options: WorkerOptions): Promise<number> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
  const { promise, resolve } = Promise.withResolvers<number>()
  const end = (status: number): void => {
    channel.leave()
    resolve(status)
  }
  let serving: WorkerServing | null = null
  const started = Promise.withResolvers<WorkerServing>()
  let before = Promise.resolve()

  async function obey(message: Exclude<ToWorker, { kind: 'ask' | 'stop' }>): Promise<void> {
    switch (message.kind) {
      case 'start':
        serving = await begin(message.start, channel, options)
        started.resolve(serving)
        channel.send({ kind: 'listening', ports: serving.ports })
        return
      case 'prepare':
        channel.send({
          ...{ kind: 'prepared', id: message.id },
          faults: (await serving?.prepare(message.next)) ?? [],
        })
        return
      case 'commit':
        serving?.commit()
        channel.send({ kind: 'committed', id: message.id })
        return
      case 'abort':
        serving?.abort()
    }
  }

  channel.onMessage((message) => {
    if (message.kind === 'ask') {
      // Every question is answered, if only when it listens: the next one waits for that.
      const answer = started.promise.then((one) => one.answer()).catch(() => null)
      void answer.then((said) => channel.send({ kind: 'answer', id: message.id, answer: said }))
    } else if (message.kind === 'stop') {
      // Behind a start that is under way: what it opens would keep this process alive.
      void before.then(() => serving?.close(message.graceMs)).then(() => end(0))
    } else {
      // One after the other: what is said of a configuration comes behind the start, and behind what was said before.
      before = before
        .then(() => obey(message))
        .catch((thrown: unknown) => {
          channel.send({ kind: 'failed', failure: failureOf(thrown) })
          end(1)
        })
    }
  })
  return promise
}

async function begin(
  start: WorkerStart,
  channel: WorkerChannel,
  { env, version, onServing }: WorkerOptions,
): Promise<WorkerServing> {
  if (start.version !== version) {
    const message = `claimgate ${version} is installed, and ${start.version} runs: restart the gateway`
    throw new ConfigFault('CONFIG_INVALID', message)
  }
  const serving = await openWorkerServing(start, { env, random: randomBytes, channel })
  onServing(serving)
  return serving
}
