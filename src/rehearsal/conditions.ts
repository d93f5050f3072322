import type { Condition, Requirement } from '../core/rules/requirement.ts'

/** The leaves of a rule, in the order of the file: the order in which core/explain has its rows. */
export function conditionsOf(requirement: Requirement): readonly Condition[] {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return requirement.members.flatMap(conditionsOf)
    case 'policy':
      return conditionsOf(requirement.requirement)
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
    case 'client_ip':
    case 'certificate':
      return [requirement]
  }
}
