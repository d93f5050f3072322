import { gunzipSync } from 'node:zlib'
import { repeats } from '../../core/echo.ts'
import { parseJson } from '../../core/json.ts'
import { toJsonObject } from '../../core/json-object.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead } from '../../core/ports.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { showOwn } from '../../core/show.ts'
import { lineOf } from '../answer-head.ts'
import { awsWords } from './words.ts'

/**
 * Why AWS refuses a signed request itself, as `x-amzn-errortype` names it: API Gateway, "Gateway response types"; IAM,
 * "Common errors". The app has not seen the request then. What has no such line is the app's own answer.
 */
const refusals: ReadonlyMap<string, Refusal> = new Map(
  [
    'InvalidSignatureException',
    'ExpiredTokenException',
    'UnrecognizedClientException',
    'IncompleteSignatureException',
    'AccessDeniedException',
  ].map((type) => [
    type.toLowerCase(),
    {
      type,
      code: 'UPSTREAM_REFUSED_US',
      areOver: type === 'ExpiredTokenException' || type === 'UnrecognizedClientException',
    },
  ]),
)

/** API Gateway says so of every request that leads to no resource of it, signed or not. */
const noSuchPath: Refusal = {
  type: 'MissingAuthenticationTokenException',
  code: 'UPSTREAM_PATH_UNKNOWN',
  areOver: false,
}

/** AWS's own refusal of a request. */
export interface Refusal {
  /** The name of the error, as AWS writes it. */
  readonly type: string
  readonly code: 'UPSTREAM_REFUSED_US' | 'UPSTREAM_PATH_UNKNOWN'
  /** The credentials sign nothing any more. */
  readonly areOver: boolean
}

/** Whether an answer is AWS's own refusal, by its head; null: it is the app's. */
export function refusalIn({ statusCode, headers }: AnswerHead, service: string): Refusal | null {
  if (statusCode < 400 || statusCode > 499) return null
  const written = lineOf(headers, 'x-amzn-errortype')
  if (written === null) return null
  // `com.amazon.coral.service#Name:http://internal.amazon.com/coral/…`: as AWS's own clients read it.
  const [name = ''] = (written.split(':', 1)[0] ?? '').split('#').slice(-1)
  const folded = name.trim().toLowerCase()
  if (folded === noSuchPath.type.toLowerCase() && service === 'execute-api') return noSuchPath
  return refusals.get(folded) ?? null
}

/**
 * What AWS said, for the log: the first line of its message, as the next ones show the request with the session token in it.
 * Null: nothing that can be read. `sent`: what must not be in the log, such as cookies and the signature.
 */
export function wordsIn(body: Buffer, sent: readonly string[]): string | null {
  const answer = toJsonObject(parseJson(unpacked(body).toString('utf8')))
  const said = answer?.message ?? answer?.Message
  if (typeof said !== 'string') return null
  // An Authorization line that is faulty is shown whole.
  const [before = ''] = said.split(/\bAuthorization=/, 1)
  const words = showOwn(awsWords(before), Number.POSITIVE_INFINITY)
  if (words === '') return null
  return repeats(words, sent) ? '[withheld: it repeats what was sent]' : words
}

/** An API that compresses its answers does so with refusals too, for a client that takes it. */
function unpacked(body: Buffer): Buffer {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  try {
    return gunzipSync(body, { maxOutputLength: limits.awsRefusalBytes })
  } catch {
    return body
  }
}

/** How far AWS's clock is from ours, in words; null when its answer has no `Date`. */
export function clockDistance({ headers }: AnswerHead, now: EpochSeconds): string | null {
  const date = Date.parse(lineOf(headers, 'date') ?? '')
  if (Number.isNaN(date)) return null
  const seconds = Math.round(date / 1000) - now
  if (Math.abs(seconds) <= 1) return 'its clock is as ours'
  return `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ours`
}
