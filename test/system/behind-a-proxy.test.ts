// The blocks of docs/behind-a-proxy.md, each run by Debian's own program before a real gateway and an app: who asks and
// how, Host and path as they came, WebSockets, large header lines, events that arrive one by one.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { startTestGateway } from '../support/gateway.ts'
import { blocksOf } from '../support/page-blocks.ts'
import { freePort, portOf } from '../support/ports.ts'
import { nginxWith, type ReverseProxy, startConfigured } from '../support/reverse-proxy.ts'
import { createAuthority } from '../support/tls.ts'
import { outcomeOf } from '../support/waiting.ts'

const page = blocksOf('docs/behind-a-proxy.md')
const blockOf = (language: string, task = ''): string => {
  const [found, ...others] = page.filter((block) => block.language === language && block.task === task)
  if (found === undefined || others.length > 0) throw new Error(`${language} ${task} is not there once`)
  return found.text
}

/** The proxy comes from 127.0.0.1, which is trusted; whoever asks it comes from elsewhere. */
const client = '127.0.0.2'
const host = 'wiki.example.com'
const authority = createAuthority()
const { key, cert } = authority.issue({ names: [`DNS:${host}`] })

/** The second event is sent when somebody asks for /go: whoever keeps events back never gets there. */
let goOn = (): void => {}
const app = http.createServer({ maxHeaderSize: 65_536 }, (request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
    goOn = () => void response.end('data: second\n\n')
    return
  }
  if (request.url === '/go') goOn()
  if (request.url === '/large') response.setHeader('x-large', 'x'.repeat(12_000))
  const { method, url, headers } = request
  request.resume().on('end', () => response.end(JSON.stringify({ method, url, headers })))
})
app.on('upgrade', (request, socket) => {
  // RFC 6455 section 4.2.2.
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  socket.on('error', () => {}).write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
  socket.pipe(socket)
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))

const gatewayPort = await freePort()
const gateway = await startTestGateway({
  port: gatewayPort,
  yaml: () => `
${blockOf('yaml', 'fragment')}providers:
  op: { issuer: "http://localhost:9", client_id: x, client_secret: a-secret-of-a-client-of-a-provider }
apps:
  wiki:
    url: https://${host}
    upstream: http://127.0.0.1:${portOf(app)}
    require: anyone
    websocket: true
    max_body: 64MiB
    locations:
      - { path: /here, require: { client_ip: 127.0.0.2 } }
      - { path: /there, require: { client_ip: 192.0.2.0/24 } }
`,
})
t.teardown(async () => {
  await gateway.close()
  app.closeAllConnections()
  await new Promise((resolve) => app.close(resolve))
})

/** A block with this test's ports, and files for the names that it says. */
function placed(block: string, port: number, folder: string): string {
  const pem = join(folder, 'wiki.example.com')
  writeFileSync(`${pem}.crt`, cert)
  writeFileSync(`${pem}.key`, key, { mode: 0o600 })
  writeFileSync(`${pem}.pem`, cert + key, { mode: 0o600 })
  return block
    .replaceAll('/etc/ssl/', `${folder}/`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${gatewayPort}`)
    .replace(/(listen|bind) :?(443|80)\b/, `$1 127.0.0.1:${port}`)
}

const proxies: Readonly<Record<string, () => Promise<ReverseProxy>>> = {
  nginx: () =>
    startConfigured('nginx', (port, folder) => nginxWith(placed(blockOf('nginx'), port, folder), folder)),
  // Its name is its address; `bind` and the port are what the test adds.
  caddy: () =>
    startConfigured('caddy', (port, folder) =>
      placed(blockOf('caddyfile'), port, folder)
        .replace(`${host} {`, `https://${host}:${port} {\n  bind 127.0.0.1`)
        .replace(/^/, '{\n  admin off\n}\n'),
    ),
  haproxy: () => startConfigured('haproxy', (port, folder) => placed(blockOf('haproxy'), port, folder)),
}

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** Told of each piece of the answer. */
  readonly onPiece?: (text: string) => void
}

function open(port: number, path: string, { method = 'GET', headers = {} }: Asked): http.ClientRequest {
  const tls = { host: '127.0.0.1', localAddress: client, servername: host, ca: authority.certificate }
  return https.request({ ...tls, port, path, method, agent: false, headers: { host, ...headers } })
}

