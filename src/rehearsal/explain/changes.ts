import { credentialOf } from '../../core/credential/credential.ts'
import type { App, Location } from '../../core/gateway.ts'
import type { Identifying } from '../../core/rules/accepted.ts'
import { lookUpForRule } from '../../core/rules/claims.ts'
import { type Identification, providersOf } from '../../core/rules/identification.ts'
import type { Situation } from '../../core/rules/requirement.ts'
import { addWay, remaining, type Way } from '../../core/rules/way.ts'
import { showFound } from '../../core/show.ts'
import { accessAt } from '../who/access.ts'
import { type Demand, demandsOf, hasHeaders, identityDemands, oneOf, waysInOrder } from '../who/words.ts'
import type { Outcome } from './outcome.ts'

/** One thing that would have to be otherwise. */
export interface Change extends Demand {
  /** What is there today. */
  readonly now: string
}

export interface Changes {
  readonly shown: readonly (readonly Change[])[]
  readonly more: number
}

/** More help nobody; `who` lists them all. */
const mostChanges = 5

/** The smallest changes of claims, provider and address with which somebody would be let in. */
export function changesFor(
  gateway: Identifying,
  app: App,
  locations: readonly Location[],
  situation: Situation,
  { outcome }: Outcome,
): Changes {
  const access = accessAt(gateway, app, locations)
  if (outcome === 'allowed' || outcome === 'rejected' || access.kind !== 'rule') return { shown: [], more: 0 }
  const ways = access.ways.map((way) => remaining(way, situation)).reduce(addWay, [])
  const changes = waysInOrder(ways, access.accepted)
    .map((way) => changeOf(way, access.accepted, situation))
    .filter((change) => change.length > 0)
    .toSorted((a, b) => a.length - b.length)
  return { shown: changes.slice(0, mostChanges), more: Math.max(0, changes.length - mostChanges) }
}

function changeOf(way: Way, accepted: readonly Identification[], situation: Situation): readonly Change[] {
  const demands = demandsOf({ ...way, by: null }, accepted)
  return [...identification(way, accepted), ...demands].map((demand) => ({
    ...demand,
    now: today(demand, situation),
  }))
}

/** By what somebody would have to come; where only people sign in, with whom. */
function identification({ by }: Way, accepted: readonly Identification[]): readonly Demand[] {
  if (by === null) return []
  if (hasHeaders(accepted)) return identityDemands(by, accepted)
  return [{ kind: 'signed_in', not: false, text: oneOf(providersOf(by) ?? []) }]
}

function today({ kind, claim }: Demand, { subject, clientAddress, certificate }: Situation): string {
  switch (kind) {
    case 'signed_in':
    case 'provider':
      return subject.kind === 'anonymous' ? 'not signed in' : subject.provider
    case 'credential':
    case 'client':
      return subject.kind === 'person' ? credentialOf(subject) : 'not signed in'
    case 'client_ip':
      return clientAddress?.text ?? 'unknown'
    case 'certificate':
      return certificate === null
        ? 'no client certificate'
        : showFound(lookUpForRule(certificate.claims, claim ?? ''))
    case 'claim':
      return subject.kind === 'person'
        ? showFound(lookUpForRule(subject.claims, claim ?? ''))
        : 'not signed in'
  }
}
