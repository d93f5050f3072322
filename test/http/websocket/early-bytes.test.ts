import { PassThrough } from 'node:stream'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { holdEarlyBytes } from '../../../src/http/websocket/early-bytes.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** What a client sends, and what whoever reads its socket behind the handshake gets of it. */
async function sent(head: string, pieces: readonly string[]) {
  const client = new PassThrough()
  const early = holdEarlyBytes(client, Buffer.from(head))
  for (const piece of pieces) client.write(piece)
  await turn()
  early.putBack()
  client.write('later')
  await turn()
  const unread = client.readableFlowing
  let read = ''
  client.on('data', (piece) => {
    read += piece
  })
  client.resume()
  await turn()
  return { unread, read, destroyed: client.destroyed }
}

t.test('what came before the answer is given back, once and in order, before what comes later', async (t) => {
  for (const [head, pieces, read] of [
    ['', [], 'later'],
    ['head', [], 'headlater'],
    ['', ['one', 'two'], 'onetwolater'],
    ['head', ['one', 'two'], 'headonetwolater'],
  ] as const) {
    t.same(await sent(head, pieces), { unread: false, read, destroyed: false }, `${head} ${pieces}`)
  }
})

t.test(
  'as much as may be is held; one byte more cuts the client, whatever came in one piece with its handshake',
  async (t) => {
    const most = limits.webSocketEarlyBytes
    for (const head of ['', 'head']) {
      const client = new PassThrough({ highWaterMark: 4 * most })
      holdEarlyBytes(client, Buffer.from(head))
      client.write('x'.repeat(most - head.length - 1))
      client.write('x')
      await turn()
      t.notOk(client.destroyed, head)
      client.write('x')
      await turn()
      t.ok(client.destroyed, head)
    }
  },
)

t.test('what comes after it was given back is nobody’s to hold', async (t) => {
  const client = new PassThrough({ highWaterMark: 4 * limits.webSocketEarlyBytes })
  holdEarlyBytes(client, Buffer.alloc(0)).putBack()
  client.resume()
  client.write('x'.repeat(limits.webSocketEarlyBytes + 1))
  await turn()
  t.notOk(client.destroyed)
})

t.test('the end of a client is seen while it is held', async (t) => {
  const client = new PassThrough()
  let ended = false
  client.on('end', () => {
    ended = true
  })
  holdEarlyBytes(client, Buffer.alloc(0))
  client.end('x')
  await turn()
  t.ok(ended)
})
