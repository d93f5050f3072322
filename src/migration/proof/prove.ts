import type { Decision } from '../../core/decision.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { probe } from '../../http/admission/probe.ts'
import type { ConvertedHost } from '../apache/host/host.ts'
import { rulesOf } from '../apache/reading/require.ts'
import type { Finding, JudgedRequest } from '../finding.ts'
import { patternKey } from '../path-pattern.ts'
import { announcedBy, announcementsAt, readAnnouncements } from './announced.ts'
import { isBeyondModel, judgeApache, type MergedPath, possibilitiesAt, type Verdict } from './apache-model.ts'
import { pathsFor } from './paths.ts'
import { addressesFor, peopleFor } from './people.ts'
import { sampleFrom, seeded } from './random.ts'

/** Requests of one kind that httpd and the gateway answer differently. */
export interface Disagreement {
  /** The finding that announced it; null: nobody did. */
  readonly announcedBy: Finding | null
  readonly apache: Verdict
  readonly gateway: Verdict
  readonly reason: string
  readonly example: JudgedRequest
  readonly count: number
}

export interface Proof {
  readonly requests: number
  readonly paths: number
  readonly disagreements: readonly Disagreement[]
  /** What was not asked, and why, for people. */
  readonly notJudged: readonly string[]
}

/** Whether a proof shows anything, and nothing that nobody announced. */
export function holds({ requests, disagreements }: Proof): boolean {
  return requests > 0 && disagreements.every(({ announcedBy }) => announcedBy !== null)
}

/** So many requests take a few seconds. */
const manyRequests = 100_000
/** At each path, however many there are. */
const leastRequests = 12
const seed = 20_260_101

/** Asks a model of httpd and the gateway itself about the same requests. Nothing is sent anywhere. */
export function prove(
  hosts: readonly ConvertedHost[],
  gateway: Gateway,
  findings: readonly Finding[],
  mostRequests = manyRequests,
): Proof {
  const cases = hosts.flatMap(casesOf)
  const each = Math.max(leastRequests, Math.floor(mostRequests / Math.max(1, cases.length)))
  const random = seeded(seed)
  const announcements = readAnnouncements(findings)
  const found = new Map<string, Disagreement>()
  const notJudged = new Set<string>()
  let requests = 0
  for (const one of cases) {
    const skipped = skippedBecause(one)
    if (skipped !== null) {
      notJudged.add(skipped)
      continue
    }
    const known = one.places.flatMap((place) => announcementsAt(announcements, place, one.path))
    for (const request of sampleFrom(requestsOf(one), each, random)) {
      requests += 1
      const disagreement = compare(one, request, gateway, known)
      if (disagreement === null) continue
      const key = kindOf(disagreement, one.path)
      const before = found.get(key)
      found.set(key, before === undefined ? disagreement : { ...before, count: before.count + 1 })
    }
  }
  for (const host of hosts) for (const text of excludedFrom(host)) notJudged.add(text)
  return { requests, paths: cases.length, disagreements: [...found.values()], notJudged: [...notJudged] }
}

/** Why nothing is asked at a path; null where something is. */
function skippedBecause({ places, path }: Case): string | null {
  if (places.length === 0) return `${path}: more sections than can be tried may or may not hold there`
  const beyond = places.find(({ requires }) => requires !== null && isBeyondModel(requires))
  if (beyond === undefined) return null
  return `${beyond.sections.at(-1)?.text ?? path} asks what the model knows nothing of`
}

/** Paths that httpd answered by itself, and those of the redirect URI: nothing of them went to an app. */
function excludedFrom({ apps }: ConvertedHost): readonly string[] {
  const paths = apps.flatMap(({ locations }) =>
    locations.flatMap(({ pattern, isExcluded }) => (isExcluded === true ? [patternKey(pattern)] : [])),
  )
  return [...new Set(paths)].map((path) => `${path}: httpd answered there by itself, and it is closed here`)
}

/** Differences are listed by the finding that announced them; unannounced ones by their path. */
function kindOf({ announcedBy, apache, gateway }: Disagreement, path: string): string {
  const finding = announcedBy === null ? [path] : [announcedBy.id, announcedBy.at, announcedBy.what]
  return JSON.stringify([finding, apache, gateway])
}

