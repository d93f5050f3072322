import t from 'tap'
import { coloured, plain } from '../../../src/core/colours.ts'
import { readableLine } from '../../../src/http/operations/readable-line.ts'

const time = '2026-11-28T17:52:48.123Z'
const line = (fields: object) => `${JSON.stringify(fields)}\n`

t.test('a line is read by a person', async (t) => {
  const rows: readonly (readonly [object, string])[] = [
    [
      { level: 30, time, event: 'gateway.started', version: '0.1.0', apps: 3 },
      '17:52:48.123Z info  gateway.started  version=0.1.0 apps=3\n',
    ],
    [
      {
        ...{ level: 30, time, event: 'request', request_id: 'r-1', method: 'GET', host: 'wiki.example.com' },
        ...{ path: '/admin', app: 'wiki', decision: 'deny', reason: 'rule-not-met' },
        ...{ detail: 'groups: expected "ops", found ["a b"]', status: 403, ms: 1.2 },
      },
      '17:52:48.123Z 403 GET wiki.example.com/admin  deny rule-not-met  request_id=r-1 app=wiki detail="groups: expected \\"ops\\", found [\\"a b\\"]" ms=1.2\n',
    ],
    [
      {
        level: 30,
        time,
        event: 'request',
        method: 'GET',
        decision: 'reject',
        reason: 'host-unknown',
        status: 421,
      },
      '17:52:48.123Z 421 GET -  reject host-unknown\n',
    ],
    [
      {
        level: 50,
        time,
        event: 'internal.failed',
        error: 'it broke',
        stack: 'Error: it broke\n    at a (b.ts:1)',
      },
      '17:52:48.123Z error internal.failed  error="it broke"\n    | Error: it broke\n    |     at a (b.ts:1)\n',
    ],
    [
      { level: 40, time, event: 'config.warning', warning: '', other: ['a', 1], none: null },
      '17:52:48.123Z warn  config.warning  warning="" other=["a",1] none=null\n',
    ],
    [{ level: 20, time, event: 'x' }, '17:52:48.123Z debug x\n'],
    [{ level: 30, time, event: 'x', name: 'Jürgen Groß' }, '17:52:48.123Z info  x  name="Jürgen Groß"\n'],
  ]
  for (const [fields, wanted] of rows) t.equal(readableLine(line(fields), plain), wanted)
})

/** What must stay one field, whoever sent it. */
const forgeries: readonly (readonly [string, string])[] = [
  ['a\n17:52:48.123Z 200 GET /', '"a\\u{a}17:52:48.123Z 200 GET /"'],
  ['a\r\u001b[2K17:52', '"a\\u{d}\\u{1b}[2K17:52"'],
  ['\u001b[31mred', '"\\u{1b}[31mred"'],
  ['\u009b31mred', '"\\u{9b}31mred"'],
  ['\u202egpj.exe', '"\\u{202e}gpj.exe"'],
  ['\u2066a\u2069', '"\\u{2066}a\\u{2069}"'],
  ['a\u2028b\u2029c\u0085d', '"a\\u{2028}b\\u{2029}c\\u{85}d"'],
  ['a\u200bb\ufeff\u00ad', '"a\\u{200b}b\\u{feff}\\u{ad}"'],
  ['\ud800', '"\\u{d800}"'],
  ['x status=200', '"x status=200"'],
  ['x" status="200', '"x\\" status=\\"200"'],
  ['x\\', '"x\\\\"'],
  ['a=b', '"a=b"'],
]

t.test('nothing that somebody sent makes a line, a field or a colour', async (t) => {
  for (const [sent, wanted] of forgeries) {
    for (const colours of [plain, coloured]) {
      const painted = colours.quiet('detail=')
      const event = readableLine(
        line({ level: 30, time, event: 'login.failed', detail: sent, ms: 1 }),
        colours,
      )
      t.ok(event.endsWith(`${painted}${wanted} ${colours.quiet('ms=')}1\n`), JSON.stringify(event))
      for (const name of ['method', 'path', 'host', 'decision', 'reason', 'subject', 'status', 'event']) {
        const fields = { level: 30, time, event: 'request', method: 'GET', host: 'h', path: '/', status: 200 }
        const text = readableLine(line({ ...fields, [name]: sent }), colours)
        t.ok(hasNoControl(text), `${name}: ${JSON.stringify(text)}`)
      }
      t.ok(hasNoControl(readableLine(line({ level: 30, time: sent, event: 'x' }), colours)), 'even as a time')
      t.ok(hasNoControl(readableLine(line({ level: 30, time, event: 'x', [sent]: 1 }), colours)), 'as a name')
      t.ok(
        hasNoControl(readableLine(line({ level: 30, time, event: 'x', list: [sent] }), colours)),
        'in a list',
      )
      t.ok(hasNoControl(readableLine(`${sent}\n`, colours)), 'as a line that is no JSON')
    }
  }
})

t.test('a stack that quotes what was sent begins no line', async (t) => {
  const stack = 'Error: x\n17:52:48.123Z 200 GET /\r\u001b[31m\n'
  const text = readableLine(line({ level: 50, time, event: 'internal.failed', stack }), plain)
  t.equal(
    text,
    '17:52:48.123Z error internal.failed\n    | Error: x\n    | 17:52:48.123Z 200 GET /\\u{d}\\u{1b}[31m\n    | \n',
  )
})

t.test('the status and the level say by their colour how grave it is', async (t) => {
  const status = (code: number) =>
    readableLine(line({ level: 30, time, event: 'request', method: 'GET', status: code }), coloured)
  t.ok(status(204).includes(` ${coloured.good('204')} `))
  t.ok(status(302).includes(` ${coloured.good('302')} `))
  t.ok(status(403).includes(` ${coloured.doubtful('403')} `))
  t.ok(status(502).includes(` ${coloured.bad('502')} `))
  t.ok(readableLine(line({ level: 50, time, event: 'x' }), coloured).includes(coloured.bad('error')))
  t.ok(readableLine(line({ level: 40, time, event: 'x' }), coloured).includes(coloured.doubtful('warn ')))
})

/** One line, and no control but the colours that are ours. */
function hasNoControl(text: string): boolean {
  const bare = text.replace(/\u001b\[(?:1|2|22|3[1-3]|39)m/g, '')
  return text.endsWith('\n') && !/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(bare.slice(0, -1))
}
