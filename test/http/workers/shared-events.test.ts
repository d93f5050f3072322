// What several workers see of one thing is said once, by the process that writes the log.
import t from 'tap'
import type { Log } from '../../../src/http/operations/log.ts'
import { createSharedEvents, type SharedEvent, sharingLog } from '../../../src/http/workers/shared-events.ts'

function open() {
  const said: string[] = []
  let nowMs = 1_000_000
  const log: Pick<Log, 'event'> = {
    event: (level, name, fields) => void said.push(`${level} ${name} ${JSON.stringify(fields)}`),
  }
  const clock = { nowMs: () => nowMs, nowSeconds: () => nowMs / 1000 }
  const events = createSharedEvents(log, clock)
  const take = (name: SharedEvent['name'], fields: object) => events.take({ level: 'warn', name, fields })
  const pass = (ms: number): void => {
    nowMs += ms
  }
  return { said, events, take, pass }
}

t.test('a provider is told ready once, and again after it failed', async (t) => {
  const { said, take } = open()
  for (const provider of ['one', 'one', 'other']) take('provider.ready', { provider })
  take('provider.failed', { provider: 'one', code: 'X', retry_at: 1_010 })
  take('provider.ready', { provider: 'one' })
  t.same(
    said.map((line) => line.split(' ').slice(1).join(' ')),
    [
      'provider.ready {"provider":"one"}',
      'provider.ready {"provider":"other"}',
      'provider.failed {"provider":"one","code":"X","retry_at":1010}',
      'provider.ready {"provider":"one"}',
    ],
  )
})

t.test('a failing provider is told once an attempt, and at once when it fails otherwise', async (t) => {
  const { said, take, pass } = open()
  const failed = (code: string, retryAt: number) =>
    take('provider.failed', { provider: 'op', code, retry_at: retryAt })
  failed('A', 1_010)
  pass(100)
  failed('A', 1_010.1)
  t.equal(said.length, 1)
  failed('B', 1_010)
  t.equal(said.length, 2)
  pass(10_000)
  failed('B', 1_020)
  t.equal(said.length, 3)
})

t.test('what is so is told once; of a new configuration anew, but for proxies and clocks', async (t) => {
  const { said, take, events } = open()
  const all = () => {
    take('proxy.untrusted', { peer: '10.0.0.1' })
    take('provider.clock-differs', { provider: 'op', seconds: 99 })
    take('provider.email-unverified', { provider: 'op' })
    take('provider.ready', { provider: 'op' })
  }
  all()
  all()
  t.equal(said.length, 4)
  events.renew()
  all()
  t.same(
    said.slice(4).map((line) => line.split(' ')[1]),
    ['provider.email-unverified', 'provider.ready'],
  )
})

t.test('refused connections are told once a minute, with those of all workers', async (t) => {
  const { said, take, pass } = open()
  const refused = (count: number) => take('connections.refused', { network: '192.0.2.1', count })
  refused(1)
  refused(2)
  pass(59_999)
  refused(3)
  t.equal(said.length, 1)
  pass(1)
  refused(4)
  t.match(said, [/"count":1\b/, /"count":9\b/])
})

t.test('a line about a request is the worker’s own, and so is every other event', async (t) => {
  const own: string[] = []
  const shared: SharedEvent[] = []
  const log = sharingLog(
    { event: (_level: string, name: string) => void own.push(name) } as unknown as Log,
    (event) => void shared.push(event),
  )
  log.event('error', 'provider.failed', { provider: 'op', request_id: 'a-1' })
  log.event('error', 'provider.failed', { provider: 'op', request_id: undefined })
  log.event('info', 'login.started', {})
  t.same(own, ['provider.failed', 'login.started'])
  t.match(shared, [{ level: 'error', name: 'provider.failed', fields: { provider: 'op' } }])
})
