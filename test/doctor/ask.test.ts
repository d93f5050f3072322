// What `claimgate doctor` asks by HTTP: whoever answers, in whatever way, doctor comes to an end and says what came.
import { createServer } from 'node:http'
import { createServer as createPlainServer } from 'node:net'
import t, { type Test } from 'tap'
import { ask, takeMark } from '../../src/doctor/public-address/ask.ts'
import { healthSocketPaths } from '../../src/runtime/health-path.ts'
import { portOf } from '../support/ports.ts'
import { gatewayOf } from './rig.ts'

/** A server that sends a first text, and then for ever a letter now and then, so that the connection never is idle. */
async function trickling(t: Test, first: string): Promise<URL> {
  const server = createPlainServer((socket) => {
    socket.on('error', () => {}).write(first)
    const timer = setInterval(() => socket.write('a'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return new URL(`http://127.0.0.1:${portOf(server)}/`)
}

t.test('a head that never ends: no answer in time', async (t) => {
  const url = await trickling(t, 'HTTP/1.1 200 OK\r\nX-Slow: ')
  t.same(await ask(url, {}, 300), { ok: false, code: 'ETIMEDOUT' })
})

t.test('a body that never ends: no answer in time either', async (t) => {
  const url = await trickling(t, 'HTTP/1.1 200 OK\r\n\r\n')
  t.same(await ask(url, {}, 300), { ok: false, code: 'ETIMEDOUT' })
})

t.test('what is no mark is not sent to anybody', async (t) => {
  const gateway = gatewayOf(`
listen: "127.0.0.1:8976"
data: ${JSON.stringify(t.testdir({}))}
providers: { main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret } }
apps: { wiki: { url: "http://localhost:8080", upstream: "unix:/nonexistent/app.sock", require: signed_in } }
`)
  const [path = ''] = healthSocketPaths(gateway)
  let body = ''
  const server = createServer((_request, response) => void response.end(body))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => server.close())
  for (const mark of ['a\r\nX-Forged: b', 'ä\u{1f600}', '', 'x'.repeat(2000)]) {
    body = JSON.stringify({ instance: 'one', mark })
    const taken = await takeMark(gateway)
    t.match(taken, { ok: false, reason: `${path}: answered 200 without a mark` }, mark.slice(0, 20))
  }
  body = JSON.stringify({ instance: 'one', mark: 'eyJh..abc_-.x.y' })
  t.same(await takeMark(gateway), { ok: true, instance: 'one', mark: 'eyJh..abc_-.x.y' })
})
