import { STATUS_CODES } from 'node:http'
import type { AnswerHead } from '../core/ports.ts'

/** What undici says of the head of an answer, as it was received. */
export function answerHead(statusCode: number, raw: readonly Buffer[], statusText: string): AnswerHead {
  return { statusCode, reasonPhrase: reasonPhrase(statusCode, statusText), headers: texts(raw) }
}

/**
 * undici reads it as UTF-8; its bytes are told again unless they were none. Nor are controls (RFC 9112 section 4), which
 * its parser takes and node:http refuses to write.
 */
function reasonPhrase(statusCode: number, statusText: string): string | null {
  // The usual case, in which nothing needs to be looked into.
  if (statusText === STATUS_CODES[statusCode]) return null
  return /[^\t\P{Cc}]|\ufffd/u.test(statusText) ? null : Buffer.from(statusText).toString('latin1')
}

/** Header bytes as latin-1 text, which is how node:http writes them again: byte for byte. */
function texts(raw: readonly Buffer[]): string[] {
  const headers: string[] = []
  for (const bytes of raw) headers.push(bytes.toString('latin1'))
  return headers
}

/** The value of the first line of a name, which is in lower case; null: there is none. */
export function lineOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]?.toLowerCase() === name) return headers[i + 1] ?? null
  return null
}
