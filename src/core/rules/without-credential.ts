import type { Access } from '../gateway.ts'
import { isEmptied } from './emptied.ts'
import type { Requirement } from './requirement.ts'

/** Whether somebody may get in of whom nobody knows who it is: by an address, or because everybody may. */
export function letsInNobody(access: Access): boolean {
  switch (access.kind) {
    case 'anyone':
    case 'maybe_signed_in':
      return true
    case 'nobody':
      return false
    case 'rule':
      return canBeMet(access.requirement, true)
  }
}

/**
 * Whether a rule can be `wanted` for somebody who is not identified, from some address and with some certificate: all
 * else about them is unknown, which is neither. Two addresses that exclude each other are not found out: the answer is
 * then yes.
 */
function canBeMet(requirement: Requirement, wanted: boolean): boolean {
  switch (requirement.kind) {
    case 'all':
      return wanted
        ? requirement.members.every((member) => canBeMet(member, true))
        : requirement.members.some((member) => canBeMet(member, false))
    case 'any':
      return wanted
        ? requirement.members.some((member) => canBeMet(member, true))
        : requirement.members.every((member) => canBeMet(member, false))
    case 'none':
      // Before somebody is identified it is at best unknown.
      return !wanted && requirement.members.some((member) => canBeMet(member, true))
    case 'policy':
      return canBeMet(requirement.requirement, wanted)
    case 'client_ip':
      return requirement.ranges.length > 0 || !wanted
    case 'certificate':
      return !isEmptied(requirement.matcher)
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
      return false
  }
}
