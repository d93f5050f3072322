import { type Finding, placeText } from '../../finding.ts'
import { claimPaths, never } from '../../rule.ts'
import type { YamlValue } from '../../yaml.ts'
import type { Context } from '../context.ts'
import { includes, type PathPattern } from '../pattern.ts'
import type { ConvertedProvider } from '../provider/provider.ts'
import type { Place } from '../reading/lines.ts'
import { lastOf, type PathSection, type VirtualHost, wordsOf } from '../reading/site.ts'
import { appKeys } from './app-keys.ts'
import { noteHostedDomain, noteOpen, noteStatuses } from './app-notes.ts'
import { type Base, isBelow, sortMappings } from './bases.ts'
import { convertHeaders } from './headers.ts'
import { type HostWork, sayHost } from './host-work.ts'
import { type ConvertedLocation, convertLocations } from './locations.ts'
import { type Mapping, readMappings, readOrigin } from './proxies.ts'
import type { ConvertedSession } from './session.ts'

/** One app of the result. */
export interface ConvertedApp {
  readonly name: string
  /** What it was made of, for a comment. */
  readonly from: { readonly at: Place; readonly what: string } | null
  readonly origin: string
  readonly prefix: readonly string[]
  readonly keys: { readonly [key: string]: YamlValue }
  readonly locations: readonly ConvertedLocation[]
  readonly session: ConvertedSession
}

/** What was made of one virtual host, for `--prove`. */
export interface ConvertedHost {
  readonly host: VirtualHost
  readonly context: Context
  readonly apps: readonly ConvertedApp[]
}

/** The apps of one virtual host: one for each upstream. */
export function convertHost(work: HostWork): readonly ConvertedApp[] {
  const { host, report } = work
  const { origin, problem } = readOrigin(host)
  if (problem !== null) sayHost(work, 'url', 'not-convertible', problem)
  const redirect = redirectPath(work)
  const { bases, excluded } = sortMappings(readMappings(host, report), redirect, report)
  if (bases.length === 0) {
    sayHost(
      work,
      'upstream',
      'not-convertible',
      'no ProxyPass: httpd served the app itself. Run it on its own, and write where as `upstream`',
    )
    bases.push({ prefix: [], mapping: null, websocket: false })
  }
  const sections = host.sections.filter((section) => !isRedirect(section, redirect, report))
  const extra: readonly PathPattern[] = [
    ...bases.map(({ prefix }) => ({ segments: prefix, exact: false })),
    ...excluded.map(({ path }) => subtree(path)),
  ]
  const locations = convertLocations(sections, extra, work.context)
  noteHostedDomain(ruleClaims(locations), work)
  noteStatuses(work)
  const headers = convertHeaders(host, scopesOf(work.providers), ruleClaims(locations), work)
  return bases.map((base) => {
    const ours = locations.filter(({ pattern }) => ownerOf(pattern, bases) === base)
    const closed = ours.map((location) => closeExcluded(location, excluded))
    noteOpen(closed, base, work)
    return {
      name: appName(origin, base.prefix),
      from: base.mapping === null ? null : { at: base.mapping.at, what: base.mapping.what },
      origin,
      prefix: base.prefix,
      keys: appKeys(base, origin, redirect, headers, work),
      locations: closed,
      session: work.session,
    }
  })
}

function subtree(path: string): PathPattern {
  return { segments: path.slice(1).split('/'), exact: false }
}

/** What `ProxyPass … !` takes out never reached an app. */
function closeExcluded(location: ConvertedLocation, excluded: readonly Mapping[]): ConvertedLocation {
  const by = excluded.find(({ path }) => includes(subtree(path), location.pattern))
  if (by === undefined) return location
  const closed = { methods: null, require: never, unauthenticated: 'sign_in' } as const
  return { ...location, accesses: [closed], because: `${placeText(by.at)} ${by.what}` }
}

/** The path of the redirect URI, which is the gateway's own. */
function redirectPath(work: HostWork): string | null {
  const directive = lastOf(work.host.directives, 'OIDCRedirectURI')
  if (directive === null) return null
  const [text = ''] = wordsOf(work.host.directives, 'OIDCRedirectURI')
  const [, path = ''] = /^(?:https?:\/\/[^/]+|\$\{\w+\})?(\/[^?#]*)?/.exec(text) ?? []
  const place = { at: directive.at, what: `OIDCRedirectURI ${directive.rest}`, effect: null }
  if (path === '' || path === '/') {
    work.report({
      ...place,
      id: 'redirect-uri',
      kind: 'not-convertible',
      message: 'has no path of its own: register `/.auth/callback` at the provider, or write `redirect_uri`',
    })
    return null
  }
  work.report({
    ...place,
    id: 'redirect-uri',
    kind: 'kept',
    message: `\`redirect_uri: ${path}\`, as it is registered. Its \`?logout=\` is \`/.auth/logout\` now, \`?info=json\` is \`/.auth/me\`: links in apps have to follow`,
  })
  return path
}

function isRedirect(
  { kind, pattern, at, text }: PathSection,
  redirect: string | null,
  report: (finding: Finding) => void,
): boolean {
  if (redirect === null || kind !== 'prefix' || !isBelow(pattern.replace(/(?<=.)\/$/, ''), redirect))
    return false
  report({
    id: 'redirect-section',
    kind: 'not-needed',
    at,
    what: text,
    message: 'the redirect URI is the gateway’s own, before any location',
    effect: null,
  })
  return true
}

/** The app with the longest prefix that covers a pattern. */
function ownerOf(pattern: PathPattern, bases: readonly Base[]): Base | undefined {
  return bases
    .filter(({ prefix }) => includes({ segments: prefix, exact: false }, pattern))
    .toSorted((one, other) => other.prefix.length - one.prefix.length)[0]
}

function scopesOf(providers: readonly ConvertedProvider[]): readonly string[] {
  return providers.flatMap(({ keys }) => (Array.isArray(keys.scopes) ? keys.scopes.map(String) : []))
}

function ruleClaims(locations: readonly ConvertedLocation[]): readonly string[] {
  const rules = locations.flatMap(({ accesses }) => accesses.map(({ require }) => require))
  return [...new Set(rules.flatMap((rule) => (rule === 'maybe_signed_in' ? [] : claimPaths(rule))))]
}

/** `wiki.example.com` and `/docs` are `wiki-docs`. */
function appName(origin: string, prefix: readonly string[]): string {
  const [label = 'app'] = (URL.parse(origin)?.hostname ?? 'app').split('.')
  const name = [label === '' || label.includes('$') ? 'app' : label, ...prefix]
    .join('-')
    .replaceAll(/[^\w.-]/g, '-')
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 60) : 'app'
}
