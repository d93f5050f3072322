/** A JSON value as providers send it. Numbers beyond 2^53-1 do not survive parsing and are judged unknown. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The value of a JSON text; null for a text that is none, as for `null` itself. Never throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** What JSON writes between braces: neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether it is the number that was sent: beyond 2^53-1 two that were meant apart may have been read as one. */
export function isExact(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER
}

/** The same of every number within a value: only then what is written from it is what was sent. */
export function isExactThroughout(value: Json): boolean {
  if (typeof value === 'number') return isExact(value)
  if (isList(value)) return value.every(isExactThroughout)
  return !isObject(value) || Object.values(value).every((member) => isExactThroughout(member))
}

/** Whether every text within a value, names of members included, has a UTF-8 form: no half of a surrogate pair. */
export function isWellFormedThroughout(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (isList(value)) return value.every(isWellFormedThroughout)
  return (
    !isObject(value) ||
    Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormedThroughout(member))
  )
}
