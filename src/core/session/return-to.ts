import { limits } from '../limits/table.ts'
import { beginsWith, readTarget } from '../request/target.ts'

declare const returnTo: unique symbol

/** A path with query on the origin itself, safe to put into `Location`. Made by `readReturnTo` alone. */
export type ReturnTo = string & { readonly [returnTo]: true }

/** Any will do: whether a browser stays on the origin does not depend on which one it is. */
const someOrigin = 'https://origin.invalid'

// What WHATWG URL would escape (its path and special-query sets), so that it finds nothing left to change.
const pathEscapes = /[ "<>^`{}]|[^\x00-\x7f]/gu
const queryEscapes = /[ "'<>]|[^\x00-\x7f]/gu

/**
 * Where a person goes after signing in or out. Takes the `return_to` of a query, decoded once, or the path and query
 * of a request. Comes out: the very string for `Location`; `/` for whatever is not plainly a page of this origin.
 *
 * A host is not accepted, also not our own: one rule is easier to check than two. Nothing below `auth_prefix` is: a
 * return must not sign out or sign in again. A fragment is dropped, as requests, with which this is compared, have none.
 */
export function readReturnTo(raw: string | undefined | null, authPrefix: string): ReturnTo {
  return (raw ? readLocalAddress(raw, authPrefix) : null) ?? ('/' as ReturnTo)
}

/** The same, but null for what is not plainly a page of this origin. */
export function readLocalAddress(raw: string, authPrefix: string): ReturnTo | null {
  return localAddress(raw, authPrefix) as ReturnTo | null
}

function localAddress(raw: string, authPrefix: string): string | null {
  if (raw.length > limits.returnToBytes || !raw.startsWith('/') || !raw.isWellFormed()) return null
  const hash = raw.indexOf('#')
  const whole = hash === -1 ? raw : raw.slice(0, hash)
  const mark = whole.indexOf('?')
  const path = (mark === -1 ? whole : whole.slice(0, mark)).replace(pathEscapes, escaped)
  const query = mark === -1 ? '' : whole.slice(mark).replace(queryEscapes, escaped)

  // What the gate would refuse when the browser comes back is no place to send it to.
  const reading = readTarget(path + query)
  if (!reading.ok) return null
  const { target } = reading
  // To the letter: another spelling is no address of ours, be it a page of an app or, where one ignores case, 404.
  const reserved = authPrefix.slice(1).split('/')
  for (const segments of [target.segments, ...target.otherReadings])
    if (beginsWith(segments, reserved)) return null

  const address = target.path + target.query
  return address.length <= limits.returnToBytes && staysAsWritten(address) ? address : null
}

/** What is sent is read once more as a browser reads it: it must mean this origin, and not one byte else. */
function staysAsWritten(address: string): boolean {
  const url = URL.parse(address, someOrigin)
  return url !== null && url.href === someOrigin + address
}

function escaped(character: string): string {
  return character === "'" ? '%27' : encodeURIComponent(character)
}
