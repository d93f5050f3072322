import { anonymous, type ConnectionFacts, judge, type Requirement } from './requirement.ts'

/**
 * Whether a rule that is false before anybody is identified might be met over a connection that shows another
 * certificate, or one at all.
 */
export function wantsOtherCertificate(requirement: Requirement, facts: ConnectionFacts): boolean {
  return judge(withUnknownCertificate(requirement), { ...facts, subject: anonymous }) !== false
}

/** Whether the certificate of the connection lets in whoever shows it, where nobody gets in without one. */
export function opensByCertificate(requirement: Requirement, facts: ConnectionFacts): boolean {
  if (facts.certificate === null) return false
  const nobody = { ...facts, subject: anonymous }
  return judge(requirement, nobody) === true && judge(requirement, { ...nobody, certificate: null }) !== true
}

/** Before anybody is identified `signed_in` is unknown, as what another certificate would say is. */
function withUnknownCertificate(requirement: Requirement): Requirement {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return { ...requirement, members: requirement.members.map(withUnknownCertificate) }
    case 'policy':
      return withUnknownCertificate(requirement.requirement)
    case 'certificate':
      return { kind: 'signed_in' }
    case 'client_ip':
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
      return requirement
  }
}
