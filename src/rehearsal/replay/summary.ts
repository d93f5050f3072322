import type { LoggedRequest } from './logged-request.ts'
import type { ReplayedRequest } from './outcome.ts'

export type Kind = ReplayedRequest['kind']

export const kinds = ['same', 'now-refused', 'now-let-in', 'answered-otherwise', 'cannot-be-told'] as const

/** What became of a whole log. */
export interface ReplaySummary {
  readonly requests: number
  /** Access lines of requests that were decided by more than the log holds. */
  readonly byMore: number
  /** Lines that are no access lines. */
  readonly others: number
  /** By app and location, in the order in which they came up. */
  readonly places: ReadonlyMap<string, Readonly<Record<Kind, number>>>
  readonly untold: Readonly<Record<'claims' | 'asker', number>>
  /** The first few of each kind of change. */
  readonly examples: readonly Example[]
}

export interface Example {
  readonly request: LoggedRequest
  readonly replayed: ReplayedRequest
}

const mostExamples = 5

type Growing<T> = { -readonly [Key in keyof T]: T[Key] }

/** Counts as lines come: of a log of any length only sums and a few examples are kept. */
export function openSummary() {
  const places = new Map<string, Growing<Record<Kind, number>>>()
  const untold = { claims: 0, asker: 0 }
  const examples = new Map<Kind, Example[]>()
  const counts = { requests: 0, byMore: 0, others: 0 }
  return {
    skip: (kind: 'byMore' | 'others'): void => {
      counts[kind] += 1
    },
    add: (request: LoggedRequest, replayed: ReplayedRequest): void => {
      counts.requests += 1
      const place = places.get(replayed.place) ?? emptyCounts()
      place[replayed.kind] += 1
      places.set(replayed.place, place)
      if (replayed.kind === 'cannot-be-told') untold[replayed.why] += 1
      const list = examples.get(replayed.kind) ?? []
      if (replayed.kind !== 'same' && list.length < mostExamples) list.push({ request, replayed })
      examples.set(replayed.kind, list)
    },
    close: (): ReplaySummary => ({
      ...counts,
      places,
      untold,
      examples: kinds.flatMap((kind) => examples.get(kind) ?? []),
    }),
  }
}

function emptyCounts(): Record<Kind, number> {
  return { same: 0, 'now-refused': 0, 'now-let-in': 0, 'answered-otherwise': 0, 'cannot-be-told': 0 }
}

export function sumOf({ places }: ReplaySummary, kind: Kind): number {
  return [...places.values()].reduce((sum, counts) => sum + counts[kind], 0)
}

/** Whether some request is known to end otherwise. */
export function isOtherwise(summary: ReplaySummary): boolean {
  return (['now-refused', 'now-let-in', 'answered-otherwise'] as const).some(
    (kind) => sumOf(summary, kind) > 0,
  )
}
