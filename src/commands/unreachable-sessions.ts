import { printable } from '../cli/session-list.ts'
import type { SessionTask } from '../cli/session-task.ts'
import type { Gateway } from '../core/gateway.ts'
import { hasSessionFile } from '../store/sqlite-file.ts'

/** Why a command reaches no session, and what ends them instead. */
export interface Unreachable {
  readonly exitCode: number
  readonly reason: string
}

/** That no provider of the configuration is meant; null: one is, or all are. */
export function whyNoProvider(
  { providers }: Pick<Gateway, 'providers'>,
  { which }: SessionTask,
): string | null {
  const named = 'provider' in which ? which.provider : null
  if (named === null || providers.has(named)) return null
  const known = [...providers.keys()].join(', ')
  return `there is no provider ${printable(named)} in the configuration: it names ${known}`
}

/** Null: the sessions are where a command reads and ends them. */
export function whyUnreachable({
  session,
  dataFolder,
}: Pick<Gateway, 'session' | 'dataFolder'>): Unreachable | null {
  switch (session.store.kind) {
    case 'memory':
      return wrong(
        'with `session.store: memory` the sessions are in the running gateway alone; restart it to end them all',
      )
    case 'cookie':
      return wrong(
        "with `session.store: cookie` the sessions are in people's browsers alone; `session.revoked_before` ends all older ones",
      )
    case 'sqlite': {
      const missing = `there is no sessions.db in ${dataFolder}: has a gateway run with this configuration?`
      return hasSessionFile(dataFolder) ? null : { exitCode: 1, reason: missing }
    }
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return null
  }
}

function wrong(reason: string): Unreachable {
  return { exitCode: 2, reason }
}
