import { LRUCache } from 'lru-cache'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { type KeyPrincipal, type KeyReading, keyPrincipal } from '../../core/keys/key-principal.ts'
import type { KeyStoreChange } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'

/** What the store said of an id. */
export interface RememberedKey {
  readonly key: ApiKey
  /** When the store last answered for it, of the monotonic clock. */
  readonly verifiedAtMs: number
  /** Of `doubts`, as the store was asked. */
  readonly doubts: number
  /** While the store does not answer: until when it is not asked again, unless it gives a sign of life. */
  standIn: { readonly untilMs: number; readonly freshUntilMs: number } | null
  /** Who it is by the configuration in `reading`. */
  who: KeyPrincipal | null
  reading: KeyReading | null
}

/** Keys that were used lately, and ids of none: both within bounds, whoever asks for how many. */
export interface RememberedKeys {
  get(id: string): RememberedKey | undefined
  /** `news` is what `news()` said as the store was asked: what was heard of since is not overwritten. */
  remember(key: ApiKey, nowMs: number, news: number): RememberedKey
  isUnknown(id: string, nowMs: number): boolean
  rememberUnknown(id: string, nowMs: number, news: number): void
  /** Counts what was heard of changes. */
  news(): number
  changed(change: KeyStoreChange): void
  /** Whether nothing was heard since that leaves it open whether it still is so. */
  isCertain(known: RememberedKey): boolean
  whoIs(known: RememberedKey, reading: KeyReading): KeyPrincipal
}

export function createRememberedKeys(): RememberedKeys {
  const keys = new LRUCache<string, RememberedKey>({ max: limits.cachedKeys })
  /** Until when. */
  const unknown = new LRUCache<string, number>({ max: limits.unknownKeys })
  let news = 0
  let doubts = 0

  return {
    get: (id) => keys.get(id),
    remember(key, nowMs, askedAt) {
      const known: RememberedKey = {
        ...{ key, verifiedAtMs: nowMs, doubts, standIn: null },
        ...{ who: null, reading: null },
      }
      if (askedAt === news) keys.set(key.id, known)
      return known
    },
    isUnknown: (id, nowMs) => nowMs < (unknown.get(id) ?? Number.NEGATIVE_INFINITY),
    rememberUnknown(id, nowMs, askedAt) {
      if (askedAt === news) unknown.set(id, nowMs + limits.unknownKeyMs)
    },
    news: () => news,
    changed(change) {
      news += 1
      switch (change.kind) {
        case 'keys':
          for (const id of change.ids) {
            keys.delete(id)
            unknown.delete(id)
          }
          return
        case 'any':
          doubts += 1
          unknown.clear()
      }
    },
    isCertain: (known) => known.doubts === doubts,
    whoIs(known, reading) {
      if (known.who === null || known.reading !== reading) {
        known.who = keyPrincipal(known.key, reading)
        known.reading = reading
      }
      return known.who
    },
  }
}
