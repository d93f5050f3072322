// A handshake without a network: what each side gets, what is told of it, and who lets go.
import type { Duplex } from 'node:stream'
import t from 'tap'
import { StoreFault, UpstreamFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { type HeldApp, openHeldApp } from '../../support/held-app.ts'
import { type HeldConnection, settled } from '../../support/held-connection.ts'
import { agree, ask, inUse, open, secret, told, yaml } from './held-rig.ts'

t.test('what is refused is told so, why, and never asked for', async (t) => {
  for (const [name, path, asking, status, reason, more] of [
    ['nobody signed in', '/in', {}, 401, 'no-session', /no-session/],
    ['another version', '/open', { version: '8' }, 426, 'websocket-invalid', /upgrade: websocket\r\n/],
    [
      'no key that is one',
      '/open',
      { headers: ['Sec-WebSocket-Key: x'] },
      400,
      'websocket-invalid',
      /x-ours: 1/i,
    ],
    ['where there are none', '/off', {}, 400, 'websocket-disabled', /x-ours: 1/i],
    ['another origin', '/open', { origin: 'https://evil.test' }, 403, 'websocket-origin', /websocket-origin/],
    [
      'headers that cannot be sent',
      '/open',
      { headers: [`TE: ${'a,'.repeat(30)}b`, `Connection: ${'a,'.repeat(30)}b`] },
      400,
      null,
      null,
    ],
  ] as const) {
    const held = await open(t)
    const client = ask(held, path, asking)
    await settled()
    t.match(client.text(), new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\r\\nConnection: close\\r\\n`), name)
    if (more !== null) t.match(client.text(), more, name)
    t.equal(/sec-websocket-version: 13\r\n/.test(client.text()), status === 426, name)
    t.ok(client.ended(), name)
    t.match(held.lines, [{ event: 'request', status, ...(reason === null ? {} : { reason }) }], name)
    t.same(held.metered, [`request ${status}`], name)
    t.same(held.handshakes, [], name)
    t.equal(inUse(held), 0, name)
  }
})

t.test('an identity that no header can hold is refused with the reason in the line', async (t) => {
  const held = await open(t)
  const cookie = await held.signIn('wiki.example', { note: { no: 'text' } })
  const client = ask(held, '/in', { headers: [`Cookie: ${cookie}`] })
  await settled()
  t.match(client.text(), /^HTTP\/1\.1 403 /)
  t.match(held.lines, [{ event: 'request', status: 403, reason: 'identity-unsendable', detail: /X-Note/i }])
  t.same(held.handshakes, [])
})

t.test('a rule that is not met keeps its own detail', async (t) => {
  const held = await openHeldApp(t, yaml('{ groups: staff }'))
  const cookie = await held.signIn('wiki.example')
  ask(held, '/open', { headers: [`Cookie: ${cookie}`] })
  await settled()
  t.match(held.lines, [{ event: 'request', status: 403, reason: 'rule-not-met', detail: /groups/ }])
})

t.test('a session has so many of them, and one that closes makes room', async (t) => {
  const held = await open(t)
  const headers = [`Cookie: ${await held.signIn('wiki.example')}`]
  const clients: HeldConnection[] = []
  for (let i = 0; i < limits.webSockets; i++) clients.push(ask(held, '/in', { headers }))
  await settled()
  t.equal(held.handshakes.length, limits.webSockets)
  const refused = ask(held, '/in', { headers })
  await settled()
  t.match(refused.text(), /^HTTP\/1\.1 429 /)
  t.match(held.lines, [{ event: 'request', status: 429, reason: 'websocket-limit' }])
  clients[0]?.destroy()
  await settled()
  ask(held, '/in', { headers })
  await settled()
  t.equal(held.handshakes.length, limits.webSockets + 1)
  for (const client of clients) client.destroy()
})

t.test('what goes wrong at the upstream is answered and told by its code', async (t) => {
  for (const [thrown, status, code] of [
    [new UpstreamFault('UPSTREAM_TIMEOUT', 'x'), 504, 'UPSTREAM_TIMEOUT'],
    [new UpstreamFault('UPSTREAM_BUSY', 'x'), 503, 'UPSTREAM_BUSY'],
    [new Error('x'), 500, undefined],
  ] as const) {
    const held = await open(t)
    const client = ask(held, '/open', { headers: ['Accept: text/html', 'Sec-Fetch-Mode: navigate'] })
    await settled()
    held.handshakes[0]?.fail(thrown)
    await settled()
    t.match(
      client.text(),
      new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*application/problem\\+json[\\s\\S]*X-Ours: 1`, 'i'),
    )
    t.match(held.lines, [
      {
        event: code === undefined ? 'internal.failed' : 'upstream.failed',
        app: 'wiki',
        request_id: /-000001$/,
      },
      { event: 'request', status },
    ])
    t.equal(held.lines[0]?.code, code)
    t.same(held.counted, code === undefined ? [] : [`fault ${code} of wiki`])
    t.ok(client.ended())
  }
})

