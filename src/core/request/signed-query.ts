import type { QueryReason } from '../decision.ts'
import { limits } from '../limits/table.ts'

type SignedQuery =
  /** With its `?`; empty where there is no parameter. */
  { readonly ok: true; readonly query: string } | { readonly ok: false; readonly reason: QueryReason }

// Nothing to be spelled anew, and nothing that could be reserved. Nearly all are so, or empty.
const spelled = /^\?[A-Za-z0-9\-._~]*=[A-Za-z0-9\-._~]*(?:&[A-Za-z0-9\-._~]*=[A-Za-z0-9\-._~]*)*$/
const maybeReserved = /x-amz-/i
// Blanks and controls in front are taken off by some readers.
const reserved = /^[\s\x00-\x20]*x-amz-/i

/**
 * The query of a request that is signed, spelled as whoever signs spells it: `query` as it was received, with its `?`, each
 * name and value of it decoded as a form and encoded again, every byte but RFC 3986's unreserved ones as an escape in upper
 * case, a space as `%20`. A name without `=` gets one. Order and repetitions stay. So one text is signed and sent, and no two
 * readers can differ about what was signed.
 *
 * An empty piece (`a=1&&b=2`) is no parameter to those who read forms, and is left out: signers disagree on it, botocore signs
 * an empty name there, AWS's signers for JavaScript and Go sign nothing. An empty name with `=` is one to all, and stays.
 *
 * Refused: escapes that are none or are no UTF-8, which each reader repairs in its own way; a name that begins with `X-Amz-`,
 * as the signature itself may stand there, also where it were read so after further decoding, strict or not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (canonical query string)
 * https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function signedQuery(query: string): SignedQuery {
  if (query === '' || (spelled.test(query) && !maybeReserved.test(query))) return { ok: true, query }
  const pieces: string[] = []
  for (const piece of query.slice(1).split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = decoded(equals === -1 ? piece : piece.slice(0, equals))
    const value = equals === -1 ? '' : decoded(piece.slice(equals + 1))
    if (name === null || value === null) return { ok: false, reason: 'query-undecodable' }
    if (isReserved(name)) return { ok: false, reason: 'query-reserved' }
    pieces.push(`${encoded(name)}=${encoded(value)}`)
  }
  return { ok: true, query: pieces.length === 0 ? '' : `?${pieces.join('&')}` }
}

/** Whether every name and value of a query decodes to one text, as a form's. */
export function isDecodable(query: string): boolean {
  return decoded(query) !== null
}

/** The spelling of a query that was judged to be good. Throws for any other. */
export function spelledQuery(query: string): string {
  const reading = signedQuery(query)
  if (!reading.ok) throw new Error('a query that cannot be signed was let in')
  return reading.query
}

/** Null: broken escapes, or no UTF-8. */
function decoded(text: string): string | null {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return null
  }
}

/** What is well-formed, as what was decoded is. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** However somebody reads it: many decoders leave what is no escape as it is, and decode the rest. */
function isReserved(name: string): boolean {
  let read = name
  for (let i = 0; i < limits.pathDecodings; i++) {
    if (reserved.test(read)) return true
    if (!read.includes('%')) return false
    read = read.replaceAll('+', ' ').replace(escapes, repaired)
  }
  return reserved.test(read)
}

const escapes = /(?:%[0-9A-Fa-f]{2})+/g

/** Bytes that are no UTF-8 become U+FFFD. */
function repaired(run: string): string {
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString()
}
