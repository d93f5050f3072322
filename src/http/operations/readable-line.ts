import type { Colours } from '../../core/colours.ts'
import { isObject, parseJson } from '../../core/json.ts'
import { showOwn } from '../../core/show.ts'

/**
 * A line of the log as a person at a terminal reads it, with its end. Every value is shown without controls, and in
 * quotes where it is more than a word: nothing that a client or a provider sent makes a line, a field or a colour.
 */
export function readableLine(line: string, colours: Colours): string {
  const fields = parseJson(line)
  if (!isObject(fields)) return `${shown(line.trimEnd())}\n`
  const { level, time, event, ...rest } = fields
  const at = colours.quiet(typeof time === 'string' ? shown(time.slice(11)) : '')
  const told = event === 'request' ? requestText(rest, colours) : eventText(level, event, rest, colours)
  return `${at} ${told}\n`
}

type Fields = Readonly<Record<string, unknown>>

/** `403 GET wiki.example.com/admin  deny rule-not-met  detail="…" app=wiki` */
function requestText(
  { status, method, host, path, decision, reason, ...rest }: Fields,
  colours: Colours,
): string {
  const address = `${typeof host === 'string' ? host : ''}${typeof path === 'string' ? path : ''}`
  const told = [
    statusText(status, colours),
    word(method),
    colours.strong(address === '' ? '-' : word(address)),
  ].join(' ')
  return `${told}  ${word(decision)} ${word(reason)}${fieldsText(rest, colours)}`
}

function statusText(status: unknown, colours: Colours): string {
  const text = word(status)
  if (typeof status !== 'number') return text
  if (status < 400) return colours.good(text)
  return status < 500 ? colours.doubtful(text) : colours.bad(text)
}

function eventText(level: unknown, event: unknown, rest: Fields, colours: Colours): string {
  return `${levelText(level, colours)} ${colours.strong(word(event))}${fieldsText(rest, colours)}`
}

/** As pino numbers them. */
function levelText(level: unknown, colours: Colours): string {
  switch (level) {
    case 20:
      return colours.quiet('debug')
    case 30:
      return colours.good('info ')
    case 40:
      return colours.doubtful('warn ')
    case 50:
      return colours.bad('error')
    default:
      return word(level)
  }
}

/**
 * What has lines of its own, a stack, stands below; each of its lines begins with a mark that is no beginning of ours.
 */
function fieldsText(fields: Fields, colours: Colours): string {
  const { stack, ...rest } = fields
  const inline = Object.entries(rest).map(
    ([name, value]) => `${colours.quiet(`${shown(name)}=`)}${word(value)}`,
  )
  const below = typeof stack === 'string' ? stack.split('\n').map((line) => `\n    | ${shown(line)}`) : []
  return [inline.length === 0 ? '' : `  ${inline.join(' ')}`, ...below].join('')
}

/** A value as one word: as it is where it can be nothing else, else in quotes. */
function word(value: unknown): string {
  if (value === undefined) return '-'
  if (typeof value !== 'string') return shown(JSON.stringify(value))
  return /^[\w.:/@%+,~-]+$/.test(value) ? value : `"${shown(value.replace(/["\\]/g, '\\$&'))}"`
}

function shown(text: string): string {
  return showOwn(text, Number.POSITIVE_INFINITY)
}
