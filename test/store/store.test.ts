import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import { limits } from '../../src/core/limits/table.ts'
import { memoryBytes } from '../../src/core/session/session.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { createRemovals } from '../../src/store/removals.ts'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { hasSessionFile, openSessionFile } from '../../src/store/sqlite-file.ts'
import { prepareStatements } from '../../src/store/sqlite-statements.ts'
import { createTouchQueue } from '../../src/store/touches.ts'
import { sessionOf, storeContract } from './contract.ts'

function openSqlite(t: Test, folder: string = t.testdir()): SqliteStore {
  const file = openSessionFile(folder)
  // What is written is read back, and no power fails: the disk need not be waited for.
  file.database.exec('PRAGMA synchronous = OFF')
  const store = new SqliteStore(file)
  t.teardown(() => store.close())
  return store
}

/** What a call threw or rejected with, as code and message. */
async function faultOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'nothing'
  } catch (thrown) {
    return thrown instanceof StoreFault ? `${thrown.code}: ${thrown.message}` : `not a StoreFault: ${thrown}`
  }
}

t.test('the memory store keeps the contract', async (t) => {
  await storeContract(t, (t) => {
    const store = openStore({ store: 'memory' }, '/nowhere')
    t.teardown(() => store.close())
    return store
  })
})

t.test('the sqlite store keeps the contract', async (t) => {
  await storeContract(t, openSqlite)
})

t.test('the memory store is bounded in sessions and in bytes: the oldest makes room', async (t) => {
  const store = openMemoryStore({ sessions: 3, bytes: 1_000_000 })
  for (const key of ['a', 'b', 'c']) await store.save(sessionOf(key), 2000)
  await store.save(sessionOf('b'), 2000)
  await store.save(sessionOf('d'), 2000)
  t.equal(await store.load('a'), null)
  for (const key of ['b', 'c', 'd']) t.not(await store.load(key), null, key)

  const large = (key: string, length: number) => sessionOf(key, { idToken: 'x'.repeat(length) })
  const bytes = (key: string, length: number) => memoryBytes(large(key, length))
  const small = openMemoryStore({ sessions: 100, bytes: bytes('a', 1000) * 3 })
  for (const key of ['a', 'b', 'c']) await small.save(large(key, 1000), 2000)
  t.equal((await small.list({})).length, 3, 'they fit exactly')
  small.touch('a', 1500, 2500)
  await small.save(large('d', 1500), 2000)
  t.same((await small.list({})).map(({ key }) => key).sort(), ['c', 'd'])
  await small.drop('d')
  await small.save(large('e', 1000), 2000)
  await small.save(large('f', 1000), 2000)
  t.same((await small.list({})).map(({ key }) => key).sort(), ['c', 'e', 'f'], 'what was dropped makes room')
  await small.save(large('c', 1000), 2000)
  t.equal((await small.list({})).length, 3, 'also what is replaced')
  await small.close()
  for (const key of ['a', 'b', 'c']) await small.save(large(key, 1000), 2000)
  t.equal((await small.list({})).length, 3)
})

t.test('in the memory store, sessions that are gone count to nobody any more', async (t) => {
  const store = openMemoryStore()
  const fill = async (expiresAt: number) => {
    for (let at = 0; at < limits.personSessions; at++) await store.save(sessionOf(`k${at}`), expiresAt)
  }
  await fill(2000)
  await store.purge(2000)
  await fill(2000)
  await store.revoke({ by: 'all' })
  await fill(2000)
  await store.close()
  await fill(2000)
  t.same(await store.save(sessionOf('new'), 2000), ['k0'])
})

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

t.test('sessions and touches outlive the process', async (t) => {
  const folder = t.testdir()
  const first = openSqlite(t, folder)
  await first.save(sessionOf('k1'), 2000)
  first.touch('k1', 1500, 2500)
  first.close()
  const second = openSqlite(t, folder)
  t.same(second.load('k1'), sessionOf('k1', { lastSeenAt: 1500 }))
})

t.test('the tokens of a session that ended are no longer in the file', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.save(sessionOf('k1', { idToken: 'canary-token-of-alice' }), 2000)
  await store.drop('k1')
  store.close()
  t.notMatch(readFileSync(join(folder, 'sessions.db'), 'latin1'), /canary-token/)
})

