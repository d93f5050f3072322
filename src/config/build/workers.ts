import type { App, Gateway, SessionSettings } from '../../core/gateway.ts'
import { faultAt, isWritten, type Scope } from './scope.ts'

/** `workers` beside what several processes cannot share. Zero where the key was faulty: then no model is made. */
export function buildWorkers(
  scope: Scope,
  workers: Gateway['workers'] | undefined,
  { session, apps }: { readonly session: SessionSettings | null; readonly apps: readonly App[] },
): Gateway['workers'] {
  if (workers === undefined || workers === 1) return workers ?? 0
  if (session?.store.kind === 'memory') {
    const message =
      'is more than one process, and `session.store: memory` keeps sessions in one: write `1`, or another store'
    faultAt(scope, ['workers'], message)
  }
  for (const { name, upstream } of apps) {
    const path = ['apps', name, 'upstream', 'max_connections']
    if (workers === 'auto' || upstream.maxConnections >= workers) continue
    const message = `is ${upstream.maxConnections}, and each of the ${workers} \`workers\` needs a connection: write at least ${workers}`
    faultAt(scope, isWritten(scope, path) ? path : ['workers'], message)
  }
  return workers
}
