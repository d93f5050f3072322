// Removing much, piece by piece: what a piece holds, and what comes between two.
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { type PieceRemoved, removeInPieces, removePiece, transaction } from '../../src/store/removal.ts'

function open(t: Test): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  t.teardown(() => database.close())
  database.exec('CREATE TABLE row (id INTEGER)')
  return database
}

const countOf = (database: DatabaseSync) => database.prepare('SELECT count(*) AS count FROM row').get()?.count

t.test('a piece is so many rows, of so many bytes together, and one at least', async (t) => {
  const database = open(t)
  const rows = (...bytes: readonly number[]) => bytes.map((one, at) => ({ id: at + 1, bytes: one }))
  const all = limits.removedBytes
  const many = limits.removedSessions
  const table: readonly [string, readonly number[], PieceRemoved][] = [
    ['none', [], { count: 0, more: false }],
    ['one', [10], { count: 1, more: false }],
    ['one that is larger than a piece', [all + 1], { count: 1, more: false }],
    ['another behind it', [all + 1, 1], { count: 1, more: true }],
    ['two that fit to the byte', [all - 1, 1], { count: 2, more: false }],
    ['a third one that is a byte too much', [all - 1, 1, 1], { count: 2, more: true }],
    ['as many as a piece may have', Array(many).fill(1), { count: many, more: true }],
    ['one less', Array(many - 1).fill(1), { count: many - 1, more: false }],
  ]
  for (const [what, bytes, expected] of table) {
    const removed: number[] = []
    const piece = removePiece(
      database,
      () => rows(...bytes),
      (id) => void removed.push(id),
    )
    t.same(piece, expected, what)
    t.same(
      removed,
      rows(...bytes)
        .slice(0, expected.count)
        .map(({ id }) => id),
      what,
    )
    t.equal(database.isTransaction, false)
  }
})

t.test('a transaction is all or nothing, and what was thrown is thrown on', async (t) => {
  const database = open(t)
  const add = () => database.exec('INSERT INTO row VALUES (1)')
  const result = transaction(database, () => {
    t.equal(database.isTransaction, true)
    add()
    return 'done'
  })
  t.equal(result, 'done')
  t.equal(countOf(database), 1)
  const fault = new Error('for the test')
  t.throws(
    () =>
      transaction(database, () => {
        add()
        throw fault
      }),
    fault,
  )
  t.equal(database.isTransaction, false)
  t.equal(countOf(database), 1)
  t.throws(
    () =>
      transaction(database, () => {
        database.exec('ROLLBACK') // As SQLite does by itself when the disk is full.
        throw fault
      }),
    fault,
    'also when there is nothing to roll back any more',
  )
})

t.test('pieces are asked for until there are no more, and others have their turn between two', async (t) => {
  const pieces: PieceRemoved[] = [
    { count: 3, more: true },
    { count: 0, more: true },
    { count: 2, more: false },
  ]
  const between: string[] = []
  const removed = removeInPieces(() => {
    between.push('piece')
    setImmediate(() => between.push('others'))
    const piece = pieces.shift()
    if (piece === undefined) throw new Error('asked once too often')
    return piece
  })
  t.same(between, ['piece'], 'the first at once')
  await t.resolveMatch(removed, 5)
  t.same(between.slice(0, 5), ['piece', 'others', 'piece', 'others', 'piece'])
})
