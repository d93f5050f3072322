import { countAccess } from '../../core/access-counts.ts'
import type { EventFields } from '../../core/event.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ServedRecord } from '../../core/served-record.ts'
import type { Agreement } from '../../runtime/agreement.ts'
import type { RuntimeDeps } from '../../runtime/open.ts'
import { createReloader, type Reloaded, type ReloadSource } from '../../runtime/reload.ts'
import type { ServerContext } from '../server/context.ts'
import type { Log } from './log.ts'
import { noteServed } from './served.ts'

export interface Reloading {
  /** Settles when the log has said what came of it. */
  reload(): Promise<void>
  stop(): void
}

/** Who hears what came of a reload. */
type Observers = Pick<ServerContext, 'editions' | 'log' | 'metrics' | 'requestIds'> & {
  /** Of claimgate, as lines say it. */
  readonly version?: string | undefined
}

/** What ties the lines from here on to the files that were read. */
export function configurationFields(
  { editions, requestIds, version }: Pick<Observers, 'editions' | 'requestIds' | 'version'>,
  gateway: Gateway,
  digest: string | undefined,
): EventFields<'gateway.started'> & EventFields<'config.loaded'> {
  const { edition } = editions.current()
  return { version, instance: requestIds.instance, edition, digest, access: countAccess(gateway) }
}

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
  observers: Observers,
  source: ReloadSource,
  deps: RuntimeDeps,
  agreement: Agreement | null = null,
): Reloading {
  const { editions, log } = observers
  const reloader = createReloader(source, editions, deps, { agreement })
  let told: readonly string[] = []
  /** Each once, and again when it was mended and happens again. */
  const tellOfDetached = (): void => {
    const detached = reloader.detached()
    for (const file of detached) if (!told.includes(file)) log.event('error', 'config.detached', { file })
    told = detached
  }
  const attempt = async (askedBy: AskedBy, read: () => Promise<Reloaded | null>): Promise<void> => {
    try {
      const reloaded = await read()
      if (reloaded === null) return
      tellOfReload(observers, reloaded, askedBy)
      tellOfDetached()
    } catch (thrown) {
      log.fault('internal.failed', thrown, {})
    }
  }
  tellOfDetached()
  const timer = setInterval(() => void attempt('files', reloader.reloadIfChanged), lookEveryMs).unref()
  return {
    reload: () => attempt('signal', reloader.reload),
    stop: () => {
      reloader.stop()
      clearInterval(timer)
    },
  }
}

/** For the next start. */
export function servedRecord(gateway: Gateway, digest: string, version = 'unknown'): ServedRecord {
  return { version, digest, access: countAccess(gateway) }
}

/** Who asked for a reload: no process is told who sent it a signal. */
type AskedBy = 'files' | 'signal'

function tellOfReload(observers: Observers, reloaded: Reloaded, askedBy: AskedBy): void {
  const { editions, log, metrics } = observers
  const { edition } = editions.current()
  metrics.reload(reloaded.kind, edition)
  switch (reloaded.kind) {
    case 'loaded': {
      const { gateway, digest, before, changed, warnings } = reloaded
      log.event('info', 'config.loaded', {
        asked_by: askedBy,
        changed,
        ...configurationFields(observers, gateway, digest),
        digest_before: before.digest ?? undefined,
        access_before: countAccess(before.gateway),
        apps: gateway.apps.length,
      })
      tellOfConfiguration(log, gateway, warnings)
      void noteServed(editions.current().store, servedRecord(gateway, digest, observers.version))
      return
    }
    case 'unchanged':
      log.event('info', 'config.unchanged', { asked_by: askedBy, edition })
      return
    case 'rejected': {
      const { faults, changed } = reloaded
      log.event('error', 'config.rejected', { asked_by: askedBy, changed, faults, edition })
    }
  }
}
