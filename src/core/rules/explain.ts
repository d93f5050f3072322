import { credentialOf, hasNobodyBehind } from '../credential/credential.ts'
import type { ConditionRow } from '../decision.ts'
import { limits } from '../limits/table.ts'
import type { Principal } from '../principal.ts'
import { showDifference, showFound, showOwn } from '../show.ts'
import { lookUp, lookUpForRule } from './claims.ts'
import type { Matcher } from './matcher.ts'
import {
  anonymous,
  type Condition,
  type ConnectionFacts,
  judge,
  judgeCondition,
  type Requirement,
  type Situation,
  type Subject,
} from './requirement.ts'
import { areOneSalesforceId } from './salesforce-id.ts'
import type { Truth } from './truth.ts'

/**
 * A rule, one row a condition, in the order of the file: what `explain` prints and the log line of a refusal is made
 * of. Each truth comes from the judge itself. `principal` null: nobody is signed in.
 */
export function explainRequirement(
  requirement: Requirement,
  principal: Principal | null,
  facts: ConnectionFacts,
): readonly ConditionRow[] {
  const subject = principal === null ? anonymous : ({ kind: 'person', ...principal } as const)
  return rowsOf(requirement, {
    situation: { ...facts, subject },
    emailUnverified: principal?.emailUnverified === true,
    prefix: '',
    wanted: true,
    blocks: true,
  })
}

/** Where a walk through the rule stands. */
interface Stand {
  readonly situation: Situation
  /** Whether an address came that does not count. */
  readonly emailUnverified: boolean
  /** Of a row's `where`: `any[1].`. */
  readonly prefix: string
  readonly wanted: boolean
  /** Whether all around it stands or falls with it. */
  readonly blocks: boolean
}

function rowsOf(requirement: Requirement, stand: Stand): readonly ConditionRow[] {
  const blocks = stand.blocks && keepsOut(judge(requirement, stand.situation, stand.wanted), stand)
  const below = { ...stand, blocks }
  switch (requirement.kind) {
    case 'all':
      return requirement.members.flatMap((member, index) => {
        return rowsOf(member, { ...below, prefix: stand.prefix + allStep(requirement.of, index) })
      })
    case 'any':
      return requirement.members.flatMap((member, index) => {
        return rowsOf(member, { ...below, prefix: `${stand.prefix}any[${index}].` })
      })
    case 'none':
      return requirement.members.flatMap((member, index) => {
        return rowsOf(member, { ...below, prefix: `${stand.prefix}none[${index}].`, wanted: !stand.wanted })
      })
    case 'policy':
      return rowsOf(requirement.requirement, {
        ...below,
        prefix: `${stand.prefix.replace(/\.$/, ' ')}policy ${requirement.name}: `,
      })
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
    case 'client_ip':
    case 'certificate':
      return [rowOf(requirement, below)]
  }
}

/** Before a sign-in what is unknown asks for one; only what is certain refuses. */
function keepsOut(truth: Truth, { situation, wanted }: Stand): boolean {
  return situation.subject.kind === 'anonymous' ? truth === !wanted : truth !== wanted
}

/** The entries of a mapping stand under their own names; of floor and rule the floor says whose it is. */
function allStep(of: 'entries' | 'app-and-location' | undefined, index: number): string {
  switch (of) {
    case 'entries':
      return ''
    case 'app-and-location':
      return index === 0 ? 'app: ' : ''
    case undefined:
      return `all[${index}].`
  }
}

function rowOf(condition: Condition, stand: Stand): ConditionRow {
  const { situation, prefix, wanted, blocks } = stand
  const truth = judgeCondition(condition, situation, wanted)
  return { where: prefix + nameOf(condition), ...sidesOf(condition, stand), truth, wanted, blocks }
}

function nameOf(condition: Condition): string {
  switch (condition.kind) {
    case 'claim':
      return showOwn(condition.path, 80)
    case 'certificate':
      return `certificate.${condition.claim}`
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'client_ip':
      return condition.kind
  }
}

type Sides = Pick<ConditionRow, 'expected' | 'actual'>

