// What node:http does, measured on the version we ship; src/http/server and src/http/proxy rest on it.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { portOf } from '../support/ports.ts'
import { exchange, rawClient, statusOf } from '../support/raw.ts'

async function serve(
  test: { teardown(fn: () => Promise<void>): void },
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  options: http.ServerOptions = {},
): Promise<{ readonly port: number; readonly server: http.Server }> {
  const server = http.createServer(options, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.teardown(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return { port: portOf(server), server }
}

t.test('a head that throws leaves its reason phrase for the next one, unless that is emptied', async (t) => {
  const { port } = await serve(t, (request, response) => {
    try {
      response.writeHead(200, 'Fine', ['X-Bad', 'a\u0000b'])
    } catch {
      if (request.url === '/emptied') response.statusMessage = ''
      response.writeHead(502, ['Content-Length', '0']).end()
    }
  })
  for (const [path, line] of [
    ['/', 'HTTP/1.1 502 Fine'],
    ['/emptied', 'HTTP/1.1 502 Bad Gateway'],
  ] as const) {
    const answer = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    t.equal(answer.split('\r\n')[0], line)
  }
})

t.test('F8 a Trailer header beside a Content-Length throws', async (t) => {
  const thrown: unknown[] = []
  const { port } = await serve(t, (_request, response) => {
    try {
      response.writeHead(200, ['Trailer', 'X-T', 'Content-Length', '2'])
    } catch (error) {
      thrown.push(error)
    }
    response.destroy()
  })
  await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(thrown, [{ code: 'ERR_HTTP_TRAILER_INVALID' }])
})

t.test('a flat list of headers goes out in its order, spelling and number, and is validated', async (t) => {
  const thrown: unknown[] = []
  const { port } = await serve(t, (_request, response) => {
    try {
      response.writeHead(200, ['X-A', 'a\nb'])
    } catch (error) {
      thrown.push(error)
    }
    response
      .writeHead(200, ['set-Cookie', 'a=1', 'Set-COOKIE', 'b=2', 'X-L', '\xe9', 'Content-Length', '0'])
      .end()
  })
  const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(answer, 'set-Cookie: a=1\r\nSet-COOKIE: b=2\r\nX-L: \xe9\r\nContent-Length: 0\r\n')
  t.match(thrown, [{ code: 'ERR_INVALID_CHAR' }])
})

t.test('F3 the parser refuses what two servers could read in two ways (S-065 to S-069)', async (t) => {
  const { port } = await serve(t, (_request, response) => response.end())
  const refused: [string, string][] = [
    [
      'Content-Length and Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG',
    ],
    ['another last coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi'],
    [
      'the same length twice',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi',
    ],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nhi'],
    ['bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ]
  for (const [name, bytes] of refused) t.equal(statusOf(await exchange(port, bytes)), 400, name)
})

t.test('F3 what it lets through, and the gate refuses', async (t) => {
  const seen: IncomingMessage[] = []
  const { port } = await serve(t, (request, response) => {
    seen.push(request)
    response.end()
  })
  const lines = ['Host: a\r\nHost: b', 'Host: user@a', 'Host: a, b']
  for (const host of lines) {
    t.equal(
      statusOf(await exchange(port, `GET / HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`)),
      200,
      host,
    )
  }
  await exchange(port, 'GET /a#b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.equal(seen.at(-1)?.url, '/a#b')
})

t.test('too many header lines are refused, where older versions cut them in silence (F3)', async (t) => {
  const { port } = await serve(t, (_request, response) => response.end(), { maxHeaderSize: 1024 * 1024 })
  const lines = (count: number) => 'X: y\r\n'.repeat(count)
  const ask = (count: number) =>
    exchange(port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines(count)}\r\n`)
  t.equal(statusOf(await ask(900)), 200)
  t.equal(statusOf(await ask(3000)), 431)
})

t.test('an upgrade that `shouldUpgradeCallback` declines is a plain request', async (t) => {
  const { port, server } = await serve(t, (_request, response) => response.end('plain'), {
    shouldUpgradeCallback: () => false,
  })
  server.on('upgrade', (_request, socket) => socket.destroy())
  const client = await rawClient(
    port,
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
  )
  await client.until('plain')
  client.destroy()
})

t.test('a HEAD that is shown on as GET still has no body', async (t) => {
  const { port } = await serve(t, (request, response) => {
    request.method = 'GET'
    response.writeHead(200, ['Content-Length', '4']).end('body')
  })
  const answer = await exchange(port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.ok(answer.endsWith('\r\n\r\n'))
})

t.test('`close` of a response comes once, after its end and after a client that went away', async (t) => {
  let closes = 0
  let wake = () => {}
  const { port } = await serve(t, (request, response) => {
    response.on('close', () => {
      closes += 1
      wake()
    })
    if (request.url === '/end') response.end()
  })
  await exchange(port, 'GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const gone = new Promise<void>((resolve) => {
    wake = resolve
  })
  const client = await rawClient(port, 'GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
  setImmediate(() => client.destroy())
  await gone
  t.equal(closes, 2)
})
