import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'
import type { SpentState, SpentStateStore } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/** Added to files of the same format: an earlier version reads and writes them as ever. */
export const statesTable = `
  CREATE TABLE IF NOT EXISTS spent_state (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE, -- of the state: of random bits, so that it tells nothing
    spent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    outcome TEXT, -- sealed
    outcome_until INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS spent_state_by_expiry ON spent_state (expires_at);
  CREATE INDEX IF NOT EXISTS spent_state_by_outcome ON spent_state (outcome_until) WHERE outcome <> '';
`

/** At most so many go in one step of a purge; the next one takes more. */
const purgedAtOnce = 500

/** States that were spent, in the file. What it does may throw what node:sqlite throws; the caller translates. */
export function prepareStates(database: DatabaseSync) {
  const spend = database.prepare(`INSERT INTO spent_state (hash, spent_at, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (hash) DO UPDATE SET spent_at = ?2, expires_at = ?3, outcome = NULL, outcome_until = NULL
    WHERE spent_state.expires_at <= ?2`)
  const bound = database.prepare(
    `DELETE FROM spent_state WHERE id <= (SELECT max(id) FROM spent_state) - ${limits.usedStates}`,
  )
  const spent = database.prepare('SELECT spent_at, outcome, outcome_until FROM spent_state WHERE hash = ?')
  const keep = database.prepare('UPDATE spent_state SET outcome = ?, outcome_until = ? WHERE hash = ?')
  const blank = database.prepare(
    `UPDATE spent_state SET outcome = '' WHERE outcome <> '' AND outcome_until <= ?`,
  )
  const purge = database.prepare(`DELETE FROM spent_state WHERE id IN
    (SELECT id FROM spent_state WHERE expires_at <= ? LIMIT ${purgedAtOnce})`)
  return {
    spend(hash: string, { at, until }: Parameters<SpentStateStore['spend']>[1]): boolean {
      const isFirst = Number(spend.run(hash, at, until).changes) === 1
      if (isFirst) bound.run()
      return isFirst
    },
    spent(hash: string): SpentState | null {
      const row = spent.get(hash)
      if (row === undefined) return null
      const sealed = row.outcome
      const outcome = sealed === null ? null : { sealed: String(sealed), until: Number(row.outcome_until) }
      return { at: Number(row.spent_at), outcome }
    },
    keep(hash: string, { sealed, until }: Parameters<SpentStateStore['keepOutcome']>[1]): void {
      keep.run(sealed, until, hash)
    },
    purge(now: EpochSeconds): void {
      blank.run(now)
      purge.run(now)
    },
  }
}
