// One invocation whose answer streams, without a network: what is sent is what a test looks at, and what comes is what it
// says, message by message.
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { UpstreamFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { AnswerHead, UpstreamRequest } from '../../../src/core/ports.ts'
import { AnswerRoom } from '../../../src/upstream/lambda/answer-room.ts'
import { invoke } from '../../../src/upstream/lambda/invocation.ts'
import { randomFrom } from '../../support/abort-fuzz.ts'
import { heldTiming } from '../../support/timing.ts'
import { poll } from '../../support/waiting.ts'
import { request, settings } from '../rig.ts'
import { functionName } from './input.ts'
import { inPieces, invokeComplete, payloadChunk } from './messages.ts'
import { functionSettings, type Options, surroundings } from './rig.ts'

const upstream = functionSettings(true)

const type = ['Content-Type', 'application/vnd.amazon.eventstream', 'x-amzn-RequestId', 'r-7']
const integration = 'application/vnd.awslambda.http-integration-response'
const plain: AnswerHead = { statusCode: 200, reasonPhrase: null, headers: type }
const streams: AnswerHead = { ...plain, headers: [...type, 'X-Amzn-Remapped-Content-Type', integration] }
const prelude = payloadChunk(`{"statusCode":201}${'\0'.repeat(8)}`)
const place = `app wiki, https://lambda.eu-west-1.amazonaws.com`

async function begin(more: Partial<UpstreamRequest> = {}, options: Options = {}) {
  const around = surroundings((chunk) => (chunk.length > 100 ? chunk.length : chunk.toString()), options)
  const { told, sent } = around
  const exchange = invoke(request(upstream, more), around.invoking, around.sink)
  return {
    ...around,
    exchange,
    /** The reader of messages is loaded by the first. */
    sentSoon: () =>
      poll(
        'the invocation',
        async () => sent.length + told.length,
        (count) => count > 0,
      ),
  }
}

async function answering(head: AnswerHead, more: Partial<UpstreamRequest> = {}, options: Options = {}) {
  const begun = await begin(more, options)
  await begun.sentSoon()
  begun.below().head(head)
  return begun
}

t.test('it is the same event, sent to where answers stream', async (t) => {
  const begun = await begin({ path: '/a?b=c', headers: ['Host', 'wiki.example.com', 'Cookie', 'a=1'] })
  await begun.sentSoon()
  const [only, ...others] = begun.sent
  t.same(others, [])
  const name = 'arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Awiki%3Alive'
  t.match(only, {
    method: 'POST',
    path: `/2021-11-15/functions/${name}/response-streaming-invocations`,
    upstream: { host: 'lambda.eu-west-1.amazonaws.com' },
  })
  t.same(only?.headers, ['Host', 'lambda.eu-west-1.amazonaws.com', 'Content-Type', 'application/json'])
  t.match(JSON.parse(String(only?.body)), { httpMethod: 'GET', path: '/a', headers: { Cookie: 'a=1' } })
})

t.test('an event that is too large is 413, and nothing is sent', async (t) => {
  const begun = await begin({ method: 'POST', body: Buffer.alloc(limits.functionEventBytes, 'x') })
  await begun.sentSoon()
  t.same(begun.sent, [])
  t.equal(begun.told[0], 'REQUEST_BODY_TOO_LARGE')
  begun.exchange.cancel()
  t.equal(begun.told.length, 2)
})

t.test('pieces go on as they come, and end when Lambda says so', async (t) => {
  const { told, below, cancels, room } = await answering(streams)
  t.same(told, [])
  below().data(prelude)
  t.same(told, [201])
  below().data(payloadChunk('one'))
  below().data(payloadChunk('two').subarray(0, 20))
  t.same(told, [201, 'one'])
  t.equal(room.held, 20)
  below().data(payloadChunk('two').subarray(20))
  t.equal(room.held, 0)
  below().data(invokeComplete())
  t.same(told, [201, 'one', 'two', 'end'])
  below().end()
  below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'late'))
  await setImmediate()
  t.same(told, [201, 'one', 'two', 'end'])
  t.equal(cancels(), 0, 'the connection is good for the next one')
})

t.test('a client that is slow holds Lambda up', async (t) => {
  let takes = false
  const { exchange, below, resumes } = await answering(streams, {}, { takes: () => takes })
  t.equal(below().data(prelude), true)
  t.equal(below().data(payloadChunk('one')), false)
  exchange.resume()
  t.equal(resumes(), 1)
  takes = true
  t.equal(below().data(payloadChunk('two')), true)
})

