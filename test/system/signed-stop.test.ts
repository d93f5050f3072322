// The gateway ends when it is asked to, also while credentials of AWS are on their way from a place that never answers: AWS's
// package waits there for ever.
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { portOf } from '../support/ports.ts'
import { newPlace, startProcess } from '../support/process.ts'
import { poll } from '../support/waiting.ts'

/** A place of credentials that takes requests and answers none; how many are open. */
async function silentPlace(t: Test) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${portOf(server)}`, open: () => sockets.size }
}

for (const workers of [1, 2])
  t.test(`credentials never come: workers: ${workers}`, async (t) => {
    const silent = await silentPlace(t)
    const place = await newPlace()
    t.teardown(() => place.remove())
    place.write(`
workers: ${workers}
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: ${place.url}
    require: anyone
    upstream: { url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }
`)
    const env = { HOME: place.folder, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${silent.origin}/credentials` }
    const running = await startProcess(place, { env })
    await poll('each worker to ask', silent.open, (count) => count === workers)
    const exit = await running.stop()
    t.match(exit, { code: 0, signal: null })
    t.ok(running.log().some(({ event }) => event === 'gateway.stopped'))
  })
