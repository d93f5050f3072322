// A form of the gateway's own that does not end, by a clock that a test moves.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import type { BodyRate } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { limitFormTime } from '../../../src/http/server/form-time.ts'
import { heldTiming } from '../../support/timing.ts'

const rate: BodyRate = { graceSeconds: 5, bytesPerSecond: 500 }
const turn = () => new Promise((resolve) => setImmediate(resolve))

function posted(rateOfIt: BodyRate | null) {
  const timing = heldTiming()
  // As of a request that was read to its end: it closes with its answer, which may take its time.
  const body = new PassThrough({ autoDestroy: false })
  const said: unknown[] = []
  body.on('error', (thrown) =>
    said.push(isFault(thrown) ? [thrown.code, thrown.status, timing.nowMs()] : thrown),
  )
  // A stand-in: of a request it needs what any stream has.
  limitFormTime(body as unknown as IncomingMessage, rateOfIt, timing)
  return { timing, body, said }
}

t.test('a form that drips is 408 when its grace is over, once', async (t) => {
  const { timing, body, said } = posted(rate)
  for (let seconds = 0; seconds < 5; seconds++) {
    body.write('x')
    await turn()
    timing.pass(1_000)
  }
  t.same(said, [], 'a few bytes are worth a little time')
  timing.pass(100)
  t.same(said, [['REQUEST_BODY_STALLED', 408, 5_100]])
  t.equal(timing.waiting(), 0)
  timing.pass(limits.formMs)
  t.equal(said.length, 1)
})

t.test('one that comes at the rate is 408 when it takes longer than any form may', async (t) => {
  const { timing, body, said } = posted(rate)
  for (let ms = 0; ms < limits.formMs; ms += 1_000) {
    t.same(said, [])
    body.write('x'.repeat(1_000))
    await turn()
    timing.pass(1_000)
  }
  t.same(said, [['REQUEST_BODY_STALLED', 408, limits.formMs]])
  t.equal(timing.waiting(), 0)
})

t.test('without a rate it has that time as a whole, too', async (t) => {
  const { timing, body, said } = posted(null)
  for (let ms = 0; ms < limits.formMs; ms += 1_000) {
    t.same(said, [])
    body.write('x')
    await turn()
    timing.pass(1_000)
  }
  t.same(said, [['REQUEST_BODY_STALLED', 408, limits.formMs]])
})

t.test('one that nobody reads any more, as it was refused, raises nothing', async (t) => {
  const { timing, body, said } = posted(rate)
  body.removeAllListeners('error')
  limitFormTime(body as unknown as IncomingMessage, rate, timing)
  t.doesNotThrow(() => timing.pass(limits.formMs))
  t.same(said, [])
})

t.test('one that has come, or whose client left, is not timed any more', async (t) => {
  for (const end of [(body: PassThrough) => body.end('x=1'), (body: PassThrough) => body.destroy()]) {
    const { timing, body, said } = posted(rate)
    t.equal(timing.waiting(), 2)
    end(body)
    await turn()
    t.equal(timing.waiting(), 0)
    timing.pass(limits.formMs)
    t.same(said, [])
  }
})
