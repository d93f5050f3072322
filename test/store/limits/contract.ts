// What every store of limits does, wherever it counts.
import type { Test } from 'tap'
import type { Counter } from '../../../src/core/limits/counter.ts'
import type { LimitStore } from '../../../src/core/limits/limit-store.ts'
import type { LimitAmount } from '../../../src/core/limits/request-limit.ts'

/** A midnight in UTC. */
export const midnight = Date.parse('2026-11-29T00:00:00Z') / 1000

export function counterOf(subject: string, amount: Partial<LimitAmount> = {}): Counter {
  return {
    limit: 'one',
    amount: { kind: 'rate', count: 3, windowSeconds: 60, ...amount },
    subject,
    ofNetworks: false,
  }
}

/** How many of so many tries were let in. */
export async function letIn(
  store: LimitStore,
  counter: Counter,
  tries: number,
  now: number = midnight + 10,
): Promise<number> {
  let count = 0
  for (let at = 0; at < tries; at++) if ((await store.take(counter, now)).kind === 'taken') count += 1
  return count
}

export async function limitContract(t: Test, open: (t: Test) => LimitStore): Promise<void> {
  const kinds = ['rate', 'quota'] as const
  for (const kind of kinds) {
    await t.test(`a ${kind} lets in as many as it says, of each subject by itself`, async (t) => {
      const store = open(t)
      t.equal(await letIn(store, counterOf('a', { kind }), 5), 3)
      t.equal(await letIn(store, counterOf('b', { kind }), 5), 3)
      t.equal(await letIn(store, { ...counterOf('c', { kind }), ofNetworks: true }, 5), 3)
    })

    await t.test(`a ${kind} that gives one back has room for one more`, async (t) => {
      const store = open(t)
      const counter = counterOf('a', { kind })
      t.equal(await letIn(store, counter, 3), 3)
      await store.giveBack(counter, midnight + 10)
      t.equal(await letIn(store, counter, 1), 1)
      t.equal(await letIn(store, counter, 1), 0)
    })

    await t.test(`a ${kind} of another length or count is counted in its own way`, async (t) => {
      const store = open(t)
      t.equal(await letIn(store, counterOf('a', { kind }), 5), 3)
      t.equal(await letIn(store, counterOf('a', { kind, windowSeconds: 120 }), 5), 3)
      const more = counterOf('b', { kind })
      t.equal(await letIn(store, more, 3), 3)
      const { amount } = more
      t.equal(await letIn(store, { ...more, amount: { ...amount, count: 5 } }, 5), 2, 'a larger plan goes on')
    })
  }

  await t.test('a rate and a quota of one subject are two', async (t) => {
    const store = open(t)
    t.equal(await letIn(store, counterOf('a', { kind: 'rate' }), 5), 3)
    t.equal(await letIn(store, counterOf('a', { kind: 'quota' }), 5), 3)
  })

  await t.test('a quota ends with its window, and says when that is', async (t) => {
    const store = open(t)
    const day = counterOf('a', { kind: 'quota', windowSeconds: 86_400 })
    const last = midnight + 86_399
    t.equal(await letIn(store, day, 5, midnight), 3)
    t.same(await store.take(day, midnight + 1), { kind: 'full', retryAfterSeconds: 86_399 })
    t.same(await store.take(day, last), { kind: 'full', retryAfterSeconds: 1 })
    t.equal(await letIn(store, day, 5, last + 1), 3)
  })

  await t.test('a rate says when its window ends', async (t) => {
    const store = open(t)
    const counter = counterOf('a')
    t.equal(await letIn(store, counter, 3), 3)
    const refused = await store.take(counter, midnight + 10)
    if (refused.kind === 'taken') throw new Error('let in')
    // The clock of the machine may go on meanwhile, where the library has its own.
    t.ok(refused.retryAfterSeconds >= 1 && refused.retryAfterSeconds <= 60, `${refused.retryAfterSeconds}`)
  })

  for (const kind of kinds)
    await t.test(
      `of a ${kind}, what is refused is not counted: each one that is given back has room for one more`,
      async (t) => {
        const store = open(t)
        const counter = counterOf('a', { kind, count: 50 })
        const all = await Promise.all(Array.from({ length: 120 }, async () => store.take(counter, midnight)))
        const taken = all.filter((one) => one.kind === 'taken')
        await Promise.all(taken.map(async () => store.giveBack(counter, midnight)))
        t.equal(await letIn(store, counter, 120, midnight), 50)
      },
    )

  for (const kind of kinds)
    await t.test(`a ${kind} that was never drawn on has nothing to give back`, async (t) => {
      const store = open(t)
      const counter = counterOf('a', { kind })
      for (const _ of [1, 2]) await store.giveBack(counter, midnight + 10)
      t.equal(await letIn(store, counter, 5), 3)
    })

  await t.test('what is given back late is not taken from the next window', async (t) => {
    const store = open(t)
    const day = counterOf('a', { kind: 'quota', windowSeconds: 86_400 })
    const [last, next] = [midnight + 86_399, midnight + 86_400]
    t.equal(await letIn(store, day, 1, last), 1)
    t.equal(await letIn(store, day, 3, next), 3)
    await store.giveBack(day, last)
    t.equal(await letIn(store, day, 1, next), 0)
  })

  await t.test(
    'a clock that was far ahead for a while leaves nobody without a quota until then',
    async (t) => {
      const store = open(t)
      const day = counterOf('a', { kind: 'quota', windowSeconds: 86_400 })
      t.equal(await letIn(store, day, 5, midnight + 400 * 86_400), 3)
      t.equal(await letIn(store, day, 5, midnight), 3)
    },
  )

  await t.test('however many ask at once, no more are let in', async (t) => {
    const store = open(t)
    for (const kind of kinds) {
      const counter = counterOf('a', { kind, count: 50 })
      const all = await Promise.all(Array.from({ length: 120 }, async () => store.take(counter, midnight)))
      t.equal(all.filter((one) => one.kind === 'taken').length, 50, kind)
    }
  })
}
