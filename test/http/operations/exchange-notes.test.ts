// What operators hear of customers’ pairs.
import t from 'tap'
import { createExchangeNotes } from '../../../src/http/operations/exchange-notes.ts'
import type { ExchangeEvent } from '../../../src/runtime/pairs/event.ts'

function rig() {
  const lines: unknown[][] = []
  const counted: string[] = []
  const clock = { ms: 0 }
  const note = createExchangeNotes(
    {
      log: { event: (...line) => void lines.push(line) },
      metrics: { exchange: (provider, outcome) => void counted.push(`${provider} ${outcome}`) },
    },
    () => clock.ms,
  )
  return { lines, counted, clock, note }
}

const refused = (cure: string | null, provider = 'pool'): ExchangeEvent => ({
  ...{ provider, outcome: 'refused', detail: 'Cognito asks for more', cure },
})

t.test('each question is counted, and only what can be cured has a line', async (t) => {
  const { lines, counted, note } = rig()
  note({ provider: 'pool', outcome: 'granted' })
  note({ provider: 'pool', outcome: 'unanswered' })
  note(refused(null))
  t.same(counted, ['pool granted', 'pool unanswered', 'pool refused'])
  t.same(lines, [])
  note(refused('aws …'))
  const warning = 'providers.pool.exchange: Cognito asks for more; aws …'
  t.same(lines, [['warn', 'exchange.refused', { provider: 'pool', warning, count: 1 }]])
})

t.test('once an hour of a provider and a cure', async (t) => {
  const { lines, clock, note } = rig()
  for (let count = 0; count < 5; count += 1) note(refused('aws …'))
  note(refused('aws … another'))
  note(refused('aws …', 'other'))
  t.equal(lines.length, 3)
  clock.ms += 3_600_000
  note(refused('aws …'))
  t.match(lines[3]?.[2], { count: 5 })
})
