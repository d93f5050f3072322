import { stripVTControlCharacters } from 'node:util'
import { isObject, parseJson } from '../core/json.ts'

/** What the demo prints when it is ready: what to click, and what will happen. */
export function story(demo: {
  readonly url: string
  readonly rules: string
  readonly upstream: string | null
  /** The command that runs the tests of the rules. */
  readonly tests: string
}): string {
  const behind = demo.upstream === null ? 'a sample app that shows what it receives' : demo.upstream
  return `
  Open ${demo.url}

  It asks who you shall be. Nobody has a password; this is what happens then:

    Alice   gets in. At ${demo.url}/admin she is refused, and told what to do.
    Adam    gets in, at /admin too.
    Olga    is refused everywhere: she is of another organisation.

  ${demo.url}/public is open to everybody, ${demo.url}/.auth/logout signs out.

  Behind it   ${behind}
  The rules   ${demo.rules}
              Edit and save them: they are taken up at once.
  Their tests ${demo.tests}
  To stop     press Ctrl-C

`
}

/** A line of the gateway's log as a line for people; nothing for what says nothing about the demo. */
export function tellLine(line: string): string {
  const fields = readFields(line)
  switch (fields.event) {
    case 'request':
      return fields.app === 'provider' || fields.reason === 'gateway-address' ? '' : requestLine(fields)
    case 'login.failed':
    case 'logout.failed':
    case 'provider.failed':
    case 'upstream.failed':
    case 'store.failed':
    case 'internal.failed':
      return `  ${fields.event}  ${text(fields.code)} ${text(fields.error)}\n`
    default:
      return ''
  }
}

/** `  alice   GET /admin  403  rule-not-met: groups …` */
function requestLine(fields: Readonly<Record<string, unknown>>): string {
  const who = text(fields.subject) || '-'
  const why = [text(fields.reason), text(fields.detail)].filter((part) => part !== '').join(': ')
  return `  ${who.padEnd(8)}${text(fields.method)} ${text(fields.path)}  ${text(fields.status)}  ${why}\n`
}

function readFields(line: string): Readonly<Record<string, unknown>> {
  const parsed = parseJson(line)
  return isObject(parsed) ? parsed : {}
}

/** Paths come from clients: no terminal is steered by them. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? stripVTControlCharacters(String(value)).replace(/\p{Cc}/gu, '')
    : ''
}
