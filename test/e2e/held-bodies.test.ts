// Bodies for apps that AWS guards, over real sockets: held until their last byte, signed as a whole (botocore verifies each
// hash at the other end), dripped, flooded and broken off. Clients say by X-Forwarded-For which network they are of.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { roleKey, startAws } from '../support/aws/stand-in.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { portOf } from '../support/ports.ts'
import { rawClient, statusOf } from '../support/raw.ts'

const MiB = 1024 * 1024

/** Says what it got. */
const handler = `
import base64, hashlib, json, time

def handler(event, context):
    body = event.get('body') or ''
    data = base64.b64decode(body) if event.get('isBase64Encoded') else body.encode()
    if event.get('path', event.get('rawPath', '')).endswith('/slow'):
        time.sleep(1)
    told = {'length': len(data), 'sha256': hashlib.sha256(data).hexdigest()}
    return {'statusCode': 200, 'headers': {'Content-Type': 'application/json'}, 'body': json.dumps(told)}
`

const aws = await startAws(t, { handler: 'own.handler', files: { 'own.py': handler } })
const { accessKeyId, secretAccessKey } = roleKey
const token = roleKey.sessionToken === null ? '' : `, session_token: "${roleKey.sessionToken}"`
const keys = `credentials: { access_key_id: ${accessKeyId}, secret_access_key: "${secretAccessKey}"${token} }`

const yaml = (url: string, held = '80MiB') => `
trusted_proxies: [127.0.0.1/32]
aws: { held_bodies: ${held} }
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
defaults: { require: anyone, timeouts: { body: { grace: 1s, min_rate: 50000 } } }
apps:
  rest:
    url: ${url}/rest
    upstream: { url: "${aws.rest.url}", strip_prefix: true, aws: { sign: execute-api, ${keys}, endpoint: "${aws.rest.origin}" } }
  function:
    url: ${url}/function
    upstream: { url: "${aws.functionUrl.url}", strip_prefix: true, aws: { sign: lambda, ${keys}, endpoint: "${aws.functionUrl.origin}" } }
`

const gateway = await startLiveGateway(yaml)
t.teardown(() => gateway.close())

interface Asked {
  readonly target?: string
  readonly network?: string
  readonly lines?: readonly string[]
  readonly length?: number
}

function headOf({ target = '/rest/up', network = '192.0.2.1', lines = [], length }: Asked): string {
  const framing = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  const host = `localhost:${gateway.port}`
  return `${[`POST ${target} HTTP/1.1`, `Host: ${host}`, `X-Forwarded-For: ${network}`, 'X-Forwarded-Proto: http', framing, ...lines].join('\r\n')}\r\n\r\n`
}

const begin = (asked: Asked) => rawClient(gateway.port, headOf(asked))
const close = ['Connection: close']
const jsonOf = (text: string) => JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
const toldOf = (body: Buffer) => ({
  length: body.length,
  sha256: createHash('sha256').update(body).digest('hex'),
})

async function upload(target: string, body: Buffer, chunkBytes: number | null = null): Promise<string> {
  const client = await begin({
    target,
    lines: close,
    ...(chunkBytes === null ? { length: body.length } : {}),
  })
  if (chunkBytes === null) client.write(body)
  else {
    for (let at = 0; at < body.length; at += chunkBytes) {
      const piece = body.subarray(at, at + chunkBytes)
      client.write(`${piece.length.toString(16)}\r\n`)
      client.write(piece)
      client.write('\r\n')
    }
    client.write('0\r\n\r\n')
  }
  return client.closed()
}

t.test('the largest body arrives as it was sent, by its length or in chunks of any size', async (t) => {
  for (const [target, bytes, chunkBytes] of [
    ['/rest/up', 10 * MiB, null],
    // What becomes of it in an event is base64, a third longer: 6 MiB are for the function's address as a whole.
    ['/function/up', 4 * MiB, null],
    ['/rest/up', 3 * MiB, 60_000],
    ['/function/up', 20_000, 1],
    ['/rest/up', 1, null],
  ] as const) {
    const body = randomBytes(bytes)
    const text = await upload(target, body, chunkBytes)
    t.equal(statusOf(text), 200, `${target}, ${bytes} bytes, ${chunkBytes}`)
    t.same(jsonOf(text), toldOf(body))
  }
})

t.test('a longer one is 413, announced or not, and never reaches AWS', async (t) => {
  await aws.forget()
  for (const [target, most] of [
    ['/rest/up', 10 * MiB],
    ['/function/up', 6 * MiB],
  ] as const) {
    const announced = await begin({ target, length: most + 1, lines: close })
    t.equal(statusOf(await announced.closed()), 413)
    t.equal(statusOf(await upload(target, Buffer.alloc(most + 1, 'x'), 65_536)), 413)
  }
  t.same(await aws.requests(), [])
})

t.test('a body that is dripped, or stands still, ends by 408, and gives back what it held', async (t) => {
  await aws.forget()
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => begin({ length: MiB, network: '192.0.2.66' })),
  )
  const drips = clients.map((client, i) => {
    // Every second stands still, the others go on, far too slowly.
    const drip = () => client.write('x')
    drip()
    const timer = i % 2 === 0 ? setInterval(drip, 100) : null
    return client
      .until(/^HTTP\/1\.1 408 [\s\S]*request-body-stalled/)
      .finally(() => timer && clearInterval(timer))
  })
  await Promise.all(drips)
  for (const client of clients) client.destroy()
  const whole = randomBytes(10 * MiB)
  const text = await upload('/rest/up', whole)
  t.equal(statusOf(text), 200, 'all of its part is free again')
  t.equal((await aws.requests()).length, 1)
})

