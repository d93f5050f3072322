import type { App, Gateway, Location } from '../../core/gateway.ts'
import { exampleRequest } from '../../core/request/example-request.ts'
import { acceptedAt } from '../../core/rules/accepted.ts'
import { isSameIdentification } from '../../core/rules/identification.ts'
import { type OnStep, untold } from '../../core/step.ts'
import { type Probe, probe } from '../../http/admission/probe.ts'
import { sampleCallersFor } from '../sample-callers.ts'
import type { Changed, Mutant } from './mutant.ts'
import { mutantsOf } from './mutants.ts'
import { judgeTest, type Result } from './result.ts'
import { withApp, withLocations } from './rewrite.ts'
import type { TestedRules } from './rules.ts'

/** How the tests did against changed rules. */
export interface Mutation {
  /** Mutants that make a difference to somebody. */
  readonly mutants: number
  readonly killed: number
  readonly survivors: readonly Survivor[]
}

/** A change of the rules that no test notices, with somebody who would. */
export interface Survivor {
  readonly mutant: Mutant
  readonly witness: Witness
}

export interface Witness {
  readonly asked: Probe
  readonly before: string
  readonly after: string
}

/**
 * Changes the rules in one place at a time and asks again whatever was judged there. A mutant that makes no difference
 * to anybody who was made up for it is no finding: no test could notice it.
 */
export function mutate(
  gateway: Gateway,
  rules: TestedRules,
  results: readonly Result[],
  onStep: OnStep = untold,
): Mutation {
  const judged = resultsByLocation(results)
  const survivors: Survivor[] = []
  let killed = 0
  const mutants = mutantsOf(gateway, rules, new Set(judged.at.keys()))
  for (const [index, mutant] of mutants.entries()) {
    onStep(index, mutants.length)
    const changed = changedGateways(gateway, mutant)
    if (changed.some(({ app, after, changes }) => isNoticed(after, resultsFor(judged, app, changes)))) {
      killed += 1
      continue
    }
    const witness = firstWitness(gateway, changed, mutant)
    if (witness !== null) survivors.push({ mutant, witness })
  }
  return { mutants: killed + survivors.length, killed, survivors }
}

interface Judged {
  readonly at: ReadonlyMap<Location, readonly Result[]>
  /** Refused for their method before any location was chosen. */
  readonly byMethod: ReadonlyMap<App, readonly Result[]>
}

function resultsByLocation(results: readonly Result[]): Judged {
  const passed = results.filter(({ misses }) => misses.length === 0)
  const at = new Map<Location, Result[]>()
  const byMethod = new Map<App, Result[]>()
  for (const result of passed) {
    const { app, location } = result.ruling.admission
    if (location !== null) push(at, location, result)
    else if (app !== null && result.reason === 'method-not-allowed') push(byMethod, app, result)
  }
  return { at, byMethod }
}

function push<Key>(lists: Map<Key, Result[]>, key: Key, result: Result): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [result])
  else list.push(result)
}

interface ChangedGateway {
  readonly app: App
  readonly changes: readonly Changed[]
  readonly after: Gateway
}

function changedGateways(gateway: Gateway, { changes }: Mutant): readonly ChangedGateway[] {
  return [...Map.groupBy(changes, ({ app }) => app)].map(([app, own]) => {
    const locations = new Map(own.map(({ before, after }) => [before, after]))
    return { app, changes: own, after: withApp(gateway, app, withLocations(app, locations)) }
  })
}

function resultsFor({ at, byMethod }: Judged, app: App, changes: readonly Changed[]): readonly Result[] {
  const ofMethod = changes.some(({ before }) => before.methods !== null) ? (byMethod.get(app) ?? []) : []
  return [...changes.flatMap(({ before }) => at.get(before) ?? []), ...ofMethod]
}

function isNoticed(after: Gateway, results: readonly Result[]): boolean {
  return results.some(({ test }) => judgeTest(after, test).misses.length > 0)
}

/** Somebody for whom the change makes a difference: made up from both rules, judged by the gate under both. */
function firstWitness(
  gateway: Gateway,
  changed: readonly ChangedGateway[],
  { opensAlone }: Pick<Mutant, 'opensAlone'>,
): Witness | null {
  for (const { app, changes, after } of changed) {
    for (const change of changes) {
      const isTold = (one: Witness): boolean => opensAlone !== true || one.after === 'allow'
      const witness = witnessAt(gateway, after, app, change, isTold)
      if (witness !== null) return witness
    }
  }
  return null
}

function witnessAt(
  gateway: Gateway,
  after: Gateway,
  app: App,
  change: Changed,
  isTold: (witness: Witness) => boolean,
): Witness | null {
  const origin = [...gateway.hosts.values()].find(({ apps }) => apps.includes(app))
  const request = origin && exampleRequest(origin, change.before)
  if (origin === undefined || request === null || request === undefined) return null
  const url = origin.origin + request.path
  const stranger = { person: null, clientAddress: null, method: request.method, url }
  const next = change.after ?? probe(after, stranger).admission.location
  const rules = [change.before, next].flatMap((location) =>
    location?.access.kind === 'rule' ? [location.access.requirement] : [],
  )
  const { after: changed } = change
  const accepted = [change.before, ...(changed === null ? [] : [changed])]
    .flatMap((location) => acceptedAt(gateway, app, location))
    .filter((one, index, all) => all.findIndex((other) => isSameIdentification(one, other)) === index)
  for (const method of methodsFor(change, request.method)) {
    for (const caller of sampleCallersFor(rules, accepted, gateway.providers)) {
      const asked = { ...caller, method, url, steppedUp: true }
      const [one, other] = [endOf(gateway, asked), endOf(after, asked)]
      const witness = { asked, before: one, after: other }
      if (one !== other && isTold(witness)) return witness
    }
  }
  return null
}

/** Without its methods a location answers to others too. */
function methodsFor({ before, after }: Changed, method: string): readonly string[] {
  if (before.methods === null || after === null || after.methods !== null) return [method]
  return [method, ...['DELETE', 'GET', 'POST'].filter((one) => !before.methods?.has(one))]
}

function endOf(gateway: Gateway, asked: Probe): string {
  return probe(gateway, asked).admission.decision.kind
}
