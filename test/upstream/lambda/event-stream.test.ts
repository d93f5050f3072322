import t, { type Test } from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type * as eventStream from '../../../src/upstream/lambda/event-stream.ts'
import { openEventStream, type StreamEvent } from '../../../src/upstream/lambda/event-stream.ts'
import { inPieces, invokeComplete, message, ofParts, payloadChunk } from './messages.ts'

type Told = readonly ['payload', string] | readonly ['complete', string | null, string]

function told(event: StreamEvent): Told {
  if (event.kind === 'payload') return ['payload', event.bytes.toString()]
  return ['complete', event.error?.code ?? null, event.error?.details ?? '']
}

/** What came of the pieces, and what it broke off for. */
async function readAll(pieces: readonly Buffer[]): Promise<readonly (Told | string)[]> {
  const stream = await openEventStream()
  const all: (Told | string)[] = []
  for (const piece of pieces) {
    const { events, wrong } = stream.read(piece)
    all.push(...events.map(told))
    if (wrong !== null) return [...all, wrong]
  }
  return all
}

t.test('messages are read however the bytes come', async (t) => {
  const whole = Buffer.concat([
    payloadChunk('one'),
    payloadChunk(''),
    payloadChunk('größer \0 €'),
    invokeComplete(),
  ])
  const wanted = [
    ['payload', 'one'],
    ['payload', ''],
    ['payload', 'größer \0 €'],
    ['complete', null, ''],
  ]
  for (let size = 1; size <= whole.length; size += 1)
    t.same(await readAll(inPieces(whole, size)), wanted, `in pieces of ${size}`)
})

t.test('a message that is split twice is joined once, and the pieces are as they were', async (t) => {
  const body = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251))
  const bytes = payloadChunk(body)
  const stream = await openEventStream()
  const pieces = inPieces(bytes, 997)
  for (const piece of pieces.slice(0, -1)) t.same(stream.read(piece), { events: [], wrong: null })
  const last = stream.read(pieces.at(-1) ?? Buffer.alloc(0))
  t.ok(last.events[0]?.kind === 'payload' && last.events[0].bytes.equals(body))
})

t.test('how an invocation ends', async (t) => {
  const rows: readonly (readonly [Buffer, Told | string])[] = [
    [invokeComplete({ ErrorCode: null, ErrorDetails: null, LogResult: 'aGFs' }), ['complete', null, '']],
    [invokeComplete({ ErrorCode: '' }), ['complete', null, '']],
    [
      invokeComplete({ ErrorCode: 'Unhandled', ErrorDetails: '{"errorType":"E"}' }),
      ['complete', 'Unhandled', '{"errorType":"E"}'],
    ],
    [invokeComplete({ ErrorCode: 'Unhandled' }), ['complete', 'Unhandled', '']],
    [invokeComplete({ ErrorCode: 7, ErrorDetails: {} }), ['complete', 'unknown', '']],
    [invokeComplete([]), 'ends with an `InvokeComplete` that is no JSON object'],
    [
      message({ ':message-type': 'event', ':event-type': 'InvokeComplete' }, '{'),
      'ends with an `InvokeComplete` that is no JSON object',
    ],
    [
      message({ ':message-type': 'exception', ':exception-type': 'ServiceException' }, 'sorry'),
      ['complete', 'ServiceException', 'sorry'],
    ],
    [
      message({ ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'oh' }, ''),
      ['complete', 'InternalError', 'oh'],
    ],
    [message({ ':message-type': 'exception' }, ''), ['complete', 'unknown', '']],
  ]
  for (const [bytes, wanted] of rows) t.same(await readAll([bytes]), [wanted], bytes.toString('latin1'))
})

t.test('an event that is not known is passed over, a message that is none of them is not', async (t) => {
  const unknown = message({ ':message-type': 'event', ':event-type': 'Heartbeat' }, '')
  t.same(await readAll([unknown, payloadChunk('a')]), [['payload', 'a']])
  const neither = 'has a message that is neither an event nor an error'
  t.same(await readAll([message({}, 'x')]), [neither])
  t.same(await readAll([message({ ':message-type': 'Event', ':event-type': 'PayloadChunk' }, 'x')]), [
    neither,
  ])
  t.same(await readAll([message({ constructor: 'y', toString: 'event' }, 'x')]), [neither])
  // Of another type than text.
  const boolean = Buffer.concat([Buffer.from([13]), Buffer.from(':message-type'), Buffer.from([0])])
  t.same(await readAll([ofParts(boolean, Buffer.alloc(0))]), [neither])
})

t.test('what is damaged is not passed on', async (t) => {
  const good = payloadChunk('the body')
  for (let i = 0; i < good.length; i += 1)
    for (const bit of [1, 128]) {
      const bad = Buffer.from(good)
      bad.writeUInt8(bad.readUInt8(i) ^ bit, i)
      const came = await readAll([bad, payloadChunk('after'), invokeComplete()])
      t.notOk(
        came.some((one) => one[0] === 'payload'),
        `bit ${bit} of byte ${i}`,
      )
    }
})

t.test('how long a message may be', async (t) => {
  const wanted = /has a message of \d+ bytes/
  await refusedAtOnce(t, lengthOf(0), wanted)
  await refusedAtOnce(t, lengthOf(15), wanted)
  await refusedAtOnce(t, lengthOf(limits.functionFrameBytes + 1), wanted)
  await refusedAtOnce(t, lengthOf(0xffffffff), wanted)
  t.same(await readAll([lengthOf(limits.functionFrameBytes)]), [])
  const largest = payloadChunk(Buffer.alloc(limits.functionFrameBytes - payloadChunk('').length, 97))
  t.equal(largest.length, limits.functionFrameBytes)
  const [event] = await readAll(inPieces(largest, 65_536))
  t.equal(event?.[1]?.length, limits.functionFrameBytes - payloadChunk('').length)
})

function lengthOf(bytes: number): Buffer {
  const piece = Buffer.alloc(4)
  piece.writeUInt32BE(bytes)
  return piece
}

async function refusedAtOnce(t: Test, piece: Buffer, wanted: RegExp): Promise<void> {
  const [why] = await readAll([piece])
  t.match(why, wanted)
}

t.test('headers that are longer than their message, and of unknown types', async (t) => {
  const wrong = ['has a message whose checksum or form is wrong']
  t.same(await readAll([ofParts(Buffer.from([5, 58, 97]), Buffer.alloc(0))]), wrong, 'the name is cut')
  t.same(await readAll([ofParts(Buffer.from([1, 58, 99]), Buffer.alloc(0))]), wrong, 'type 99')
  t.same(
    await readAll([ofParts(Buffer.from([1, 58, 7, 255, 255]), Buffer.alloc(0))]),
    wrong,
    'the value is cut',
  )
})

t.test('a reader that could not be loaded is loaded again by the next one', async (t) => {
  // The reader is kept once it is there: this module has none yet.
  const address = new URL('../../../src/upstream/lambda/event-stream.ts?fresh', import.meta.url)
  const { openEventStream: open }: typeof eventStream = await import(address.href)
  const fails = () => Promise.reject(new Error('no such package'))
  await t.rejects(open(fails), { message: 'no such package' })
  await t.rejects(open(fails), { message: 'no such package' })
  const stream = await open()
  t.same(stream.read(invokeComplete()).events, [{ kind: 'complete', error: null }])
  t.ok(await open(fails), 'once it is there it is kept')
})
