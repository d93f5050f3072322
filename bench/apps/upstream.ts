import http from 'node:http'

/** The app behind every proxy of the bench: a small JSON answer, so that what is measured is the proxy. */
const body = JSON.stringify({ hello: 'world', filler: 'x'.repeat(200) })
const server = http.createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }))
})