t.test('a client that has enough gets nothing more before it asks, be it here or not', async (t) => {
  const { told, below, exchange, resumes, room, cancels } = await answering(
    streams,
    {},
    { takes: () => false },
  )
  const two = Buffer.concat([prelude, payloadChunk('one'), payloadChunk('two'), invokeComplete()])
  t.equal(below().data(two), false)
  t.same([told, room.held], [[201, 'one'], 3])
  below().end()
  below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'the connection broke'))
  t.same(told, [201, 'one'], 'what becomes of the connection is nothing to an answer that is all here')
  exchange.resume()
  t.same([told, room.held, resumes()], [[201, 'one', 'two'], 0, 0])
  exchange.resume()
  t.same([told, room.held, resumes()], [[201, 'one', 'two', 'end'], 0, 1])
  await setImmediate()
  t.equal(cancels(), 0)

  const gone = await answering(streams, {}, { takes: () => false })
  gone.below().data(two)
  gone.exchange.cancel()
  gone.exchange.resume()
  t.same([gone.told, gone.room.held], [[201, 'one'], 0])
  t.same([gone.cancels(), gone.resumes()], [0, 2], 'its connection is good for the next request')
  const cut = await answering(streams, {}, { takes: () => false })
  cut.below().data(two.subarray(0, -1))
  cut.below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'the connection broke'))
  t.same([cut.told, cut.room.held], [[201, 'one', 'UPSTREAM_ABORTED', 'the connection broke'], 0])
})

t.test('a complete answer has a moment for its connection to say so, whoever is still there', async (t) => {
  const timing = heldTiming()
  const all = Buffer.concat([prelude, payloadChunk('one'), invokeComplete()])
  const given = async (cancels: () => number) => {
    timing.pass(limits.functionRestMs - 1)
    await setImmediate()
    const early = cancels()
    timing.pass(1)
    await setImmediate()
    return [early, cancels(), timing.waiting()]
  }
  const had = await answering(streams, {}, { timing })
  had.below().data(all)
  t.same(await given(had.cancels), [0, 1, 0], 'the client has all of it')
  const gone = await answering(streams, {}, { timing, takes: () => false })
  gone.below().data(all)
  gone.exchange.cancel()
  t.same(await given(gone.cancels), [0, 1, 0], 'the client went with some of it')
  const failed = await answering(streams, {}, { timing })
  failed.below().data(invokeComplete({ ErrorCode: 'Unhandled' }))
  t.same(await given(failed.cancels), [0, 1, 0], 'the function failed')
  const whole = await answering(plain, {}, { timing })
  whole.below().data(Buffer.concat([payloadChunk('{"statusCode":200,"body":"a"}'), invokeComplete()]))
  t.same(await given(whole.cancels), [0, 1, 0], 'it did not stream')
  const slow = await answering(streams, {}, { timing, takes: () => false })
  slow.below().data(all)
  slow.below().end()
  slow.exchange.resume()
  slow.exchange.resume()
  t.same([slow.told, timing.waiting()], [[201, 'one', 'end'], 0], 'where it said so, nothing is waited for')
})

t.test('bytes behind the end of an answer end the connection, and go nowhere', async (t) => {
  const { told, below, cancels } = await answering(streams)
  t.equal(
    below().data(Buffer.concat([prelude, payloadChunk('one'), invokeComplete(), payloadChunk('two')])),
    true,
  )
  await setImmediate()
  t.equal(cancels(), 0)
  t.equal(below().data(payloadChunk('three')), true)
  await setImmediate()
  t.equal(cancels(), 1)
  t.same(told, [201, 'one', 'end'])
})

t.test('a head that node:http does not write is a fault, though all of the answer is here', async (t) => {
  for (const head of [streams, plain]) {
    const json = head === plain ? payloadChunk('{"statusCode":200,"body":"one"}') : prelude
    const onData = () => {
      throw new TypeError('Invalid character in header content')
    }
    const { told, below, room, cancels } = await answering(head, {}, { onData })
    t.equal(below().data(Buffer.concat([json, payloadChunk('  '), invokeComplete()])), true)
    below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'later'))
    t.match(told.slice(-2), ['UPSTREAM_RESPONSE_INVALID', /the head of its answer cannot be passed on/])
    await setImmediate()
    t.same([room.held, cancels()], [0, 1])
  }
})

