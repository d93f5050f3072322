// The owner of one exchange, between a request, an answer and an upstream that a test holds.
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import t from 'tap'
import { isFault, UpstreamFault } from '../../../src/core/fault.ts'
import type { Timeouts } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { UpstreamRequest, UpstreamSink, Upstreams } from '../../../src/core/ports.ts'
import { Exchange } from '../../../src/http/proxy/exchange.ts'
import type { Outbound } from '../../../src/http/proxy/outbound.ts'
import { streamed } from '../../support/streamed.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const timeouts = { connectSeconds: 1, responseSeconds: 2, idleSeconds: 3, keepAliveSeconds: null, body: null }

class HeldRequest extends PassThrough {
  headers: Record<string, string> = {}
  complete = true
}

/** What was done to the answer, in order. */
class HeldResponse extends EventEmitter {
  readonly done: unknown[] = []
  statusMessage = ''
  destroyed = false
  headersSent = false
  full = false
  writeHead(status: number, ...more: readonly (string | readonly string[])[]): void {
    this.headersSent = true
    this.done.push(['head', status, ...more.flat()])
  }
  flushHeaders(): void {
    this.done.push('flush')
  }
  write(chunk: Buffer): boolean {
    this.done.push(['write', chunk.toString('latin1')])
    return !this.full
  }
  end(...text: readonly unknown[]): void {
    this.done.push(['end', ...text])
  }
  destroy(): void {
    this.destroyed = true
    this.done.push('destroy')
  }
}

interface Asked {
  readonly headers?: Record<string, string>
  readonly complete?: boolean
  readonly maxBodyBytes?: number | null
  readonly gone?: 'request' | 'response'
  readonly cancelled?: boolean
}

function started(asked: Asked = {}) {
  const timing = heldTiming()
  const request = new HeldRequest()
  const response = new HeldResponse()
  request.headers = asked.headers ?? {}
  request.complete = asked.complete ?? true
  if (asked.gone === 'request') request.destroy()
  if (asked.gone === 'response') response.destroyed = true
  const told: unknown[] = []
  const upstream: string[] = []
  const sent: UpstreamRequest[] = []
  const sinks: UpstreamSink[] = []
  const upstreams = {
    request(what: UpstreamRequest, sink: UpstreamSink) {
      sent.push(what)
      sinks.push(sink)
      if (asked.cancelled === true) sink.failed(new UpstreamFault('UPSTREAM_BUSY', 'at once'))
      return { resume: () => upstream.push('resume'), cancel: () => upstream.push('cancel') }
    },
  } as unknown as Upstreams
  const outbound: Outbound = {
    request: {
      app: 'wiki',
      upstream: { origin: 'http://10.0.0.5', socketPath: null },
      timeouts: timeouts as Timeouts,
    } as Outbound['request'],
    maxBodyBytes: asked.maxBodyBytes ?? null,
    toClient: (answered) => ({ ...answered, headers: ['X-Passed', 'yes', ...answered.headers] }),
  }
  const code = (fault: Error | null) => {
    if (!isFault(fault)) return fault
    if (fault.code === 'UPSTREAM_RESPONSE_INVALID') told.push(fault.message)
    return fault.code
  }
  const exchange: Exchange = new Exchange(
    {
      request: request as unknown as IncomingMessage,
      response: response as unknown as ServerResponse,
      outbound,
      upstreams,
      share: null,
      observer: {
        onBody: () => () => told.push('piece'),
        onCut: (fault) => told.push(['cut', code(fault)]),
        onBodyLeft: () => told.push('body left'),
        onEventStream: () => {
          told.push('events')
          return () => told.push('events over')
        },
      },
    },
    timing,
  )
  exchange.start((fault, status) => {
    told.push(fault === null ? ['answer', status] : ['fault', code(fault)])
    if (fault === null) exchange.begin(status)
  })
  const body = (): Readable | null => streamed(sent[0]?.body)
  return { timing, request, response, told, upstream, sent, sinks, exchange, body }
}

