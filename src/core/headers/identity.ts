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
    const value = headerValue(identityValue(principal, from))
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

/** A claim as a header value; null for none. Elements that are null say nothing and are not sent. */
function headerValue(value: Json): Text | null {
  if (value === null) return null
  if (!isList(value)) return scalarText(value)
  const texts: string[] = []
  for (const element of value) {
    if (element === null) continue
    if (isList(element)) return { unsendable: 'nested-list' }
    const text = scalarText(element)
    if (typeof text === 'object') return text
    // So that nobody gets a second group by being in one whose name holds a comma.
    texts.push(text.replaceAll(',', '%2C'))
  }
  return texts.length === 0 ? null : texts.join(',')
}

function scalarText(value: Exclude<Json, null>): Text {
  switch (typeof value) {
    case 'string':
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
  return text.replace(/^ +| +$|[^ -$&-~]/gu, (found) =>
    found.startsWith(' ') ? '%20'.repeat(found.length) : encodeURIComponent(found),
  )
}
