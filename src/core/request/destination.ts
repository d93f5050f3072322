import { readTarget, type Target } from './target.ts'

/** Where a request puts what it names: the `Destination` of COPY and MOVE (RFC 4918 section 10.3). */
export interface Destination {
  readonly target: Target
  /** Written with scheme and host, which servers of RFC 2518 insist on; else a path alone. */
  readonly absolute: boolean
}

export type DestinationReading =
  /** Null: the request has no such header. */
  { readonly ok: true; readonly destination: Destination | null } | { readonly ok: false }

/** The origin that a request is for. */
export interface DestinationOrigin {
  readonly scheme: 'https' | 'http'
  /** Whether a host with its port, in lower case, is a spelling of the origin's own. */
  readonly isHost: (host: string) => boolean
}

const refused: DestinationReading = { ok: false }
const none: DestinationReading = { ok: true, destination: null }

/**
 * Reads the `Destination` of a request of any method from its raw headers (name, value, name, value …): a path, or the
 * URI of one at this very origin. Its path is read as that of a request line is, and never repaired; several lines,
 * another host or scheme, userinfo and fragments are refused. Whose the path is, is for the rules to say.
 */
export function readDestination(
  rawHeaders: readonly string[],
  origin: DestinationOrigin,
): DestinationReading {
  let value: string | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length !== 11 || name.toLowerCase() !== 'destination') continue
    if (value !== null) return refused
    value = rawHeaders[i + 1] ?? ''
  }
  return value === null ? none : readValue(value, origin)
}

function readValue(value: string, { scheme, isHost }: DestinationOrigin): DestinationReading {
  // To some readers two slashes begin a host (RFC 3986 section 4.2).
  if (value.startsWith('/')) return value.startsWith('//') ? refused : readPath(value, false)
  const start = `${scheme}://`
  if (value.slice(0, start.length).toLowerCase() !== start) return refused
  const slash = value.indexOf('/', start.length)
  const end = slash === -1 ? value.length : slash
  // Userinfo, a query or a fragment right behind the host, an empty port: no spelling of ours has them.
  if (!isHost(value.slice(start.length, end).toLowerCase())) return refused
  const path = value.slice(end)
  if (path.startsWith('//')) return refused
  return readPath(path === '' ? '/' : path, true)
}

function readPath(path: string, absolute: boolean): DestinationReading {
  const reading = readTarget(path)
  return reading.ok ? { ok: true, destination: { target: reading.target, absolute } } : refused
}
