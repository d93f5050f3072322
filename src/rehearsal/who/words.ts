import type { Credential } from '../../core/credential/credential.ts'
import type { AddressRange } from '../../core/request/address.ts'
import type { ClaimFact } from '../../core/rules/claim-fact.ts'
import { type Identification, providersOf } from '../../core/rules/identification.ts'
import { asksForAddress, type Way } from '../../core/rules/way.ts'
import { showOwn } from '../../core/show.ts'
import { wrap } from './layout.ts'

/** One thing that must be so, for people and for programs. */
export interface Demand {
  readonly kind: 'signed_in' | 'credential' | 'provider' | 'client' | 'claim' | 'client_ip' | 'certificate'
  /** The claim's path, where it is one; of a certificate, which. */
  readonly claim?: string
  /** True: this must certainly not be so. */
  readonly not: boolean
  /** `one of admins, ops`. */
  readonly text: string
}

/**
 * What a way asks for, always in the same order: of whom, then claims by name, then from where, then by which
 * certificate of the connection.
 */
export function demandsOf(way: Way, accepted: readonly Identification[]): readonly Demand[] {
  const { by, claims, addresses, otherAddresses, certificate } = way
  const demands = [
    ...(by === null ? [] : identityDemands(by, accepted)),
    ...inOrder(claims).map(claimDemand),
    ...named('client_ip', textsOf(addresses ?? [])),
    ...named('client_ip', textsOf(otherAddresses), true),
    ...inOrder(certificate).map((fact): Demand => ({ ...claimDemand(fact), kind: 'certificate' })),
  ]
  const onlyConnection = demands.every(({ kind }) => kind === 'client_ip' || kind === 'certificate')
  if (by === null || !onlyConnection) return demands
  return [{ kind: 'signed_in', not: false, text: oneOf(providersOf(accepted) ?? []) }, ...demands]
}

/**
 * By what somebody must be identified, of all that is accepted. Where sessions alone are, nothing is said of that; a
 * provider is named where not all are meant.
 */
export function identityDemands(
  by: readonly Identification[],
  accepted: readonly Identification[],
): readonly Demand[] {
  const credentials = credentialsOf(by)
  const possible = accepted.filter(({ credential }) => credentials.includes(credential))
  const providers = providersOf(by) ?? []
  const all = providersOf(possible) ?? []
  const clients = possible.filter(({ isClient, provider }) => isClient && providers.includes(provider))
  const known = by.filter(({ isClient }) => isClient)
  return [
    ...named('credential', hasHeaders(accepted) ? credentials : []),
    ...named('provider', providers.length === all.length ? [] : providers),
    ...(clients.length === 0 || (known.length > 0 && known.length < by.length)
      ? []
      : [{ kind: 'client', not: known.length === 0, text: 'a token behind which nobody is' } as const]),
  ]
}

/** Each once, in the order of the file. */
export function credentialsOf(by: readonly Identification[]): readonly Credential[] {
  return [...new Set(by.map(({ credential }) => credential))]
}

/** Whether anything but a session is among them. */
export function hasHeaders(by: readonly Identification[]): boolean {
  return by.some(({ credential }) => credential !== 'session')
}

function named(
  kind: 'credential' | 'provider' | 'client_ip',
  names: readonly string[],
  not = false,
): readonly Demand[] {
  return names.length === 0 ? [] : [{ kind, not, text: oneOf(names) }]
}

/** `groups: one of admins, ops`, `not status: "suspended"`. */
export function demandText({ kind, claim, not, text }: Demand): string {
  if (kind === 'signed_in') return `signed in with ${text}`
  if (kind === 'client') return not ? 'somebody is behind the token' : text
  const name = claim === undefined ? kind : showOwn(claim, 80)
  return `${not ? 'not ' : ''}${kind === 'certificate' ? `certificate.${name}` : name}: ${text}`
}

/** A way in one line: `groups: "ops" and level: at least 3`. */
export function wayLine(way: Way, accepted: readonly Identification[]): string {
  const words = demandsOf(way, accepted).map(demandText)
  return words.length === 0 ? 'everybody, signed in or not' : words.join(' and ')
}

/** A way as an item of a list, a demand a line. */
export function wayText(way: Way, accepted: readonly Identification[]): string {
  return listed(demandsOf(way, accepted), way)
}

/** The same below a heading that says the credential. */
export function wayTextBelow(way: Way, accepted: readonly Identification[]): string {
  const demands = demandsOf(way, accepted)
  const others = demands.filter(({ kind }) => kind !== 'credential')
  return listed(others.length === 0 ? demands : others, way)
}

function listed(demands: readonly Demand[], way: Way): string {
  const asksConnection = asksForAddress(way) || way.certificate.length > 0
  const free = way.by === null && asksConnection ? ' (no sign-in is needed)' : ''
  const lines = demands.map((demand, index) => wrap(demandText(demand), index === 0 ? '  - ' : '    and '))
  return `${lines.join('\n')}${free}\n`
}

/** By size, then by their words: the order in the file means nothing, and must change nothing here. */
export function waysInOrder(ways: readonly Way[], accepted: readonly Identification[]): readonly Way[] {
  const keyed = ways.map((way) => {
    const demands = demandsOf(way, accepted)
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
