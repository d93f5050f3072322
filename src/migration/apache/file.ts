import { shortMethods } from '../../core/request/method.ts'
import { includes, patternKey } from '../path-pattern.ts'
import { sharedLogKeys } from '../redis-store.ts'
import { ruleValue } from '../rule.ts'
import { positionText } from '../source-position.ts'
import { entryLines, type YamlValue } from '../yaml.ts'
import type { Access } from './access/access.ts'
import type { ConvertedAuthority } from './access/certificates.ts'
import type { ConvertedApp } from './host/host.ts'
import type { ConvertedLocation } from './host/locations.ts'
import type { ConvertedProvider } from './provider/provider.ts'

export interface ConvertedFile {
  readonly source: string
  readonly providers: readonly ConvertedProvider[]
  readonly apps: readonly ConvertedApp[]
  /** Of `client_certificates`. */
  readonly authorities: readonly ConvertedAuthority[]
  /** CIDRs, `none`, or null where no rule asks for an address. */
  readonly trustedProxies: YamlValue | null
}

/** The whole configuration as text, with the line that each thing came from above it. */
export function fileText(file: ConvertedFile): string {
  const sessions = new Set(file.apps.map(({ session }) => JSON.stringify(session)))
  const shared = sessions.size === 1 ? file.apps[0]?.session : undefined
  const lines = [
    `# Written by \`claimgate convert\` from ${file.source}. The report says what changed; every key: docs/configuration.md.`,
    '',
    ...(file.trustedProxies === null ? [] : [...entryLines('trusted_proxies', file.trustedProxies, 0), '']),
    ...authorityLines(file.authorities),
    'providers:',
    ...file.providers.flatMap(providerLines),
    '',
    'session:',
    ...(shared === undefined ? [] : sessionLines(shared)),
    ...Object.entries(cookieOf(file.apps)).flatMap(([key, value]) => entryLines(key, value, 2)),
    ...secretLines(file.apps),
    '',
    'apps:',
    ...file.apps.flatMap((app, index) => [
      ...(index === 0 ? [] : ['']),
      ...appLines(app, shared === undefined),
    ]),
  ]
  return `${lines.join('\n')}\n`.replace('session:\n  # Seals', '# session:\n  # Seals')
}

function authorityLines(authorities: readonly ConvertedAuthority[]): readonly string[] {
  if (authorities.length === 0) return []
  const entries = authorities.map(({ name, caFile, crlFile }): [string, YamlValue] => {
    return [name, { ca_file: caFile, ...(crlFile === null ? {} : { crl_file: crlFile }) }]
  })
  return [...entryLines('client_certificates', { authorities: Object.fromEntries(entries) }, 0), '']
}

/** Where sessions rest, and what several gateways have to share then. */
function secretLines(apps: readonly ConvertedApp[]): readonly string[] {
  const store = apps.map((app) => app.session.store).find((keys) => Object.keys(keys).length > 0)
  if (store === undefined)
    return [
      '  # Seals cookies. Without it one is generated into ./data, which serves a single instance.',
      `  # secret: "\${env:SESSION_SECRET}"        # openssl rand -base64 32`,
    ]
  return [
    ...entryLines('secret', `\${env:SESSION_SECRET}`, 2),
    ...Object.entries(store).flatMap(([key, value]) => entryLines(key, value, 2)),
    '',
    ...entryLines('log', sharedLogKeys, 0),
  ]
}

function providerLines({ name, keys, at }: ConvertedProvider): readonly string[] {
  const head = entryLines(name, '', 2)[0]?.replace(/ ""$/, '') ?? ''
  return [
    `${head}${at === null ? '' : `   # ${positionText(at)}`}`,
    ...Object.entries(keys).flatMap(([key, value]) => entryLines(key, value, 4)),
  ]
}

function sessionLines({ idleTimeout, maxLifetime }: ConvertedApp['session'], indent = 2): readonly string[] {
  return [
    ...entryLines('idle_timeout', idleTimeout, indent),
    ...entryLines('max_lifetime', maxLifetime, indent),
  ]
}

/** One gateway has one cookie name; the first host that names one decides. */
function cookieOf(apps: readonly ConvertedApp[]): Readonly<Record<string, YamlValue>> {
  return apps.map(({ session }) => session.cookie).find((cookie) => Object.keys(cookie).length > 0) ?? {}
}

