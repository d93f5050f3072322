import { type AddressRange, contains } from '../request/address.ts'
import { commonRanges, covers, widest } from '../request/address-ranges.ts'
import { type ClaimFact, contradicts, implies } from './claim-fact.ts'
import { lookUpForRule } from './claims.ts'
import { type Identification, identificationOf, isSameIdentification } from './identification.ts'
import { holds } from './matcher.ts'
import { type JudgedAddress, judgeCondition, type Situation } from './requirement.ts'

/** One way to be let in: all of it must be so, and nothing of it can be left out. */
export interface Way {
  /** Identified in one of these ways; null: nobody needs to be. */
  readonly by: readonly Identification[] | null
  readonly claims: readonly ClaimFact[]
  /** The request comes from within one of these; null: from anywhere. */
  readonly addresses: readonly AddressRange[] | null
  /** And from within none of these; one that is known. */
  readonly otherAddresses: readonly AddressRange[]
  /** The connection showed a certificate that says this; empty: it may have shown none. */
  readonly certificate: readonly ClaimFact[]
}

/** The way that asks for nothing. */
export const openWay: Way = { by: null, claims: [], addresses: null, otherAddresses: [], certificate: [] }

/** What both ways ask for together; null when nobody can be both. */
export function both(a: Way, b: Way): Way | null {
  const by = intersect(a.by, b.by, (own, others) => own.filter((one) => isAmong(one, others)))
  const claims = allClaims(a.claims, b.claims)
  const certificate = allClaims(a.certificate, b.certificate)
  const otherAddresses = widest([...a.otherAddresses, ...b.otherAddresses])
  const within = intersect(a.addresses, b.addresses, commonRanges)
  const addresses = within?.filter((range) => !otherAddresses.some((other) => covers(other, range))) ?? null
  if (claims === null || certificate === null || by?.length === 0 || addresses?.length === 0) return null
  return { by, claims, addresses, otherAddresses: otherAddresses.filter(matters(addresses)), certificate }
}

/** Whether everyone who is let in by `narrow` is let in by `wide` too. */
export function isWithin(narrow: Way, wide: Way): boolean {
  return (
    isSubset(narrow.by, wide.by) &&
    areImplied(wide.claims, narrow.claims) &&
    areImplied(wide.certificate, narrow.certificate) &&
    areWithin(narrow.addresses, wide.addresses) &&
    wide.otherAddresses
      .filter(matters(narrow.addresses))
      .every((range) => narrow.otherAddresses.some((other) => covers(other, range))) &&
    (wide.otherAddresses.length === 0 || asksForAddress(narrow))
  )
}

/** Whether each of them follows of one of the others. */
function areImplied(facts: readonly ClaimFact[], by: readonly ClaimFact[]): boolean {
  return facts.every((fact) => by.some((own) => implies(own, fact)))
}

/** Adds a way to a list of which none is within another. */
export function addWay(ways: readonly Way[], way: Way): readonly Way[] {
  if (ways.some((other) => isWithin(way, other))) return ways
  return [...ways.filter((other) => !isWithin(other, way)), way]
}

/** What of a way is still to come about for somebody: the open way when nothing is. */
export function remaining(way: Way, situation: Situation): Way {
  const { subject, clientAddress } = situation
  const own = identificationOf(subject)
  const fits = own !== null && way.by !== null && isAmong(own, way.by)
  const isMet = ({ path, matcher, wanted }: ClaimFact): boolean => {
    return judgeCondition({ kind: 'claim', path, matcher }, situation, wanted) === wanted
  }
  const { addresses, otherAddresses } = comesFrom(way, clientAddress) ? openWay : way
  return {
    by: fits ? null : way.by,
    claims: way.claims.filter((fact) => !isMet(fact)),
    addresses,
    otherAddresses,
    certificate: way.certificate.filter((fact) => !saysOf(situation.certificate, fact)),
  }
}

function saysOf(certificate: Situation['certificate'], { path, matcher, wanted }: ClaimFact): boolean {
  return certificate !== null && holds(matcher, lookUpForRule(certificate.claims, path)) === wanted
}

/** Whether it asks for nothing at all. */
export function isOpen({ by, claims, certificate, ...from }: Way): boolean {
  return by === null && claims.length === 0 && certificate.length === 0 && !asksForAddress(from)
}

/** Whether an address that can be believed is needed at all. */
export function asksForAddress({
  addresses,
  otherAddresses,
}: Pick<Way, 'addresses' | 'otherAddresses'>): boolean {
  return addresses !== null || otherAddresses.length > 0
}

function comesFrom(way: Way, address: JudgedAddress): boolean {
  if (!asksForAddress(way)) return true
  if (address === null) return false
  const holds = (range: AddressRange): boolean => contains(range, address)
  return (way.addresses === null || way.addresses.some(holds)) && !way.otherAddresses.some(holds)
}

/** Null stands for no demand. */
function intersect<T>(
  a: readonly T[] | null,
  b: readonly T[] | null,
  common: (a: readonly T[], b: readonly T[]) => readonly T[],
): readonly T[] | null {
  if (a === null || b === null) return a ?? b
  return common(a, b)
}

/** Each fact that no other one implies; null when two of them contradict each other. */
function allClaims(a: readonly ClaimFact[], b: readonly ClaimFact[]): readonly ClaimFact[] | null {
  let claims = a
  for (const fact of b) {
    if (claims.some((other) => contradicts(fact, other))) return null
    if (claims.some((other) => implies(other, fact))) continue
    claims = [...claims.filter((other) => !implies(fact, other)), fact]
  }
  return claims
}

function matters(addresses: readonly AddressRange[] | null): (range: AddressRange) => boolean {
  return (range) => addresses === null || addresses.some((one) => covers(one, range) || covers(range, one))
}

function areWithin(narrow: Way['addresses'], wide: Way['addresses']): boolean {
  if (wide === null) return true
  return narrow?.every((range) => wide.some((other) => covers(other, range))) ?? false
}

function isSubset(narrow: Way['by'], wide: Way['by']): boolean {
  if (wide === null) return true
  return narrow?.every((one) => isAmong(one, wide)) ?? false
}

function isAmong(one: Identification, others: readonly Identification[]): boolean {
  return others.some((other) => isSameIdentification(one, other))
}
