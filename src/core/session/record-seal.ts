import {
  type KeyRing,
  keyedHashes,
  type Opened,
  openAt,
  type Random,
  type SealScope,
  sealAt,
} from './seal.ts'

/**
 * How a store keeps what others may read: sealed for one purpose and one key, so that no record can stand in another's
 * place, and found by keyed hashes, so that no name, address or claim stands in a key.
 */
export interface RecordSeal {
  /** By the first secret. */
  seal(purpose: RecordPurpose, key: string, text: string): string
  /** By every secret; `stale`: not by the first. Never throws. */
  open(purpose: RecordPurpose, key: string, sealed: string): Opened
  /** The hash of some values by the first secret, 43 characters of base64url: what is written is found by it. */
  index(kind: IndexKind, values: readonly string[]): string
  /** By every secret, the first one first: what was written before the secret changed is found too. */
  indexes(kind: IndexKind, values: readonly string[]): readonly string[]
}

export type RecordPurpose =
  | 'session'
  | 'tokens'
  | 'last-seen'
  | 'state'
  | 'outcome'
  | 'mark'
  | 'command'
  | 'form'
  | 'served'
  | 'api-key'
  | 'key-use'

export type IndexKind =
  | 'subject'
  | 'sid'
  | 'user'
  | 'provider'
  | 'jti'
  | 'own-session'
  | 'own-key'
  | 'limit'
  | 'key-owner'

/** `ring` gives the secrets in force: a reload may change them. */
export function createRecordSeal(ring: () => KeyRing, random: Random): RecordSeal {
  return {
    seal: (purpose, key, text) => sealAt(ring(), scopeOf(purpose), key, text, random),
    open: (purpose, key, sealed) => openAt(ring(), scopeOf(purpose), key, sealed),
    index: (kind, values) => hashesOf(ring(), kind, values)[0],
    indexes: (kind, values) => hashesOf(ring(), kind, values),
  }
}

/** Its own key for each purpose. */
function scopeOf(purpose: RecordPurpose): SealScope {
  return { purpose: 'record', context: [purpose] }
}

/** JSON, so that no value can run into the next. */
function hashesOf(ring: KeyRing, kind: IndexKind, values: readonly string[]): readonly [string, ...string[]] {
  return keyedHashes(ring, { purpose: 'index', context: [kind] }, JSON.stringify(values))
}
