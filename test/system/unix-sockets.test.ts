import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { fire, shownOf } from '../support/attack.ts'
import { startFlaskOnSocket } from '../support/flask.ts'
import { sharedSecret, startFront } from '../support/front.ts'
import { rawClient } from '../support/raw.ts'

// Apps that listen on a Unix socket, as gunicorn is run behind a proxy of the same machine.

const folder = mkdtempSync(join(tmpdir(), 'claimgate-sockets-'))
const [flaskSocket, nodeSocket] = [join(folder, 'flask.sock'), join(folder, 'node app.sock')]
const flask = await startFlaskOnSocket(
  {
    folder: new URL('../../config/examples/flask/', import.meta.url),
    app: 'app:app',
    env: { GATEWAY_SECRET: sharedSecret },
  },
  flaskSocket,
)
const seen: string[] = []
const node = createServer((request, response) => {
  seen.push(`${request.method} ${request.headers.host} ${request.url}`)
  response
    .writeHead(302, { location: 'http://localhost/base/next', 'set-cookie': 'a=1; Domain=localhost' })
    .end()
})
node.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'))
await new Promise<void>((resolve) => node.listen(nodeSocket, resolve))
const front = await startFront({
  app: (port) => `
    require: anyone
  flask:
    url: http://localhost:${port}/flask
    upstream: { url: "unix:${flaskSocket}", strip_prefix: true }
    shared_secret: ${sharedSecret}
    require: anyone
  node:
    url: http://localhost:${port}/node
    upstream: { url: "unix:${nodeSocket}:/base", strip_prefix: true }
    shared_secret: ${sharedSecret}
    require: anyone
    websocket: true
  gone:
    url: http://localhost:${port}/gone
    upstream: "unix:${join(folder, 'gone.sock')}"
    shared_secret: ${sharedSecret}
    require: anyone
`,
})
t.teardown(async () => {
  await front.close()
  await flask.stop()
  await new Promise((resolve) => node.close(resolve))
  rmSync(folder, { recursive: true })
})

t.test('gunicorn answers through its socket, whoever knows the secret', async (t) => {
  for (let i = 0; i < 3; i++) {
    const answer = await fire(front, { target: '/flask/x' })
    t.equal(answer.status, 200)
    t.match(answer.body, /\/x/)
  }
})

t.test('the base path is put in front, and what the app says of itself is mapped back', async (t) => {
  const answer = await fire(front, { target: '/node/y?z=1' })
  t.equal(answer.status, 302)
  t.same(seen, ['GET localhost /base/y?z=1'])
  t.same(answer.values('location'), [`http://localhost:${front.gateway.port}/node/next`])
  t.same(answer.values('set-cookie'), ['a=1'])
})

t.test('a WebSocket is asked for there too', async (t) => {
  const host = `localhost:${front.gateway.port}`
  const client = await rawClient(
    front.gateway.port,
    `GET /node/ws HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  t.equal(shownOf(await client.closed()).status, 403)
})

t.test('a socket that is not there is a 502 that names no path', async (t) => {
  const answer = await fire(front, { target: '/gone/x' })
  t.equal(answer.status, 502)
  t.notMatch(answer.text, 'gone.sock')
  await front.gateway.logged(({ code }) => code === 'UPSTREAM_UNREACHABLE')
})