t.test('one network holds its part, and keeps nobody else out', async (t) => {
  const greedy = '192.0.2.77'
  const holding = await Promise.all(
    Array.from({ length: 5 }, () => begin({ length: 3 * MiB, network: greedy })),
  )
  for (const client of holding) client.write(Buffer.alloc(3 * MiB - 1, 'x'))
  // Three of the five fit into ten MiB; the others are told so as soon as what came is too much.
  const refused = await Promise.all(
    holding.map((client) => client.until(/ 503 [\s\S]*held-bodies-full| 408 /).then(statusOf)),
  )
  t.equal(refused.filter((status) => status === 503).length, 2, `${refused}`)
  const other = randomBytes(MiB)
  const text = await upload('/rest/up', other)
  t.same(jsonOf(text), toldOf(other))
  for (const client of holding) client.destroy()
})

t.test('pipelined bodies are answered in their order', async (t) => {
  await aws.forget()
  const bodies = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  const client = await rawClient(
    gateway.port,
    bodies
      .map((body, i) => `${headOf({ length: body.length, ...(i === 2 ? { lines: close } : {}) })}${body}`)
      .join(''),
  )
  const text = await client.closed()
  t.same(
    [...text.matchAll(/\{"length".*?\}/g)].map(([json]) => JSON.parse(json)),
    bodies.map(toldOf),
  )
})

t.test('a client that waits to be asked is asked, and its body is signed', async (t) => {
  const body = randomBytes(5000)
  const client = await begin({ length: body.length, lines: ['Expect: 100-continue', ...close] })
  await client.until('HTTP/1.1 100 Continue\r\n\r\n')
  client.write(body)
  t.same(jsonOf(await client.closed()), toldOf(body))
})

t.test('clients that go away, before their last byte or while AWS thinks, leave nothing held', async (t) => {
  const network = '192.0.2.88'
  for (const target of ['/rest/up', '/rest/slow']) {
    const bytes = 9 * MiB
    const client = await begin({ target, length: target === '/rest/up' ? bytes + 1 : bytes, network })
    await new Promise<void>((resolve) => client.socket.write(Buffer.alloc(bytes, 'x'), () => resolve()))
    if (target === '/rest/slow') await aws.requests()
    client.destroy()
  }
  // Nothing tells when the gateway has seen them go: it is asked until there is room for a whole part.
  let status: number | undefined = 503
  for (let asked = 0; asked < 100 && status === 503; asked += 1) {
    const again = await begin({ length: 10 * MiB, network, lines: close })
    again.write(Buffer.alloc(10 * MiB, 'y'))
    status = statusOf(await again.closed())
  }
  t.equal(status, 200)
})

t.test('whoever breaks off while a body is on its way to AWS ends that exchange alone', async (t) => {
  const bytes = 8 * MiB
  const network = '192.0.2.99'
  for (const how of ['destroy', 'reset', 'silent'] as const) {
    const began = Promise.withResolvers<void>()
    const sockets: Socket[] = []
    const place = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', () => {
        began.resolve()
        // It reads no further, or is gone.
        socket.pause()
        if (how === 'destroy') socket.destroy()
        if (how === 'reset') socket.resetAndDestroy()
      })
    })
    await new Promise<void>((resolve) => place.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${portOf(place)}`
    await gateway.reload(yaml(gateway.url).replace(aws.rest.origin, endpoint))
    const client = await begin({ length: bytes, network, lines: close })
    client.write(Buffer.alloc(bytes, 'x'))
    if (how === 'silent') {
      await began.promise
      client.destroy()
    } else t.equal(statusOf(await client.closed()), 502, how)
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => place.close(() => resolve()))
  }
  await gateway.reload(yaml(gateway.url))
  const whole = randomBytes(10 * MiB)
  let text = ''
  // Nothing tells when the gateway has seen the last client go.
  for (let asked = 0; asked < 100 && statusOf(text) !== 200; asked += 1) {
    const again = await begin({ length: whole.length, network, lines: close })
    again.write(whole)
    text = await again.closed()
  }
  t.same(jsonOf(text), toldOf(whole))
})

t.test('a reload with less room lets in what fits from then on', async (t) => {
  await gateway.reload(yaml(gateway.url, '10MiB'))
  const holding = await begin({ length: 6 * MiB, network: '192.0.2.90' })
  holding.write(Buffer.alloc(6 * MiB - 1, 'x'))
  // Nothing tells when these have come: others ask until there is no room for them.
  let answer = ''
  for (let asked = 0; asked < 500 && !answer.includes(' 503 '); asked += 1) {
    const lines = ['Expect: 100-continue', ...close]
    const other = await begin({ length: 5 * MiB, network: '192.0.2.91', lines })
    answer = await other.until(/^HTTP\/1\.1 \d{3} /)
    other.destroy()
  }
  t.match(answer, /^HTTP\/1\.1 503 /, 'neither of them has its part of before')
  const small = await begin({ length: 4, network: '192.0.2.91', lines: close })
  small.write('tiny')
  t.same(jsonOf(await small.closed()), toldOf(Buffer.from('tiny')))
  holding.destroy()
})
