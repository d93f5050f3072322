import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type { AnswerHead } from '../../../src/core/ports.ts'
import { openEventStream, type StreamError } from '../../../src/upstream/lambda/event-stream.ts'
import { type AnswerForm, formOf, isEventStream } from '../../../src/upstream/lambda/stream-head.ts'
import { StreamedAnswer } from '../../../src/upstream/lambda/streamed-answer.ts'
import { keptBytes } from '../../support/heap.ts'
import { inPieces, invokeComplete, payloadChunk } from './messages.ts'

type Told =
  | readonly ['head', number, readonly string[]]
  | readonly ['data', string]
  | readonly ['ended']
  | readonly ['invalid', string]
  | readonly ['failed', StreamError]
  | readonly ['whole', string]

interface Asked {
  readonly method?: string
  readonly payload?: '1.0' | '2.0'
  readonly form?: AnswerForm
  /** What the client says of each piece: whether it wants more. */
  readonly takes?: () => boolean
}

async function open({
  method = 'GET',
  payload = '1.0',
  form = { kind: 'prelude' },
  takes = () => true,
}: Asked) {
  const told: Told[] = []
  const answer = new StreamedAnswer(
    { asked: { method, payload }, form },
    await openEventStream(),
    {
      head: ({ statusCode, headers }: AnswerHead) => void told.push(['head', statusCode, headers]),
      data: (chunk) => {
        told.push(['data', chunk.toString('latin1')])
        return takes()
      },
    },
    {
      ended: () => void told.push(['ended']),
      invalid: (why) => void told.push(['invalid', why]),
      whole: (payload) => void told.push(['whole', payload.toString('utf8')]),
      failed: (error) => void told.push(['failed', error]),
    },
  )
  return { answer, told }
}

async function of(pieces: readonly Buffer[], asked: Asked = {}): Promise<readonly Told[]> {
  const { answer, told } = await open(asked)
  for (const piece of pieces) answer.data(piece)
  return told
}

/** Data that came in pieces as one. */
function joined(told: readonly Told[]): readonly Told[] {
  const all: Told[] = []
  for (const one of told) {
    const last = all.at(-1)
    if (one[0] === 'data' && last?.[0] === 'data') all[all.length - 1] = ['data', last[1] + one[1]]
    else all.push(one)
  }
  return all
}

