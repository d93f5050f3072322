import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Test, test } from 'tap'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { openSessionFile } from '../../src/store/sqlite-file.ts'
import { createTestClock } from '../support/clock.ts'
import { storeContext } from '../support/store-context.ts'
import { sessionOf } from './contract.ts'
import { formOf } from './contract-forms.ts'
import { renewalContract } from './contract-renewals.ts'
import { faultOf, openSqlite } from './sqlite-store.ts'

const tokens = (name: string) => ({
  access: { value: `canary-access-${name}`, endsAt: 1900 },
  refresh: `canary-refresh-${name}`,
})
const sessionWith = (name: string) => sessionOf('k1', { idToken: `canary-id-${name}`, tokens: tokens(name) })

function openAt(t: Test, folder: string, time: number) {
  const clock = createTestClock(time)
  const store = new SqliteStore(openSessionFile(folder), storeContext({ clock }))
  t.teardown(() => store.close())
  return { store, clock }
}

test('the sqlite store keeps the contract of renewals', async (t) => {
  await renewalContract(t, openSqlite)
})

test('a lock that only ran out renews nothing; one of a clock that was far ahead gives way', async (t) => {
  const { store, clock } = openAt(t, t.testdir(), 1000)
  await store.save(sessionWith('old'), 5000)
  t.equal(await store.lock('k1', { id: 'a', at: 1000, until: 1030 }), true)
  clock.time = 1029
  t.equal(await store.lock('k1', { id: 'b', at: 1029, until: 1059 }), false)
  t.equal(await store.renew(sessionWith('new'), 'a'), true)
  clock.time = 1030
  t.equal(await store.renew(sessionWith('late'), 'a'), false)
  t.equal(store.load('k1')?.idToken, 'canary-id-new')
  t.equal(await store.lock('k1', { id: 'ahead', at: 9000, until: 9030 }), true)
  clock.time = 1031
  t.equal(await store.renew(sessionWith('late'), 'ahead'), false)
  t.equal(await store.lock('k1', { id: 'b', at: 1031, until: 1061 }), true)
  t.equal(await store.renew(sessionWith('b'), 'b'), true)
})

test('two processes: one has the lock, the other reads what it brought, and nothing is lost on the disk', async (t) => {
  const folder = t.testdir()
  const [one, other] = [openSqlite(t, folder), openSqlite(t, folder)]
  await one.save(sessionWith('old'), 5000)
  const at = Math.floor(Date.now() / 1000)
  const given = await Promise.all([
    one.lock('k1', { id: 'one', at, until: at + 600 }),
    other.lock('k1', { id: 'other', at, until: at + 600 }),
  ])
  t.same(given, [true, false])
  t.equal(await other.renew(sessionWith('late'), 'other'), false)
  t.equal(await one.renew(sessionWith('new'), 'one'), true)
  t.same(other.load('k1'), sessionWith('new'))
  await one.unlock('k1', 'one')
  t.equal(await other.lock('k1', { id: 'other', at, until: at + 600 }), true)
  await other.drop('k1')
  t.equal(await one.renew(sessionWith('late'), 'other'), false)
})

test('a renewal that cannot be written is a fault, and leaves what was there', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.save(sessionWith('old'), 5000)
  const at = Math.floor(Date.now() / 1000)
  await store.lock('k1', { id: 'a', at, until: at + 600 })
  const other = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => other.close())
  other.exec("CREATE TRIGGER full BEFORE UPDATE OF record ON session BEGIN SELECT raise(ABORT, 'full'); END")
  t.match(await faultOf(() => store.renew(sessionWith('new'), 'a')), /^STORE_UNAVAILABLE/)
  t.same(store.load('k1'), sessionWith('old'))
  other.exec('DROP TRIGGER full')
  t.equal(await store.renew(sessionWith('new'), 'a'), true)
})

test('a file of before gets the columns and the table; its sessions are renewed, and keep forms', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.save(sessionWith('old'), 5000)
  store.close()
  const database = new DatabaseSync(join(folder, 'sessions.db'))
  database.exec('DROP TABLE kept_form')
  for (const column of ['lock_id', 'lock_at', 'lock_until'])
    database.exec(`ALTER TABLE session DROP COLUMN ${column}`)
  database.close()
  const later = openSqlite(t, folder)
  t.same(later.load('k1'), sessionWith('old'))
  const at = Math.floor(Date.now() / 1000)
  t.equal(await later.lock('k1', { id: 'a', at, until: at + 600 }), true)
  t.equal(await later.renew(sessionWith('new'), 'a'), true)
  t.equal(await later.forms.keep(formOf('f')), true)
  later.close()
  t.same(openSqlite(t, folder).load('k1'), sessionWith('new'), 'and it is opened again as it is')
})

test('whoever reads the file finds no token of a session that lives, and nothing of one that ended', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  const bytes = () =>
    ['sessions.db', 'sessions.db-wal'].map((name) => readFileSync(join(folder, name), 'latin1')).join('')
  await store.save(sessionWith('old'), 5000)
  const at = Math.floor(Date.now() / 1000)
  await store.lock('k1', { id: 'a', at, until: at + 600 })
  t.equal(await store.renew(sessionWith('new'), 'a'), true)
  t.notMatch(bytes(), 'canary')
  const reader = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => reader.close())
  const [row] = reader.prepare('SELECT record, tokens FROM session').all()
  t.notMatch(JSON.parse(String(row?.record)), { tokens: { refresh: /./ } })
  const sealed = String(row?.tokens)
  t.ok(sealed.length > 100)
  await store.drop('k1')
  reader.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  t.notMatch(readFileSync(join(folder, 'sessions.db'), 'latin1'), sealed.slice(-60))
  t.same(await store.list({}), [])
})
