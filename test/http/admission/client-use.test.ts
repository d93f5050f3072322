// What of a WebSocket is use of its session, by a clock that a test moves.
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import type { Origin } from '../../../src/core/gateway.ts'
import { touchIntervalSeconds } from '../../../src/core/session/session.ts'
import { countClientUse } from '../../../src/http/admission/client-use.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { createTestClock } from '../../support/clock.ts'
import { originOf } from '../../support/model.ts'

const origin = originOf('https://wiki.example')
const request = { headers: { cookie: `${origin.cookies.session}=value` } } as IncomingMessage
const often = touchIntervalSeconds(origin.idleTimeoutSeconds)

function counted(origins: readonly Origin[] = [origin], use: () => unknown = () => ({ kind: 'none' })) {
  const clock = createTestClock(1_900_000_000)
  const uses: unknown[] = []
  const reports: unknown[] = []
  const runtime = {
    clock,
    gateway: {
      session: { store: { kind: 'memory' } },
      hosts: new Map(origins.map((one) => [one.host, one])),
    },
    sessions: {
      use: (value: string, at: Origin) => {
        uses.push([value, at.origin])
        return use()
      },
    },
  } as unknown as Runtime
  const told = countClientUse(
    () => runtime,
    request,
    origin,
    (thrown) => reports.push(thrown),
  )
  return { clock, uses, reports, told }
}

t.test('it is counted as often as the idle timeout needs it, not with each piece', async (t) => {
  const { clock, uses, told } = counted()
  told()
  clock.time += often - 1
  told()
  t.same(uses, [], 'the handshake was use')
  clock.time += 1
  told()
  told()
  t.same(uses, [['value', 'https://wiki.example']])
  clock.time += often - 1
  told()
  t.equal(uses.length, 1)
  clock.time += 1
  told()
  t.equal(uses.length, 2)
})

t.test('at an origin that is gone nothing is counted', async (t) => {
  const { clock, uses, told, reports } = counted([])
  clock.time += often
  told()
  await new Promise((resolve) => setImmediate(resolve))
  t.same(uses, [])
  t.same(reports, [])
})

t.test('a store that does not answer is told, and ends nothing', async (t) => {
  const fault = new Error('no store')
  for (const use of [
    () => Promise.reject(fault),
    () => {
      throw fault
    },
  ]) {
    const { clock, told, reports } = counted([origin], use)
    clock.time += often
    told()
    await new Promise((resolve) => setImmediate(resolve))
    t.same(reports, [fault])
  }
})
