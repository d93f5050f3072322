import { readFromDisk } from '../config/files.ts'
import { printIssue } from '../config/issue.ts'
import { type LoadedGateway, loadGateway } from '../config/load.ts'
import { type FileStates, recordingReader, watchFiles } from '../config/sources.ts'
import { isFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import type { Editions } from './editions.ts'
import { type RuntimeDeps, renewRuntime } from './open.ts'

export interface ReloadSource {
  /** As it was named; for messages. */
  readonly file: string
  /** What a relative `file` starts from. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type Reloaded =
  | { readonly ok: true; readonly gateway: Gateway; readonly warnings: readonly string[] }
  /** Every fault, each a line. The edition before goes on as if nothing had happened. */
  | { readonly ok: false; readonly faults: readonly string[] }

export interface Reloader {
  /** Reads and checks the file again; swaps, or says what is wrong with it. Never throws for what the file holds. */
  reload(): Reloaded
  /** The same when a file that the configuration is made of has changed and come to rest; null when none has. */
  reloadIfChanged(): Reloaded | null
}

/** Validated first, then swapped at once: no request ever sees half of a configuration. */
export function createReloader(source: ReloadSource, editions: Editions, deps: RuntimeDeps): Reloader {
  const load = (): { readonly loaded: LoadedGateway; readonly states: FileStates } => {
    const reader = recordingReader(readFromDisk)
    const loaded = loadGateway(source.file, source.env, { cwd: source.cwd, readFile: reader.read })
    return { loaded, states: reader.states() }
  }
  const watch = watchFiles(load().states)

  const reload = (): Reloaded => {
    const { loaded, states } = load()
    watch.settle(states)
    if (!loaded.ok) return { ok: false, faults: loaded.issues.map(printIssue) }
    const former = editions.current()
    const fixed = needsRestart(former.gateway, loaded.gateway)
    if (fixed.length > 0) return { ok: false, faults: fixed.map((fault) => `${source.file} ${fault}`) }
    try {
      editions.swap(renewRuntime(former, loaded.gateway, deps))
    } catch (thrown) {
      if (isFault(thrown)) return { ok: false, faults: [thrown.message] }
      throw thrown
    }
    return { ok: true, gateway: loaded.gateway, warnings: loaded.warnings.map(printIssue) }
  }

  return { reload, reloadIfChanged: () => (watch.look() ? reload() : null) }
}

/** What a running process cannot change, one sentence a key. */
export function needsRestart(now: Gateway, wanted: Gateway): readonly string[] {
  const keys: readonly (readonly [string, unknown, unknown])[] = [
    ['listen', place(now.listen), place(wanted.listen)],
    ['listen.tls', now.listen.tls.length > 0, wanted.listen.tls.length > 0],
    ['listen.client_ca', now.listen.clientCa, wanted.listen.clientCa],
    ['admin', place(now.admin), place(wanted.admin)],
    ['data', now.dataFolder, wanted.dataFolder],
    ['session.store', now.session.store, wanted.session.store],
  ]
  return keys
    .filter(([, before, after]) => before !== after)
    .map(([key]) => `${key}: has changed, which takes effect only after a restart; nothing was reloaded`)
}

function place(address: { readonly host: string; readonly port: number } | null): string | null {
  return address === null ? null : `${address.host}:${address.port}`
}
