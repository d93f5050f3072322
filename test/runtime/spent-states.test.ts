import t, { type Test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import type { SpentStateStore } from '../../src/core/ports.ts'
import { createSpentStates } from '../../src/runtime/spent-states.ts'
import { openMemoryStates } from '../../src/store/memory-states.ts'
import { createTestClock } from '../support/clock.ts'
import { orRejected } from '../support/thrown.ts'

/** Two processes on one store. `pass` is what happens in each pause of the look-out. */
function open(_t: Test, change: Partial<SpentStateStore> = {}) {
  const states = openMemoryStates()
  const store = { ...states, ...change }
  const clock = createTestClock(1_000_000)
  const pauses: number[] = []
  const faults: unknown[] = []
  const around = { pass: () => {} }
  const pause = async (ms: number) => {
    pauses.push(ms)
    if (pauses.length > 100_000) throw new Error('it waits for ever')
    around.pass()
  }
  const setup = { store, clock, report: (thrown: unknown) => void faults.push(thrown), pause }
  return {
    states,
    clock,
    pauses,
    faults,
    around,
    one: createSpentStates(setup),
    other: createSpentStates(setup),
  }
}

const until = 2_000_000

t.test('of two processes one spends, and the other waits for what it comes to', async (t) => {
  const { one, other, pauses, around } = open(t)
  t.equal(await one.spend('a', until), true)
  t.equal(await other.spend('a', until), false)
  let turns = 0
  around.pass = () => {
    turns += 1
    if (turns === 3) void one.keep('a', 'sealed')
  }
  t.equal(await other.outcome('a'), 'sealed')
  t.same(pauses, [100, 100, 100])
  t.equal(await one.outcome('a'), 'sealed', 'and so does the first')
  t.equal(pauses.length, 3, 'at once')
})

t.test('nobody waits for longer than ten seconds, nor for what nobody will bring', async (t) => {
  const { one, pauses, clock } = open(t)
  t.equal(await one.outcome('never'), null)
  t.equal(pauses.length, 0, 'a state that nobody spent')
  await one.spend('a', until)
  t.equal(await orRejected(() => one.outcome('a')), null)
  t.equal(pauses.length, limits.outcomeWaitMs / 100)
  clock.time += 30
  t.equal(await one.outcome('a'), null)
  t.equal(pauses.length, limits.outcomeWaitMs / 100, 'its process is gone')
})

t.test('an outcome is told for a minute', async (t) => {
  const { one, clock, pauses } = open(t)
  await one.spend('a', until)
  await one.keep('a', 'sealed')
  clock.time += 59
  t.equal(await one.outcome('a'), 'sealed')
  clock.time += 1
  t.equal(await one.outcome('a'), null)
  t.equal(await one.spend('a', until), false, 'spent it stays')
  t.same(pauses, [])
})

t.test('however many wait for one sign-in, the store is asked once a pause', async (t) => {
  const asked: string[] = []
  const { one, states, pauses } = open(t, {
    spent: (hash) => {
      asked.push(hash)
      return states.spent(hash)
    },
  })
  await one.spend('a', until)
  const all = Array.from({ length: 500 }, () => one.outcome('a'))
  t.same(new Set(await Promise.all(all)), new Set([null]))
  t.equal(asked.length, pauses.length + 1)
})

t.test('of the sign-ins that are waited for there are so many and no more', async (t) => {
  const { one, pauses } = open(t)
  const hashes = Array.from({ length: limits.awaitedOutcomes + 1 }, (_, at) => `s${at}`)
  for (const hash of hashes) await one.spend(hash, until)
  const all = hashes.map((hash) => one.outcome(hash))
  t.equal(await all.at(-1), null)
  t.equal(pauses.length < hashes.length * 100, true, 'the last one was not looked out for')
  await Promise.all(all)
  await one.keep('s0', 'sealed')
  t.equal(await one.outcome('s0'), 'sealed', 'and who waited makes room')
})

t.test('a store that cannot keep an outcome fails no sign-in; one that cannot be read says so', async (t) => {
  const thrown = new Error('for the test')
  const broken = () => {
    throw thrown
  }
  const { one, faults } = open(t, { keepOutcome: broken, spent: broken })
  await one.spend('a', until)
  await one.keep('a', 'sealed')
  t.same(faults, [thrown])
  t.equal(await orRejected(() => one.outcome('a')), thrown)
})
