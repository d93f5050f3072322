import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { type CommandRecord, encodeCommandRecord } from '../../../src/core/command-record.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import { encodeKeyCommandRecord } from '../../../src/core/key-command-record.ts'
import type { CommandRecordStore } from '../../../src/core/ports.ts'
import { watchCommandRecords } from '../../../src/http/operations/command-records.ts'
import { createLog } from '../../../src/http/operations/log.ts'

const record = {
  event: 'sessions.revoked',
  at: 1_900_000_000,
  operator: 'root',
  machine: 'gate-1',
  which: 'id',
  user: 'alice',
  claim: null,
  provider: 'acme',
  revoked: 1,
  session: 'a'.repeat(64),
} as const satisfies CommandRecord

function open(t: Test, subject: 'plain' | 'off' = 'plain') {
  const lines: Record<string, unknown>[] = []
  const raw: string[] = []
  const write = (line: string) => {
    raw.push(line)
    lines.push(JSON.parse(line))
  }
  const log = createLog({ level: 'info', format: 'json', subject }, 'key', { write })
  const left: string[] = []
  const commands: CommandRecordStore = { leave: () => {}, take: () => left.splice(0) }
  const watch = watchCommandRecords(log, { commands })
  t.teardown(() => watch.stop())
  return { lines, raw, left, commands, watch }
}

t.test('what a command did is a line, by the names that the log has for people and sessions', async (t) => {
  const { lines, left, watch } = open(t)
  left.push(encodeCommandRecord(record))
  await watch.look()
  const [{ time: _, ...line } = {}, ...more] = lines
  t.match(line.session, /^[0-9a-f]{12}$/)
  t.strictSame(line, {
    ...{ level: 30, event: 'sessions.revoked', operator: 'root', machine: 'gate-1' },
    ...{ ran_at: 1_900_000_000, which: 'id', subject: 'alice', provider: 'acme', session: line.session },
    revoked: 1,
  })
  t.same(more, [])
  await watch.look()
  t.equal(lines.length, 1, 'once')
})

t.test(
  'whose sessions they were is said as the operator said it: by a claim, or by a provider',
  async (t) => {
    const { lines, left, watch } = open(t)
    const many = { ...record, user: null, session: null, revoked: 3 }
    left.push(encodeCommandRecord({ ...many, which: 'claim', claim: 'groups="admins"' }))
    left.push(encodeCommandRecord({ ...many, which: 'provider' }))
    await watch.look()
    t.match(lines, [
      { which: 'claim', claim: 'groups="admins"', provider: 'acme', revoked: 3 },
      { which: 'provider', provider: 'acme', revoked: 3 },
    ])
    t.notOk('claim' in (lines[1] ?? {}))
  },
)

t.test('with log.subject: off it names neither person nor session', async (t) => {
  const { lines, left, watch } = open(t, 'off')
  left.push(encodeCommandRecord(record))
  await watch.look()
  t.match(lines, [{ event: 'sessions.revoked', operator: 'root', revoked: 1 }])
  t.notOk('subject' in (lines[0] ?? {}) || 'session' in (lines[0] ?? {}))
})

t.test('what is no record is counted, and nothing of it is written', async (t) => {
  const { lines, raw, left, watch } = open(t)
  const injected = '\n{"level":30,"event":"login.completed"}\n'
  left.push(
    'canary',
    encodeCommandRecord(record),
    JSON.stringify({ ...record, format: 1, operator: injected }),
  )
  left.push(encodeCommandRecord({ ...record, user: injected }))
  await watch.look()
  t.match(
    lines.map(({ event, count }) => [event, count]),
    [
      ['sessions.revoked', undefined],
      ['sessions.revoked', undefined],
      ['command.unreadable', 2],
    ],
  )
  t.notMatch(raw.join(''), 'canary')
  t.ok(
    raw.every((line) => line.indexOf('\n') === line.length - 1),
    'a line is a line',
  )
})

t.test('a store that does not answer is asked again, and stops nobody', async (t) => {
  const { lines, left, commands, watch } = open(t)
  left.push(encodeCommandRecord(record))
  const { take } = commands
  Object.assign(commands, {
    take: () => {
      throw new StoreFault('STORE_UNAVAILABLE', 'away')
    },
  })
  await t.resolves(watch.look())
  Object.assign(commands, { take })
  await watch.look()
  t.match(lines, [{ event: 'sessions.revoked' }])
})

t.test('it looks once a second, one look at a time, until the end', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { commands, watch } = open(t)
  let looks = 0
  let answer: (records: readonly string[]) => void = () => {}
  Object.assign(commands, {
    take: () => {
      looks += 1
      return new Promise((resolve) => {
        answer = resolve
      })
    },
  })
  mock.timers.tick(999)
  t.equal(looks, 0)
  mock.timers.tick(1)
  mock.timers.tick(3000)
  t.equal(looks, 1)
  answer([])
  await new Promise((resolve) => setImmediate(resolve))
  mock.timers.tick(1000)
  t.equal(looks, 2)
  answer([])
  await new Promise((resolve) => setImmediate(resolve))
  watch.stop()
  mock.timers.tick(5000)
  t.equal(looks, 2)
})

t.test('what a command did with a key is a line, which names the command', async (t) => {
  const { lines, left, watch } = open(t)
  const key = { event: 'key.revoked', at: 1_900_000_000, operator: 'root', machine: 'gate-1' } as const
  left.push(
    encodeKeyCommandRecord({ ...key, key: 'Ab3dEf6hIj9lMn2p', name: 'shop', user: 'key:shop' }),
    'nonsense',
  )
  await watch.look()
  const [{ time: _, ...line } = {}, ...more] = lines
  t.strictSame(line, {
    ...{ level: 30, event: 'key.revoked', key: 'Ab3dEf6hIj9lMn2p', name: 'shop', by: 'command' },
    ...{ subject: 'key:shop', operator: 'root', machine: 'gate-1', ran_at: 1_900_000_000 },
  })
  t.match(more, [{ event: 'command.unreadable', count: 1 }])
})
