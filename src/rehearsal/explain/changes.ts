import type { App, Location } from '../../core/gateway.ts'
import { lookUpForRule } from '../../core/rules/claims.ts'
import type { Situation } from '../../core/rules/requirement.ts'
import { addWay, remaining, type Way } from '../../core/rules/way.ts'
import { showFound } from '../../core/show.ts'
import { accessAt } from '../who/access.ts'
import { type Demand, demandsOf, oneOf, waysInOrder } from '../who/words.ts'
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
  app: App,
  locations: readonly Location[],
  situation: Situation,
  { outcome }: Outcome,
): Changes {
  const access = accessAt(app, locations)
  if (outcome === 'allowed' || outcome === 'rejected' || access.kind !== 'rule') return { shown: [], more: 0 }
  const ways = access.ways.map((way) => remaining(way, situation)).reduce(addWay, [])
  const changes = waysInOrder(ways, app.providers)
    .map((way) => changeOf(way, app, situation))
    .filter((change) => change.length > 0)
    .toSorted((a, b) => a.length - b.length)
  return { shown: changes.slice(0, mostChanges), more: Math.max(0, changes.length - mostChanges) }
}

function changeOf(way: Way, app: App, situation: Situation): readonly Change[] {
  const demands = demandsOf(way, app.providers).filter(
    ({ kind }) => kind !== 'signed_in' && kind !== 'provider',
  )
  const signIn: readonly Demand[] =
    way.providers === null ? [] : [{ kind: 'signed_in', not: false, text: oneOf(way.providers) }]
  return [...signIn, ...demands].map((demand) => ({ ...demand, now: today(demand, situation) }))
}

function today({ kind, claim }: Demand, { subject, clientAddress }: Situation): string {
  switch (kind) {
    case 'signed_in':
    case 'provider':
      return subject.kind === 'anonymous' ? 'not signed in' : subject.provider
    case 'client_ip':
      return clientAddress?.text ?? 'unknown'
    case 'claim':
      return subject.kind === 'person'
        ? showFound(lookUpForRule(subject.claims, claim ?? ''))
        : 'not signed in'
  }
}
