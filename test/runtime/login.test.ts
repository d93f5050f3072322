import t from 'tap'
import { createConsumedStates } from '../../src/runtime/consumed.ts'
import { createLoginLoop } from '../../src/runtime/login-loop.ts'

t.test('a state is consumed once, and remembered for its lifetime', async (t) => {
  const consumed = createConsumedStates(600, 100)
  t.ok(consumed.consume('a', 1000))
  t.notOk(consumed.consume('a', 1001), 'the second time')
  t.notOk(consumed.consume('a', 1600), 'still within its lifetime')
  t.ok(consumed.consume('a', 1601), 'forgotten after it')
})

t.test('at the cap the oldest states are forgotten first', async (t) => {
  const consumed = createConsumedStates(600, 3)
  for (const hash of ['a', 'b', 'c', 'd']) t.ok(consumed.consume(hash, 1000))
  t.notOk(consumed.consume('d', 1000))
  t.ok(consumed.consume('a', 1000), 'the oldest made room')
})

t.test('many sign-ins of one person within seconds are a loop, spread out they are not (S-099)', async (t) => {
  const loop = createLoginLoop()
  const fast = Array.from({ length: 13 }, (_, at) => loop.noteLogin('https://a.example', 'u', 1000 + at))
  t.same(fast.indexOf(true), 12)
  const slow = Array.from({ length: 40 }, (_, at) => loop.noteLogin('https://a.example', 'v', 1000 + at * 31))
  t.notOk(slow.includes(true))
  t.notOk(loop.noteLogin('https://b.example', 'u', 1013), 'another origin counts for itself')
})
