const quoted = /"(?:[^"\\]|\\.)*"/y

/**
 * Whether an object of a JSON text has two members of one name. `JSON.parse` takes the last of them, and other readers
 * the first (RFC 8259 section 4): what is verified by one would mean something else to the next. Of a text that is no
 * JSON nothing is said. Never throws.
 */
export function repeatsName(text: string): boolean {
  return repeatedName(text) !== null
}

/** The first such name; null: there is none. */
export function repeatedName(text: string): string | null {
  /** The names of each object that is open; null: a list. */
  const open: (Set<string> | null)[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at]
    if (character === '"') {
      quoted.lastIndex = at
      const found = quoted.exec(text)?.[0]
      if (found === undefined) return null
      at += found.length
      const names = open.at(-1)
      if (names != null && isFollowedByColon(text, at)) {
        const name = nameOf(found)
        if (names.has(name)) return name
        names.add(name)
      }
      continue
    }
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(null)
    else if (character === '}' || character === ']') open.pop()
    at += 1
  }
  return null
}

function isFollowedByColon(text: string, at: number): boolean {
  let next = at
  while (/[ \t\n\r]/.test(text[next] ?? '')) next += 1
  return text[next] === ':'
}

/** `"\u0061ud"` is `"aud"`. */
function nameOf(text: string): string {
  try {
    const name: unknown = JSON.parse(text)
    return typeof name === 'string' ? name : text
  } catch {
    return text
  }
}
