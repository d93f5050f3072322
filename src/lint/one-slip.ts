/** The fewest letters of which one may be a slip: `hd` is no mistyped `id`. */
const shortest = 4

/**
 * Whether two different names differ by one slip of the hand: a letter too many, too few or wrong, or two that are
 * swapped; or by nothing but case, `-` and `_`. A digit or an `s` at the end is meant.
 */
export function isOneSlip(a: string, b: string): boolean {
  if (a === b) return false
  if (plain(a) === plain(b)) return true
  if (Math.min(a.length, b.length) < shortest || isCounted(a, b)) return false
  const start = commonStart(a, b)
  const [restA, restB] = [a.slice(start), b.slice(start)]
  return (
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (restA.slice(2) === restB.slice(2) &&
      restA.charAt(0) === restB.charAt(1) &&
      restA.charAt(1) === restB.charAt(0))
  )
}

function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}

/** `team` and `teams`, `level1` and `level2`. */
function isCounted(a: string, b: string): boolean {
  const [one, other] = [a, b].map((name) => name.replace(/\d+$/, ''))
  return one === other || isPluralOf(a, b)
}

/** `team` and `teams`, in whichever order. */
export function isPluralOf(a: string, b: string): boolean {
  const isPlural = (many: string, single: string) => many === `${single}s` && !single.endsWith('s')
  return isPlural(a, b) || isPlural(b, a)
}

function commonStart(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at += 1
  return at
}
