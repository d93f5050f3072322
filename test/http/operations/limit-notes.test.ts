// What an operator hears of limits: each refusal is counted by its name, and what could not be counted is said seldom.
import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import { createLimitNotes } from '../../../src/http/operations/limit-notes.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import { openTestContext } from '../../support/request-context.ts'

const fault = new StoreFault('STORE_UNAVAILABLE', 'the session store redis 192.0.2.1:6379 does not answer')

t.test('what was let in uncounted is said once a minute, with a count; each is counted', async (t) => {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = createLog({ level: 'info', format: 'json', subject: 'hash' }, 'key', { write })
  const metrics = createMetrics()
  const time = { nowMs: 5 }
  const note = createLimitNotes({ log, metrics }, () => time.nowMs)
  for (let at = 0; at < 100; at++) note(fault, 'api')
  time.nowMs += 60_000
  note(fault, 'other')
  t.match(lines, [
    { event: 'limits.uncounted', app: 'api', code: 'STORE_UNAVAILABLE', error: fault.message, count: 1 },
    { event: 'limits.uncounted', app: 'other', count: 100 },
  ])
  t.equal(lines.length, 2)
  const text = await metrics.text(new Map(), { droppedLines: () => 0 })
  t.match(text, /faults_total\{app="api",code="STORE_UNAVAILABLE"\} 100/)
})

t.test('a refusal is counted by the name of its limit, and the access line has it', async (t) => {
  const around = openTestContext(
    t,
    `
data: ${JSON.stringify(t.testdir({}))}
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  api:
    url: https://api.example
    upstream: http://10.9.9.9
    require: anyone
    limits: [{ name: burst, per: app, rate: 1/1h }]
`,
  )
  const metrics = createMetrics()
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = createLog({ level: 'info', format: 'json', subject: 'hash' }, 'key', { write })
  for (let at = 0; at < 4; at++) {
    const admission = await around.admission('https://api.example/x')
    const status = admission.decision.kind === 'allow' ? 200 : 429
    metrics.request(admission, status)
    log.access(admission, status, 1)
  }
  const text = await metrics.text(new Map(), { droppedLines: () => 0 })
  t.match(text, /^claimgate_limited_total\{app="api",limit="burst"\} 3$/m)
  t.match(lines[0], { decision: 'allow' })
  t.notOk('limit' in (lines[0] ?? {}))
  t.match(lines[3], { decision: 'reject', reason: 'limit-exceeded', limit: 'burst', status: 429 })
  metrics.renew({ apps: ['other'], providers: [] })
  t.notMatch(await metrics.text(new Map(), { droppedLines: () => 0 }), /limited_total\{/)
})
