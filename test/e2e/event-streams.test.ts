import t from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { startOp } from '../support/op.ts'
import { type RawClient, rawClient } from '../support/raw.ts'
import { recordingUpstream } from '../support/upstream.ts'

const op = await startOp()
/** `/events` begins server-sent events and goes on; `/download` an answer that is none. */
const app = () =>
  recordingUpstream({
    answer: ({ received }) => {
      if (received.includes('GET /events/late')) return null
      if (received.includes('GET /done'))
        return 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'
      if (/GET \/(?:late|typed)/.test(received)) return null
      const type = received.includes('/events') ? 'text/event-stream; charset=utf-8' : 'text/plain'
      return received.endsWith('\r\n\r\n') ? begin(type) : null
    },
  })
const begin = (type: string) =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n`
const [upstream, other] = [await app(), await app()]
const yaml =
  (rule: string, port = upstream.port) =>
  (url: string) =>
    `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki:
    url: ${url}
    upstream: "http://127.0.0.1:${port}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: ${rule}
    locations: [{ path: /events/open, require: anyone }]
`
const gateway = await startLiveGateway(yaml('signed_in'))
op.register({
  redirectUris: [`${gateway.url}/.auth/callback`],
  postLogoutRedirectUris: [`${gateway.url}/.auth/logged-out`],
})
t.teardown(async () => {
  await gateway.close()
  await Promise.all([op.close(), upstream.close(), other.close()])
})

async function signIn(): Promise<Browser> {
  const browser = new Browser()
  await visitAs(browser, 'alice', `${gateway.url}/.auth/login?return_to=/done`)
  return browser
}

/** An answer that goes on, and what came of it so far. */
async function listen(target: string, browser: Browser | null): Promise<RawClient> {
  const client = await ask(target, browser)
  await client.until('data: 1')
  return client
}

async function ask(target: string, browser: Browser | null): Promise<RawClient> {
  const cookies = [...(browser?.cookies('localhost') ?? [])]
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  const head = `GET ${target} HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nCookie: ${cookies}\r\n\r\n`
  return rawClient(gateway.port, head)
}

async function signOut(browser: Browser): Promise<void> {
  await browser.visit(`${gateway.url}/.auth/logout`, {
    form: {},
    headers: { origin: gateway.url, 'sec-fetch-site': 'same-origin' },
    follow: false,
  })
}

t.test('server-sent events end with their session; other answers, and other people’s, go on', async (t) => {
  const [alice, another] = [await signIn(), await signIn()]
  const events = await listen('/events', alice)
  const download = await listen('/download', alice)
  const elsewhere = await listen('/events', another)
  const open = await listen('/events/open', null)
  await signOut(alice)
  t.match(await events.until('\r\n0\r\n\r\n'), /^HTTP\/1\.1 200 OK/, 'the answer ends as one that is whole')
  const [connection] = upstream.connections.filter(({ received }) => received.includes('GET /events HTTP'))
  await upstream.until(() => connection?.closed === true)
  for (const client of [download, elsewhere, open]) {
    t.notOk(client.socket.destroyed)
    t.notMatch(client.text(), '\r\n0\r\n\r\n')
    client.destroy()
  }
  events.destroy()
  t.match(
    gateway.log.find(({ path }) => path === '/events'),
    { status: 200 },
    'the client did not go away',
  )
})

t.test('a new configuration judges them again', async (t) => {
  const alice = await signIn()
  const events = await listen('/events', alice)
  const open = await listen('/events/open', alice)
  await gateway.reload(yaml('{ groups: nobody-has-it }')(gateway.url))
  await events.until('\r\n0\r\n\r\n')
  t.notMatch(open.text(), '\r\n0\r\n\r\n', 'who may stay stays')
  await gateway.reload(yaml('{ groups: nobody-has-it }', other.port)(gateway.url))
  await open.until('\r\n0\r\n\r\n')
  t.pass('and what would lead to another app begins anew')
  events.destroy()
  open.destroy()
  await gateway.reload(yaml('signed_in')(gateway.url))
})

t.test('they are known by their media type, however it is written', async (t) => {
  const alice = await signIn()
  const rows = [
    ['Text/Event-Stream', true],
    ['text/event-stream ; charset=utf-8', true],
    ['text/plain\r\nContent-Type: text/event-stream', true],
    ['text/event-stream-of-another-kind', false],
  ] as const
  for (const [i, [type, isOne]] of rows.entries()) {
    const client = await ask(`/typed/${i}`, alice)
    await upstream.until(() => upstream.received().includes(`GET /typed/${i}`))
    const typed = upstream.connections.findLast(({ received }) => received.includes(`GET /typed/${i}`))
    typed?.socket.write(begin(type))
    await client.until('data: 1')
    await gateway.reload(yaml('{ groups: nobody-has-it }')(gateway.url))
    if (!isOne) typed?.socket.write('5\r\nlater\r\n0\r\n\r\n')
    t.equal((await client.until('\r\n0\r\n\r\n')).includes('later'), !isOne, type)
    await gateway.reload(yaml('signed_in')(gateway.url))
    client.destroy()
  }
})

t.test('one that begins after the rules that let it in are gone is judged again', async (t) => {
  await gateway.reload(yaml('signed_in')(gateway.url))
  const alice = await signIn()
  const cookies = [...alice.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const head = `GET /events/late HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nCookie: ${cookies}\r\n\r\n`
  const client = await rawClient(gateway.port, head)
  const asked = () => upstream.connections.find(({ received }) => received.includes('GET /events/late'))
  await upstream.until(() => asked() !== undefined)
  await gateway.reload(yaml('{ groups: nobody-has-it }')(gateway.url))
  asked()?.socket.write(
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  await client.until('\r\n0\r\n\r\n')
  t.notMatch(client.text(), 'data:')
  client.destroy()
})
