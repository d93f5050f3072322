import type { ConnectionCertificate } from './certificate/connection-certificate.ts'
import { credentialOf, isHeaderCredential, keyOf, reservedProviders } from './credential/credential.ts'
import { type CredentialVerdict, refusedBy } from './credential/refusal.ts'
import type { Decision } from './decision.ts'
import type { Location } from './gateway.ts'
import type { Principal } from './principal.ts'
import { opensByCertificate, wantsOtherCertificate } from './rules/by-certificate.ts'
import {
  anonymous,
  type JudgedAddress,
  judge,
  mentionsConnection,
  providersThatCould,
  type Requirement,
} from './rules/requirement.ts'
import type { EpochSeconds, NoSession, Session } from './session/session.ts'
import { stepUpMet } from './step-up.ts'

/** Who asks: somebody with a live session or a good header credential, or nobody known, and why. */
export type Caller =
  | {
      readonly kind: 'signed-in'
      readonly principal: Principal
      /** Of a session; null: by a header credential. */
      readonly signIn: Session['signIn'] | null
      /** Granted ones. */
      readonly scopes: readonly string[]
    }
  | { readonly kind: 'anonymous'; readonly why: NoSession }
  /** A header credential was sent that lets nobody in, whoever else asks with the request. */
  | { readonly kind: 'refused'; readonly refusal: CredentialVerdict }

/** What `decide` needs to know of a request and its app. */
export interface DecisionFacts {
  /** The providers whose sessions and tokens count at the app, in the file's order. */
  readonly acceptedProviders: readonly string[]
  /** Of them those with which people sign in. */
  readonly signInProviders: readonly string[]
  readonly clientAddress: JudgedAddress
  /** Of the connection, where it counts; null: none. */
  readonly certificate: ConnectionCertificate | null
  /** See `isNavigation`. */
  readonly navigation: boolean
  /** See `isDriven`. */
  readonly driven: boolean
  /** The client sent a credential of its own: it is a program, which no sign-in page helps. */
  readonly credentialSent: boolean
  /** Path and query, as a sign-in for this page remembers it. */
  readonly page: string
  readonly now: EpochSeconds
}

/** Whether who asks makes a difference: if not, no session is looked up and no store is touched. */
export function needsCaller(location: Location): boolean {
  switch (location.access.kind) {
    case 'anyone':
    case 'nobody':
      return false
    case 'maybe_signed_in':
    case 'rule':
      return true
  }
}

/** The verdict at one location. Never throws; what is unknown is not let in. */
export function decide(location: Location, caller: Caller, facts: DecisionFacts): Decision {
  const who = acceptedOnly(caller, location, facts.acceptedProviders)
  switch (location.access.kind) {
    case 'anyone':
      return { kind: 'allow', reason: 'open-to-anyone', principal: null }
    case 'maybe_signed_in': {
      if (who.kind === 'refused') return refusedBy(who.refusal)
      const principal = who.kind === 'signed-in' ? who.principal : null
      return { kind: 'allow', reason: 'maybe-signed-in', principal }
    }
    case 'nobody':
      return { kind: 'deny', reason: location.access.because ?? 'nobody-allowed', principal: null }
    case 'rule':
      if (who.kind === 'refused') return refusedBy(who.refusal)
      return decideByRule({ requirement: location.access.requirement, location, facts }, who)
  }
}

/**
 * A session of a provider that the app does not accept, or no longer, is none; nor is one where none is listed. What a
 * header carried is no less there for not being good here.
 */
function acceptedOnly(caller: Caller, location: Location, acceptedProviders: readonly string[]): Caller {
  if (caller.kind !== 'signed-in') return caller
  const { principal } = caller
  const credential = credentialOf(principal)
  const isListed = location.credentials.includes(credential)
  const isKnown = isOfReserved(principal) || acceptedProviders.includes(principal.provider)
  if (isListed && isKnown) return caller
  if (!isHeaderCredential(credential))
    return {
      kind: 'anonymous',
      why: isListed && credential === 'session' ? 'session-provider-gone' : 'no-session',
    }
  const why = isListed ? 'credential-unknown' : 'credential-not-accepted'
  return { kind: 'refused', refusal: { kind: 'refused', credential, why, detail: null } }
}

