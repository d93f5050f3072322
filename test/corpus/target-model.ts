import type { AllowEncoded } from '../../src/core/request/target.ts'

// A second reader of request targets, slow and plain: letter by letter, bytes and states, no regular expression and
// nothing shared with the first but the contract. Tests hold the two against each other.

export interface ModelTarget {
  readonly path: string
  readonly segments: readonly string[]
  readonly query: string
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
  const tokens = tokensOf(rawPath)
  if (tokens === null) return null
  for (const [i, token] of tokens.entries()) {
    if (!allowedToken(token, allowed)) return null
    if (token === '%25' && isHex(tokens[i + 1]) && isHex(tokens[i + 2])) return null
  }
  const segments = splitTokens(tokens, ['/'])
  const finest = splitTokens(tokens, ['/', '%2F'])
  const last = tokens.at(-1) === '/' ? -1 : finest.length
  for (const part of tokens.length === 1 ? [] : finest.slice(0, last)) {
    if (part.length === 0) return null
    const name = splitTokens(part, [';', '%3B'])[0] ?? []
    if (name.length > 0 && name.length < 3 && name.every((token) => token === '.')) return null
  }
  if (tokens.at(-1) === '/') segments.pop()
  const decoded = segments.map(decode)
  const readable = decoded.filter((segment) => segment !== null)
  if (readable.length !== decoded.length) return null
  return { path: tokens.join(''), segments: tokens.length === 1 ? [] : readable, query }
}

function cut(raw: string): [string, string] {
  for (let i = 0; i < raw.length; i++) if (raw[i] === '?') return [raw.slice(0, i), raw.slice(i)]
  return [raw, '']
}

/** The letters and canonical escapes of a path. */
function tokensOf(path: string): string[] | null {
  const tokens: string[] = []
  for (let i = 0; i < path.length; i++) {
    const letter = path[i] ?? ''
    if (letter !== '%') {
      tokens.push(letter)
      continue
    }
    const digits = path.slice(i + 1, i + 3)
    if (digits.length < 2 || !hexDigits.includes(digits[0] ?? '?') || !hexDigits.includes(digits[1] ?? '?'))
      return null
    const plain = String.fromCharCode(Number(`0x${digits}`))
    tokens.push(letters.includes(plain) ? plain : `%${digits.toUpperCase()}`)
    i += 2
  }
  return tokens
}

function allowedToken(token: string, allowed: AllowEncoded): boolean {
  if ('#\\"<>^{}`'.includes(token)) return false
  if (token === '%5C' || token === '%3F') return false
  if (token === '%2F') return allowed.has('slash')
  if (token === '%23') return allowed.has('hash')
  if (token === '%3B') return allowed.has('semicolon')
  return true
}

function isHex(token: string | undefined): boolean {
  return token !== undefined && token.length === 1 && hexDigits.includes(token)
}

function splitTokens(tokens: readonly string[], at: readonly string[]): string[][] {
  const parts: string[][] = [[]]
  for (const token of tokens.slice(tokens[0] === '/' ? 1 : 0)) {
    if (at.includes(token)) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

/** Strict UTF-8 (RFC 3629) without controls; null otherwise. */
function decode(tokens: readonly string[]): string | null {
  const bytes = tokens.map((token) =>
    token.length === 3 ? Number(`0x${token.slice(1)}`) : token.charCodeAt(0),
  )
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
    text += String.fromCodePoint(code)
    i += length
  }
  return text
}
