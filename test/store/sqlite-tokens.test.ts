import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Test, test } from 'tap'
import { Secret } from '../../src/core/secret.ts'
import { createRecordSeal } from '../../src/core/session/record-seal.ts'
import { buildKeyRing, type KeyRing } from '../../src/core/session/seal.ts'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { openSessionFile } from '../../src/store/sqlite-file.ts'
import { createTestClock } from '../support/clock.ts'
import { storeContext } from '../support/store-context.ts'
import { sessionOf } from './contract.ts'
import { openSqlite } from './sqlite-store.ts'

const [first, second] = [new Secret('f'.repeat(32)), new Secret('s'.repeat(32))]

function opened(t: Test, folder: string, ring: KeyRing): { store: SqliteStore; database: DatabaseSync } {
  const file = openSessionFile(folder)
  const store = new SqliteStore(file, storeContext({ seal: createRecordSeal(() => ring, randomBytes) }))
  t.teardown(() => store.close())
  return { store, database: file.database }
}

test('whoever reads the file finds no token of a session that lives', async (t) => {
  const folder = t.testdir()
  const { store } = opened(t, folder, buildKeyRing([first]))
  await store.save(sessionOf('k1', { idToken: 'canary-token' }), 2000)
  t.equal(store.load('k1')?.idToken, 'canary-token')
  store.close()
  t.notMatch(readFileSync(join(folder, 'sessions.db'), 'latin1'), /canary-token/)
})

test('the tokens of one session do not open for another', async (t) => {
  const { store, database } = opened(t, t.testdir(), buildKeyRing([first]))
  await store.save(sessionOf('k1', { idToken: 'of alice' }), 2000)
  await store.save(sessionOf('k2', { idToken: 'of bob', user: 'bob' }), 2000)
  database.exec("UPDATE session SET tokens = (SELECT tokens FROM session WHERE key = 'k2') WHERE key = 'k1'")
  t.equal(store.load('k1')?.idToken, '')
  t.equal(store.load('k2')?.idToken, 'of bob')
})

test('tokens that an older secret sealed are sealed anew; without their secret there are none', async (t) => {
  const folder = t.testdir()
  const before = opened(t, folder, buildKeyRing([first]))
  for (const key of ['k1', 'k2']) await before.store.save(sessionOf(key, { idToken: `of ${key}` }), 2000)
  before.store.close()
  const between = opened(t, folder, buildKeyRing([second, first]))
  t.equal(between.store.load('k1')?.idToken, 'of k1')
  between.store.close()
  const after = opened(t, folder, buildKeyRing([second]))
  t.equal(after.store.load('k1')?.idToken, 'of k1', 'it was loaded while both were there')
  t.equal(after.store.load('k2')?.idToken, '')
})

test('tokens that were renewed meanwhile are not sealed back to those that were read', async (t) => {
  const folder = t.testdir()
  const before = opened(t, folder, buildKeyRing([first]))
  await before.store.save(sessionOf('k1', { idToken: 'older' }), 2000)
  before.store.close()
  const other = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => other.close())
  const seal = createRecordSeal(() => buildKeyRing([second, first]), randomBytes)
  const renewed = seal.seal('tokens', 'k1', JSON.stringify({ idToken: 'newer' }))
  const meanwhile: typeof seal = {
    ...seal,
    open(purpose, key, sealed) {
      other.prepare('UPDATE session SET tokens = ?').run(renewed)
      return seal.open(purpose, key, sealed)
    },
  }
  const store = new SqliteStore(openSessionFile(folder), storeContext({ seal: meanwhile }))
  t.teardown(() => store.close())
  t.equal(store.load('k1')?.idToken, 'older')
  t.equal(other.prepare('SELECT tokens FROM session').get()?.tokens, renewed)
})

test('a file of before gets the columns: its sessions live on, and end by a logout at the provider', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  const claims = { sub: 'alice', sid: 's1' }
  await store.save(sessionOf('k1', { claims }), 2000)
  store.close()
  const database = new DatabaseSync(join(folder, 'sessions.db'))
  database.exec(`DROP INDEX session_by_subject; DROP INDEX session_by_sid; DROP TABLE logout;
    UPDATE session SET record = json_remove(json_set(record, '$.idToken', 'plain'), '$.subject', '$.sid',
      '$.idTokenIssuedAt', '$.client', '$.marks')`)
  for (const column of ['subject', 'sid', 'issued_at', 'tokens'])
    database.exec(`ALTER TABLE session DROP COLUMN ${column}`)
  database.close()
  const later = openSqlite(t, folder)
  t.match(later.load('k1'), { subject: 'alice', sid: 's1', idTokenIssuedAt: 1000, idToken: 'plain' })
  const logout = {
    issuer: 'https://acme.example.com',
    subject: null,
    sid: 's1',
    issuedBy: 1000,
    jti: null,
    at: 1,
  }
  t.same(await later.logOut(logout), { kind: 'ended', keys: ['k1'] })
})

test('what was loaded is believed for a second after the last look', async (t) => {
  const clock = createTestClock(1000)
  const file = openSessionFile(t.testdir())
  const store = new SqliteStore(file, storeContext({ clock }))
  t.teardown(() => store.close())
  t.equal(store.freshUntilMs(), clock.monotonicMs() + 1000)
  clock.time += 5
  t.ok(store.freshUntilMs() < clock.monotonicMs(), 'nobody looked')
  store.onChange(() => {})
  t.equal(store.freshUntilMs(), clock.monotonicMs() + 1000, 'whoever listens has looked')
})
