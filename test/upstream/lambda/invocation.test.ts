// One invocation from the event to the last byte of its answer, without a network: what is sent is what a test looks at,
// and what comes is what it says.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type { AnswerHead, UpstreamRequest, UpstreamSink } from '../../../src/core/ports.ts'
import { AnswerRoom } from '../../../src/upstream/lambda/answer-room.ts'
import { FunctionExchange, invoke } from '../../../src/upstream/lambda/invocation.ts'
import { heldTiming } from '../../support/timing.ts'
import { poll } from '../../support/waiting.ts'
import { request } from '../rig.ts'
import { functionName, nobody, nowMs } from './input.ts'
import { functionSettings, type Options, surroundings } from './rig.ts'

const upstream = functionSettings(false)

const ok = { statusCode: 200, reasonPhrase: null, headers: ['Content-Type', 'application/json'] }

function begin(more: Partial<UpstreamRequest> = {}, options: Options = {}) {
  const around = surroundings((chunk) => chunk.length, options)
  const exchange = new FunctionExchange(request(upstream, more), around.invoking, around.sink)
  exchange.start()
  return {
    ...around,
    exchange,
    answer(text: string | Buffer, head: AnswerHead = ok) {
      around.below().head(head)
      around.below().data(Buffer.from(text))
      around.below().end()
    },
  }
}

t.test(
  'a request becomes one POST to the Lambda API, with nothing of the request beside the event',
  async (t) => {
    const { sent } = begin({
      method: 'GET',
      path: '/a?b=c',
      headers: ['Host', 'wiki.example.com', 'Cookie', 'a=1'],
    })
    const [only, ...others] = sent
    t.same(others, [])
    t.match(only, {
      method: 'POST',
      path: '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Awiki%3Alive/invocations',
      upstream: { host: 'lambda.eu-west-1.amazonaws.com', origin: upstream.origin },
    })
    t.same(only?.headers, ['Host', 'lambda.eu-west-1.amazonaws.com', 'Content-Type', 'application/json'])
    t.match(JSON.parse(String(only?.body)), { httpMethod: 'GET', path: '/a', headers: { Cookie: 'a=1' } })
    t.equal(begin().sent[0]?.upstream, only?.upstream, 'connections are shared by it')
  },
)

t.test('an event that is too large is 413, and nothing is sent', async (t) => {
  const begun = begin({ method: 'POST', body: Buffer.alloc(limits.functionEventBytes, 'x') })
  t.same(begun.sent, [])
  t.equal(begun.told[0], 'REQUEST_BODY_TOO_LARGE')
  t.match(begun.told[1], /^app wiki, https:\/\/lambda\.eu-west-1\..*more than 6291456 bytes/)
  begun.exchange.resume()
  begun.exchange.cancel()
  t.equal(begun.told.length, 2)
})

t.test('the answer is passed on once it is whole', async (t) => {
  const begun = begin()
  begun.below().head(ok)
  begun.below().data(Buffer.from('{"statusCode":201,'))
  t.same(begun.told, [])
  begun.below().data(Buffer.from('"body":"hello"}'))
  t.same(begun.told, [])
  begun.below().end()
  t.same(begun.told, [201, 5, 'end'])
})

t.test('a client that is slow is waited for, piece by piece', async (t) => {
  let takes = false
  const begun = begin({}, { takes: () => takes })
  begun.answer(JSON.stringify({ statusCode: 200, body: 'x'.repeat(150_000) }))
  t.same(begun.told, [200, 65536])
  begun.exchange.resume()
  t.same(begun.told, [200, 65536, 65536])
  begun.exchange.resume()
  t.same(begun.told, [200, 65536, 65536, 18928])
  takes = true
  begun.exchange.resume()
  t.same(begun.told, [200, 65536, 65536, 18928, 'end'])
  begun.exchange.resume()
  begun.exchange.cancel()
  t.equal(begun.told.length, 5)
})

t.test('what is no answer is a fault that names the function, and no byte of it', async (t) => {
  const begun = begin()
  begun.answer('{"statusCode":200,"headers":{"a":"canary\\r\\nb"},"body":"canary"}')
  t.equal(begun.told[0], 'UPSTREAM_FUNCTION_FAILED')
  t.match(
    begun.told[1],
    /arn:aws:lambda:eu-west-1:123456789012:function:wiki:live: its answer has a value in `headers`/,
  )
  t.notMatch(begun.told[1], /canary/)
  t.equal(begun.told.length, 2)
})

t.test(
  'whatever is wrong with an answer, the log has the id by which the function’s log is found',
  async (t) => {
    const head = { ...ok, headers: [...ok.headers, 'x-amzn-RequestId', '36cad6ef-734c'] }
    const id = /: [^:]+\(AWS request id 36cad6ef-734c\)$/
    for (const answer of ['', '{', '{"statusCode":99}', '{"statusCode":200,"headers":{"A":"\\n"}}']) {
      const begun = begin()
      begun.answer(answer, head)
      t.match(begun.told, ['UPSTREAM_FUNCTION_FAILED', id], answer)
    }
    const long = begin()
    long.below().head(head)
    long.below().data(Buffer.alloc(limits.functionAnswerBytes + 1))
    t.match(long.told, ['UPSTREAM_FUNCTION_FAILED', id])
    const busy = begin({}, { room: new AnswerRoom({ inAll: 1, ofNetwork: 1 }) })
    busy.below().head(head)
    busy.below().data(Buffer.alloc(2))
    t.match(busy.told, ['UPSTREAM_BUSY', /\(AWS request id 36cad6ef-734c\)$/])
  },
)

