import { common, includes, type PathPattern, patternKey } from '../path-pattern.ts'
import type { SourcePosition } from '../source-position.ts'
import { found, type OauthProxy } from './proxy.ts'
import { convertRoute } from './route.ts'

/** One `skip_auth_routes` line that could be said. */
interface Opening {
  /** Null: every method. */
  readonly method: string | null
  /** Open is what the patterns do not cover. */
  readonly negated: boolean
  readonly patterns: readonly PathPattern[]
  readonly at: SourcePosition
  readonly what: string
}

/** A location of the result; what stands at the app itself needs none. */
export interface PathAccess {
  readonly pattern: PathPattern
  readonly methods: readonly string[] | null
  /** `closed`: as the app says. */
  readonly access: 'open' | 'closed' | 'nobody'
  /** 401 instead of a redirect. */
  readonly deny: boolean
  readonly from: { readonly at: SourcePosition; readonly what: string } | null
}

/** What is open, and what never redirects, as locations: `skip_auth_routes`, `skip_auth_regex` and `api_routes`. */
export function convertOpenings(proxy: OauthProxy): readonly PathAccess[] {
  const openings = [...openingsOf(proxy, 'skip_auth_routes'), ...openingsOf(proxy, 'skip_auth_regex')]
  const apis = apisOf(proxy)
  const patterns = closed([
    ...openings.flatMap((one) => one.patterns),
    ...apis.flatMap((one) => one.patterns),
  ])
  const root: PathPattern = { segments: [], exact: false }
  const withRoot = openings.some(({ negated }) => negated) ? closed([root, ...patterns]) : patterns
  const all = withRoot.toSorted((one, other) => (patternKey(one) < patternKey(other) ? -1 : 1))
  const accesses = all.map((pattern) => ({ pattern, list: accessesAt(pattern, openings, apis) }))
  const wild = all.some(({ segments }) => segments.includes(null))
  return accesses
    .filter(({ pattern, list }) => wild || keyOf(list) !== keyOf(enclosing(pattern, accesses)))
    .flatMap(({ list }) => list)
}

interface PatternAccess {
  readonly pattern: PathPattern
  readonly list: readonly PathAccess[]
}

/** What holds at the nearest location around; without one, the app's own rule. */
function enclosing(pattern: PathPattern, all: readonly PatternAccess[]): readonly PathAccess[] {
  const around = all.filter((one) => one.pattern !== pattern && includes(one.pattern, pattern))
  const nearest = around.toSorted(
    (one, other) => other.pattern.segments.length - one.pattern.segments.length,
  )[0]
  return nearest?.list ?? [{ pattern, methods: null, access: 'closed', deny: false, from: null }]
}

function keyOf(list: readonly PathAccess[]): string {
  return JSON.stringify(list.map(({ methods, access, deny }) => [methods, access, deny]))
}

function accessesAt(
  pattern: PathPattern,
  openings: readonly Opening[],
  apis: readonly Opening[],
): readonly PathAccess[] {
  const opens = openings.filter(
    ({ negated, patterns }) => negated !== patterns.some((outer) => includes(outer, pattern)),
  )
  const api = apis.find(({ patterns }) => patterns.some((outer) => includes(outer, pattern)))
  const named = [...openings, ...apis].find(({ patterns }) => patterns.includes(pattern)) ?? null
  const closedHere: PathAccess = {
    pattern,
    methods: null,
    access: 'closed',
    deny: api !== undefined,
    from: named ?? api ?? null,
  }
  const forAll = opens.find(({ method }) => method === null)
  if (forAll !== undefined) return [{ pattern, methods: null, access: 'open', deny: false, from: forAll }]
  const methods = [...new Set(opens.flatMap(({ method }) => method ?? []))]
  if (methods.length === 0) return [closedHere]
  return [{ pattern, methods, access: 'open', deny: false, from: opens[0] ?? null }, closedHere]
}

function closed(patterns: readonly PathPattern[]): readonly PathPattern[] {
  const all = new Map(patterns.map((pattern) => [patternKey(pattern), pattern]))
  for (const one of all.values()) {
    for (const other of [...all.values()].slice(0, 500)) {
      const shared = one.segments.includes(null) ? common(one, other) : null
      if (shared !== null && !all.has(patternKey(shared))) all.set(patternKey(shared), shared)
    }
  }
  return [...all.values()]
}

function openingsOf(proxy: OauthProxy, key: 'skip_auth_routes' | 'skip_auth_regex'): readonly Opening[] {
  proxy.leave(key)
  return proxy.source.settings
    .filter((setting) => setting.key === key)
    .flatMap(({ values, at, name }) =>
      values.flatMap((value) => {
        const what = `${name}: ${value}`
        const opening = readOpening(value, key === 'skip_auth_routes', at, what, proxy)
        return opening ?? []
      }),
    )
}

