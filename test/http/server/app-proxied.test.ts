// What is passed on to apps, and who hears what of it: upstreams are answered by the test.
import t from 'tap'
import { StoreFault, UpstreamFault } from '../../../src/core/fault.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { HeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import { statusOf } from '../../support/raw.ts'
import { loadGateway } from '../../support/request-context.ts'
import { streamed } from '../../support/streamed.ts'
import { bytesOf, head, open, secret, yaml } from './app-rig.ts'

t.test('a request of an app goes to its upstream, and the answer comes back', async (t) => {
  const held = await open(t)
  const client = held.connect()
  client.write(bytesOf('/open/x'))
  await settled()
  t.match(held.sent[0]?.request, { method: 'GET', path: '/open/x', body: null })
  t.doesNotThrow(() => {
    held.sent[0]?.sink.head(head('Content-Length', '2', 'X-Secret', secret))
    held.sent[0]?.sink.data(Buffer.from('hi'))
    held.sent[0]?.sink.end()
  })
  await settled()
  t.match(client.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhi$/)
  t.notMatch(client.text(), secret)
  t.match(held.lines, [
    { event: 'upstream.secret-reflected', level: 50, app: 'wiki', request_id: /-000001$/ },
    { event: 'request', status: 200 },
  ])
})

t.test(
  'a fault of the app is answered before its answer begins, and cuts the client after that',
  async (t) => {
    for (const [begins, thrown, line, access] of [
      [
        false,
        new UpstreamFault('UPSTREAM_TIMEOUT', 'x'),
        { event: 'upstream.failed', code: 'UPSTREAM_TIMEOUT', app: 'wiki' },
        { status: 504 },
      ],
      [
        true,
        new UpstreamFault('UPSTREAM_ABORTED', 'x'),
        { event: 'upstream.failed', code: 'UPSTREAM_ABORTED', app: 'wiki', request_id: /-000001$/ },
        { status: 200, code: 'UPSTREAM_ABORTED' },
      ],
      [
        true,
        Object.assign(new Error('x'), { code: 'ECONNRESET' }),
        { event: 'internal.failed', app: 'wiki' },
        { status: 499 },
      ],
    ] as const) {
      const held = await open(t)
      const client = held.connect()
      client.write(bytesOf('/open'))
      await settled()
      const sink = held.sent[0]?.sink
      if (begins) {
        sink?.head(head('Content-Length', '2'))
        sink?.data(Buffer.from('h'))
        await settled()
      }
      sink?.failed(thrown)
      await settled()
      t.ok(client.ended())
      t.equal(statusOf(client.text()), begins ? 200 : 504)
      t.match(held.lines, [line, { event: 'request', ...access }])
      t.equal('code' in (held.lines[1] ?? {}), 'code' in access)
      t.same(held.counted, thrown instanceof UpstreamFault ? [`fault ${thrown.code} of wiki`] : [])
    }
  },
)

t.test('a request that cannot be sent as it is is refused, and the access line says so', async (t) => {
  const held = await open(t)
  const answer = await held.ask(bytesOf('/open', { headers: [`Connection: ${'a,'.repeat(30)}b`] }))
  t.equal(statusOf(answer), 400)
  const { reason } = JSON.parse(answer.slice(answer.indexOf('{')))
  t.match(held.lines, [{ event: 'request', decision: 'reject', reason, status: 400 }])
  t.same(held.sent, [])
})

t.test('a refusal that cannot be made is a fault like any other', async (t) => {
  const held = await open(t)
  const { gateway } = held
  const { sessions } = held.runtime
  let known = false
  const providers = Object.assign(new Map(gateway.providers), {
    get: (name: string) => {
      if (known) throw new Error('asked for the label of a provider')
      return gateway.providers.get(name)
    },
  })
  const use = async (...of: Parameters<typeof sessions.use>) => {
    const found = await sessions.use(...of)
    known = true
    return found
  }
  held.editions.swap({
    ...held.runtime,
    gateway: { ...gateway, providers },
    sessions: { ...sessions, use },
  })
  const headers = [
    `Cookie: ${await held.signIn('wiki.example', { note: { no: 'text' } })}`,
    'Accept: text/html',
  ]
  const answer = await held.ask(bytesOf('/in', { headers }))
  t.equal(statusOf(answer), 500)
  t.match(held.lines, [
    { event: 'internal.failed', app: 'wiki', request_id: /-000001$/ },
    { event: 'request', decision: 'deny', reason: 'identity-unsendable', status: 500 },
  ])
})

