import { copyOf } from '../limits/remembered.ts'

/** What becomes of header names is remembered within these bounds, as the same few come with every request. */
interface Bounds {
  /** Names of one length in bytes; a further one makes all of that length forgotten. */
  readonly mostOfOneLength: number
  /** A longer name is judged each time. */
  readonly longestBytes: number
}

interface KnownName<V> {
  readonly name: string
  readonly value: V
}

/**
 * The same function with a memory. A name that was cut out of a head is a new text each time, so that a map would have
 * to hash it: comparing it to the few of its length takes a fifth of that. A client
 * that sends many names costs itself and others no more than judging some of them again.
 */
export function knownNames<V>(
  judge: (name: string) => V,
  { mostOfOneLength, longestBytes }: Bounds,
): (name: string) => V {
  const byLength: KnownName<V>[][] = Array.from({ length: longestBytes + 1 }, () => [])
  return (name) => {
    const ofLength = byLength[name.length]
    if (ofLength === undefined) return judge(name)
    for (const known of ofLength) if (known.name === name) return known.value
    const value = judge(name)
    if (ofLength.length >= mostOfOneLength) ofLength.length = 0
    ofLength.push({ name: copyOf(name), value })
    return value
  }
}
