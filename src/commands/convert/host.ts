import type { Place } from '../../config/apache/lines.ts'
import { lastOf, type PathSection, type VirtualHost, wordsOf } from '../../config/apache/site.ts'
import type { Context } from './context.ts'
import { type Finding, placeText } from './finding.ts'
import { convertHeaders } from './headers.ts'
import { type ConvertedLocation, convertLocations } from './locations.ts'
import { covers, includes, type PathPattern, patternKey } from './pattern.ts'
import type { ConvertedProvider, Variable } from './provider.ts'
import { type Mapping, readMappings, readOrigin } from './proxies.ts'
import { claimPaths, never } from './rule.ts'
import type { ConvertedSession } from './session.ts'
import type { YamlValue } from './yaml.ts'

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

export interface HostWork {
  readonly host: VirtualHost
  readonly providers: readonly ConvertedProvider[]
  /** Whether the file has others. */
  readonly severalProviders: boolean
  readonly session: ConvertedSession
  readonly context: Context
  readonly report: (finding: Finding) => void
  readonly variable: (variable: Variable) => void
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
  noteHostedDomain(locations, work)
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

function sayHost({ host, report }: HostWork, id: string, kind: Finding['kind'], message: string): void {
  const what = host.at === null ? 'the server' : `<VirtualHost ${host.addresses}>`
  report({ id, kind, at: host.at, what, message, effect: null })
}

interface Base {
  readonly prefix: readonly string[]
  readonly mapping: Mapping | null
  websocket: boolean
}

/** Which mappings make apps, which take a path out, and which never count as an earlier one covers them. */
function sortMappings(
  mappings: readonly Mapping[],
  redirect: string | null,
  report: (finding: Finding) => void,
): { readonly bases: Base[]; readonly excluded: readonly Mapping[] } {
  const bases: Base[] = []
  const excluded: Mapping[] = []
  const say = ({ at, what }: Mapping, id: string, kind: Finding['kind'], message: string): void =>
    report({ id, kind, at, what, message, effect: null })
  for (const mapping of mappings) {
    const covering = bases.find(({ prefix }) => covers({ segments: prefix, exact: false }, mapping.path))
    if (mapping.websocket && covering !== undefined) {
      covering.websocket = true
      say(
        mapping,
        'websocket',
        'changed',
        '`websocket: true` for the whole app: pages of its own origin may open them',
      )
    } else if (covering !== undefined || excluded.some(({ path }) => isBelow(mapping.path, path))) {
      say(
        mapping,
        'proxy-never',
        'suspect',
        'an earlier line covers this path: httpd never came here, and it is left out',
      )
    } else if (mapping.target === null) {
      if (mapping.path === redirect || mapping.path === '/')
        say(mapping, 'kept', 'kept', 'the gateway answers there by itself')
      else {
        excluded.push(mapping)
        say(
          mapping,
          'proxy-excluded',
          'not-convertible',
          'httpd answered there by itself: the path is closed here (`nobody`)',
        )
      }
    } else {
      bases.push({
        prefix: mapping.path === '/' ? [] : mapping.path.slice(1).split('/'),
        mapping,
        websocket: mapping.websocket,
      })
      say(mapping, 'kept', 'kept', '`url` and `upstream` of an app')
    }
  }
  return { bases, excluded }
}

function isBelow(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`)
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

/** A path that no section covers is open in httpd, which is easily forgotten. */
function noteOpen(locations: readonly ConvertedLocation[], { prefix }: Base, work: HostWork): void {
  const root = locations.find(({ pattern }) => pattern.segments.length === prefix.length && !pattern.exact)
  if (root === undefined || root.sections.length > 0) return
  const path = patternKey({ segments: prefix, exact: false })
  sayHost(
    work,
    'open-by-default',
    'suspect',
    `no section covers ${path}: httpd opens what nothing is said of, and so does the result (\`require: anyone\`). Leave that location out, and what is not named is closed`,
  )
}

/** How people are told no: the verdict is the same, the status is another. */
function noteStatuses({ host, report }: HostWork): void {
  const directives = [...host.directives, ...host.sections.flatMap((section) => section.directives)]
  if (wordsOf(directives, 'AuthzSendForbiddenOnFailure')[0]?.toLowerCase() !== 'on') {
    report({
      id: 'forbidden',
      kind: 'changed',
      at: null,
      what: 'the default of AuthzSendForbiddenOnFailure',
      message:
        'whoever is signed in and may not pass gets 403; httpd answered 401, as if nobody were signed in',
      effect: null,
      announces: ({ claims }) => claims !== null,
    })
  }
  if (wordsOf(host.directives, 'OIDCRedirectURI').length === 0) return
  report({
    id: 'no-redirect',
    kind: 'changed',
    at: null,
    what: 'the default of OIDCUnAuthAction',
    message:
      'without a session only navigations by GET and HEAD are sent to sign in; everything else gets 401, where mod_auth_openidc redirected a POST and lost its body',
    effect: null,
    announces: ({ claims, method }) => claims === null && method !== 'GET' && method !== 'HEAD',
  })
}

/** `hd` in the request only preselects: without a rule every Google account passes. */
function noteHostedDomain(locations: readonly ConvertedLocation[], work: HostWork): void {
  const directive = lastOf(work.host.directives, 'OIDCAuthRequestParams')
  if (directive === null || !/(?:^|[&"'\s])hd=/.test(directive.rest)) return
  if (ruleClaims(locations).some((claim) => claim === 'hd' || claim === 'email')) return
  work.report({
    id: 'hosted-domain',
    kind: 'suspect',
    at: directive.at,
    what: `OIDCAuthRequestParams ${directive.rest}`,
    message:
      '`hd` only preselects an account, and no rule asks for it: every Google account gets in, as before. Write `require: { hd: … }`',
    effect: null,
  })
}

/** `wiki.example.com` and `/docs` are `wiki-docs`. */
function appName(origin: string, prefix: readonly string[]): string {
  const [label = 'app'] = (URL.parse(origin)?.hostname ?? 'app').split('.')
  const name = [label === '' || label.includes('$') ? 'app' : label, ...prefix]
    .join('-')
    .replaceAll(/[^\w.-]/g, '-')
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 60) : 'app'
}

function appKeys(
  base: Base,
  origin: string,
  redirect: string | null,
  headers: ReturnType<typeof convertHeaders>,
  work: HostWork,
): { readonly [key: string]: YamlValue } {
  const { directives } = work.host
  const keys: Record<string, YamlValue> = {
    url: base.prefix.length === 0 ? origin : `${origin}/${base.prefix.join('/')}`,
    upstream: upstreamOf(base, headers.fixed, work),
  }
  const signsIn = work.providers.length > 0
  if (work.severalProviders && signsIn) {
    const names = work.providers.map(({ name }) => name)
    keys.provider = names.length === 1 ? (names[0] ?? '') : names
  }
  if (redirect !== null) keys.redirect_uri = redirect
  const [loggedOut] = wordsOf(directives, 'OIDCDefaultLoggedOutURL')
  if (loggedOut !== undefined) {
    keys.post_logout_redirect_uri = loggedOut
    const directive = lastOf(directives, 'OIDCDefaultLoggedOutURL')
    work.report({
      id: 'kept',
      kind: 'kept',
      at: directive?.at ?? null,
      what: `OIDCDefaultLoggedOutURL ${loggedOut}`,
      message: '`post_logout_redirect_uri`: register it at the provider',
      effect: null,
    })
  }
  if (signsIn) keys.identity_headers = headers.identity
  Object.assign(keys, limitsOf(base, work))
  if (base.websocket) keys.websocket = true
  return keys
}

function limitsOf({ mapping }: Base, { host, report }: HostWork): Record<string, YamlValue> {
  const found: Record<string, YamlValue> = {}
  const timeout = mapping?.timeoutSeconds ?? (Number(wordsOf(host.directives, 'ProxyTimeout')[0]) || null)
  if (timeout !== null) found.timeouts = { response: `${timeout}s` }
  const directive = lastOf(host.directives, 'LimitRequestBody')
  const [bytes] = wordsOf(host.directives, 'LimitRequestBody')
  if (directive !== null && bytes !== undefined && /^\d{1,15}$/.test(bytes)) {
    found.max_body = sizeText(Number(bytes))
    report({
      id: 'kept',
      kind: 'kept',
      at: directive.at,
      what: `LimitRequestBody ${bytes}`,
      message: '`max_body`',
      effect: null,
    })
  } else {
    report({
      id: 'max-body',
      kind: 'changed',
      at: null,
      what: 'the default of LimitRequestBody',
      message: 'bodies of more than 10 MiB get 413 here; `max_body` sets another limit',
      effect: null,
    })
  }
  return found
}

function sizeText(bytes: number): string {
  if (bytes === 0) return 'none'
  return bytes % 1048576 === 0 ? `${bytes / 1048576}MiB` : `${bytes}B`
}

function upstreamOf(
  { mapping, prefix }: Base,
  fixed: Readonly<Record<string, string>>,
  { host }: HostWork,
): YamlValue {
  const target = mapping?.target ?? 'http://fill-in.invalid'
  const [, origin = target, path = ''] = /^(https?:\/\/[^/]+)(\/.*)?$/.exec(target) ?? []
  const own = prefix.length === 0 ? '' : `/${prefix.join('/')}`
  const base = path.replace(/\/+$/, '')
  const keepsPrefix = own === '' || base.endsWith(own)
  const url =
    own !== '' && keepsPrefix ? `${origin}${base.slice(0, base.length - own.length)}` : `${origin}${base}`
  const keys: Record<string, YamlValue> = {}
  if (wordsOf(host.directives, 'ProxyPreserveHost')[0]?.toLowerCase() === 'on') keys.preserve_host = true
  if (!keepsPrefix) keys.strip_prefix = true
  const [authority] = wordsOf(host.directives, 'SSLProxyCACertificateFile')
  if (authority !== undefined && target.startsWith('https')) keys.ca_file = authority
  if (Object.keys(fixed).length > 0) keys.headers = fixed
  return Object.keys(keys).length === 0 ? url : { url, ...keys }
}