t.test('removals by another process are told, additions, touches and our own removals are not', async (t) => {
  const folder = t.testdir()
  const file = openSessionFile(folder)
  t.teardown(() => file.database.close())
  const removals = createRemovals(prepareStatements(file.database))
  const theirs = openSqlite(t, folder)
  for (const key of ['a', 'b', 'c']) await theirs.save(sessionOf(key), 2000)
  theirs.touch('a', 1500, 2500)
  t.equal(theirs.list({}).length, 3)
  t.equal(removals.look(), false)
  file.database.exec("DELETE FROM session WHERE key = 'a'")
  removals.ours(1)
  t.equal(removals.look(), false)
  await theirs.drop('b')
  t.equal(removals.look(), true)
  t.equal(removals.look(), false, 'once')
  file.database.exec("DELETE FROM session WHERE key = 'c'")
  removals.ours(1)
  await theirs.save(sessionOf('d'), 2000)
  t.equal(removals.look(), false)
  await theirs.save(sessionOf('e'), 2000)
  await theirs.drop('d')
  file.database.exec("DELETE FROM session WHERE key = 'e'")
  removals.ours(1)
  t.equal(removals.look(), true, 'theirs, though ours came after it')
})

t.test('listeners hear of a removal by another process a quarter of a second later', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [openSqlite(t, folder), openSqlite(t, folder)]
  for (const key of ['a', 'b', 'c']) await ours.save(sessionOf(key), 2000)
  const heard: string[] = []
  const leave = ours.onChange(() => heard.push('one'))
  ours.onChange(() => heard.push('two'))
  await ours.drop('a')
  await theirs.save(sessionOf('d'), 2000)
  mock.timers.tick(250)
  t.same(heard.splice(0), [], 'what we removed, and what was added, is no news')
  await theirs.drop('b')
  mock.timers.tick(250)
  mock.timers.tick(250)
  t.same(heard.splice(0), ['one', 'two'], 'once')
  leave()
  await theirs.drop('c')
  mock.timers.tick(250)
  t.same(heard.splice(0), ['two'])
})

t.test('touches are written a second later, together', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [openSqlite(t, folder), openSqlite(t, folder)]
  for (const key of ['a', 'b']) await ours.save(sessionOf(key), 2000)
  for (const key of ['a', 'b']) ours.touch(key, 1500, 2500)
  t.match(theirs.load('a'), { lastSeenAt: 1000 })
  mock.timers.tick(1000)
  for (const key of ['a', 'b']) t.match(theirs.load(key), { lastSeenAt: 1500 })
  ours.touch('a', 1600, 2600)
  mock.timers.tick(1000)
  t.match(theirs.load('a'), { lastSeenAt: 1600 }, 'and the next ones again')
})

t.test('a damaged or foreign record is no session', async (t) => {
  const folder = t.testdir()
  const file = openSessionFile(folder)
  const store = new SqliteStore(file)
  t.teardown(() => store.close())
  await store.save(sessionOf('k1'), 2000)
  for (const record of ['', '{', '{"format":99}', 'null']) {
    file.database.prepare('UPDATE session SET record = ?').run(record)
    t.equal(store.load('k1'), null, record)
  }
})

t.test('a file whose sessions name their provider by a label alone is taken over without them', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'sessions.db')
  const before = new DatabaseSync(path)
  before.exec(`
    PRAGMA journal_mode = WAL; PRAGMA application_id = ${0x636c6d67}; PRAGMA user_version = 1;
    CREATE TABLE session (key TEXT PRIMARY KEY, origin TEXT NOT NULL, provider TEXT NOT NULL, user TEXT NOT NULL,
      signed_in_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
    CREATE INDEX session_by_user ON session (user);
    CREATE INDEX session_by_expiry ON session (expires_at);
    CREATE TABLE removals (count INTEGER NOT NULL) STRICT; INSERT INTO removals VALUES (5);
    CREATE TRIGGER session_removed AFTER DELETE ON session BEGIN UPDATE removals SET count = count + 1; END;
    INSERT INTO session VALUES ('k1', 'o', 'acme', 'alice', 1, 1, 9999999999, '{"format":1,"idToken":"canary-token"}')`)
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
      t.match(await faultOf(() => openStore({ store: 'sqlite' }, place)), expected)
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

