import type { Gateway } from '../../core/gateway.ts'
import type { RuntimeDeps } from '../../runtime/open.ts'
import { createReloader, type Reloaded, type ReloadSource } from '../../runtime/reload.ts'
import type { ServerContext } from '../server/context.ts'
import type { Log } from './log.ts'

export interface Reloading {
  /** Settles when the log has said what came of it. */
  reload(): Promise<void>
  stop(): void
}

/** Who hears what came of a reload. */
type Observers = Pick<ServerContext, 'editions' | 'log' | 'metrics'>

/** What an operator should know of a configuration that serves from now on. */
export function tellOfConfiguration(
  log: Log,
  { shadow, emptyLists }: Gateway,
  warnings: readonly string[],
): void {
  for (const warning of warnings) log.event('warn', 'config.warning', { warning })
  for (const file of emptyLists) log.event('error', 'config.list-empty', { file })
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
  { editions, log, metrics }: Observers,
  source: ReloadSource,
  deps: RuntimeDeps,
): Reloading {
  const reloader = createReloader(source, editions, deps)
  let told: readonly string[] = []
  /** Each once, and again when it was mended and happens again. */
  const tellOfDetached = (): void => {
    const detached = reloader.detached()
    for (const file of detached) if (!told.includes(file)) log.event('error', 'config.detached', { file })
    told = detached
  }
  const attempt = async (read: () => Promise<Reloaded | null>): Promise<void> => {
    try {
      const reloaded = await read()
      if (reloaded === null) return
      tellOfReload({ editions, log, metrics }, reloaded)
      tellOfDetached()
    } catch (thrown) {
      log.fault('internal.failed', thrown, {})
    }
  }
  tellOfDetached()
  const timer = setInterval(() => void attempt(reloader.reloadIfChanged), lookEveryMs).unref()
  return {
    reload: () => attempt(reloader.reload),
    stop: () => {
      reloader.stop()
      clearInterval(timer)
    },
  }
}

function tellOfReload({ editions, log, metrics }: Observers, reloaded: Reloaded): void {
  const { edition } = editions.current()
  metrics.reload(reloaded.kind, edition)
  switch (reloaded.kind) {
    case 'loaded':
      log.event('info', 'config.loaded', { edition, apps: reloaded.gateway.apps.length })
      tellOfConfiguration(log, reloaded.gateway, reloaded.warnings)
      return
    case 'unchanged':
      log.event('info', 'config.unchanged', { edition })
      return
    case 'rejected':
      log.event('error', 'config.rejected', { faults: reloaded.faults, edition })
  }
}