function sidesOf(condition: Condition, { situation, emailUnverified }: Stand): Sides {
  const { subject, clientAddress } = situation
  const notYet = 'unknown before a sign-in'
  switch (condition.kind) {
    case 'signed_in':
      return { expected: 'a session', actual: signedInText(subject) ?? notYet }
    case 'credential': {
      const actual = subject.kind === 'person' ? credentialOf(subject) : notYet
      return { expected: oneOf(condition.names), actual }
    }
    case 'provider': {
      const actual = subject.kind === 'anonymous' ? notYet : subject.provider
      return { expected: oneOf(condition.names), actual }
    }
    case 'client_ip': {
      const actual = clientAddress === null ? 'no address that can be believed' : clientAddress.text
      return { expected: oneOf(condition.ranges.map((range) => range.text)), actual }
    }
    case 'certificate':
      return certificateSides(condition, situation.certificate)
    case 'claim':
      if (subject.kind !== 'person') return { expected: showOwn(condition.matcher.text), actual: notYet }
      if (emailUnverified && condition.path === 'email') {
        return { expected: showOwn(condition.matcher.text), actual: unverifiedText(subject.claims) }
      }
      return claimSides(condition.path, condition.matcher, subject.claims)
  }
}

function certificateSides(
  { claim, matcher }: Extract<Condition, { kind: 'certificate' }>,
  certificate: Situation['certificate'],
): Sides {
  if (certificate !== null) return claimSides(claim, matcher, certificate.claims)
  return { expected: showOwn(matcher.text), actual: 'no client certificate that counts' }
}

/** Null: nobody knows yet. */
function signedInText(subject: Subject): string | null {
  if (subject.kind === 'anonymous') return null
  return subject.kind === 'person' && hasNobodyBehind(subject)
    ? 'a token behind which nobody is'
    : 'signed in'
}

function claimSides(path: string, matcher: Matcher, claims: Principal['claims']): Sides {
  const found = lookUpForRule(claims, path)
  const wanted = onlyText(matcher)
  if (wanted !== null && found.kind === 'one' && typeof found.value === 'string') {
    const [actual, expected] = showDifference(found.value, wanted)
    return { expected: expected + salesforceAdvice(found.value, wanted), actual }
  }
  return { expected: showOwn(matcher.text), actual: showFound(found) }
}

/**
 * Ids that look alike in a setup page and never are equal: the one reason of a refusal that no operator sees at once.
 */
function salesforceAdvice(actual: string, wanted: string): string {
  if (!areOneSalesforceId(actual, wanted)) return ''
  const part = actual.length > wanted.length ? 'all 18' : 'the first 15'
  return `, the same Salesforce id: write ${part} characters`
}

/** An address came and does not count: why, and whether `trust_email` would change that. Never the address. */
function unverifiedText(claims: Principal['claims']): string {
  const said = lookUp(claims, 'email_verified')
  if (said.kind === 'missing') {
    return 'missing: the address that came has no email_verified (`trust_email: true` in the provider lets it count)'
  }
  const trusted = said.kind === 'one' && said.value === 'true'
  const advice = trusted
    ? 'a text, which counts with `trust_email: true` in the provider'
    : 'and `trust_email` does not change that'
  return `missing: the address that came has email_verified ${showFound(said)}, ${advice}`
}

/** The one text that a matcher wants, if that is all it wants: then both sides are shown alike. */
function onlyText({ tests, not, exists }: Matcher): string | null {
  const [test] = tests
  if (tests.length !== 1 || test?.kind !== 'is' || not !== null || exists !== null) return null
  const [value] = test.values
  return test.values.length === 1 && typeof value === 'string' ? value : null
}

function oneOf(names: readonly string[]): string {
  return showOwn(names.length === 1 ? names.join('') : `one of ${names.join(', ')}`)
}

/**
 * One sentence for the operator's log: the conditions that keep somebody out, each with what was there and what the
 * rule wants. Never shown to the person.
 */
export function describeRefusal(rows: readonly ConditionRow[]): string {
  const blocking = rows.filter((row) => row.blocks)
  const sentences = blocking.slice(0, limits.logConditions).map(describeRow)
  const more = blocking.length - sentences.length
  return `${sentences.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function describeRow({ where, expected, actual, wanted, truth }: ConditionRow): string {
  if (wanted) return `${where} was ${actual}, rule wants ${expected}`
  // Below `none` what is unknown keeps out too: the most surprising of all refusals.
  const why = truth === 'unknown' ? ' for certain' : ''
  return `${where} was ${actual}, rule wants anything but ${expected}${why}`
}
