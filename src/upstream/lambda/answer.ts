import { isUtf8 } from 'node:buffer'
import type { LambdaSettings } from '../../core/aws-settings.ts'
import { isObject } from '../../core/json.ts'
import type { AnswerHead } from '../../core/ports.ts'
import { answerLines } from './answer-lines.ts'

/** What a function's answer is to its client. */
export interface FunctionAnswer {
  readonly head: AnswerHead
  /** What is sent of the body: nothing to HEAD, and with a status that has none. */
  readonly body: Buffer
}

type AnswerReading =
  | { readonly ok: true; readonly answer: FunctionAnswer }
  /** Goes on after "its answer": names what is wrong, and repeats no value. */
  | { readonly ok: false; readonly why: string }

/** What of the request decides about its answer. */
export interface Asked {
  readonly method: string
  readonly payload: LambdaSettings['payload']
}

/**
 * Reads what a function returned (JSON, in UTF-8). All of it or nothing: an answer of which one part cannot be passed on
 * is none. Nothing in it decides where the answer ends: its length is written anew. Never throws.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readFunctionAnswer(payload: Buffer, asked: Asked): AnswerReading {
  if (!isUtf8(payload)) return refused('is no UTF-8')
  const read = parsed(payload.toString('utf8'))
  if (read === null) return refused('is no JSON')
  const { value } = read
  if (!isObject(value) || !Object.hasOwn(value, 'statusCode'))
    return asked.payload === '2.0'
      ? answered(asked, {
          ...{ status: 200, saidLength: null, body: payload },
          lines: ['Content-Type', 'application/json'],
        })
      : refused('has no `statusCode`, which format 1.0 demands')
  const status = readStatus(value.statusCode)
  if (status === null) return refused('has a `statusCode` that is no number from 200 to 599')
  const lines = answerLines(value)
  if (!lines.ok) return lines
  const body = readBody(value)
  if (!body.ok) return body
  return answered(asked, { ...lines, status, body: body.bytes })
}

/** In an object of its own, as `null` is an answer too. */
function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

/** A status that a client can be told: an integer, or its digits as text; null: none. */
export function readStatus(status: unknown): number | null {
  const number = typeof status === 'string' && /^[0-9]{3}$/.test(status) ? Number(status) : status
  return typeof number === 'number' && Number.isInteger(number) && number >= 200 && number <= 599
    ? number
    : null
}

type BodyReading =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly why: string }

function readBody({
  body = null,
  isBase64Encoded: encoded = null,
}: Readonly<Record<string, unknown>>): BodyReading {
  if (encoded !== null && typeof encoded !== 'boolean')
    return refused('has an `isBase64Encoded` that is neither true nor false')
  if (body === null) return { ok: true, bytes: Buffer.alloc(0) }
  if (typeof body !== 'string') return refused('has a `body` that is no text')
  if (encoded !== true)
    return body.isWellFormed()
      ? { ok: true, bytes: Buffer.from(body) }
      : refused('has a `body` with half of a surrogate pair, which has no UTF-8 form')
  const bytes = Buffer.from(body, 'base64')
  // Node reads past what is none; RFC 4648 section 4 has one text for these bytes.
  return bytes.toString('base64') === body
    ? { ok: true, bytes }
    : refused('has `isBase64Encoded`, and its `body` is no base64')
}

interface Read {
  readonly status: number
  readonly lines: readonly string[]
  readonly saidLength: string | null
  readonly body: Buffer
}

/** RFC 9110 sections 8.6, 15.3.5 and 15.4.5: what the length of a body is said of, and what has none. */
function answered({ method }: Asked, { status, lines, saidLength, body }: Read): AnswerReading {
  const bodiless = status === 204 || status === 304
  // Without a body to HEAD the function alone knows what GET would get.
  const known = method === 'HEAD' && body.length === 0 ? saidLength : `${body.length}`
  const length = bodiless || known === null ? [] : ['Content-Length', known]
  const sent = bodiless || method === 'HEAD' ? Buffer.alloc(0) : body
  const head = { statusCode: status, reasonPhrase: null, headers: [...lines, ...length] }
  return { ok: true, answer: { head, body: sent } }
}

function refused(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}
