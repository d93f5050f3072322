import type { Gateway } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { ConvertedHost } from '../apache/host/host.ts'
import type { ConvertedLocation } from '../apache/host/locations.ts'
import type { JudgedRequest } from '../finding.ts'
import { covers, includes, type PathPattern, patternKey } from '../path-pattern.ts'
import { isBeyondModel, judgeApache, possibilitiesAt } from './apache-model.ts'
import { askGateway, type Case, requestsOf } from './case.ts'

/** One request at a location of the result, and what comes of it: a rule test. */
export interface Example {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly provider: string
  readonly claims: Claims | null
  readonly clientAddress: string
  /** Absent: by a session. */
  readonly credential?: 'bearer'
  readonly expect: 'allow' | 'deny' | 'sign_in' | 'reject'
}

/**
 * Of each location one request that is let in and one that is refused, as far as there are: first those that httpd answered
 * alike, so that the test says what was meant, not only what the result does.
 */
export function examplesOf(hosts: readonly ConvertedHost[], gateway: Gateway): readonly Example[] {
  const found = hosts.flatMap((host) =>
    host.apps.flatMap(({ origin, locations }) => {
      if (origin.includes('$')) return []
      const all = host.apps.filter((app) => app.origin === origin).flatMap((app) => app.locations)
      const patterns = all.map(({ pattern }) => pattern)
      return locations.flatMap((location) => examplesAt(host, origin, location, patterns, gateway))
    }),
  )
  const keys = new Set<string>()
  return found.filter(({ name, ...request }) => {
    const key = JSON.stringify(request)
    return keys.has(key) ? false : keys.add(key)
  })
}

function examplesAt(
  host: ConvertedHost,
  origin: string,
  { pattern }: ConvertedLocation,
  patterns: readonly PathPattern[],
  gateway: Gateway,
): readonly Example[] {
  const path = pathAt(pattern, patterns)
  const places = possibilitiesAt(host.host, path) ?? []
  const one: Case = { host, origin, path, places }
  const known = places.every(({ requires }) => requires === null || !isBeyondModel(requires))
  const agrees = ({ expect, request }: Asked): boolean =>
    known &&
    places.every((place) => (judgeApache(place, request, host.context) === 'allow') === (expect === 'allow'))
  let allowed: Choice | null = null
  let refused: Choice | null = null
  // Where a section of httpd covers only what lies below, the result may ask at the path itself for what that asks for.
  const below = pattern.exact ? (possibilitiesAt(host.host, `${path.replace(/\/$/, '')}/x`) ?? []) : []
  for (const request of requestsOf({ ...one, places: [...places, ...below] }).slice(0, mostTried)) {
    const asked = exampleOf(one, request, gateway)
    if (asked === null) continue
    if (asked.expect === 'allow') allowed = better(allowed, asked, agrees)
    else refused = better(refused, asked, agrees)
    if (allowed?.worth === best && refused?.worth === best) break
  }
  const label = patternKey(pattern)
  return [...named(allowed, `${label}: let in`), ...named(refused, `${label}: kept out`)]
}

/** A path that leads to a location and to none of the others within it: its own, or below it; its own where none does. */
function pathAt(pattern: PathPattern, patterns: readonly PathPattern[]): string {
  const within = patterns.filter((other) => includes(pattern, other) && !includes(other, pattern))
  const used = new Set(patterns.flatMap(({ segments }) => segments))
  let anything = 'x'
  while (used.has(anything)) anything += 'x'
  const own = pattern.segments.map((segment) => segment ?? anything)
  const deepest = pattern.exact ? 0 : Math.max(0, ...within.map(({ segments }) => segments.length)) + 1
  for (let depth = own.length; depth <= deepest; depth += 1) {
    const path = `/${[...own, ...Array<string>(depth - own.length).fill(anything)].join('/')}`
    if (!within.some((other) => covers(other, path))) return path
  }
  return `/${own.join('/')}`
}

/** Whoever is let in or kept out is among the first; a location that lets nobody in is tried no longer. */
const mostTried = 150
const best = 3

/** How much an example says: 3 is what httpd answered too, of somebody who is signed in or let in. */
interface Choice {
  readonly asked: Asked
  readonly worth: number
}

function better(before: Choice | null, asked: Asked, agrees: (asked: Asked) => boolean): Choice {
  if (before?.worth === best) return before
  const worth = (agrees(asked) ? 2 : 0) + (asked.expect === 'sign_in' ? 0 : 1)
  return before !== null && before.worth >= worth ? before : { asked, worth }
}

function named(choice: Choice | null, name: string): readonly Example[] {
  if (choice === null) return []
  const { request: _request, ...example } = choice.asked
  return [{ ...example, name: choice.worth < 2 ? `${name}, other than by httpd` : `${name}, as by httpd` }]
}

interface Asked extends Omit<Example, 'name'> {
  readonly request: JudgedRequest
}

function exampleOf(one: Case, request: JudgedRequest, gateway: Gateway): Asked | null {
  const { method, clientAddress } = request
  const url = `${one.origin}${one.path}`
  const asked = askGateway(one.host, url, request, gateway)
  const said = JSON.stringify(request.claims ?? {})
  const isPlain =
    !said.includes('${') && !said.includes('null,') && !said.includes('null}') && !said.includes('[null')
  if (asked === null || !isPlain) return null
  const kinds = { allow: 'allow', challenge: 'sign_in', deny: 'deny', reject: 'reject' } as const
  const claims = request.claims === null ? null : withoutIssuer(request.claims)
  const { decision, provider } = asked
  const credential = request.byToken === true ? { credential: 'bearer' as const } : {}
  return {
    method,
    url,
    provider,
    claims,
    clientAddress,
    ...credential,
    expect: kinds[decision.kind],
    request,
  }
}

/** Who issued them is what `provider` says. */
function withoutIssuer({ iss: _iss, ...claims }: Claims): Claims {
  return claims
}
