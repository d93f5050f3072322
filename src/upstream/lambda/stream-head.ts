import { isObject, parseJson } from '../../core/json.ts'
import type { AnswerHead } from '../../core/ports.ts'
import { lineOf } from '../answer-head.ts'
import { type Asked, readStatus } from './answer.ts'
import { answerLines } from './answer-lines.ts'

/** How an answer begins, and so what it is read as. */
export type AnswerForm =
  /** With status and header lines of the function, then eight NUL bytes. */
  | { readonly kind: 'prelude' }
  /** With its body: 200, and this `Content-Type`, as function URLs tell it. */
  | { readonly kind: 'body'; readonly contentType: string }
  /** It does not stream: read when it is whole, as what any function returns. */
  | { readonly kind: 'whole' }

/**
 * The form of an answer, by the type that the function gave its stream. `Content-Type` is that of the event stream itself.
 * JSON is what functions return that do not stream. Format 1.0 knows no answer without a status.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */
export function formOf({ headers }: AnswerHead, payload: Asked['payload']): AnswerForm {
  const type = mediaType(headers, 'x-amzn-remapped-content-type')
  if (type === 'application/vnd.awslambda.http-integration-response') return { kind: 'prelude' }
  const contentType = lineOf(headers, 'x-amzn-remapped-content-type')
  return contentType === null ||
    type === null ||
    type === '' ||
    type === 'application/json' ||
    payload === '1.0'
    ? { kind: 'whole' }
    : { kind: 'body', contentType }
}

/** Whether Lambda answers an invocation with a stream of events, and not with an error of its own as JSON. */
export function isEventStream({ headers }: AnswerHead): boolean {
  return mediaType(headers, 'content-type') === 'application/vnd.amazon.eventstream'
}

type HeadReading =
  | { readonly ok: true; readonly head: AnswerHead }
  | { readonly ok: false; readonly why: string }

/** Judged as `statusCode`, `headers` and `cookies` of any answer; JSON has no raw NUL, so the first eight are the end. */
export function readPrelude(bytes: Buffer, { method, payload }: Asked): HeadReading {
  const value = parseJson(bytes.toString('utf8'))
  if (!isObject(value)) return refused('has a head that is no JSON object')
  const written = Object.hasOwn(value, 'statusCode') ? value.statusCode : payload === '2.0' ? 200 : null
  if (written === null) return refused('has no `statusCode`, which format 1.0 demands')
  const statusCode = readStatus(written)
  if (statusCode === null) return refused('has a `statusCode` that is no number from 200 to 599')
  const read = answerLines(value)
  if (!read.ok) return read
  const { lines, saidLength } = read
  // To HEAD it is no framing: it says what GET would get (RFC 9110 section 8.6).
  const isSaid = method === 'HEAD' && saidLength !== null && statusCode !== 204 && statusCode !== 304
  const headers = isSaid ? [...lines, 'Content-Length', saidLength] : lines
  return { ok: true, head: { statusCode, reasonPhrase: null, headers } }
}

/** RFC 9110 sections 9.3.2, 15.3.5 and 15.4.5. */
export function hasNoBody({ method }: Asked, { statusCode }: AnswerHead): boolean {
  return method === 'HEAD' || statusCode === 204 || statusCode === 304
}

/** Without the parameters of a media type, in lower case. */
function mediaType(headers: readonly string[], name: string): string | null {
  return lineOf(headers, name)?.split(';', 1)[0]?.trim().toLowerCase() ?? null
}

function refused(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}
