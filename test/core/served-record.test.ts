import t from 'tap'
import { decodeServed, encodeServed } from '../../src/core/served-record.ts'

const access = { anyone: 1, maybe_signed_in: 0, signed_in: 2, rule: 3, nobody: 0 }
const record = { version: '1.2.3', digest: `sha256:${'0a'.repeat(32)}`, access }

t.test('what served is read as it was noted; what somebody else made up is none', async (t) => {
  t.strictSame(decodeServed(encodeServed(record)), record)
  const whole = JSON.parse(encodeServed(record))
  t.strictSame(decodeServed(JSON.stringify({ ...whole, level: 50, access: { ...access, x: 1 } })), record)
  const table = [
    ...[
      { format: 2 },
      { version: 7 },
      { version: '' },
      { version: 'x\n{"level":50}' },
      { version: 'x'.repeat(65) },
    ],
    ...[{ digest: 'sha256:00' }, { digest: `${record.digest}\n` }, { digest: null }],
    ...[
      { access: null },
      { access: [] },
      { access: { ...access, rule: -1 } },
      { access: { ...access, rule: '3' } },
    ],
  ]
  for (const change of table)
    t.equal(decodeServed(JSON.stringify({ ...whole, ...change })), null, JSON.stringify(change))
  for (const text of ['', '{', 'null', '[]']) t.equal(decodeServed(text), null, text)
})
