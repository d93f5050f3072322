import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'
import type { Awaitable } from '../core/ports.ts'

/** A row that is to be removed, with the bytes of its record. */
export interface DueRow {
  readonly id: number
  readonly bytes: number
}

/** The rows of one piece that are due now, at most as many as one piece may have. */
export type Due = () => readonly DueRow[]

export interface PieceRemoved {
  readonly count: number
  /** Whether there may be more. */
  readonly more: boolean
}

/** Sign-ins and other processes take their turn between two pieces. */
const pauseMs = 5

/**
 * Removes what is due until nothing is, piece by piece: however much it is, the lock is held for milliseconds.
 * `write` takes one piece to the file. Returns how many rows there were.
 */
export async function removeInPieces(write: () => Awaitable<PieceRemoved>): Promise<number> {
  for (let total = 0; ; await pause()) {
    const { count, more } = await write()
    total += count
    if (!more) return total
  }
}

/** An immediate behind the timer: timers that are late run one after the other, without a look at sockets between. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(() => setImmediate(resolve), pauseMs))
}

/** One piece, in one transaction. Its records together are bounded too: a large one takes the disk's time. */
export function removePiece(database: DatabaseSync, due: Due, remove: (id: number) => void): PieceRemoved {
  return transaction(database, () => {
    const rows = due()
    let [count, bytes] = [0, 0]
    for (const row of rows) {
      if (count > 0 && bytes + row.bytes > limits.removedBytes) break
      remove(row.id)
      count += 1
      bytes += row.bytes
    }
    return { count, more: count < rows.length || count === limits.removedSessions }
  })
}

/** Everything that the work writes, or nothing of it. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw thrown
  }
}
