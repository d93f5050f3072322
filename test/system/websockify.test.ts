// websockify, which noVNC speaks to: a WebSocket of binary frames with a subprotocol, before a server that greets first
// as VNC does (RFC 6143 section 7.1.1) and then sends back what it gets.
import { createServer } from 'node:net'
import t from 'tap'
import { WebSocket } from 'undici'
import { cookieOf } from '../support/attack.ts'
import { sharedSecret, signedIn, startFront } from '../support/front.ts'
import { freePort, portOf } from '../support/ports.ts'
import { startServer } from '../support/server.ts'
import { poll } from '../support/waiting.ts'

const greeting = 'RFB 003.008\n'
const display = createServer((socket) => {
  socket.on('error', () => {})
  socket.write(greeting)
  socket.pipe(socket)
})
await new Promise<void>((resolve) => display.listen(0, '127.0.0.1', resolve))
const port = await freePort()
const websockify = await startServer({
  command: '/usr/bin/websockify',
  args: [`127.0.0.1:${port}`, `127.0.0.1:${portOf(display)}`],
  port,
})
const front = await startFront({
  app: (own) => `
    require: signed_in
  screen:
    url: http://localhost:${own}/screen
    upstream: "http://127.0.0.1:${port}"
    shared_secret: ${sharedSecret}
    require: signed_in
    websocket: true
`,
})
t.teardown(async () => {
  await front.close()
  await websockify.stop()
  await new Promise((resolve) => display.close(resolve))
})

t.test('the screen greets, and a megabyte goes there and back', async (t) => {
  const host = `localhost:${front.gateway.port}`
  const cookie = cookieOf(front, await signedIn(front, 'adam'))
  const socket = new WebSocket(`ws://${host}/screen/websockify`, {
    protocols: ['binary'],
    headers: { cookie, origin: `http://${host}` },
  })
  socket.binaryType = 'arraybuffer'
  const pieces: Buffer[] = []
  let failed = ''
  socket.addEventListener('message', ({ data }) => void pieces.push(Buffer.from(data)))
  socket.addEventListener('error', ({ error }) => {
    failed = String(error)
  })
  const received = () => ({ bytes: Buffer.concat(pieces).length, failed })
  await poll('the greeting', received, ({ bytes, failed }) => bytes >= greeting.length || failed !== '')
  t.equal(failed, '', websockify.log())
  t.equal(String(Buffer.concat(pieces)), greeting)
  t.equal(socket.protocol, 'binary')
  const picture = Buffer.alloc(1024 * 1024, 0x5a)
  for (let at = 0; at < picture.length; at += 65_536) socket.send(picture.subarray(at, at + 65_536))
  await poll('all of it', received, ({ bytes }) => bytes === greeting.length + picture.length)
  t.ok(Buffer.concat(pieces).subarray(greeting.length).equals(picture))
  socket.close()
})
