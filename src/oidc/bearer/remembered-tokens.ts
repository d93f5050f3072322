import type { KeyObject } from 'node:crypto'
import type { AccessToken } from '../../core/credential/access-token.ts'

/** A token that was verified, and by which key. */
export interface RememberedToken {
  readonly token: AccessToken
  readonly key: KeyObject
}

/** Tokens that were verified, by their hash: none of them can be read out of this. */
export interface RememberedTokens {
  find(hash: string): RememberedToken | null
  /** `bytes`: of the token as it came. */
  keep(hash: string, entry: RememberedToken, bytes: number): void
  /** The key of one that is remembered was published anew. */
  verifiedBy(hash: string, key: KeyObject): void
  forget(hash: string): void
}

export interface RememberedTokenLimits {
  readonly most: number
  readonly bytes: number
}

/** Bounded by number and by bytes; of more, those that were used longest ago go. Only what was verified gets in. */
export function createRememberedTokens(limits: RememberedTokenLimits): RememberedTokens {
  /** In the order of their last use. */
  const tokens = new Map<string, RememberedToken & { readonly bytes: number }>()
  let bytesInAll = 0

  function forget(hash: string): void {
    bytesInAll -= tokens.get(hash)?.bytes ?? 0
    tokens.delete(hash)
  }

  return {
    find: (hash) => {
      const found = tokens.get(hash)
      if (found === undefined) return null
      tokens.delete(hash)
      tokens.set(hash, found)
      return found
    },
    keep: (hash, { token, key }, bytes) => {
      forget(hash)
      tokens.set(hash, { token, key, bytes })
      bytesInAll += bytes
      for (const oldest of tokens.keys()) {
        if (tokens.size <= limits.most && bytesInAll <= limits.bytes) return
        forget(oldest)
      }
    },
    verifiedBy: (hash, key) => {
      const found = tokens.get(hash)
      if (found !== undefined) tokens.set(hash, { ...found, key })
    },
    forget,
  }
}
