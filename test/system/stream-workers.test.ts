// Two workers and a function that streams: each passes on what the function writes as it comes, goes on with it through a
// reload, and leaves its connection to the next request.
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { portOf } from '../support/ports.ts'
import { newPlace, startProcess } from '../support/process.ts'
import { poll } from '../support/waiting.ts'
import { connectToEach, startedWorkers } from '../support/workers.ts'
import { invokeComplete, payloadChunk } from '../upstream/lambda/messages.ts'

interface Invoked {
  readonly socket: Socket
  readonly path: string
}

const begin =
  'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n' +
  'x-amzn-Remapped-Content-Type: application/vnd.awslambda.http-integration-response\r\n\r\n'
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const head = payloadChunk(
  `${JSON.stringify({ statusCode: 200, headers: { 'Content-Type': 'text/event-stream' } })}${'\0'.repeat(8)}`,
)
const event = (text: string) => chunk(payloadChunk(`data: ${text}\n\n`))
const end = Buffer.concat([chunk(invokeComplete()), Buffer.from('0\r\n\r\n')])

t.test('what a function writes passes through either worker, and through a reload', async (t) => {
  const invoked: Invoked[] = []
  const lambda = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
      const at = text.indexOf('\r\n\r\n')
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
      if (at === -1 || text.length < at + 4 + length) return
      const { path } = JSON.parse(text.slice(at + 4))
      text = ''
      // What only finds out whose connection it is.
      if (!/^\/stream\/\d+$/.test(path)) socket.write(Buffer.concat([Buffer.from(begin), chunk(head), end]))
      else invoked.push({ socket, path })
    })
  })
  await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve))
  const place = await newPlace()
  const yaml = (title: string) => `
workers: 2
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: ${place.url}
    title: ${title}
    require: anyone
    upstream:
      lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:wiki", streaming: true }
      aws:
        endpoint: "http://127.0.0.1:${portOf(lambda)}"
        credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key-of-forty-characters }
`
  place.write(yaml('First'))
  const running = await startProcess(place)
  t.teardown(async () => {
    await running.stop()
    for (const { socket } of invoked) socket.destroy()
    lambda.close()
    place.remove()
  })
  const numbers = startedWorkers(running).map(({ number }) => number)
  t.equal(numbers.length, 2)
  const clients = [...(await connectToEach(running, place.port, numbers))]
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost:${place.port}\r\n\r\n`
  const at = (path: string) =>
    poll(
      `the invocation for ${path}`,
      () => invoked.find((one) => one.path === path),
      (one) => one !== undefined,
    )
  for (const [number, client] of clients) {
    client.write(get(`/stream/${number}`))
    const one = await at(`/stream/${number}`)
    one?.socket.write(Buffer.concat([Buffer.from(begin), chunk(head), event(`one of ${number}`)]))
    await client.until(`data: one of ${number}\n\n`)
  }
  place.write(yaml('Second'))
  running.signal('SIGHUP')
  await running.logged(({ event: of }) => of === 'config.loaded')
  for (const [number, client] of clients) {
    const one = await at(`/stream/${number}`)
    one?.socket.write(event(`two of ${number}`))
    const text = await client.until(`data: two of ${number}\n\n`)
    for (const [other] of clients) if (other !== number) t.notMatch(text, `of ${other}\n`)
    one?.socket.write(end)
    await client.until(/\r\n0\r\n\r\n$/)
    t.equal(one?.socket.destroyed, false, 'the connection is there for the next request')
  }
})
