import { areOpenedByKeys, type Credential, reservedProviders } from '../../core/credential/credential.ts'
import type { Access } from '../../core/gateway.ts'
import type { Matcher } from '../../core/rules/matcher.ts'
import type { Requirement } from '../../core/rules/requirement.ts'
import { fault, type RuleContext } from './context.ts'

type Claim = Extract<Requirement, { kind: 'claim' }>

/**
 * The conditions on claims that hold for whichever provider somebody came from. Where several are accepted that is a
 * hole: the administrator of a partner's provider could mint the claim. `requirement` is the whole rule, the app's
 * floor included.
 */
function unguardedClaims(
  requirement: Requirement,
  isGuard: (requirement: Requirement) => boolean,
  guarded = false,
): readonly Claim[] {
  switch (requirement.kind) {
    case 'claim':
      return guarded || isGuard(requirement) ? [] : [requirement]
    case 'policy':
      return unguardedClaims(requirement.requirement, isGuard, guarded)
    case 'all': {
      const safe = guarded || isGuard(requirement)
      return requirement.members.flatMap((member) => unguardedClaims(member, isGuard, safe))
    }
    case 'any':
      return requirement.members.flatMap((member) => unguardedClaims(member, isGuard, guarded))
    case 'none':
      return requirement.members.flatMap((member) => belowNone(member, isGuard, guarded))
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'client_ip':
    case 'certificate':
      return []
  }
}

/** Whether a rule holds only for named providers. One member of an `any` says nothing about the others. */
export function namesProvider(requirement: Requirement): boolean {
  switch (requirement.kind) {
    case 'provider':
      return true
    case 'policy':
      return namesProvider(requirement.requirement)
    case 'all':
      return requirement.members.some(namesProvider)
    case 'any':
    case 'none':
    case 'claim':
    case 'signed_in':
    case 'credential':
    case 'client_ip':
    case 'certificate':
      return false
  }
}

/** Whether a rule holds only for certificates of named authorities, or for no certificate at all. */
function namesAuthority(requirement: Requirement): boolean {
  switch (requirement.kind) {
    case 'provider':
      return !requirement.names.includes(reservedProviders.certificates)
    case 'claim':
      return requirement.path === 'authority' && isAnyOf(requirement.matcher)
    case 'certificate':
      return requirement.claim === 'authority'
    case 'policy':
      return namesAuthority(requirement.requirement)
    case 'all':
      return requirement.members.some(namesAuthority)
    case 'any':
    case 'none':
    case 'signed_in':
    case 'credential':
    case 'client_ip':
      return false
  }
}

/** Whether it is one of these values and nothing else. */
function isAnyOf({ tests, not }: Matcher): boolean {
  return not === null && tests.length > 0 && tests.every(({ kind }) => kind === 'is')
}

/** A `provider` below `none` is negated: it says whom the rule is not about. */
function belowNone(
  requirement: Requirement,
  isGuard: (requirement: Requirement) => boolean,
  guarded: boolean,
): readonly Claim[] {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return requirement.members.flatMap((member) => belowNone(member, isGuard, guarded))
    case 'policy':
      return belowNone(requirement.requirement, isGuard, guarded)
    case 'claim':
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'client_ip':
    case 'certificate':
      return unguardedClaims(requirement, isGuard, guarded)
  }
}

/**
 * Who could vouch for a claim at a location: the providers that its app accepts, operators where a key of theirs opens
 * it, and the authorities of certificates where one opens it.
 */
export function vouchersAt(
  acceptedProviders: readonly string[],
  credentials: readonly Credential[],
): readonly string[] {
  const hasKeys = areOpenedByKeys(credentials)
  const { apiKeys, certificates } = reservedProviders
  return [
    ...acceptedProviders,
    ...(hasKeys ? [apiKeys] : []),
    ...(credentials.includes('client_certificate') ? [certificates] : []),
  ]
}

/**
 * Reports the unguarded conditions of a rule where more than one could vouch for a claim, each where it stands and
 * once, however many locations use it. `access` is what `onFloor` or `fallbackAccess` answered.
 */
export function checkProviders(
  access: Access,
  vouchers: readonly string[],
  context: RuleContext,
  where = 'this app accepts',
): void {
  if (access.kind !== 'rule') return
  if (vouchers.length > 1) {
    const message = `${where} ${vouchers.join(' and ')}, and each of them could send this claim: put a \`provider:\` beside it or around it`
    reportUnguarded(unguardedClaims(access.requirement, namesProvider), message, context)
  }
  const { authorities } = context
  if (vouchers.includes(reservedProviders.certificates) && authorities.length > 1) {
    const message = `each of ${authorities.join(' and ')} could write this into a certificate: put an \`authority:\` beside it or around it`
    reportUnguarded(unguardedClaims(access.requirement, namesAuthority), message, context)
  }
}

function reportUnguarded(claims: readonly Claim[], message: string, context: RuleContext): void {
  for (const claim of claims) {
    const place = context.places.get(claim)
    if (place === undefined || context.unguarded.has(claim)) continue
    context.unguarded.add(claim)
    fault(context, place, message)
  }
}
