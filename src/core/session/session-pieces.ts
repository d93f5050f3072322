import type { CookieNames } from '../gateway.ts'
import { limits } from '../limits/table.ts'

/**
 * The cookies of a session that rests in the browser (`store: cookie`): its sealed value whole, or cut in two, and the
 * mark of a sign-out. Ports are digits and sign-ins under way begin with `tx-`, so no name is that of another origin.
 */

/** Of the second piece; the first has the name of the session cookie. */
export function secondPieceName({ session }: Pick<CookieNames, 'session'>): string {
  return `${session}-p2`
}

/** Of the mark that a sign-out leaves. */
export function signedOutName({ session }: Pick<CookieNames, 'session'>): string {
  return `${session}-ended`
}

/** One sealed value in one cookie or two. */
export interface SessionPieces {
  readonly first: string
  /** Null: the first is the whole. */
  readonly second: string | null
}

/** How long a sealed value may be, so that two cookies hold it. */
export function mostPiecesBytes(names: Pick<CookieNames, 'session'>): number {
  return roomIn(names.session) + roomIn(secondPieceName(names))
}

/** Null when two cookies cannot hold it. Cut at one place alone, so that one value has one pair of pieces. */
export function cutIntoPieces(sealed: string, names: Pick<CookieNames, 'session'>): SessionPieces | null {
  if (sealed.length > mostPiecesBytes(names)) return null
  const at = roomIn(names.session)
  return { first: sealed.slice(0, at), second: sealed.length > at ? sealed.slice(at) : null }
}

/** The value that two pieces are; null where no gateway would have cut it so. */
export function joinPieces(
  { first, second }: SessionPieces,
  names: Pick<CookieNames, 'session'>,
): string | null {
  if (second === null) return first
  return first.length === roomIn(names.session) && second !== '' ? first + second : null
}

/** `=` counts, as browsers count it. */
function roomIn(name: string): number {
  return limits.sessionPieceBytes - name.length - 1
}
