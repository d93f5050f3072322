import type { Gateway } from '../../core/gateway.ts'
import { lastingSamples } from '../operations/added-metrics.ts'
import type { OperatorAnswers } from '../operations/answers.ts'
import { addSamples, type MetricSamples } from '../operations/metric-samples.ts'
import type { ServerContext } from '../server/context.ts'
import { readinessOfAll } from './readiness-of-all.ts'
import type { WorkerPlaces } from './worker-places.ts'

export interface AnswersOfAll extends OperatorAnswers {
  /** What one had counted that is no more: sums never fall. */
  keep(samples: readonly MetricSamples[]): void
  stop(): void
}

/** So much of what a worker counts is lost when it is killed. */
const lookEveryMs = 5_000

/** What the operator's tools are told of a gateway with workers: all of them are asked. */
export function answersOfAll(
  { editions, metrics, log }: Pick<ServerContext, 'editions' | 'metrics' | 'log'>,
  {
    places,
    count,
    draining,
  }: {
    readonly places: Pick<WorkerPlaces, 'living'>
    readonly count: number
    readonly draining: () => boolean
  },
): AnswersOfAll {
  let ended: readonly MetricSamples[] = []
  const askAll = () => Promise.all(places.living().map((worker) => worker.ask()))
  const timer = setInterval(() => void askAll(), lookEveryMs).unref()
  return {
    readiness: async () => {
      const answers = await askAll()
      const readiness = answers.map((answer) => answer?.readiness ?? null)
      return readinessOfAll(readiness, count, draining())
    },
    metrics: async () => {
      await askAll()
      // Those who do not answer now are told as they were: a count that fell and rose again would be two.
      const known = places.living().map((worker) => worker.samples())
      return metrics.text(new Map(), log, [...known, namedIn(editions.current().gateway, ended)])
    },
    keep: (samples) => {
      ended = addSamples([ended, lastingSamples(samples)], () => 'sum')
    },
    stop: () => clearInterval(timer),
  }
}

/** Without what was counted of apps and providers that the configuration has no more, as those who live tell it. */
function namedIn(
  { apps, providers }: Pick<Gateway, 'apps' | 'providers'>,
  parts: readonly MetricSamples[],
): readonly MetricSamples[] {
  const names: Readonly<Record<string, ReadonlySet<unknown>>> = {
    app: new Set(['', ...apps.map(({ name }) => name)]),
    provider: new Set(['', ...providers.keys()]),
  }
  const isNamed = (labels: Readonly<Record<string, unknown>>): boolean =>
    Object.entries(labels).every(([label, name]) => names[label]?.has(name) ?? true)
  return parts.map(({ name, samples }) => ({
    name,
    samples: samples.filter(({ labels }) => isNamed(labels)),
  }))
}
