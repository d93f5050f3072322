import type { Server, Socket } from 'node:net'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { createUseCount } from '../../core/limits/use-count.ts'
import type { AddressRange } from '../../core/request/address.ts'
import { peerNetwork } from '../../core/request/forwarded.ts'

export interface ConnectionBound {
  /** Connections of one network at a time. */
  readonly most: number
  /** The trusted proxies as they are now: each of them carries everybody, and is not bounded. */
  readonly trusted: () => readonly AddressRange[]
  readonly onRefused: (network: ClientNetwork) => void
}

/**
 * Bounds the connections of a network: one more is reset, before TLS or anything else is begun for it. To be called
 * when the server is made, as it stands before all that hears of connections by then.
 */
export function boundConnections(server: Server, { most, trusted, onRefused }: ConnectionBound): void {
  const open = createUseCount(most)
  const next = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const network = peerNetwork(socket.remoteAddress, trusted())
    if (network !== null && !open.take(network)) {
      socket.resetAndDestroy()
      onRefused(network)
      return
    }
    if (network !== null) socket.once('close', () => open.release(network))
    for (const listener of next) listener.call(server, socket)
  })
}
