// A client of the gateway's server without a network: the two ends of its connection lie in this process, and all that
// is to happen happens within some turns of the event loop. What does not come is seen as missing, not waited for.
import type { Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'

export interface HeldConnection {
  /** All bytes that came back so far, as latin-1. */
  text(): string
  write(bytes: string): void
  /** Whether the gateway closed its side. */
  ended(): boolean
  /** The client is gone. */
  destroy(): void
}

/** So many turns are far more than anything needs that only waits for promises and streams. */
const turns = 60

export async function settled(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A new connection at a server that need not listen. */
export function connectTo(server: Server, peer = '198.51.100.7'): HeldConnection {
  const [side, client] = duplexPair()
  server.emit('connection', asSocket(side, peer))
  const pieces: Buffer[] = []
  let ended = false
  client.on('data', (piece: Buffer) => pieces.push(piece))
  for (const event of ['end', 'close'] as const) {
    client.once(event, () => {
      ended = true
    })
  }
  client.on('error', () => {})
  return {
    text: () => Buffer.concat(pieces).toString('latin1'),
    write: (bytes) => void client.write(bytes, 'latin1'),
    ended: () => ended,
    destroy: () => {
      client.destroy()
      side.destroy()
    },
  }
}

/** What comes back for these bytes, as far as it comes. */
export async function asked(server: Server, bytes: string, peer?: string): Promise<string> {
  const connection = connectTo(server, peer)
  connection.write(bytes)
  await settled()
  connection.destroy()
  return connection.text()
}

/** What is asked of a socket beyond a stream. */
function asSocket(side: Duplex, remoteAddress: string): Duplex {
  return Object.assign(side, {
    remoteAddress,
    setTimeout: () => side,
    setKeepAlive: () => side,
    setNoDelay: () => side,
    resetAndDestroy: () => side.destroy(),
    destroySoon: () => {
      side.end(() => side.destroy())
    },
  })
}