t.test('a refusal of the app goes on in its words, and what is none is a fault of the app', async (t) => {
  for (const [statusCode, passed] of [
    [299, false],
    [300, true],
    [403, true],
    [599, true],
    [600, false],
  ] as const) {
    const held = await open(t)
    const client = ask(held, '/open')
    await settled()
    const head = { statusCode, reasonPhrase: 'Not so', headers: ['X-Why', 'full', 'X-Echo', secret] }
    held.handshakes[0]?.answer({ kind: 'refused', head, body: statusCode === 403 ? null : Buffer.from('no') })
    await settled()
    t.equal(
      client.text().startsWith(`HTTP/1.1 ${passed ? `${statusCode} Not so\r\nX-Why: full\r\n` : '502 '}`),
      true,
      `${statusCode}`,
    )
    if (passed) t.ok(client.text().endsWith(statusCode === 403 ? '\r\n\r\n' : '\r\n\r\nno'))
    t.notMatch(client.text(), secret)
    t.same(
      told(held),
      passed
        ? [['request', statusCode, 'open-to-anyone']]
        : [
            ['upstream.failed', 'UPSTREAM_RESPONSE_INVALID'],
            ['request', 502, 'open-to-anyone'],
          ],
    )
    t.same(held.metered, [`request ${passed ? statusCode : 502}`])
    t.ok(client.ended())
  }
})

t.test('what the app chooses unasked is its fault, and its connection is let go', async (t) => {
  const held = await open(t)
  const client = ask(held, '/open')
  await settled()
  const { side } = agree(held, ['Sec-WebSocket-Protocol', 'b'])
  await settled()
  t.match(client.text(), /^HTTP\/1\.1 502 /)
  t.ok(side.destroyed)
  t.doesNotThrow(() => side.emit('error', new Error('reset')), 'nobody is told of that')
  t.same(told(held)[0], ['upstream.failed', 'UPSTREAM_RESPONSE_INVALID'])
})

t.test('a store that does not answer for the session is told and counted, as for any request', async (t) => {
  const held = await open(t)
  const cookie = await held.signIn('wiki.example')
  const use = () => {
    throw new StoreFault('STORE_UNAVAILABLE', 'x')
  }
  held.editions.swap({ ...held.runtime, sessions: { ...held.runtime.sessions, use, lookUp: use } })
  const client = ask(held, '/in', { headers: [`Cookie: ${cookie}`] })
  await settled()
  t.match(client.text(), /^HTTP\/1\.1 503 /)
  t.same(told(held), [
    ['store.failed', 'STORE_UNAVAILABLE'],
    ['request', 503, 'undecided'],
  ])
  t.match(held.lines[0], { request_id: /-000001$/, app: 'wiki' })
  t.same(held.counted, ['fault STORE_UNAVAILABLE of wiki'])
})

t.test('a fault of our own is not told as one of the app', async (t) => {
  const held = await open(t)
  const client = ask(held, '/open')
  await settled()
  held.handshakes[0]?.fail(new TypeError('a mistake of ours'))
  await settled()
  t.match(client.text(), /^HTTP\/1\.1 500 /)
  t.match(held.lines[0], { event: 'internal.failed', app: 'wiki', stack: String, request_id: /-000001$/ })
})

t.test('whoever goes while it is asked for ends it, and is told of once', async (t) => {
  const gone = [['request', 499, 'open-to-anyone']]
  for (const [name, leave, lines] of [
    ['the client breaks off', (_held, client) => client.side.destroy(new Error('reset')), gone],
    ['the client goes', (_held, client) => client.destroy(), gone],
    ['the client ends', (_held, client) => client.side.emit('end'), gone],
    ['the gateway stops', (held) => void held.app.close(), [['request', 503, 'open-to-anyone']]],
  ] as readonly (readonly [string, (held: HeldApp, client: HeldConnection) => void, unknown])[]) {
    const held = await open(t)
    const client = ask(held, '/open')
    await settled()
    leave(held, client)
    await settled()
    t.ok(held.handshakes[0]?.signal.aborted, name)
    t.same(told(held), lines, name)
    t.ok(client.side.destroyed, name)
    t.equal(inUse(held), 0, name)
    t.same(held.counted, [], name)
    if (name === 'the gateway stops') {
      t.equal(
        client.text(),
        'HTTP/1.1 503 Service Unavailable\r\ncache-control: no-store\r\nretry-after: 5\r\nx-ours: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      )
    } else t.equal(client.text(), '', name)
  }
})

t.test('who goes in the moment in which the app answers is told of as gone', async (t) => {
  for (const answer of ['agrees', 'refuses', 'fails'] as const) {
    const held = await open(t)
    const client = ask(held, '/open')
    await settled()
    let side: Duplex | null = null
    const head = { statusCode: 403, reasonPhrase: null, headers: [] }
    if (answer === 'agrees') side = agree(held).side
    else if (answer === 'refuses') held.handshakes[0]?.answer({ kind: 'refused', head, body: null })
    else held.handshakes[0]?.fail(new UpstreamFault('UPSTREAM_ABORTED', 'x'))
    client.side.destroy()
    // Its `close` would come later than the answer: it is known to be gone by then, or it is destroyed.
    if (answer === 'agrees') client.side.emit('end')
    await settled()
    t.match(held.lines.at(-1), { event: 'request', status: 499 }, answer)
    t.equal(held.lines.filter(({ event }) => event === 'request').length, 1, answer)
    if (side === null) continue
    t.ok(side.destroyed)
    t.doesNotThrow(() => side?.emit('error', new Error('reset')))
    t.notOk(told(held).some(([event]) => event === 'websocket.opened'))
  }
})

t.test('what cannot even be judged is told, and cut', async (t) => {
  const held = await open(t)
  const cookie = await held.signIn('wiki.example')
  const use = async () => {
    throw new TypeError('a mistake')
  }
  held.editions.swap({ ...held.runtime, sessions: { ...held.runtime.sessions, use } })
  const client = ask(held, '/in', { headers: [`Cookie: ${cookie}`] })
  await settled()
  t.equal(client.text(), '')
  t.ok(client.side.destroyed)
  t.match(held.lines, [{ event: 'internal.failed', error: 'a mistake' }])
  t.equal(inUse(held), 0)
})
