import { createHmac } from 'node:crypto'
import type { Pair } from '../../core/provider-port.ts'

/** What pairs are remembered by: hashes under a key of this process, of which nobody else makes anything. */
export interface PairHashes {
  /** Of id and secret. */
  of(pair: Pair): string
  /**
   * Of the id alone. For many providers the case of a user's name is the same, so that each way to write it would have tries
   * of its own.
   */
  ofId(pair: Pair): string
}

export function createPairHashes(key: Buffer): PairHashes {
  const hashed = (...parts: readonly string[]) => {
    const hmac = createHmac('sha256', key)
    // With its length in front of each, two that differ never read the same.
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
    return hmac.digest('base64url')
  }
  return {
    of: ({ id, secret }) => hashed(id, secret),
    ofId: ({ id }) => hashed(id.toLowerCase()),
  }
}