/** Whether an operator vouches for the claims, and no provider: then every app that lists the credential accepts them. */
function isOfReserved(principal: Principal): boolean {
  const { provider } = principal
  if (keyOf(principal) !== null) return provider === reservedProviders.apiKeys
  return credentialOf(principal) === 'client_certificate' && provider === reservedProviders.certificates
}

interface Case {
  readonly requirement: Requirement
  readonly location: Location
  readonly facts: DecisionFacts
}

type Unrefused = Exclude<Caller, { kind: 'refused' }>

function decideByRule(question: Case, caller: Unrefused): Decision {
  const { requirement, facts, location } = question
  const { clientAddress, certificate } = facts
  const connection = { clientAddress, certificate }
  const principal = caller.kind === 'signed-in' ? caller.principal : null
  if (principal !== null && isKnownToMeet(principal, requirement)) return onRuleMet(question, caller)
  const subject = principal === null ? anonymous : ({ kind: 'person', ...principal } as const)
  const truth = judge(requirement, { ...connection, subject })
  if (truth === true) {
    // A session has a cookie that other sites cannot send; a certificate goes with every request.
    if (facts.driven && opensByCertificate(requirement, connection))
      return { kind: 'deny', reason: 'cross-site', principal }
    if (principal !== null) remember(principal, requirement)
    return onRuleMet(question, caller)
  }

  const beforeSignIn = principal === null ? truth : judge(requirement, { ...connection, subject: anonymous })
  if (beforeSignIn === false) {
    const reason = wantsOtherCertificate(requirement, connection) ? 'client-certificate' : 'client-address'
    return { kind: 'deny', reason, principal }
  }
  // Whoever sends a credential of its own is a program, which no other sign-in would help.
  if (principal !== null && isHeaderCredential(credentialOf(principal)))
    return { kind: 'deny', reason: 'rule-not-met', principal }
  const takesSessions = location.credentials.includes('session')
  const providers = wouldSessionCount(location, caller)
    ? providersThatCould(requirement, facts.signInProviders, connection)
    : none
  const why = challengeReason(caller, providers, facts)
  if (why !== null)
    return { kind: 'challenge', how: howToAsk(question), reason: why, providers, stepUp: null }
  if (principal === null && location.credentials.some((one) => one !== 'session'))
    return withoutSignIn(takesSessions)
  return { kind: 'deny', reason: 'rule-not-met', principal }
}

const none: readonly never[] = []

/** Whether a session would count at all: not after the certificate by which somebody is known already. */
function wouldSessionCount({ credentials }: Pick<Location, 'credentials'>, caller: Unrefused): boolean {
  const at = credentials.indexOf('session')
  const isByCertificate =
    caller.kind === 'signed-in' && credentialOf(caller.principal) === 'client_certificate'
  return at !== -1 && !(isByCertificate && credentials.indexOf('client_certificate') < at)
}

/** No sign-in would do, and a token or a key may: 401 says which. */
function withoutSignIn(takesSessions: boolean): Decision {
  const reason = takesSessions ? 'no-session' : 'no-credential'
  return { kind: 'challenge', how: 'unauthorized', reason, providers: none, stepUp: null }
}

