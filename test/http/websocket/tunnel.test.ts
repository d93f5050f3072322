// Bytes both ways, and how it ends: between streams that a test holds.
import { Duplex } from 'node:stream'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { openTunnel } from '../../../src/http/websocket/tunnel.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** One side: what the gateway wrote to it, and whether its writes are taken. */
class Side extends Duplex {
  got = ''
  finished = false
  stalled = false
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.got += chunk.toString('latin1')
    if (!this.stalled) done()
  }
  override _final(done: () => void): void {
    this.finished = true
    done()
  }
  says(bytes: string | null): void {
    this.push(bytes === null ? null : Buffer.from(bytes, 'latin1'))
  }
}

function opened(wantsData = true) {
  const timing = heldTiming()
  const [client, upstream] = [new Side({ allowHalfOpen: true }), new Side({ allowHalfOpen: true })]
  let closed = 0
  let data = 0
  const onClientData = wantsData ? () => void data++ : null
  const tunnel = openTunnel(client, upstream, { onClosed: () => void closed++, onClientData }, timing)
  return { timing, client, upstream, tunnel, closed: () => closed, data: () => data }
}

t.test('bytes pass both ways, and data of the client is told', async (t) => {
  for (const wantsData of [true, false]) {
    const { client, upstream, data } = opened(wantsData)
    client.says('\x81\x00')
    client.says('\x89\x00')
    upstream.says('\x81\x01x')
    await turn()
    t.equal(upstream.got, '\x81\x00\x89\x00')
    t.equal(client.got, '\x81\x01x')
    t.equal(data(), wantsData ? 1 : 0, 'a Ping is none')
  }
})

t.test('what one side does not take, the other is not asked for', async (t) => {
  const { client, upstream } = opened()
  client.stalled = true
  upstream.says('x'.repeat(256 * 1024))
  await turn()
  t.ok(upstream.isPaused())
  t.notOk(client.isPaused(), 'the other way goes on')
})

t.test(
  'when one side closes the other takes what was written, ends, and is cut if it does not close',
  async (t) => {
    for (const first of ['client', 'upstream'] as const) {
      const all = opened()
      const [one, other] = first === 'client' ? [all.client, all.upstream] : [all.upstream, all.client]
      one.destroy()
      await turn()
      t.ok(other.finished, first)
      t.notOk(other.destroyed)
      t.equal(all.closed(), 0, 'not over while a side is open')
      other.says('late')
      await turn()
      t.equal(one.got, '', 'nothing more is passed on')
      t.equal(other.readableLength, 0, 'and yet it is read, so that its end is seen')
      all.timing.pass(limits.webSocketClosingMs - 1)
      t.notOk(other.destroyed)
      all.timing.pass(1)
      await turn()
      t.ok(other.destroyed)
      t.equal(all.closed(), 1)
    }
  },
)

t.test('when one side ends, both are cut after a while, and what is under way is finished', async (t) => {
  for (const first of ['client', 'upstream'] as const) {
    const { client, upstream, timing, closed } = opened()
    const [one, other] = first === 'client' ? [client, upstream] : [upstream, client]
    one.says('last')
    one.says(null)
    await turn()
    t.equal(other.got, 'last')
    t.notOk(one.destroyed || other.destroyed)
    timing.pass(limits.webSocketClosingMs - 1)
    t.notOk(one.destroyed || other.destroyed)
    timing.pass(1)
    await turn()
    t.ok(one.destroyed && other.destroyed, first)
    t.equal(closed(), 1)
  }
})

t.test('a side that breaks off ends both and raises nothing', async (t) => {
  for (const first of ['client', 'upstream'] as const) {
    const all = opened()
    all[first].destroy(new Error('reset'))
    await turn()
    t.ok((first === 'client' ? all.upstream : all.client).finished, first)
  }
})

t.test('it closes with a frame where one fits, else by cutting', async (t) => {
  for (const [before, got] of [
    ['', '\x88\x02\x03\xf0'],
    ['\x81\x01x', '\x81\x01x\x88\x02\x03\xf0'],
    ['\x81\x02x', '\x81\x02x'],
  ] as const) {
    const { client, upstream, tunnel, closed, timing } = opened()
    upstream.says(before)
    await turn()
    tunnel.close(1008)
    upstream.says('\x81\x04more')
    t.equal(client.destroyed, got === before, 'in the midst of a frame at once')
    t.ok(upstream.destroyed)
    await turn()
    t.equal(client.got, got)
    tunnel.close(1001)
    await turn()
    t.equal(client.got, got, 'closed once')
    t.equal(client.destroyed, got === before, 'and left to take what was written')
    timing.pass(limits.webSocketClosingMs)
    await turn()
    t.ok(client.destroyed)
    t.equal(closed(), 1)
  }
})
