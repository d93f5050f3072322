import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import type { DatabaseFile } from '../../src/store/database-file.ts'
import { openStore } from '../../src/store/open.ts'
import { hasSessionFile, openSessionFile } from '../../src/store/sqlite-file.ts'
import { onFileCall, refused } from '../support/file-calls.ts'
import { storeContext } from '../support/store-context.ts'
import { sessionOf } from './contract.ts'
import { faultOf, openSqlite } from './sqlite-store.ts'

t.test('the file and its side files belong to the gateway alone', async (t) => {
  const folder = join(t.testdir(), 'new', 'data')
  t.equal(hasSessionFile(folder), false)
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  const store = openSqlite(t, folder)
  await store.save(sessionOf('k1'), 2000)
  t.equal(hasSessionFile(folder), true)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  for (const name of ['sessions.db', 'sessions.db-wal', 'sessions.db-shm']) {
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  }
  store.close()
  chmodSync(join(folder, 'sessions.db'), 0o644)
  openSqlite(t, folder)
  t.equal(statSync(join(folder, 'sessions.db')).mode & 0o777, 0o600, 'an open file is closed to others again')
})

t.test('a store that is closed leaves no file open', async (t) => {
  const folder = t.testdir()
  const open = () => readdirSync('/proc/self/fd').length
  openSessionFile(folder).database.close()
  const before = open()
  for (let times = 0; times < 5; times++) openSessionFile(folder).database.close()
  t.equal(open(), before)
})

t.test('two processes that open a new folder at once both get a working store', async (t) => {
  const folder = join(t.testdir(), 'data')
  mkdirSync(folder)
  const [a, b] = [openSqlite(t, folder), openSqlite(t, folder)]
  await a.save(sessionOf('k1'), 2000)
  t.not(b.load('k1'), null)
  t.equal(existsSync(join(folder, 'sessions.db')), true)
})

