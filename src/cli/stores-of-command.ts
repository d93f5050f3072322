import { isFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { isShared } from '../core/session-store-settings.ts'
import type { Io } from './command.ts'
import { failWith } from './failure.ts'
import { loadOrReport } from './load.ts'

/**
 * A configuration for a command that works on its stores: without the secrets that nobody needs for that. A store
 * across a network needs its password, and what seals its records. Null: its faults are on stderr.
 */
export function loadForStores(file: string, io: Io): Gateway | null {
  const gateway = loadOrReport(file, io, { madeUp: 'secrets-but-log' })?.gateway ?? null
  if (gateway === null) return null
  const isElsewhere =
    isShared(gateway.session.store) || (gateway.apiKeys?.store.kind ?? 'sqlite') !== 'sqlite'
  return isElsewhere ? (loadOrReport(file, io, { madeUp: 'secrets-of-others' })?.gateway ?? null) : gateway
}

interface Closable {
  close(): Promise<void> | void
}

/**
 * Runs a task of a command with the stores that it hands to `opened`. They are closed in that order, however it ends. A
 * fault of a store is told, and is exit status 1.
 */
export async function onStores(
  command: string,
  io: Io,
  run: (opened: <S extends Closable>(store: S) => S) => Promise<number>,
): Promise<number> {
  const stores: Closable[] = []
  try {
    return await run((store) => {
      stores.push(store)
      return store
    })
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return failWith(command, io, 1, thrown.message)
  } finally {
    for (const store of stores) await store.close()
  }
}
