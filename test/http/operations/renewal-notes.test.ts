// What an operator hears of providers that are asked again, and how often.
import t from 'tap'
import { ProviderFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Session } from '../../../src/core/session/session.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import { createRenewalNotes } from '../../../src/http/operations/renewal-notes.ts'

function notes(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const metrics = createMetrics()
  const time = { nowMs: 0 }
  const log = createLog({ level, format: 'json', subject: 'hash' }, 'key', { write })
  const note = createRenewalNotes({ log, metrics }, () => time.nowMs)
  return { lines, metrics, time, note }
}

const session = {
  key: 'a'.repeat(64),
  user: 'alice@example.com',
  tokens: { refresh: 'canary' },
} as unknown as Session
const fault = new ProviderFault('PROVIDER_UNREACHABLE', 'acme: no answer in time')

t.test('S-168: a session that ended has one line: who, and why; no token, and no name', async (t) => {
  const { lines, note, metrics } = notes()
  note({ kind: 'ended', provider: 'acme', session, why: 'grant-refused', message: 'it said invalid_grant' })
  t.equal(lines.length, 1)
  t.match(lines[0], {
    event: 'session.ended',
    how: 'recheck',
    why: 'grant-refused',
    provider: 'acme',
    subject: /^[\w-]{16}$/,
    session: /^[0-9a-f]{12}$/,
    error: 'it said invalid_grant',
  })
  t.notMatch(JSON.stringify(lines), /canary|alice/)
  t.match(
    await metrics.text(new Map(), { droppedLines: () => 0 }),
    /renewals_total\{provider="acme",outcome="ended"\} 1/,
  )
})

t.test('S-169: a provider that is silent is told once a minute, with a count; each is counted', async (t) => {
  const { lines, note, metrics, time } = notes()
  for (let i = 0; i < 100; i++) note({ kind: 'unanswered', provider: 'acme', fault })
  note({ kind: 'unanswered', provider: 'other', fault })
  time.nowMs = 60_000
  note({ kind: 'unanswered', provider: 'acme', fault })
  t.match(lines, [
    { event: 'provider.unanswered', provider: 'acme', count: 1, code: 'PROVIDER_UNREACHABLE' },
    { event: 'provider.unanswered', provider: 'other', count: 1 },
    { event: 'provider.unanswered', provider: 'acme', count: 100 },
  ])
  const text = await metrics.text(new Map(), { droppedLines: () => 0 })
  t.match(text, /renewals_total\{provider="acme",outcome="unanswered"\} 101/)
})

t.test('what a provider does not say is told once of the provider, not of each session', async (t) => {
  const { lines, note } = notes()
  const ended = { kind: 'ended', provider: 'acme', session, why: 'insufficient' } as const
  for (const message of ['no ID token', 'no ID token', 'no refresh token']) note({ ...ended, message })
  t.match(lines, [
    { event: 'provider.insufficient', warning: 'providers.acme.recheck: no ID token' },
    { event: 'provider.insufficient', warning: 'providers.acme.recheck: no refresh token' },
  ])
  t.equal(lines.length, 2)
  for (let i = 0; i < limits.renewalWarnings; i++) note({ ...ended, message: `${i}` })
  lines.length = 0
  note({ ...ended, message: 'no ID token' })
  t.equal(lines.length, 1, 'the oldest was forgotten')
})

t.test('renewals are lines for who looks closely, and have their time', async (t) => {
  const { lines, note, metrics } = notes('debug')
  note({ kind: 'renewed', provider: 'acme', session, ms: 120.4 })
  note({ kind: 'not-revoked', provider: 'acme', fault })
  t.match(lines, [
    { event: 'session.renewed', provider: 'acme', ms: 120, session: /^[0-9a-f]{12}$/ },
    { event: 'provider.not-revoked', provider: 'acme', count: 1 },
  ])
  t.match(
    await metrics.text(new Map(), { droppedLines: () => 0 }),
    /duration_seconds_count\{provider="acme"\} 1/,
  )
})
