// What commands leave in the file for the log: taken once, in order, within bounds, whoever wrote it.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { openSessionFile } from '../../src/store/sqlite-file.ts'
import { faultOf, openSqlite } from './sqlite-store.ts'

t.test('each record is taken by one of the processes, and by it once', async (t) => {
  const folder = t.testdir()
  const [command, one, other] = [openSqlite(t, folder), openSqlite(t, folder), openSqlite(t, folder)]
  t.same(await one.commands.take(), [])
  await command.commands.leave(['first', 'second'])
  await command.commands.leave(['third'])
  const taken = [await one.commands.take(), await other.commands.take(), await one.commands.take()]
  t.same(taken, [['first', 'second', 'third'], [], []])
})

t.test('two that take at once share nothing', async (t) => {
  const folder = t.testdir()
  const [one, other] = [openSqlite(t, folder), openSqlite(t, folder)]
  const records = Array.from({ length: 5 * limits.takenCommandRecords }, (_, i) => `record ${i}`)
  await one.commands.leave(records)
  const taken: string[] = []
  for (let i = 0; i < 4; i++)
    for (const some of await Promise.all([one.commands.take(), other.commands.take()])) taken.push(...some)
  t.same(taken.toSorted(), records.toSorted())
})

t.test('they outlive the process that left them, until somebody writes them', async (t) => {
  const folder = t.testdir()
  const command = openSqlite(t, folder)
  await command.commands.leave(['x'])
  command.close()
  t.same(await openSqlite(t, folder).commands.take(), ['x'])
})

t.test('of more than a thousand the oldest are forgotten; some are taken at a time', async (t) => {
  const { commands } = openSqlite(t)
  await commands.leave(Array.from({ length: limits.commandRecords + 3 }, (_, i) => `${i}`))
  const first = await commands.take()
  t.equal(first.length, limits.takenCommandRecords)
  t.equal(first[0], '3')
  let count = first.length
  for (let some = await commands.take(); some.length > 0; some = await commands.take()) count += some.length
  t.equal(count, limits.commandRecords)
})

t.test('a huge one that somebody wrote there is removed unread', async (t) => {
  const folder = t.testdir()
  const { commands } = openSqlite(t, folder)
  const forger = openSessionFile(folder).database
  t.teardown(() => forger.close())
  forger
    .prepare('INSERT INTO command_record (record) VALUES (?)')
    .run('x'.repeat(limits.commandRecordBytes + 1))
  forger.prepare('INSERT INTO command_record (record) VALUES (?)').run('y')
  t.same(await commands.take(), ['', 'y'])
  t.same(await commands.take(), [])
})

t.test('a table that is gone is a fault, and no crash', async (t) => {
  const folder = t.testdir()
  const store = openSqlite(t, folder)
  const forger = openSessionFile(folder).database
  forger.exec('DROP TABLE command_record')
  forger.close()
  t.match(await faultOf(() => store.commands.take()), /^STORE_/)
  t.match(await faultOf(() => store.commands.leave(['x'])), /^STORE_/)
  t.equal(await store.load('k1'), null, 'sessions are found all the same')
})

t.test('what serves is put in the place of what served, over processes', async (t) => {
  const folder = t.testdir()
  const [one, other] = [openSqlite(t, folder), openSqlite(t, folder)]
  t.equal(await one.replaceServed('first'), null)
  t.equal(await other.replaceServed('second'), 'first')
  t.equal(await one.replaceServed('third'), 'second')
  const forger = openSessionFile(folder).database
  forger.prepare('UPDATE served SET record = ?').run('x'.repeat(limits.commandRecordBytes + 1))
  forger.close()
  t.equal(await one.replaceServed('fourth'), null, 'a huge one is not read')
})
