import type { Access } from '../core/gateway.ts'
import type { Matcher } from '../core/rules/matcher.ts'
import type { Requirement } from '../core/rules/requirement.ts'

/** A rule as a text that is the same for rules that are judged alike part by part; policies are put in place. */
export function accessText(access: Access): string {
  return access.kind === 'rule' ? requirementText(access.requirement) : access.kind
}

function requirementText(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return `${requirement.kind}[${requirement.members.map(requirementText).join(', ')}]`
    case 'policy':
      return requirementText(requirement.requirement)
    case 'signed_in':
      return 'signed_in'
    case 'provider':
      return `provider: ${JSON.stringify(requirement.names)}`
    case 'credential':
      return `credential: ${JSON.stringify(requirement.names)}`
    case 'client_ip':
      return `client_ip: ${requirement.ranges.map(({ text }) => text).join(' ')}`
    case 'claim':
      return matcherText(requirement.path, requirement.matcher)
    case 'certificate':
      return `certificate: {${matcherText(requirement.claim, requirement.matcher)}}`
  }
}

/** Of a file the matcher's text says how many entries it has, not which. */
function matcherText(name: string, matcher: Matcher): string {
  return `${JSON.stringify(name)}: ${matcher.text} ${JSON.stringify(matcher)}`
}
