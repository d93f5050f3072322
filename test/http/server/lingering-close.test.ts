// What is dropped of a refused body, and when the connection ends: by a clock and stand-ins for request and socket.
import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { BodyRate } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { createLingeringCloses } from '../../../src/http/server/lingering-close.ts'
import { connectTo, settled } from '../../support/held-connection.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const network = { key: '192.0.2.1', hidden: false }

class HeldSocket extends EventEmitter {
  destroyed = false
  writable = true
  writableFinished = true
  readonly done: string[] = []
  destroySoon(): void {
    this.done.push('destroySoon')
  }
  end(): void {
    this.writable = false
    this.done.push('end')
  }
  destroy(): void {
    this.destroyed = true
    this.done.push('destroy')
  }
}

class HeldRequest extends PassThrough {
  readonly socket = new HeldSocket()
  complete = false
}

function lingering(timing = heldTiming()) {
  const closes = createLingeringCloses(timing)
  const drop = (
    rate: BodyRate | null = null,
    request = new HeldRequest({ highWaterMark: 64 * 1024 * 1024 }),
  ) => {
    const own = request.socket.destroySoon
    closes.dropRest(request as unknown as IncomingMessage, { network, rate })
    return { request, socket: request.socket, taken: request.socket.destroySoon !== own }
  }
  return { timing, drop }
}

t.test(
  'the rest is read; with the answer written our side is closed, and all of it with the end',
  async (t) => {
    const { drop, timing } = lingering()
    const { request, socket } = drop()
    request.write('x')
    await turn()
    t.equal(request.readableLength, 0, 'it is read')
    socket.destroySoon()
    t.same(socket.done, ['end'], 'the client may still send')
    request.end('y')
    await turn()
    t.same(socket.done, ['end', 'destroy'])
    socket.emit('close')
    t.equal(timing.waiting(), 0)
  },
)

t.test('an answer that is written behind the end of the body ends it at once', async (t) => {
  const { drop } = lingering()
  const { request, socket } = drop()
  request.end('x')
  request.complete = true
  await turn()
  t.same(socket.done, [], 'not before the answer is written')
  socket.destroySoon()
  t.same(socket.done, ['end', 'destroy'])
})

t.test(
  'beyond its time nothing is read, and the connection ends, with its answer at the latest',
  async (t) => {
    for (const answered of [true, false]) {
      const { drop, timing } = lingering()
      const { request, socket } = drop()
      if (answered) socket.destroySoon()
      for (let ms = 0; ms < limits.droppedBodyMs; ms += limits.droppedBodyMs / 10) {
        t.notOk(socket.destroyed)
        request.write('x')
        await turn()
        timing.pass(limits.droppedBodyMs / 10)
      }
      t.equal(socket.destroyed, answered)
      t.ok(request.isPaused())
      t.equal(timing.waiting(), 0)
      if (answered) continue
      request.write('x')
      await turn()
      t.equal(request.readableLength, 1)
      socket.destroySoon()
      t.ok(socket.destroyed, 'with the answer')
    }
  },
)

t.test('so many bytes and no more', async (t) => {
  const { drop } = lingering()
  const { request, socket } = drop()
  socket.destroySoon()
  request.write(Buffer.alloc(limits.droppedBodyBytes))
  await turn()
  t.notOk(socket.destroyed)
  request.write('x')
  await turn()
  t.ok(socket.destroyed)
})

t.test(
  'so many bytes and no more also of a body that is refused at once, where node:http would drop any',
  async (t) => {
    const closes = createLingeringCloses(heldTiming())
    const server = createServer((request, response) => {
      closes.dropRest(request, { network, rate: null })
      response.writeHead(413, { connection: 'close' }).end()
    })
    const client = connectTo(server)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n')
    await settled()
    t.match(client.text(), /^HTTP\/1\.1 413 /)
    client.write('x'.repeat(limits.droppedBodyBytes))
    await settled()
    t.notOk(client.side.destroyed)
    client.write('x')
    await settled()
    t.ok(client.side.destroyed)
  },
)

t.test('never slower than the rate', async (t) => {
  const { drop, timing } = lingering()
  const { request, socket } = drop({ graceSeconds: 2, bytesPerSecond: 500 })
  socket.destroySoon()
  request.write('x'.repeat(500))
  await turn()
  timing.pass(1_999)
  t.notOk(socket.destroyed)
  timing.pass(1)
  t.ok(socket.destroyed, 'the grace from the beginning is the most that bytes can earn')
})

t.test('so many of a network at once, each until its connection has closed', async (t) => {
  const { drop } = lingering()
  const open = Array.from({ length: limits.droppedBodies }, () => drop())
  t.ok(open.every(({ taken }) => taken))
  t.notOk(drop().taken)
  open[0]?.socket.emit('close')
  t.ok(drop().taken)
  t.notOk(drop().taken)
})

t.test('what is over needs none, and one connection has one', async (t) => {
  const { drop } = lingering()
  const complete = new HeldRequest()
  complete.complete = true
  t.notOk(drop(null, complete).taken)
  const gone = new HeldRequest()
  gone.socket.destroyed = true
  t.notOk(drop(null, gone).taken)
  const { request, taken } = drop()
  t.ok(taken)
  t.notOk(drop(null, request).taken)
})
