// What is told once, or once in a while.
import t from 'tap'
import type { Admission } from '../../../src/http/admission/admission.ts'
import type { Log } from '../../../src/http/operations/log.ts'
import type { Metrics } from '../../../src/http/operations/metrics.ts'
import { noteRefusedConnections } from '../../../src/http/operations/refused-connections.ts'
import { noteUntrustedProxy } from '../../../src/http/operations/untrusted-proxy.ts'

function keepingLog() {
  const told: unknown[] = []
  const log = { event: (...given: unknown[]) => void told.push(given) } as unknown as Log
  return { told, log }
}

t.test('refused connections are counted each, and told once a minute with how many they were', async (t) => {
  const { told, log } = keepingLog()
  const counted: string[] = []
  const metrics = { connectionRefused: () => void counted.push('one') } as unknown as Metrics
  let now = 5
  const note = noteRefusedConnections(log, metrics, () => now)
  const refuse = (key: string) => note({ key, hidden: false })
  refuse('192.0.2.1')
  refuse('192.0.2.1')
  now += 59_999
  refuse('192.0.2.2')
  t.same(
    told.splice(0),
    [['warn', 'connections.refused', { network: '192.0.2.1', count: 1 }]],
    'the first at once',
  )
  now += 1
  refuse('192.0.2.3')
  t.same(told.splice(0), [['warn', 'connections.refused', { network: '192.0.2.3', count: 3 }]])
  now += 60_000
  refuse('192.0.2.4')
  t.same(told, [['warn', 'connections.refused', { network: '192.0.2.4', count: 1 }]])
  t.equal(counted.length, 5)
})

t.test('a proxy that is not trusted is told of once, where a client is hidden behind it', async (t) => {
  const { told, log } = keepingLog()
  const note = noteUntrustedProxy(log)
  const ask = (clientAddress: string | null, hidden: boolean) =>
    note({ clientAddress, network: { key: 'x', hidden } } as Admission)
  ask('10.0.0.1', false)
  ask(null, true)
  t.same(told, [])
  ask('10.0.0.1', true)
  ask('10.0.0.2', true)
  t.match(told, [
    [
      'warn',
      'proxy.untrusted',
      { peer: '10.0.0.1', warning: /^trusted_proxies: 10\.0\.0\.1 sends X-Forwarded-For/ },
    ],
  ])
  t.equal(told.length, 1)
})
