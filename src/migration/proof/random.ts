/** A small generator of numbers below 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** At most `count` of them, in their order, chosen by the generator. */
export function sampleFrom<T>(items: readonly T[], count: number, random: () => number): readonly T[] {
  let wanted = count
  return items.filter((_, index) => {
    const chosen = random() * (items.length - index) < wanted
    if (chosen) wanted -= 1
    return chosen
  })
}
