import type { ProviderSettings, SessionSettings } from '../../core/gateway.ts'
import type { ConfigPath } from '../node.ts'
import type { RecheckKeys } from '../schema/recheck.ts'
import type { AppOfOrigin } from './origin.ts'
import { faultAt, isWritten, type Scope, warnAt } from './scope.ts'

/** `recheck` of a provider. */
export function buildRecheck(
  scope: Scope,
  path: ConfigPath,
  keys: RecheckKeys | undefined,
): ProviderSettings['recheck'] {
  // Absent only where it was faulty: then no model is made.
  if (keys === null || keys === undefined) return null
  const { every, unanswered } = keys
  if (unanswered !== undefined && unanswered < every) {
    const message =
      'is shorter than `every`: sessions would end before the provider is asked again, whether it answers or not'
    faultAt(scope, [...path, 'unanswered'], message)
  }
  return { everySeconds: every, unansweredSeconds: unanswered ?? null }
}

/** What `recheck` cannot do beside what stands elsewhere in the file. */
export function checkRechecks(
  scope: Scope,
  providers: Iterable<Pick<ProviderSettings, 'name' | 'recheck'>>,
  apps: readonly Pick<AppOfOrigin, 'terms'>[],
  session: SessionSettings | null,
): void {
  for (const { name, recheck } of providers) {
    if (recheck === null) continue
    const path = ['providers', name, 'recheck']
    if (session?.store.kind === 'cookie') {
      const message =
        'must be `never` with `store: cookie`: the gateway keeps no token there with which it could ask'
      faultAt(scope, path, message)
    }
    const served = apps.filter(({ terms }) => terms.providers.includes(name))
    const longest = Math.max(0, ...served.map(({ terms }) => terms.maxLifetimeSeconds))
    if (served.length === 0 || recheck.everySeconds < longest) continue
    const at = isWritten(scope, [...path, 'every']) ? [...path, 'every'] : path
    warnAt(scope, at, 'is not shorter than any `max_lifetime`: a session ends before its provider is asked')
  }
}
