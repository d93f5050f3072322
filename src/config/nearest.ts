/**
 * The known word that a mistyped one most likely means, or null. A transposition counts as one mistake; short words
 * may hold one, longer ones two or three. `-`, `_` and case do not count: `client-id` means `client_id`.
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  const wanted = folded(word)
  let best: string | null = null
  let bestDistance = Math.floor(wanted.length / 4) + 1
  if (wanted.length < 3) bestDistance = 0.5
  for (const candidate of known) {
    const distance = editDistance(wanted, folded(candidate), bestDistance)
    if (distance < bestDistance || (distance === bestDistance && best === null)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `clientId`, `client-id` and `CLIENT_ID` are one word. */
export function folded(word: string): string {
  return word.replace(/[-_\s]/g, '').toLowerCase()
}

/** Optimal string alignment: insert, delete, replace, or swap two neighbours. Gives up beyond `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(before, j - 2) + 1)
      }
      next.push(cost)
    }
    before = row
    row = next
  }
  return at(row, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
