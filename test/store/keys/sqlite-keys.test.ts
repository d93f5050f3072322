import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { openKeyFile } from '../../../src/store/keys/sqlite-key-file.ts'
import { keyOf, secretOf } from '../../core/keys/keys.ts'
import { faultOf } from '../sqlite-store.ts'
import { keyStoreContract } from './contract.ts'
import { openKeys } from './sqlite-key-store.ts'

const free = { ofPerson: null, now: 1000 }

t.test('a file keeps the contract', async (t) => {
  await keyStoreContract(t, (t) => {
    const folder = t.testdir()
    return () => openKeys(t, folder)
  })
})

t.test('keys outlive the process, and no secret is in the file', async (t) => {
  const folder = t.testdir()
  const store = openKeys(t, folder)
  const key = keyOf('a')
  await store.create(key, free)
  await store.close()
  t.same(await openKeys(t, folder).load(key.id), key)
  for (const name of ['keys.db', 'keys.db-wal'])
    t.notOk(readFileSync(join(folder, name)).includes(secretOf('a')), name)
})

t.test('the file is for this user alone', async (t) => {
  const folder = t.testdir()
  openKeys(t, folder)
  t.equal(statSync(join(folder, 'keys.db')).mode & 0o777, 0o600)
  chmodSync(join(folder, 'keys.db'), 0o644)
  openKeys(t, folder)
  t.equal(statSync(join(folder, 'keys.db')).mode & 0o777, 0o600)
})

t.test('another database, another version and a removed file are refused', async (t) => {
  const folder = t.testdir()
  const store = openKeys(t, folder)
  const path = join(folder, 'keys.db')
  rmSync(path)
  t.equal(
    await faultOf(() => store.load('a')),
    `STORE_INVALID: ${path} was removed or replaced while the gateway runs; restart it`,
  )
  t.match(await faultOf(() => store.create(keyOf('a'), free)), 'STORE_INVALID')
  rmSync(`${path}-wal`, { force: true })
  rmSync(`${path}-shm`, { force: true })
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE a (b)')
  t.match(await faultOf(() => openKeyFile(folder)), 'is a database of something else')
  other.exec('DROP TABLE a; PRAGMA application_id = 0x636c6d6b; PRAGMA user_version = 2; CREATE TABLE a (b)')
  t.match(await faultOf(() => openKeyFile(folder)), 'was written by another version of claimgate (format 2')
  other.close()
})

t.test('a record that cannot be read is no key, and is in no list', async (t) => {
  const folder = t.testdir()
  const store = openKeys(t, folder)
  for (const name of ['a', 'b']) await store.create(keyOf(name), free)
  const other = new DatabaseSync(join(folder, 'keys.db'))
  other.exec(`UPDATE api_key SET record = '{"format":2}' WHERE id LIKE 'a%'`)
  other.close()
  t.equal(await store.load(keyOf('a').id), null)
  t.equal(await store.change(keyOf('a').id, { kind: 'rename', name: 'x' }), null)
  t.equal(await store.create(keyOf('a'), free), 'exists')
  t.same((await store.list({ after: null, most: 10 })).keys, [keyOf('b')])
})

t.test('a key that ended is forgotten at last; one that did not never is', async (t) => {
  const store = openKeys(t, t.testdir())
  await store.create(keyOf('a', { expiresAt: 2000 }), free)
  await store.create(keyOf('b'), free)
  await store.change(keyOf('b').id, { kind: 'revoke', at: 3000 })
  await store.create(keyOf('c'), free)
  const later = (now: number) => ({ ofPerson: null, now: now + limits.endedKeySeconds })
  await store.create(keyOf('d'), later(1999))
  t.not(await store.load(keyOf('a').id), null)
  await store.create(keyOf('e'), later(2000))
  t.equal(await store.load(keyOf('a').id), null)
  t.not(await store.load(keyOf('b').id), null)
  await store.create(keyOf('f'), later(3000))
  t.equal(await store.load(keyOf('b').id), null)
  await store.create(keyOf('g'), later(1e9))
  t.not(await store.load(keyOf('c').id), null)
})

t.test('no more than so many days are kept of a key', async (t) => {
  const folder = t.testdir()
  const store = openKeys(t, folder)
  const day = (at: number) => new Date(at * 86_400_000).toISOString().slice(0, 10)
  const last = { at: 1, network: 'n' }
  const many = limits.keyUsageDays + 5
  await store.countUses(Array.from({ length: many }, (_, at) => ({ id: 'a', day: day(at), count: 1, last })))
  const { days } = await store.usage('a')
  t.equal(days.length, limits.keyUsageDays)
  t.equal(days[0]?.day, day(many - 1))
  const rows = new DatabaseSync(join(folder, 'keys.db'), { readOnly: true })
  t.equal(rows.prepare('SELECT count(*) AS count FROM key_use').get()?.count, limits.keyUsageDays)
  rows.close()
})

t.test('when more changed than is kept, everything is doubted', async (t) => {
  const folder = t.testdir()
  const [store, other] = [openKeys(t, folder), openKeys(t, folder)]
  await store.create(keyOf('a'), free)
  const told: unknown[] = []
  const stop = other.onChange((change) => told.push(change))
  stop()
  told.length = 0
  for (let at = 0; at <= limits.keyChanges; at++)
    await store.change(keyOf('a').id, { kind: 'rename', name: `${at}` })
  other.onChange((change) => told.push(change))
  t.same(told, [{ kind: 'any' }])
})
