/** Names and texts from a list of both in turn: name, text, name, text … Null: it is none. */
export function decodePairs(value: unknown): ReadonlyMap<string, string> | null {
  if (!Array.isArray(value) || value.length % 2 !== 0) return null
  const pairs = new Map<string, string>()
  for (let at = 0; at < value.length; at += 2) {
    const [name, text]: unknown[] = [value[at], value[at + 1]]
    if (typeof name !== 'string' || typeof text !== 'string') return null
    pairs.set(name, text)
  }
  return pairs
}
