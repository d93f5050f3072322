import type { Timeouts } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'

/** How long apps are waited for, and how many at once. A test brings a shorter one. */
export interface Patience {
  /** One answer. */
  readonly answerSeconds: number
  /** A refusal of a stranger. The app was asked just before, and is awake. */
  readonly refusalSeconds: number
  /** All paths of one app; of all apps, from the start of the run. */
  readonly appMs: number
  readonly runMs: number
  /** How many things are asked side by side. */
  readonly partsAtOnce: number
}

export const usualPatience: Patience = {
  answerSeconds: limits.doctorAnswerMs / 1000,
  refusalSeconds: limits.doctorRefusalMs / 1000,
  appMs: limits.doctorAppMs,
  runMs: limits.doctorRunMs,
  partsAtOnce: limits.doctorPartsAtOnce,
}

/** The times of the file, none longer than so many seconds. */
export function timeoutsWithin(timeouts: Timeouts, seconds: number): Timeouts {
  const { connectSeconds, responseSeconds } = timeouts
  return {
    ...timeouts,
    connectSeconds: Math.min(connectSeconds, seconds),
    responseSeconds: Math.min(responseSeconds, seconds),
  }
}

/** Begins at most so many at once, in their order; each promise is that of the job at its place. */
export function startInTurn<Value>(
  jobs: readonly (() => Promise<Value>)[],
  most: number,
): readonly Promise<Value>[] {
  const places = jobs.map((job) => ({ job, ...Promise.withResolvers<Value>() }))
  const waiting = places.values()
  const work = async (): Promise<void> => {
    for (const { job, resolve, reject } of waiting) await job().then(resolve, reject)
  }
  for (let i = 0; i < most; i += 1) void work()
  // Who reads the result learns of a failure; until then it is nobody's.
  for (const { promise } of places) promise.catch(() => {})
  return places.map(({ promise }) => promise)
}