t.test('a message that is as long as one may be goes on, whole answers being shorter', async (t) => {
  const length = limits.functionFrameBytes - payloadChunk('').length
  t.ok(length > limits.functionAnswerBytes)
  const { told, below, room } = await answering(streams)
  below().data(prelude)
  for (const piece of inPieces(payloadChunk(Buffer.alloc(length, 97)), 60_000)) below().data(piece)
  below().data(invokeComplete())
  const lengths = told.slice(1, -1).map(Number)
  t.same([told[0], told.at(-1), room.held], [201, 'end', 0])
  t.equal(
    lengths.reduce((sum, one) => sum + one, 0),
    length,
  )
})

t.test('a body without a head, in format 2.0', async (t) => {
  const typed = { ...plain, headers: [...type, 'X-Amzn-Remapped-Content-Type', 'text/plain'] }
  const two = settings(443, { lambda: { functionName, payload: '2.0', streaming: true } })
  const { told, below } = await answering(typed, { upstream: two })
  below().data(payloadChunk('one'))
  t.same(told, [200, 'one'])
  below().data(invokeComplete())
  t.same(told, [200, 'one', 'end'])
})

t.test('room is given back once, however an answer goes', async (t) => {
  const draw = randomFrom(7)
  const random = (below: number): number => Math.floor(draw() * below)
  const kinds = [streams, plain, { ...plain, statusCode: 500 }]
  const room = new AnswerRoom({ inAll: 400, ofNetwork: 400 })
  for (let round = 0; round < 2000; round += 1) {
    const open: Awaited<ReturnType<typeof answering>>[] = []
    for (let i = 0; i < 2; i += 1) {
      const kind = kinds[random(kinds.length)] ?? plain
      open.push(await answering(kind, {}, { room, takes: () => random(3) > 0 }))
    }
    const bytes = Buffer.concat([
      ...(random(2) === 0 ? [prelude] : []),
      ...Array.from({ length: random(4) }, () => payloadChunk('x'.repeat(random(150)))),
      ...(random(2) === 0 ? [invokeComplete(random(3) === 0 ? { ErrorCode: 'Unhandled' } : {})] : []),
    ])
    const pieces = inPieces(bytes, 1 + random(120))
    for (const piece of pieces)
      for (const { below, exchange } of open) {
        below().data(piece)
        if (room.held < 0 || room.held > 400) t.fail(`round ${round}: ${room.held} bytes are held`)
        const does = random(12)
        if (does === 0) exchange.cancel()
        else if (does === 1) below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'it broke off'))
        else if (does < 6) exchange.resume()
      }
    for (const { below, exchange } of open) {
      below().end()
      for (let i = 0; i < 8; i += 1) exchange.resume()
      if (random(2) === 0) below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'late'))
      exchange.cancel()
      exchange.cancel()
    }
    if (room.held !== 0) {
      t.fail(`round ${round}: ${room.held} bytes are left`)
      break
    }
  }
  t.equal(room.held, 0)
})

t.test('a client that is gone', async (t) => {
  const early = await begin()
  early.exchange.cancel()
  await setImmediate()
  t.same([early.sent, early.told], [[], []], 'before anything was sent')

  const { exchange, told, below, cancels, room } = await answering(streams)
  below().data(Buffer.concat([prelude, payloadChunk('some'), payloadChunk('x').subarray(0, 10)]))
  t.equal(room.held, 10)
  exchange.cancel()
  t.equal(cancels(), 1)
  t.equal(room.held, 0)
  below().data(payloadChunk('x').subarray(10))
  below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'cancelled'))
  t.same(told, [201, 'some'])

  const within = await answering(streams, {}, { onData: () => within.exchange.cancel() })
  within.below().data(Buffer.concat([prelude, payloadChunk('one'), payloadChunk('two'), invokeComplete()]))
  t.same(within.told, [201, 'one'], 'as a piece is passed on')
  const atHead = await answering(streams, {}, { onHead: () => atHead.exchange.cancel() })
  atHead.below().data(Buffer.concat([prelude, payloadChunk('one'), invokeComplete()]))
  t.same(atHead.told, [201], 'as the head is passed on')
})

