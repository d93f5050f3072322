import type { Access, Gateway } from './gateway.ts'
import type { Requirement } from './rules/requirement.ts'

/** The kinds of access, in the words of `require`; `rule` is every other rule. */
export const accessKinds = ['anyone', 'maybe_signed_in', 'signed_in', 'rule', 'nobody'] as const

export type AccessKind = (typeof accessKinds)[number]

export type AccessCounts = { readonly [kind in AccessKind]: number }

/** How many locations there are of each kind of access, and apps where no location covers a path. */
export function countAccess({ apps }: Pick<Gateway, 'apps'>): AccessCounts {
  const counts = { anyone: 0, maybe_signed_in: 0, signed_in: 0, rule: 0, nobody: 0 }
  for (const { allLocations, fallback } of apps) {
    for (const { access } of new Set([...allLocations, fallback])) counts[kindOf(access)] += 1
  }
  return counts
}

function kindOf(access: Access): AccessKind {
  if (access.kind !== 'rule') return access.kind
  return asksForSignInAlone(access.requirement) ? 'signed_in' : 'rule'
}

function asksForSignInAlone(requirement: Requirement): boolean {
  switch (requirement.kind) {
    case 'signed_in':
      return true
    case 'policy':
      return asksForSignInAlone(requirement.requirement)
    case 'all':
    case 'any':
      return requirement.members.every(asksForSignInAlone)
    case 'none':
    case 'client_ip':
    case 'certificate':
    case 'provider':
    case 'credential':
    case 'claim':
      return false
  }
}
