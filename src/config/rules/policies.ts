import type { Requirement } from '../../core/rules/requirement.ts'
import { type ConfigNode, entryOf, type MapEntry } from '../node.ts'
import { type FoundPolicy, fault, type Policies, type RuleContext } from './context.ts'
import { compileRequirement } from './requirement.ts'
import { isReserved, keywords } from './words.ts'

/** What stands around the rules of a file. */
export type RuleSurroundings = Pick<RuleContext, 'report' | 'providers' | 'trustedProxiesWritten'> &
  Partial<Pick<RuleContext, 'credentials' | 'authorities' | 'places' | 'emptyLists'>>

/** Far more than any rule that a person can judge. Policies that use policies twice double with every step. */
const mostConditions = 10_000

/**
 * Opens the rules of one file: compiles `policies` (the value of that key; undefined when it is absent), the unused
 * ones too, and answers the context for `compileRequire`. Every fault is reported once.
 */
export function openRules(policies: ConfigNode | undefined, surroundings: RuleSurroundings): RuleContext {
  const names = policies?.kind === 'map' ? policies.entries.map(({ key }) => key) : []
  const context: RuleContext = {
    credentials: ['session'],
    authorities: [],
    places: new Map(),
    emptyLists: new Map(),
    ...surroundings,
    unguarded: new Set(),
    policies: { names, find: (name) => find(name) },
  }
  const find = policyFinder(policies, context)
  for (const name of names) find(name)
  return context
}

/** Compiles each policy when it is first asked for, and once: a circle shows as a policy that asks for itself. */
function policyFinder(policies: ConfigNode | undefined, context: RuleContext): Policies['find'] {
  const compiled = new Map<string, FoundPolicy>()
  const underWay: string[] = []
  return (name) => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const entry = policies === undefined ? undefined : entryOf(policies, name)
    if (entry === undefined) return { kind: 'unknown' }
    if (underWay.includes(name))
      return { kind: 'circle', chain: [...underWay.slice(underWay.indexOf(name)), name] }
    underWay.push(name)
    const requirement = compilePolicy(entry, context)
    underWay.pop()
    const found: FoundPolicy = requirement === null ? { kind: 'faulty' } : { kind: 'found', requirement }
    compiled.set(name, found)
    return found
  }
}

function compilePolicy({ key, keyAt, value }: MapEntry, context: RuleContext): Requirement | null {
  const path = ['policies', key]
  const named = keywords.includes(key) || isReserved(key) || key === ''
  if (named)
    fault(
      context,
      { position: keyAt, path },
      'a policy bears no keyword, reserved word or empty text as its name',
    )
  if (
    value.kind === 'scalar' &&
    !value.interpolated &&
    typeof value.value === 'string' &&
    keywords.includes(value.value)
  ) {
    return fault(
      context,
      { position: value.at, path },
      'a policy is a mapping or the name of another policy, no keyword',
    )
  }
  const requirement = compileRequirement(value, path, context)
  if (requirement === null || named) return null
  const large = conditionsOf(requirement) > mostConditions
  return large
    ? fault(context, { position: keyAt, path }, `more than ${mostConditions} conditions`)
    : requirement
}

/** How many conditions a rule has when its policies are put in place. */
export function conditionsOf(requirement: Requirement, counted = new Map<Requirement, number>()): number {
  const known = counted.get(requirement)
  if (known !== undefined) return known
  const count = countConditions(requirement, counted)
  counted.set(requirement, count)
  return count
}

function countConditions(requirement: Requirement, counted: Map<Requirement, number>): number {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return requirement.members.reduce((sum, member) => sum + conditionsOf(member, counted), 0)
    case 'policy':
      return conditionsOf(requirement.requirement, counted)
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
    case 'client_ip':
    case 'certificate':
      return 1
  }
}
