/**
 * Whether a value is one of the operands of a rule. A file of lines may hold thousands of them and every request asks:
 * beyond a few they are kept as a set, made once a list.
 */
export function isOneOf<Value>(values: readonly Value[], value: Value): boolean {
  if (values.length <= fewValues) return values.includes(value)
  return setOf(values, sets, (one) => one).has(value)
}

/** The same of texts, with the case of ASCII letters ignored. */
export function isOneOfIgnoringCase(values: readonly string[], text: string): boolean {
  const folded = foldAscii(text)
  if (values.length <= fewValues) return values.some((value) => foldAscii(value) === folded)
  return setOf(values, foldedSets, foldAscii).has(folded)
}

/** Whether every operand is of this type; what is of another cannot be told equal or unequal. */
export function areAllOfType(values: readonly unknown[], type: string): boolean {
  if (values.length <= fewValues) return values.every((value) => typeof value === type)
  const types = setOf(values, typeSets, (value) => typeof value)
  return types.size === 1 && types.has(type)
}

const fewValues = 8

type Sets = WeakMap<readonly unknown[], ReadonlySet<unknown>>

const sets: Sets = new WeakMap()
const foldedSets: Sets = new WeakMap()
const typeSets: Sets = new WeakMap()

function setOf<Value>(
  values: readonly Value[],
  known: Sets,
  form: (value: Value) => unknown,
): ReadonlySet<unknown> {
  const before = known.get(values)
  if (before !== undefined) return before
  const made = new Set(values.map(form))
  known.set(values, made)
  return made
}

/** Not `toLowerCase`: it folds the Kelvin sign to `k`. */
function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