interface Case {
  readonly host: ConvertedHost
  readonly origin: string
  readonly path: string
  /** What httpd may merge there: one, unless a section is in doubt. */
  readonly places: readonly MergedPath[]
}

function casesOf(host: ConvertedHost): readonly Case[] {
  const [first] = host.apps
  if (first === undefined) return []
  const redirect = first.keys.redirect_uri
  const made = host.apps.flatMap(({ locations }) => locations.map(({ pattern }) => pattern))
  const paths = pathsFor(host.host.sections, made).filter((path) => isPassedOn(host, path, redirect))
  return paths.map((path) => ({
    host,
    origin: first.origin,
    path,
    places: possibilitiesAt(host.host, path) ?? [],
  }))
}

/** Only what both pass on to an app can be compared. */
function isPassedOn({ apps }: ConvertedHost, path: string, redirect: unknown): boolean {
  const below = (outer: string): boolean => outer === '' || path === outer || path.startsWith(`${outer}/`)
  if (typeof redirect === 'string' && below(redirect.replace('/{provider}', ''))) return false
  const excluded = apps.flatMap(({ locations }) => locations.filter(({ isExcluded }) => isExcluded === true))
  if (excluded.some(({ pattern }) => below(`/${pattern.segments.join('/')}`))) return false
  return apps.some(({ prefix }) => below(prefix.length === 0 ? '' : `/${prefix.join('/')}`))
}

function requestsOf({ host, path, places }: Case): readonly JudgedRequest[] {
  const issuers = [...host.context.issuers.keys()]
  const { remoteUser } = host.context
  const requires = places.map((place) => place.requires)
  const methods = ['GET', 'POST', 'OPTIONS', ...places.flatMap(methodsOf)]
  const people = (issuers.length === 0 ? [''] : issuers).flatMap((issuer) =>
    requires.flatMap((one) => peopleFor(one, baseClaims(issuer, remoteUser.claim), remoteUser)),
  )
  const addresses = new Set(requires.flatMap(addressesFor))
  const different = [...new Map(people.map((claims) => [JSON.stringify(claims), claims])).values()]
  return [...new Set(methods)].flatMap((method) =>
    different.flatMap((claims) =>
      [...addresses].map((clientAddress) => ({ method, path, claims, clientAddress })),
    ),
  )
}

function methodsOf({ requires }: MergedPath): readonly string[] {
  const rules = requires === null ? [] : rulesOf(requires)
  const tellsApart = rules.some(({ limit, test }) => limit !== null || test.kind === 'method')
  return tellsApart ? ['HEAD', 'PUT', 'PATCH', 'DELETE'] : []
}

/** Everybody can sign in: what names people is there. */
function baseClaims(issuer: string, user: string): Claims {
  return {
    iss: issuer,
    sub: 'somebody',
    [user]: 'somebody',
    ...(user === 'email' ? { email_verified: true } : {}),
  }
}

function compare(
  { host, origin, path, places }: Case,
  request: JudgedRequest,
  gateway: Gateway,
  findings: readonly Finding[],
): Disagreement | null {
  const { claims, method, clientAddress } = request
  const { context } = host
  const provider = context.issuers.get(String(claims?.iss)) ?? [...gateway.providers.keys()][0] ?? ''
  const ruling = probe(gateway, {
    method,
    url: `${origin}${path}`,
    person: claims === null ? null : { provider, claims },
    clientAddress,
  })
  // Whom the provider's settings make no user of cannot sign in; no rule is request.
  if (ruling.userIdFault !== null) return null
  const { decision } = ruling.admission
  const ours = verdictOn(decision)
  const verdicts = places.map((place) => judgeApache(place, request, context))
  // Where a section is in doubt nobody may get in whom httpd keeps out in any of its ways; the rest the report says.
  const apache = verdicts.find((verdict) => verdict !== ours) ?? ours
  if (apache === ours || (places.length > 1 && ours !== 'allow')) return null
  return {
    announcedBy: announcedBy(findings, request, apache, ours),
    apache,
    gateway: ours,
    reason: decision.reason,
    example: request,
    count: 1,
  }
}

function verdictOn(decision: Decision): Verdict {
  switch (decision.kind) {
    case 'allow':
      return 'allow'
    case 'challenge':
      return 'sign-in'
    case 'deny':
    case 'reject':
      return 'deny'
  }
}
