/** What stands in the file that is written. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue }

const widest = 100

/**
 * One entry of a mapping as lines, with a comment above it. On one line where that fits; values are quoted unless
 * nobody could read them as anything but a text.
 */
export function entryLines(key: string, value: YamlValue, indent: number): readonly string[] {
  const pad = ' '.repeat(indent)
  const flat = `${pad}${keyText(key)}: ${flowText(value)}`
  if (typeof value !== 'object' || flat.length <= widest) return [flat]
  return [`${pad}${keyText(key)}:`, ...blockLines(value, indent + 2)]
}

function blockLines(value: YamlValue, indent: number): readonly string[] {
  if (isList(value)) return value.flatMap((item) => itemLines(item, indent))
  if (typeof value !== 'object') return [' '.repeat(indent) + flowText(value)]
  return Object.entries(value).flatMap(([key, inner]) => entryLines(key, inner, indent))
}

/** One item of a list: `- ` and what follows it. */
function itemLines(item: YamlValue, indent: number): readonly string[] {
  const flat = `${' '.repeat(indent)}- ${flowText(item)}`
  if (typeof item !== 'object' || flat.length <= widest) return [flat]
  const [first = '', ...rest] = blockLines(item, indent + 2)
  return [`${' '.repeat(indent)}- ${first.trimStart()}`, ...rest]
}

export function flowText(value: YamlValue): string {
  if (typeof value === 'string') return scalarText(value)
  if (typeof value !== 'object') return String(value)
  if (isList(value)) return `[${value.map(flowText).join(', ')}]`
  const entries = Object.entries(value).map(([key, inner]) => `${keyText(key)}: ${flowText(inner)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

export function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value)
}

function keyText(key: string): string {
  return /^[A-Za-z][\w.-]*$/.test(key) && !isWord(key) ? key : quoted(key)
}

function scalarText(text: string): string {
  const plain = /^[A-Za-z/][\w./-]*$|^\d+(?:[smhd]|B|MiB)$|^https?:\/\/[\w.-]+(?::\d+)?(?:\/[\w./-]*)?$/
  return plain.test(text) && !isWord(text) ? text : quoted(variables(text))
}

/** What YAML, of this version or an older one, reads as something else than a text. */
function isWord(text: string): boolean {
  return /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
}

/** httpd's `${NAME}` is ours as `${env:NAME}`; whatever else looks like one of ours is text. */
function variables(text: string): string {
  return text.replace(/\$\{(\w+)\}|\$\{(?!(?:env|file|lines):)/g, (_whole, name: string | undefined) =>
    name === undefined ? '$${' : `\${env:${name}}`,
  )
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
