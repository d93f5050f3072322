// Socket.IO: long polls and their upgrade to a WebSocket, by a client of its own kind.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { cookieOf } from '../support/attack.ts'
import { sharedSecret, signedIn, startFront } from '../support/front.ts'
import { freePort } from '../support/ports.ts'
import { startServer } from '../support/server.ts'

const run = promisify(execFile)
const python = '/usr/bin/python3'
const script = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url))
const port = await freePort()
const app = await startServer({ command: python, args: [script('socket_io_app.py'), String(port)], port })
const front = await startFront({
  app: (own) => `
    require: signed_in
  chat:
    url: http://localhost:${own}/chat
    upstream: { url: "http://127.0.0.1:${port}", preserve_host: true }
    shared_secret: ${sharedSecret}
    require: signed_in
    websocket: true
`,
})
t.teardown(async () => {
  await front.close()
  await app.stop()
})

t.test('words go there and back by long polls, by a WebSocket, and from the one to the other', async (t) => {
  const origin = `http://localhost:${front.gateway.port}`
  const cookie = cookieOf(front, await signedIn(front, 'adam'))
  for (const [transports, transport] of [
    ['polling', 'polling'],
    ['websocket', 'websocket'],
    ['polling,websocket', 'websocket'],
  ] as const) {
    const { stdout } = await run(python, [script('socket_io_client.py'), origin, cookie, transports], {
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
      timeout: 100_000,
    })
    t.same(JSON.parse(stdout), { user: 'adam', said: 'h\u00e9llo', transport }, transports)
  }
})

t.test('nobody is connected without signing in', async (t) => {
  const answer = await fetch(`http://localhost:${front.gateway.port}/chat/socket.io/?EIO=4&transport=polling`)
  t.equal(answer.status, 401)
})
