import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
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
export function createRememberedTokens({ most, bytes }: RememberedTokenLimits): RememberedTokens {
  const tokens = new LRUCache<string, RememberedToken & { readonly bytes: number }>({
    max: most,
    maxSize: bytes,
    sizeCalculation: (one) => one.bytes,
  })

  return {
    find: (hash) => tokens.get(hash) ?? null,
    keep: (hash, { token, key }, size) => void tokens.set(hash, { token, key, bytes: size }),
    verifiedBy: (hash, key) => {
      const found = tokens.get(hash)
      if (found !== undefined) tokens.set(hash, { ...found, key })
    },
    forget: (hash) => void tokens.delete(hash),
  }
}
