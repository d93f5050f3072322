import type { TargetReason } from '../decision.ts'
import type { App } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import { isSigned } from '../upstream-settings.ts'
import type { AmbiguousKind } from './ambiguous-kind.ts'
import { isAmbiguous, readingsOf, type Segments } from './readings.ts'
import { spelledQuery } from './signed-query.ts'

/** A request path in canonical form, and its query: what rules judge and what the upstream gets, one value. */
export interface Target {
  /** The canonical path, beginning with `/`, ASCII, as it is sent. */
  readonly path: string
  /** The decoded segments of `path`, without the trailing slash's empty one. `/` has none. */
  readonly segments: Segments
  /** What other servers may read: `kinds` says why they could. Nearly always none. */
  readonly otherReadings: readonly Segments[]
  /** What an app must allow to be sent this path. */
  readonly kinds: readonly AmbiguousKind[]
  /** The query with its `?`, byte for byte as received; empty when there was none. */
  readonly query: string
  readonly [target]: true
}
declare const target: unique symbol

type TargetReading =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly reason: TargetReason }

export type AllowEncoded = ReadonlySet<AmbiguousKind>

// No escape, no `;`, no empty segment, none that begins with a dot: already canonical, and its own decoding. Nearly all
// are.
const plain =
  /^\/(?:[!$&'()*+,\-0-9:=@A-Z[\]_a-z|~][!$&'()*+,\-.0-9:=@A-Z[\]_a-z|~]*(?:\/[!$&'()*+,\-0-9:=@A-Z[\]_a-z|~][!$&'()*+,\-.0-9:=@A-Z[\]_a-z|~]*)*\/?)?(?:\?[!-"$-~]*)?$/

// Visible ASCII without the characters that clients are to escape and that parsers repair in different ways.
const pathCharacters = /^[!$-;=?-[\]_a-z|~]*$/
// A `#` would end the query for some readers and not for others (RFC 9112 section 3.2 knows no fragment).
const queryCharacters = /^[!-"$-~]*$/
const brokenEscape = /%(?![0-9A-Fa-f]{2})/
const escapes = /%[0-9A-Fa-f]{2}/g
const unreserved = /[A-Za-z0-9\-._~]/
const controls = /[\x00-\x1f\x7f-\x9f]/
const dots = /^\.\.?$/

/**
 * Reads the target of a request line, before anything else looks at it. Comes out: the one path that is sent, with every
 * reading of it that rules judge, or why it is refused. Never repairs.
 *
 * Which app the path belongs to is not known yet, so what an app may allow is let through here: ask `refusedKind` once
 * the app is found.
 */
export function readTarget(rawUrl: string): TargetReading {
  if (rawUrl.length > limits.requestTargetBytes) return refused('target-length')
  const mark = rawUrl.indexOf('?')
  const rawPath = mark === -1 ? rawUrl : rawUrl.slice(0, mark)
  const query = mark === -1 ? '' : rawUrl.slice(mark)
  if (plain.test(rawUrl)) return read(rawPath, query, rawSegments(rawPath))
  return readUnusual(rawPath, query)
}

const refusals: Readonly<Record<AmbiguousKind, TargetReason>> = {
  slash: 'target-encoded-slash',
  empty_segment: 'target-empty-segment',
  semicolon: 'target-encoded-semicolon',
  hash: 'target-encoded-hash',
  question_mark: 'target-encoded-question-mark',
  percent: 'target-double-encoding',
}

/**
 * Why an app with these `allow_encoded` is not sent a path that can be read in several ways, or null. Then the caller
 * has every reading to judge: all must lead to the same app, and under each the request must be allowed.
 */
export function refusedKind({ kinds }: Target, allowed: AllowEncoded): TargetReason | null {
  for (const kind of kinds) if (!allowed.has(kind)) return refusals[kind]
  return null
}

/**
 * Path and query for the upstream's request line: its base path, then the target's own bytes, without the app's
 * prefix under `strip_prefix`. Where requests are signed, the query is in the signer's spelling. The target must have been
 * matched to the app (see route-match). The result always lies below the base path.
 */
export function upstreamPath(app: App, target: Target): string {
  const { basePath, stripPrefix } = app.upstream
  const path = stripPrefix ? withoutSegments(target.path, app.prefix.length) : target.path
  return basePath + path + (isSigned(app.upstream) ? spelledQuery(target.query) : target.query)
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
  if (path.includes('%5C')) return refused('target-encoded-backslash')
  if (isAmbiguous(path)) return readAmbiguous(path, query)

  const segments = decodedSegments(path)
  if (segments === null) return refused('target-utf8')
  for (const segment of segments) {
    if (dots.test(segment)) return refused('target-dot-segment')
    if (controls.test(segment)) return refused('target-control')
  }
  return read(path, query, segments)
}

function readAmbiguous(path: string, query: string): TargetReading {
  const found = readingsOf(path)
  if (!found.ok) return refused(found.reason)
  const [segments = [], ...otherReadings] = found.readings
  return read(path, query, segments, otherReadings, found.kinds)
}

/** RFC 3986 6.2.2: an escaped unreserved character is that character; the digits of other escapes are upper case. */
function canonicalEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return unreserved.test(character) ? character : escaped.toUpperCase()
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

const none: readonly never[] = []

function read(
  path: string,
  query: string,
  segments: Segments,
  otherReadings: readonly Segments[] = none,
  kinds: readonly AmbiguousKind[] = none,
): TargetReading {
  return { ok: true, target: { path, segments, otherReadings, kinds, query } as Target }
}

function refused(reason: TargetReason): TargetReading {
  return { ok: false, reason }
}
