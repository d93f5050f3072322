// However an exchange ends whose body is held, and in whatever order many of them do: what it held is given back, once.
import t, { type Test } from 'tap'
import type { HeldBytes } from '../../../src/core/limits/held-bytes.ts'
import { type AtUpstream, type HeldApp, openHeldApp } from '../../support/held-app.ts'
import { connectTo, type HeldConnection, settled } from '../../support/held-connection.ts'

const yaml = `
aws: { held_bodies: 4KiB }
trusted_proxies: [10.0.0.1/32]
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
providers:
  acme: { issuer: "https://op.example", client_id: c, client_secret: s }
apps:
  wiki:
    url: https://wiki.example
    upstream: { url: "https://abc.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }
    max_body: 1KiB
    require: anyone
    locations:
      - { path: /small, require: anyone, max_body: 100B }
`
const longest = 1024

t.test('one network may hold one body of `max_body`, also where that is more than an eighth', async (t) => {
  const held = await openHeldApp(t, yaml)
  const connection = connectTo(held.app.server, '192.0.2.1')
  connection.write(`${headOf('POST', '/a', `Content-Length: ${longest}`)}${'x'.repeat(longest)}`)
  await settled()
  t.equal(held.sent.length, 1)
  const other = connectTo(held.app.server, '192.0.2.1')
  other.write(`${headOf('POST', '/a', 'Content-Length: 1')}y`)
  await settled()
  t.match(other.text(), /^HTTP\/1\.1 503 /, 'and no byte beside it')
  t.equal(held.sent.length, 1)
})

t.test('addresses of one IPv6 network share what it may hold', async (t) => {
  const held = await openHeldApp(t, yaml)
  connectTo(held.app.server, '2001:db8::1').write(
    `${headOf('POST', '/a', 'Content-Length: 1000')}${'x'.repeat(999)}`,
  )
  await settled()
  for (const [peer, status] of [
    ['2001:db8::ffff', /^HTTP\/1\.1 503 /],
    ['2001:db8:0:1::1', /^$/],
  ] as const) {
    const connection = connectTo(held.app.server, peer)
    connection.write(headOf('POST', '/a', 'Content-Length: 100'))
    await settled()
    t.match(connection.text(), status, peer)
  }
})

function headOf(method: string, target: string, framing: string, more = ''): string {
  return `${method} ${target} HTTP/1.1\r\nHost: wiki.example\r\n${more}${framing}\r\n\r\n`
}

/** Numbers of a sequence that is the same each time (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

interface Client {
  readonly connection: HeldConnection
  left: string
}

/** What happens next to one of many exchanges; each is as likely as any other. */
class Fuzz {
  readonly #held: HeldApp
  readonly #below: (below: number) => number
  readonly #clients: Client[] = []
  readonly #answered = new Set<AtUpstream>()
  mostBytes = 0

  constructor(held: HeldApp, seed: number) {
    this.#held = held
    this.#below = numbersFrom(seed)
  }

