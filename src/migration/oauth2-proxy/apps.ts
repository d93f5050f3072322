import { common, includes, type PathPattern, patternKey } from '../path-pattern.ts'
import { anyOf, type Rule } from '../rule.ts'
import { positionText } from '../source-position.ts'
import type { YamlValue } from '../yaml.ts'
import type { Addresses } from './addresses.ts'
import { withClosings } from './closings.ts'
import type { ConvertedHeaders } from './converted-headers.ts'
import type { ProxyApp } from './file.ts'
import type { PathAccess } from './openings.ts'
import type { OauthProxy } from './proxy.ts'
import type { Closing, ConvertedUpstream } from './upstreams.ts'

/** What all apps of one oauth2-proxy share. */
export interface AppContext {
  readonly proxy: OauthProxy
  readonly addresses: Addresses
  readonly headers: ConvertedHeaders
  readonly openings: readonly PathAccess[]
  readonly closings: readonly Closing[]
  readonly require: Rule
  /** By what somebody may come, where that is not a session alone. */
  readonly tokens: { readonly [key: string]: YamlValue }
}

/** Each upstream as an app, with the locations that lie in it. */
export function convertApps(all: readonly ConvertedUpstream[], context: AppContext): readonly ProxyApp[] {
  return all.map((one) => appOf(one, all, context))
}

function appOf(one: ConvertedUpstream, all: readonly ConvertedUpstream[], context: AppContext): ProxyApp {
  const { proxy, addresses, headers, openings } = context
  const prefix = one.prefix.length === 0 ? '' : `/${one.prefix.join('/')}`
  const host = URL.parse(addresses.origin)?.hostname.split('.')[0] ?? 'app'
  const first = /^[a-z][\w-]*$/i.test(host) && host !== 'fill-in' ? host : 'app'
  const keys: Record<string, YamlValue> = {
    url: `${addresses.origin}${prefix}`,
    ...(addresses.insecure ? { allow_insecure_http: true } : {}),
    upstream: withHeaders(one.upstream, headers.fixed),
    redirect_uri: addresses.redirectUri,
    identity_headers: headers.identity,
    ...context.tokens,
    timeouts: { response: one.timeout },
    ...(one.websocket ? { websocket: true } : {}),
    ...(proxy.flag('skip_auth_preflight', false) ? { cors_preflight: 'pass' } : {}),
    ...(proxy.flag('force_json_errors', false) ? { unauthenticated: 'deny' } : {}),
  }
  const ips: Rule[] = addresses.trustedIps.length === 0 ? [] : [{ kind: 'ip', ranges: addresses.trustedIps }]
  return {
    name: prefix === '' ? first : uniqueOf(one.prefix.join('-').replaceAll(/[^\w-]/g, '-'), first),
    prefix: one.prefix,
    comment: one.from === null ? null : `${positionText(one.from.at)} ${one.from.what}`,
    keys,
    require: anyOf([...ips, context.require]),
    closed: anyOf([...ips, { kind: 'signed_in' }]),
    locations: withClosings(
      locationsOf(openings, one.prefix, all),
      context.closings,
      one.prefix,
      all.map(({ prefix: segments }) => segments),
    ),
  }
}

function uniqueOf(name: string, taken: string): string {
  return name === taken || !/^[A-Za-z]/.test(name) ? `app-${name}` : name
}

/** The locations of an app: those in its prefix and in no app below, as far as they lie there; around it, the nearest. */
function locationsOf(
  openings: readonly PathAccess[],
  prefix: readonly string[],
  all: readonly ConvertedUpstream[],
): readonly PathAccess[] {
  const own: PathPattern = { segments: prefix, exact: false }
  const below = all
    .map((one): PathPattern => ({ segments: one.prefix, exact: false }))
    .filter((app) => app.segments.length > prefix.length && includes(own, app))
  const inside = openings.flatMap((access) => {
    const pattern = common(access.pattern, own)
    if (pattern === null || below.some((app) => includes(app, pattern))) return []
    return [{ pattern, access }]
  })
  const byPattern = Map.groupBy(inside, ({ pattern }) => patternKey(pattern))
  return [...byPattern.values()].flatMap((same) => {
    const nearest = same.filter(({ access }) => same.every((one) => !isNearer(one.access, access)))
    return nearest.map(({ pattern, access }) => ({ ...access, pattern }))
  })
}

function isNearer(one: PathAccess, other: PathAccess): boolean {
  return includes(other.pattern, one.pattern) && !includes(one.pattern, other.pattern)
}

function withHeaders(upstream: YamlValue, fixed: Readonly<Record<string, string>>): YamlValue {
  if (Object.keys(fixed).length === 0) return upstream
  return typeof upstream === 'string'
    ? { url: upstream, headers: fixed }
    : { ...Object(upstream), headers: fixed }
}