const length = ['Content-Length', '2']
const events = ['Content-Type', 'text/event-stream']
const head = (status: number, ...more: string[]) => ['head', status, 'X-Passed', 'yes', ...more]
const answered = (statusCode: number, headers: readonly string[], reasonPhrase: string | null = null) => ({
  statusCode,
  reasonPhrase,
  headers,
})
const fault = () => new UpstreamFault('UPSTREAM_ABORTED', 'broke off')

t.test('a small answer that is all there goes out as one text, with its headers', async (t) => {
  const { exchange, response, told, timing } = started()
  exchange.head(answered(200, length))
  t.ok(exchange.data(Buffer.from('\xff!', 'latin1')))
  exchange.end()
  t.same(response.done, [head(200, ...length), ['end', '\xff!', 'latin1']])
  t.same(told, [['answer', 200]])
  await turn()
  t.equal(timing.waiting(), 0)
})

t.test('a reason phrase goes on', async (t) => {
  const { exchange, response } = started()
  exchange.head(answered(299, length, 'Of its own'))
  exchange.end()
  t.same(response.done, [['head', 299, 'Of its own', 'X-Passed', 'yes', ...length], ['end']])
})

t.test('an answer without a body ends with its head', async (t) => {
  const { exchange, response } = started()
  exchange.head(answered(204, []))
  t.doesNotThrow(() => exchange.end())
  t.same(response.done, [head(204), ['end']])
})

t.test('a first piece is held to the end of the turn, and no longer', async (t) => {
  const { exchange, response } = started()
  exchange.head(answered(200, []))
  exchange.data(Buffer.from('one'))
  t.same(response.done, [head(200)])
  await turn()
  t.same(response.done, [head(200), ['write', 'one']])
  exchange.data(Buffer.from('two'))
  t.same(response.done.at(-1), ['write', 'two'], 'what comes later is written at once')
  exchange.end()
  t.same(response.done.at(-1), ['end'])
})

t.test('one that comes in a later turn than its head is held, too', async (t) => {
  const { exchange, response } = started()
  exchange.head(answered(200, []))
  await turn()
  exchange.data(Buffer.from('one'))
  exchange.end()
  t.same(response.done, [head(200), ['end', 'one', 'latin1']])
})

t.test('of two pieces in one turn the first is written before the second', async (t) => {
  const { exchange, response } = started()
  exchange.head(answered(200, []))
  exchange.data(Buffer.from('one'))
  exchange.data(Buffer.from('two'))
  t.same(response.done, [head(200), ['write', 'one'], ['write', 'two']])
})

t.test('a large first piece is not held', async (t) => {
  for (const [size, held] of [
    [16 * 1024, true],
    [16 * 1024 + 1, false],
  ] as const) {
    const { exchange, response } = started()
    exchange.head(answered(200, []))
    exchange.data(Buffer.alloc(size, 'x'))
    t.equal(response.done.length, held ? 1 : 2, `${size}`)
  }
})

t.test('a head whose body does not come waits a while, and is sent alone then', async (t) => {
  const { exchange, response, timing } = started()
  exchange.head(answered(200, length))
  await turn()
  timing.pass(limits.answerHeadMs - 1)
  t.same(response.done, [])
  timing.pass(1)
  t.same(response.done, [head(200, ...length), 'flush'])
  timing.pass(limits.answerHeadMs)
  exchange.data(Buffer.from('ok'))
  exchange.end()
  t.same(response.done.slice(2), [['write', 'ok'], ['end']], 'its body is written as it comes')
})

t.test('the wait for a body ends with it', async (t) => {
  const { exchange, response, timing } = started()
  exchange.head(answered(200, length))
  await turn()
  t.equal(timing.waiting(), 1)
  exchange.data(Buffer.from('ok'))
  t.equal(timing.waiting(), 0)
  await turn()
  t.notOk(response.done.includes('flush'))
})

