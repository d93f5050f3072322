import type { Finding } from '../../finding.ts'
import { common, includes, type PathPattern } from '../../path-pattern.ts'
import { claimPaths, never } from '../../rule.ts'
import type { SourcePosition } from '../../source-position.ts'
import { positionText } from '../../source-position.ts'
import type { YamlValue } from '../../yaml.ts'
import type { Context } from '../context.ts'
import { readCover } from '../path.ts'
import type { ConvertedProvider } from '../provider/provider.ts'
import type { PathSection } from '../reading/section.ts'
import type { VirtualHost } from '../reading/site.ts'
import { appKeys } from './app-keys.ts'
import { noteHostedDomain, noteOpen, notePaths, noteStatuses } from './app-notes.ts'
import { noteApplied } from './applied.ts'
import { type Base, sortMappings } from './bases.ts'
import { noteDoubts } from './doubts.ts'
import type { ConvertedHeaders } from './header-set.ts'
import { convertHeaders, headersAt } from './headers.ts'
import { type HostWork, sayHost } from './host-work.ts'
import { type ConvertedLocation, convertLocations } from './locations.ts'
import { type Mapping, readMappings, readOrigin } from './proxies.ts'
import { convertRedirectUri, isRedirect } from './redirect-uri.ts'
import {
  noResponseHeaders,
  type ResponseHeaders,
  readResponseHeaders,
  responseHeadersValue,
} from './response-headers.ts'
import { resumeKeysAt } from './resume.ts'
import type { ConvertedSession } from './session.ts'
import { headersFor } from './tokens.ts'

/** One app of the result. */
export interface ConvertedApp {
  readonly name: string
  /** What it was made of, for a comment. */
  readonly from: { readonly at: SourcePosition; readonly what: string } | null
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
  const redirect = convertRedirectUri(work)
  const { bases, excluded } = sortMappings(readMappings(host, report), redirect?.path ?? null, report)
  if (bases.length === 0) {
    sayHost(
      work,
      'upstream',
      'not-convertible',
      'no ProxyPass: httpd served the app itself. Run it on its own, and write where as `upstream`',
    )
    bases.push({ prefix: [], mapping: null, websocket: false })
  }
  const prefixes = bases.map(({ prefix }) => prefix)
  noteApplied(host, prefixes, report)
  const sections = host.sections.filter((section) => !isRedirect(section, redirect, report))
  noteNotPassedOn(sections, bases, report)
  const extra: readonly PathPattern[] = [
    ...bases.map(({ prefix }) => ({ segments: prefix, exact: false })),
    ...excluded.map(({ path }) => subtree(path)),
  ]
  const made = convertLocations(sections, extra, work.context)
  const locations = made.filter(({ pattern }) => ownerOf(pattern, bases) !== undefined)
  noteDoubts(sections, locations, work.context)
  noteHostedDomain(ruleClaims(locations), work)
  noteStatuses(work)
  notePaths(work)
  const headers = convertHeaders(host, scopesOf(work.providers), ruleClaims(locations), work)
  const answers = readResponseHeaders(host.directives, noResponseHeaders, report)
  return bases.map((base) => {
    const ours = locations.filter(({ pattern }) => ownerOf(pattern, bases) === base)
    const closed = ours
      .map((location) =>
        closeExcluded(
          location,
          excluded.filter(({ path }) => !isWithin(base, path)),
        ),
      )
      .map((location) => ({ ...location, keys: locationKeys(location, headers, answers, work) }))
    noteOpen(closed, base, work)
    const accesses = closed.flatMap((location) => location.accesses)
    return {
      name: appName(origin, base.prefix),
      from: base.mapping === null ? null : { at: base.mapping.at, what: base.mapping.what },
      origin,
      prefix: base.prefix,
      keys: appKeys(
        base,
        origin,
        redirect?.key ?? null,
        { headers: headersFor(headers, accesses), answers },
        work,
      ),
      locations: closed,
      session: work.session,
    }
  })
}

