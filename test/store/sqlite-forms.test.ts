import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { sessionOf } from './contract.ts'
import { formContract, formOf } from './contract-forms.ts'
import { openSqlite } from './sqlite-store.ts'

test('the sqlite store keeps the contract of forms', async (t) => {
  await formContract(t, openSqlite)
})

test('two processes that take one form at the same moment: one has it', async (t) => {
  const folder = t.testdir()
  const stores = [openSqlite(t, folder), openSqlite(t, folder)]
  for (let round = 0; round < 10; round++) {
    t.equal(await stores[round % 2]?.forms.keep(formOf('a')), true)
    const taken = await Promise.all(stores.map(async ({ forms }) => forms.take('a', 1000)))
    t.same(
      taken.filter((one) => one !== null),
      ['sealed a'],
    )
  }
  await stores[0]?.forms.keep(formOf('a', { sealed: 'x'.repeat(limits.keptFormBytes / 2) }))
  t.equal(await stores[1]?.forms.keep(formOf('b', { sealed: 'x'.repeat(limits.keptFormBytes / 2) })), false)
})

test('a form that was taken, or is over, is gone from the file', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  await store.forms.keep(formOf('a', { sealed: `canary-a${'-'.repeat(100_000)}` }))
  await store.forms.keep(formOf('b', { sealed: `canary-b${'-'.repeat(100_000)}` }))
  await store.forms.take('a', 1000)
  await store.purge(1600)
  const other = new DatabaseSync(join(folder, 'sessions.db'))
  t.teardown(() => other.close())
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  t.notMatch(readFileSync(join(folder, 'sessions.db'), 'latin1'), 'canary')
  t.equal(other.prepare('SELECT count(*) AS count FROM kept_form').get()?.count, 0)
})

test('forms that are over are purged in pieces, whatever they take', async (t) => {
  const store = openSqlite(t)
  const many = limits.removedSessions * 2 + 1
  const sealed = 'x'.repeat(limits.removedBytes / 10)
  for (let at = 0; at < many; at++)
    t.equal(await store.forms.keep(formOf(`f${at}`, { session: `s${at}`, sealed })), true)
  await store.save(sessionOf('k1'), 1600)
  t.equal(await store.purge(1600), 1)
  for (const at of [0, many - 1]) t.equal(await store.forms.read(`f${at}`, 1000), null)
})
