import type { Gateway } from '../../core/gateway.ts'
import { type OnStep, untold } from '../../core/step.ts'
import type { ConvertedHost } from '../apache/host/host.ts'
import type { Finding, JudgedRequest } from '../finding.ts'
import { patternKey } from '../path-pattern.ts'
import { announcedBy, announcementsAt, readAnnouncements } from './announced.ts'
import { isBeyondModel, judgeApache, looksAt, possibilitiesAt, type Verdict } from './apache-model.ts'
import { askGateway, type Case, requestsOf, verdictOn } from './case.ts'
import { pathsFor } from './paths.ts'
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
  onStep: OnStep = untold,
): Proof {
  const cases = hosts.flatMap(casesOf)
  const each = Math.max(leastRequests, Math.floor(mostRequests / Math.max(1, cases.length)))
  const random = seeded(seed)
  const announcements = readAnnouncements(findings)
  const found = new Map<string, Disagreement>()
  const notJudged = new Set<string>()
  let requests = 0
  for (const [index, one] of cases.entries()) {
    onStep(index, cases.length)
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

function compare(
  { host, origin, path, places }: Case,
  request: JudgedRequest,
  gateway: Gateway,
  findings: readonly Finding[],
): Disagreement | null {
  const asked = askGateway(host, `${origin}${path}`, request, gateway)
  if (asked === null) return null
  const { decision } = asked
  const ours = verdictOn(decision)
  const verdicts = places.map((place) => judgeApache(place, request, host.context))
  // Where a section is in doubt nobody may get in whom httpd keeps out in any of its ways; the rest the report says.
  const apache = verdicts.find((verdict) => verdict !== ours) ?? ours
  if (apache === ours || (places.length > 1 && ours !== 'allow')) return null
  return {
    announcedBy: announcedBy(
      findings,
      places.some((place) => looksAt(place, request)) ? request : { ...request, claims: null },
      apache,
      ours,
    ),
    apache,
    gateway: ours,
    reason: decision.reason,
    example: request,
    count: 1,
  }
}
