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
  /** The gateway's end, as the server holds it, and what was set on it. */
  readonly side: Duplex
  readonly settings: readonly unknown[][]
}

/** So many turns are far more than anything needs that only waits for promises and streams. */
const turns = 30

export async function settled(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A new connection at a server that need not listen. */
export function connectTo(server: Server, peer = '198.51.100.7'): HeldConnection {
  const [side, client] = duplexPair()
  const settings: unknown[][] = []
  server.emit('connection', asSocket(side, peer, settings))
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
    side,
    settings,
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
function asSocket(side: Duplex, remoteAddress: string, settings: unknown[][]): Duplex {
  const set =
    (name: string) =>
    (...values: readonly unknown[]) => {
      settings.push([name, ...values])
      return side
    }
  return Object.assign(side, {
    remoteAddress,
    setTimeout: set('timeout'),
    setKeepAlive: set('keep-alive'),
    resetAndDestroy: () => side.destroy(),
    destroySoon: () => {
      side.end(() => side.destroy())
    },
  })
}
