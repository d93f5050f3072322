// An app as people see one: every address is a page with a form and a link to sign out; `/socket` is a WebSocket.
import { createHash } from 'node:crypto'
import http from 'node:http'
import type { Duplex } from 'node:stream'
import { portOf } from './ports.ts'

export interface Site {
  readonly url: string
  /** Method and target of every request, oldest first. */
  readonly received: readonly string[]
  close(): Promise<void>
}

export async function startSite(): Promise<Site> {
  const received: string[] = []
  const sockets = new Set<Duplex>()
  const server = http.createServer((request, response) => {
    received.push(`${request.method} ${request.url}`)
    // What `/kept` says lets a browser show it again without asking; the other pages say nothing of caches.
    const cache = request.url?.startsWith('/kept') ? { 'cache-control': 'max-age=600' } : {}
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...cache })
    response.end(pageFor(request))
  })
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.write(textFrame(`welcome ${request.headers['x-forwarded-user']}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    received,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pageFor({ headers, method, url }: http.IncomingMessage): string {
  return `<!doctype html><html lang="en"><title>The app</title><link rel="icon" href="data:,">
<h1>Hello, ${headers['x-forwarded-user'] ?? 'whoever you are'}</h1><p id="asked">${method} ${url?.replaceAll('&', '&amp;')}</p>
<form method="post" action="/form"><input name="note" aria-label="Note"><button>Save</button></form>
<p><a href="/.auth/logout">Sign out</a></p>`
}

/** An unmasked text frame of less than 126 bytes (RFC 6455 section 5.2). */
function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x81, bytes.length]), bytes])
}
