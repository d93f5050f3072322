import type { App, Location } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import { isHttpsOrigin } from '../request/https-origin.ts'
import { knownMethods, refusedMethods } from '../request/method.ts'
import type { Cors } from './cors.ts'

/** What CORS asks of a request: who calls, and whether a cookie came with it. */
export interface CorsQuestion {
  /** All lines of `Origin` as one; undefined: none was sent. */
  readonly origin: string | undefined
  readonly cookie: string | undefined
}

/** The gateway's own word on CORS in an answer. */
export interface CorsAnswer {
  /** By name in lower case. Empty: the page may not read it. */
  readonly headers: Readonly<Record<string, string>>
}

/** Whether the gateway speaks for the app of who may call: then the app's own word is dropped. */
export function governsCors(judges: readonly Location[]): boolean {
  for (const { forwarding } of judges) if (forwarding.cors.kind !== 'deny') return true
  return false
}

/**
 * What is said of CORS in every answer of these locations, all of which judged (Fetch standard section 3.3); null: the
 * app speaks for itself. Never that cookies may come along; and what did come with a cookie is read by no page of
 * another origin, not even out of a browser's cache, where an answer that a cookie made could be asked for without one.
 */
export function corsAnswer(app: App, judges: readonly Location[], question: CorsQuestion): CorsAnswer | null {
  if (!governsCors(judges)) return null
  const { origin, cookie } = question
  if (origin === undefined || cookie !== undefined || !mayCall(judges, origin)) return refused
  const granted = judges.map((location) => grantOf(app, location))
  return {
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': inAll(granted.map(({ methods }) => methods)).join(', '),
      'access-control-allow-headers': inAll(granted.map(({ headers }) => headers)).join(', '),
      'access-control-max-age': String(limits.preflightSeconds),
      'access-control-expose-headers': exposed,
    },
  }
}

/** What our refusals say beside their body, so that a page can wait, or ask for another token. */
const exposed = 'Retry-After, WWW-Authenticate'

const refused: CorsAnswer = { headers: {} }

/** Whether pages of an origin may call all of these locations. */
export function mayCall(judges: readonly Location[], origin: string): boolean {
  return judges.every(({ forwarding }) => isAnswered(forwarding.cors, origin))
}

function isAnswered(cors: Cors, origin: string): boolean {
  switch (cors.kind) {
    case 'deny':
      return false
    case 'origins':
      return cors.origins.includes(origin)
    case 'keys':
      return isHttpsOrigin(origin)
  }
}

interface Grant {
  readonly methods: readonly string[]
  readonly headers: readonly string[]
}

const grants = new WeakMap<Location, Grant>()

function grantOf(app: App, location: Location): Grant {
  const known = grants.get(location)
  if (known !== undefined) return known
  const headers = ['Authorization', 'Content-Type', ...location.forwarding.corsHeaders]
  const grant = { methods: methodsOf(app, location), headers }
  grants.set(location, grant)
  return grant
}

/**
 * The methods that lead here. Where others have locations of their own at the same path they are not among them: a
 * browser would take one preflight for all of them.
 */
function methodsOf({ allLocations }: App, location: Location): readonly string[] {
  const { methods } = location
  if (methods !== null) return withHead([...methods]).filter((method) => !refusedMethods.includes(method))
  const beside = allLocations.filter((other) => other !== location && isSamePath(other, location))
  const taken = new Set(beside.flatMap((other) => withHead([...(other.methods ?? [])])))
  return knownMethods.filter((method) => !taken.has(method))
}

function withHead(methods: readonly string[]): readonly string[] {
  return methods.flatMap((method) =>
    method === 'GET' && !methods.includes('HEAD') ? ['GET', 'HEAD'] : [method],
  )
}

function isSamePath({ pattern: one }: Location, { pattern: other }: Location): boolean {
  return (
    one.exact === other.exact &&
    one.segments.length === other.segments.length &&
    one.segments.every((segment, index) => segment === other.segments[index])
  )
}

/** What stands in every list, in the order of the first, compared without case. */
function inAll(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists
  const folded = others.map((list) => new Set(list.map((text) => text.toLowerCase())))
  return first.filter((text) => folded.every((set) => set.has(text.toLowerCase())))
}
