import type { Gateway, Location } from '../../core/gateway.ts'
import { shortMethods, webdavName } from '../../core/request/method.ts'
import type { Matcher } from '../../core/rules/matcher.ts'
import { type OnStep, untold } from '../../core/step.ts'
import {
  type AccessChange,
  compareAt,
  type Group,
  type Route,
  routeAt,
  routeText,
  type Sides,
} from '../access.ts'
import { conditionsOf } from '../conditions.ts'
import { waysAt } from '../ways.ts'
import { wayLine } from '../who/words.ts'
import { type Area, areasOf, type SampleRequest } from './areas.ts'
import { recheckChanges, stepUpChange } from './asking-again.ts'
import { type SettingChange, settingChanges } from './settings.ts'

/** What another rule file changes. */
export interface Difference {
  readonly access: readonly PlacedChange[]
  readonly settings: readonly SettingChange[]
  /** Where somebody may see a change that is not told. */
  readonly unsure: readonly Unsure[]
  /** How many requests were asked under both files to find out where they lead. */
  readonly requests: number
}

/**
 * `ways`: a rule has more ways in than are worked out. `expressions`: regular expressions differ, which were tried with
 * a few texts.
 */
export interface Unsure {
  readonly place: string
  readonly why: 'ways' | 'expressions'
}

/** One change for people, and everywhere where it is the same. */
export interface PlacedChange {
  readonly places: readonly string[]
  readonly change: AccessChange
}

/** Compares two rule files, place by place. Deterministic: the same files, the same answer. */
export function compareGateways(sides: Sides<Gateway>, onStep: OnStep = untold): Difference {
  const keyOf = pairKeys()
  const areas = areasOf(sides.before, sides.after)
  const asked = areas.map((area, index) => {
    onStep(index, areas.length)
    return { area, routed: routesOf(sides, area, keyOf) }
  })
  const stepUps = new Map<string, SettingChange>()
  const pairs = new Map<string, RoutedSample & { readonly places: Set<string> }>()
  for (const { area, routed } of asked) {
    for (const one of routed) {
      const stepUp = stepUpChange(placeText(area, one, routed), one.route)
      if (stepUp !== null) stepUps.set(JSON.stringify(stepUp), stepUp)
      if (routeText(one.route.before) === routeText(one.route.after)) continue
      const pair = pairs.get(one.key) ?? { ...one, places: new Set() }
      pair.places.add(placeText(area, one, routed))
      pairs.set(one.key, pair)
    }
  }
  const changes = new Map<string, { readonly places: string[]; readonly change: AccessChange }>()
  const unsure: Unsure[] = []
  let done = 0
  for (const { sample, route, places } of pairs.values()) {
    onStep(done, pairs.size)
    done += 1
    const why = whyUnsure(route)
    if (why !== null) unsure.push(...[...places].map((place) => ({ place, why })))
    const change = compareAt(sides, route, sample)
    if (change === null) continue
    const known = changes.get(sameness(change)) ?? { places: [], change }
    known.places.push(...places)
    changes.set(sameness(change), known)
  }
  return {
    access: [...changes.values()],
    settings: [...stepUps.values(), ...recheckChanges(sides), ...settingChanges(sides.before, sides.after)],
    unsure,
    requests: asked.reduce((sum, { routed }) => sum + routed.length, 0),
  }
}

function whyUnsure({ before, after }: Sides<Route>): Unsure['why'] | null {
  const complete = [before, after].every((route) => waysAt(route).complete)
  if (!complete) return 'ways'
  const [one, other] = [before, after].map(({ location }) => expressionsOf(location))
  return one === other || one === '' || other === '' ? null : 'expressions'
}

/** The regular expressions of a rule, as one text. */
function expressionsOf(location: Location | null): string {
  if (location === null || location.access.kind !== 'rule') return ''
  const matchers = conditionsOf(location.access.requirement).flatMap((condition) =>
    condition.kind === 'claim' ? [condition.matcher] : [],
  )
  return [...new Set(matchers.flatMap(sourcesOf))].sort().join('\n')
}

function sourcesOf({ tests, not }: Matcher): readonly string[] {
  const own = tests.flatMap((test) => {
    if (test.kind === 'has') return test.entries.flatMap(({ matcher }) => sourcesOf(matcher))
    return test.kind === 'matches' ? test.patterns.map(({ source }) => source) : []
  })
  return not === null ? own : [...own, ...sourcesOf(not)]
}

/** Where a request of an area leads under both files. */
interface RoutedSample {
  readonly sample: SampleRequest
  readonly path: 'at' | 'below'
  readonly route: Sides<Route>
  /** The same for requests that lead to the same locations. */
  readonly key: string
}

function routesOf(
  sides: Sides<Gateway>,
  { origin, at, below, methods }: Area,
  keyOf: PairKeys,
): readonly RoutedSample[] {
  const paths = below === null ? [['at', at] as const] : [['at', at] as const, ['below', below] as const]
  return paths.flatMap(([path, text]) =>
    methods.map((method) => {
      const sample = { method, url: origin + text }
      const route = { before: routeAt(sides.before, sample), after: routeAt(sides.after, sample) }
      return { sample, path, route, key: keyOf(route) }
    }),
  )
}

type PairKeys = (route: Sides<Route>) => string

/** Objects by a number of their own. */
function pairKeys(): PairKeys {
  const numbers = new Map<object | null, number>()
  const numberOf = (thing: object | null): number => {
    const number = numbers.get(thing) ?? numbers.size
    numbers.set(thing, number)
    return number
  }
  return ({ before, after }) =>
    [before.app, before.location, after.app, after.location].map(numberOf).join(' ')
}

/** Of an area that is judged in parts the part: `POST https://wiki.example.com/admin/…`. */
function placeText({ origin, pattern }: Area, one: RoutedSample, all: readonly RoutedSample[]): string {
  const onPath = all.filter(({ path }) => path === one.path)
  const byMethod = onPath.some(({ key }) => key !== one.key)
  const byPath = all.some(
    ({ path, sample, key }) => path !== one.path && sample.method === one.sample.method && key !== one.key,
  )
  const alike = onPath.filter(({ key }) => key === one.key).map(({ sample }) => sample.method)
  const below = byPath && one.path === 'below' ? `${pattern === '/' ? '' : pattern}/…` : pattern
  return `${byMethod ? `${nameAmong(one.sample.method, alike)} ` : ''}${origin}${below}`
}

/** One of methods that fare alike: where all of WebDAV do, by its name. */
function nameAmong(method: string, alike: readonly string[]): string {
  return shortMethods(alike).includes(method) ? method : webdavName
}

/** Changes that are told in the same words are told once. */
function sameness({ lost, gained, stranger, refusal, now, accepted }: AccessChange): string {
  const group = ({ way, example }: Group) =>
    way === null ? JSON.stringify(example?.asked.person) : wayLine(way, accepted)
  return JSON.stringify([
    lost.map(group),
    gained.map(group),
    stranger && [stranger.before, stranger.after],
    refusal && [refusal.before, refusal.after],
    now?.map((way) => wayLine(way, accepted)),
  ])
}
