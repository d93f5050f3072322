import type { Origin, RedirectUri } from '../gateway.ts'

/** Where a provider that the origin accepts sends people back to. Throws for one that it does not accept. */
export function redirectUriOf(origin: Pick<Origin, 'redirectUris'>, provider: string): RedirectUri {
  const found = origin.redirectUris.find(({ providers }) => providers.includes(provider))
  if (found === undefined) throw new Error(`the origin has no redirect URI for the provider ${provider}`)
  return found
}

/** A path that is taken before any location. */
export type TakenPath = Pick<RedirectUri, 'segments'>

/**
 * Whether some server could take the decoded segments of a path for those of a redirect URI: without regard to case,
 * and with segments that end at `;` and paths that end at `#`, for an escaped one of which an app may ask. A slash
 * behind it makes no segment. Providers that compare loosely (RFC 9700 4.1) could send a code to any of these.
 */
export function couldBeRedirectUri(redirectUri: TakenPath, segments: readonly string[]): boolean {
  const own = redirectUri.segments
  // Every request comes here, and nearly every one leaves at its first segment.
  for (let i = 0; i < own.length; i++) {
    const segment = segments[i]
    if (segment === undefined || !couldBe(segment, own[i] ?? '')) return false
    if (segment.includes('#')) return i === own.length - 1
  }
  return segments.length === own.length
}

/** The same text, without regard to case, with an end or `;` or `#` behind it; `name` is plain ASCII and has neither. */
function couldBe(segment: string, name: string): boolean {
  const { length } = name
  if (segment.length < length) return false
  const first = segment.charCodeAt(0)
  // Nearly every segment is another one from its first letter on; beyond ASCII, case has surprises (U+212A is a k).
  if (first < 0x80 && (first | 0x20) !== (name.charCodeAt(0) | 0x20)) return false
  if (segment.length > length && segment[length] !== ';' && segment[length] !== '#') return false
  return segment.slice(0, length).toLowerCase() === name.toLowerCase()
}
