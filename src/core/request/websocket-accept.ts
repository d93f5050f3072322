import { createHash } from 'node:crypto'

/** The proof that a handshake was understood: RFC 6455 section 1.3. */
export function webSocketAccept(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}
