import type { Colours } from '../../core/colours.ts'
import { events } from '../../core/event.ts'
import { type FaultCode, faultCodes, faultEntry } from '../../core/fault.ts'
import { faultMeanings } from '../../core/fault-meaning.ts'
import { wrap } from '../who/layout.ts'
import { type LogLine, textOf } from './log-line.ts'

/** A fault that a person met, as the log tells it. */
export interface LoggedFault {
  /** Null: a fault of the gateway itself, or a code of another version. */
  readonly code: FaultCode | null
  /** The line that tells most of it: an event of its own, or the access line of an answer that was cut. */
  readonly line: LogLine
}

/**
 * The fault that the answer of a request was: of several lines the last with its status, as one before may have begun
 * something anew. Null: the request was answered well, or refused by a rule.
 */
export function metFault(request: LogLine | undefined, others: readonly LogLine[]): LoggedFault | null {
  const failed = others.filter(({ event }) => textOf(event).endsWith('.failed')).map(toFault)
  if (request === undefined) return failed.at(-1) ?? null
  const cut = codeOf(request)
  if (cut !== null) return failed.findLast(({ code }) => code === cut) ?? { code: cut, line: request }
  if (typeof request.status !== 'number' || request.status < 400) return null
  const isMet = (fault: LoggedFault) => statusOf(fault) === request.status
  return failed.findLast(isMet) ?? null
}

/** A provider that ends sessions is told 503 of whatever is not its own doing: http/sign-in/provider-logout. */
function statusOf({ code, line }: LoggedFault): number {
  const status = code === null ? 500 : faultEntry(code).status
  return line.event === 'logout.failed' && status > 500 ? 503 : status
}

function toFault(line: LogLine): LoggedFault {
  return { code: codeOf(line), line }
}

function codeOf({ code }: LogLine): FaultCode | null {
  return faultCodes.find((name) => name === code) ?? null
}

/** What the person saw, what was behind it, and where to look. */
export function faultText({ code, line }: LoggedFault, { bad }: Pick<Colours, 'bad'>): string {
  const known: Readonly<Record<string, string>> = events
  const event = textOf(line.event)
  const said = Object.hasOwn(known, event) ? (known[event] ?? '') : ''
  const error = textOf(line.error)
  if (code === null) return paragraphs(`failed: ${event}`, [said, error], bad)
  const { means, lookAt } = faultMeanings[code]
  const met = `failed: ${code}, and the person saw: ${faultEntry(code).public}`
  return paragraphs(met, [error, means, `Look at: ${lookAt}`], bad)
}

function paragraphs(first: string, texts: readonly string[], paint: (text: string) => string): string {
  const rest = texts.filter((text) => text !== '').map((text) => wrap(text, '  '))
  return [paint(wrap(first, '  ')), ...rest].join('\n')
}
