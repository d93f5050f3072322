import t from 'tap'
import { belowFloor, raised } from './floor.ts'

t.test('below the floor is a fault for each figure, on it is none', async (t) => {
  const floor = { lines: 90, branches: 86 }
  t.same(belowFloor({ lines: 90, branches: 86 }, floor), [])
  t.match(belowFloor({ lines: 89.9, branches: 99 }, floor), [/Only 89\.9 % of the lines .* 90 %/])
  t.equal(belowFloor({ lines: 1, branches: 1 }, floor).length, 2)
})

t.test('the floor only rises, and stays a tenth below what was reached', async (t) => {
  const floor = { lines: 90, branches: 86 }
  t.same(raised(floor, { lines: 91.27, branches: 80 }), { lines: 91.1, branches: 86 })
  t.same(raised(floor, { lines: 90.05, branches: 86 }), floor)
})
