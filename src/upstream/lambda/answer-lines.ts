import { isObject } from '../../core/json.ts'
import { limits } from '../../core/limits/table.ts'

type Reading<Read> = ({ readonly ok: true } & Read) | { readonly ok: false; readonly why: string }

interface Lines {
  /** Name, value, name, value … */
  readonly lines: readonly string[]
}

interface AnswerLines extends Lines {
  /** What `Content-Length` says, where all lines of it say the same number; null: nothing. It is not in `lines`. */
  readonly saidLength: string | null
}

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 section 5.5, a character a byte. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** The framing is ours: what a function says of it could only contradict it. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection'])

/**
 * The header lines of a function's answer: of `headers`, `multiValueHeaders` and `cookies`. Every spelling of a name is a
 * line of its own, as adapters write several `Set-Cookie` so; a line that stands in both is one. A name or value
 * that no HTTP parser would take spoils all of it.
 */
export function answerLines(answer: Readonly<Record<string, unknown>>): Reading<AnswerLines> {
  const { headers = null, multiValueHeaders = null, cookies = null } = answer
  const single = linesOf('headers', headers, (value) => [value])
  if (!single.ok) return single
  const several = linesOf('multiValueHeaders', multiValueHeaders, (value) =>
    Array.isArray(value) ? value : null,
  )
  if (!several.ok) return several
  const ofCookies = linesOf('cookies', { 'Set-Cookie': cookies ?? [] }, (value) =>
    Array.isArray(value) ? value : null,
  )
  if (!ofCookies.ok) return ofCookies
  const kept = withoutRepeated(single.lines, several.lines)
  const all = [...kept, ...several.lines, ...ofCookies.lines]
  const lines = all.filter((_, i) => !framing.has(nameAt(all, i)))
  if (sizeOf(lines) > limits.upstreamHeaderBytes) return tooLarge
  return { ok: true, lines, saidLength: lengthIn(all) }
}

/** The name of the line that this name or value is of, in lower case. */
function nameAt(lines: readonly string[], at: number): string {
  return lines[at - (at % 2)]?.toLowerCase() ?? ''
}

function lengthIn(lines: readonly string[]): string | null {
  const values = new Set(lines.filter((_, i) => i % 2 === 1 && nameAt(lines, i) === 'content-length'))
  const [only = ''] = values
  return values.size === 1 && /^[0-9]{1,15}$/.test(only) ? only : null
}

/** `valuesOf`: null where it is not what it must be. */
function linesOf(
  field: string,
  object: unknown,
  valuesOf: (value: unknown) => readonly unknown[] | null,
): Reading<Lines> {
  if (object === null) return { ok: true, lines: [] }
  if (!isObject(object)) return refused(`has \`${field}\` that are no object`)
  const lines: string[] = []
  let bytes = 0
  for (const [name, member] of Object.entries(object)) {
    if (!token.test(name))
      return refused(`has a name in \`${field}\` that is none of a header: ${shown(name)}`)
    const values = valuesOf(member)
    if (values === null) return refused(`has no list of texts in \`${field}\`: ${shown(name)}`)
    for (const value of values) {
      const text = textOf(value)
      if (text === null) return refused(`has a value in \`${field}\` that is no text: ${shown(name)}`)
      if (!fieldValue.test(text))
        return refused(`has a value in \`${field}\` with what no header may have: ${shown(name)}`)
      bytes += name.length + text.length
      if (bytes > limits.upstreamHeaderBytes) return tooLarge
      lines.push(name, withoutEdges(text))
    }
  }
  return { ok: true, lines }
}

/** Names and values, as Node counts what it reads. */
function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, text) => sum + text.length, 0)
}

const tooLarge = refused(`has header lines of more than ${limits.upstreamHeaderBytes} bytes`)

/** RFC 9110 section 5.5: blanks around a value are none of it. */
function withoutEdges(text: string): string {
  return text.replace(/^[\t ]+/, '').replace(/(?<![\t ])[\t ]+$/, '')
}

/** API Gateway takes numbers and booleans for their texts, and functions send `Content-Length` so. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

/** The same name and value in both fields is one line (API Gateway, output format of proxy integrations). */
function withoutRepeated(single: readonly string[], several: readonly string[]): readonly string[] {
  const known = new Set<string>()
  for (let i = 0; i < several.length; i += 2) known.add(lineKey(several, i))
  if (known.size === 0) return single
  return single.filter((_, i) => !known.has(lineKey(single, i - (i % 2))))
}

function lineKey(lines: readonly string[], at: number): string {
  return `${lines[at]?.toLowerCase()}: ${lines[at + 1]}`
}

/** A name that a function chose, for a log: up to what no name may have. */
function shown(name: string): string {
  const [begin = ''] = name.match(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,40}/) ?? []
  return begin === name ? `"${begin}"` : `"${begin}…"`
}

function refused(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}