  get #account(): HeldBytes {
    return this.#held.runtime.heldBytes
  }

  async run(steps: number, onRest: (at: number) => void): Promise<void> {
    const acts = [
      ...[
        () => this.#begin(),
        () => this.#begin(),
        () => this.#write(),
        () => this.#write(),
        () => this.#write(),
      ],
      ...[
        () => this.#goAway(),
        () => this.#halfClose(),
        () => this.#fail(),
        () => this.#answer(),
        () => this.#reload(),
      ],
    ]
    for (let at = 0; at < steps; at++) {
      this.#pick(acts)?.()
      if (this.#below(3) === 0) await settled()
      this.mostBytes = Math.max(this.mostBytes, this.#account.bytes())
      if (this.#clients.length < 25) continue
      await this.leave()
      onRest(at)
    }
  }

  async leave(): Promise<void> {
    for (const { connection } of this.#clients.splice(0)) connection.destroy()
    await settled()
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#below(list.length)]
  }

  #begin(): void {
    const peer = this.#pick([
      '192.0.2.1',
      '192.0.2.2',
      '2001:db8::1',
      '2001:db8::2',
      '2001:db8:0:1::1',
      '10.0.0.1',
    ])
    const bytes = this.#pick([0, 1, 99, 100, 101, longest - 1, longest, longest + 1, this.#below(1200)]) ?? 0
    const method = this.#pick(['POST', 'PUT', 'GET', 'HEAD', 'DELETE', 'OPTIONS']) ?? 'POST'
    const target = this.#pick(['/a', '/small', '/a?x=%41']) ?? '/a'
    const more = this.#pick(['', 'Expect: 100-continue\r\n', 'Connection: close\r\n'])
    const chunked = this.#below(2) === 0
    const connection = connectTo(this.#held.app.server, peer)
    connection.write(
      headOf(method, target, chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`, more),
    )
    this.#clients.push({ connection, left: chunked ? this.#chunks(bytes) : 'x'.repeat(bytes) })
  }

  #chunks(bytes: number): string {
    let text = ''
    for (let at = 0; at < bytes; ) {
      const piece = 'x'.repeat(Math.min(1 + this.#below(300), bytes - at))
      text += `${piece.length.toString(16)}${this.#pick(['', ';e=1'])}\r\n${piece}\r\n`
      at += piece.length
    }
    return text + (this.#pick(['0\r\n\r\n', '0\r\n\r\n', '0\r\nX-Amz-Date: 1\r\n\r\n', '', 'zz\r\n']) ?? '')
  }

  #write(): void {
    const client = this.#pick(this.#clients)
    if (client === undefined) return
    const bytes = this.#pick([1, 50, 400, 2000]) ?? 1
    client.connection.write(client.left.slice(0, bytes))
    client.left = client.left.slice(bytes)
  }

  #goAway(): void {
    const [client] = this.#clients.splice(this.#below(this.#clients.length + 1), 1)
    client?.connection.destroy()
  }

  #halfClose(): void {
    this.#pick(this.#clients)?.connection.side.push(null)
  }

  #atApp(): AtUpstream | undefined {
    const open = this.#held.sent.filter((one) => !one.done.includes('cancel') && !this.#answered.has(one))
    return this.#pick(open)
  }

  #fail(): void {
    const one = this.#atApp()
    if (one === undefined) return
    this.#answered.add(one)
    one.sink.failed(new Error('broke off'))
  }

  #answer(): void {
    const one = this.#atApp()
    if (one === undefined) return
    this.#answered.add(one)
    one.sink.head({ statusCode: this.#pick([200, 204, 304, 500]) ?? 200, reasonPhrase: 'OK', headers: [] })
    const bytes = this.#pick([0, 1, 20_000]) ?? 0
    if (bytes > 0) one.sink.data(Buffer.alloc(bytes, 'a'))
    if (this.#below(4) === 0) one.sink.failed(new Error('cut'))
    else one.sink.end()
  }

  #reload(): void {
    const { runtime, editions } = this.#held
    const heldBodyBytes = this.#pick([longest, 2 * longest, 8 * longest]) ?? longest
    editions.swap({ ...runtime, gateway: { ...runtime.gateway, heldBodyBytes } })
  }
}

async function fuzzed(t: Test, seed: number): Promise<void> {
  const held = await openHeldApp(t, yaml)
  const { heldBytes } = held.runtime
  const fuzz = new Fuzz(held, seed)
  const kept: string[] = []
  await fuzz.run(1500, (at) => {
    if (heldBytes.bytes() !== 0 || heldBytes.networks() !== 0)
      kept.push(`${heldBytes.bytes()} bytes of ${heldBytes.networks()} networks after ${at} steps`)
  })
  await fuzz.leave()
  t.same(kept, [])
  t.equal(heldBytes.bytes(), 0)
  t.equal(heldBytes.networks(), 0)
  t.ok(fuzz.mostBytes > longest && fuzz.mostBytes <= 8 * longest, `${fuzz.mostBytes} bytes at most`)
  const lengths = held.sent.map(({ request: { body } }) => (Buffer.isBuffer(body) ? body.length : 0))
  t.ok(Math.max(...lengths) <= longest, 'nothing longer reached the app')
  t.ok(lengths.filter((length) => length > 0).length > 10, 'bodies did')
}

for (const seed of [15, 16, 17])
  t.test(`of many exchanges that end in any way nothing stays held (${seed})`, (t) => fuzzed(t, seed))