function readOpening(
  value: string,
  withMethod: boolean,
  at: SourcePosition,
  what: string,
  proxy: OauthProxy,
): Opening | null {
  // oauth2-proxy splits at the first `=` or `!=`, wherever it stands.
  const [, before = '', sign = '', after = value] =
    (withMethod ? /^(.*?)(!?=)(.*)$/s.exec(value) : null) ?? []
  const method = before === '' ? null : before.toUpperCase()
  const negated = sign === '!='
  // oauth2-proxy looks for `!=` anywhere, also where the method stands before a plain `=`.
  const isOdd = withMethod && !negated && value.includes('!=')
  const refuse = (id: string, message: string): null => {
    const closedNow = 'Nothing is opened for it: who asked without signing in is sent to sign in'
    proxy.report(found(id, 'not-convertible', at, what, `${message}. ${closedNow}`, 'stricter'))
    return null
  }
  if (method !== null && !/^[A-Z]{3,10}$/.test(method))
    return refuse('route-method', `"${before}" is no method`)
  if (method !== null && /^(?:TRACE|CONNECT)$/.test(method))
    return refuse('route-method', `${method} never passes`)
  if (isOdd) return refuse('route-negated', 'the "!=" in the expression negated the whole route')
  const route = convertRoute(after)
  if (!route.ok) return refuse('route', route.reason)
  if (negated && route.less !== null) {
    return refuse(
      'route-negated',
      `it opens everything else, and ${route.less}: write it with "^" and an end such as "(/|$)"`,
    )
  }
  noteRoute(route.patterns, negated, { ...route, at, what, method }, proxy)
  return { method, negated, patterns: route.patterns, at, what }
}

interface NotedRoute {
  readonly more: string | null
  readonly less: string | null
  readonly at: SourcePosition
  readonly what: string
  readonly method: string | null
}

/** One line for each route, whatever there is to say of it. */
function noteRoute(
  patterns: readonly PathPattern[],
  negated: boolean,
  { more, less, at, what, method }: NotedRoute,
  proxy: OauthProxy,
): void {
  const everything = !negated && patterns.some(({ segments, exact }) => segments.length === 0 && !exact)
  const head = method === 'GET' ? 'HEAD is open with GET' : null
  const wide = `Here it opens ${patterns.map(patternKey).join(', ')} and what lies below`
  const sayings = [
    ...(negated
      ? ['opens every other path: what is added to the app later is open too. Say what is open instead']
      : []),
    ...(everything
      ? [
          `${method === null ? 'every path is' : `${method} is open at every path:`} open, nobody is asked to sign in`,
        ]
      : []),
    ...(less !== null && !everything ? [`${less}. ${wide}`] : []),
    ...(more === null ? [] : [more]),
    ...(head === null ? [] : [head]),
  ]
  const [first] = sayings
  if (first === undefined) {
    proxy.report(found('kept', 'kept', at, what, 'a location with `require: anyone`'))
    return
  }
  const isStricter = (less !== null && !everything) || (more !== null && negated)
  const isLooser = (more !== null && !negated) || head !== null
  const effect = isStricter && isLooser ? 'either' : isStricter ? 'stricter' : isLooser ? 'looser' : null
  const id = negated
    ? 'route-negated'
    : everything
      ? 'route-everything'
      : less !== null
        ? 'route-shorter'
        : more !== null
          ? 'route-slash'
          : 'route-head'
  const kind = negated || everything ? 'suspect' : 'changed'
  proxy.report(found(id, kind, at, what, sayings.join('; '), effect))
}

function apisOf(proxy: OauthProxy): readonly Opening[] {
  proxy.leave('api_routes')
  return proxy.source.settings
    .filter(({ key }) => key === 'api_routes')
    .flatMap(({ values, at, name }) =>
      values.flatMap((value) => {
        const what = `${name}: ${value}`
        const route = convertRoute(value)
        if (route.ok) {
          const what401 = '`unauthenticated: deny`: 401 instead of a redirect'
          proxy.report(
            route.less === null
              ? found('kept', 'kept', at, what, what401)
              : found('api-route', 'changed', at, what, `${what401}; ${route.less}`),
          )
          return [{ method: null, negated: false, patterns: route.patterns, at, what }]
        }
        const message = `${route.reason}. Only navigations are redirected here in any case: programs get 401 without it`
        proxy.report(found('api-route', 'changed', at, what, message))
        return []
      }),
    )
}
