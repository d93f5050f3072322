import type { Location } from '../gateway.ts'

/** What a location without `methods` answers to. Others go on only where a location lists them. */
export const knownMethods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** RFC 9110 sections 9.3.6 and 9.3.8: one asks for a tunnel, the other echoes what the gateway added. */
export const refusedMethods: readonly string[] = ['TRACE', 'CONNECT']

/** How `methods` names those of `webdavMethods` at once. */
export const webdavName = 'webdav'

/**
 * What WebDAV adds (RFC 4918), with what its clients for calendars and contacts ask too: REPORT (RFC 3253), ACL
 * (RFC 3744), MKCALENDAR (RFC 4791) and SEARCH (RFC 5323). Left out is what links or merges a resource that its body
 * names: BIND and REBIND (RFC 5842), and the rest of RFC 3253.
 */
export const webdavMethods: readonly string[] = [
  ...['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK'],
  ...['REPORT', 'ACL', 'MKCALENDAR', 'SEARCH'],
]

/** Methods as people write and read them: all of WebDAV by its name. */
export function shortMethods(methods: Iterable<string>): readonly string[] {
  const names = [...methods]
  if (!webdavMethods.every((name) => names.includes(name))) return names
  const [first = ''] = names.filter((name) => webdavMethods.includes(name))
  return names.flatMap((name) => {
    if (name === first) return [webdavName]
    return webdavMethods.includes(name) ? [] : [name]
  })
}

export type ChosenMethod =
  | { readonly kind: 'location'; readonly location: Location }
  /** 405; `allow` is the value of `Allow`, RFC 9110 section 10.2.1. */
  | { readonly kind: 'method-not-allowed'; readonly allow: readonly string[] }

/**
 * Among the locations of one pattern the one that names the method, else the one without `methods`.
 * Never looks at another pattern: a location for POST does not open a less specific path to GET.
 */
export function chooseMethod(locations: readonly Location[], method: string): ChosenMethod {
  const named = locations.find(({ methods }) => methods !== null && claims(methods, method))
  const location = named ?? (knownMethods.includes(method) ? locations.find(isForAll) : undefined)
  if (location === undefined || refusedMethods.includes(method)) {
    return { kind: 'method-not-allowed', allow: allowedMethods(locations) }
  }
  return { kind: 'location', location }
}

function isForAll({ methods }: Location): boolean {
  return methods === null
}

/** GET claims HEAD too. */
function claims(methods: ReadonlySet<string>, method: string): boolean {
  return methods.has(method) || (method === 'HEAD' && methods.has('GET'))
}

function allowedMethods(locations: readonly Location[]): readonly string[] {
  const allowed = new Set(
    locations.flatMap(({ methods }) => (methods === null ? knownMethods : withHead(methods))),
  )
  return [...allowed].filter((method) => !refusedMethods.includes(method))
}

function withHead(methods: ReadonlySet<string>): readonly string[] {
  return [...methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}

/**
 * Whether two locations of one pattern are in each other's way: a method that both claim, null when both lack
 * `methods`; undefined when they stand side by side.
 */
export function sharedMethods(
  first: ReadonlySet<string> | null,
  second: ReadonlySet<string> | null,
): string | null | undefined {
  if (first === null || second === null) return first === second ? null : undefined
  const claimed = withHead(second)
  return withHead(first).find((method) => claimed.includes(method))
}
