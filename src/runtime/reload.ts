import { readFromDisk } from '../config/files.ts'
import { printIssue } from '../config/issue.ts'
import { loadGatewaySteps } from '../config/load.ts'
import {
  changedFiles,
  type Readings,
  readAgain,
  recordingReader,
  sameContent,
  watchFiles,
} from '../config/sources.ts'
import { runByTurns } from '../config/steps.ts'
import { ConfigFault, isFault } from '../core/fault.ts'
import type { Gateway, ListenAddress, ListenerList, ListenSettings } from '../core/gateway.ts'
import type { Agreement, GivenFiles, Prepared } from './agreement.ts'
import type { Editions } from './editions.ts'
import { refuseStrangePrefixes } from './keys/open.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { type RuntimeDeps, renewRuntime } from './open.ts'
import type { Runtime } from './runtime.ts'
import { sameSettings } from './same-settings.ts'
import { afterOthers, turnMs } from './turns.ts'

export interface ReloadSource {
  /** As it was named; for messages. */
  readonly file: string
  /** What a relative `file` starts from. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The files as they were read for the edition that runs: what was written since is a change. */
  readonly readings: Readings
  /** The digest of those that decide: see config/digest. */
  readonly digest?: string
}

export type Reloaded =
  | ({ readonly kind: 'loaded' } & Loaded)
  /** Every file holds what the edition in force was made of. */
  | { readonly kind: 'unchanged' }
  /** Every fault, each a line. The edition before goes on as if nothing had happened. */
  | { readonly kind: 'rejected'; readonly faults: readonly string[]; readonly changed: readonly string[] }

/** What came into force, and what it took the place of. */
export interface Loaded {
  readonly gateway: Gateway
  readonly digest: string
  readonly before: { readonly gateway: Gateway; readonly digest: string | null }
  readonly warnings: readonly string[]
  /** The files that are not as they were, by their whole paths. */
  readonly changed: readonly string[]
}

/** Null: the gateway stopped meanwhile, or there was nothing to do. */
type Outcome = Reloaded | null

export interface Reloader {
  /**
   * Reads and checks the files again; swaps, or says what is wrong with them. Never rejects for what they hold. Asked
   * while a reading is under way it reads once more behind it, as that one may have read what is old by now.
   */
  reload(): Promise<Outcome>
  /** The same when a file that the configuration is made of has changed and come to rest. */
  reloadIfChanged(): Promise<Outcome>
  /** Those of its files that were read, and are no longer what stands under their names; see `Reading.detached`. */
  detached(): readonly string[]
  /** A reading under way is left where it is; none begins. */
  stop(): void
}

export interface ReloadTurns {
  /** Resolves when requests had their turn. */
  readonly nextTurn: () => Promise<void>
}

interface ReloadOptions extends Partial<ReloadTurns> {
  /** Whose configuration is to be the same; absent: this process serves alone. */
  readonly agreement?: Agreement | null | undefined
}

