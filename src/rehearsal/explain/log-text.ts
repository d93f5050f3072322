import { type Colours, plain } from '../../core/colours.ts'
import { events } from '../../core/event.ts'
import { faultCodes, faultEntry } from '../../core/fault.ts'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../../core/reason.ts'
import { showOwn } from '../../core/show.ts'
import { paintOf } from '../shown.ts'
import { columns, wrap } from '../who/layout.ts'
import { faultText, type LoggedFault } from './log-fault.ts'
import { type LogLine, textOf } from './log-line.ts'

type LoggedOutcome = 'allowed' | 'sign_in' | 'denied' | 'rejected' | 'unknown'

/** What the access line says of the verdict; without one, or by an unknown word, unknown. */
export function loggedOutcome(request: LogLine | undefined): LoggedOutcome {
  switch (request?.decision) {
    case 'allow':
      return 'allowed'
    case 'challenge':
      return 'sign_in'
    case 'deny':
      return 'denied'
    case 'reject':
      return 'rejected'
    default:
      return 'unknown'
  }
}

const sentences: Readonly<Record<string, string>> = {
  ...allowReasons,
  ...challengeReasons,
  ...denyReasons,
  ...rejectReasons,
}

/** What the reference says of its reason; null for a reason of another version. */
export function sentenceOf(request: LogLine | undefined): string | null {
  const reason = textOf(request?.reason)
  return Object.hasOwn(sentences, reason) ? (sentences[reason] ?? null) : null
}

/** Fields of the access line, with the words that stand before them. */
const fields: readonly (readonly [string, string])[] = [
  ['failed', 'detail'],
  ['app', 'app'],
  ['location', 'location'],
  ['client', 'client'],
  ['subject', 'subject'],
  ['provider', 'provider'],
  ['session', 'session'],
]

/** Leads with the fault that the person met, where there is one; then the verdict. */
export function requestText(
  request: LogLine | undefined,
  requestId: string,
  fault: LoggedFault | null,
  colours: Colours = plain,
): string {
  const met = fault === null ? [] : [`${faultText(fault, colours)}\n`]
  if (request === undefined) {
    const missing =
      'The log has no access line of this request: it may have been rotated, or not be at its end.\n'
    return [...met, missing].join('\n')
  }
  const outcome = loggedOutcome(request)
  const rows = fields.map(([word, field]) => [word, textOf(request[field])]).filter(([, text]) => text !== '')
  const address = `${textOf(request.method)} ${textOf(request.host)}${textOf(request.path)}`
  return [
    colours.strong(wrap(address)),
    `request ${showOwn(requestId)}, ${textOf(request.time)}\n`,
    ...met,
    paintOf(colours, outcome)(wrap(`${outcome.replace('_', '-')}: ${textOf(request.reason)}`, '  ')),
    wrap(sentenceOf(request) ?? 'This version does not know the reason: another one wrote the log.', '  '),
    `${wrap(`The client got ${textOf(request.status)}, after ${textOf(request.ms)} ms.`, '  ')}\n`,
    columns(rows),
  ].join('\n')
}

export function eventsText(lines: readonly LogLine[], colours: Colours = plain): string {
  if (lines.length === 0) return ''
  const rows = lines.map((line) => [textOf(line.event), eventSentence(line)])
  return `\n${colours.strong('Also logged with this id')}\n${columns(rows)}`
}

function eventSentence(line: LogLine): string {
  const [event, code] = [textOf(line.event), textOf(line.code)]
  const known: Readonly<Record<string, string>> = events
  const told = Object.hasOwn(known, event) ? known[event] : ''
  const fault = faultCodes.find((name) => name === code)
  const shown = fault === undefined ? '' : ` People saw: ${faultEntry(fault).public}`
  const facts = Object.entries(line)
    .filter(([name]) => !['event', 'level', 'time', 'request_id', 'stack'].includes(name))
    .map(([name, value]) => `${showOwn(name)}: ${textOf(value)}`)
  return `${told}${shown} ${facts.length === 0 ? '' : `(${facts.join('; ')})`}`.trim()
}
