import pino, { type DestinationStream, type Logger } from 'pino'
import { type Colours, plain } from '../../core/colours.ts'
import { type Credential, credentialOf, keyOf } from '../../core/credential/credential.ts'
import type { EventFields, EventName } from '../../core/event.ts'
import { type FaultCode, faultEntry, isFault } from '../../core/fault.ts'
import type { LogSettings } from '../../core/gateway.ts'
import { remembered } from '../../core/limits/remembered.ts'
import { limits } from '../../core/limits/table.ts'
import { sessionNames, subjectHash } from '../../core/log-names.ts'
import type { Principal } from '../../core/principal.ts'
import type { SessionKey } from '../../core/session/session.ts'
import { differs, type ShadowVerdict } from '../../core/shadow.ts'
import type { Admission } from '../admission/admission.ts'
import { isoTimes } from './iso-time.ts'
import { createLineWriter } from './log-lines.ts'
import { readableLine } from './readable-line.ts'

/**
 * What the gateway writes: JSON lines, one an event. Fields are chosen here, one by one; nothing is dumped. `subject`
 * takes a user id and `session` a session's key: what a line says instead is decided here alone.
 */
export interface Log {
  event<E extends EventName>(
    level: 'debug' | 'info' | 'warn' | 'error',
    name: E,
    fields: EventFields<E>,
  ): void
  /** The access line of a request, at its end; status 499: the client went away before it. `cut`: why we ended it. */
  access(admission: Admission, status: number, edition: number, cut?: FaultCode | null): void
  /** A fault at its own level, with code and cause; text of a cause is capped and holds no credential of ours. */
  fault<E extends EventName>(name: E, thrown: unknown, fields: EventFields<E>): void
  /** The settings of a new edition, and what it keys names with. */
  renew(settings: LogLook, key: string): void
  /** Lines that a worker has written, as they are; and one that it has begun and will not end, which is counted. */
  pass(lines: string): void
  lostLine(): void
  flush(): void
  /** How many lines were dropped since the start, as nobody read them. */
  droppedLines(): number
}

/** How lines look. */
type LogLook = Pick<LogSettings, 'level' | 'format' | 'subject'>

/** Where lines are shown: `format: auto` is readable on a terminal. */
export interface LogPlace {
  readonly isTerminal: boolean
  readonly colours: Colours
  /** For how long lines are gathered under load; as the writer does by itself when absent. */
  readonly gatherMs?: number
}

const elsewhere: LogPlace = { isTerminal: false, colours: plain }

/**
 * Opens the log. People and sessions are written as hashes with `key`, unless the operator asked for more or less: the
 * hashes of one deployment agree over restarts and say nothing outside it.
 */
