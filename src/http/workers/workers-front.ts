import type { Gateway } from '../../core/gateway.ts'
import type { GivenConfiguration, GivenFiles, Prepared } from '../../runtime/agreement.ts'
import { type ListenSocket, openListenSocket } from '../../runtime/listen-socket.ts'
import type { CertificateWatch } from '../operations/certificates.ts'
import type { ServerContext } from '../server/context.ts'
import type { Front, OpenFront } from '../server/front.ts'
import { answersAt } from '../server/listening.ts'
import { answersOfAll } from './answers-of-all.ts'
import type { Fork, WorkerEnd } from './cluster.ts'
import { type LivingWorker, startWorker } from './living-worker.ts'
import type { FromWorker } from './messages.ts'
import { createSharedEvents } from './shared-events.ts'
import { errorOfFailure } from './start-failure.ts'
import { createWorkerPlaces } from './worker-places.ts'

export interface WorkersOptions {
  readonly count: number
  readonly fork: Fork
  /** Of the program, for workers of another one. */
  readonly version: string
  /** Where the configuration came from, and all that was read for it. */
  readonly file: string
  readonly cwd: string
  readonly files: GivenFiles
  readonly isTerminal: boolean
}

/** Requests are served by workers of this process, which serve one configuration. */
export function workersFront(options: WorkersOptions): OpenFront {
  return async (context, certificates) => {
    context.metrics.workers(0)
    return openWorkersFront(options, context, certificates)
  }
}

function openWorkersFront(
  options: WorkersOptions,
  context: ServerContext,
  certificates: Pick<CertificateWatch, 'seen'>,
): Front {
  const { editions, log, metrics } = context
  const { count, fork, files } = options
  const first = editions.current()
  let inForce: GivenConfiguration = { edition: first.edition, files }
  /** While a configuration is ready and not decided: whoever is started meanwhile waits for it. */
  let deciding: Promise<void> = Promise.resolve()
  let sockets: readonly (ListenSocket | null)[] = []
  let ports: readonly number[] = []
  let draining = false

  const shared = createSharedEvents(log, {
    nowMs: () => first.clock.monotonicMs(),
    nowSeconds: () => first.clock.now(),
  })
  const hear = (message: Extract<FromWorker, { kind: 'event' | 'certificate' }>): void => {
    if (message.kind === 'event') shared.take(message.event)
    else certificates.seen(message.certificate)
  }

  const places = createWorkerPlaces({
    count,
    start: async () => {
      await deciding
      const start = {
        ...startOf(options, context),
        ...inForce,
        drafts: sockets.map((socket) => socket?.draft ?? null),
      }
      return startWorker(fork, start, { lines: log.pass, told: hear })
    },
    serves: (worker) => {
      for (const socket of sockets) socket?.place()
      log.event('info', 'worker.started', { worker: worker.number, pid: worker.pid })
      metrics.workers(places.living().length)
    },
    failed: (worker, end) => failureOf(worker, end),
    left: (worker) => {
      // While others still drain, the metrics are read: what this one counted must not be missing from them.
      answers.keep(worker.samples())
      metrics.workers(places.living().length)
    },
    ended: (worker, end, pauseMs) => {
      metrics.workerEnded()
      if (end.hasLostLine) log.lostLine()
      log.event('error', 'worker.ended', { ...endFields(worker, end), pause_seconds: pauseMs / 1000 })
    },
    fault: (thrown) => log.fault('internal.failed', thrown, {}),
    nowMs: () => first.clock.monotonicMs(),
    wait: (ms, then) => void setTimeout(then, ms).unref(),
  })
  const answers = answersOfAll(context, { places, count, draining: () => draining })

  /** All of them, or none; `decided` when whoever is started may be given what is in force then. */
  async function prepare(next: GivenConfiguration): Promise<Prepared> {
    const { promise, resolve: decided } = Promise.withResolvers<void>()
    await deciding
    deciding = promise
    const asked = places.living()
    const faults = await Promise.all(asked.map((worker) => worker.prepare(next)))
    const all = [...new Set(faults.flatMap((some) => some ?? []))]
    const abort = (): void => {
      for (const worker of asked) worker.abort()
      decided()
    }
    if (all.length > 0) {
      abort()
      return { kind: 'refused', faults: all }
    }
    const commit = async (): Promise<void> => {
      inForce = next
      shared.renew()
      decided()
      await Promise.all(asked.map((worker) => worker.commit()))
    }
    return { kind: 'ready', commit, abort }
  }

  return {
    others: { count, prepare },
    answers,
    listen: async ({ listeners }) => {
      sockets = await Promise.all(
        listeners.map(({ socketPath: path, mode }) =>
          path === null ? null : openListenSocket({ path, mode }, answersAt),
        ),
      )
      await places.fill()
      const [listening] = await Promise.all(places.living().map((worker) => worker.listening))
      if (listening?.kind === 'listening') ports = listening.ports
    },
    ports: ({ listeners }: Gateway) => listeners.map(({ port }, index) => ports[index] ?? port),
    close: async (graceMs) => {
      draining = true
      for (const socket of sockets) socket?.remove()
      answers.stop()
      await places.stop(graceMs)
    },
  }
}

/** What is the same for all workers of this process, whenever they start. */
function startOf({ version, file, cwd, count, isTerminal }: WorkersOptions, context: ServerContext) {
  const runtime = context.editions.current()
  const instances = { requests: context.requestIds.instance, runtime: runtime.instance }
  return { version, file, cwd, instances, workers: count, isTerminal, connectionsOfNetwork: null }
}

/** Of one that could not begin: as it was thrown there, or how it ended. */
function failureOf(worker: LivingWorker, end: WorkerEnd | null): Error {
  const failure = worker.failure()
  if (failure !== null) return errorOfFailure(failure)
  const how = end?.signal ?? `status ${end?.status ?? 'unknown'}`
  return errorOfFailure({
    message: `worker ${worker.number} ended before it could serve (${how})`,
    isFault: true,
    system: {},
  })
}

function endFields(worker: LivingWorker, { status, signal, said, hasLostLine }: WorkerEnd) {
  return {
    worker: worker.number,
    pid: worker.pid,
    status: status ?? undefined,
    signal: signal ?? undefined,
    error: worker.failure()?.message ?? reasonIn(said),
    lines: hasLostLine ? 1 : undefined,
  }
}

/** The line that says why, of all that V8 and Node write when a process falls over. */
function reasonIn(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.trim())
  return (
    lines.find((line) => /^(?:FATAL ERROR|[\w.]*Error\b)/.test(line)) ?? lines.findLast((line) => line !== '')
  )
}
