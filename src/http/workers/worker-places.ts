import { noRestarts, pauseBeforeRestart, type Restarts } from '../../core/restart-pause.ts'
import type { WorkerEnd } from './cluster.ts'
import type { LivingWorker } from './living-worker.ts'

/** As many workers as there are to be: whoever ends has another one in its place. */
export interface WorkerPlaces {
  /** Starts all. Rejects with what `failed` makes of the first that cannot serve; then nobody is replaced any more. */
  fill(): Promise<void>
  /** Those that were started and have not ended. */
  living(): readonly LivingWorker[]
  /** Nobody is replaced from now on. All are told to end; resolves when they have. */
  stop(graceMs: number): Promise<void>
}

export interface WorkerPlacesOptions {
  readonly count: number
  /** Starts one. Rejects when it cannot be started at all. */
  readonly start: () => Promise<LivingWorker>
  readonly failed: (worker: LivingWorker, end: WorkerEnd | null) => Error
  /** May throw where it cannot be found by those who connect. */
  readonly serves: (worker: LivingWorker) => void
  /** Of each that has ended, however. */
  readonly left: (worker: LivingWorker) => void
  /** Of one that is to be replaced, after a pause. */
  readonly ended: (worker: LivingWorker, end: WorkerEnd, pauseMs: number) => void
  /** Of one that could not be started in its place. */
  readonly fault: (thrown: unknown) => void
  readonly nowMs: () => number
  readonly wait: (ms: number, then: () => void) => void
}

export function createWorkerPlaces(options: WorkerPlacesOptions): WorkerPlaces {
  const { count, start, nowMs, wait } = options
  const living = new Map<number, LivingWorker>()
  const restarts = new Map<number, Restarts>()
  /** What is being started, and is not living yet. */
  const starting = new Set<Promise<unknown>>()
  /** Ends before all were there. */
  const early: (() => void)[] = []
  let replaces = false
  let stopping = false

  /** One in its place; resolves when it serves, or could not. */
  async function occupy(place: number): Promise<Error | null> {
    const beganMs = nowMs()
    const begun = start().then((worker) => living.set(place, worker) && worker)
    starting.add(begun)
    const worker = await begun.finally(() => starting.delete(begun))
    void worker.ended.then((end) => {
      living.delete(place)
      options.left(worker)
      leave(place, worker, end, nowMs() - beganMs)
    })
    const listening = await worker.listening
    if (listening.kind === 'listening') {
      serve(worker)
      return null
    }
    return options.failed(worker, listening.kind === 'ended' ? listening.end : null)
  }

  function serve(worker: LivingWorker): void {
    // One that was just about to begin when the gateway stopped serves nobody.
    if (stopping) return
    try {
      options.serves(worker)
    } catch (thrown) {
      // Its end has another one started; it must not go on beside that one.
      worker.stop(0)
      if (!replaces) throw thrown
      options.fault(thrown)
    }
  }

  function leave(place: number, worker: LivingWorker, end: WorkerEnd, livedMs: number): void {
    if (stopping) return
    if (!replaces) {
      early.push(() => leave(place, worker, end, livedMs))
      return
    }
    const { pauseMs, next } = pauseBeforeRestart(restarts.get(place) ?? noRestarts, livedMs)
    restarts.set(place, next)
    options.ended(worker, end, pauseMs)
    again(place, pauseMs)
  }

  function again(place: number, pauseMs: number): void {
    wait(pauseMs, () => {
      if (stopping) return
      occupy(place).catch((thrown: unknown) => {
        options.fault(thrown)
        const { pauseMs: next, next: known } = pauseBeforeRestart(restarts.get(place) ?? noRestarts, 0)
        restarts.set(place, known)
        again(place, next)
      })
    })
  }

  return {
    fill: async () => {
      const outcomes = await Promise.all(Array.from({ length: count }, (_, place) => occupy(place)))
      const failure = outcomes.find((outcome) => outcome !== null)
      if (failure !== undefined) throw failure
      replaces = true
      for (const replace of early.splice(0)) replace()
    },
    living: () => [...living.values()],
    stop: async (graceMs) => {
      stopping = true
      await Promise.allSettled(starting)
      const left = [...living.values()]
      for (const worker of left) worker.stop(graceMs)
      await Promise.all(left.map(({ ended }) => ended))
    },
  }
}
