import type { Forwarding } from '../gateway.ts'
import type { Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { Principal } from '../principal.ts'
import { claimAt } from '../rules/claims.ts'
import { claimText, plainForm, type Unsendable } from './claim-text.ts'
import { type SentTokens, tokenLines, type UnsendableToken } from './token-headers.ts'

export type IdentityLines =
  /** Name, value, name, value …; a header without a value is not there. */
  { readonly ok: true; readonly lines: readonly string[] } | UnsendableHeader

/** The first header that cannot be sent as it is. */
export interface UnsendableHeader {
  readonly ok: false
  readonly header: string
  readonly why: Unsendable | UnsendableToken
  /** Where they are too large: how large this one would be, and all up to it, at least. */
  readonly bytes: number
  readonly bytesInAll: number
}

type IdentityHeaders = Forwarding['identityHeaders']

// A session's headers are made once, not once a request. The last location's list is remembered; most apps have one.
const made = new WeakMap<Principal, { readonly headers: IdentityHeaders; readonly lines: IdentityLines }>()

/** Everything that tells an app who somebody is: claims, and the tokens that it is to get. Tokens are never remembered. */
export function personLines(
  principal: Principal,
  { identityHeaders, tokenHeaders }: Pick<Forwarding, 'identityHeaders' | 'tokenHeaders'>,
  tokens: SentTokens | null,
): IdentityLines {
  const claims = identityLines(principal, identityHeaders)
  if (!claims.ok || tokens === null || tokenHeaders.length === 0) return claims
  const used = claims.lines.reduce((sum, text) => sum + text.length, 0)
  const sent = tokenLines(tokenHeaders, tokens, { used, room: limits.identityHeaderBytes - used })
  return sent.ok ? { ok: true, lines: [...claims.lines, ...sent.lines] } : sent
}

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
  let used = 0
  for (const { name, from, form = plainForm } of headers) {
    const room = limits.identityHeaderBytes - used - name.length
    const value = claimText(identityValue(principal, from), form, Math.max(room, 0))
    if (value === null) continue
    if (!value.ok) {
      const bytes = name.length + value.bytes
      return { ok: false, header: name, why: value.why, bytes, bytesInAll: used + bytes }
    }
    used += name.length + value.text.length
    if (used > limits.identityHeaderBytes) {
      const bytes = name.length + value.text.length
      return { ok: false, header: name, why: 'too-large', bytes, bytesInAll: used }
    }
    lines.push(name, value.text)
  }
  return { ok: true, lines }
}

function identityValue(principal: Principal, from: string): Json {
  if (from === 'user') return principal.user
  if (from === 'provider') return principal.provider
  return claimAt(principal.claims, from) ?? null
}

/** For the operator's log: which header, why, and of one that is too large how large. Never the value. */
export function describeUnsendable({ header, why, bytes, bytesInAll }: UnsendableHeader): string {
  switch (why) {
    case 'too-large': {
      const most = limits.identityHeaderBytes
      return `${header} would have ${bytes} bytes or more, all up to it ${bytesInAll}; identity headers have ${most} at most: send fewer elements with \`only\``
    }
    case 'token-too-large': {
      const most = limits.identityHeaderBytes
      return `${header} would have ${bytes} bytes with its token, all up to it ${bytesInAll}; identity headers have ${most} at most: let the provider put less into its tokens (groups above all)`
    }
    case 'token':
      return `${header} would hold a token with something else than visible ASCII, which no header carries as it is`
    case 'object':
      return `${header} would be an object: name a claim within it, or write \`encoding: base64\``
    case 'nested-list':
      return `${header} would be a list in a list: name a claim within it, or write \`encoding: base64\``
    case 'number':
      return `${header} would be a number beyond 2^53-1, which JSON does not carry exactly: have the provider send a text`
    case 'text':
      return `${header} would hold half of a surrogate pair, which has no UTF-8 form`
    case 'empty':
      return `${header} would have an empty element beside a blank that joins elements: choose another \`join\``
  }
}
