import type { Io } from '../cli/command.ts'
import { isUnreadable, linesOf } from '../cli/log-lines.ts'
import { shownOn } from '../cli/shown.ts'
import { isObject } from '../core/json.ts'
import { parseJsonAsWritten } from '../core/json-as-written.ts'
import { showOwn } from '../core/show.ts'
import { metFault } from '../rehearsal/explain/log-fault.ts'
import type { LogLine } from '../rehearsal/explain/log-line.ts'
import { eventsText, loggedOutcome, requestText, sentenceOf } from '../rehearsal/explain/log-text.ts'

export interface LogQuestion {
  /** `-`: the standard input. */
  readonly file: string
  readonly requestId: string
  readonly json: boolean
}

/** Tells what a log says of one request; answers with the exit status. The log is data: nothing in it is believed. */
export async function explainLog({ file, requestId, json }: LogQuestion, io: Io): Promise<number> {
  const about = await linesAbout(file, requestId, io)
  if (about === null) return fail(io, `${file} cannot be read`)
  const { lines, areForPeople } = about
  const request = lines.find(({ event }) => event === 'request')
  const others = lines.filter((line) => line !== request)
  if (lines.length === 0)
    return fail(
      io,
      `${file} has no line of the request ${showOwn(requestId)}${areForPeople ? forPeople : ''}`,
    )
  const outcome = loggedOutcome(request)
  const fault = metFault(request, others)
  if (json) {
    const met = fault === null ? null : { code: fault.code, line: fault.line }
    const told = {
      fault: met,
      request: request ?? null,
      outcome,
      sentence: sentenceOf(request),
      events: others,
    }
    io.stdout(`${JSON.stringify(told, null, 2)}\n`)
  } else {
    const { colours } = shownOn(io)
    io.stdout(requestText(request, requestId, fault, colours) + eventsText(others, colours))
  }
  return outcome === 'allowed' ? 0 : 1
}

function fail(io: Io, message: string): number {
  io.stderr(`claimgate explain: ${message}\n`)
  return 2
}

const forPeople = ' as JSON: it was written for people to read. `log.format: json` writes a log for commands'

interface LinesAbout {
  /** In the log's order. */
  readonly lines: readonly LogLine[]
  /** A line names the request as `log.format: text` does. */
  readonly areForPeople: boolean
}

/** The lines with this id; null when there is no such file. */
async function linesAbout(file: string, requestId: string, io: Io): Promise<LinesAbout | null> {
  const found: LogLine[] = []
  let areForPeople = false
  try {
    for await (const text of linesOf(file, io)) {
      if (!text.includes(requestId)) continue
      const line = readLine(text)
      areForPeople ||= line === null && text.includes('request_id=')
      if (line?.request_id === requestId) found.push(line)
    }
    return { lines: found, areForPeople }
  } catch (thrown) {
    if (isUnreadable(thrown)) return null
    throw thrown
  }
}

/** What stands before the object is somebody's prefix: `wiki-1 | {…}`. */
function readLine(text: string): LogLine | null {
  const value = parseJsonAsWritten(text.slice(text.indexOf('{')))
  return isObject(value) ? value : null
}
