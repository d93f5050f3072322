import { isUtf8 } from 'node:buffer'
import type { LambdaSettings } from '../../core/aws-settings.ts'
import { limits } from '../../core/limits/table.ts'
import { pieceBytes } from '../pieces.ts'
import { type HeaderLine, lastValue } from './header-lines.ts'

/** The body of a request as events tell of it: `body` and `isBase64Encoded`. */
export interface EventBody {
  readonly text: string
  readonly isBase64: boolean
}

/** What decides how a body is told. */
export interface BodyKind {
  readonly lines: readonly HeaderLine[]
  readonly payload: LambdaSettings['payload']
}

/**
 * A body as the event has it, as text or in base64; either way the function gets the very bytes that came. Null: there is
 * none, or it is empty.
 */
export function eventBody(bytes: Buffer | null, kind: BodyKind): EventBody | null {
  if (bytes === null || bytes.length === 0) return null
  return isText(bytes, kind)
    ? { text: bytes.toString('utf8'), isBase64: false }
    : { text: bytes.toString('base64'), isBase64: true }
}

/**
 * How long a body is in JSON, or that it is too long, before all of it is written: zeros, of six bytes each, would take half a
 * second, and be thrown away. A character a byte has the same escapes as UTF-8.
 */
export function eventBodyBytes(body: Buffer, kind: BodyKind): number {
  if (body.length > limits.functionEventBytes) return body.length
  if (!isText(body, kind)) return Math.ceil(body.length / 3) * 4
  let bytes = body.length
  for (let at = 0; at < body.length && bytes <= limits.functionEventBytes; at += pieceBytes) {
    const piece = body.toString('latin1', at, at + pieceBytes)
    bytes += JSON.stringify(piece).length - quotes - piece.length
  }
  return bytes
}

const quotes = 2

/** By its type, as functions expect it; but what is no UTF-8 is none, whatever its type says. */
function isText(bytes: Buffer, { lines, payload }: BodyKind): boolean {
  const [type = ''] = (lastValue(lines, 'content-type') ?? '').split(';', 1)
  return textTypes[payload].test(type.trim()) && isUtf8(bytes)
}

const textTypes: Readonly<Record<LambdaSettings['payload'], RegExp>> = {
  // As HTTP APIs and function URLs do it, forms and bodies without a type in base64. No page of AWS lists them.
  '2.0': /^(?:text\/.*|application\/(?:json|javascript|xml))$/i,
  // As a REST API that is told which types are binary: everything that people read as `body` without a look at its flag.
  '1.0':
    /^(?:|text\/.*|application\/(?:json|javascript|xml|x-www-form-urlencoded)|[^/]+\/[^/]+\+(?:json|xml))$/i,
}