t.test(
  'a full disk refuses new sessions with STORE_FULL; those that are there can be read and ended',
  async (t) => {
    const file = openSessionFile(t.testdir())
    const store = new SqliteStore(file)
    t.teardown(() => store.close())
    await store.save(sessionOf('k1'), 2000)
    const pages = Number(file.database.prepare('PRAGMA page_count').get()?.page_count)
    file.database.exec(`PRAGMA max_page_count = ${pages}`)
    const large = sessionOf('k2', { idToken: 'x'.repeat(100_000) })
    t.match(
      await faultOf(() => store.save(large, 2000)),
      /STORE_FULL: the session store .*sessions.db cannot grow: the disk is full/,
    )
    t.equal(store.load('k2'), null, 'nothing of it is there')
    t.not(store.load('k1'), null)
    store.touch('k1', 1500, 2500)
    t.match(store.list({}), [{ key: 'k1', lastSeenAt: 1500 }])
    t.equal(await store.drop('k1'), true)
  },
)

t.test('a store that became read-only refuses what would change it, and goes on reading', async (t) => {
  const file = openSessionFile(t.testdir())
  const store = new SqliteStore(file)
  t.teardown(() => store.close())
  await store.save(sessionOf('k1'), 2000)
  file.database.exec('PRAGMA query_only = 1')
  const expected = /STORE_UNAVAILABLE: the session store .*sessions.db cannot be written: it is read-only/
  t.match(await faultOf(() => store.save(sessionOf('k2'), 2000)), expected)
  t.match(await faultOf(() => store.drop('k1')), expected)
  t.throws(
    () => store.save(sessionOf('k2'), 2000),
    { code: 'STORE_UNAVAILABLE' },
    'at once: to wait would not help',
  )
  t.match(await faultOf(() => store.revoke({ by: 'all' })), expected)
  t.match(await faultOf(() => store.purge(9999)), expected)
  t.match(await faultOf(() => store.check()), expected)
  store.touch('k1', 1500, 2500)
  t.equal(store.list({}).length, 1)
  t.not(store.load('k1'), null)
})

t.test('a save waits for another process that writes, without blocking this one', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  const other = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const saving = store.save(sessionOf('k1'), 2000)
  t.type(saving, Promise, 'it answered at once that it will take longer')
  t.equal(store.load('k1'), null, 'reading goes on')
  other.exec('COMMIT')
  await saving
  t.not(store.load('k1'), null)
  other.exec('BEGIN IMMEDIATE')
  t.match(
    await faultOf(() => store.save(sessionOf('k2'), 2000)),
    /STORE_UNAVAILABLE: .* is locked by another process/,
  )
})

t.test('a file that was removed or replaced under the gateway is noticed by the check', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.check()
  renameSync(join(folder, 'sessions.db'), join(folder, 'away.db'))
  t.match(await faultOf(() => store.check()), /STORE_INVALID: .*sessions.db was removed or replaced/)
  writeFileSync(join(folder, 'sessions.db'), '')
  t.match(await faultOf(() => store.check()), /was removed or replaced/)
})

t.test('a file that no command can see signs nobody in, and vouches for nobody', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.save(sessionOf('k1'), 2000)
  rmSync(join(folder, 'sessions.db'))
  const expected = /STORE_INVALID: .*was removed or replaced/
  t.match(await faultOf(() => store.save(sessionOf('k2'), 2000)), expected)
  t.match(await faultOf(() => store.load('k1')), expected)
  t.match(await faultOf(() => store.drop('k1')), expected, 'nor is anybody signed out by it')
  openSqlite(t, folder)
  t.match(await faultOf(() => store.save(sessionOf('k2'), 2000)), expected)
  t.match(await faultOf(() => store.load('k1')), expected)
})

