import type { KeyStoreChange } from '../../core/keys/key-store.ts'
import type { Clock } from '../../core/ports.ts'
import type { KeyStatements } from './sqlite-key-statements.ts'

/** What another process changed is known after so long. */
const pollMs = 250
/** What was loaded is believed for so long after a look. */
const freshMs = 1000

/** What became of keys, as the processes on one file tell each other. */
export interface SqliteKeyChanges {
  onChange(listener: (change: KeyStoreChange) => void): () => void
  /** What this process changed itself. */
  tell(change: KeyStoreChange): void
  freshUntilMs(): number
  close(): void
}

export function createSqliteKeyChanges(
  statements: Pick<KeyStatements, 'dataVersion' | 'lastChange' | 'changesAfter'>,
  clock: Pick<Clock, 'monotonicMs'>,
): SqliteKeyChanges {
  const listeners = new Set<(change: KeyStoreChange) => void>()
  const readVersion = () => statements.dataVersion.get()?.data_version
  let version = readVersion()
  let known = Number(statements.lastChange.get()?.seq ?? 0)
  let lookedAtMs = clock.monotonicMs()
  let poll: NodeJS.Timeout | undefined

  function tell(change: KeyStoreChange): void {
    for (const listener of listeners) listener(change)
  }

  /** Those of this process come again among the others: whoever hears of one twice reads it twice. */
  function news(): KeyStoreChange | null {
    const current = readVersion()
    if (current === version) return null
    const rows = statements.changesAfter.all(known)
    const last = Number(statements.lastChange.get()?.seq ?? 0)
    // Some are gone that were never read, or the file was put back from a backup.
    const isWhole = rows.length === last - known
    version = current
    known = last
    if (!isWhole) return { kind: 'any' }
    return rows.length === 0 ? null : { kind: 'keys', ids: [...new Set(rows.map(({ id }) => String(id)))] }
  }

  function look(): void {
    const atMs = clock.monotonicMs()
    try {
      const change = news()
      if (change !== null) tell(change)
    } catch {
      return // Nobody asked; whoever loads a key next gets the fault.
    }
    lookedAtMs = atMs
  }

  function stop(): void {
    clearInterval(poll)
    poll = undefined
  }

  return {
    tell,
    onChange(listener) {
      listeners.add(listener)
      look()
      poll ??= setInterval(look, pollMs).unref()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stop()
      }
    },
    freshUntilMs: () => lookedAtMs + freshMs,
    close() {
      listeners.clear()
      stop()
    },
  }
}
