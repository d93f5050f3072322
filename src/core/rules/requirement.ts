import type { CertificateClaim } from '../certificate/claims.ts'
import type { ConnectionCertificate } from '../certificate/connection-certificate.ts'
import {
  type Credential,
  type CredentialIdentity,
  credentialOf,
  hasNobodyBehind,
} from '../credential/credential.ts'
import { type Address, type AddressRange, contains, readAddress } from '../request/address.ts'
import { type ClaimPath, type Claims, lookUpForRule } from './claims.ts'
import { isEmptied } from './emptied.ts'
import { holds, type Matcher } from './matcher.ts'
import { every, negate, some, type Truth } from './truth.ts'

/** One rule, compiled: a tree whose leaves are conditions. Written in YAML as `require`; see docs/rules.md. */
export type Requirement =
  | Condition
  | {
      readonly kind: 'all'
      readonly members: readonly Requirement[]
      /** Where it comes from when nobody wrote `all`: the entries of a mapping, or an app's floor and a location's rule. */
      readonly of?: 'entries' | 'app-and-location'
    }
  | { readonly kind: 'any'; readonly members: readonly Requirement[] }
  | { readonly kind: 'none'; readonly members: readonly Requirement[] }
  /** A policy put in place: judged as its requirement; the name is kept for people who read explanations. */
  | { readonly kind: 'policy'; readonly name: string; readonly requirement: Requirement }

/** A leaf of the tree. */
export type Condition =
  | { readonly kind: 'signed_in' }
  | { readonly kind: 'client_ip'; readonly ranges: readonly AddressRange[] }
  /** One claim of the certificate that the connection showed, whoever asks by it. */
  | { readonly kind: 'certificate'; readonly claim: CertificateClaim; readonly matcher: Matcher }
  | { readonly kind: 'provider'; readonly names: readonly string[] }
  /** By what somebody came. */
  | { readonly kind: 'credential'; readonly names: readonly Credential[] }
  | { readonly kind: 'claim'; readonly path: ClaimPath; readonly matcher: Matcher }

/** Whom a rule is judged for. */
export type Subject =
  | {
      readonly kind: 'person'
      readonly provider: string
      readonly claims: Claims
      readonly by?: CredentialIdentity
    }
  /** Somebody who signed in with that provider, whatever the claims: may the rule be met at all? */
  | { readonly kind: 'anyone-of'; readonly provider: string }
  | { readonly kind: 'anonymous' }

/** One address; null when the forwarding headers of a trusted proxy name none that can be believed. */
export type JudgedAddress = (Address & { readonly text: string }) | null

/** An address from its text; null for none, and for what is none. */
export function readJudgedAddress(text: string | null): JudgedAddress {
  if (text === null) return null
  const address = readAddress(text)
  return address === null ? null : { ...address, text }
}

export const anonymous: Subject = { kind: 'anonymous' }

/** What a rule is judged on. */
export interface Situation {
  readonly subject: Subject
  readonly clientAddress: JudgedAddress
  /** That of the connection; null: it showed none that counts. */
  readonly certificate: ConnectionCertificate | null
}

/** What is known of a request before anybody is identified. */
export type ConnectionFacts = Omit<Situation, 'subject'>

/**
 * Judges a whole rule. `wanted` is false below an odd number of `none`: there a condition keeps out by being true.
 * It matters only for a client address that nobody knows, a certificate that was not shown or does not say it, and a
 * list of lines without entries: none of them lets anybody in, negated or not.
 */
export function judge(requirement: Requirement, situation: Situation, wanted = true): Truth {
  switch (requirement.kind) {
    case 'all':
      // No rule has an empty list; should one come up, it lets nobody in.
      if (requirement.members.length === 0) return 'unknown'
      return every(requirement.members, (member) => judge(member, situation, wanted))
    case 'any':
      return some(requirement.members, (member) => judge(member, situation, wanted))
    case 'none':
      return judgeNone(requirement.members, situation, wanted)
    case 'policy':
      return judge(requirement.requirement, situation, wanted)
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
    case 'client_ip':
    case 'certificate':
      return judgeCondition(requirement, situation, wanted)
  }
}

function judgeNone(members: readonly Requirement[], situation: Situation, wanted: boolean): Truth {
  const truth = negate(some(members, (member) => judge(member, situation, !wanted)))
  // Who has not signed in yet may turn out to be the very person that `none` keeps out.
  return truth === true && (situation.subject.kind === 'anonymous' || members.length === 0)
    ? 'unknown'
    : truth
}

/** Judges one leaf; `wanted` as for `judge`. */
export function judgeCondition(condition: Condition, situation: Situation, wanted: boolean): Truth {
  const { subject, clientAddress, certificate } = situation
  switch (condition.kind) {
    case 'signed_in':
      return subject.kind === 'anonymous'
        ? 'unknown'
        : !(subject.kind === 'person' && hasNobodyBehind(subject))
    case 'credential':
      return judgeCredential(condition.names, subject)
    case 'provider':
      return subject.kind === 'anonymous' ? 'unknown' : condition.names.includes(subject.provider)
    case 'claim':
      if (subject.kind !== 'person') return 'unknown'
      if (isEmptied(condition.matcher)) return !wanted
      return holds(condition.matcher, lookUpForRule(subject.claims, condition.path))
    case 'client_ip':
      if (clientAddress === null || condition.ranges.length === 0) return !wanted
      return condition.ranges.some((range) => contains(range, clientAddress))
    case 'certificate':
      return judgeCertificate(condition, certificate, wanted)
  }
}

/**
 * Known of each connection. Whoever leaves a certificate away to be another one by `none` or `not` gains nothing: what
 * it does not say lets nobody in.
 */
function judgeCertificate(
  { claim, matcher }: Extract<Condition, { kind: 'certificate' }>,
  certificate: ConnectionCertificate | null,
  wanted: boolean,
): boolean {
  if (certificate === null || isEmptied(matcher)) return !wanted
  const truth = holds(matcher, lookUpForRule(certificate.claims, claim))
  return truth === 'unknown' ? !wanted : truth
}

/** Who has not been identified may yet be, by whichever credential: unknown lets nobody in, and asks for one. */
function judgeCredential(names: readonly Credential[], subject: Subject): Truth {
  switch (subject.kind) {
    case 'anonymous':
      return 'unknown'
    case 'anyone-of':
      return names.includes('session')
    case 'person':
      return names.includes(credentialOf(subject))
  }
}

/** Every condition of the rule, wherever it stands. */
export function conditionsOf(requirement: Requirement): readonly Condition[] {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return requirement.members.flatMap(conditionsOf)
    case 'policy':
      return conditionsOf(requirement.requirement)
    case 'client_ip':
    case 'certificate':
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
      return [requirement]
  }
}

/** Whether a condition stands anywhere in the rule that can hold before anybody is identified. */
export function mentionsConnection(requirement: Requirement): boolean {
  return conditionsOf(requirement).some(isOfConnection)
}

/** Whether it is about the connection, and not about who asks. */
function isOfConnection({ kind }: Condition): boolean {
  return kind === 'client_ip' || kind === 'certificate'
}

/**
 * Of the accepted providers, in their order, those with which the rule could be met: for the others it is false
 * whatever they claim. The client's address and certificate are taken as they are.
 */
export function providersThatCould(
  requirement: Requirement,
  acceptedProviders: readonly string[],
  facts: ConnectionFacts,
): readonly string[] {
  return acceptedProviders.filter((provider) => {
    return judge(requirement, { ...facts, subject: { kind: 'anyone-of', provider } }) !== false
  })
}
