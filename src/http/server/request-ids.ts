import type { Random } from '../../core/session/seal.ts'

/**
 * Ids for a person to read out and an operator to search for: eight letters of this process, then a number. They say
 * nothing, and a client cannot choose them.
 */
export interface RequestIds {
  /** What they begin with: with an edition it ties a line of the log to the configuration that decided. */
  readonly instance: string
  readonly next: () => string
}

export function createRequestIds(random: Random): RequestIds {
  const instance = random(5).toString('hex').slice(0, 8)
  let count = 0
  return {
    instance,
    next: () => {
      count += 1
      return `${instance}-${count.toString(36).padStart(6, '0')}`
    },
  }
}
