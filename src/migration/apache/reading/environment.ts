/**
 * Lines of `NAME=value`, with or without `export` before and quotes around, as in Debian's envvars or what `env` prints.
 * What a shell would work out, such as `$SUFFIX`, is not: such a line is passed over.
 */
export function readEnvironment(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, raw] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? []
    if (name === undefined || raw === undefined) continue
    const quoted = /^(["'])(.*)\1$/.exec(raw)
    const value = quoted?.[2] ?? raw
    if (quoted?.[1] !== "'" && /[$`\\]/.test(value)) continue
    found.set(name, value)
  }
  return found
}
