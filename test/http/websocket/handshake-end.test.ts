// A handshake that nobody waits for any more ends at the upstream at once, and has its line in the log once.
import t from 'tap'
import { fuzzAborts } from '../../support/abort-fuzz.ts'
import { type RawClient, rawClient, statusOf } from '../../support/raw.ts'
import { accepting, handshake, startFront } from './rig.ts'

const never = () => null

t.test('a handshake whose client is gone ends at the upstream at once', async (t) => {
  const ways: [string, (client: RawClient) => void][] = [
    ['reset', ({ socket }) => void socket.resetAndDestroy()],
    ['closed', ({ socket }) => void socket.destroy()],
    ['half closed', ({ socket }) => void socket.end()],
  ]
  for (const [name, leave] of ways) {
    for (const [behind, bytes, later] of [
      ['nothing', '', ''],
      ['a frame', '\x82\x84abcdwxyz', ''],
      ['a frame in a packet of its own', '', '\x82\x84abcdwxyz'],
    ] as const) {
      t.test(`${name}, with ${behind} behind it`, async (t) => {
        // The app would take a minute: what ends within the patience of a test, the client ended.
        const front = await startFront(t, never, { response: '10m' })
        const client = await rawClient(front.gateway.port, handshake(front, { body: bytes }))
        await front.upstream.until(() => front.upstream.received().includes('\r\n\r\n'))
        if (later !== '') client.write(later)
        leave(client)
        await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
        await front.gateway.logged(({ event, path }) => event === 'request' && path === '/ws')
        await client.closed()
        const lines = front.gateway.log.filter(({ path }) => path === '/ws')
        t.match(lines, [{ event: 'request', status: 499, decision: 'allow' }])
        t.equal(lines.length, 1)
        t.notOk(
          front.gateway.log.some(({ event }) => event === 'upstream.failed'),
          'the app did nothing wrong',
        )
        t.notMatch(client.text(), /HTTP/)
      })
    }
  }
})

t.test('a gateway that stops gives up what is being opened: 503', async (t) => {
  const front = await startFront(t, never, { response: '10m' })
  const client = await rawClient(front.gateway.port, handshake(front))
  await front.upstream.until(() => front.upstream.received().includes('\r\n\r\n'))
  await front.gateway.close()
  t.equal(statusOf(await client.closed()), 503)
  await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
  t.match(
    front.gateway.log.filter(({ path }) => path === '/ws'),
    [{ event: 'request', status: 503 }],
  )
})

t.test('a handshake that came in time is none the worse for it', async (t) => {
  const front = await startFront(t, accepting())
  const client = await rawClient(front.gateway.port, handshake(front, { body: '\x82\x84abcdwxyz' }))
  await client.until('\r\n\r\n')
  await front.upstream.until(() => front.upstream.received().endsWith('\x82\x84abcdwxyz'))
  t.equal(statusOf(client.text()), 101)
})

t.test('clients that go away at random moments of a handshake leave nothing', async (t) => {
  for (const seed of [1, 2, 3]) {
    const { raised, leased, held, statuses } = await fuzzAborts(150, seed, 'handshakes')
    t.same(raised, [], `seed ${seed}`)
    t.equal(leased, 0)
    t.equal(held, 0)
    for (const status of [101, 499, 502, 401]) t.ok((statuses.get(status) ?? 0) > 0, `${status} was met`)
  }
})
