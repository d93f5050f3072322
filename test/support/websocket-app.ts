// An app that accepts every WebSocket and says nothing, and a client that tells how it ended.
import { createHash } from 'node:crypto'
import http from 'node:http'
import type { Socket } from 'node:net'
import { WebSocket } from 'undici'
import { portOf } from './ports.ts'

export interface WebSocketApp {
  readonly url: string
  close(): Promise<void>
}

export async function startWebSocketApp(): Promise<WebSocketApp> {
  const sockets = new Set<Socket>()
  const server = http.createServer((_request, response) => response.end('no WebSocket'))
  server.on('upgrade', (request, socket: Socket) => {
    sockets.add(socket.on('error', () => {}))
    // RFC 6455 section 4.2.2.
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
        server.closeAllConnections()
      }),
  }
}

/** A WebSocket that is open. `closed` is the code that it was closed with. */
export async function openWebSocket(
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly closed: Promise<number> }> {
  const socket = new WebSocket(address, { headers: { ...headers } })
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener('close', ({ code }) => resolve(code)),
  )
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', ({ error }) => reject(error))
  })
  return { closed }
}
