import type { App, Gateway } from '../core/gateway.ts'
import { readAddress } from '../core/request/address.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { type Identification, isSameIdentification } from '../core/rules/identification.ts'
import type { Situation } from '../core/rules/requirement.ts'
import { isOpen, remaining, type Way } from '../core/rules/way.ts'
import { type Probe, probe, subjectOf } from '../http/admission/probe.ts'
import type { SampleRequest } from './difference/areas.ts'
import { type Outcome, outcomeOf } from './explain/outcome.ts'
import { accessText } from './rule-text.ts'
import { type SampleCaller, sampleCallersFor } from './sample-callers.ts'
import { type Place, waysAt, waysOnlyIn } from './ways.ts'

/** Two rule files. */
export interface Sides<T> {
  readonly before: T
  readonly after: T
}

/** What changes for people at one sample. */
export interface AccessChange {
  readonly lost: readonly Group[]
  readonly gained: readonly Group[]
  /** What somebody who is not signed in gets, where that is another answer than before and none of the above. */
  readonly stranger: Tried | null
  /** A refusal that is another one now, such as a 404 that was a 403. */
  readonly refusal: Tried | null
  /** Who is let in after it; null: more ways than are worked out. */
  readonly now: readonly Way[] | null
  /** In what ways somebody can be identified there, under either file. */
  readonly accepted: readonly Identification[]
}

/** People who are let in by one way under one of the files only. */
export interface Group {
  /** Null: found by trying, and described by the example alone. */
  readonly way: Way | null
  /** Null: nobody could be made up who goes this way, so it was not tried. */
  readonly example: Tried | null
}

/** Somebody's request, and how it ended under both files. */
export interface Tried extends Sides<Ending> {
  readonly asked: Probe
}

export type Ending = Pick<Outcome, 'outcome' | 'reason' | 'status'>

/** Where a sample leads under one of the files. */
export interface Route extends Place {
  readonly app: App | null
}

export function routeAt(gateway: Gateway, { method, url }: SampleRequest): Route {
  const { app, location } = probe(gateway, { method, url, person: null, clientAddress: null }).admission
  return { app, location, accepted: acceptedOn(gateway, { app, location }) }
}

/** What makes two samples answer alike, whoever asks: compared as text before anybody is made up. */
export function routeText({ app, location, accepted }: Route): string {
  if (app === null || location === null) return `none ${app?.name ?? ''}`
  return JSON.stringify([
    app.signInProviders,
    accepted,
    accessText(location.access),
    location.unauthenticated,
    location.credentials,
  ])
}

/** Tries everybody whom the rules of both files tell apart, under both; null when nobody sees a difference. */
export function compareAt(
  sides: Sides<Gateway>,
  route: Sides<Route>,
  sample: SampleRequest,
): AccessChange | null {
  const tried = callersAt(sides, route).map((caller) => tryOut(sides, sample, caller))
  const before = waysAt(route.before)
  const after = waysAt(route.after)
  const lost = groupsOf(waysOnlyIn(before, after), tried, isLoss)
  const gained = groupsOf(waysOnlyIn(after, before), tried, isGain)
  const others = tried.filter((one) => !isLoss(one) && !isGain(one) && differs(one))
  const stranger = others.find(({ asked }) => asked.person === null && asked.clientAddress === null)
  const refused = others.find(({ asked }) => asked.person !== null)
  if (lost.length + gained.length === 0 && stranger === undefined && refused === undefined) return null
  return {
    lost,
    gained,
    stranger: stranger ?? null,
    refusal: refused ?? null,
    now: after.complete ? after.ways : null,
    accepted: acceptedByEither(route),
  }
}

/** Empty where no location is. */
export function acceptedOn(
  gateway: Gateway,
  { app, location }: Pick<Route, 'app' | 'location'>,
): readonly Identification[] {
  return app === null || location === null ? [] : acceptedAt(gateway, app, location)
}

function acceptedByEither({ before, after }: Sides<Route>): readonly Identification[] {
  const isNew = (one: Identification) => !before.accepted.some((other) => isSameIdentification(one, other))
  return [...before.accepted, ...after.accepted.filter(isNew)]
}

function callersAt(sides: Sides<Gateway>, route: Sides<Route>): readonly SampleCaller[] {
  const { before, after } = route
  const rules = [before, after].flatMap(({ location }) =>
    location?.access.kind === 'rule' ? [location.access.requirement] : [],
  )
  const providers = new Map([...sides.before.providers, ...sides.after.providers])
  return sampleCallersFor(rules, acceptedByEither(route), providers)
}

function tryOut(sides: Sides<Gateway>, { method, url }: SampleRequest, caller: SampleCaller): Tried {
  // What a step-up asks for beside the rule is compared by itself: it would keep everybody out here who is made up.
  const asked = { ...caller, method, url, steppedUp: true }
  return { asked, before: endingOf(sides.before, asked), after: endingOf(sides.after, asked) }
}

function endingOf(gateway: Gateway, asked: Probe): Ending {
  const userId = gateway.providers.get(asked.person?.provider ?? '')?.userId ?? 'sub'
  const { outcome, reason, status } = outcomeOf(probe(gateway, asked), userId)
  return { outcome, reason, status }
}

function isLoss({ before, after }: Tried): boolean {
  return before.outcome === 'allowed' && after.outcome !== 'allowed'
}

function isGain({ before, after }: Tried): boolean {
  return before.outcome !== 'allowed' && after.outcome === 'allowed'
}

function differs({ before, after }: Tried): boolean {
  return before.outcome !== after.outcome || before.status !== after.status
}

/**
 * Ways that make a difference, each with somebody for whom it was seen to; and those for whom it was seen whom no way
 * describes. A way is left out when those who go it were tried and saw none: it leads in under the other file too.
 */
function groupsOf(
  ways: readonly Way[],
  tried: readonly Tried[],
  seesIt: (one: Tried) => boolean,
): readonly Group[] {
  const told = new Set<Tried>()
  const groups = ways.flatMap((way): readonly Group[] => {
    const goers = tried.filter(({ asked }) => goesBy(way, asked))
    const seeing = goers.filter(seesIt)
    for (const one of seeing) told.add(one)
    if (goers.length === 0) return [{ way, example: null }]
    const [first] = seeing
    return first === undefined ? [] : [{ way, example: first }]
  })
  const rest = tried.find((one) => seesIt(one) && !told.has(one))
  return rest === undefined ? groups : [...groups, { way: null, example: rest }]
}

function goesBy(way: Way, { person, clientAddress, certificate = null }: Probe): boolean {
  const address = clientAddress === null ? null : readAddress(clientAddress)
  const situation: Situation = {
    subject: person === null ? { kind: 'anonymous' } : subjectOf(person),
    clientAddress: address === null ? null : { ...address, text: clientAddress ?? '' },
    certificate,
  }
  return isOpen(remaining(way, situation))
}
