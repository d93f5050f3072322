import { createServer, type ListenOptions } from 'node:net'

/**
 * Below the ports that the system gives out by itself, which begin at 32768: neither a server that asks for any port nor
 * a connection that goes out gets one of these in between. Above them, ten thousand are left to the buses of Redis
 * clusters. Browsers refuse none of them.
 */
const first = 12_000
const count = 10_000

const taken = new Set<number>()

/**
 * A port that nobody else gets as long as this process runs. For addresses that must be known before a server starts,
 * for servers that stop and start again, and for addresses where nobody is to answer.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < count; tries += 1) {
    const port = first + Math.floor(Math.random() * count)
    if (!taken.has(port) && (await reserves(port)) && (await isFree(port))) return port
  }
  throw new Error(`no port from ${first} on is free`)
}

/**
 * By a name of the system's that only one process can have, and that goes with it. Not by listening on the port: the
 * server is to do that, and where nobody answers nobody may.
 */
async function reserves(port: number): Promise<boolean> {
  taken.add(port)
  return process.platform !== 'linux' || listens({ path: `\0claimgate-test-port-${port}` }, 'stays')
}

/** Somebody who knows nothing of the reservations may have it. */
function isFree(port: number): Promise<boolean> {
  return listens({ port, host: '127.0.0.1' }, 'closes')
}

function listens(where: ListenOptions, then: 'stays' | 'closes'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ ...where, exclusive: true }, () => {
      if (then === 'stays') resolve(true)
      else server.close(() => resolve(true))
    })
    server.unref()
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