export function createLog(
  settings: LogLook,
  key: string,
  destination?: LogDestination,
  place: LogPlace = elsewhere,
): Log {
  let render = renderFor(settings, place)
  const writer: LogDestination =
    destination ??
    createLineWriter(1, {
      waitingAtMost: limits.logWaitingBytes,
      gatherMs: place.gatherMs,
      droppedLine: (count) => render(droppedLine(count)),
    })
  const lines = { write: (line: string) => writer.write(render(line)), flush: () => writer.flush?.() }
  const logger: Logger = pino(
    { level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' },
    lines,
  )
  const isoTime = isoTimes(Date.now)
  let names = namesOf(settings, key)
  return {
    event: (level, name, fields) => logger[level]({ event: name, ...written(fields, names) }),
    access: (admission, status, edition, cut = null) => {
      if (!logger.isLevelEnabled('info')) return
      // As pino writes its lines, by one call for all fields: 0.8 µs where pino takes 4.4, some 3 % of a request.
      const fields = JSON.stringify(accessFields(admission, { status, edition, cut }, names))
      lines.write(`{"level":${infoLevel},"time":"${isoTime()}",${fields.slice(1)}\n`)
    },
    fault: (name, thrown, fields) => {
      const level = isFault(thrown) ? faultEntry(thrown.code).level : 'error'
      logger[level === 'fatal' ? 'error' : level]({
        event: name,
        ...written(fields, names),
        ...describe(thrown),
      })
    },
    renew: (next, nextKey) => {
      logger.level = next.level
      render = renderFor(next, place)
      names = namesOf(next, nextKey)
    },
    pass: (text) => (writer.writeAll ?? writer.write).call(writer, text),
    lostLine: () => writer.lost?.(),
    flush: () => logger.flush(),
    droppedLines: () => writer.dropped?.() ?? 0,
  }
}

interface LogDestination extends DestinationStream {
  writeAll?(lines: string): void
  lost?(): void
  flush?(): void
  dropped?(): number
}

/** What becomes of a line of JSON. */
function renderFor({ format }: LogLook, { isTerminal, colours }: LogPlace): (line: string) => string {
  switch (format) {
    case 'auto':
      return isTerminal ? (line) => readableLine(line, colours) : (line) => line
    case 'json':
      return (line) => line
    case 'text':
      return (line) => readableLine(line, colours)
  }
}

/** Made here, not by the logger: it is written whatever the level, and where lines are written, not where they come from. */
function droppedLine(count: number): string {
  const event: EventName = 'log.dropped'
  const fields: EventFields<'log.dropped'> = { lines: count }
  return `{"level":${errorLevel},"time":"${new Date().toISOString()}",${JSON.stringify({ event, ...fields }).slice(1)}\n`
}

/** As pino writes them. */
const infoLevel = 30
const errorLevel = 50

/** What lines call people and sessions; undefined: nothing. */
interface Names {
  readonly subject: (user: string) => string | undefined
  readonly session: (key: SessionKey) => string | undefined
}

const nobody: Names = { subject: () => undefined, session: () => undefined }

/** Hashes are remembered within bounds: a person sends many requests, and each would take 2.8 µs. */
function namesOf({ subject }: LogLook, key: string): Names {
  const session = remembered(sessionNames(key), rememberedNames)
  switch (subject) {
    case 'off':
      return nobody
    case 'plain':
      return { subject: (user) => cap(user), session }
    case 'hash':
      return { subject: remembered((user) => subjectHash(key, user), rememberedNames), session }
  }
}

const rememberedNames = { most: limits.rememberedSubjects, longest: limits.subjectCharacters }

/** Path without query; never a header but the two that say who asked: nothing of the person is sent by accident. */
function accessFields(
  admission: Admission,
  {
    status,
    edition,
    cut,
  }: { readonly status: number; readonly edition: number; readonly cut: FaultCode | null },
  names: Names,
): EventFields<'request'> & { readonly event: EventName } {
  const { decision, principal, session, shadow, header } = admission
  const fields = {
    event: 'request',
    request_id: admission.requestId,
    method: admission.method,
    host: admission.origin?.host,
    path: admission.target === null ? undefined : admission.target.path,
    app: admission.app?.name,
    location: admission.location?.label,
    other_locations: admission.others.length === 0 ? undefined : admission.others.map(({ label }) => label),
    decision: decision.kind,
    reason: decision.reason,
    detail: admission.detail ?? undefined,
    limit: decision.kind === 'reject' ? decision.limit : undefined,
    status,
    code: cut ?? undefined,
    ms: Math.round((performance.now() - admission.startedAt) * 10) / 10,
    client: admission.clientAddress ?? undefined,
    subject: principal === null ? undefined : names.subject(principal.user),
    provider: principal === null ? undefined : principal.provider,
    session: session === null ? undefined : names.session(session.key),
    credential: header?.credential ?? ambientOf(principal, session !== null),
    // Its id opens nothing.
    key: principal === null ? undefined : keyOf(principal)?.id,
    // Public, and told from others by this much of it.
    certificate: admission.certificate?.fingerprint.slice(0, certificateCharacters),
    edition,
  } as const
  // Nothing where the rehearsed rules agree.
  return shadow === null || !differs(shadow) ? fields : { ...fields, ...shadowFields(shadow) }
}

/** By what somebody is known whom no header names; undefined: by nothing. */
function ambientOf(principal: Principal | null, hasSession: boolean): Credential | undefined {
  if (principal?.by !== undefined) return credentialOf(principal)
  return hasSession ? 'session' : undefined
}

const certificateCharacters = 16

function shadowFields({ decision, location, detail }: ShadowVerdict): EventFields<'request'> {
  return {
    shadow_decision: decision.kind,
    shadow_reason: decision.reason,
    shadow_location: location?.label,
    shadow_detail: detail ?? undefined,
  }
}

function describe(thrown: unknown): object {
  if (isFault(thrown)) return { code: thrown.code, error: cap(thrown.message), cause: causeOf(thrown.cause) }
  if (thrown instanceof Error)
    return { error: cap(thrown.message), stack: cap(thrown.stack ?? '', limits.logStackCharacters) }
  return { error: cap(String(thrown)) }
}

/** A cause by its class and code alone: the texts of libraries may quote what was sent. */
function causeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const code: unknown = 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? `${cause.name} ${cap(code, limits.logCodeCharacters)}` : cause.name
}

function written(fields: Readonly<Record<string, unknown>>, names: Names): object {
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string') out[name] = value
    else if (name === 'subject') out[name] = names.subject(value)
    else if (name === 'session') out[name] = names.session(value)
    else out[name] = cap(value)
  }
  return out
}

function cap(text: string, length: number = limits.logFieldCharacters): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`
}
