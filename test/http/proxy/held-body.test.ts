// A body that is held until its last byte is there, from a request that a test holds: what it counts, and when that ends.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import { createHeldBytes } from '../../../src/core/limits/held-bytes.ts'
import { HeldBody } from '../../../src/http/proxy/held-body.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const network = { key: '192.0.2.1', hidden: false }

interface Asked {
  readonly inAll?: number
  readonly ofNetwork?: number
  readonly announced?: number
  readonly held?: ReturnType<typeof createHeldBytes>
}

function reading({ inAll = 100, ofNetwork = 20, announced, held = createHeldBytes() }: Asked = {}) {
  const timing = heldTiming()
  const headers = announced === undefined ? {} : { 'content-length': String(announced) }
  const request = Object.assign(new PassThrough(), { complete: false, headers })
  const told: string[] = []
  const body = new HeldBody({ held, network, bounds: { inAll, ofNetwork } })
  body.read(
    request as unknown as IncomingMessage,
    { maxBytes: 15, idleMs: 1_000, rate: null },
    {
      onFault: (fault) => told.push(isFault(fault) ? fault.code : String(fault)),
      onWhole: (whole) => told.push(`whole ${whole}`),
      onPiece: () => told.push('piece'),
    },
    timing,
  )
  return { timing, request, told, held, body }
}

t.test('it is whole with its last byte, and held until it is given back', async (t) => {
  const { request, told, held, body } = reading({ announced: 10 })
  t.equal(held.bytes(), 0, 'what is announced is not held')
  request.write('01234')
  await turn()
  t.equal(held.bytes(), 5)
  request.end('56789')
  await turn()
  t.same(told, ['piece', 'piece', 'whole 0123456789'])
  t.equal(held.bytes(), 10)
  body.release()
  body.release()
  t.equal(held.bytes(), 0)
})

t.test('one without a byte is whole too, and holds nothing', async (t) => {
  const { request, told, held } = reading()
  request.end()
  await turn()
  t.same(told, ['whole '])
  t.equal(held.networks(), 0)
})

t.test('what is beyond the room of the network, or of all, ends it', async (t) => {
  for (const bounds of [{ ofNetwork: 8 }, { inAll: 8 }]) {
    const { request, told, held, body } = reading(bounds)
    request.write('01234')
    await turn()
    request.write('5678')
    request.end('rest')
    await turn()
    t.same(told, ['piece', 'piece', 'HELD_BODIES_FULL'])
    t.equal(held.bytes(), 5, 'what was too much is not counted')
    body.release()
    t.equal(held.bytes(), 0)
  }
})

t.test('a longer one than may be, a slower one: told once, and all is given back', async (t) => {
  const long = reading()
  long.request.write('0123456789')
  await turn()
  long.request.end('0123456789')
  await turn()
  t.same(long.told.at(-1), 'REQUEST_BODY_TOO_LARGE')
  const slow = reading()
  slow.request.write('0')
  await turn()
  slow.timing.pass(1_001)
  slow.request.end('1')
  await turn()
  t.same(slow.told, ['piece', 'REQUEST_BODY_STALLED'])
  for (const { body, held } of [long, slow]) {
    body.release()
    t.equal(held.bytes(), 0)
  }
})

t.test('after it is given back nothing is counted or told any more', async (t) => {
  const { request, told, held, body, timing } = reading()
  request.write('01')
  await turn()
  body.release()
  request.write('2345')
  request.end('6')
  await turn()
  timing.pass(5_000)
  t.same(told, ['piece'])
  t.equal(held.bytes(), 0)
  t.notOk(body.take(Buffer.from('x')), 'nor taken')
  t.equal(held.bytes(), 0)
})

t.test('what is announced has room, or not; what is here already is taken, or not', async (t) => {
  const held = createHeldBytes()
  const one = reading({ held })
  t.ok(one.body.hasRoomFor(20))
  t.notOk(one.body.hasRoomFor(21))
  t.ok(one.body.hasRoomFor(null))
  t.ok(one.body.take(Buffer.alloc(12)))
  const other = reading({ held })
  t.notOk(other.body.hasRoomFor(9))
  t.notOk(other.body.take(Buffer.alloc(9)))
  t.ok(other.body.hasRoomFor(null))
  t.ok(other.body.take(Buffer.alloc(8)))
  t.notOk(other.body.hasRoomFor(null), 'a byte at least')
  t.ok(other.body.hasRoomFor(0))
  one.body.release()
  other.body.release()
  t.equal(held.bytes(), 0)
})

t.test('single bytes are counted as they are', async (t) => {
  const { request, told, held, body } = reading({ inAll: 100_000, ofNetwork: 100_000 })
  for (let i = 0; i < 15; i++) {
    request.write('x')
    await turn()
  }
  t.equal(held.bytes(), 15)
  request.end()
  await turn()
  t.equal(told.at(-1), `whole ${'x'.repeat(15)}`)
  body.release()
  t.equal(held.bytes(), 0)
})
