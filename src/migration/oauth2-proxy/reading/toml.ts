import { keyOf, type ReadingFault, type Setting, valuesOf } from './setting.ts'

export interface ReadSettings {
  readonly settings: readonly Setting[]
  readonly faults: readonly ReadingFault[]
}

type Token =
  | { readonly kind: 'text' | 'bare' | 'punctuation' | 'end'; readonly text: string; readonly offset: number }
  | { readonly kind: 'fault'; readonly text: string; readonly offset: number }

/**
 * Reads the part of TOML that oauth2-proxy's configuration file uses: `key = value` with texts, lists, numbers and
 * booleans, and comments. Tables, dates and texts over several lines are faults, as nothing there reads them.
 */
export function readToml(text: string, file: string): ReadSettings {
  const settings: Setting[] = []
  const faults: ReadingFault[] = []
  const tokens = tokensOf(text)
  const at = (offset: number) => ({ file, ...positionOf(text, offset) })
  let index = 0
  const next = (): Token => tokens[index++] ?? { kind: 'end', text: '', offset: text.length }
  const skipLine = (): void => {
    while (index < tokens.length && tokens[index]?.kind !== 'end') index += 1
  }
  while (index < tokens.length) {
    const name = next()
    if (name.kind === 'end') continue
    const equals = next()
    const wrong =
      name.kind === 'fault'
        ? name
        : name.kind === 'punctuation' || !/^[\w-]+$/.test(name.text)
          ? { ...name, text: 'expected `key = value`' }
          : equals.text === '=' && equals.kind === 'punctuation'
            ? null
            : { ...equals, text: 'expected "=" after the key' }
    const value = wrong === null ? readValue(tokens, index) : { wrong }
    if ('wrong' in value) {
      faults.push({ at: at(value.wrong.offset), message: value.wrong.text })
      skipLine()
      continue
    }
    index = value.next
    const after = next()
    if (after.kind !== 'end') {
      faults.push({ at: at(after.offset), message: 'expected the end of the line' })
      skipLine()
    }
    const key = keyOf(name.text)
    if (settings.some((setting) => setting.key === key)) {
      faults.push({ at: at(name.offset), message: `${name.text} stands here twice` })
    }
    const values = value.list ? value.values : value.values.flatMap((one) => valuesOf(key, one))
    settings.push({ key, name: name.text, values, origin: 'file', at: at(name.offset) })
  }
  return { settings, faults }
}

type Value =
  | { readonly values: readonly string[]; readonly list: boolean; readonly next: number }
  | { readonly wrong: { readonly text: string; readonly offset: number } }

function readValue(tokens: readonly Token[], start: number): Value {
  const first = tokens[start]
  if (first === undefined || first.kind === 'end') {
    return { wrong: { text: 'expected a value', offset: first?.offset ?? 0 } }
  }
  if (first.text !== '[' || first.kind !== 'punctuation') {
    const wrong = scalarFault(first)
    return wrong === null ? { values: [first.text], list: false, next: start + 1 } : { wrong }
  }
  const values: string[] = []
  let wantsComma = false
  for (let index = start + 1; index < tokens.length; index += 1) {
    const token = tokens[index]
    if (token === undefined) break
    if (token.kind === 'end') continue
    if (token.kind === 'punctuation' && token.text === ']') return { values, list: true, next: index + 1 }
    if (token.kind === 'punctuation' && token.text === ',' && wantsComma) {
      wantsComma = false
      continue
    }
    const wrong = wantsComma
      ? { text: 'expected "," or "]" in the list', offset: token.offset }
      : scalarFault(token)
    if (wrong !== null) return { wrong }
    values.push(token.text)
    wantsComma = true
  }
  return { wrong: { text: 'the list is not closed', offset: first.offset } }
}

function scalarFault(token: Token): { readonly text: string; readonly offset: number } | null {
  if (token.kind === 'text') return null
  if (token.kind === 'fault') return token
  const known = token.kind === 'bare' && /^(?:true|false|[+-]?\d[\d_]*(?:\.\d+)?)$/.test(token.text)
  return known
    ? null
    : { text: 'expected a text in quotes, a number, true, false or a list', offset: token.offset }
}

const lexeme =
  /(?<space>[ \t\r]+|#[^\n]*)|(?<end>\n)|(?<triple>"""|''')|(?<double>"(?:[^"\\\n]|\\[^\n])*")|(?<single>'[^'\n]*')|(?<mark>[=,[\]{}])|(?<bare>[^\s=,[\]{}"'#]+)|(?<rest>["'][^\n]*)/y

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  lexeme.lastIndex = 0
  for (let found = lexeme.exec(text); found !== null; found = lexeme.exec(text)) {
    const { end, triple, double, single, mark, bare, rest } = found.groups ?? {}
    const offset = found.index
    if (end !== undefined) tokens.push({ kind: 'end', text: '', offset })
    else if (triple !== undefined)
      tokens.push({ kind: 'fault', text: 'a text over several lines is not read here', offset })
    else if (double !== undefined) tokens.push(unescaped(double, offset))
    else if (single !== undefined) tokens.push({ kind: 'text', text: single.slice(1, -1), offset })
    else if (mark !== undefined) tokens.push({ kind: 'punctuation', text: mark, offset })
    else if (bare !== undefined) tokens.push({ kind: 'bare', text: bare, offset })
    else if (rest !== undefined) tokens.push({ kind: 'fault', text: 'the text is not closed', offset })
  }
  return tokens
}

const escapes: Readonly<Record<string, string>> = {
  ...{ b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' },
}

/** TOML's escapes; another one keeps the file from being read, as it does there. */
function unescaped(source: string, offset: number): Token {
  let wrong: string | null = null
  const text = source
    .slice(1, -1)
    .replace(/\\(?:u([\dA-Fa-f]{4})|(.))/g, (whole, code?: string, one?: string) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      const meant = escapes[one ?? '']
      if (meant === undefined) wrong = whole
      return meant ?? ''
    })
  if (wrong === null) return { kind: 'text', text, offset }
  return {
    kind: 'fault',
    text: `${wrong} is no escape of TOML: write the text in single quotes, or \\\\`,
    offset,
  }
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - before.lastIndexOf('\n') }
}