t.test(
  'another process that writes keeps nobody from being found, and no touch from being written later',
  async (t) => {
    const folder = t.testdir()
    const store = openSqlite(t, folder)
    await store.save(sessionOf('k1'), 2000)
    const other = new DatabaseSync(join(folder, 'sessions.db'))
    t.teardown(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    store.touch('k1', 1500, 2500)
    t.match(store.list({}), [{ key: 'k1', lastSeenAt: 1000 }], 'it could not be written')
    t.match(store.load('k1'), { lastSeenAt: 1500 }, 'and counts all the same')
    t.match(await faultOf(() => store.drop('k1')), /STORE_UNAVAILABLE: .* is locked by another process/)
    other.exec('ROLLBACK')
    store.touch('k1', 1600, 2600)
    t.match(store.list({}), [{ key: 'k1', lastSeenAt: 1600, expiresAt: 2600 }])
  },
)

t.test('a store that was closed answers with a fault, and can be closed again', async (t) => {
  const store = openSqlite(t)
  store.close()
  store.close()
  t.match(await faultOf(() => store.load('k1')), /STORE_UNAVAILABLE: .* does not answer/)
  store.touch('k1', 1500, 2500)
  store.close()
})

t.test('two processes that open a new folder at once both get a working store', async (t) => {
  const folder = join(t.testdir(), 'data')
  mkdirSync(folder)
  const [a, b] = [openSqlite(t, folder), openSqlite(t, folder)]
  await a.save(sessionOf('k1'), 2000)
  t.not(b.load('k1'), null)
  t.equal(existsSync(join(folder, 'sessions.db')), true)
})

/** How many sessions are left, looked at in each turn of the event loop until the work is done. */
async function leftInEachTurn(file: DatabaseSync, work: Promise<unknown>): Promise<readonly number[]> {
  const count = file.prepare('SELECT count(*) AS count FROM session')
  const left: number[] = []
  let done = false
  const ended = work.finally(() => {
    done = true
  })
  while (!done) {
    left.push(Number(count.get()?.count))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ended
  return left
}

t.test('what is revoked or expired is removed in small pieces, and others write in between', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  const other = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => other.close())
  const many = limits.removedSessions * 3
  const fill = async (idToken = 'x') => {
    for (let at = 0; at < many; at++) {
      await store.save(sessionOf(`k${at}`, { idToken, issuer: `https://op-${at % 5}.example.com` }), 1500)
    }
  }
  const pieces = (left: readonly number[]) =>
    left.flatMap((count, at) => (at > 0 && left[at - 1] !== count ? [(left[at - 1] ?? 0) - count] : []))
  const works = [
    () => store.purge(2000),
    () => store.revoke({ by: 'all' }),
    () => store.revoke({ by: 'user', user: 'alice' }),
  ]
  for (const work of works) {
    await fill()
    const left = await leftInEachTurn(other, work())
    t.same(
      pieces(left).filter((count) => count > 0),
      [limits.removedSessions, limits.removedSessions, limits.removedSessions].slice(0, pieces(left).length),
    )
    t.ok(pieces(left).length >= 2, 'in more than one turn')
    t.equal(store.list({}).length, 0)
  }
  await fill('x'.repeat(100_000))
  t.ok(
    pieces(await leftInEachTurn(other, store.purge(2000))).every((count) => count === 2),
    'fewer of large ones',
  )
  await store.save(sessionOf('huge', { idToken: 'x'.repeat(limits.removedBytes + 1) }), 1500)
  t.equal(await store.purge(2000), 1, 'one that is larger than a piece is a piece')
  await fill()
  const purging = store.purge(2000)
  other.exec('BEGIN IMMEDIATE; COMMIT')
  await purging
})

t.test('a purge that is under way when the store closes ends; a closed store purges nothing', async (t) => {
  const store = openSqlite(t)
  for (let at = 0; at <= limits.removedSessions; at++)
    await store.save(sessionOf(`k${at}`, { user: `u${at}` }), 1500)
  const purging = store.purge(2000)
  store.close()
  t.equal(await purging, limits.removedSessions)
  t.equal(await store.purge(2000), 0)
  t.match(await faultOf(() => store.revoke({ by: 'all' })), /STORE_UNAVAILABLE/)
})

t.test('nor is a purge a fault that waits for another process when the store closes', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.save(sessionOf('k1'), 1500)
  const other = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const purging = store.purge(2000)
  store.close()
  t.equal(await purging, 0)
  other.exec('ROLLBACK')
})

t.test('other processes hear of sessions that made room, and this one does not', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [openSqlite(t, folder), openSqlite(t, folder)]
  for (let at = 0; at < limits.personSessions; at++) await ours.save(sessionOf(`k${at}`), 2000)
  const heard: string[] = []
  ours.onChange(() => heard.push('ours'))
  theirs.onChange(() => heard.push('theirs'))
  t.same(await ours.save(sessionOf('new'), 2000), ['k0'])
  await theirs.save(sessionOf('bob', { user: 'bob' }), 2000)
  mock.timers.tick(250)
  t.same(heard, ['theirs'])
})

