import type { Decision } from '../../core/decision.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { probe } from '../../http/admission/probe.ts'
import type { ConvertedHost } from '../apache/host/host.ts'
import { rulesOf } from '../apache/reading/require.ts'
import type { Finding, JudgedRequest } from '../finding.ts'
import { announcedBy, announcementsAt, readAnnouncements } from './announced.ts'
import { isBeyondModel, judgeApache, type MergedPath, mergedAt, type Verdict } from './apache-model.ts'
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
  /** Sections whose rules the model of httpd knows nothing of. */
  readonly notJudged: readonly string[]
}

/** So many requests take a few seconds. */
const mostRequests = 100_000
/** At each path, however many there are. */
const leastRequests = 12
const seed = 20_260_101

/** Asks a model of httpd and the gateway itself about the same requests. Nothing is sent anywhere. */
export function prove(
  hosts: readonly ConvertedHost[],
  gateway: Gateway,
  findings: readonly Finding[],
): Proof {
  const cases = hosts.flatMap(casesOf)
  const each = Math.max(leastRequests, Math.floor(mostRequests / Math.max(1, cases.length)))
  const random = seeded(seed)
  const announcements = readAnnouncements(findings)
  const found = new Map<string, Disagreement>()
  const notJudged = new Set<string>()
  let requests = 0
  for (const one of cases) {
    const { requires } = one.place
    if (requires !== null && isBeyondModel(requires)) {
      notJudged.add(one.place.sections.at(-1)?.text ?? '')
      continue
    }
    const known = announcementsAt(announcements, one.place, one.path)
    for (const request of sampleFrom(requestsOf(one), each, random)) {
      requests += 1
      const disagreement = compare(one, request, gateway, known)
      if (disagreement === null) continue
      const key = kindOf(disagreement, one.path)
      const before = found.get(key)
      found.set(key, before === undefined ? disagreement : { ...before, count: before.count + 1 })
    }
  }
  return { requests, paths: cases.length, disagreements: [...found.values()], notJudged: [...notJudged] }
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
  readonly place: MergedPath
}

function casesOf(host: ConvertedHost): readonly Case[] {
  const [first] = host.apps
  if (first === undefined) return []
  const redirect = first.keys.redirect_uri
  const paths = pathsFor(host.host.sections).filter((path) => isPassedOn(host, path, redirect))
  return paths.map((path) => ({ host, origin: first.origin, path, place: mergedAt(host.host, path) }))
}

/** Only what both pass on to an app can be compared. */
function isPassedOn({ apps }: ConvertedHost, path: string, redirect: unknown): boolean {
  const below = (outer: string): boolean => outer === '' || path === outer || path.startsWith(`${outer}/`)
  if (typeof redirect === 'string' && below(redirect.replace('/{provider}', ''))) return false
  const excluded = apps.flatMap(({ locations }) => locations.filter(({ because }) => because !== undefined))
  if (excluded.some(({ pattern }) => below(`/${pattern.segments.join('/')}`))) return false
  return apps.some(({ prefix }) => below(prefix.length === 0 ? '' : `/${prefix.join('/')}`))
}

function requestsOf({ host, path, place }: Case): readonly JudgedRequest[] {
  const { requires } = place
  const issuers = [...host.context.issuers.keys()]
  const { remoteUser } = host.context
  const methods = ['GET', 'POST', 'OPTIONS', ...methodsOf(place)]
  const people = (issuers.length === 0 ? [''] : issuers).flatMap((issuer) =>
    peopleFor(requires, baseClaims(issuer, remoteUser.claim), remoteUser),
  )
  const addresses = addressesFor(requires)
  return [...new Set(methods)].flatMap((method) =>
    people.flatMap((claims) => addresses.map((clientAddress) => ({ method, path, claims, clientAddress }))),
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
  { host, origin, path, place }: Case,
  request: JudgedRequest,
  gateway: Gateway,
  findings: readonly Finding[],
): Disagreement | null {
  const { claims, method, clientAddress } = request
  const { context } = host
  const apache = judgeApache(place, request, context)
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
  if (apache === ours) return null
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
