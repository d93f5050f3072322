// How the process stops: what is in flight ends, nobody new comes in, and a second signal or the end of the time cuts.
import http from 'node:http'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { portOf } from '../support/ports.ts'
import { startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'
import { rawClient } from '../support/raw.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'

const stand = await newStand()
const { place } = stand
t.teardown(() => stand.close())

/** An app that answers when it is told to. */
const slow = await startSlowApp()
t.teardown(() => slow.close())

const yaml = stand.yaml({ upstream: slow.url, app: '    require: anyone' })
const request = `GET /slow HTTP/1.1\r\nHost: localhost:${place.port}\r\n\r\n`

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${name}: requests in flight are answered to their end, nobody new comes in`, async (t) => {
    place.write(yaml)
    const running = await startProcess(place)
    const [first, answerFirst] = [await rawClient(place.port, request), await slow.next()]
    const [last, answerLast] = [await rawClient(place.port, request), await slow.next()]
    const idle = await rawClient(place.port)
    running.signal(name)
    await running.logged((line) => line.event === 'gateway.stopping')
    await idle.closed()
    t.equal(await refused(place.port), 'ECONNREFUSED')
    const ready = await new Browser().visit(`${place.adminUrl}/readyz`)
    t.equal(ready.status, 503)
    t.match(JSON.parse(ready.body), { ready: false, draining: true })
    answerFirst('the first end')
    t.match(await first.closed(), /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\nthe first end$/)
    // Had the kept connection been waited for, the time would be over, and this one cut.
    answerLast('the last end')
    t.match(await last.closed(), /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\nthe last end$/)
    t.same(await running.exited, { code: 0, signal: null })
  })
}

t.test('a second signal ends it at once, whatever is in flight', async (t) => {
  place.write(yaml)
  const running = await startProcess(place)
  const inFlight = await rawClient(place.port, request)
  await slow.next()
  running.signal('SIGTERM')
  await running.logged((line) => line.event === 'gateway.stopping')
  running.signal('SIGINT')
  t.same(await running.exited, { code: 130, signal: null })
  t.equal(await inFlight.closed(), '')
})

t.test('a request that does not end is cut off, and the status is 0 all the same', async (t) => {
  place.write(yaml)
  const running = await startProcess(place)
  const inFlight = await rawClient(place.port, request)
  await slow.next()
  running.signal('SIGTERM')
  t.same(await running.exited, { code: 0, signal: null })
  t.equal(await inFlight.closed(), '')
  t.ok(running.log().some((line) => line.event === 'request' && line.status === 499))
})

t.test(
  'server-sent events end as whole answers, those too that begin while it stops; nothing is cut',
  async (t) => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
    const events = await recordingUpstream({ answer: answerHeads(`${head}9\r\ndata: 1\n\n\r\n`) })
    t.teardown(() => events.close())
    place.write(stand.yaml({ upstream: `http://127.0.0.1:${events.port}`, app: '    require: anyone' }))
    const running = await startProcess(place)
    const [first, second] = [await rawClient(place.port, request), await rawClient(place.port, request)]
    await Promise.all([first.until('data: 1'), second.until('data: 1')])
    events.answerWith(() => null)
    const late = await rawClient(place.port, request.replace('/slow', '/late'))
    await events.until(() => events.requests() === 3)
    running.signal('SIGTERM')
    for (const client of [first, second]) t.match(await client.closed(), /data: 1\n\n\r\n0\r\n\r\n$/)
    events.connections.find(({ received }) => received.includes('/late'))?.socket.write(head)
    t.match(await late.closed(), /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\n0\r\n\r\n$/)
    t.same(await running.exited, { code: 0, signal: null })
    const lines = running.log().filter((line) => line.event === 'request')
    t.same(
      lines.map((line) => line.status),
      [200, 200, 200],
    )
  },
)

/** The code with which a connection fails. */
function refused(port: number): Promise<unknown> {
  return rawClient(port).then(
    () => 'connected',
    (thrown) => thrown.code,
  )
}

/** Each request waits until the test says what its answer is. */
async function startSlowApp() {
  const waiting: http.ServerResponse[] = []
  const asked: ((response: http.ServerResponse) => void)[] = []
  const server = http.createServer((_request, response) => {
    const next = asked.shift()
    if (next === undefined) waiting.push(response)
    else next(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    next: async () => {
      const response =
        waiting.shift() ?? (await new Promise<http.ServerResponse>((resolve) => asked.push(resolve)))
      return (text: string) => void response.end(text)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
