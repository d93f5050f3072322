/** The httpd that is meant: of the one series that there is, from the oldest to the newest. */
const series = [
  [2, 4, 0],
  [2, 4, 99],
] as const

/**
 * Whether `<IfVersion …>` holds for httpd 2.4, by what stands behind the name; null where that depends, or is not read.
 */
export function versionHolds(condition: string): boolean | null {
  const [, negation = '', operator = '=', version] =
    /^(!?)\s*(>=|<=|>|<|==?)?\s*(\d+(?:\.\d+){0,2})$/.exec(condition.trim()) ?? []
  if (version === undefined) return null
  const wanted = version.split('.').map(Number)
  // What is not written is 0.
  const [oldest, newest] = series.map((httpd) => {
    const difference = httpd.map((part, index) => part - (wanted[index] ?? 0)).find((one) => one !== 0) ?? 0
    return holds(operator, difference) !== (negation === '!')
  })
  return oldest === newest ? (newest ?? null) : null
}

function holds(operator: string, difference: number): boolean {
  switch (operator) {
    case '>':
      return difference > 0
    case '>=':
      return difference >= 0
    case '<':
      return difference < 0
    case '<=':
      return difference <= 0
    default:
      return difference === 0
  }
}
