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

/** What was counted of some labels, and below it of those and one more. */
interface Branch {
  readonly labels: readonly string[]
  readonly below: Map<string, Branch>
  count: number
}

/**
 * Every request is counted, and the library's own counting costs more than maps. One map a label: a key of all would be
 * a new text each time, and be hashed.
 */
export function createSums(): Sums {
  const root = branch([])
  return {
    add: (...labels) => {
      let at = root
      for (const label of labels) at = at.below.get(label) ?? grow(at, label)
      at.count += 1
    },
    keepOnly: (names) => {
      for (const name of root.below.keys()) if (!names.has(name)) root.below.delete(name)
    },
    writeTo: (counter) => {
      counter.reset()
      write(root, counter)
    },
  }
}

function branch(labels: readonly string[]): Branch {
  return { labels, below: new Map(), count: 0 }
}

function grow(at: Branch, label: string): Branch {
  const grown = branch([...at.labels, label])
  at.below.set(label, grown)
  return grown
}

function write({ labels, below, count }: Branch, counter: Counting): void {
  if (count > 0) counter.labels(...labels).inc(count)
  for (const one of below.values()) write(one, counter)
}
