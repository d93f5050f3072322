import { shortMethods } from '../../core/request/method.ts'
import { pathText } from '../path-pattern.ts'
import { never, open, type Rule, ruleValue } from '../rule.ts'
import { positionText } from '../source-position.ts'
import { entryLines, type YamlValue } from '../yaml.ts'
import type { PathAccess } from './openings.ts'

export interface ProxyApp {
  readonly name: string
  /** Segments of its `url`. */
  readonly prefix: readonly string[]
  readonly comment: string | null
  readonly keys: { readonly [key: string]: YamlValue }
  readonly require: Rule
  /** What a location asks for where the app's own rule is all that there is. */
  readonly closed: Rule
  readonly locations: readonly PathAccess[]
}

export interface ProxyFile {
  readonly source: string
  readonly top: { readonly [key: string]: YamlValue }
  readonly provider: { readonly name: string; readonly keys: { readonly [key: string]: YamlValue } }
  readonly session: { readonly [key: string]: YamlValue }
  readonly apps: readonly ProxyApp[]
}

/** The whole configuration as text, with the route that each location came from above it. */
export function proxyFileText({ source, top, provider, session, apps }: ProxyFile): string {
  const lines = [
    `# Written by \`claimgate convert\` from ${source}. The report says what changed; every key: docs/configuration.md.`,
    '',
    ...entries(top, 0),
    '',
    'providers:',
    `  ${provider.name}:`,
    ...entries(provider.keys, 4),
    '',
    'session:',
    ...entries(session, 2),
    '',
    'apps:',
    ...apps.flatMap((app, index) => [...(index === 0 ? [] : ['']), ...appLines(app)]),
  ]
  return `${lines.join('\n')}\n`
}

function entries(keys: { readonly [key: string]: YamlValue }, indent: number): readonly string[] {
  return Object.entries(keys).flatMap(([key, value]) => entryLines(key, value, indent))
}

function appLines({ name, prefix, comment, keys, require, closed, locations }: ProxyApp): readonly string[] {
  const head = [`  ${name}:`, ...(comment === null ? [] : [`    # ${oneLine(comment)}`]), ...entries(keys, 4)]
  // An app that nobody gets into has no locations; closed, it says so at a location of its own.
  if (require.kind !== 'never') {
    return [...head, ...entryLines('require', ruleValue(require), 4), ...locationLines(locations, closed)]
  }
  const covered = locations.some(({ pattern }) => pattern.segments.length === prefix.length && !pattern.exact)
  const whole = covered
    ? []
    : [`      - { path: ${pathText({ segments: prefix, exact: false })}, require: nobody }`]
  return [...head, '    locations:', ...whole, ...locations.flatMap((one) => oneLocation(one, never))]
}

function locationLines(locations: readonly PathAccess[], closed: Rule): readonly string[] {
  return locations.length === 0
    ? []
    : ['    locations:', ...locations.flatMap((one) => oneLocation(one, closed))]
}

function oneLocation({ pattern, methods, access, deny, from }: PathAccess, closed: Rule): readonly string[] {
  const require = access === 'open' ? open : access === 'nobody' ? never : closed
  const path = `/${pattern.segments.map((segment) => segment ?? '*').join('/')}`
  return [
    ...(from === null ? [] : [`      # ${positionText(from.at)} ${oneLine(from.what)}`]),
    `      - ${entryLines('path', path, 0)[0] ?? ''}`,
    ...(pattern.exact ? ['        exact: true'] : []),
    ...(methods === null ? [] : entryLines('methods', shortMethods(methods), 8)),
    ...entryLines('require', ruleValue(require), 8),
    ...(deny && require.kind !== 'never' && require.kind !== 'open' ? ['        unauthenticated: deny'] : []),
  ]
}

/** What the source holds stays in its comment. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}
