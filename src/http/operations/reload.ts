import type { Gateway } from '../../core/gateway.ts'
import type { RuntimeDeps } from '../../runtime/open.ts'
import { createReloader, type Reloaded, type ReloadSource } from '../../runtime/reload.ts'
import type { ServerContext } from '../server/context.ts'
import type { Listeners } from '../server/listeners.ts'
import type { Log } from './log.ts'

export interface Reloading {
  reload(): void
  stop(): void
}

/** What an operator should know of a configuration that serves from now on. */
export function tellOfConfiguration(log: Log, { shadow }: Gateway, warnings: readonly string[]): void {
  for (const warning of warnings) log.event('warn', 'config.warning', { warning })
  if (shadow === null) return
  log.event('info', 'config.shadow', {
    rehearsed: shadow.rehearsed.length,
    shadow: shadow.file ?? undefined,
  })
}

/** How often the files of the configuration are looked at. A change must rest for one look before it counts. */
const lookEveryMs = 1_000

/** Takes up a changed configuration, on demand or when its files change, and tells the log and the metrics. */
export function keepReloading(
  serverContext: ServerContext,
  listeners: Listeners,
  source: ReloadSource,
  deps: RuntimeDeps,
): Reloading {
  const reloader = createReloader(source, serverContext.editions, deps)
  const tell = (reloaded: Reloaded): void => {
    const { edition } = serverContext.editions.current()
    serverContext.metrics.reload(reloaded.ok ? 'loaded' : 'rejected', edition)
    if (!reloaded.ok) {
      serverContext.log.event('error', 'config.rejected', { faults: reloaded.faults, edition })
      return
    }
    const { gateway, warnings } = reloaded
    serverContext.log.renew(gateway.log)
    listeners.useCertificates(gateway)
    serverContext.log.event('info', 'config.loaded', { edition, apps: gateway.apps.length })
    tellOfConfiguration(serverContext.log, gateway, warnings)
  }
  let stopped = false
  const attempt = (read: () => Reloaded | null): void => {
    if (stopped) return
    try {
      const reloaded = read()
      if (reloaded !== null) tell(reloaded)
    } catch (thrown) {
      serverContext.log.fault('internal.failed', thrown, {})
    }
  }
  const stop = (): void => {
    stopped = true
    clearInterval(timer)
  }
  const timer = setInterval(() => attempt(reloader.reloadIfChanged), lookEveryMs).unref()
  return { reload: () => attempt(reloader.reload), stop }
}
