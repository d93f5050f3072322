import type { Forwarding } from '../gateway.ts'
import { isExact, isList, type Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { Principal } from '../principal.ts'
import { lookUp } from '../rules/claims.ts'

export type IdentityLines =
  /** Name, value, name, value …; a header without a value is not there. */
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly header: string; readonly why: Unsendable }

/** Why a claim cannot be sent as it is. `number`: not one that JSON carries exactly; `text`: a lone surrogate. */
export type Unsendable = 'object' | 'nested-list' | 'number' | 'text' | 'too-large'

type IdentityHeaders = Forwarding['identityHeaders']

// A session's headers are made once, not once a request. The last location's list is remembered; most apps have one.
const made = new WeakMap<Principal, { readonly headers: IdentityHeaders; readonly lines: IdentityLines }>()

/** The identity headers of a principal: each the exact claim under a reversible encoding, or none at all. Never cut. */
export function identityLines(principal: Principal, headers: IdentityHeaders): IdentityLines {
  const known = made.get(principal)
  if (known !== undefined && known.headers === headers) return known.lines
  const lines = makeLines(principal, headers)
  made.set(principal, { headers, lines })
  return lines
}

function makeLines(principal: Principal, headers: IdentityHeaders): IdentityLines {
  const lines: string[] = []
  let bytes = 0
  for (const { name, from } of headers) {
    const value = headerValue(identityValue(principal, from), limits.identityHeaderBytes - bytes)
    if (value === null) continue
    if (typeof value === 'object') return { ok: false, header: name, why: value.unsendable }
    bytes += name.length + value.length
    if (bytes > limits.identityHeaderBytes) return { ok: false, header: name, why: 'too-large' }
    lines.push(name, value)
  }
  return { ok: true, lines }
}

function identityValue(principal: Principal, from: string): Json {
  if (from === 'user') return principal.user
  if (from === 'provider') return principal.provider
  const found = lookUp(principal.claims, from)
  switch (found.kind) {
    case 'missing':
      return null
    case 'one':
      return found.value
    case 'list':
      return found.elements
  }
}

type Text = string | { readonly unsendable: Unsendable }

const tooLarge: Text = { unsendable: 'too-large' }

/**
 * A claim as a header value; null for none. Elements that are null say nothing and are not sent. What cannot fit into
 * `room` is looked at no further: encoding makes nothing shorter.
 */
function headerValue(value: Json, room: number): Text | null {
  if (value === null) return null
  if (!isList(value)) return scalarText(value, room)
  const texts: string[] = []
  let left = room
  for (const element of value) {
    if (element === null) continue
    if (left < 0) return tooLarge
    if (isList(element)) return { unsendable: 'nested-list' }
    const text = scalarText(element, left)
    if (typeof text === 'object') return text
    left -= text.length + 1
    // So that nobody gets a second group by being in one whose name holds a comma.
    texts.push(text.replaceAll(',', '%2C'))
  }
  return texts.length === 0 ? null : texts.join(',')
}

function scalarText(value: Exclude<Json, null>, room: number): Text {
  switch (typeof value) {
    case 'string':
      if (value.length > room) return tooLarge
      return value.isWellFormed() ? encodeText(value) : { unsendable: 'text' }
    case 'boolean':
      return String(value)
    case 'number':
      return isExact(value) ? JSON.stringify(value) : { unsendable: 'number' }
    case 'object':
      return { unsendable: 'object' }
  }
}

/** Visible ASCII and inner spaces stay; `%`, controls, non-ASCII and edge spaces (which parsers trim) are escaped. */
function encodeText(text: string): string {
  if (/^[!-$&-~]*$/.test(text)) return text
  let start = 0
  let end = text.length
  while (start < end && text.startsWith(' ', start)) start++
  while (start < end && text.startsWith(' ', end - 1)) end--
  const inner = text.slice(start, end).replace(/[^ -$&-~]/gu, encodeURIComponent)
  return '%20'.repeat(start) + inner + '%20'.repeat(text.length - end)
}
