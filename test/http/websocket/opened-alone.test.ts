// An open WebSocket without a network: what passes, whom it counts for, and what ends it.
import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { HeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import { loadGateway } from '../../support/request-context.ts'
import { agree, ask, inUse, open, proof, secret, told, yaml } from './held-rig.ts'

t.test('one that may be is asked for, agreed to and passed on, and its end is told', async (t) => {
  const held = await open(t)
  const offers = ['Sec-WebSocket-Protocol: a, b', 'Sec-WebSocket-Extensions: x; y=1']
  const client = ask(held, '/open', { headers: offers })
  await settled()
  const { request } = held.handshakes[0] ?? {}
  t.match(request, { method: 'GET', path: '/open', body: null })
  const sent = request?.headers ?? []
  t.same(sent.slice(-4), ['Sec-WebSocket-Protocol', 'a, b', 'Sec-WebSocket-Extensions', 'x; y=1'])
  t.ok(client.settings.some(([name, value]) => name === 'timeout' && value === 0))
  t.same(client.settings.at(-1), ['keep-alive', true, limits.webSocketKeepAliveMs])
  t.same(held.lines, [])
  client.write('\x81\x00')
  await settled()
  const upstream = agree(held, [
    'Sec-WebSocket-Protocol',
    'b',
    'Sec-WebSocket-Extensions',
    'x',
    'X-App',
    secret,
  ])
  await settled()
  t.equal(
    client.text(),
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${proof}`,
      'Sec-WebSocket-Protocol: b',
      'Sec-WebSocket-Extensions: x',
      'X-Ours: 1',
      '',
      '',
    ].join('\r\n'),
  )
  t.equal(upstream.got(), '\x81\x00', 'what came before it was agreed to')
  t.same(told(held), [['request', 101, 'open-to-anyone'], ['websocket.opened']])
  t.match(held.lines[1], { level: 30, request_id: /-000001$/, app: 'wiki', location: '/open' })
  t.same(held.metered, ['request 101', 'websocket 1'])
  t.equal(inUse(held), 1)
  client.write('\x81\x01x')
  upstream.app.write('\x81\x01y')
  await settled()
  t.equal(upstream.got(), '\x81\x00\x81\x01x')
  t.ok(client.text().endsWith('\x81\x01y'))
  client.destroy()
  await settled()
  t.same(told(held).at(-1), ['websocket.closed'])
  t.match(held.lines.at(-1), { level: 30, request_id: /-000001$/, app: 'wiki', location: '/open' })
  t.same(held.metered, ['request 101', 'websocket 1', 'websocket -1'])
  t.equal(inUse(held), 0)
})

t.test('without offers none are made, and none chosen', async (t) => {
  const held = await open(t)
  const client = ask(held, '/open')
  await settled()
  t.notMatch(String(held.handshakes[0]?.request.headers), /sec-websocket/i)
  agree(held)
  await settled()
  t.notMatch(client.text(), /protocol:|extensions:/i)
  client.destroy()
})

t.test('one of a session ends with it, and listens no longer than it is open', async (t) => {
  const held = await open(t)
  const { sessions } = held.runtime
  let listening = 0
  const onEnd: typeof sessions.onEnd = (...of) => {
    const leave = sessions.onEnd(...of)
    listening += 1
    return () => {
      listening -= 1
      leave()
    }
  }
  let judged = 0
  const lookUp: typeof sessions.lookUp = (...of) => {
    judged += 1
    return sessions.lookUp(...of)
  }
  held.editions.swap({ ...held.runtime, sessions: { ...sessions, onEnd, lookUp } })
  const cookie = await held.signIn('wiki.example')
  const client = ask(held, '/in', { headers: [`Cookie: ${cookie}`] })
  await settled()
  agree(held)
  await settled()
  t.equal(listening, 1)
  t.equal(judged, 0, 'by rules that are in force it was judged already')
  t.match(held.lines.at(-1), { event: 'websocket.opened', location: '/in' })
  const sessionKey = sessions.keyOf(cookie.slice(cookie.indexOf('=') + 1), held.originAt('wiki.example'))
  if (sessionKey !== null) await sessions.end({ key: sessionKey })
  await settled()
  t.ok(client.text().endsWith('\x88\x02\x03\xf0'))
  client.destroy()
  await settled()
  t.equal(listening, 0)
})

t.test(
  'what the client sends through it is use of its session; a store that fails then is told',
  async (t) => {
    const held = await open(t)
    const cookie = await held.signIn('wiki.example')
    const client = ask(held, '/in', { headers: [`Cookie: ${cookie}`] })
    await settled()
    agree(held)
    await settled()
    const asked: number[] = []
    const use = () => {
      asked.push(held.clock.time)
      throw new StoreFault('STORE_UNAVAILABLE', 'x')
    }
    held.editions.swap({ ...held.runtime, sessions: { ...held.runtime.sessions, use } })
    client.write('\x81\x80abcd')
    await settled()
    t.same(asked, [])
    held.clock.time += 60
    client.write('\x81\x80abcd')
    await settled()
    t.same(asked, [1_900_000_060])
    t.match(held.lines.at(-1), { event: 'store.failed', code: 'STORE_UNAVAILABLE', request_id: /-000001$/ })
    client.destroy()
  },
)

/** The next edition, in which nobody may come there. */
const closed = (held: HeldApp): Runtime => ({
  ...held.runtime,
  edition: 2,
  gateway: loadGateway(yaml('nobody')),
})

t.test('new rules end what they would not open, also where they came while it was asked for', async (t) => {
  for (const [name, next, ends] of [
    ['closed', closed, true],
    ['the same', (held: HeldApp) => ({ ...held.runtime, edition: 2 }), false],
  ] as const) {
    for (const before of [true, false]) {
      const held = await open(t)
      const client = ask(held, '/open')
      await settled()
      if (before) held.editions.swap(next(held))
      agree(held)
      await settled()
      if (!before) held.editions.swap(next(held))
      await settled()
      const end = '\x88\x02\x03\xf0'
      t.equal(client.text().endsWith(end), ends, `${name}, ${before ? 'before' : 'after'}`)
      client.destroy()
    }
  }
})

t.test('one that has closed is not judged any more', async (t) => {
  const held = await open(t)
  const client = ask(held, '/open')
  await settled()
  agree(held)
  await settled()
  client.destroy()
  await settled()
  let asked = 0
  const gateway = new Proxy(held.gateway, {
    get: (target, name, receiver) => {
      asked += 1
      return Reflect.get(target, name, receiver)
    },
  })
  held.editions.swap({ ...held.runtime, edition: 2, gateway })
  const before = asked
  await settled()
  t.equal(asked, before)
})

t.test('a gateway that stops tells those that are open', async (t) => {
  const held = await open(t)
  const client = ask(held, '/open')
  await settled()
  agree(held)
  await settled()
  void held.app.close()
  await settled()
  t.ok(client.text().endsWith('\x88\x02\x03\xe9'))
  client.destroy()
})
