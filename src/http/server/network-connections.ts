import type { Server, Socket } from 'node:net'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { createUseCount } from '../../core/limits/use-count.ts'
import type { AddressRange } from '../../core/request/address.ts'
import { peerNetwork } from '../../core/request/forwarded.ts'

export interface ConnectionBound {
  /** Connections of one network at a time, to all servers together. */
  readonly most: number
  /** The trusted proxies as they are now: each of them carries everybody, and is not bounded. */
  readonly trusted: () => readonly AddressRange[]
  readonly onRefused: (network: ClientNetwork) => void
}

/**
 * Bounds the connections of a network: one more is reset, before TLS or anything else is begun for it. What is returned is
 * to be called with each server when that is made, as it stands before all that hears of connections by then.
 */
export function connectionBound({ most, trusted, onRefused }: ConnectionBound): (server: Server) => void {
  const open = createUseCount(most)
  return (server) => {
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
}
