import http from 'node:http'
import { Readable } from 'node:stream'

/** The app behind every proxy of the bench: a small JSON answer, so that what is measured is the proxy. */
const body = JSON.stringify({ hello: 'world', filler: 'x'.repeat(200) })
const piece = Buffer.alloc(64 * 1024, 'x')

/** `/upload/take?bytes=N` sends so many bytes; any other request under /upload is read to its end before the answer. */
const server = http.createServer((request, response) => {
  const bytes = /^\/upload\/take\?bytes=(\d+)$/.exec(request.url ?? '')?.[1]
  if (bytes !== undefined) {
    pieces(Number(bytes)).pipe(response)
    return
  }
  if (request.url?.startsWith('/upload')) {
    request.resume().on('end', () => response.end('taken'))
    return
  }
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }))
})

function pieces(bytes: number): Readable {
  let left = bytes
  return new Readable({
    read() {
      const next = Math.min(left, piece.length)
      left -= next
      this.push(next === 0 ? null : piece.subarray(0, next))
    },
  })
}
