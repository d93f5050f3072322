// What a command did with a key, as it rests in the store until the gateway's log takes it: whoever can write there may
// have made it up.
import t from 'tap'
import {
  decodeKeyCommandRecord,
  encodeKeyCommandRecord,
  type KeyCommandRecord,
} from '../../src/core/key-command-record.ts'
import { limits } from '../../src/core/limits/table.ts'

const record: KeyCommandRecord = {
  event: 'key.created',
  at: 1_900_000_000,
  operator: 'root',
  machine: 'gate-1',
  key: 'Ab3dEf6hIj9lMn2p',
  name: 'shop',
  user: 'key:shop',
}

t.test('a record is read as it was written', async (t) => {
  for (const event of ['key.created', 'key.rotated', 'key.revoked'] as const)
    t.same(decodeKeyCommandRecord(encodeKeyCommandRecord({ ...record, event })), { ...record, event })
})

t.test('a text of a system or a customer speaks to no terminal, and is cut', async (t) => {
  const odd = { ...record, name: 'a\u001b[2Jb\u202e', operator: 'x'.repeat(1000) }
  t.match(decodeKeyCommandRecord(encodeKeyCommandRecord(odd)), {
    name: 'a?[2Jb?',
    operator: 'x'.repeat(limits.commandTextCharacters),
  })
})

t.test('what is no record is none', async (t) => {
  const changed = (more: object) => JSON.stringify({ format: 1, ...record, ...more })
  t.ok(decodeKeyCommandRecord(changed({})))
  for (const more of [
    ...[
      { format: 2 },
      { event: 'sessions.revoked' },
      { event: 'key.lost' },
      { at: -1 },
      { at: '1' },
      { at: 1.5 },
    ],
    ...[
      { key: 'short' },
      { key: `cg_${record.key}` },
      { key: null },
      { name: 'a\nb' },
      { name: 7 },
      { user: null },
    ],
    ...[{ operator: 'a\u0007' }, { machine: 'x'.repeat(limits.commandTextCharacters + 1) }],
  ])
    t.equal(decodeKeyCommandRecord(changed(more)), null, JSON.stringify(more))
  for (const text of ['', 'null', '[]', '{', 'x'.repeat(limits.commandRecordBytes + 1)])
    t.equal(decodeKeyCommandRecord(text), null)
})
