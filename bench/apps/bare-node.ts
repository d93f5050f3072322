import http from 'node:http'
import { Pool } from 'undici'

/** The least that Node and undici can do: pass a request on. No header is judged, nothing is logged. */
const pool = new Pool(process.argv[2] ?? '')
const server = http.createServer((request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers
  pool.request(
    {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers,
      body: hasBody(request) ? request : null,
    },
    (error, answer) => {
      if (error || answer === undefined) {
        response.writeHead(502).end()
        return
      }
      const { connection: _hop, 'transfer-encoding': _te, 'keep-alive': _ka, ...answered } = answer.headers
      response.writeHead(answer.statusCode, answered)
      answer.body.pipe(response)
    },
  )
})
function hasBody(request: http.IncomingMessage): boolean {
  return request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
}
server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }))
})
