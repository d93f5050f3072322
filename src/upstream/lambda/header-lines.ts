/** A header line of a request: its name as it goes on, and its value. */
export type HeaderLine = readonly [name: string, value: string]

/** Lines out of a flat list: name, value, name, value … */
export function headerLines(flat: readonly string[]): readonly HeaderLine[] {
  const lines: HeaderLine[] = []
  for (let i = 0; i < flat.length; i += 2) lines.push([flat[i] ?? '', flat[i + 1] ?? ''])
  return lines
}

/** Values by name, in the order in which names came first. A map: no name of a client is a property of anything. */
export function valuesByName(lines: Iterable<HeaderLine>): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of lines) {
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  return values
}

/** As JSON's object of the same names: each an own property, `__proto__` among them. */
export function asObject<From, To>(
  map: ReadonlyMap<string, From>,
  to: (values: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries([...map].map(([name, values]) => [name, to(values)]))
}

/** The value of the last line of this name, which is in lower case; null: there is none. */
export function lastValue(lines: readonly HeaderLine[], name: string): string | null {
  return lines.findLast(([one]) => one.toLowerCase() === name)?.[1] ?? null
}

/** `content-type` as API Gateway's REST APIs show it: `Content-Type`. */
export function canonicalCase(name: string): string {
  return name.toLowerCase().replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase())
}
