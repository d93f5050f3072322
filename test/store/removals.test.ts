// Other processes hear of removals; many are made in pieces.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { createRemovals } from '../../src/store/removals.ts'
import { openSessionFile } from '../../src/store/sqlite-file.ts'
import { prepareStatements } from '../../src/store/sqlite-statements.ts'
import { sessionOf } from './contract.ts'
import { faultOf, openSqlite } from './sqlite-store.ts'

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

t.test('of a file that nobody else wrote the version alone is read, four times a second', async (t) => {
  const folder = t.testdir()
  const file = openSessionFile(folder)
  t.teardown(() => file.database.close())
  const { dataVersion, removals } = prepareStatements(file.database)
  const counted = mock.method(removals, 'get').mock
  const known = createRemovals({ dataVersion, removals })
  t.equal(counted.callCount(), 1)
  for (let times = 0; times < 5; times++) t.equal(known.look(), false)
  t.equal(counted.callCount(), 1)
  await openSqlite(t, folder).save(sessionOf('a'), 2000)
  for (let times = 0; times < 5; times++) t.equal(known.look(), false)
  t.equal(counted.callCount(), 2, 'once for what another one wrote')
})

t.test('listeners hear of a removal by another process a quarter of a second later', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [openSqlite(t, folder), openSqlite(t, folder)]
  for (const key of ['a', 'b', 'c']) await ours.save(sessionOf(key), 2000)
  const heard: string[] = []
  const leave = ours.onChange(() => heard.push('one'))
  const leaveToo = ours.onChange(() => heard.push('two'))
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
  leaveToo()
  const { setInterval } = globalThis
  let begun = 0
  Object.assign(globalThis, {
    setInterval: (...of: Parameters<typeof setInterval>) => {
      begun += 1
      return setInterval(...of)
    },
  })
  ours.onChange(() => heard.push('three'))
  Object.assign(globalThis, { setInterval })
  t.equal(begun, 1, 'nobody looked while nobody listened')
  await theirs.drop('d')
  mock.timers.tick(250)
  t.same(heard.splice(0), ['three'], 'also who comes when nobody listened')
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
  await fill('x'.repeat(90_000))
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
  await t.resolveMatch(purging, 0)
  other.exec('ROLLBACK')
})
