import t from 'tap'
import {
  type CommandRecord,
  decodeCommandRecord,
  encodeCommandRecord,
} from '../../src/core/command-record.ts'
import { limits } from '../../src/core/limits/table.ts'

const record: CommandRecord = {
  event: 'sessions.revoked',
  at: 1_900_000_000,
  operator: 'root',
  machine: 'gate-1',
  which: 'user',
  user: 'alice',
  claim: null,
  provider: 'acme',
  session: 'a'.repeat(64),
  revoked: 2,
}

t.test('a record is read as it was left', async (t) => {
  t.strictSame(decodeCommandRecord(encodeCommandRecord(record)), record)
  const all = { ...record, which: 'all', user: null, provider: null, session: null } as const
  t.strictSame(decodeCommandRecord(encodeCommandRecord(all)), all)
  const claim = { ...all, which: 'claim', claim: 'groups="admins"' } as const
  t.strictSame(decodeCommandRecord(encodeCommandRecord(claim)), claim)
  const ofProvider = { ...all, which: 'provider', provider: 'acme' } as const
  t.strictSame(decodeCommandRecord(encodeCommandRecord(ofProvider)), ofProvider)
  const { claim: _, ...older } = JSON.parse(encodeCommandRecord(record))
  t.strictSame(decodeCommandRecord(JSON.stringify(older)), record, 'left by an older version')
})

t.test('names of the system are cut, and hold nothing that speaks to a terminal', async (t) => {
  const odd = { ...record, operator: `e\u001b[2J\n\u202E\u2028${'x'.repeat(400)}`, machine: '' }
  const read = decodeCommandRecord(encodeCommandRecord(odd))
  t.equal(read?.operator, `e?[2J???${'x'.repeat(limits.commandTextCharacters - 8)}`)
  t.equal(read?.machine, '')
})

t.test('what somebody else made up is none, and breaks nothing', async (t) => {
  const whole = JSON.parse(encodeCommandRecord(record))
  const changed = (more: object) => JSON.stringify({ ...whole, ...more })
  const table = [
    ...['', 'null', '[]', '{}', '"x"', '{', 'x'.repeat(limits.commandRecordBytes + 1)],
    changed({ format: 2 }),
    changed({ event: 'gateway.started' }),
    changed({ event: '__proto__' }),
    changed({ at: 'now' }),
    changed({ at: -1 }),
    changed({ at: 1.5 }),
    changed({ revoked: '2' }),
    changed({ revoked: -1 }),
    changed({ revoked: 1e300 }),
    changed({ operator: 7 }),
    changed({ operator: 'x\n{"level":50}' }),
    changed({ operator: 'x'.repeat(limits.commandTextCharacters + 1) }),
    changed({ machine: '\u009b31m' }),
    changed({ machine: null }),
    changed({ which: 'nobody' }),
    changed({ user: 7 }),
    changed({ claim: 7 }),
    changed({ claim: 'x\u001b[2J' }),
    changed({ claim: 'x'.repeat(limits.commandTextCharacters + 1) }),
    changed({ provider: '\u2028' }),
    changed({ provider: {} }),
    changed({ session: 'abc' }),
    changed({ session: 'A'.repeat(64) }),
    changed({ user: 'x'.repeat(limits.commandRecordBytes) }),
  ]
  for (const [index, text] of table.entries()) t.equal(decodeCommandRecord(text), null, `row ${index}`)
  const more = decodeCommandRecord(changed({ level: 50, request_id: 'x', time: 'x' }))
  t.strictSame(more, record, 'what it has beside goes nowhere')
})
