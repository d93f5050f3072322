import type { Random } from '../../core/session/seal.ts'

/**
 * Ids for a person to read out and an operator to search for: eight letters of this gateway, the number of a worker if
 * there are several, then a count. They say nothing else, and a client cannot choose them.
 */
export interface RequestIds {
  /** What they begin with, in all workers of one gateway: with an edition it ties a line of the log to the configuration that decided. */
  readonly instance: string
  readonly next: () => string
}

/** `worker`: the gateway whose requests this process takes with others, and its number among all there ever were. */
export function createRequestIds(
  random: Random,
  worker: { readonly instance: string; readonly number: number } | null = null,
): RequestIds {
  const instance = worker?.instance ?? random(5).toString('hex').slice(0, 8)
  const beginning = worker === null ? instance : `${instance}-${worker.number.toString(36)}`
  let count = 0
  return {
    instance,
    next: () => {
      count += 1
      return `${beginning}-${count.toString(36).padStart(6, '0')}`
    },
  }
}
