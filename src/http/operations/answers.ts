import type { ServerContext } from '../server/context.ts'
import { type Readiness, readReadiness } from './readiness.ts'

/** What the operator's tools are told: at the admin address, and at the local socket. */
export interface OperatorAnswers {
  readiness(): Promise<Readiness>
  /** Prometheus text format. */
  metrics(): Promise<string>
}

/** Of a process that serves requests itself. */
export function ownAnswers(
  { editions, metrics, log }: Pick<ServerContext, 'editions' | 'metrics' | 'log'>,
  draining: () => boolean,
): OperatorAnswers {
  return {
    readiness: () => readReadiness(editions.current(), draining()),
    metrics: () => metrics.text(editions.current().providers, log),
  }
}