function appLines(app: ConvertedApp, withSession: boolean): readonly string[] {
  const head = entryLines(app.name, '', 2)[0]?.replace(/ ""$/, '') ?? ''
  const locations = prunedLocations(app.locations)
  return [
    head,
    ...(app.from === null ? [] : [`    # ${positionText(app.from.at)} ${app.from.what}`]),
    ...Object.entries(app.keys).flatMap(([key, value]) => entryLines(key, value, 4)),
    ...(withSession ? sessionLines(app.session, 4) : []),
    ...accessLines(locations),
  ]
}

function accessLines(locations: readonly ConvertedLocation[]): readonly string[] {
  const [only] = locations
  const [access] = only?.accesses ?? []
  const whole = locations.length === 1 && only?.accesses.length === 1 && !only.pattern.exact
  const plain = Object.keys(only?.keys ?? {}).length === 0
  if (whole && plain && access !== undefined && access.methods === null) {
    return [...commentLines(only, 4), ...requireLines(access, 4)]
  }
  return ['    locations:', ...locations.flatMap(locationLines)]
}

/** Without those that say what the location around them says, unless patterns with `*` need them side by side. */
function prunedLocations(locations: readonly ConvertedLocation[]): readonly ConvertedLocation[] {
  const sorted = locations.toSorted((one, other) =>
    compare(patternKey(one.pattern), patternKey(other.pattern)),
  )
  if (sorted.some(({ pattern }) => pattern.segments.includes(null))) return sorted
  const byPath = new Map(
    sorted.filter(({ pattern }) => !pattern.exact).map((one) => [one.pattern.segments.join('/'), one]),
  )
  return sorted.filter((one) => {
    const around = enclosing(one, byPath)
    return around === undefined || says(around) !== says(one)
  })
}

/** All that a location says but its path. */
function says({ accesses, keys }: ConvertedLocation): string {
  return JSON.stringify([accesses, keys ?? {}])
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function enclosing(
  { pattern }: ConvertedLocation,
  byPath: ReadonlyMap<string, ConvertedLocation>,
): ConvertedLocation | undefined {
  const { segments, exact } = pattern
  for (let length = exact ? segments.length : segments.length - 1; length >= 0; length -= 1) {
    const found = byPath.get(segments.slice(0, length).join('/'))
    if (found !== undefined && includes(found.pattern, pattern)) return found
  }
  return undefined
}

function locationLines(location: ConvertedLocation): readonly string[] {
  const { segments, exact } = location.pattern
  const path = `/${segments.map((segment) => segment ?? '*').join('/')}`
  return location.accesses.flatMap((access, index) => [
    ...(index === 0 ? commentLines(location, 6) : []),
    `      - ${entryLines('path', path, 0)[0] ?? ''}`,
    ...(exact ? ['        exact: true'] : []),
    ...(access.methods === null ? [] : entryLines('methods', shortMethods(access.methods), 8)),
    ...requireLines(access, 8),
    ...Object.entries(location.keys ?? {}).flatMap(([key, value]) => entryLines(key, value, 8)),
  ])
}

function requireLines(
  { require, unauthenticated, stepUp, credentials }: Access,
  indent: number,
): readonly string[] {
  const value = require === 'maybe_signed_in' ? require : ruleValue(require)
  return [
    ...entryLines('require', value, indent),
    ...(credentials === undefined ? [] : entryLines('credentials', credentials, indent)),
    ...(unauthenticated === 'deny' ? entryLines('unauthenticated', 'deny', indent) : []),
    ...(stepUp === undefined ? [] : entryLines('step_up', stepUp, indent)),
  ]
}

/** The section that named the path, and the one whose rules it has where it brings none. */
function commentLines({ sections, because }: ConvertedLocation, indent: number): readonly string[] {
  const pad = ' '.repeat(indent)
  if (because !== undefined) return [`${pad}# ${because}`]
  const last = sections.at(-1)
  if (last === undefined) return [`${pad}# no section covers it`]
  const merges = last.requires === null || last.directives.some(({ key }) => key === 'authmerging')
  const ruling = merges ? sections.slice(0, -1).findLast(({ requires }) => requires !== null) : undefined
  const named = ruling === undefined ? [last] : [ruling, last]
  return named.map(({ at, text }) => `${pad}# ${positionText(at)} ${text}`)
}
