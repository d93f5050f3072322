// Limits on one machine: rates in memory, or in the file where several processes take requests; quotas in the file.

import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { LimitStore } from '../../../src/core/limits/limit-store.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { openLimitStore } from '../../../src/store/limits/open.ts'
import { startChild } from '../../support/child.ts'
import { faultOf } from '../sqlite-store.ts'
import { counterOf, letIn, limitContract, midnight } from './contract.ts'

function open(t: Test, dataFolder: string, shared: boolean): LimitStore {
  const store = openLimitStore({ kind: 'local', dataFolder, shared })
  t.teardown(() => store.close())
  return store
}

for (const shared of [false, true])
  t.test(shared ? 'beside other processes' : 'alone', async (t) => {
    let opened = 0
    await limitContract(t, (t) => {
      opened += 1
      return open(t, join(t.testdir({}), `${opened}`), shared)
    })
  })

t.test('a quota survives a restart; a rate alone does not, beside others it does', async (t) => {
  const [alone, beside] = [join(t.testdir({}), 'alone'), join(t.testdir({}), 'beside')]
  for (const [folder, shared, ofRate] of [
    [alone, false, 3],
    [beside, true, 0],
  ] as const) {
    const first = openLimitStore({ kind: 'local', dataFolder: folder, shared })
    for (const kind of ['rate', 'quota'] as const) t.equal(await letIn(first, counterOf('a', { kind }), 3), 3)
    await first.close()
    const second = open(t, folder, shared)
    t.equal(await letIn(second, counterOf('a', { kind: 'quota' }), 3), 0)
    t.equal(await letIn(second, counterOf('a'), 3), ofRate)
  }
})

t.test('beside others, a rate begins with its first request and ends by the clock', async (t) => {
  const store = open(t, t.testdir({}), true)
  const counter = counterOf('a')
  t.equal(await letIn(store, counter, 5, midnight + 50), 3)
  t.same(await store.take(counter, midnight + 70), { kind: 'full', retryAfterSeconds: 40 })
  t.same(await store.take(counter, midnight + 109), { kind: 'full', retryAfterSeconds: 1 })
  t.equal(await letIn(store, counter, 5, midnight + 110), 3)
})

/** What two processes let in together. */
async function letInByTwo(given: object): Promise<number> {
  const program = fileURLToPath(new URL('./drawing.ts', import.meta.url))
  const outputs = [1, 2].map(async () => {
    const child = startChild(process.execPath, [program, JSON.stringify(given)])
    let [text, errors] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      errors += piece
    })
    await new Promise((resolve) => child.on('close', resolve))
    if (!/^\d+\n$/.test(text)) throw new Error(`${text}${errors}`)
    return Number(text)
  })
  const counts = await Promise.all(outputs)
  return counts.reduce((sum, count) => sum + count, 0)
}

t.test('a quota of 10,000 that two processes draw from at once lets in exactly 10,000', async (t) => {
  const dataFolder = t.testdir({})
  open(t, dataFolder, true)
  t.equal(await letInByTwo({ dataFolder, kind: 'quota', count: 10_000, tries: 6000 }), 10_000)
})

t.test('a rate that two workers draw from lets in exactly what it says', async (t) => {
  const dataFolder = t.testdir({})
  open(t, dataFolder, true)
  t.equal(await letInByTwo({ dataFolder, kind: 'rate', count: 1000, tries: 700 }), 1000)
})

t.test('the file is for this user alone, and names nobody', async (t) => {
  const dataFolder = join(t.testdir({}), 'data')
  const store = open(t, dataFolder, true)
  await letIn(store, counterOf('["api",null,"one","user","acme","eve@example.com"]', { kind: 'quota' }), 2)
  const file = join(dataFolder, 'limits.db')
  t.equal(statSync(file).mode & 0o777, 0o600)
  for (const path of [file, `${file}-wal`]) t.notMatch(readFileSync(path, 'latin1'), /eve|acme/)
})

t.test('what is over is removed, and of networks there are no more than a bound', async (t) => {
  const dataFolder = t.testdir({})
  const store = open(t, dataFolder, true)
  const rows = (): number => {
    const database = new DatabaseSync(join(dataFolder, 'limits.db'))
    const [caller, network] = ['caller', 'network'].map((of) =>
      Number(database.prepare(`SELECT count(*) AS count FROM ${of}_counter`).get()?.count),
    )
    database.close()
    return (caller ?? 0) + (network ?? 0)
  }
  for (let at = 0; at < 20; at++)
    await store.take({ ...counterOf(`n${at}`), ofNetworks: at % 2 === 0 }, midnight)
  t.equal(rows(), 20)
  await store.take(counterOf('later'), midnight + 60 + limits.limitPurgeSeconds)
  t.equal(rows(), 1)
})

t.test('rates in memory are bounded, and a flood of networks pushes no caller out', async (t) => {
  const store = open(t, t.testdir({}), false)
  const amount = { count: 1 } as const
  const caller = counterOf('eve', amount)
  const networkOf = (at: number) => ({ ...counterOf(`n${at}`, amount), ofNetworks: true })
  t.equal(await letIn(store, caller, 1), 1)
  for (let at = 0; at <= limits.rateCounters; at++) await store.take(networkOf(at), midnight)
  t.equal(await letIn(store, networkOf(1), 1), 0, 'the second one is known')
  t.equal(await letIn(store, networkOf(0), 1), 1, 'the first one was forgotten for the last')
  t.equal(await letIn(store, networkOf(limits.rateCounters), 1), 0)
  t.equal(await letIn(store, caller, 1), 0)
})

t.test('a file that is not ours, or gone, is told of with what to do', async (t) => {
  const dataFolder = t.testdir({})
  const file = join(dataFolder, 'limits.db')
  writeFileSync(file, 'no database at all, whatever it is called')
  t.match(
    await faultOf(() => openLimitStore({ kind: 'local', dataFolder, shared: true })),
    /^STORE_INVALID: the store of the limits .*limits\.db is not a database$/,
  )
  const removed = join(dataFolder, 'removed')
  const store = open(t, removed, true)
  t.equal(await letIn(store, counterOf('a', { kind: 'quota' }), 1), 1)
  renameSync(join(removed, 'limits.db'), join(removed, 'moved.db'))
  t.match(await faultOf(() => store.take(counterOf('a'), midnight)), /was removed or replaced/)
  const later = join(dataFolder, 'later')
  await openLimitStore({ kind: 'local', dataFolder: later, shared: true }).close()
  const database = new DatabaseSync(join(later, 'limits.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  t.match(
    await faultOf(() => openLimitStore({ kind: 'local', dataFolder: later, shared: true })),
    /^STORE_INVALID: .*is no file of limits of this version; move it away/,
  )
})
