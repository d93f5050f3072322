/** RFC 9110 section 7.6.1: what `Connection` names is meant for the next hop alone, which is us. */

/** The names in `Connection`, in lower case, of all its lines joined by commas; none for the usual two. */
export function connectionOptions(value: string | null): readonly string[] {
  if (value === null || /^(?:keep-alive|close)$/i.test(value)) return []
  return value.split(',').map((name) => name.trim().toLowerCase())
}

/** A flat list of headers without those of these names. */
export function withoutNames(headers: string[], names: readonly string[]): string[] {
  if (names.length === 0) return headers
  const named = new Set(names)
  return headers.filter((_, i) => !named.has((headers[i - (i % 2)] ?? '').toLowerCase()))
}
