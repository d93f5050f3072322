import t from 'tap'
import { casesIn } from './cases-in.ts'

/** A test file, and the ids that count in it. */
const files: readonly (readonly [text: string, ids: readonly number[]])[] = [
  ['// S-001\nt.test("x", async (t) => { t.ok(f()) })', []],
  ['t.test("x (S-001)", async (t) => { t.ok(f()) })', [1]],
  ['t.test("x (S-001)", async () => { f() })', []],
  ['t.test("x (S-001 … S-003)", (t) => helper(t, 1))', [1, 2, 3]],
  ['t.test(`x (S-001)`, async (t) => { t.ok(f()) })', [1]],
  ['t.test("x", async (t) => { t.equal(f(), 1, "S-001") })', [1]],
  ['const rows = [["S-001", 1]]\nfor (const row of rows) t.test("x", async (t) => { t.ok(row) })', [1]],
  ['const rows = { "S-001": 1 }\nt.test("x", async (t) => { t.ok(rows) })', [1]],
  ['const note = "S-001"\nt.test("x", async (t) => { t.ok(note) })', []],
  ['t.test("x", async (t) => { f("S-001"); t.ok(1) })', []],
]

t.test('an id counts beside an assertion', async (t) => {
  for (const [text, ids] of files) t.same([...casesIn('x.ts', text)], ids, text)
})
