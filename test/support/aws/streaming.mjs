// A function of Node's that streams, for what its gateway makes of that: each path does one thing.

import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'

const from = (stream, head) => awslambda.HttpResponseStream.from(stream, head)

async function serverSentEvents(stream, count) {
  for (let i = 0; i < count; i += 1) {
    stream.write(`id: ${i}\ndata: event ${i}\n\n`)
    await setTimeout(20)
  }
  stream.end()
}

/** Says on the way how many it has made. */
function* manyPieces(count) {
  const piece = Buffer.alloc(65_536, 'claimgate ')
  for (let i = 1; i <= count; i += 1) {
    if (i % 10 === 0) console.log(`made ${i}`)
    yield piece
  }
}

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const path = event.rawPath ?? event.path
  const text = { 'Content-Type': 'text/plain' }
  switch (path) {
    case '/events': {
      const head = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }
      return await serverSentEvents(
        from(stream, { statusCode: 200, headers: head, cookies: ['a=1', 'b=2'] }),
        5,
      )
    }
    case '/endless': {
      from(stream, { statusCode: 200, headers: { 'Content-Type': 'text/event-stream' } })
      for (;;) {
        stream.write('data: still here\n\n')
        await setTimeout(20)
      }
    }
    case '/download': {
      from(stream, { statusCode: 200, headers: { 'Content-Type': 'application/octet-stream' } })
      return await pipeline(Readable.from(manyPieces(Number(event.queryStringParameters.pieces))), stream)
    }
    case '/who': {
      from(stream, { statusCode: 200, headers: { 'Content-Type': 'application/json' } })
      stream.write(JSON.stringify(event))
      stream.end()
      return
    }
    case '/empty':
      from(stream, { statusCode: 200, headers: text })
      stream.write('')
      stream.end()
      return
    case '/unwritten':
      from(stream, { statusCode: 200, headers: text })
      stream.end('by end alone')
      return
    case '/teapot':
      from(stream, { statusCode: 418, headers: text })
      stream.write('short and stout')
      stream.end()
      return
    case '/early':
      throw new TypeError('before the head')
    case '/late': {
      from(stream, { statusCode: 200, headers: text })
      stream.write('so far')
      // Not before somebody has read that, where a file is named that says so.
      const { until } = event.queryStringParameters ?? {}
      do await setTimeout(50)
      while (until !== undefined && !existsSync(until))
      throw new TypeError('after the head')
    }
    case '/plain':
      stream.setContentType('text/plain')
      stream.write('no head at all')
      stream.end()
      return
    case '/crlf':
      from(stream, { statusCode: 200, headers: { 'X-A': 'b\r\nSet-Cookie: c=d' } })
      stream.write('never seen')
      stream.end()
      return
    default:
      from(stream, { statusCode: 404, headers: text })
      stream.write('no such path')
      stream.end()
  }
})
