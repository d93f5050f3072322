import type { KeyForms } from '../keys/api-key-settings.ts'
import { type PresentedKey, parseKeyPair } from '../keys/key-form.ts'
import { isOfOurs } from './presented.ts'

/** An id with its secret at the token endpoint, told by its form alone. */
export type ClientPair =
  | { readonly kind: 'key'; readonly key: PresentedKey }
  /** Ours by its beginning, and none of ours by the rest: it goes to no provider. */
  | { readonly kind: 'ours-malformed' }
  | { readonly kind: 'pair'; readonly id: string; readonly secret: string }

/** With `forms` null nothing is ours. */
export function toClientPair(id: string, secret: string, forms: KeyForms | null): ClientPair {
  const key = forms === null ? null : parseKeyPair(id, secret, forms.prefixes)
  if (key === 'malformed') return { kind: 'ours-malformed' }
  if (key !== null) return { kind: 'key', key }
  return forms !== null && isOfOurs(id, secret, forms)
    ? { kind: 'ours-malformed' }
    : { kind: 'pair', id, secret }
}

/**
 * What stands behind `Basic` (RFC 7617). Here both halves are encoded as forms are, which some clients do to an underscore
 * too (RFC 6749 section 2.3.1). Null: it cannot be read.
 */
export function readBasicPair(text: string): { readonly id: string; readonly secret: string } | null {
  const decoded = base64.test(text) ? Buffer.from(text, 'base64').toString() : ''
  const at = decoded.indexOf(':')
  if (at < 1) return null
  const [id, secret] = [formDecoded(decoded.slice(0, at)), formDecoded(decoded.slice(at + 1))]
  return id === null || secret === null || unreadable.test(id + secret) ? null : { id, secret }
}

/** RFC 9110 section 11.2: token68, in the one alphabet that Basic has. */
const base64 = /^[A-Za-z0-9+/]+=*$/
/** RFC 7617 section 2 knows no control characters; U+FFFD stands for what is no UTF-8. */
const unreadable = /[\p{Cc}\ufffd]/u

function formDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
