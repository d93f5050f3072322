import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { events } from '../../core/event.ts'
import { faultCodes, faultEntry } from '../../core/fault.ts'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../../core/reason.ts'
import { showOwn } from '../../core/show.ts'
import type { Io } from '../command.ts'
import { columns, wrap } from '../who/layout.ts'

type Line = Readonly<Record<string, unknown>>

export interface LogQuestion {
  /** `-`: the standard input. */
  readonly file: string
  readonly requestId: string
  readonly json: boolean
}

/** Tells what a log says of one request; answers with the exit status. The log is data: nothing in it is believed. */
export async function explainLog({ file, requestId, json }: LogQuestion, io: Io): Promise<number> {
  const lines = await linesAbout(file, requestId, io)
  if (lines === null) return fail(io, `${file} cannot be read`)
  const request = lines.find(({ event }) => event === 'request')
  const others = lines.filter((line) => line !== request)
  if (lines.length === 0) return fail(io, `${file} has no line of the request ${showOwn(requestId)}`)
  const outcome = outcomeOf(request)
  if (json) {
    const told = { request: request ?? null, outcome, sentence: sentenceOf(request), events: others }
    io.stdout(`${JSON.stringify(told, null, 2)}\n`)
  } else {
    io.stdout(requestText(request, requestId) + eventsText(others))
  }
  return outcome === 'allowed' ? 0 : 1
}

function fail(io: Io, message: string): number {
  io.stderr(`claimgate explain: ${message}\n`)
  return 2
}

/** The lines with this id, in the log's order; null when there is no such file. */
async function linesAbout(file: string, requestId: string, io: Io): Promise<readonly Line[] | null> {
  const found: Line[] = []
  try {
    const source =
      file === '-'
        ? (await io.stdin()).split('\n')
        : createInterface({
            input: createReadStream(resolve(io.cwd, file)),
            crlfDelay: Number.POSITIVE_INFINITY,
          })
    for await (const text of source) {
      const line = text.includes(requestId) ? readLine(text) : null
      if (line?.request_id === requestId) found.push(line)
    }
    return found
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

/** What stands before the object is somebody's prefix: `wiki-1 | {…}`. */
function readLine(text: string): Line | null {
  try {
    const value: unknown = JSON.parse(text.slice(text.indexOf('{')))
    return isLine(value) ? value : null
  } catch {
    return null
  }
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type LoggedOutcome = 'allowed' | 'sign_in' | 'denied' | 'rejected' | 'unknown'

function outcomeOf(request: Line | undefined): LoggedOutcome {
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

function sentenceOf(request: Line | undefined): string | null {
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
]

function requestText(request: Line | undefined, requestId: string): string {
  if (request === undefined) {
    return 'The log has no access line of this request: it may have been rotated, or not be at its end.\n'
  }
  const outcome = outcomeOf(request).replace('_', '-')
  const rows = fields.map(([word, field]) => [word, textOf(request[field])]).filter(([, text]) => text !== '')
  const address = `${textOf(request.method)} ${textOf(request.host)}${textOf(request.path)}`
  return [
    wrap(address),
    `request ${showOwn(requestId)}, ${textOf(request.time)}\n`,
    wrap(`${outcome}: ${textOf(request.reason)}`, '  '),
    wrap(sentenceOf(request) ?? 'This version does not know the reason: another one wrote the log.', '  '),
    `${wrap(`The client got ${textOf(request.status)}, after ${textOf(request.ms)} ms.`, '  ')}\n`,
    columns(rows),
  ].join('\n')
}

function eventsText(lines: readonly Line[]): string {
  if (lines.length === 0) return ''
  const rows = lines.map((line) => [textOf(line.event), eventSentence(line)])
  return `\nAlso logged with this id\n${columns(rows)}`
}

function eventSentence(line: Line): string {
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

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return showOwn(typeof value === 'string' ? value : JSON.stringify(value), 1000)
}