t.test(
  'a head of server-sent events does not wait, and who holds them hears when they are over',
  async (t) => {
    for (const [headers, isOne] of [
      [events, true],
      [['CONTENT-TYPE', 'Text/Event-Stream; charset=utf-8'], true],
      [['Content-Type', 'text/plain', 'Content-Type', 'text/event-stream , x'], true],
      [['Content-Type', 'text/event-streams'], false],
      [['X-Type', 'text/event-stream'], false],
      [['Content-Type', 'x/text/event-stream'], false],
      [['Content-Type'], false],
    ] as const) {
      const { exchange, response, told } = started()
      exchange.head(answered(200, headers))
      t.same(response.done, [])
      await turn()
      t.equal(response.done.at(-1), isOne ? 'flush' : undefined, headers.join())
      exchange.data(Buffer.from('data: 1'))
      response.emit('close')
      t.same(told, [['answer', 200], ...(isOne ? ['events', 'events over'] : [])], headers.join())
    }
  },
)

t.test('server-sent events can be ended as the app would, once', async (t) => {
  const { exchange, response, told, upstream } = started()
  exchange.head(answered(200, events))
  await turn()
  exchange.endEvents()
  exchange.endEvents()
  t.same(response.done.slice(-1), [['end']])
  t.equal(response.done.length, 3)
  t.same(upstream, ['cancel'])
  t.equal(told.at(-1), 'events over')
  t.ok(exchange.data(Buffer.from('late')), 'nothing more passes')
  exchange.end()
  t.equal(response.done.length, 3)
})

t.test('a fault before the first byte is told as one, and the upstream is let go', async (t) => {
  for (const withHead of [false, true]) {
    const { exchange, response, told, upstream, timing } = started()
    if (withHead) exchange.head(answered(200, length))
    await turn()
    exchange.failed(fault())
    t.same(told, [['fault', 'UPSTREAM_ABORTED']])
    t.same(response.done, [], 'what is answered is for others to say')
    t.same(upstream, ['cancel'])
    t.equal(timing.waiting(), 0)
    exchange.failed(fault())
    t.equal(told.length, 1, 'once')
  }
})

t.test('a fault after it cuts the client', async (t) => {
  const { exchange, response, told } = started()
  exchange.head(answered(200, length))
  exchange.data(Buffer.from('x'))
  exchange.failed(fault())
  t.same(told, [
    ['answer', 200],
    ['cut', 'UPSTREAM_ABORTED'],
  ])
  t.ok(response.destroyed)
  await turn()
  t.notOk(
    response.done.some((one) => Array.isArray(one) && one[0] === 'write'),
    'what was held is not sent',
  )
})

t.test('a head that cannot be written is a fault of the app', async (t) => {
  const { exchange, response, told, timing } = started()
  response.writeHead = () => {
    throw new TypeError('a byte that no header may hold')
  }
  exchange.head(answered(200, length))
  await turn()
  timing.pass(limits.answerHeadMs)
  t.same(told, [
    ['answer', 200],
    'app wiki, http://10.0.0.5: the head of its answer cannot be passed on: a status or a header has what none may have',
    ['fault', 'UPSTREAM_RESPONSE_INVALID'],
  ])
})

t.test('a reason phrase of the app stands beside no status of ours', async (t) => {
  const { response, sinks, told } = started()
  // As node:http does: the phrase is taken before the headers are looked at (test/assumptions/node).
  response.writeHead = (_status, phrase) => {
    response.statusMessage = String(phrase)
    throw new TypeError('a byte that no header may hold')
  }
  const [sink] = sinks
  sink?.head(answered(200, length, 'Fine'))
  t.throws(() => sink?.data(Buffer.from('ok')))
  sink?.failed(fault())
  t.same(told, [
    ['answer', 200],
    ['fault', 'UPSTREAM_ABORTED'],
  ])
  t.equal(response.statusMessage, '', 'then node:http writes that of the status')
})

t.test('a client that goes away ends the upstream, and is told nothing', async (t) => {
  const { exchange, response, told, upstream } = started()
  exchange.head(answered(200, length))
  response.emit('close')
  t.same(upstream, ['cancel'])
  exchange.failed(fault())
  await turn()
  t.same(told, [])
  t.same(response.done, [])
  const aborted = started()
  aborted.exchange.destroy()
  t.same(aborted.upstream, ['cancel'])
})