t.test(
  'a function that fails before its head is an answer of ours; behind it, the client is cut off',
  async (t) => {
    const details = JSON.stringify({ errorType: 'TypeError', errorMessage: 'secret of ada', trace: ['at'] })
    const error = invokeComplete({ ErrorCode: 'Unhandled', ErrorDetails: details })
    for (const head of [plain, streams]) {
      const early = await answering(head)
      early.below().data(error)
      t.match(early.told, [
        'UPSTREAM_FUNCTION_FAILED',
        new RegExp(`^${place}.*the function ended in an error, TypeError \\(AWS request id r-7\\): its log`),
      ])
      t.notMatch(early.told[1], /secret/)
    }
    const late = await answering(streams)
    late.below().data(Buffer.concat([prelude, payloadChunk('some'), error]))
    t.match(late.told, [201, 'some', 'UPSTREAM_FUNCTION_FAILED', /TypeError/])
    t.notOk(late.told.includes('end'))
    const timeOuts: readonly (readonly [string, string])[] = [
      ['Sandbox.Timedout', 'RequestId: r-7 Error: Task timed out after 3.00 seconds'],
      ['Unhandled', '2026-01-01T00:00:00Z r-7 Task timed out after 3.00 seconds'],
      ['Unhandled', '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}'],
    ]
    for (const [code, text] of timeOuts) {
      const timedOut = await answering(streams)
      timedOut.below().data(invokeComplete({ ErrorCode: code, ErrorDetails: text }))
      t.match(timedOut.told, ['UPSTREAM_TIMEOUT', /ended the function after 3\.00 s/], text)
    }
    const exited = await answering(plain)
    exited.below().data(invokeComplete({ ErrorCode: 'Runtime.ExitError', ErrorDetails: 'exit status 1' }))
    t.match(exited.told, ['UPSTREAM_FUNCTION_FAILED', /Runtime\.ExitError: exit status 1/])
  },
)

t.test('what ends without its end', async (t) => {
  const wanted = /its answer ended before Lambda said that it is complete/
  const before = await answering(streams)
  before.below().end()
  t.match(before.told, ['UPSTREAM_FUNCTION_FAILED', wanted])
  const after = await answering(streams)
  after.below().data(Buffer.concat([prelude, payloadChunk('some')]))
  after.below().end()
  t.match(after.told, [201, 'some', 'UPSTREAM_FUNCTION_FAILED', wanted])
  const cut = await answering(streams)
  cut.below().data(prelude)
  cut.below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'it broke off'))
  cut.below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'again'))
  t.same(cut.told, [201, 'UPSTREAM_ABORTED', 'it broke off'])
})

t.test('an answer that cannot be passed on ends the exchange', async (t) => {
  const { told, below, cancels } = await answering(streams)
  below().data(payloadChunk(`{"statusCode":200,"headers":{"a":"b\\r\\nc: d"}}${'\0'.repeat(8)}`))
  t.match(told, ['UPSTREAM_FUNCTION_FAILED', /its answer has a value in `headers`/])
  t.equal(cancels(), 0, 'not within its own callback')
  await setImmediate()
  t.equal(cancels(), 1)
  below().data(payloadChunk('more'))
  t.equal(told.length, 2)
})

t.test('a method and a status without a body end with the head', async (t) => {
  const timing = heldTiming()
  const { told, below, cancels, exchange } = await answering(streams, { method: 'HEAD' }, { timing })
  below().data(Buffer.concat([prelude, payloadChunk('never')]))
  t.same(told, [201, 'end'])
  exchange.cancel()
  timing.pass(limits.functionRestMs - 1)
  await setImmediate()
  t.equal(cancels(), 0, 'it may be over in a moment')
  timing.pass(1)
  await setImmediate()
  t.equal(cancels(), 1, 'nobody waits for a body that is endless')
  const large = await answering(streams, { method: 'HEAD' })
  large.below().data(prelude)
  for (let bytes = 0; bytes <= limits.functionRestBytes; bytes += 16_384)
    large.below().data(Buffer.alloc(16_384))
  await setImmediate()
  t.equal(large.cancels(), 1, 'nor reads all that it has')
  const soon = await answering(streams, { method: 'HEAD' }, { timing })
  soon.below().data(prelude)
  soon.below().data(Buffer.concat([payloadChunk('never'), invokeComplete()]))
  soon.exchange.cancel()
  soon.below().end()
  timing.pass(10_000)
  await setImmediate()
  t.equal(soon.cancels(), 0, 'what came to its end is not broken off')
  const all = await answering(streams, { method: 'HEAD' })
  all.below().data(Buffer.concat([prelude, payloadChunk('never'), invokeComplete()]))
  await setImmediate()
  t.same([all.told, all.cancels()], [[201, 'end'], 0], 'one that is all here keeps its connection')
})

