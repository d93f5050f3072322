import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { StoreFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { DatabaseFile } from '../database-file.ts'
import { createSqliteAccess } from '../sqlite-access.ts'
import { type Counters, full, type StoredCounter } from './stored.ts'

type Statements = ReturnType<typeof prepareCounters>

/** Counters in a file, exact over all processes that have it. The caller closes the file. */
export function createSqliteCounters(file: DatabaseFile): Counters {
  const { database, path } = file
  const access = createSqliteAccess(file, 'store of the limits')
  const ofCallers = prepareCounters(database, 'caller_counter')
  const ofNetworks = prepareCounters(database, 'network_counter')
  const inode = statSync(path).ino
  let nextPurge = 0

  /** Who has a file that was removed counts apart from all others. */
  function refuseRemoved(): void {
    if (access.read(() => statSync(path, { throwIfNoEntry: false }))?.ino === inode) return
    throw new StoreFault(
      'STORE_INVALID',
      `${path} was removed or replaced while the gateway runs; restart it`,
    )
  }

  function purge(now: EpochSeconds): void {
    // A clock that was set back is no reason to keep what is over.
    if (now < nextPurge && now >= nextPurge - limits.limitPurgeSeconds) return
    nextPurge = now + limits.limitPurgeSeconds
    for (const { purgeOver } of [ofCallers, ofNetworks]) purgeOver.run(now)
    ofNetworks.purgeMost.run(limits.networkCounters)
  }

  const statementsOf = (counter: StoredCounter): Statements => (counter.ofNetworks ? ofNetworks : ofCallers)

  return {
    take(counter, now) {
      refuseRemoved()
      const { take, untilOf } = statementsOf(counter)
      const { name, count, until, windowSeconds } = counter
      return access.write(() => {
        purge(now)
        if (Number(take.run(name, count, now, until, until + windowSeconds).changes) === 1)
          return { kind: 'taken' }
        return full(Number(untilOf.get(name)?.until ?? now) - now)
      })
    },
    giveBack(counter, now) {
      refuseRemoved()
      return access.write(() => void statementsOf(counter).giveBack.run(counter.name, now, counter.until))
    },
  }
}

/**
 * One step each: nobody else counts between looking and writing. A window that ends more than one length after that of now
 * (?5) was begun while the clock was ahead, and holds no longer. What is given back late is not taken from a later window.
 */
function prepareCounters(database: DatabaseSync, table: 'caller_counter' | 'network_counter') {
  return {
    take: database.prepare(`INSERT INTO ${table} (name, used, until) VALUES (?1, 1, ?4)
      ON CONFLICT (name) DO UPDATE SET
        used = CASE WHEN until <= ?3 OR until > ?5 THEN 1 ELSE used + 1 END,
        until = CASE WHEN until <= ?3 OR until > ?5 THEN ?4 ELSE until END
      WHERE until <= ?3 OR until > ?5 OR used < ?2`),
    untilOf: database.prepare(`SELECT until FROM ${table} WHERE name = ?`),
    giveBack: database.prepare(
      `UPDATE ${table} SET used = used - 1 WHERE name = ?1 AND used > 0 AND until > ?2 AND until <= ?3`,
    ),
    purgeOver: database.prepare(`DELETE FROM ${table} WHERE id IN
      (SELECT id FROM ${table} WHERE until <= ? ORDER BY until LIMIT ${limits.purgedCounters})`),
    purgeMost: database.prepare(`DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ?`),
  }
}
