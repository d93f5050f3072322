import type { WrittenPattern } from '../core/gateway.ts'
import { beginsCaselessly, caselessKey, caselessKeys, hasDisputedCase } from '../core/request/caseless.ts'
import { isReadAlike } from '../core/request/compatible-path.ts'
import { refusedMethods, webdavMethods, webdavName } from '../core/request/method.ts'

export type PatternReading =
  | { readonly ok: true; readonly pattern: WrittenPattern }
  /** `suggestion`: the path that was probably meant. */
  | { readonly ok: false; readonly reason: string; readonly suggestion: string | null }

/** What surrounds an app's locations: decoded segments. */
export interface PatternSurroundings {
  /** Of the app's `url`; empty at the root. */
  readonly prefix: readonly string[]
  readonly authSegments: readonly string[]
  readonly ignoreCase: boolean
}

/**
 * Reads a location's `path`: written in full, as browsers see it, Unicode raw; `*` stands for one whole segment.
 * Whatever a request's path never holds after it was read, or holds in another form, is refused here: such a
 * location would look closed and match nothing.
 */
export function readPattern(
  text: string,
  exact: boolean,
  { prefix, authSegments, ignoreCase }: PatternSurroundings,
): PatternReading {
  const wrong = wrongPath(text)
  if (wrong !== null) return { ok: false, ...wrong }
  const segments = text === '/' ? [] : text.slice(1).split('/')
  if (ignoreCase && hasDisputedCase(text)) return { ok: false, reason: disputedCase, suggestion: null }
  if (ignoreCase && !isReadAlike(segments)) return { ok: false, reason: readOtherwise, suggestion: null }
  if (!(ignoreCase ? beginsCaselessly(segments, prefix) : beginsWith(segments, prefix))) {
    const app = `/${prefix.join('/')}`
    const suggestion = text === '/' ? app : app + text
    return {
      ok: false,
      reason: `outside the app, which begins at ${app}: paths are written in full`,
      suggestion,
    }
  }
  const ours = ignoreCase
    ? beginsWith(caselessKeys(segments), caselessKeys(authSegments))
    : beginsWith(segments, authSegments)
  if (ours) {
    const reason = `/${authSegments.join('/')} belongs to the gateway; \`auth_prefix\` moves it`
    return { ok: false, reason, suggestion: null }
  }
  return { ok: true, pattern: patternOf(segments.map(starred), exact, ignoreCase) }
}

function starred(segment: string): string | null {
  return segment === '*' ? null : segment
}

/** A pattern of segments as they are written. */
export function patternOf(
  written: readonly (string | null)[],
  exact: boolean,
  ignoreCase: boolean,
): WrittenPattern {
  const segments = ignoreCase
    ? written.map((segment) => (segment === null ? null : caselessKey(segment)))
    : written
  return { segments, written, exact }
}

/** Of the path of an app or location with `ignore_case`. */
export const disputedCase =
  'ſ, ı, İ, the Kelvin sign and unusual rows of combining marks cannot stand in a path under `ignore_case`: requests with them are refused, as servers differ about their case'

/** Of such a path too. */
export const readOtherwise =
  'a character that some servers take for `/`, `;`, `?`, `#`, `%` or dots, or leave out, cannot stand there under `ignore_case`: requests would be refused'

interface Wrong {
  readonly reason: string
  readonly suggestion: string | null
}

function wrongPath(text: string): Wrong | null {
  const wrong = (reason: string, suggestion: string | null = null): Wrong => ({ reason, suggestion })
  if (!text.startsWith('/'))
    return wrong(
      'a path begins with "/", and is no expression',
      /^\^?[/\w.~-]/.test(text) && !text.includes(':') ? `/${text.replace(/^\^?\/?/, '')}` : null,
    )
  if (text.includes('?') || text.includes('#'))
    return wrong('a path has no query and no fragment', text.replace(/[?#].*$/s, ''))
  if (text.includes('%')) return wrong('characters are written as they are, not escaped', decoded(text))
  if (text.includes('//')) return wrong('an empty segment: no request has one', text.replace(/\/{2,}/g, '/'))
  if (/[;\\]/.test(text)) return wrong('";" and "\\" are not allowed in a path')
  if (/,\s+\//.test(text))
    return wrong(
      'this is one path with commas in it: write a location for each path',
      text.replace(/,.*$/s, ''),
    )
  if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    return wrong('control characters are not allowed in a path')
  const segments = text.slice(1).split('/')
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return wrong('"." and ".." are not allowed in a path')
  if (text !== '/' && text.endsWith('/'))
    return wrong('a path ends without "/": it covers all below it anyway', text.slice(0, -1))
  if (segments.at(-1) === '**')
    return wrong('a path covers all below it, without a "**"', text.slice(0, -3) || '/')
  return segments.some((segment) => segment !== '*' && segment.includes('*'))
    ? wrong(
        '"*" stands for one whole segment, never for a part of one: write the folder, which covers all below it, or each path',
      )
    : null
}

function decoded(text: string): string | null {
  try {
    const plain = decodeURIComponent(text)
    return wrongPath(plain) === null ? plain : null
  } catch {
    return null
  }
}

function beginsWith(segments: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, index) => segments[index] === segment)
}

export type MethodsReading =
  | { readonly ok: true; readonly methods: ReadonlySet<string> }
  | { readonly ok: false; readonly reason: string; readonly suggestion: string | null }

/**
 * Reads a location's `methods`: names in capitals, as RFC 9110 section 9.1 has them, and `webdav` for those of WebDAV;
 * at least one, each once.
 */
export function readMethods(names: readonly string[]): MethodsReading {
  if (names.length === 0)
    return { ok: false, reason: 'the list is empty: leave `methods` out for all', suggestion: null }
  for (const name of names) {
    if (name === webdavName) continue
    if (davNames.has(name.toLowerCase())) {
      const reason = `${name} is no method: \`${webdavName}\` stands for those of WebDAV, CalDAV and CardDAV`
      return { ok: false, reason, suggestion: webdavName }
    }
    if (/^[A-Za-z]+(?:\s*[,;|]\s*|\s+)[A-Za-z]/.test(name)) {
      return { ok: false, reason: 'several methods are a list: [GET, POST]', suggestion: null }
    }
    if (refusedMethods.includes(name.toUpperCase())) {
      return { ok: false, reason: `${name.toUpperCase()} is never passed on`, suggestion: null }
    }
    if (!/^[A-Z][A-Z0-9-]*$/.test(name)) {
      const suggestion = /^[A-Za-z][A-Za-z0-9-]*$/.test(name) ? name.toUpperCase() : null
      return { ok: false, reason: 'methods are written in capitals', suggestion }
    }
  }
  const all = names.flatMap((name) => (name === webdavName ? webdavMethods : [name]))
  const methods = new Set(all)
  if (methods.size === all.length) return { ok: true, methods }
  const inside = names.includes(webdavName) ? names.find((name) => webdavMethods.includes(name)) : undefined
  const reason = 'a method stands here twice'
  return {
    ok: false,
    reason: inside === undefined ? reason : `${reason}: \`${webdavName}\` holds ${inside}`,
    suggestion: null,
  }
}

const davNames: ReadonlySet<string> = new Set(['webdav', 'dav', 'caldav', 'carddav'])