t.test('whose client is gone before it starts is never sent', async (t) => {
  for (const gone of ['request', 'response'] as const) {
    const { sent, told } = started({ gone })
    t.same(sent, [], gone)
    t.same(told, [])
  }
})

t.test('one that is over before the upstream has said who it is is let go all the same', async (t) => {
  const { upstream, told } = started({ cancelled: true })
  t.same(told, [['fault', 'UPSTREAM_BUSY']])
  t.same(upstream, ['cancel'])
})

t.test('a client that takes nothing makes the upstream wait, and is cut after a while', async (t) => {
  const { exchange, response, upstream, timing, told } = started()
  exchange.head(answered(200, []))
  await turn()
  timing.pass(limits.answerHeadMs)
  response.full = true
  t.notOk(exchange.data(Buffer.from('x')))
  t.same(upstream, [])
  response.full = false
  response.emit('drain')
  t.same(upstream, ['resume'])
  t.equal(timing.waiting(), 0, 'its time is over with the wait')
  t.ok(exchange.data(Buffer.from('y')))
  response.full = true
  t.notOk(exchange.data(Buffer.from('z')))
  timing.pass(3_000 - 1)
  t.notOk(response.destroyed)
  timing.pass(1)
  t.ok(response.destroyed)
  t.same(told.at(-1), ['cut', 'ANSWER_STALLED'])
  response.emit('drain')
  t.equal(upstream.filter((one) => one === 'cancel').length >= 1, true)
})

t.test('a body goes along when one is announced, and is read by nobody when none is', async (t) => {
  t.equal(started().body(), null)
  const { body, request } = started({ headers: { 'content-length': '5' }, complete: false })
  let got = ''
  body()?.on('data', (chunk) => {
    got += chunk
  })
  request.write('hello')
  await turn()
  t.equal(got, 'hello')
})

t.test('one that is announced to be too long is refused before the upstream hears of it', async (t) => {
  for (const [bytes, maxBodyBytes, passes] of [
    ['11', 10, false],
    ['10', 10, true],
    ['11', null, true],
  ] as const) {
    const { sent, told } = started({ headers: { 'content-length': bytes }, maxBodyBytes })
    t.equal(sent.length, passes ? 1 : 0, `${bytes} of ${maxBodyBytes}`)
    t.same(told, passes ? [] : [['fault', 'REQUEST_BODY_TOO_LARGE']])
  }
  const chunked = started({ headers: { 'transfer-encoding': 'chunked' }, maxBodyBytes: 10 })
  t.equal(chunked.sent.length, 1, 'of chunks nobody knows yet')
})

t.test('one that proves too long or too slow is the end of both', async (t) => {
  const long = started({ headers: { 'transfer-encoding': 'chunked' }, maxBodyBytes: 4, complete: false })
  long.body()?.resume()
  long.request.write('hello')
  await turn()
  t.same(long.told, [['fault', 'REQUEST_BODY_TOO_LARGE']])
  t.same(long.upstream, ['cancel'])
  const slow = started({ headers: { 'content-length': '5' }, complete: false })
  slow.body()?.resume()
  await turn()
  slow.timing.pass(timeouts.idleSeconds * 1000 - 1)
  t.same(slow.told, [])
  slow.timing.pass(1)
  t.same(slow.told, [['fault', 'REQUEST_BODY_STALLED']])
})

t.test(
  'an answer before the end of the body says that the connection ends, and the rest is left',
  async (t) => {
    const { exchange, response, told, body } = started({
      headers: { 'content-length': '5' },
      complete: false,
    })
    exchange.head(answered(413, length))
    exchange.data(Buffer.from('no'))
    t.same(told, [['answer', 413]])
    exchange.end()
    t.same(response.done, [head(413, ...length, 'Connection', 'close'), ['end', 'no', 'latin1']])
    t.same(told, [['answer', 413], 'body left'])
    t.ok(body()?.destroyed, 'nobody reads it here any more')
  },
)
