import type { App, Location } from '../gateway.ts'
import type { ClaimPath } from './claims.ts'
import type { Requirement } from './requirement.ts'

/** Every claim path that a rule, an identity header, an assertion or a limit of these apps names, sorted, each once. */
export function namedClaims(apps: readonly App[]): readonly ClaimPath[] {
  const paths = new Set<ClaimPath>()
  for (const app of apps) {
    for (const path of app.identityAssertion?.claims ?? []) paths.add(path)
    for (const location of [app.fallback, ...app.allLocations]) addNamed(location, paths)
  }
  return [...paths].sort()
}

/** Every claim path that a rule of these apps names, sorted, each once: what a person has to bring along. */
export function claimsOfRules(apps: readonly App[]): readonly ClaimPath[] {
  const paths = new Set<ClaimPath>()
  for (const app of apps) {
    for (const { access } of [app.fallback, ...app.allLocations])
      if (access.kind === 'rule') addConditions(access.requirement, paths)
  }
  return [...paths].sort()
}

/** Every claim path that one rule names, sorted, each once. */
export function claimsOfRequirement(requirement: Requirement): readonly ClaimPath[] {
  const paths = new Set<ClaimPath>()
  addConditions(requirement, paths)
  return [...paths].sort()
}

function addNamed(location: Location, paths: Set<ClaimPath>): void {
  for (const { from } of location.forwarding.identityHeaders) {
    if (from !== 'user' && from !== 'provider') paths.add(from)
  }
  for (const { per, amount } of location.limits) {
    if (typeof per === 'object') paths.add(per.claim)
    if ('claim' in amount) paths.add(amount.claim)
  }
  if (location.access.kind === 'rule') addConditions(location.access.requirement, paths)
}

function addConditions(requirement: Requirement, paths: Set<ClaimPath>): void {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      for (const member of requirement.members) addConditions(member, paths)
      return
    case 'policy':
      addConditions(requirement.requirement, paths)
      return
    case 'claim':
      paths.add(requirement.path)
      return
    case 'signed_in':
    case 'client_ip':
    case 'certificate':
    case 'provider':
      return
  }
}