/** The rule is met, so who asks may know that more is wanted: a stronger sign-in by the provider of the session. */
function onRuleMet(question: Case, caller: Unrefused): Decision {
  const { stepUp } = question.location
  const principal = caller.kind === 'signed-in' ? caller.principal : null
  if (stepUp === null) return { kind: 'allow', reason: 'rule-met', principal }
  const how = howToAsk(question)
  // No rule that lets in without a sign-in stands beside a step-up; but nobody has stepped up who has not signed in.
  if (caller.kind === 'anonymous') {
    const providers = question.facts.signInProviders
    return { kind: 'challenge', how, reason: caller.why, providers, stepUp: null }
  }
  const { scopes } = caller
  const { claims, provider } = caller.principal
  if (stepUpMet(stepUp, { claims, scopes }, question.facts.now))
    return { kind: 'allow', reason: 'rule-met', principal }
  const credential = credentialOf(caller.principal)
  if (credential === 'session')
    return { kind: 'challenge', how, reason: 'step-up-needed', providers: [provider], stepUp }
  if (isHeaderCredential(credential)) {
    return {
      ...{ kind: 'challenge', how: 'unauthorized', reason: 'step-up-needed', providers: none },
      ...{ stepUp, presented: credential },
    }
  }
  // No certificate steps up; a session that counts before it may.
  const providers = wouldSessionCount(question.location, caller) ? question.facts.signInProviders : none
  return {
    ...{ kind: 'challenge', how: providers.length === 0 ? 'unauthorized' : how },
    ...{ reason: 'step-up-needed', providers, stepUp },
  }
}

// The same person meets the same rule again and again, and neither ever changes: both are frozen, and whoever has new
// claims is a new principal. Only a yes is remembered, and none that hangs on a connection. It saves 2 µs
// at three conditions, and 58 at an expression that 200 groups are held against: a good part of a request.
const met = new WeakMap<Principal, WeakSet<Requirement>>()
const connected = new WeakMap<Requirement, boolean>()

function isKnownToMeet(principal: Principal, requirement: Requirement): boolean {
  return met.get(principal)?.has(requirement) === true
}

function remember(principal: Principal, requirement: Requirement): void {
  const known = connected.get(requirement)
  const hangsOnConnection = known ?? mentionsConnection(requirement)
  if (known === undefined) connected.set(requirement, hangsOnConnection)
  if (hangsOnConnection) return
  const rules = met.get(principal) ?? new WeakSet()
  met.set(principal, rules.add(requirement))
}

/** Why a sign-in could help, or null: then it is a plain no. */
function challengeReason(caller: Unrefused, providers: readonly string[], { page }: DecisionFacts) {
  if (providers.length === 0) return null
  if (caller.kind === 'anonymous') return caller.why
  if (providers.includes(caller.principal.provider)) return null
  // Whoever came for this very page chose that provider for it: asking again would go round in a circle.
  return caller.signIn?.returnTo === page ? null : 'other-provider-needed'
}

/**
 * Of somebody who may pass and whose token for the app is over: a sign-in at the same provider brings a new one. As
 * strict as the strictest of the locations that judged.
 */
export function askForTokens(judges: readonly Location[], provider: string, facts: DecisionFacts): Decision {
  const redirects = judges.every((location) => howToAsk({ location, facts }) === 'redirect')
  const how = redirects ? 'redirect' : 'unauthorized'
  return { kind: 'challenge', how, reason: 'token-expired', providers: [provider], stepUp: null }
}

function howToAsk({ location, facts }: Pick<Case, 'location' | 'facts'>): 'redirect' | 'unauthorized' {
  const redirect = location.unauthenticated === 'sign_in' && facts.navigation && !facts.credentialSent
  return redirect ? 'redirect' : 'unauthorized'
}

/**
 * The stricter of two verdicts, the first when they are equal: a request whose path reads in two ways must be allowed
 * under both. Two challenges offer only the providers that help with both.
 */
export function stricter(first: Decision, second: Decision): Decision {
  const [harder, milder] = strictness(second) > strictness(first) ? [second, first] : [first, second]
  if (harder.kind !== 'challenge' || milder.kind !== 'challenge') return harder
  // Nobody is asked to sign in: a token or a key has to be another one.
  if (harder.providers.length === 0) return harder
  const providers = harder.providers.filter((name) => milder.providers.includes(name))
  if (providers.length > 0) return { ...harder, providers }
  return { kind: 'deny', reason: 'rule-not-met', principal: null }
}

function strictness(decision: Decision): number {
  switch (decision.kind) {
    case 'reject':
      return 5
    case 'deny':
      return 4
    case 'challenge':
      return decision.how === 'unauthorized' ? 3 : 2
    case 'allow':
      // What depends on a session is identified to the app, and kept from shared caches.
      return decision.reason === 'open-to-anyone' ? 0 : 1
  }
}