t.test('what a client sends is use of its session; a store that fails then is told', async (t) => {
  const held = await open(t)
  const cookie = await held.signIn('wiki.example')
  const asked: number[] = []
  const { sessions } = held.runtime
  const broken = new StoreFault('STORE_UNAVAILABLE', 'x')
  const runtime = {
    ...held.runtime,
    sessions: {
      ...sessions,
      use: (...of: Parameters<typeof sessions.use>) => {
        asked.push(held.clock.time)
        if (asked.length > 1) throw broken
        return sessions.use(...of)
      },
    },
  }
  held.editions.swap(runtime)
  const client = held.connect()
  client.write(
    bytesOf('/in', { method: 'POST', headers: [`Cookie: ${cookie}`], body: 'x' }).replace(': 1', ': 2'),
  )
  await settled()
  held.clock.time += 60
  streamed(held.sent[0]?.request.body)?.resume()
  client.write('y')
  await settled()
  t.same(asked, [1_900_000_000, 1_900_000_060])
  t.match(held.lines, [{ event: 'store.failed', code: 'STORE_UNAVAILABLE', request_id: /-000001$/ }])
  t.equal(held.lines.length, 1)
  client.destroy()
})

t.test('where nobody need be signed in, a body is use of nothing', async (t) => {
  const held = await open(t)
  const headers = [`Cookie: ${await held.signIn('wiki.example')}`]
  let used = 0
  const use: Runtime['sessions']['use'] = (...of) => {
    used += 1
    return held.runtime.sessions.use(...of)
  }
  held.editions.swap({ ...held.runtime, sessions: { ...held.runtime.sessions, use } })
  const client = held.connect()
  client.write(bytesOf('/open', { method: 'POST', headers, body: 'xy' }))
  await settled()
  held.clock.time += 3600
  const pieces: string[] = []
  streamed(held.sent[0]?.request.body)?.on('data', (piece) => pieces.push(String(piece)))
  await settled()
  t.same(pieces, ['xy'])
  t.equal(used, 0)
  t.same(held.lines, [])
  client.destroy()
})

t.test('what an app leaves of a body is dropped', async (t) => {
  const held = await open(t)
  const client = held.connect()
  client.write(bytesOf('/open', { method: 'POST', body: 'x' }).replace(': 1', ': 9'))
  await settled()
  t.same(held.dropped, [])
  held.sent[0]?.sink.head(head('Content-Length', '0'))
  held.sent[0]?.sink.end()
  await settled()
  t.match(held.dropped, [{ network: { key: '198.51.100.7' }, rate: { bytesPerSecond: 500 } }])
  t.match(client.text(), /connection: close/i)
  client.destroy()
})

const stream = head('Content-Type', 'text/event-stream')

/** The next edition, in which nobody may come where it was streamed from. */
const closed = (held: HeldApp): Runtime => ({
  ...held.runtime,
  edition: 2,
  gateway: loadGateway(yaml('require: nobody').replace('/open, require: anyone', '/open, require: nobody')),
})

t.test('server-sent events end with the rules that let them in, and with the gateway', async (t) => {
  for (const [name, end, ends] of [
    ['new rules', (held: HeldApp) => held.editions.swap(closed(held)), true],
    ['the same rules', (held: HeldApp) => held.editions.swap({ ...held.runtime, edition: 2 }), false],
    ['the end of the gateway', (held: HeldApp) => void held.app.close(), true],
  ] as const) {
    for (const before of [true, false]) {
      const held = await open(t)
      const client = held.connect()
      client.write(bytesOf('/open'))
      await settled()
      if (before) end(held)
      held.sent[0]?.sink.head(stream)
      held.sent[0]?.sink.data(Buffer.from('data: 1\n\n'))
      await settled()
      if (!before) {
        t.notOk(client.ended(), `${name}: until then it is open`)
        end(held)
      }
      await settled()
      t.equal(client.ended(), ends, `${name}, ${before ? 'before it began' : 'while it runs'}`)
      t.equal((held.sent[0]?.done ?? []).includes('cancel'), ends)
      client.destroy()
    }
  }
})

t.test(
  'a stream of a session listens for its end as long as it runs, and is judged when rules change',
  async (t) => {
    const held = await open(t)
    const { sessions } = held.runtime
    let [listening, judged] = [0, 0]
    const onEnd: typeof sessions.onEnd = (...of) => {
      const leave = sessions.onEnd(...of)
      listening += 1
      return () => {
        listening -= 1
        leave()
      }
    }
    const lookUp: typeof sessions.lookUp = (...of) => {
      judged += 1
      return sessions.lookUp(...of)
    }
    const runtime = { ...held.runtime, sessions: { ...sessions, onEnd, lookUp } }
    held.editions.swap(runtime)
    const client = held.connect()
    client.write(bytesOf('/in', { headers: [`Cookie: ${await held.signIn('wiki.example')}`] }))
    await settled()
    held.sent[0]?.sink.head(stream)
    await settled()
    t.same([listening, judged], [1, 0])
    held.editions.swap({ ...runtime, edition: 2 })
    await settled()
    t.same([listening, judged], [1, 1])
    client.destroy()
    await settled()
    held.editions.swap({ ...runtime, edition: 3 })
    await settled()
    t.same([listening, judged], [0, 1])
  },
)