/** As the version before wrote it. */
function openFormatOfLabels(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA application_id = ${0x636c6d67}; PRAGMA user_version = 1;
    CREATE TABLE session (key TEXT PRIMARY KEY, origin TEXT NOT NULL, provider TEXT NOT NULL, user TEXT NOT NULL,
      signed_in_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
    CREATE INDEX session_by_user ON session (user);
    CREATE INDEX session_by_expiry ON session (expires_at);
    CREATE TABLE removals (count INTEGER NOT NULL) STRICT; INSERT INTO removals VALUES (5);
    CREATE TRIGGER session_removed AFTER DELETE ON session BEGIN UPDATE removals SET count = count + 1; END;
    INSERT INTO session VALUES ('k1', 'o', 'acme', 'alice', 1, 1, 9999999999, '{"format":1,"idToken":"canary-token"}')`)
  return database
}

t.test('a file of the format before opens without a fault', async (t) => {
  const folder = t.testdir()
  openFormatOfLabels(join(folder, 'sessions.db')).close()
  t.doesNotThrow(() => openSessionFile(folder).database.close())
})

t.test('a file whose sessions name their provider by a label alone is taken over without them', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'sessions.db')
  const before = openFormatOfLabels(path)
  const removalsOf = (database: DatabaseSync) => database.prepare('SELECT count FROM removals').get()?.count
  const store = openSqlite(t, folder)
  t.equal(removalsOf(before), 6, 'a process that still holds the file hears of it')
  before.close()
  t.same(store.list({}), [])
  t.equal(store.load('k1'), null)
  await store.save(sessionOf('k2'), 2000)
  t.match(openSqlite(t, folder).load('k2'), { user: 'alice' }, 'and it is one of today')
  await store.drop('k2')
  t.equal(removalsOf(new DatabaseSync(path)), 7)
  store.close()
  t.notMatch(readFileSync(path, 'latin1'), /canary-token/)
})

t.test(
  'a folder that cannot be used stops the start, and the message says what would be right',
  async (t) => {
    const folder = t.testdir({ file: 'x', taken: { 'sessions.db': {} } })
    const table = [
      [
        join(folder, 'file'),
        /STORE_UNAVAILABLE: the data folder .*\/file cannot be used: there is a file of that name; set "data"/,
      ],
      [
        join(folder, 'file', 'below'),
        /STORE_UNAVAILABLE: the data folder .*\/file\/below cannot be used: there is a file/,
      ],
      [join(folder, 'taken'), /STORE_UNAVAILABLE: the data folder .*\/taken cannot be used: .* \(EISDIR\)/],
      [
        '/proc/claimgate',
        /STORE_UNAVAILABLE: the data folder \/proc\/claimgate cannot be used: .*set "data"/,
      ],
    ] as const
    for (const [place, expected] of table)
      t.match(await faultOf(() => openStore({ store: { kind: 'sqlite' } }, place, storeContext())), expected)
  },
)

t.test(
  'a file of a newer format, of something else or of nothing is refused by name and left as it is',
  async (t) => {
    const folder = t.testdir()
    const path = join(folder, 'sessions.db')
    const fresh = (): void => {
      for (const name of ['sessions.db', 'sessions.db-wal', 'sessions.db-shm'])
        rmSync(join(folder, name), { force: true })
    }
    const change = (sql: string): void => {
      const database = new DatabaseSync(path)
      database.exec(sql)
      database.close()
    }
    openSessionFile(folder).database.close()
    change('PRAGMA user_version = 7')
    t.match(
      await faultOf(() => openSessionFile(folder)),
      /STORE_INVALID: .*sessions.db was written by another version of claimgate \(format 7, this one reads 2\); start that/,
    )
    fresh()
    change('CREATE TABLE recipe (name TEXT)')
    t.match(
      await faultOf(() => openSessionFile(folder)),
      /STORE_INVALID: .*sessions.db is a database of something else/,
    )
    t.match(await faultOf(() => openSessionFile(folder)), /something else/, 'and it was not changed')
    fresh()
    writeFileSync(path, 'this is no database, it is a letter to a friend. '.repeat(100))
    t.match(
      await faultOf(() => openSessionFile(folder)),
      /STORE_INVALID: the session store .*sessions.db is not a database/,
    )
    t.match(readFileSync(path, 'utf8'), /letter to a friend/)
  },
)

t.test('each refusal of a data folder is told with what would be right', async (t) => {
  const folder = join(t.testdir(), 'data')
  const table = [
    ['EEXIST', 'there is a file of that name; set "data" to a folder'],
    ['ENOTDIR', 'there is a file of that name; set "data" to a folder'],
    [
      'EACCES',
      `user ${process.getuid?.()} may not write there; give it the folder, or set "data" to another`,
    ],
    ['EPERM', `user ${process.getuid?.()} may not write there; give it the folder, or set "data" to another`],
    ['EROFS', 'it is read-only; mount a writable volume there, or set "data" to another folder'],
    ['ENOSPC', 'the disk is full; make room, or set "data" to a folder elsewhere'],
    ['EDQUOT', 'the disk is full; make room, or set "data" to a folder elsewhere'],
    ['EIO', 'set "data" to a folder that the gateway may write'],
  ] as const
  for (const [code, advice] of table) {
    const undo = onFileCall(t, 'mkdirSync', () => {
      throw refused(code)
    })
    t.equal(
      await faultOf(() => openSessionFile(folder)),
      `STORE_UNAVAILABLE: the data folder ${folder} cannot be used: ${advice} (${code})`,
    )
    undo()
  }
  onFileCall(t, 'mkdirSync', () => {
    throw new Error('without a code')
  })
  t.match(await faultOf(() => openSessionFile(folder)), /may write \(unknown\)$/)
})

t.test('where users have no number, the gateway’s is called so', async (t) => {
  const folder = join(t.testdir(), 'data')
  const { getuid } = process
  t.teardown(() => Object.assign(process, { getuid }))
  onFileCall(t, 'mkdirSync', () => {
    throw refused('EACCES')
  })
  Object.assign(process, { getuid: undefined })
  t.match(await faultOf(() => openSessionFile(folder)), /user of the gateway may not write/)
})

t.test('a folder that another instance makes in the meantime is used', async (t) => {
  const folder = join(t.testdir(), 'new', 'data')
  const made: string[] = []
  onFileCall(t, 'mkdirSync', (path) => {
    made.push(String(path))
    if (path !== folder) return
    execFileSync('mkdir', [folder])
  })
  t.doesNotThrow(() => openSessionFile(folder).database.close())
  t.same(made, [join(folder, '..'), folder])
  made.length = 0
  openSessionFile(folder).database.close()
  t.same(made, [], 'and one that is there is not made')
})

t.test('a file that is closed to others is left as it is', async (t) => {
  const folder = t.testdir()
  const changed: string[] = []
  onFileCall(t, 'chmodSync', (path) => void changed.push(String(path)))
  for (let times = 0; times < 2; times++) openSessionFile(folder).database.close()
  t.same(changed, [])
})

t.test('a file that cannot be shared between processes is refused, and none stays open', async (t) => {
  const folder = t.testdir()
  openSessionFile(folder).database.close()
  const before = readdirSync('/proc/self/fd').length
  const { prepare } = DatabaseSync.prototype
  mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, sql: string) {
    // As SQLite answers where a file system has no shared memory.
    return prepare.call(this, sql === 'PRAGMA journal_mode = WAL' ? 'PRAGMA journal_mode = DELETE' : sql)
  })
  t.teardown(() => mock.restoreAll())
  t.equal(
    await faultOf(() => openSessionFile(folder)),
    `STORE_UNAVAILABLE: ${join(folder, 'sessions.db')} cannot be shared between processes there; set "data" to a folder on a local disk`,
  )
  t.equal(readdirSync('/proc/self/fd').length, before)
})

t.test(
  'opening proves that it can be written, and leaves no transaction and no long wait behind',
  async (t) => {
    const folder = t.testdir()
    const numbers = ({ database }: DatabaseFile) => ({
      inTransaction: database.isTransaction,
      changes: database.prepare('SELECT total_changes() AS changes').get()?.changes,
      timeout: database.prepare('PRAGMA busy_timeout').get()?.timeout,
      synchronous: database.prepare('PRAGMA synchronous').get()?.synchronous,
      temporary: database.prepare('PRAGMA temp_store').get()?.temp_store,
    })
    t.doesNotThrow(() => openSessionFile(folder).database.close(), 'a new one')
    const file = openSessionFile(folder)
    t.teardown(() => file.database.close())
    t.same(numbers(file), {
      inTransaction: false,
      changes: 1,
      timeout: limits.storeBusyMs,
      synchronous: 2,
      temporary: 2,
    })
    t.equal(file.path, join(folder, 'sessions.db'))
  },
)

t.test('a database of something else is left as it is, whatever number its format has', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'sessions.db')
  const database = new DatabaseSync(path)
  t.teardown(() => database.close())
  database.exec('CREATE TABLE recipe (name TEXT); PRAGMA user_version = 1')
  t.match(await faultOf(() => openSessionFile(folder)), /STORE_INVALID: .* is a database of something else/)
  database.exec("CREATE TABLE session (name TEXT); INSERT INTO session VALUES ('theirs')")
  for (const format of [1, 2]) {
    database.exec(`PRAGMA user_version = ${format}`)
    t.match(await faultOf(() => openSessionFile(folder)), /STORE_INVALID: .* is a database of something else/)
    t.same(
      database
        .prepare('SELECT * FROM session')
        .all()
        .map(({ name }) => name),
      ['theirs'],
    )
  }
})