/** Validated first, then swapped at once: no request ever sees half of a configuration. */
export function createReloader(
  source: ReloadSource,
  editions: Editions,
  deps: RuntimeDeps,
  { nextTurn = afterOthers, agreement = null }: ReloadOptions = {},
): Reloader {
  const stopping = new AbortController()
  const { signal } = stopping
  const watch = watchFiles(source.readings)
  /** Of the edition in force, and of the last time that was looked. */
  let inForce = source.readings
  let last = source.readings
  let digest = source.digest ?? null
  const runs = oneAtATime<Outcome>(async () => (signal.aborted ? null : read()))

  async function read(): Promise<Outcome> {
    last = readAgain(inForce.keys(), readFromDisk)
    if (sameContent(inForce, last)) {
      watch.settle(last)
      return { kind: 'unchanged' }
    }
    const reader = recordingReader(readFromDisk)
    const { clock } = editions.current()
    const around = { cwd: source.cwd, readFile: reader.read, now: clock.now() }
    const steps = loadGatewaySteps(source.file, source.env, around)
    const nowMs = () => clock.monotonicMs()
    const loaded = await runByTurns(steps, { turnMs, nowMs, nextTurn, signal })
    if (loaded === null || signal.aborted) return null
    last = reader.readings()
    watch.settle(last)
    const changed = changedFiles(inForce, last)
    if (!loaded.ok) return { kind: 'rejected', faults: loaded.issues.map(printIssue), changed }
    const before = { gateway: editions.current().gateway, digest }
    const faults = await swap(loaded.gateway, reader.files())
    if (faults !== null) return { kind: 'rejected', faults, changed }
    inForce = last
    digest = loaded.digest.digest
    const warnings = loaded.warnings.map(printIssue)
    return { kind: 'loaded', gateway: loaded.gateway, digest, before, warnings, changed }
  }

  /** Null: it is in force, here and with all others; else why nowhere. */
  async function swap(gateway: Gateway, files: GivenFiles): Promise<readonly string[] | null> {
    const former = editions.current()
    const fixed = needsRestart(former.gateway, gateway)
    if (fixed.length > 0) return fixed.map((fault) => `${source.file} ${fault}`)
    const strange = await strangePrefixes(former, gateway)
    if (strange !== null) return [`${source.file} api_keys.prefix: ${strange}`]
    const others = (await agreement?.prepare({ edition: former.edition + 1, files })) ?? nobodyElse
    if (others.kind === 'refused') return others.faults
    let next: Runtime
    try {
      next = renewRuntime(former, gateway, deps)
    } catch (thrown) {
      others.abort()
      if (isFault(thrown)) return [thrown.message]
      throw thrown
    }
    await others.commit()
    editions.swap(next)
    return null
  }

  return {
    reload: () => runs.run(),
    reloadIfChanged: async () => (!runs.busy() && watch.look() ? runs.run() : null),
    detached: () => [...last].flatMap(([path, { detached }]) => (detached ? [path] : [])),
    stop: () => stopping.abort(),
  }
}

/** Null: none, or the store cannot say; a start would not be stopped by that either. */
async function strangePrefixes({ keys }: Runtime, gateway: Gateway): Promise<string | null> {
  try {
    await refuseStrangePrefixes(keys, gateway)
    return null
  } catch (thrown) {
    if (thrown instanceof ConfigFault) return thrown.message
    if (isFault(thrown)) return null
    throw thrown
  }
}

const nobodyElse: Prepared = { kind: 'ready', commit: async () => {}, abort: () => {} }

/** What a running process cannot change, one sentence a key. */
export function needsRestart(now: Gateway, wanted: Gateway): readonly string[] {
  const keys: readonly (readonly [string, unknown, unknown])[] = [
    ['listen', now.listeners.map(place), wanted.listeners.map(place)],
    ...listenerKeys.map(([key, of]) => {
      const [before, after] = pairsOf(now.listeners, wanted.listeners)
      return [`listen.${key}`, before.map(of), after.map(of)] as const
    }),
    ['admin', adminPlace(now.admin), adminPlace(wanted.admin)],
    ['workers', now.workers, wanted.workers],
    ['data', now.dataFolder, wanted.dataFolder],
    ['session.store', now.session.store, wanted.session.store],
    ['api_keys.store', now.apiKeys?.store, wanted.apiKeys?.store],
  ]
  return keys
    .filter(([, before, after]) => !sameSettings(before, after))
    .map(([key]) => `${key}: has changed, which takes effect only after a restart; nothing was reloaded`)
}

/** What of a listener is made with it; that it has moved is told by itself. */
const listenerKeys: readonly (readonly [string, (listener: ListenSettings) => unknown])[] = [
  ['tls', ({ tls }) => tls.length > 0],
  ['client_ca', ({ clientCa }) => clientCa],
  ['client_certificates', ({ asksCertificates }) => asksCertificates],
]

/** Those that stand in both, by their order. */
function pairsOf(now: ListenerList, wanted: ListenerList) {
  const both = Math.min(now.length, wanted.length)
  return [now.slice(0, both), wanted.slice(0, both)] as const
}

/** Certificates and the token are followed. */
function adminPlace(admin: Gateway['admin']): string | null {
  return admin === null ? null : `${place(admin)}${admin.tls.length > 0 ? ' with tls' : ''}`
}

function place(address: ListenAddress | ListenSettings): string {
  const isSocket = 'socketPath' in address && address.socketPath !== null
  return isSocket ? `${address.socketPath} ${address.mode}` : `${address.host}:${address.port}`
}
