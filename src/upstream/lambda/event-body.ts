import { isUtf8 } from 'node:buffer'
import { limits } from '../../core/limits/table.ts'
import { pieceBytes } from '../pieces.ts'
import { type HeaderLine, lastValue } from './header-lines.ts'

/** The body of a request as events tell of it: `body` and `isBase64Encoded`. */
export interface EventBody {
  readonly text: string
  readonly isBase64: boolean
}

/**
 * A body as the event has it, as text or in base64; either way the function gets the very bytes that came. Null: there is
 * none, or it is empty.
 */
export function eventBody(bytes: Buffer | null, lines: readonly HeaderLine[]): EventBody | null {
  if (bytes === null || bytes.length === 0) return null
  return isText(bytes, lines)
    ? { text: bytes.toString('utf8'), isBase64: false }
    : { text: bytes.toString('base64'), isBase64: true }
}

/**
 * How long a body is in JSON, or that it is too long, before all of it is written: zeros, of six bytes each, would take half a
 * second, and be thrown away. A character a byte has the same escapes as UTF-8.
 */
export function eventBodyBytes(body: Buffer, lines: readonly HeaderLine[]): number {
  if (body.length > limits.functionEventBytes) return body.length
  if (!isText(body, lines)) return Math.ceil(body.length / 3) * 4
  let bytes = body.length
  for (let at = 0; at < body.length && bytes <= limits.functionEventBytes; at += pieceBytes) {
    const piece = body.toString('latin1', at, at + pieceBytes)
    bytes += JSON.stringify(piece).length - quotes - piece.length
  }
  return bytes
}

const quotes = 2

/**
 * What is UTF-8 has one text, whatever its type. Not so a form with files: parsers that people use read a text of it a byte a
 * character, as they do with what they decode of base64.
 */
function isText(bytes: Buffer, lines: readonly HeaderLine[]): boolean {
  return !multipart.test(lastValue(lines, 'content-type') ?? '') && isUtf8(bytes)
}

const multipart = /^[ \t]*multipart\//i
