import type { Readiness } from '../operations/readiness.ts'

/** Of a gateway with workers: how many there are to be, and how many of them are ready. */
export interface ReadinessOfAll extends Readiness {
  readonly workers: { readonly expected: number; readonly ready: number }
}

type ProviderState = Readiness['providers'][string]

/** What is worse stands later. */
const states: readonly ProviderState[] = ['ready', 'pending', 'failed']

/** Ready when all workers are. Null stands for one that did not answer; one that is being replaced has no answer at all. */
export function readinessOfAll(
  answers: readonly (Readiness | null)[],
  expected: number,
  draining: boolean,
): ReadinessOfAll {
  const answered = answers.filter((answer) => answer !== null)
  const ready = answered.filter((answer) => answer.ready).length
  // Whether it can be reached is not known while nobody has said so.
  const reached = answered.length > 0 && answered.every((answer) => answer.store === 'ok')
  return {
    ready: !draining && ready === expected,
    store: reached ? 'ok' : 'unavailable',
    ...keysOfAll(answered),
    draining,
    providers: worstOf(answered.map(({ providers }) => providers)),
    workers: { expected, ready },
  }
}

function keysOfAll(answers: readonly Readiness[]): Pick<Readiness, 'keys'> {
  const states = answers.flatMap(({ keys }) => keys ?? [])
  if (states.length === 0) return {}
  return { keys: states.every((state) => state === 'ok') ? 'ok' : 'unavailable' }
}

function worstOf(all: readonly Readiness['providers'][]): Readiness['providers'] {
  const worst: Record<string, ProviderState> = {}
  for (const providers of all)
    for (const [name, state] of Object.entries(providers)) {
      const before = worst[name] ?? 'ready'
      worst[name] = states.indexOf(state) > states.indexOf(before) ? state : before
    }
  return worst
}
