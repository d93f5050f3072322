/** A bounded map that keeps what was used lately. */
export interface RecentMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  clear(): void
  entries(): Iterable<readonly [string, V]>
}

/**
 * Two maps, young and old. What is used moves to the young one; when that is half of `limit`, it becomes the old one
 * and the old one is let go. So a hit costs one look-up, and what was not used for a whole round is forgotten.
 */
export function createRecentMap<V>(limit: number): RecentMap<V> {
  const half = Math.max(1, Math.floor(limit / 2))
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  function set(key: string, value: V): void {
    old.delete(key)
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const fresh = young.get(key)
      if (fresh !== undefined) return fresh
      const value = old.get(key)
      if (value !== undefined) set(key, value)
      return value
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young = new Map()
      old = new Map()
    },
    *entries() {
      yield* young
      yield* old
    },
  }
}
