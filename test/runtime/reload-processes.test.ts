import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Agreement, GivenConfiguration, Prepared } from '../../src/runtime/agreement.ts'
import { keyOf } from '../core/keys/keys.ts'
import { open } from './reload-rig.ts'

t.test('between two turns of a reload others have theirs, and it goes on', async (t) => {
  const rig = open(t)
  rig.write({ title: 'New', locations: 200 })
  let outcome: unknown = 'under way'
  void rig.reloader.reload().then((reloaded) => {
    outcome = reloaded?.kind
  })
  t.equal(outcome, 'under way')
  let turns = 0
  for (; outcome === 'under way' && turns < 1000; turns++)
    await new Promise((resolve) => setImmediate(resolve))
  t.equal(outcome, 'loaded')
  t.ok(turns > 5, `${turns}`)
})

/** Others that answer as a test says, and what they were told. */
function otherProcesses(answer: (next: GivenConfiguration) => Prepared['kind'], told: string[] = []) {
  const asked: GivenConfiguration[] = []
  const agreement: Agreement = {
    prepare: async (next) => {
      asked.push(next)
      return answer(next) === 'refused'
        ? { kind: 'refused', faults: ['worker 2 could not'] }
        : {
            kind: 'ready',
            commit: async () => void told.push('commit'),
            abort: () => void told.push('abort'),
          }
    },
  }
  return { agreement, asked, told }
}

t.test('other processes are given the very bytes that were read, and serve when this one does', async (t) => {
  const others = otherProcesses(() => 'ready')
  const { file, reloader, write, title, editions } = open(t, { agreement: others.agreement })
  write({ title: 'Next' })
  t.match(await reloader.reload(), { kind: 'loaded' })
  t.equal(title(), 'Next')
  t.same(others.told, ['commit'])
  const [next] = others.asked
  t.equal(next?.edition, editions.current().edition)
  const given = next?.files.get(file)
  t.equal(given?.ok === true && Buffer.from(given.bytes).toString(), readFileSync(file, 'utf8'))
  t.equal(next?.files.size, 2, 'the secret in its own file too')
})

t.test('one of them that cannot keeps this one from it too', async (t) => {
  const others = otherProcesses(() => 'refused')
  const { reloader, write, title } = open(t, { agreement: others.agreement })
  write({ title: 'Next' })
  t.match(await reloader.reload(), { kind: 'rejected', faults: ['worker 2 could not'] })
  t.equal(title(), 'Wiki')
  t.same(others.told, [])
})

t.test('they are not asked for what takes a restart, and give up what this one cannot have', async (t) => {
  const others = otherProcesses(() => 'ready')
  const folder = t.testdir()
  const parts = { session: '{ store: sqlite }', top: `data: ${folder}` }
  const { reloader, write, title } = open(t, { agreement: others.agreement, parts })
  write({ ...parts, top: `data: ${folder}/elsewhere` })
  t.match(await reloader.reload(), { kind: 'rejected', faults: [/data: has changed/] })
  t.same(others.asked, [])
  writeFileSync(join(folder, 'session.secret'), 'damaged')
  write({ ...parts, title: 'Next' })
  t.match(await reloader.reload(), { kind: 'rejected', faults: [/session\.secret is damaged/] })
  t.same(others.told, ['abort'])
  t.equal(title(), 'Wiki')
})

t.test(
  'keys stay where they are while the gateway runs, and none is handed to an app by a reload',
  async (t) => {
    const rig = open(t, { parts: { top: 'api_keys: { store: sqlite }\ndata: data' } })
    const { keys } = rig.editions.current()
    if (keys === null) throw new Error('there are keys')
    await keys.store.create(keyOf('a'), { ofPerson: null, now: 1000 })
    rig.write({ top: 'api_keys: { store: sqlite, prefix: new }\ndata: data' })
    const refused = await rig.reloader.reload()
    t.match(refused, { kind: 'rejected', faults: [/api_keys\.prefix: there are keys that begin with `cg`/] })
    rig.write({ top: 'data: data' })
    t.match(await rig.reloader.reload(), { kind: 'rejected', faults: [/api_keys\.store: .*restart/] })
    rig.write({ top: 'api_keys: { store: sqlite, prefix: [new, cg] }\ndata: data' })
    t.match(await rig.reloader.reload(), { kind: 'loaded' })
    t.equal(rig.editions.current().keys, keys, 'what is remembered goes on')
  },
)
