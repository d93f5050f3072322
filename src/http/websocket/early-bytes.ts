import type { Duplex } from 'node:stream'
import { limits } from '../../core/limits/table.ts'

/** What a client sends before it is told 101. It may not (RFC 6455 section 4.1), and some do. */
export interface EarlyBytes {
  /** Gives them back to the socket, which is not read any more until somebody does. */
  putBack(): void
}

/**
 * Reads a client whose handshake is under way, as the end of a socket that nobody reads is not seen: the handshake
 * would go on at the upstream for nobody. `head` came in one piece with it. Nothing of it is passed on; a client that
 * sends more than the bound is cut.
 */
export function holdEarlyBytes(client: Duplex, head: Buffer): EarlyBytes {
  const held = [head]
  let bytes = head.length
  const hold = (piece: Buffer): void => {
    held.push(piece)
    bytes += piece.length
    if (bytes > limits.webSocketEarlyBytes) client.destroy()
  }
  client.on('data', hold)
  return {
    putBack() {
      client.off('data', hold).pause().unshift(Buffer.concat(held))
    },
  }
}
