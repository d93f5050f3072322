// A server that answers for names of the internet, by TLS with certificates of a test's own authority, and the proxy by
// which they are reached: what asks them has their real addresses.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { portOf } from './ports.ts'
import { createAuthority } from './tls.ts'

export interface FixedNames {
  /** PEM of the authority. */
  readonly ca: string
  /** For `HTTPS_PROXY`. */
  readonly proxy: string
  /** `host:port` of each connection that was asked for. */
  readonly connected: string[]
  close(): Promise<void>
}

export async function startFixedNames(
  names: readonly string[],
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FixedNames> {
  const authority = createAuthority()
  const issued = authority.issue({ names: names.map((name) => `DNS:${name}`) })
  const server = createTlsServer({ key: issued.key, cert: issued.cert }, answer)
  await listening(server)
  const sockets = new Set<Socket>()
  const connected: string[] = []
  const proxy = createServer((_request, response) => response.writeHead(502).end())
  proxy.on('connect', (request, socket: Socket) => {
    connected.push(request.url ?? '')
    const onward = connect(portOf(server), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    onward.pipe(socket).pipe(onward)
    for (const end of [onward, socket]) {
      sockets.add(end)
      end.on('error', () => {})
      end.on('close', () => sockets.delete(end))
    }
  })
  await listening(proxy)
  return {
    ca: authority.certificate,
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
    connected,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      proxy.closeAllConnections()
      await Promise.all([server, proxy].map((one) => new Promise((resolve) => one.close(resolve))))
    },
  }
}

async function listening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}

export function answerJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(document))
}