async function read(response: IncomingMessage, onPiece: (text: string) => void): Promise<Answer> {
  let body = ''
  for await (const piece of response.setEncoding('utf8')) {
    body += piece
    onPiece(body)
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

function ask(port: number, path: string, asked: Asked = {}): Promise<Answer> {
  return new Promise((answered, failed) => {
    const request = open(port, path, asked).on('error', failed)
    request.on('response', (response) => read(response, asked.onPiece ?? (() => {})).then(answered, failed))
    request.end(asked.body)
  })
}

/** One message there and back: a frame with a mask of zeros, and the same frame again. */
function throughWebSocket(port: number): Promise<string> {
  const wanted = { connection: 'Upgrade', upgrade: 'websocket', origin: `https://${host}` }
  const handshake = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  return new Promise((answered, failed) => {
    const request = open(port, '/socket', { headers: { ...wanted, ...handshake } }).on('error', failed)
    request.on('response', (response) => answered(`status ${response.statusCode}`))
    request.on('upgrade', (_, socket) => {
      socket.on('error', failed).on('data', (piece: Buffer) => {
        socket.destroy()
        answered(piece.subarray(6).toString('utf8'))
      })
      socket.write(Buffer.concat([Buffer.from([0x81, 0x85, 0, 0, 0, 0]), Buffer.from('hello')]))
    })
    request.end()
  })
}

for (const [name, start] of Object.entries(proxies)) {
  t.test(name, async (t) => {
    const { port, stop } = await start()
    t.teardown(stop)

    t.test('the gateway knows who asks, over https and for which host', async (t) => {
      const { status, body } = await ask(port, '/a%20b/%C3%A9?q=%2F')
      t.equal(status, 200, body)
      t.match(JSON.parse(body), {
        url: '/a%20b/%C3%A9?q=%2F',
        headers: {
          'x-forwarded-for': client,
          'x-forwarded-proto': 'https',
          'x-forwarded-host': host,
        },
      })
      t.equal((await ask(port, '/here')).status, 200)
    })

    t.test('a forged X-Forwarded-For and -Proto change nothing', async (t) => {
      for (const forged of ['192.0.2.7', '192.0.2.7, 127.0.0.1', `${client}, 192.0.2.7`]) {
        const headers = { 'x-forwarded-for': forged, 'x-forwarded-proto': 'http' }
        t.equal((await ask(port, '/there', { headers })).status, 403, forged)
        const { body } = await ask(port, '/', { headers })
        t.match(JSON.parse(body).headers, { 'x-forwarded-for': client, 'x-forwarded-proto': 'https' })
      }
    })

    t.test('paths come as they were sent: the gateway refuses what servers read in two ways', async (t) => {
      for (const path of ['/a%2Fb', '/a//b', '/a;b', '/%2e%2e/here'])
        t.equal((await ask(port, path)).status, 400, path)
    })

    t.test('header lines of 24 KiB arrive, and large ones of an answer', async (t) => {
      const cookie = `a=${'x'.repeat(12_000)}; b=${'y'.repeat(12_000)}`
      const { status, body } = await ask(port, '/', { headers: { cookie } })
      t.equal(status, 200, body)
      t.equal(JSON.parse(body).headers.cookie, cookie)
      t.equal((await ask(port, '/large')).headers['x-large']?.length, 12_000)
    })

    t.test('more header lines than the gateway takes are refused, by whom it may be', async (t) => {
      const headers = Object.fromEntries(['a', 'b', 'c', 'd'].map((one) => [`x-${one}`, one.repeat(12_000)]))
      t.ok([400, 431].includes((await ask(port, '/', { headers })).status))
    })

    t.test('an upload of 20 MiB arrives', async (t) => {
      const { status } = await ask(port, '/', { method: 'POST', body: Buffer.alloc(20 * 1024 * 1024) })
      t.equal(status, 200)
    })

    t.test('a WebSocket carries a message there and back', async (t) => {
      t.equal(await throughWebSocket(port), 'hello')
    })

    t.test('the first event is here before the second is sent', async (t) => {
      const going: Promise<Answer>[] = []
      const onPiece = (text: string): void => {
        if (going.length === 0 && text.includes('first')) going.push(ask(port, '/go'))
      }
      const answer = await outcomeOf(ask(port, '/events', { onPiece }))
      await Promise.all(going)
      t.match(answer, { body: 'data: first\n\ndata: second\n\n' })
    })
  })
}

t.test(
  'a trusted proxy that does not set X-Forwarded-For passes a forged one on, and it is believed',
  async (t) => {
    const wrong = blockOf('nginx', 'wrong')
    const { port, stop } = await startConfigured('nginx', (port, folder) =>
      // The app is one of https: the proxy says so, and forgets the other header alone.
      nginxWith(
        placed(wrong, port, folder).replace('}', 'proxy_set_header X-Forwarded-Proto https;\n}'),
        folder,
      ),
    )
    t.teardown(stop)
    const plain = (headers: Readonly<Record<string, string>>): Promise<number> =>
      new Promise((answered, failed) => {
        const address = `http://127.0.0.1:${port}/there`
        const request = http.get(address, { agent: false, headers: { host, ...headers } }, (response) => {
          response.resume()
          answered(response.statusCode ?? 0)
        })
        request.on('error', failed)
      })
    t.equal(await plain({}), 403)
    t.equal(await plain({ 'x-forwarded-for': '192.0.2.7' }), 200, 'as the page says')
  },
)
