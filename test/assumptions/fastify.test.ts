// What Fastify does, measured on the version we ship; src/http/app.ts and src/http/proxy.ts rest on it.
import http, { type IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { portOf } from '../support/ports.ts'
import { exchange, rawClient, statusOf } from '../support/raw.ts'

async function listening(
  test: { teardown(fn: () => Promise<void>): void },
  app: FastifyInstance,
): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  test.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  return portOf(app.server)
}

const head = (target: string, more = '') =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`

t.test('F9 no limit for how long a request may take', async (t) => {
  const app = Fastify()
  await listening(t, app)
  t.equal(app.server.requestTimeout, 0)
})

t.test('its router answers some targets before any hook runs', async (t) => {
  const hooked: (string | undefined)[] = []
  const app = Fastify()
  app.addHook('onRequest', async (request) => void hooked.push(request.raw.url))
  app.get('/*', async () => 'ok')
  const port = await listening(t, app)
  t.equal(statusOf(await exchange(port, head('/%zz'))), 400)
  t.strictSame(hooked, [])
})

t.test('what `serverFactory` puts into url and method is what is routed', async (t) => {
  const app = Fastify({
    serverFactory: (handler) =>
      http.createServer((request: IncomingMessage, response) => {
        request.url = '/'
        request.method = 'GET'
        handler(request, response)
      }),
  })
  app.get('/', async () => 'constant')
  const port = await listening(t, app)
  for (const line of ['GET /%zz', 'PROPFIND /x', 'GET http://evil.test/', 'POST /y']) {
    const answer = await exchange(
      port,
      `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: a b\r\n\r\n`,
    )
    t.match(answer, /200 OK[\s\S]*constant/, line)
  }
})

t.test('text/plain has a parser of its own until all are removed', async (t) => {
  const app = Fastify()
  const seen: unknown[] = []
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.post('/bare', async (request) => void seen.push(request.body))
  })
  app.post('/parsed', async (request) => void seen.push(request.body))
  const port = await listening(t, app)
  for (const path of ['/parsed', '/bare']) {
    await exchange(
      port,
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi`,
    )
  }
  t.strictSame(seen, ['hi', undefined])
})

t.test('`onResponse` is not run for a client that went away', async (t) => {
  let responses = 0
  let closed = () => {}
  const over = new Promise<void>((resolve) => {
    closed = resolve
  })
  const app = Fastify()
  app.addHook('onResponse', async () => {
    responses += 1
  })
  app.get('/wait', (_request, reply) => {
    reply.raw.on('close', closed)
  })
  app.get('/end', async () => 'ok')
  const port = await listening(t, app)
  await exchange(port, head('/end'))
  const client = await rawClient(port, head('/wait'))
  setImmediate(() => client.destroy())
  await over
  t.equal(responses, 1, 'so the access line is written at the `close` of the response')
})

t.test('an answer that is written to the raw response is the answer', async (t) => {
  const app = Fastify()
  app.get('/', (_request, reply) => {
    reply.raw.writeHead(202, ['X-Raw', 'yes']).end('raw')
  })
  const port = await listening(t, app)
  t.match(await exchange(port, head('/')), /202[\s\S]*X-Raw: yes[\s\S]*raw/)
})