t.test('a save that fails ends no other session', async (t) => {
  const file = openSessionFile(t.testdir())
  const store = new SqliteStore(file)
  t.teardown(() => store.close())
  for (let at = 0; at < limits.personSessions; at++) await store.save(sessionOf(`k${at}`), 2000)
  file.database.exec(`CREATE TEMP TRIGGER refused BEFORE DELETE ON main.session
    BEGIN SELECT RAISE(ABORT, 'for the test'); END`)
  t.match(await faultOf(() => store.save(sessionOf('new'), 2000)), /STORE_UNAVAILABLE/)
  t.equal(store.load('new'), null, 'not even the new one is there')
  t.equal(file.database.isTransaction, false)
  file.database.exec('DROP TRIGGER refused')
  t.same(await store.save(sessionOf('new'), 2000), ['k0'])
})

t.test('sign-ins and removals wait for the disk, touches do not', async (t) => {
  const file = openSessionFile(t.testdir())
  const store = new SqliteStore(file)
  t.teardown(() => store.close())
  const full = 2
  const seen: string[] = []
  const level = () => Number(file.database.prepare('PRAGMA synchronous').get()?.synchronous)
  file.database.function('seen', (what) => {
    seen.push(`${what} ${level()}`)
    return null
  })
  for (const change of ['INSERT', 'UPDATE', 'DELETE'])
    file.database.exec(`CREATE TEMP TRIGGER on_${change} AFTER ${change} ON main.session
      BEGIN SELECT seen('${change}'); END`)
  await store.save(sessionOf('k1'), 2000)
  await store.save(sessionOf('k2'), 1500)
  store.touch('k1', 1500, 2500)
  store.list({})
  await store.drop('k1')
  await store.purge(2000)
  await store.save(sessionOf('k3'), 2000)
  await store.revoke({ by: 'all' })
  t.same(seen, [
    `INSERT ${full}`,
    `INSERT ${full}`,
    'UPDATE 1',
    `DELETE ${full}`,
    `DELETE ${full}`,
    `INSERT ${full}`,
    `DELETE ${full}`,
  ])
  await store.save(sessionOf('k1'), 2000)
  file.database.exec(`CREATE TEMP TRIGGER refused BEFORE UPDATE ON main.session
    BEGIN SELECT RAISE(ABORT, 'for the test'); END`)
  store.touch('k1', 1600, 2600)
  store.list({})
  t.equal(level(), full, 'also after touches that failed')
})

t.test('touches wait together, at most so many, and a store that is locked gets them later', async (t) => {
  const written: string[][] = []
  let failure: 'none' | 'busy' | 'broken' = 'none'
  const queue = createTouchQueue(
    (touches) => {
      if (failure !== 'none') throw new Error(failure)
      written.push([...touches.keys()])
    },
    (thrown) => thrown instanceof Error && thrown.message === 'busy',
  )
  const touch = { lastSeenAt: 1, expiresAt: 2 }
  queue.flush()
  queue.add('a', touch)
  queue.add('a', { lastSeenAt: 1, expiresAt: 3 })
  queue.add('a', { lastSeenAt: 0, expiresAt: 4 })
  t.equal(queue.get('a'), touch, 'of two of the same second the first counts')
  for (const key of ['a', 'b', 'a', 'c']) queue.add(key, touch)
  queue.forget('c')
  t.same(written, [])
  queue.flush()
  t.same(written.splice(0), [['a', 'b']])
  failure = 'busy'
  queue.add('a', touch)
  queue.flush()
  t.same(queue.get('a'), touch)
  failure = 'none'
  queue.flush()
  t.same(written.splice(0), [['a']])
  failure = 'broken'
  queue.add('a', touch)
  queue.flush()
  t.equal(queue.get('a'), undefined)
  failure = 'none'
  for (let at = 0; at < 10_000; at++) queue.add(`k${at}`, touch)
  t.equal(written.splice(0)[0]?.length, 10_000, 'a full queue is written at once')
  failure = 'busy'
  for (let at = 0; at < 10_000; at++) queue.add(`k${at}`, touch)
  t.equal(queue.get('k0'), undefined, 'a full one is let go, rather than grow')
  failure = 'none'
  queue.close()
})
