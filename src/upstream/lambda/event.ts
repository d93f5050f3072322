import { isUtf8 } from 'node:buffer'
import type { LambdaSettings } from '../../core/aws-settings.ts'
import { limits } from '../../core/limits/table.ts'
import { pieceBytes } from '../pieces.ts'
import { eventOfFormat1 } from './event-1.ts'
import { eventOfFormat2 } from './event-2.ts'
import { type FunctionInput, functionRequest } from './function-request.ts'

/**
 * A request as the JSON that a function is invoked with, in UTF-8; null when it is longer than Lambda takes. `nowMs` is
 * since 1970. Nothing in it comes from a client but method, path, query, the headers that go on, and the body.
 */
export function functionEvent(input: FunctionInput, lambda: LambdaSettings, nowMs: number): Buffer | null {
  if (input.body !== null && bodyBytes(input.body) > limits.functionEventBytes) return null
  const request = functionRequest(input, lambda, nowMs)
  const json = Buffer.from(JSON.stringify(eventOf(request, lambda.payload)))
  return json.length > limits.functionEventBytes ? null : json
}

/**
 * How long a body is in JSON, or that it is too long, before all of it is written: zeros, of six bytes each, would take half a
 * second, and be thrown away. A character a byte has the same escapes as UTF-8. As base64 it is no shorter than it is.
 */
function bodyBytes(body: Buffer): number {
  if (body.length > limits.functionEventBytes || !isUtf8(body)) return body.length
  let bytes = body.length
  for (let at = 0; at < body.length && bytes <= limits.functionEventBytes; at += pieceBytes) {
    const piece = body.toString('latin1', at, at + pieceBytes)
    bytes += JSON.stringify(piece).length - quotes - piece.length
  }
  return bytes
}

const quotes = 2

function eventOf(request: ReturnType<typeof functionRequest>, format: LambdaSettings['payload']): object {
  switch (format) {
    case '1.0':
      return eventOfFormat1(request)
    case '2.0':
      return eventOfFormat2(request)
  }
}