t.test('a function that failed, and Lambda in its place', async (t) => {
  const error = begin()
  error.answer('{"errorType":"E"}', { ...ok, headers: ['x-amz-function-error', 'Unhandled'] })
  t.equal(error.told[0], 'UPSTREAM_FUNCTION_FAILED')
  const busy = begin()
  busy.answer('{}', { ...ok, statusCode: 429 })
  t.equal(busy.told[0], 'UPSTREAM_BUSY')
  const below = begin()
  below.below().failed(new Error('below'))
  t.same(below.told.slice(1), ['below'])
})

t.test('an answer that is too large ends, and gives its room back', async (t) => {
  const room = new AnswerRoom()
  const begun = begin({}, { room })
  begun.below().head(ok)
  begun.below().data(Buffer.alloc(limits.functionAnswerBytes))
  t.equal(room.held, limits.functionAnswerBytes)
  begun.below().data(Buffer.alloc(1))
  t.equal(begun.told[0], 'UPSTREAM_FUNCTION_FAILED')
  t.match(begun.told[1], /its answer has more than 6356992 bytes/)
  t.equal(room.held, 0)
  begun.below().data(Buffer.alloc(1000))
  begun.below().end()
  t.equal(room.held, 0)
  await new Promise(setImmediate)
  t.equal(begun.cancels(), 1, 'nothing more of it is read')
  t.equal(begun.told.length, 2)
})

t.test('answers that are under way have a bound together', async (t) => {
  const room = new AnswerRoom({ inAll: 100, ofNetwork: 100 })
  const one = begin({}, { room })
  one.below().head(ok)
  one.below().data(Buffer.alloc(60))
  const other = begin({}, { room })
  other.below().head(ok)
  other.below().data(Buffer.alloc(41))
  t.equal(other.told[0], 'UPSTREAM_BUSY')
  one.exchange.cancel()
  t.equal(room.held, 0)
  t.equal(one.cancels(), 1)
  const third = begin({}, { room })
  third.answer('{"statusCode":204}')
  t.same(third.told, [204, 'end'])
  t.equal(room.held, 0)
})

t.test('one network has a part of it, however slowly its clients read', async (t) => {
  const room = new AnswerRoom()
  const from = (key: string) => ({
    caller: { ...nobody, network: { key, hidden: false } },
  })
  const answer = JSON.stringify({ statusCode: 200, body: 'x'.repeat(limits.functionAnswerBytes - 30) })
  const slow = { room, takes: () => false }
  const part = limits.heldAnswerBytes / limits.heldAnswersPart
  const fit = Math.floor(part / answer.length)
  t.ok(fit >= 10, 'a browser that fetches the six largest at once has room for them')
  for (let i = 0; i < fit; i += 1) {
    const begun = begin(from('192.0.2.1'), slow)
    begun.answer(answer)
    t.equal(begun.told[0], 200)
  }
  const more = begin(from('192.0.2.1'), slow)
  more.answer(answer)
  t.match(more.told, [
    'UPSTREAM_BUSY',
    new RegExp(
      `held are ${fit * answer.length} bytes of ${part} for its client network, and ${fit * answer.length} of`,
    ),
  ])
  const other = begin(from('192.0.2.2'), { room })
  other.answer(answer)
  t.equal(other.told.at(-1), 'end', 'somebody else is not held up')
  t.equal(room.held, fit * answer.length)
})

t.test('what fails at once is left at once', async (t) => {
  let cancels = 0
  const told: unknown[] = []
  const sink = {
    head: () => {},
    data: () => true,
    end: () => {},
    failed: (fault: Error) => void told.push(fault.message),
  }
  const send = (_: UpstreamRequest, to: UpstreamSink) => {
    to.failed(new Error('at once'))
    return { resume: () => {}, cancel: () => void cancels++ }
  }
  const invoking = { room: new AnswerRoom(), timing: heldTiming(), epochMs: () => nowMs, send }
  invoke(request(upstream), invoking, sink)
  t.same([told, cancels], [['at once'], 1])
  const streaming = { ...upstream, lambda: { functionName, payload: '1.0', streaming: true } as const }
  invoke(request(streaming), invoking, sink)
  await poll(
    'the reader of messages',
    async () => cancels,
    (count) => count === 2,
  )
  t.same(told, ['at once', 'at once'])
})

t.test('a client that goes away ends the invocation; what comes then is dropped', async (t) => {
  const begun = begin()
  begun.below().head(ok)
  begun.exchange.cancel()
  begun.below().data(Buffer.from('{"statusCode":200}'))
  begun.below().end()
  begun.below().failed(new Error('late'))
  t.same(begun.told, [])
  t.equal(begun.cancels(), 1)
})

t.test('a head that cannot be written is a fault, not a request without an answer', async (t) => {
  const room = new AnswerRoom()
  const begun = begin(
    {},
    {
      room,
      takes: () => {
        throw new Error('invalid head')
      },
    },
  )
  begun.answer('{"statusCode":200,"body":"x"}')
  t.same(begun.told.slice(0, 3), [200, 1, 'UPSTREAM_RESPONSE_INVALID'])
  t.equal(room.held, 0)
})

t.test('what comes after a cancel within the head is not passed on', async (t) => {
  const begun: ReturnType<typeof begin> = begin({}, { onHead: () => begun.exchange.cancel() })
  begun.answer('{"statusCode":200,"body":"x"}')
  t.same(begun.told, [200])
})
