/** Counts by labels, of which the first is a name of the file: an app or a provider. */
export interface Sums {
  add(...labels: readonly string[]): void
  /** Forgets what was counted of other names. */
  keepOnly(names: ReadonlySet<string>): void
  /** Hands all of it to a counter of the library, which forgets what it had. */
  writeTo(counter: Counting): void
}

interface Counting {
  reset(): void
  labels(...values: string[]): { inc(count: number): void }
}

/** Every request is counted, and the library's own counting costs more than a map. */
export function createSums(): Sums {
  const sums = new Map<string, { readonly labels: readonly string[]; count: number }>()
  return {
    add: (...labels) => {
      let key = ''
      for (const label of labels) key += ` ${label}`
      const sum = sums.get(key)
      if (sum === undefined) sums.set(key, { labels, count: 1 })
      else sum.count += 1
    },
    keepOnly: (names) => {
      for (const [key, { labels }] of sums) if (!names.has(labels[0] ?? '')) sums.delete(key)
    },
    writeTo: (counter) => {
      counter.reset()
      for (const { labels, count } of sums.values()) counter.labels(...labels).inc(count)
    },
  }
}
