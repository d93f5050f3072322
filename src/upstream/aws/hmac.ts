import { hash } from 'node:crypto'

/** SHA-256 reads blocks of 64 bytes, and gives 32. */
const [blockBytes, hashBytes] = [64, 32]

/**
 * HMAC-SHA-256 by one key that signs many texts (RFC 2104 section 2), in hexadecimal digits. Goes in: the key, of at most 64
 * bytes (throws for more), and texts of ASCII. The object that `createHmac` makes for each of them costs more than the hashes,
 * to make and to collect.
 */
export function hmacBy(key: Buffer): (text: string) => string {
  if (key.length > blockBytes) throw new Error('a key of an HMAC is longer than a block')
  const padded = Buffer.concat([key], blockBytes)
  const innerKey = padded.map((byte) => byte ^ 0x36)
  // Made anew for a text of another length: those of one key mostly have the same.
  let inner = Buffer.from(innerKey)
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c)], blockBytes + hashBytes)
  return (text) => {
    const bytes = blockBytes + text.length
    if (inner.length !== bytes) inner = Buffer.concat([innerKey], bytes)
    inner.write(text, blockBytes, 'latin1')
    outer.write(hash('sha256', inner, 'hex'), blockBytes, 'hex')
    return hash('sha256', outer, 'hex')
  }
}