t.test('an answer that does not stream is read when it is whole', async (t) => {
  let takes = false
  const { told, below, exchange, room, resumes } = await answering(plain, {}, { takes: () => takes })
  const json = JSON.stringify({ statusCode: 203, body: 'x'.repeat(100_000) })
  below().data(payloadChunk(json.slice(0, 50)))
  below().data(payloadChunk(json.slice(50)))
  t.same(told, [])
  t.equal(room.held, json.length)
  below().data(invokeComplete())
  below().end()
  t.same(told, [203, 65_536], 'no faster than the client takes it')
  t.equal(room.held, json.length)
  below().failed(new UpstreamFault('UPSTREAM_ABORTED', 'late'))
  takes = true
  exchange.resume()
  t.equal(resumes(), 0)
  t.same(told, [203, 65_536, 34_464, 'end'])
  t.equal(room.held, 0)
  const gone = await answering(plain, {}, { onHead: () => gone.exchange.cancel() })
  gone.below().data(Buffer.concat([payloadChunk(json), invokeComplete()]))
  t.same(gone.told, [203])
  const headless = await answering(plain)
  headless.below().data(Buffer.concat([payloadChunk('hello'), invokeComplete()]))
  t.match(headless.told, [
    'UPSTREAM_FUNCTION_FAILED',
    /its answer is no JSON; it does not begin with the head of a stream/,
  ])
})

t.test('there is room for so much that is held, and no more', async (t) => {
  const room = new AnswerRoom({ inAll: 1000, ofNetwork: 100 })
  const { told, below, cancels } = await answering(plain, {}, { room })
  below().data(payloadChunk('x'.repeat(90)))
  t.equal(room.held, 90)
  below().data(payloadChunk('y'.repeat(20)))
  t.match(told, ['UPSTREAM_BUSY', /held are 90 bytes of 100 for its client network, and 90 of 1000 in all/])
  t.equal(room.held, 0)
  await setImmediate()
  t.equal(cancels(), 1)
  const streamed = await answering(streams, {}, { room })
  streamed.below().data(prelude)
  for (let i = 0; i < 10; i += 1) streamed.below().data(payloadChunk('z'.repeat(90)))
  t.equal(streamed.told.length, 11, 'what is passed on takes none')
})

t.test(
  'whatever is wrong with a stream, the log has the id by which the function’s log is found',
  async (t) => {
    const named = /\(AWS request id r-7\)$/
    for (const [head, bytes] of [
      [streams, Buffer.alloc(16)],
      [streams, payloadChunk(`{"statusCode":1}${'\0'.repeat(8)}`)],
      [plain, Buffer.concat([payloadChunk('no'), invokeComplete()])],
      [{ ...plain, headers: ['X-Amzn-RequestId', 'r-7'] }, Buffer.alloc(0)],
    ] as const) {
      const { told, below } = await answering(head)
      below().data(bytes)
      below().end()
      t.match(told, ['UPSTREAM_FUNCTION_FAILED', named])
    }
  },
)

t.test('an error of Lambda’s is none of the function’s, whatever type it says', async (t) => {
  const { told, below } = await answering({ ...streams, statusCode: 500 })
  below().data(prelude)
  below().data(invokeComplete())
  below().end()
  t.match(told, ['UPSTREAM_FUNCTION_FAILED', /Lambda did not run the function \(500 /])
})

t.test('what Lambda says itself', async (t) => {
  const busy = await answering({
    statusCode: 429,
    reasonPhrase: null,
    headers: ['x-amzn-ErrorType', 'TooManyRequestsException'],
  })
  busy.below().data(Buffer.from('{"Reason":"ReservedFunctionConcurrent'))
  busy.below().data(Buffer.from('InvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}'))
  t.same(busy.told, [])
  busy.below().end()
  t.match(busy.told, ['UPSTREAM_BUSY', /reserved concurrency/])
  const other = await answering({
    statusCode: 200,
    reasonPhrase: null,
    headers: ['Content-Type', 'text/html'],
  })
  other.below().data(Buffer.from('<html>'))
  other.below().end()
  t.match(other.told, ['UPSTREAM_FUNCTION_FAILED', /Lambda answered with no event stream/])
  const endless = await answering({ statusCode: 500, reasonPhrase: null, headers: [] })
  endless.below().data(Buffer.alloc(limits.functionAnswerBytes + 1))
  t.match(endless.told, ['UPSTREAM_FUNCTION_FAILED', /has more than \d+ bytes/])
  t.equal(endless.room.held, 0)
})

t.test('a fault before anything came', async (t) => {
  const begun = await begin()
  await begun.sentSoon()
  begun.below().failed(new UpstreamFault('UPSTREAM_TIMEOUT', 'nothing came'))
  begun.below().end()
  t.same(begun.told, ['UPSTREAM_TIMEOUT', 'nothing came'])
})
