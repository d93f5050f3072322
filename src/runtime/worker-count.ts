import { availableParallelism } from 'node:os'
import type { Gateway } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'

/** How many processes take requests on this machine. `cores`: those that this process may use, by cgroups too. */
export function workerCount(
  { workers }: Pick<Gateway, 'workers'>,
  cores: number = availableParallelism(),
): number {
  return workers === 'auto' ? Math.min(limits.workers, Math.max(1, cores)) : workers
}
