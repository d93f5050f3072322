import type { AddressRange } from '../../core/request/address.ts'
import type { ClaimFact } from '../../core/rules/claim-fact.ts'
import { asksForAddress, type Way } from '../../core/rules/way.ts'
import { showOwn } from '../../core/show.ts'
import { wrap } from './layout.ts'

/** One thing that must be so, for people and for programs. */
export interface Demand {
  readonly kind: 'signed_in' | 'provider' | 'claim' | 'client_ip'
  /** The claim's path, where it is one. */
  readonly claim?: string
  /** True: this must certainly not be so. */
  readonly not: boolean
  /** `one of admins, ops`. */
  readonly text: string
}

/** What a way asks for, always in the same order: of whom, then claims by name, then from where. */
export function demandsOf(way: Way, acceptedProviders: readonly string[]): readonly Demand[] {
  const { providers, claims, addresses, otherAddresses } = way
  const one = (kind: 'provider' | 'client_ip', names: readonly string[], not = false): readonly Demand[] =>
    names.length === 0 ? [] : [{ kind, not, text: oneOf(names) }]
  const chosen = providers === null || providers.length === acceptedProviders.length ? [] : providers
  const demands = [
    ...one('provider', chosen),
    ...inOrder(claims).map(claimDemand),
    ...one('client_ip', textsOf(addresses ?? [])),
    ...one('client_ip', textsOf(otherAddresses), true),
  ]
  const onlyAddresses = demands.every(({ kind }) => kind === 'client_ip')
  if (providers === null || !onlyAddresses) return demands
  return [{ kind: 'signed_in', not: false, text: oneOf(acceptedProviders) }, ...demands]
}

/** `groups: one of admins, ops`, `not status: "suspended"`. */
export function demandText({ kind, claim, not, text }: Demand): string {
  if (kind === 'signed_in') return `signed in with ${text}`
  return `${not ? 'not ' : ''}${claim === undefined ? kind : showOwn(claim, 80)}: ${text}`
}

/** A way as an item of a list, a demand a line. */
export function wayText(way: Way, acceptedProviders: readonly string[]): string {
  const demands = demandsOf(way, acceptedProviders)
  const free = way.providers === null && asksForAddress(way) ? ' (no sign-in is needed)' : ''
  const lines = demands.map((demand, index) => wrap(demandText(demand), index === 0 ? '  - ' : '    and '))
  return `${lines.join('\n')}${free}\n`
}

/** By size, then by their words: the order in the file means nothing, and must change nothing here. */
export function waysInOrder(ways: readonly Way[], acceptedProviders: readonly string[]): readonly Way[] {
  const keyed = ways.map((way) => {
    const demands = demandsOf(way, acceptedProviders)
    return { way, size: demands.length, text: demands.map(demandText).join('\n') }
  })
  keyed.sort((a, b) => a.size - b.size || compare(a.text, b.text))
  return keyed.map(({ way }) => way)
}

/** What the words of some ways leave unsaid, a sentence each. */
export function notesOn(ways: readonly Way[], emailsAreTrusted: boolean): readonly string[] {
  const claims = ways.flatMap((way) => way.claims)
  const notes: string[] = []
  if (claims.some(({ wanted }) => !wanted)) {
    notes.push('"not": the claim must be there, and be something else. Whoever lacks it is not let in.')
  }
  if (!emailsAreTrusted && claims.some(({ path }) => path === 'email')) {
    notes.push('email: counts only with email_verified: true.')
  }
  return notes
}

function claimDemand({ path, matcher, wanted }: ClaimFact): Demand {
  return { kind: 'claim', claim: path, not: !wanted, text: showOwn(matcher.text, 1000) }
}

function inOrder(claims: readonly ClaimFact[]): readonly ClaimFact[] {
  return claims.toSorted(
    (a, b) =>
      Number(b.wanted) - Number(a.wanted) ||
      compare(a.path, b.path) ||
      compare(a.matcher.text, b.matcher.text),
  )
}

function textsOf(ranges: readonly AddressRange[]): readonly string[] {
  return ranges.map(({ text }) => text).toSorted(compare)
}

export function oneOf(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `one of ${names.join(', ')}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