const nul = '\0'.repeat(8)
const prelude = '{"statusCode":201,"headers":{"content-type":"text/plain"},"cookies":["a=1","b=2"]}'
const head: Told = ['head', 201, ['content-type', 'text/plain', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']]

t.test('head, eight NUL bytes and body are found however the function wrote them', async (t) => {
  const text = `${prelude}${nul}the \0 body${nul}{"statusCode":500}`
  const wanted: readonly Told[] = [head, ['data', `the \0 body${nul}{"statusCode":500}`], ['ended']]
  for (let size = 1; size <= text.length; size += 1) {
    const chunks = inPieces(Buffer.from(text), size).map(payloadChunk)
    const bytes = Buffer.concat([...chunks, payloadChunk(''), invokeComplete()])
    t.same(joined(await of([bytes])), wanted, `chunks of ${size}`)
    t.same(joined(await of(inPieces(bytes, 1 + (size % 37)))), wanted, `chunks of ${size}, in pieces`)
  }
})

t.test('a body that begins with NUL bytes keeps them', async (t) => {
  const bytes = [payloadChunk(`${prelude}${nul}\0\0\0x`), invokeComplete()]
  t.same(await of(bytes), [head, ['data', '\0\0\0x'], ['ended']])
})

t.test('a piece goes on before the next one is there, and no faster than the client takes it', async (t) => {
  let takes = true
  const { answer, told } = await open({ takes: () => takes })
  t.equal(answer.data(payloadChunk(prelude.slice(0, 20))), true)
  t.equal(answer.data(payloadChunk(`${prelude.slice(20)}${nul}`)), true)
  t.same(told, [head], 'the head is passed on without any body')
  t.equal(answer.data(payloadChunk('data: 1\n\n')), true)
  t.same(told.at(-1), ['data', 'data: 1\n\n'])
  takes = false
  const two = Buffer.concat([payloadChunk('data: 2\n\n'), payloadChunk('data: 3\n\n')])
  t.equal(answer.data(two), false)
  t.same(told.at(-1), ['data', 'data: 2\n\n'], 'one that has enough gets nothing more')
  t.equal(answer.heldBytes, 9)
  t.equal(answer.passOn(), false, 'as long as it has')
  t.same(told.at(-1), ['data', 'data: 3\n\n'])
  t.equal(answer.heldBytes, 0)
  t.equal(answer.passOn(), true)
  takes = true
  t.equal(answer.data(invokeComplete()), true)
  t.same(told.at(-1), ['ended'])
})

t.test('a head that cannot be passed on spoils all of the answer', async (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['', /has a head that is no JSON object/],
    ['[]', /has a head that is no JSON object/],
    ['null', /has a head that is no JSON object/],
    ['{"statusCode":200', /has a head that is no JSON object/],
    ['{"statusCode":"200\0"}', /has a head that is no JSON object/],
    ['{}', /has no `statusCode`, which format 1.0 demands/],
    ['{"statusCode":199}', /`statusCode` that is no number from 200 to 599/],
    ['{"statusCode":101}', /`statusCode` that is no number from 200 to 599/],
    ['{"statusCode":600}', /`statusCode` that is no number from 200 to 599/],
    ['{"statusCode":200.5}', /`statusCode` that is no number from 200 to 599/],
    ['{"statusCode":" 200"}', /`statusCode` that is no number from 200 to 599/],
    ['{"statusCode":null}', /`statusCode` that is no number from 200 to 599|has no `statusCode`/],
    ['{"statusCode":200,"headers":{"a b":"c"}}', /has a name in `headers`/],
    ['{"statusCode":200,"headers":{"a":"b\\r\\nset-cookie: c"}}', /has a value in `headers`/],
    ['{"statusCode":200,"headers":{"a":"b\\u0000"}}', /has a value in `headers`/],
    ['{"statusCode":200,"headers":{"a":"€"}}', /has a value in `headers`/],
    ['{"statusCode":200,"headers":[]}', /has `headers` that are no object/],
    ['{"statusCode":200,"multiValueHeaders":{"a":"b"}}', /no list of texts in `multiValueHeaders`/],
    ['{"statusCode":200,"cookies":["a=1\\n"]}', /has a value in `cookies`/],
    ['{"statusCode":200,"cookies":"a=1"}', /`cookies`/],
  ]
  for (const [json, why] of rows) {
    const told = await of([payloadChunk(`${json}${nul}secret`), payloadChunk('more'), invokeComplete()])
    t.equal(told.length, 1, json)
    t.equal(told[0]?.[0], 'invalid', json)
    t.match(told[0]?.[1], why)
  }
})

t.test('the framing is ours, whatever the head says of it', async (t) => {
  const lines = '"Content-Length":"3","transfer-encoding":"chunked","Connection":"close","x-a":"b"'
  const told = await of([
    payloadChunk(`{"statusCode":200,"headers":{${lines}}}${nul}longer`),
    invokeComplete(),
  ])
  t.same(told, [['head', 200, ['x-a', 'b']], ['data', 'longer'], ['ended']])
})

t.test('without a status', async (t) => {
  const bytes = [payloadChunk(`{"headers":{"x-a":"b"}}${nul}x`), invokeComplete()]
  t.match(await of(bytes, { payload: '2.0' }), [['head', 200, ['x-a', 'b']], ['data', 'x'], ['ended']])
  t.match(await of(bytes, { payload: '1.0' }), [['invalid', /no `statusCode`/]])
})

t.test('how long a head may be', async (t) => {
  const wanted = /has no eight NUL bytes behind its head within 16384 bytes/
  const filled = (bytes: number): string => {
    const start = '{"statusCode":200,"x":"'
    return `${start}${'a'.repeat(bytes - start.length - 2)}"}`
  }
  const most = limits.functionPreludeBytes
  t.match(await of([payloadChunk(`${filled(most)}${nul}x`)]), [['head'], ['data', 'x']])
  t.match(await of([payloadChunk(`${filled(most + 1)}${nul}x`)]), [['invalid', wanted]])
  for (const size of [1, 7, 8, 4096])
    t.match(
      joined(await of(inPieces(Buffer.from(`${filled(most)}${nul}x`), size).map(payloadChunk))),
      [['head'], ['data', 'x']],
      `in chunks of ${size}`,
    )
  t.match(await of([payloadChunk(filled(most))]), [], 'its end may still come')
  t.match(await of([payloadChunk(`${filled(most)}\0\0\0\0\0\0\0`)]), [])
  t.match(await of([payloadChunk(`${filled(most)}aaaaaaaa`)]), [['invalid', wanted]])
})

t.test('a status and a method without a body end with the head', async (t) => {
  const sent = (status: number): Buffer[] => [
    payloadChunk(`{"statusCode":${status}}${nul}a body`),
    payloadChunk('more'),
    invokeComplete({ ErrorCode: 'Unhandled' }),
  ]
  t.same(await of(sent(204)), [['head', 204, []], ['ended']])
  t.same(await of(sent(304)), [['head', 304, []], ['ended']])
  t.same(await of(sent(200), { method: 'HEAD' }), [['head', 200, []], ['ended']])
  const said = (status: number) => [
    payloadChunk(`{"statusCode":${status},"headers":{"content-length":"12"}}${nul}`),
  ]
  const length = ['Content-Length', '12']
  t.same(await of(said(200), { method: 'HEAD' }), [['head', 200, length], ['ended']], 'what GET would get')
  t.same(await of(said(304), { method: 'HEAD' }), [['head', 304, []], ['ended']])
  t.same(await of(said(200)), [['head', 200, []]], 'elsewhere it is framing')
})

t.test('a function that fails: before its head, and after it', async (t) => {
  const error = { ErrorCode: 'Unhandled', ErrorDetails: '{"errorType":"TypeError"}' }
  const failed: Told = ['failed', { code: 'Unhandled', details: '{"errorType":"TypeError"}' }]
  t.same(await of([invokeComplete(error)]), [failed])
  t.same(await of([payloadChunk(prelude), invokeComplete(error)]), [failed])
  const after = [payloadChunk(`${prelude}${nul}some`), invokeComplete(error), payloadChunk('none')]
  t.same(await of(after), [head, ['data', 'some'], failed])
})

t.test('an answer that ends too early', async (t) => {
  t.match(await of([invokeComplete()]), [['invalid', /ended before its head/]])
  t.match(await of([payloadChunk(prelude), invokeComplete()]), [['invalid', /ended before its head/]])
  const { answer, told } = await open({})
  answer.data(Buffer.concat([payloadChunk(`${prelude}${nul}some`), payloadChunk('lost').subarray(0, -1)]))
  answer.closed()
  answer.closed()
  t.match(told, [head, ['data', 'some'], ['invalid', /ended before Lambda said that it is complete/]])
  t.equal(told.length, 3)
})

t.test('a stream that is damaged passes on what came before it, and nothing after it', async (t) => {
  const bad = payloadChunk('bad')
  bad.writeUInt8(0, bad.length - 1)
  const told = await of([
    Buffer.concat([payloadChunk(`${prelude}${nul}some`), bad, payloadChunk('after'), invokeComplete()]),
    payloadChunk('later'),
    invokeComplete(),
  ])
  t.same(told.slice(0, 1), [head])
  t.match(told.at(-1), ['invalid', /checksum/])
  t.notOk(told.some((one) => one[0] === 'data' && one[1] !== 'some'))
})

t.test('an answer without such a head is told when it is whole', async (t) => {
  const whole: Asked = { form: { kind: 'whole' } }
  const json = '{"statusCode":202,"body":"größer"}'
  const chunks = inPieces(Buffer.from(json), 10).map(payloadChunk)
  const { answer, told } = await open(whole)
  for (const chunk of chunks) t.equal(answer.data(chunk), true)
  t.same(told, [], 'nothing before its end')
  t.equal(answer.heldBytes, Buffer.byteLength(json))
  answer.data(invokeComplete())
  answer.closed()
  t.same(told, [['whole', json]])
  t.equal(answer.heldBytes, 0)
  t.same(await of([invokeComplete()], whole), [['whole', '']])
  const error = { ErrorCode: 'Unhandled', ErrorDetails: 'x' }
  t.match(await of([payloadChunk('{"statusCode":200}'), invokeComplete(error)], whole), [['failed']])
  const large = Buffer.alloc(limits.functionAnswerBytes / 2 + 1, 32)
  t.match(await of([payloadChunk(large), payloadChunk(large), invokeComplete()], whole), [
    ['invalid', /more than \d+ bytes/],
  ])
})

t.test('what is held is told, and none of a body that is passed on', async (t) => {
  const { answer } = await open({})
  answer.data(payloadChunk(prelude).subarray(0, 30))
  t.equal(answer.heldBytes, 30)
  answer.data(payloadChunk(prelude).subarray(30))
  t.equal(answer.heldBytes, Buffer.byteLength(prelude))
  answer.data(payloadChunk(`${nul}the body`))
  t.equal(answer.heldBytes, 0)
})

t.test('by which lines the kind of an answer is known', async (t) => {
  const named = (...headers: string[]): AnswerHead => ({ statusCode: 200, reasonPhrase: null, headers })
  const stream = 'application/vnd.amazon.eventstream'
  const integration = 'application/vnd.awslambda.http-integration-response'
  t.ok(isEventStream(named('Content-Type', stream)))
  t.ok(isEventStream(named('content-type', `${stream.toUpperCase()}; a=b`)))
  t.notOk(isEventStream(named('Content-Type', 'application/json')))
  t.notOk(isEventStream(named()))
  const form = (type: string, payload: '1.0' | '2.0' = '2.0') =>
    formOf(named('Content-Type', stream, 'x-amzn-Remapped-Content-Type', type), payload)
  for (const payload of ['1.0', '2.0'] as const) {
    t.same(form(integration, payload), { kind: 'prelude' })
    t.same(form(`${integration.toUpperCase()}; a=b`, payload), { kind: 'prelude' })
    t.same(form('application/json', payload), { kind: 'whole' }, 'as functions return it that do not stream')
    t.same(form('Application/JSON; charset=utf-8', payload), { kind: 'whole' })
    t.same(form('', payload), { kind: 'whole' })
    t.same(form(' ; charset=utf-8', payload), { kind: 'whole' })
    t.same(formOf(named('Content-Type', stream), payload), { kind: 'whole' }, 'nothing is known')
    t.same(formOf(named('Content-Type', integration), payload), { kind: 'whole' })
    t.same(formOf(named('Content-Type', 'text/plain'), payload), { kind: 'whole' })
  }
  t.same(form('text/Plain; charset=utf-8'), { kind: 'body', contentType: 'text/Plain; charset=utf-8' })
  t.same(form('application/x-ndjson'), { kind: 'body', contentType: 'application/x-ndjson' })
  t.same(form('text/plain', '1.0'), { kind: 'whole' }, 'format 1.0 knows no answer without a status')
})

t.test('a body without a head is 200 of its type, from its first byte', async (t) => {
  const form: AnswerForm = { kind: 'body', contentType: 'text/event-stream' }
  const typed: Told = ['head', 200, ['Content-Type', 'text/event-stream']]
  const { answer, told } = await open({ form })
  answer.data(payloadChunk(''))
  t.same(told, [], 'as long as the function may fail without having said anything')
  answer.data(payloadChunk('data: 1\n\n'))
  t.same(told, [typed, ['data', 'data: 1\n\n']])
  answer.data(Buffer.concat([payloadChunk(`{"statusCode":403}${nul}`), invokeComplete()]))
  t.same(told.slice(2), [['data', `{"statusCode":403}${nul}`], ['ended']])
  t.same(await of([invokeComplete()], { form }), [typed, ['ended']], 'an empty one')
  t.same(await of([payloadChunk('x')], { form, method: 'HEAD' }), [typed, ['ended']])
  t.match(await of([invokeComplete({ ErrorCode: 'Unhandled' })], { form }), [['failed']])
  t.match(await of([payloadChunk('x'), invokeComplete({ ErrorCode: 'Unhandled' })], { form }), [
    typed,
    ['data', 'x'],
    ['failed'],
  ])
})

t.test('a large message goes on in pieces, no faster than the client takes them', async (t) => {
  const body = Buffer.alloc(200_000, 'claimgate ')
  const { answer, told } = await open({ takes: () => false })
  const bytes = Buffer.concat([payloadChunk(`${prelude}${nul}`), payloadChunk(body), invokeComplete()])
  t.equal(answer.data(bytes), false)
  t.equal(answer.hasEnd, true)
  t.equal(answer.heldBytes, 200_000 - 65_536)
  answer.closed()
  t.same(
    told.map((one) => one[0]),
    ['head', 'data'],
    'that the connection ends is nothing to an answer that is all here',
  )
  while (!answer.passOn());
  t.same(
    told.map((one) => (one[0] === 'data' ? one[1].length : one[0])),
    ['head', 65_536, 65_536, 65_536, 200_000 - 3 * 65_536, 'ended'],
  )
  t.equal(told.flatMap((one) => (one[0] === 'data' ? [one[1]] : [])).join(''), body.toString())
  t.equal(answer.heldBytes, 0)
})

t.test('what is damaged behind what waits is told when the client has that', async (t) => {
  const bad = payloadChunk('bad')
  bad.writeUInt8(0, bad.length - 1)
  const { answer, told } = await open({ takes: () => false })
  t.equal(answer.data(Buffer.concat([payloadChunk(`${prelude}${nul}one`), payloadChunk('two'), bad])), false)
  t.same(told, [head, ['data', 'one']])
  t.equal(answer.passOn(), false)
  t.same(told.at(-1), ['data', 'two'])
  t.equal(answer.passOn(), true)
  t.match(told.at(-1), ['invalid', /checksum/])
})

t.test('an answer that is written byte by byte takes no more memory than its bytes', async (t) => {
  const piece = Buffer.concat(Array<Buffer>(500).fill(payloadChunk('x')))
  const written = async () => {
    const { answer } = await open({ form: { kind: 'whole' } })
    for (let i = 0; i < 200; i += 1) answer.data(Buffer.from(piece))
    for (let i = 0; i < 20_000; i += 1) answer.data(payloadChunk(''))
    return answer
  }
  // Once ahead of the measure: what is compiled on the way is no part of an answer.
  await written()
  const before = keptBytes()
  const answer = await written()
  const grown = keptBytes() - before
  t.equal(answer.heldBytes, 100_000)
  t.ok(grown < 1024 * 1024, `${grown} bytes for 100,000`)
})
