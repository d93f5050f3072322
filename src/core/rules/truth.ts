/** Kleene's three values. Only `true` lets in. */
export type Truth = true | false | 'unknown'

/** What is unknown stays unknown when it is negated: that is why `none` and `not` keep out whoever lacks a claim. */
export function negate(truth: Truth): Truth {
  return truth === 'unknown' ? 'unknown' : !truth
}

/** True when all are, false when one is. Stops at the first false. */
export function every<T>(items: readonly T[], judge: (item: T) => Truth): Truth {
  let result: Truth = true
  for (const item of items) {
    const truth = judge(item)
    if (truth === false) return false
    if (truth === 'unknown') result = 'unknown'
  }
  return result
}

/** True when one is, false when all are. Stops at the first true. */
export function some<T>(items: readonly T[], judge: (item: T) => Truth): Truth {
  let result: Truth = false
  for (const item of items) {
    const truth = judge(item)
    if (truth === true) return true
    if (truth === 'unknown') result = 'unknown'
  }
  return result
}
