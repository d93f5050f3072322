/** What is made of a text that somebody outside chose, and remembered as the same few come again and again. */
export interface Remembering {
  /** Texts that are remembered. */
  readonly most: number
  /** A longer one is worked out each time. */
  readonly longest: number
}

/**
 * The same function with a memory of bounded size. At the bound everything is forgotten: whoever wants that has to ask
 * for as many other texts first, and costs the others one more working out of theirs; for what takes microseconds that
 * is cheaper than an order of use, which each of millions of requests would have to keep. Of what makes nothing (null)
 * anybody can send any number: it is not remembered.
 */
export function remembered<V extends string | object | null>(
  make: (text: string) => V,
  { most, longest }: Remembering,
): (text: string) => V {
  const known = new Map<string, V>()
  return (text) => {
    const remembers = known.get(text)
    if (remembers !== undefined) return remembers
    const value = make(text)
    if (value === null || text.length > longest) return value
    if (known.size >= most) known.clear()
    known.set(copyOf(text), value)
    return value
  }
}

/**
 * A text that was cut out of a header keeps the whole header alive, 16 KiB each in the test: in a list always, as the
 * key of a map in Node 24 and not in 26.
 */
export function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
