import type { AssertionLine, UnsendableClaim } from '../assertion/assertion.ts'
import { credentialOf, endUserOf, keyOf } from '../credential/credential.ts'
import type { Forwarding } from '../gateway.ts'
import type { Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { Principal } from '../principal.ts'
import { claimAt } from '../rules/claims.ts'
import { claimText, plainForm, type Unsendable } from './claim-text.ts'
import type { CredentialWord, HeaderForm, TokenHeader } from './form.ts'
import { type SentTokens, tokenLines, type UnsendableToken } from './token-headers.ts'

type IdentityLines =
  /** Name, value, name, value …; a header without a value is not there. */
  { readonly ok: true; readonly lines: readonly string[] } | UnsendableHeader

/** The first header that cannot be sent as it is. */
export interface UnsendableHeader {
  readonly ok: false
  readonly header: string
  readonly why: Unsendable | UnsendableToken | UnsendableClaim
  /** Where they are too large: how large this one would be, and all up to it, at least. */
  readonly bytes: number
  readonly bytesInAll: number
}

type ToldOf = Pick<Forwarding, 'identityHeaders' | 'credentialHeaders'>

// A session's headers are made once, not once a request. The last location's lists are remembered; most apps have one.
const made = new WeakMap<Principal, { readonly of: ToldOf; readonly lines: IdentityLines }>()

/**
 * Everything that tells an app who somebody is: claims, by what somebody came, the tokens that it is to get, and the
 * assertion, all together within one bound. Tokens are never remembered.
 */
export function personLines(
  principal: Principal,
  headers: ToldOf & Pick<Forwarding, 'tokenHeaders'>,
  tokens: SentTokens | null,
  assertion: AssertionLine | null = null,
): IdentityLines {
  const told = withTokens(principal, headers, tokens)
  if (!told.ok || assertion === null) return told
  if (!assertion.ok) return assertion
  const { header, token } = assertion
  const bytes = header.length + token.length
  const bytesInAll = told.lines.reduce((sum, text) => sum + text.length, bytes)
  return bytesInAll > limits.identityHeaderBytes
    ? { ok: false, header, why: 'assertion-too-large', bytes, bytesInAll }
    : { ok: true, lines: [...told.lines, header, token] }
}

function withTokens(
  principal: Principal,
  headers: ToldOf & Pick<Forwarding, 'tokenHeaders'>,
  tokens: SentTokens | null,
): IdentityLines {
  const { tokenHeaders } = headers
  const told = identityLines(principal, headers)
  if (!told.ok || tokens === null || tokenHeaders.length === 0) return told
  const wanted = sendableTo(principal, tokenHeaders)
  if (wanted.length === 0) return told
  const used = told.lines.reduce((sum, text) => sum + text.length, 0)
  const sent = tokenLines(wanted, tokens, { used, room: limits.identityHeaderBytes - used })
  return sent.ok ? { ok: true, lines: [...told.lines, ...sent.lines] } : sent
}

/**
 * A session’s tokens go with a session alone, as one beside a token or key of a header counts for nothing. What a provider
 * gave for a pair goes in the place of the pair.
 */
function sendableTo({ by }: Principal, headers: readonly TokenHeader[]): readonly TokenHeader[] {
  switch (by?.kind) {
    case undefined:
      return headers
    case 'exchange':
      return headers.filter(({ scheme }) => scheme !== undefined)
    case 'bearer':
    case 'api_key':
    case 'widget':
    case 'client_certificate':
      return []
  }
}

/** The identity headers of a principal: each the exact claim under a reversible encoding, or none at all. Never cut. */
export function identityLines(principal: Principal, headers: ToldOf): IdentityLines {
  const known = made.get(principal)
  const { identityHeaders, credentialHeaders } = headers
  if (known?.of.identityHeaders === identityHeaders && known.of.credentialHeaders === credentialHeaders)
    return known.lines
  const lines = makeLines(principal, headers)
  made.set(principal, { of: headers, lines })
  return lines
}

interface Told {
  readonly name: string
  readonly value: Json
  readonly form: HeaderForm
}

function makeLines(principal: Principal, { identityHeaders, credentialHeaders = [] }: ToldOf): IdentityLines {
  const told: readonly Told[] = [
    ...identityHeaders.map(({ name, from, form = plainForm }) => ({
      ...{ name, form },
      value: identityValue(principal, from),
    })),
    ...credentialHeaders.map(({ name, says }) => ({
      ...{ name, form: plainForm },
      value: credentialValue(principal, says),
    })),
  ]
  const lines: string[] = []
  let used = 0
  for (const { name, value: said, form } of told) {
    const room = limits.identityHeaderBytes - used - name.length
    const value = claimText(said, form, Math.max(room, 0))
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

/** Whoever came without a key has neither its id nor its name; only a widget has an end user. */
function credentialValue(principal: Principal, says: CredentialWord): string | null {
  switch (says) {
    case 'credential':
      return credentialOf(principal)
    case 'key_id':
      return keyOf(principal)?.id ?? null
    case 'key_name':
      return keyOf(principal)?.name ?? null
    case 'end_user':
      return endUserOf(principal)
  }
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
    case 'assertion-too-large': {
      const most = limits.identityHeaderBytes
      return `${header} would have ${bytes} bytes with its assertion, all up to it ${bytesInAll}; identity headers have ${most} at most: list fewer \`claims\` in \`identity_assertion\`, or send fewer identity headers beside it`
    }
    case 'claim-number':
      return `${header} would assert a number beyond 2^53-1, which JSON does not carry exactly: have the provider send a text`
    case 'claim-text':
      return `${header} would assert half of a surrogate pair, which has no UTF-8 form`
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
