import { wordsOf } from './last.ts'
import { compileSearch } from './path-match.ts'
import type { RewriteStep } from './rewrite.ts'
import type { Directive } from './tree.ts'
import { splitWords } from './words.ts'

/** The name that people browse a host by; null where httpd's environment alone knows. */
export function ownName(directives: readonly Directive[]): string | null {
  const [redirect = ''] = wordsOf(directives, 'OIDCRedirectURI')
  const [server = ''] = wordsOf(directives, 'ServerName')
  const name =
    URL.parse(redirect)?.hostname ?? /^(?:https?:\/\/)?([\w.-]+)(?::\d+)?$/.exec(server)?.[1] ?? null
  return name === null || name === '' ? null : name.toLowerCase()
}

/**
 * Whether a step is about another scheme, host or port than the gateway’s own: it refuses what came by that, or sends it
 * on. It never runs for what comes here. One that looks at the host and meets this very one is not of these.
 */
export function isAboutSite({ conditions, conditionLines }: RewriteStep, own: string | null): boolean {
  if (conditions.length === 0 || conditions.some(({ kind }) => kind !== 'site')) return false
  return alternatives(conditionLines).some((lines) => lines.every((line) => isElsewhere(line, own)))
}

/** All of these have to be met, and of each one line. */
function alternatives(lines: readonly Directive[]): readonly (readonly Directive[])[] {
  const groups: Directive[][] = [[]]
  for (const line of lines) {
    groups.at(-1)?.push(line)
    if (!hasFlag(line, /\bOR\b/i)) groups.push([])
  }
  return groups.filter((group) => group.length > 0)
}

function hasFlag({ rest }: Directive, flag: RegExp): boolean {
  return flag.test(/\[[^\]]*\]$/.exec(rest.trim())?.[0] ?? '')
}

/** A condition that no request to the gateway’s own address meets: without TLS, on another port, for another host. */
function isElsewhere(line: Directive, own: string | null): boolean {
  const [test = '', pattern = ''] = splitWords(line.rest)
  const negated = pattern.startsWith('!')
  const plain = pattern.replace(/^!/, '')
  const here = /host|server_name/i.test(test)
    ? own === null
      ? []
      : [own]
    : /server_port/i.test(test)
      ? ['443']
      : /^%\{HTTPS\}$/i.test(test)
        ? ['on']
        : ['https']
  const met = here.map((value) => meets(value, plain, hasFlag(line, /\b(?:NC|NOCASE)\b/i)))
  return met.length > 0 && met.every((one) => one === negated)
}

/** Null: nobody reads the expression here. */
function meets(value: string, pattern: string, ignoresCase: boolean): boolean | null {
  if (/^-|^[<>]|%\{|\$\{/.test(pattern)) return null
  if (pattern.startsWith('=')) {
    const wanted = pattern.slice(1)
    return ignoresCase ? wanted.toLowerCase() === value : wanted === value
  }
  return compileSearch(`${ignoresCase ? '(?i)' : ''}${pattern}`)?.test(value) ?? null
}
