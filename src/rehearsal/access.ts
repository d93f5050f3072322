import type { App, Gateway, Location } from '../core/gateway.ts'
import { readAddress } from '../core/request/address.ts'
import type { Situation } from '../core/rules/requirement.ts'
import { remaining, type Way } from '../core/rules/way.ts'
import { type Probe, probe } from '../http/admission/probe.ts'
import type { Spot } from './difference/areas.ts'
import { type Outcome, outcomeOf } from './explain/outcome.ts'
import { accessText } from './rule-text.ts'
import { type Visit, visitsFor } from './sample-callers.ts'
import { waysAt, waysOnlyIn } from './ways.ts'

/** Two rule files. */
export interface Sides<T> {
  readonly before: T
  readonly after: T
}

/** What changes for people at one spot. */
export interface AccessChange {
  readonly lost: readonly Group[]
  readonly gained: readonly Group[]
  /** What somebody who is not signed in gets, where that is another answer than before and none of the above. */
  readonly stranger: Tried | null
  /** A refusal that is another one now, such as a 404 that was a 403. */
  readonly refusal: Tried | null
  /** Who is let in after it; null: more ways than are worked out. */
  readonly now: readonly Way[] | null
  /** Those that the app accepts under either file. */
  readonly providers: readonly string[]
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

/** Where a spot leads under one of the files. */
export interface Standing {
  readonly app: App | null
  readonly location: Location | null
}

export function standingAt(gateway: Gateway, { method, url }: Spot): Standing {
  const { app, location } = probe(gateway, { method, url, person: null, clientAddress: null }).admission
  return { app, location }
}

/** What makes two spots answer alike, whoever asks: compared as text before anybody is made up. */
export function standingText({ app, location }: Standing): string {
  if (app === null || location === null) return `none ${app?.name ?? ''}`
  return JSON.stringify([app.providers, accessText(location.access), location.unauthenticated])
}

/** Tries everybody whom the rules of both files tell apart, under both; null when nobody sees a difference. */
export function compareAt(sides: Sides<Gateway>, standing: Sides<Standing>, spot: Spot): AccessChange | null {
  const tried = visitsAt(sides, standing).map((visit) => tryOut(sides, spot, visit))
  const before = waysAt(standing.before.app, standing.before.location)
  const after = waysAt(standing.after.app, standing.after.location)
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
    providers: acceptedAt(standing),
  }
}

function acceptedAt({ before, after }: Sides<Standing>): readonly string[] {
  return [...new Set([before, after].flatMap(({ app }) => app?.providers ?? []))]
}

function visitsAt(sides: Sides<Gateway>, standing: Sides<Standing>): readonly Visit[] {
  const { before, after } = standing
  const rules = [before, after].flatMap(({ location }) =>
    location?.access.kind === 'rule' ? [location.access.requirement] : [],
  )
  const providers = new Map([...sides.before.providers, ...sides.after.providers])
  return visitsFor(rules, acceptedAt(standing), providers)
}

function tryOut(sides: Sides<Gateway>, { method, url }: Spot, visit: Visit): Tried {
  const asked = { ...visit, method, url }
  return { asked, before: endingOf(sides.before, asked), after: endingOf(sides.after, asked) }
}

export function endingOf(gateway: Gateway, asked: Probe): Ending {
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

function goesBy(way: Way, { person, clientAddress }: Probe): boolean {
  const address = clientAddress === null ? null : readAddress(clientAddress)
  const situation: Situation = {
    subject: person === null ? { kind: 'anonymous' } : { kind: 'person', ...person },
    clientAddress: address === null ? null : { ...address, text: clientAddress ?? '' },
  }
  const left = remaining(way, situation)
  const open = left.providers === null && left.claims.length === 0
  return open && left.addresses === null && left.otherAddresses.length === 0
}
