import { createHmac } from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { mock } from 'node:test'
import t from 'tap'
import { plain } from '../../../src/core/colours.ts'
import { ConfigFault, LoginFault, StoreFault } from '../../../src/core/fault.ts'
import type { LogSettings } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { sessionNames } from '../../../src/core/log-names.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { orThrown } from '../../support/thrown.ts'

type Line = Readonly<Record<string, unknown>>

function open(settings: Partial<LogSettings> = {}, key = 'key') {
  const written: string[] = []
  const destination = { write: (line: string) => void written.push(line) }
  const log = createLog({ level: 'info', format: 'json', subject: 'hash', ...settings }, key, destination)
  /** The one line that a call writes; null where it writes none. */
  const lineOf = (call: () => void): Line | null => {
    const before = written.length
    const thrown = orThrown(call)
    if (thrown !== undefined) return { thrown }
    const [line, ...more] = written.slice(before)
    if (line === undefined) return null
    return more.length > 0 || !line.endsWith('}\n') ? { odd: [line, ...more] } : JSON.parse(line)
  }
  return { log, lineOf }
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const admission = {
  requestId: 'request-7',
  startedAt: 0,
  method: 'GET',
  origin: { host: 'wiki.example' },
  target: { path: '/x', query: '?secret=1' },
  app: { name: 'wiki' },
  location: { label: '/x/**' },
  others: [],
  decision: { kind: 'allow', reason: 'rule-met' },
  principal: { user: 'alice', provider: 'op', claims: {} },
  session: { key: 'a'.repeat(64) },
  clientAddress: '192.0.2.7',
  detail: 'why',
  shadow: null,
} as unknown as Admission

const hashOf = (user: string, key = 'key') =>
  createHmac('sha256', key).update(user).digest('base64url').slice(0, 16)

const nameOf = (session: string, key = 'key') => sessionNames(key)(session)

t.test('the access line says what was decided, for whom, and never the query', async (t) => {
  const { log, lineOf } = open()
  const { time, ms, ...fields } = lineOf(() => log.access(admission, 200, 3)) ?? {}
  t.match(time, isoTime)
  t.type(ms, 'number')
  t.same(fields, {
    level: 30,
    event: 'request',
    request_id: 'request-7',
    method: 'GET',
    host: 'wiki.example',
    path: '/x',
    app: 'wiki',
    location: '/x/**',
    decision: 'allow',
    reason: 'rule-met',
    detail: 'why',
    status: 200,
    client: '192.0.2.7',
    subject: hashOf('alice'),
    provider: 'op',
    session: nameOf('a'.repeat(64)),
    credential: 'session',
    edition: 3,
  })
  const cut = lineOf(() => log.access(admission, 408, 3, 'REQUEST_BODY_STALLED'))
  t.match(cut, { status: 408, code: 'REQUEST_BODY_STALLED' })
})

t.test('what is not known of a request is not in its line', async (t) => {
  const { log, lineOf } = open()
  const unknown = {
    ...admission,
    ...{
      origin: null,
      target: null,
      app: null,
      location: null,
      others: [],
      principal: null,
      session: null,
      clientAddress: null,
      detail: null,
    },
  } as unknown as Admission
  const { time: _, ms: __, ...fields } = lineOf(() => log.access(unknown, 400, 1)) ?? {}
  t.same(fields, {
    level: 30,
    event: 'request',
    request_id: 'request-7',
    method: 'GET',
    decision: 'allow',
    reason: 'rule-met',
    status: 400,
    edition: 1,
  })
})

t.test('how long a request took is told in milliseconds with one digit behind them', async (t) => {
  const { log, lineOf } = open()
  const took = (ms: number) =>
    lineOf(() => log.access({ ...admission, startedAt: performance.now() - ms }, 200, 1))?.ms
  for (const ms of [0, 1234.56, 60_000]) {
    const told = took(ms)
    t.match(String(told), /^\d+(?:\.\d)?$/, String(told))
    t.ok(Number(told) >= ms - 0.1 && Number(told) < ms + 60_000, `${told} for ${ms} and a moment`)
  }
})

t.test('what the rehearsed rules would have done is told where it differs', async (t) => {
  const { log, lineOf } = open()
  const enforced = admission.decision
  const shadowed = (reason: string, location: unknown, detail: string | null) =>
    lineOf(() => {
      const shadow = { decision: { kind: 'deny', reason }, location, detail, enforced } as never
      log.access({ ...admission, shadow }, 200, 1)
    })
  t.match(shadowed('rule-not-met', { label: '/new' }, 'because'), {
    shadow_decision: 'deny',
    shadow_reason: 'rule-not-met',
    shadow_location: '/new',
    shadow_detail: 'because',
  })
  const bare = Object.keys(shadowed('rule-not-met', null, null) ?? {}).filter((name) => /shadow/.test(name))
  t.same(bare, ['shadow_decision', 'shadow_reason'])
  t.notOk('shadow_decision' in (shadowed('rule-met', null, null) ?? {}), 'nothing where they agree')
})

t.test('a subject is a keyed hash, unless the operator wants more or nothing', async (t) => {
  const subject = (settings: Partial<LogSettings>, user: string, key?: string) => {
    const { log, lineOf } = open(settings, key)
    const principal = { user, provider: 'op', claims: {} }
    const [first, again] = [1, 2].map(() => lineOf(() => log.access({ ...admission, principal }, 200, 1)))
    t.match(first, { event: 'request' })
    t.equal(first?.subject, again?.subject)
    return first?.subject
  }
  t.equal(subject({}, 'alice'), hashOf('alice'))
  t.equal(subject({}, 'bob'), hashOf('bob'))
  t.equal(subject({}, 'alice', 'another'), hashOf('alice', 'another'))
  const long = 'x'.repeat(limits.subjectCharacters + 1)
  t.equal(subject({}, long), hashOf(long))
  t.equal(subject({ subject: 'plain' }, 'alice'), 'alice')
  t.equal(subject({ subject: 'plain' }, 'x'.repeat(600)), `${'x'.repeat(512)}…`)
  t.equal(subject({ subject: 'off' }, 'alice'), undefined)
})

t.test('a session is named alike in every line, by a keyed hash; with off in none', async (t) => {
  const session = 'f'.repeat(64)
  const told = (settings: Partial<LogSettings>, key?: string) => {
    const { log, lineOf } = open(settings, key)
    const fields = { session, subject: 'alice' }
    return [
      lineOf(() => log.access({ ...admission, session: { key: session } as never }, 200, 1)),
      lineOf(() => log.event('info', 'login.completed', fields)),
      lineOf(() => log.fault('store.failed', new StoreFault('STORE_FULL', 'x'), fields as never)),
    ].map((line) => [line?.session, line?.subject])
  }
  t.same(told({}), Array(3).fill([nameOf(session), hashOf('alice')]))
  t.same(told({}, 'other'), Array(3).fill([nameOf(session, 'other'), hashOf('alice', 'other')]))
  t.same(told({ subject: 'plain' }), Array(3).fill([nameOf(session), 'alice']))
  t.same(told({ subject: 'off' }), Array(3).fill([undefined, undefined]))
})

t.test('levels: what is below the one that is set is not written', async (t) => {
  const { log, lineOf } = open({ level: 'warn' })
  t.equal(
    lineOf(() => log.access(admission, 200, 1)),
    null,
  )
  t.equal(
    lineOf(() => log.event('info', 'config.unchanged', { edition: 1 })),
    null,
  )
  const warned = lineOf(() => log.event('warn', 'config.warning', { warning: 'careful' }))
  const { time, ...fields } = warned ?? {}
  t.match(time, isoTime)
  t.same(fields, { level: 40, event: 'config.warning', warning: 'careful' })
})

t.test('a new edition brings a new level, other subjects and another key', async (t) => {
  const { log, lineOf } = open({ level: 'error' })
  const subject = () => lineOf(() => log.access(admission, 200, 1))?.subject
  t.equal(subject(), undefined)
  log.renew({ level: 'info', format: 'json', subject: 'hash' }, 'new key')
  t.equal(subject(), hashOf('alice', 'new key'))
  log.renew({ level: 'info', format: 'json', subject: 'plain' }, 'new key')
  t.equal(subject(), 'alice')
})

t.test('S-204: a text in a field has an end', async (t) => {
  const { log, lineOf } = open()
  const told = (warning: string) => lineOf(() => log.event('warn', 'config.warning', { warning }))?.warning
  t.equal(told('x'.repeat(512)), 'x'.repeat(512))
  t.equal(told('x'.repeat(513)), `${'x'.repeat(512)}…`)
  t.match(
    lineOf(() => log.event('info', 'config.loaded', { edition: 2, apps: 3 })),
    { edition: 2, apps: 3 },
  )
})

t.test('a fault is told at its own level, with its code and what was underneath by name alone', async (t) => {
  const { log, lineOf } = open()
  const told = (thrown: unknown) => {
    const { time: _, ...fields } = lineOf(() => log.fault('internal.failed', thrown, {})) ?? {}
    return fields
  }
  t.same(told(new LoginFault('LOGIN_CANCELLED', 'access_denied')), {
    level: 30,
    event: 'internal.failed',
    code: 'LOGIN_CANCELLED',
    error: 'access_denied',
  })
  t.match(told(new StoreFault('STORE_UNAVAILABLE', 'gone')), { level: 50 })
  t.match(told(new ConfigFault('CONFIG_INVALID', 'x')), { level: 50 }, 'nothing here is fatal')
  t.match(told(new LoginFault('LOGIN_REFUSED', 'x'.repeat(513))), { error: `${'x'.repeat(512)}…` })
  const cause = (underneath: unknown) => told(new StoreFault('STORE_UNAVAILABLE', 'gone', underneath)).cause
  t.equal(
    cause(Object.assign(new TypeError('with a secret'), { code: 'ECONNRESET' })),
    'TypeError ECONNRESET',
  )
  t.equal(cause(Object.assign(new Error('x'), { code: 'C'.repeat(65) })), `Error ${'C'.repeat(64)}…`)
  t.equal(cause(Object.assign(new Error('x'), { code: 5 })), 'Error')
  t.equal(cause(new RangeError('with a secret')), 'RangeError')
  t.equal(cause('a text'), undefined)
  t.match(
    lineOf(() => log.fault('provider.failed', new Error('x'), { provider: 'op' })),
    { event: 'provider.failed', provider: 'op' },
  )
})

t.test('what was thrown by mistake is told with where it came from', async (t) => {
  const { log, lineOf } = open()
  const told = (thrown: unknown) => lineOf(() => log.fault('internal.failed', thrown, {}))
  const mistake = new TypeError('a mistake')
  t.match(told(mistake), { level: 50, error: 'a mistake', stack: mistake.stack })
  const deep = Object.assign(new Error('x'.repeat(513)), { stack: 's'.repeat(4097) })
  t.match(told(deep), { error: `${'x'.repeat(512)}…`, stack: `${'s'.repeat(4096)}…` })
  t.match(told(Object.assign(new Error('bare'), { stack: undefined })), { error: 'bare', stack: '' })
  const text = told('just a text') ?? {}
  t.equal(text.error, 'just a text')
  t.notOk('stack' in text)
})

t.test('dropped lines are those that the writer tells of', async (t) => {
  const write = () => {}
  const settings = { level: 'info', format: 'json', subject: 'off' } as const
  t.equal(createLog(settings, 'key', { write }).droppedLines(), 0)
  t.equal(createLog(settings, 'key', { write, dropped: () => 7 } as never).droppedLines(), 7)
  const flushed: string[] = []
  createLog(settings, 'key', { write, flush: () => void flushed.push('once') } as never).flush()
  t.same(flushed, ['once'])
})

t.test(
  'lines go to descriptor 1, within the bound; beyond it a line says how many were dropped',
  async (t) => {
    const before = new Set(process.listeners('exit'))
    const written: string[] = []
    let full = true
    const mocked = mock.method(fs, 'writeSync', (fd: number, piece: Buffer): number => {
      if (full || written.length > lines) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
      written.push(`${fd} ${piece}`)
      return piece.length
    })
    syncBuiltinESMExports()
    const log = createLog({ level: 'info', format: 'json', subject: 'off' }, 'key')
    t.teardown(() => {
      mocked.mock.restore()
      syncBuiltinESMExports()
      for (const listener of process.listeners('exit'))
        if (!before.has(listener)) process.off('exit', listener as () => void)
    })
    let lines = 0
    while (log.droppedLines() < 3 && lines < limits.logWaitingBytes / 500) {
      log.event('warn', 'config.warning', { warning: `${lines++}`.padEnd(512) })
    }
    t.ok(lines > limits.logWaitingBytes / 1_000, `${lines} lines`)
    full = false
    log.flush()
    const told = written
      .map((piece) => piece.slice(2))
      .join('')
      .trimEnd()
      .split('\n')
    t.ok(written.every((piece) => piece.startsWith('1 ')))
    t.equal(told.length, lines - 3 + 1)
    const { time, ...dropped } = JSON.parse(String(told.at(-1)))
    t.match(time, isoTime)
    t.same(dropped, { level: 50, event: 'log.dropped', lines: 3 })
  },
)

t.test(
  'the format says what a line is: readable on a terminal, JSON elsewhere, unless it is fixed',
  async (t) => {
    const isJson = (line: string | undefined) => line?.startsWith('{"level":30,"time":"') === true
    const settings = { level: 'info', subject: 'off' } as const
    for (const [format, isTerminal, wanted] of [
      ['auto', true, false],
      ['auto', false, true],
      ['json', true, true],
      ['json', false, true],
      ['text', true, false],
      ['text', false, false],
    ] as const) {
      const written: string[] = []
      const destination = { write: (line: string) => void written.push(line) }
      const place = { isTerminal, colours: plain }
      const log = createLog({ ...settings, format }, 'key', destination, place)
      log.event('info', 'gateway.stopping', {})
      log.access(admission, 200, 1)
      t.same(written.map(isJson), [wanted, wanted], `${format}, ${isTerminal}`)
      log.renew({ ...settings, format: wanted ? 'text' : 'json' }, 'key')
      log.event('info', 'gateway.stopping', {})
      t.equal(isJson(written.at(-1)), !wanted, 'a reload changes it')
      if (wanted) t.match(written.at(-1), /^\d\d:\d\d:\d\d\.\d{3}Z info {2}gateway\.stopping\n$/)
    }
  },
)
