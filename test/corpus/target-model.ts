import type { AmbiguousKind } from '../../src/core/request/ambiguous-kind.ts'
import type { AllowEncoded } from '../../src/core/request/target.ts'

// A second reader of request targets, slow and plain: letter by letter, bytes and states, no regular expression and
// nothing shared with the first but the contract. Tests hold the two against each other.

export interface ModelTarget {
  readonly path: string
  readonly segments: readonly string[]
  readonly query: string
  /** What other servers read, in no order, each as JSON. */
  readonly others: readonly string[]
}

const hexDigits = '0123456789abcdefABCDEF'
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~'

/** Null for a target that is to be refused. */
export function modelTarget(raw: string, allowed: AllowEncoded): ModelTarget | null {
  if (raw.length > 8192 || raw[0] !== '/') return null
  for (const character of raw) {
    if (character < '!' || character > '~' || character === '#') return null
  }
  const [rawPath, query] = cut(raw)
  const path = canonical(rawPath)
  if (path === null) return null
  const servers: Servers = { readings: new Set(), kinds: new Set() }
  if (!ask(servers, path.slice(1).replaceAll('/', separator), 0)) return null
  if (servers.readings.size > 8) return null
  for (const kind of servers.kinds) if (!allowed.has(kind)) return null
  const [first = '', ...others] = servers.readings
  return { path, segments: JSON.parse(first), query, others: others.sort() }
}

function cut(raw: string): [string, string] {
  for (let i = 0; i < raw.length; i++) if (raw[i] === '?') return [raw.slice(0, i), raw.slice(i)]
  return [raw, '']
}

/** With escapes of letters decoded and others in upper case; null for what is refused in any path. */
function canonical(path: string): string | null {
  let text = ''
  for (let i = 0; i < path.length; i++) {
    const letter = path[i] ?? ''
    if ('#\\"<>^{}`'.includes(letter)) return null
    if (letter !== '%') {
      text += letter
      continue
    }
    if (!isEscape(path, i)) return null
    const code = Number(`0x${path.slice(i + 1, i + 3)}`)
    const plain = String.fromCharCode(code)
    text += letters.includes(plain) ? plain : path.slice(i, i + 3).toUpperCase()
    i += 2
  }
  return text
}

function isEscape(text: string, at: number): boolean {
  const [first = '?', second = '?'] = [text[at + 1], text[at + 2]]
  return text[at] === '%' && hexDigits.includes(first) && hexDigits.includes(second)
}

/** Stands between segments, so that a slash within one is told from it. */
const separator = '\0'

interface Servers {
  readonly readings: Set<string>
  readonly kinds: Set<AmbiguousKind>
}

/** Every server that does some of five things to a text, then decodes it and begins again. False: one must not. */
function ask(servers: Servers, text: string, decodings: number): boolean {
  for (let chosen = 0; chosen < 32; chosen++) {
    let read = text
    let idle = false
    for (const [i, [kind, change]] of changes.entries()) {
      if ((chosen & (1 << i)) === 0) continue
      const next = change(read)
      if (next === read) idle = true
      else servers.kinds.add(kind)
      read = next
    }
    if (!idle && !answer(servers, read, decodings)) return false
  }
  return true
}

function answer(servers: Servers, text: string, decodings: number): boolean {
  const segments = text.split(separator)
  if (segments.length > 1 && segments[0] === '') return false
  for (const segment of segments) if (segment === '.' || segment === '..') return false
  if (decodings > 0) {
    const last = segments.at(-1) === '' ? segments.length - 1 : segments.length
    servers.readings.add(JSON.stringify(segments.slice(0, last)))
    if (![...text].some((_, at) => isEscape(text, at))) return true
    if (decodings === 3) return false
    servers.kinds.add('percent')
  }
  const decoded = segments.map(decode)
  const known = decoded.filter((segment) => segment !== null)
  return known.length === decoded.length && ask(servers, known.join(separator), decodings + 1)
}

const changes: readonly (readonly [AmbiguousKind, (text: string) => string])[] = [
  ['question_mark', (text) => text.split('?')[0] ?? ''],
  ['hash', (text) => text.split('#')[0] ?? ''],
  ['slash', (text) => text.split('/').join(separator)],
  ['semicolon', withoutParameters],
  ['empty_segment', withoutEmpty],
]

function withoutParameters(text: string): string {
  let kept = ''
  let skips = false
  for (const character of text) {
    if (character === ';') skips = true
    if (character === separator) skips = false
    if (!skips) kept += character
  }
  return kept
}

function withoutEmpty(text: string): string {
  let kept = ''
  for (const character of text) {
    if (character !== separator || (kept !== '' && kept.at(-1) !== separator)) kept += character
  }
  return kept
}

/** Strict UTF-8 (RFC 3629) without controls and backslashes; null otherwise. */
function decode(segment: string): string | null {
  const bytes: number[] = []
  for (let i = 0; i < segment.length; i++) {
    if (isEscape(segment, i)) {
      bytes.push(Number(`0x${segment.slice(i + 1, i + 3)}`))
      i += 2
      continue
    }
    const character = String.fromCodePoint(segment.codePointAt(i) ?? 0)
    bytes.push(...Buffer.from(character))
    i += character.length - 1
  }
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] ?? 0
    const length =
      first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
    if (length === 0 || i + length > bytes.length) return null
    let code = length === 1 ? first : first & (0xff >> (length + 1))
    for (let j = 1; j < length; j++) {
      const next = bytes[i + j] ?? 0
      if (next < 0x80 || next > 0xbf) return null
      code = code * 64 + (next & 0x3f)
    }
    const shortest = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0
    if (code < shortest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null
    if (code < 0x20 || (code > 0x7e && code < 0xa0)) return null
    if (code === 0x5c) return null
    text += String.fromCodePoint(code)
    i += length
  }
  return text
}
