import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { openSessionFile } from '../../src/store/sqlite-file.ts'
import { storeContext } from '../support/store-context.ts'
import { sessionOf, storeContract } from './contract.ts'
import { faultOf, openSqlite } from './sqlite-store.ts'

t.test(
  'a write that finds the lock taken is tried again twenty times, fifty milliseconds apart',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const folder = t.testdir()
    const file = openSessionFile(folder)
    const store = new SqliteStore(file, storeContext())
    t.teardown(() => store.close())
    const other = new DatabaseSync(join(folder, 'sessions.db'))
    t.teardown(() => other.close())
    file.database.exec('PRAGMA busy_timeout = 0')
    let tries = 0
    const exec = file.database.exec.bind(file.database)
    file.database.exec = (sql) => {
      tries += 1
      exec(sql)
    }
    /** What became of a check by now. */
    const begin = () => {
      const state = { outcome: 'waits' }
      void faultOf(() => store.check()).then((outcome) => {
        state.outcome = outcome
      })
      return state
    }
    other.exec('BEGIN IMMEDIATE')
    const refused = begin()
    t.equal(tries, 1)
    for (let again = 1; again <= 20; again++) {
      mock.timers.tick(49)
      await turn()
      t.equal(tries, again)
      t.equal(refused.outcome, 'waits')
      mock.timers.tick(1)
      await turn()
      t.equal(tries, again + 1)
    }
    t.match(refused.outcome, /^STORE_UNAVAILABLE: .* is locked by another process$/)
    mock.timers.tick(1000)
    await turn()
    t.equal(tries, 21, 'then no more')
    const served = begin()
    mock.timers.tick(50)
    await turn()
    t.equal(served.outcome, 'waits')
    other.exec('COMMIT')
    mock.timers.tick(50)
    await turn()
    t.equal(served.outcome, 'nothing', 'no fault')
    t.equal(tries, 24)
    other.exec('BEGIN IMMEDIATE')
    const broken = begin()
    file.database.exec = () => {
      throw new Error('another fault, for the test')
    }
    mock.timers.tick(50)
    await turn()
    t.match(broken.outcome, /does not answer$/, 'whatever else comes up meanwhile is told at once')
  },
)

t.test('the sqlite store keeps the contract', async (t) => {
  await storeContract(t, openSqlite)
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

t.test('a damaged or foreign record is no session', async (t) => {
  const folder = t.testdir()
  const file = openSessionFile(folder)
  const store = new SqliteStore(file, storeContext())
  t.teardown(() => store.close())
  await store.save(sessionOf('k1'), 2000)
  for (const record of ['', '{', '{"format":99}', 'null']) {
    file.database.prepare('UPDATE session SET record = ?').run(record)
    t.equal(store.load('k1'), null, record)
  }
})

t.test(
  'a full disk refuses new sessions with STORE_FULL; those that are there can be read and ended',
  async (t) => {
    const file = openSessionFile(t.testdir())
    const store = new SqliteStore(file, storeContext())
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
  const store = new SqliteStore(file, storeContext())
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
  await t.resolves(Promise.resolve(saving))
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
  t.match(await faultOf(() => store.states.spend('a', { at: 1000, until: 2000 })), expected)
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

t.test('a save that fails ends no other session', async (t) => {
  const file = openSessionFile(t.testdir())
  const store = new SqliteStore(file, storeContext())
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
  const store = new SqliteStore(file, storeContext())
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

t.test('a store opens on a file, and closes it', async (t) => {
  const file = openSessionFile(t.testdir())
  t.doesNotThrow(() => new SqliteStore(file, storeContext()).close())
  t.equal(file.database.isOpen, false)
})
