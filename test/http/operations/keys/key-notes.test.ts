// What the log says of keys by itself: of those that are refused, and of those that fall asleep soon. And what is counted.
import t, { type Test } from 'tap'
import { StoreFault } from '../../../../src/core/fault.ts'
import { limits } from '../../../../src/core/limits/table.ts'
import { keyOutcome } from '../../../../src/http/operations/keys/key-outcome.ts'
import { createRejectedKeyNotes } from '../../../../src/http/operations/keys/rejected-keys.ts'
import { watchSleepingKeys } from '../../../../src/http/operations/keys/sleeping-keys.ts'
import { createMetrics } from '../../../../src/http/operations/metrics.ts'
import type { Runtime } from '../../../../src/runtime/runtime.ts'
import { keyOf, personKeyOf } from '../../../core/keys/keys.ts'
import { openKeyPlace, selfService, start } from '../../../support/key-place.ts'

const day = 86_400
const own = { issuer: 'https://op.example.com', clientId: 'c' }

function lines() {
  const told: { name: string; fields: Readonly<Record<string, unknown>> }[] = []
  const faults: unknown[] = []
  const log = {
    event: (_level: unknown, name: string, fields: object) => void told.push({ name, fields: { ...fields } }),
    fault: (_name: unknown, thrown: unknown) => void faults.push(thrown),
  }
  return { told, faults, log: log as never }
}

t.test('a key that is refused is told once an hour, with how often it came', async (t) => {
  const { told, log } = lines()
  let now = 0
  const note = createRejectedKeyNotes(log, () => now)
  const one = { id: 'a', name: 'shop', user: 'key:shop', why: 'key-revoked' } as const
  note(one)
  note(one)
  note({ ...one, why: 'key-restricted' })
  note({ ...one, id: 'b' })
  now = 3_599_999
  note(one)
  t.same(
    told.map(({ fields }) => [fields.key, fields.reason, fields.count]),
    [
      ['a', 'key-revoked', 1],
      ['a', 'key-restricted', 1],
      ['b', 'key-revoked', 1],
    ],
  )
  now = 3_600_000
  note(one)
  t.match(told[3], {
    name: 'key.rejected',
    fields: { key: 'a', name: 'shop', subject: 'key:shop', reason: 'key-revoked', count: 3 },
  })
})

t.test('what is remembered of refused keys is bounded: the oldest is told again', async (t) => {
  const { told, log } = lines()
  const note = createRejectedKeyNotes(log, () => 0)
  const of = (id: number) => ({ id: `${id}`, name: 'n', user: 'u', why: 'key-over' }) as const
  for (let id = 0; id <= limits.rejectedKeysTold; id++) note(of(id))
  t.equal(told.length, limits.rejectedKeysTold + 1)
  note(of(limits.rejectedKeysTold))
  t.equal(told.length, limits.rejectedKeysTold + 1)
  note(of(0))
  t.equal(told.length, limits.rejectedKeysTold + 2)
})

async function openSleeping(t: Test) {
  const held = openKeyPlace(t, { selfService })
  const { keys, place, clock } = held
  const bounds = { ofPerson: null, now: start }
  const sleepsIn = (days: number) => ({
    claimsAt: start + days * day - 30 * day,
    claims: { sub: 'alice', plan: 'paid' },
  })
  const owner = { kind: 'person', ...own, user: 'alice' } as const
  const add = (id: string, more: object) =>
    keys.create(personKeyOf(id, { owner, createdAt: start, ...more }), bounds)
  await add('soon', sleepsIn(6))
  await add('later', sleepsIn(8))
  await add('asleep', { ...sleepsIn(6), asleep: true })
  await add('revoked', { ...sleepsIn(6), revokedAt: start })
  await add('ends', { ...sleepsIn(6), expiresAt: start + 5 * day })
  await add('over', sleepsIn(-1))
  await keys.create(keyOf('operator', { claimsAt: start - 29 * day }), bounds)
  const found = lines()
  const runtime = { gateway: place.gateway, keys: { store: keys }, clock } as unknown as Runtime
  const watch = watchSleepingKeys(() => runtime, found.log)
  t.teardown(() => watch.stop())
  const names = () => found.told.splice(0).map(({ fields }) => String(fields.key).replace(/0+$/, ''))
  return { ...held, ...found, watch, names, runtime }
}

t.test('a key that falls asleep within a week is told once a day, and no other', async (t) => {
  const { watch, told, names, clock } = await openSleeping(t)
  await watch.look()
  t.match(told, [
    { name: 'key.sleeps-soon', fields: { subject: 'alice', provider: 'op', sleeps_at: start + 6 * day } },
  ])
  t.same(names(), ['soon'])
  await watch.look()
  t.same(names(), [], 'once a day')
  clock.time += 2 * day
  await watch.look()
  t.same(names().sort(), ['later', 'soon'])
  clock.time += 5 * day
  await watch.look()
  t.same(names(), ['later'], 'one that sleeps is told no more')
})

t.test('a store that does not answer is told, and tried again an hour later', async (t) => {
  const { watch, faults, names, runtime } = await openSleeping(t)
  const { list } = runtime.keys?.store ?? {}
  const fault = new StoreFault('STORE_UNAVAILABLE', 'away')
  Object.assign(runtime.keys?.store ?? {}, { list: () => Promise.reject(fault) })
  await watch.look()
  t.same(faults, [fault])
  Object.assign(runtime.keys?.store ?? {}, { list })
  await watch.look()
  t.same(names(), ['soon'])
})

t.test('uses of keys are counted by what became of them, in words of a closed list', async (t) => {
  const by = { kind: 'api_key', id: 'a', name: 'n' } as const
  const principal = { user: 'key:shop', provider: 'api_keys', claims: {}, by }
  const outcomeOf = (kind: string, reason: string, who: object | null) =>
    keyOutcome({ address: null, decision: { kind, reason }, principal: who } as never)
  t.equal(outcomeOf('allow', 'rule-met', principal), 'used')
  t.equal(outcomeOf('deny', 'rule-not-met', principal), 'refused')
  t.equal(outcomeOf('challenge', 'key-revoked', null), 'key-revoked')
  t.equal(outcomeOf('deny', 'key-restricted', null), 'key-restricted')
  t.equal(outcomeOf('challenge', 'token-over', null), null)
  t.equal(outcomeOf('allow', 'rule-met', { ...principal, by: undefined }), null, 'a session')
  const metrics = createMetrics()
  const admission = {
    address: null,
    app: null,
    decision: { kind: 'allow', reason: 'rule-met' },
    shadow: null,
    startedAt: 0,
    principal,
  }
  metrics.request(admission as never, 200)
  t.match(
    await metrics.text(new Map(), { droppedLines: () => 0 }),
    /^claimgate_key_uses_total\{outcome="used"\} 1$/m,
  )
})
