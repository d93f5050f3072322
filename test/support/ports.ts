import { createServer } from 'node:net'

/** A port that nobody listens on at the moment of asking. For addresses that must be known before a server starts. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const port = portOf(server)
      server.close(() => resolve(port))
    })
  })
}

/** The port of a server that listens on TCP. */
export function portOf(server: { address(): string | { readonly port: number } | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

/** The port of an origin that names one. */
export function portOfOrigin(origin: string): number {
  return Number(new URL(origin).port)
}
