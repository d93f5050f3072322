import cluster from 'node:cluster'
import { limits } from '../../core/limits/table.ts'
import { type FromWorker, isFromWorker, isToWorker, type ToWorker } from './messages.ts'
import { createWorkerLines } from './worker-lines.ts'

/** A worker, as the process sees it that started it. */
export interface ForkedWorker {
  /** Counted from 1 since the start: one that takes the place of another has a number of its own. */
  readonly number: number
  readonly pid: number
  /** Nothing happens when it is gone. */
  send(message: ToWorker): void
  kill(): void
}

/** How one ended, when all that it had written was read. */
export interface WorkerEnd {
  readonly status: number | null
  readonly signal: string | null
  /** The end of what it wrote to standard error: why it fell over, if Node or V8 said so. */
  readonly said: string
  readonly hasLostLine: boolean
}

export interface ForkListeners {
  readonly message: (message: FromWorker) => void
  /** Whole lines of its log. */
  readonly lines: (lines: string) => void
  readonly ended: (end: WorkerEnd) => void
}

export type Fork = (listeners: ForkListeners) => ForkedWorker

/** What a worker has of the process that started it. */
export interface WorkerChannel {
  readonly number: number
  send(message: FromWorker): void
  onMessage(listener: (message: ToWorker) => void): void
  /** Nothing keeps this process alive any more. */
  leave(): void
}

/**
 * Starts workers: the same program with the same arguments. All of them accept from one socket, which the kernel shares
 * out (decision 41); their output comes through pipes, so that what was written outlives who wrote it.
 */
export function openFork(): Fork {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({ serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const living = new Set<ForkedWorker>()
  // When this process ends at once, nobody is left to say what a worker does.
  process.once('exit', () => {
    for (const worker of living) worker.kill()
  })
  return (listeners) => {
    const worker = cluster.fork()
    const { process: child } = worker
    const lines = createWorkerLines(listeners.lines)
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', lines.take)
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      process.stderr.write(piece)
      said = (said + piece).slice(-limits.workerErrorCharacters)
    })
    worker.on('message', (message: unknown) => {
      if (isFromWorker(message)) listeners.message(message)
    })
    worker.on('error', (error: Error) => {
      // Of a message to one that is just ending nothing is said: its end is told by itself.
      if (child.pid !== undefined) return
      listeners.ended({ status: null, signal: null, said: error.message, hasLostLine: false })
    })
    const forked: ForkedWorker = {
      number: worker.id,
      pid: child.pid ?? 0,
      send: (message) => {
        if (worker.isConnected()) worker.send(message, () => {})
      },
      kill: () => void child.kill('SIGKILL'),
    }
    living.add(forked)
    child.once('close', (status: number | null, signal: string | null) => {
      living.delete(forked)
      listeners.ended({ status, signal, said, hasLostLine: lines.end() })
    })
    return forked
  }
}

/** Null: this process is no worker. */
export function openWorkerChannel(): WorkerChannel | null {
  const { worker } = cluster
  if (worker === undefined) return null
  return {
    number: worker.id,
    send: (message) => {
      if (worker.isConnected()) worker.send(message, () => {})
    },
    onMessage: (listener) => {
      process.on('message', (message: unknown) => {
        if (isToWorker(message)) listener(message)
      })
    },
    leave: () => {
      if (worker.isConnected()) worker.disconnect()
    },
  }
}
