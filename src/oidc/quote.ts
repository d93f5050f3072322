import { limits } from '../core/limits/table.ts'
/**
 * A value from outside, for an operator's message: as JSON in visible ASCII, at most 120 characters. Whoever calls
 * makes sure that it is no credential.
 */
export function quote(value: unknown): string {
  if (value === undefined) return 'missing'
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, limits.quotedCharacters)) : toText(value)
  const visible = text.replaceAll(
    /[^\x20-\x7e]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return visible.length > limits.quotedCharacters ? `${visible.slice(0, limits.quotedCharacters)}…` : visible
}

function toText(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  return typeof text === 'string' ? text : typeof value
}

/** `Authorization: Basic …` holds the secret in another spelling. */
const authorization = /\b(Basic|Bearer)\s+[A-Za-z0-9+/._~=-]+/gi

/**
 * The same for text that a provider wrote and that may repeat what it was sent: those strings are blotted out, and
 * what looks like an Authorization header.
 */
export function quoteWithout(value: string, credentials: readonly string[]): string {
  const blotted = credentials
    .filter((credential) => credential !== '')
    .reduce((text, credential) => text.replaceAll(credential, '[secret]'), value)
    .replaceAll(authorization, '$1 [secret]')
  return quote(blotted)
}
