import type { TargetReason } from '../decision.ts'
import type { App } from '../gateway.ts'
import { limits } from '../limits/table.ts'

/** A request path in canonical form, and its query: what rules judge and what the upstream gets, one value. */
export interface Target {
  /** The canonical path, beginning with `/`, ASCII, as it is sent. */
  readonly path: string
  /** The decoded segments of `path`, without the trailing slash's empty one. `/` has none. */
  readonly segments: readonly string[]
  /** The segments when `%2F` splits too (`allow_encoded: [slash]`); absent when the path holds no `%2F`. */
  readonly splitSegments?: readonly string[]
  /** The query with its `?`, byte for byte as received; empty when there was none. */
  readonly query: string
  readonly [target]: true
}
declare const target: unique symbol

export type TargetReading =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly reason: TargetReason }

export type AllowEncoded = ReadonlySet<'slash' | 'semicolon' | 'hash'>

// No escape, no empty segment, none that begins with a dot: already canonical, and its own decoding. Nearly all are.
const plain =
  /^\/(?:[!$&'()*+,\-0-9:;=@A-Z[\]_a-z|~][!$&'()*+,\-.0-9:;=@A-Z[\]_a-z|~]*(?:\/[!$&'()*+,\-0-9:;=@A-Z[\]_a-z|~][!$&'()*+,\-.0-9:;=@A-Z[\]_a-z|~]*)*\/?)?(?:\?[!-"$-~]*)?$/

// Visible ASCII without the characters that clients are to escape and that parsers repair in different ways.
const pathCharacters = /^[!$-;=?-[\]_a-z|~]*$/
// A `#` would end the query for some readers and not for others (RFC 9112 section 3.2 knows no fragment).
const queryCharacters = /^[!-"$-~]*$/
const brokenEscape = /%(?![0-9A-Fa-f]{2})/
const escapes = /%[0-9A-Fa-f]{2}/g
const unreserved = /[A-Za-z0-9\-._~]/
const controls = /[\x00-\x1f\x7f-\x9f]/
// Java servers cut a segment at `;` before they look for dots.
const dots = /^\.\.?(?:;|$)/

/**
 * Reads the target of a request line, before anything else looks at it. Comes out: the one path that rules judge and
 * that is sent, or why it is refused. Never repairs: what two readers could understand in two ways is refused.
 *
 * Which app the path belongs to is not known yet, so escapes that an app may allow are let through here:
 * ask `refusedEncoding` once the app is found.
 */
export function readTarget(rawUrl: string): TargetReading {
  if (rawUrl.length > limits.requestTargetBytes) return refused('target-length')
  const mark = rawUrl.indexOf('?')
  const rawPath = mark === -1 ? rawUrl : rawUrl.slice(0, mark)
  const query = mark === -1 ? '' : rawUrl.slice(mark)
  if (plain.test(rawUrl)) return read({ path: rawPath, segments: rawSegments(rawPath), query })
  return readUnusual(rawPath, query)
}

/**
 * Why an app with these `allow_encoded` refuses an escape in the path, or null. With `slash` the caller has two
 * readings to judge, `segments` and `splitSegments`: both must lead to the same app and both must be allowed.
 */
export function refusedEncoding(target: Target, allowed: AllowEncoded): TargetReason | null {
  const path = target.path
  if (!path.includes('%')) return null
  if (target.splitSegments !== undefined && !allowed.has('slash')) return 'target-encoded-slash'
  if (!allowed.has('semicolon') && path.includes('%3B')) return 'target-encoded-semicolon'
  if (!allowed.has('hash') && path.includes('%23')) return 'target-encoded-hash'
  return null
}

/**
 * Path and query for the upstream's request line: its base path, then the target's own bytes, without the app's
 * prefix under `strip_prefix`. The target must belong to the app. The result always lies below the base path.
 */
export function upstreamPath(app: App, target: Target): string {
  const { basePath, stripPrefix } = app.upstream
  const path = stripPrefix ? withoutSegments(target.path, app.prefix.length) : target.path
  return basePath + path + target.query
}

/** Whether the segments lie at or below a prefix, in whole segments. */
export function beginsWith(segments: readonly string[], prefix: readonly string[]): boolean {
  if (segments.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (segments[i] !== prefix[i]) return false
  return true
}

function readUnusual(rawPath: string, query: string): TargetReading {
  if (!rawPath.startsWith('/')) return refused('target-form')
  if (!pathCharacters.test(rawPath) || !queryCharacters.test(query)) return refused('target-character')
  if (brokenEscape.test(rawPath)) return refused('target-escape')
  const path = rawPath.replace(escapes, canonicalEscape)
  const reason = refusedEscape(path)
  if (reason !== null) return refused(reason)

  const segments = decodedSegments(path)
  if (segments === null) return refused('target-utf8')
  const splits = path.includes('%2F')
  // An encoded slash at the edge of a segment, or dots beside it, is refused whatever the app allows.
  const splitSegments = splits ? segments.flatMap((segment) => segment.split('/')) : segments
  for (const segment of splitSegments) {
    if (segment === '') return refused('target-empty-segment')
    if (dots.test(segment)) return refused('target-dot-segment')
    if (controls.test(segment)) return refused('target-control')
  }
  return read(splits ? { path, segments, splitSegments, query } : { path, segments, query })
}

/** RFC 3986 6.2.2: an escaped unreserved character is that character; the digits of other escapes are upper case. */
function canonicalEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return unreserved.test(character) ? character : escaped.toUpperCase()
}

/** Looks at the canonical path, so that `%25%36%31`, which has become `%2561`, is found too. */
function refusedEscape(path: string): TargetReason | null {
  if (!path.includes('%')) return null
  if (/%25[0-9A-Fa-f]{2}/.test(path)) return 'target-double-encoding'
  if (path.includes('%5C')) return 'target-encoded-backslash'
  // API Gateway's HTTP APIs cut the decoded path there.
  if (path.includes('%3F')) return 'target-encoded-question-mark'
  return null
}

function rawSegments(path: string): string[] {
  if (path === '/') return []
  const end = path.endsWith('/') ? path.length - 1 : path.length
  return path.slice(1, end).split('/')
}

/** Null when the escapes are no UTF-8. */
function decodedSegments(path: string): readonly string[] | null {
  const segments = rawSegments(path)
  if (!path.includes('%')) return segments
  try {
    return segments.map(decodeURIComponent)
  } catch {
    return null
  }
}

function withoutSegments(path: string, count: number): string {
  let end = 0
  for (let i = 0; i < count && end !== -1; i++) end = path.indexOf('/', end + 1)
  return end === -1 ? '/' : path.slice(end)
}

function read(parts: Omit<Target, typeof target>): TargetReading {
  return { ok: true, target: parts as Target }
}

function refused(reason: TargetReason): TargetReading {
  return { ok: false, reason }
}