/** Sections at paths that no app of the result has: httpd served them by itself, and nobody gets there now. */
function noteNotPassedOn(
  sections: readonly PathSection[],
  bases: readonly Base[],
  report: (finding: Finding) => void,
): void {
  for (const section of sections) {
    const { certain, possible } = readCover(section)
    const others = sections.filter(({ at }) => at === section.at)
    if (others.some((one) => meetsSome(one, bases))) continue
    const nowhere = certain.length + possible.length === 0
    report({
      id: 'not-passed-on',
      kind: 'not-convertible',
      at: section.at,
      what: section.text,
      message: nowhere
        ? 'covers no path that anybody can ask for'
        : 'no ProxyPass is about its paths: httpd answered there by itself. Nobody gets there here; for an app of its own write `url` and `upstream`',
      effect: 'stricter',
      leavesOut: true,
    })
  }
}

/** Whether a section is about paths of an app; not where another line maps all of the app's paths. */
function meetsSome(section: PathSection, bases: readonly Base[]): boolean {
  const { certain, possible } = readCover(section)
  return bases.some(({ prefix }) => {
    const app = { segments: prefix, exact: false }
    if (section.except.some((path) => includes(subtree(path), app))) return false
    return [...certain, ...possible].some((pattern) => common(pattern, app) !== null)
  })
}

function subtree(path: string): PathPattern {
  return { segments: path.slice(1).split('/'), exact: false }
}

/** What the sections of a location set on requests and answers there, where it is not what holds everywhere. */
function locationKeys(
  { sections, perhaps, accesses }: ConvertedLocation,
  headers: ConvertedHeaders,
  answers: ResponseHeaders,
  work: HostWork,
): { readonly [key: string]: YamlValue } {
  const asked = sections.filter(({ isRefusal }) => isRefusal !== true)
  const set = headersAt(asked, perhaps, headers, work.host, work)
  const own = set && headersFor(set, accesses)
  const lines = asked.filter((section) => !perhaps.includes(section)).flatMap(({ directives }) => directives)
  const said = readResponseHeaders(lines, answers, work.report)
  const inDoubt = perhaps.flatMap(({ directives }) => directives)
  readResponseHeaders(inDoubt, noResponseHeaders, work.report, true)
  const differ = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other)
  return {
    ...(own !== null && differ(own.fixed, headers.fixed) ? { headers: own.fixed } : {}),
    ...(set !== null && own !== null && differ(set.identity, headers.identity)
      ? { identity_headers: own.identity }
      : {}),
    ...(differ(said, answers) ? { response_headers: responseHeadersValue(said) ?? {} } : {}),
    ...resumeKeysAt(lines, accesses, work.host.directives),
  }
}

/** An app below a path that is taken out has a line in front of that one: httpd came there first. */
function isWithin({ prefix }: Base, path: string): boolean {
  return includes(subtree(path), { segments: prefix, exact: false })
}

/** What `ProxyPass … !` takes out never reached an app. */
function closeExcluded(location: ConvertedLocation, excluded: readonly Mapping[]): ConvertedLocation {
  const by = excluded.find(({ path }) => includes(subtree(path), location.pattern))
  if (by === undefined) return location
  const closed = { methods: null, require: never, unauthenticated: 'sign_in' } as const
  return { ...location, accesses: [closed], because: `${positionText(by.at)} ${by.what}`, isExcluded: true }
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
  const named = rules.flatMap((rule) => (rule === 'maybe_signed_in' ? [] : claimPaths(rule)))
  const stepsUp = locations.some(({ accesses }) => accesses.some(({ stepUp }) => stepUp?.acr_values))
  return [...new Set([...named, ...(stepsUp ? ['acr'] : [])])]
}

/** `wiki.example.com` and `/docs` are `wiki-docs`. */
function appName(origin: string, prefix: readonly string[]): string {
  const [label = 'app'] = (URL.parse(origin)?.hostname ?? 'app').split('.')
  const name = [label === '' || label.includes('$') ? 'app' : label, ...prefix]
    .join('-')
    .replaceAll(/[^\w.-]/g, '-')
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 60) : 'app'
}
