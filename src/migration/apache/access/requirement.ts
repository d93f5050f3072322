import type { Json } from '../../../core/json.ts'
import { readAddressRange } from '../../../core/request/address.ts'
import { claimAt } from '../../../core/rules/claims.ts'
import type { Effect, Finding, JudgedRequest } from '../../finding.ts'
import { allOf, anyOf, asks, claimPaths, never, noneOf, open, type Rule, unsaid } from '../../rule.ts'
import type { Context } from '../context.ts'
import { inLimit } from '../reading/compat.ts'
import {
  limitCovers,
  nodeCovers,
  type RequireGroup,
  type RequireNode,
  type RequireRule,
  rulesOf,
} from '../reading/require.ts'
import { convertClaim, isStranger, type SpecParts, splitSpec } from './claim.ts'
import { findingsOf, type Say } from './findings.ts'
import { convertProgram } from './program.ts'

/**
 * A tree of `Require` as a rule of ours, for one method. Whatever cannot be said here lets nobody in where it stood:
 * out of an `any` it falls, an `all` with it nobody meets.
 */
export function convertRequires(node: RequireNode, method: string, context: Context): Rule {
  return nodeCovers(node, method) ? convertNode(node, method, context, false) : open
}

function convertNode(node: RequireNode, method: string, context: Context, negated: boolean): Rule {
  if (node.kind === 'rule') {
    return node.negated
      ? noneOf([convertRule(node, method, context, !negated)])
      : convertRule(node, method, context, negated)
  }
  const members = node.members
    .filter((member) => nodeCovers(member, method))
    .map((member) => ({ member, rule: convertNode(member, method, context, negated !== node.negated) }))
  // What a method is not asked for is granted in an `all`, and does not count in an `any`.
  if (node.op === 'all') {
    noteOnlyVetoes(node, members, context)
    return allOf(members.map(({ rule }) => rule))
  }
  if (node.negated) return noneOf(members.map(({ rule }) => rule))
  if (members.some(({ member }) => member.negated)) {
    const message = 'a `not` stands among alternatives, where httpd takes none: it does not start with it'
    findingsOf(context.report, node.at, 'Require not')('not-in-any', 'suspect', message, 'either', () => true)
    return anyOf(members.filter(({ member }) => !member.negated).map(({ rule }) => rule))
  }
  if (!negated) noteOpenAlternatives(members, context)
  return anyOf(members.map(({ rule }) => rule))
}

interface Member {
  readonly member: RequireNode
  readonly rule: Rule
}

/** `valid-user` or `all granted` beside claims makes the claims mean nothing: several lines are alternatives. */
function noteOpenAlternatives(members: readonly Member[], { report }: Context): void {
  const all = members.find(({ rule }) => rule.kind === 'open')
  const user = members.find(({ rule }) => rule.kind === 'signed_in')
  const wide = all ?? user
  const narrow = members.filter(({ rule }) => claimPaths(rule).length > 0)
  if (wide === undefined || narrow.length === 0) return
  for (const { member } of narrow) {
    const text = member.kind === 'rule' ? member.text : 'the rules in this container'
    const message =
      all === undefined
        ? 'has no effect: `Require valid-user` stands beside it, and several lines are alternatives. Everybody who is signed in gets in, as before; was <RequireAll> meant?'
        : 'has no effect: `Require all granted` stands beside it, and several lines are alternatives. Everybody gets in, as before; was <RequireAll> meant?'
    report({ id: 'rule-without-effect', kind: 'suspect', at: member.at, what: text, message, effect: null })
  }
}

function noteOnlyVetoes(node: RequireGroup, members: readonly Member[], { report }: Context): void {
  const vetoes = members.filter(({ member }) => member.negated)
  if (vetoes.length === 0) return
  const positive = members.filter(({ member }) => !member.negated)
  if (positive.length === 0) {
    const message = 'nothing in it lets anybody in: httpd does not start with it'
    findingsOf(report, node.at, '<RequireAll>')('only-vetoes', 'suspect', message)
    return
  }
  if (
    !positive.every(({ rule }) => !asks(rule)) ||
    !vetoes.some(({ member }) => rulesOf(member).some(dependsOnCaller))
  )
    return
  const message =
    'nothing in it that lets in asks who it is, so httpd let people in before they signed in, and the `not` never ran; here they sign in, and it does'
  findingsOf(report, node.at, '<RequireAll>')(
    'not-before-sign-in',
    'changed',
    message,
    'stricter',
    () => true,
  )
}

/** Whether a rule asks who somebody is. */
export function dependsOnCaller({ test }: RequireRule): boolean {
  return test.kind !== 'all' && test.kind !== 'ip' && test.kind !== 'method'
}

function convertRule(rule: RequireRule, method: string, context: Context, negated: boolean): Rule {
  const { test, at, text } = rule
  const say = findingsOf(context.report, at, text)
  switch (test.kind) {
    case 'all':
      return test.granted ? open : never
    case 'valid-user':
      return { kind: 'signed_in' }
    case 'method':
      return limitCovers({ except: false, names: new Set(test.names) }, method) ? open : never
    case 'ip': {
      if (negated) {
        const message =
          'people are asked to sign in here: an address alone keeps out, it never lets in by not being one'
        say('not-address', 'changed', message, 'stricter', ({ claims }) => claims === null)
      }
      return convertRanges(test.ranges, negated, say)
    }
    case 'user':
      return anyOf(test.names.map((name) => convertUser(name, rule, context, negated)))
    case 'claims_expr': {
      const converted = test.programs.map(convertProgram)
      if (converted.includes(null)) {
        say(
          'claims-expr',
          'not-convertible',
          'this jq program has to be written as a rule: nobody gets in by it',
          'stricter',
          () => true,
        )
      }
      return anyOf(converted.map((one) => one ?? unsaid(negated)))
    }
    case 'claim':
      if (test.specs.length === 0)
        say(
          'claim-without-value',
          'suspect',
          'names no claim: it never matched anything',
          'either',
          isStranger,
        )
      if (negated) noteAbsent(rule, context)
      return anyOf(
        test.specs.map((spec) =>
          byProvider(convertClaim(spec, { rule, negated, ...context }), rule, context),
        ),
      )
    case 'other': {
      if (test.provider === 'ssl-verify-client' && !negated && context.certificates !== null)
        return context.certificates.rule
      const isOfLimit = test.provider === inLimit.provider
      const message = isOfLimit
        ? 'in a `<Limit>` each method has lists of its own, which is not said here: nobody gets in by them'
        : `\`Require ${test.provider}\` has no counterpart: nobody gets in by it`
      say('require-provider', 'not-convertible', message, 'stricter', () => true)
      return unsaid(negated)
    }
  }
}

/** `Require not` granted whoever lacks the claim; here what is unknown lets nobody in. */
function noteAbsent({ test, at, text }: RequireRule, { report }: Context): void {
  if (test.kind !== 'claim') return
  const parts = test.specs.flatMap((spec) => splitSpec(spec.literal) ?? [])
  const name = parts[0]?.name ?? 'claim'
  const message = `lets in nobody who lacks the claim or has one of another type; httpd let them in. Where it may be missing: \`any: [{ ${name}: { exists: false } }, { ${name}: { not: … } }]\``
  // Not signed in yet: unknown too, so a sign-in is asked for where httpd had decided already.
  const unknown = ({ claims }: JudgedRequest): boolean =>
    claims === null || parts.some((one) => !isComparable(claimAt(claims, one.name), one))
  findingsOf(report, at, text)('not-absent', 'changed', message, 'stricter', unknown)
}

/** Whether a claim is of the type that the rule of ours compares with. */
function isComparable(value: Json | undefined, { separator, rest }: SpecParts): boolean {
  const wanted = separator === ':' && (rest === 'true' || rest === 'false') ? 'boolean' : 'string'
  return Array.isArray(value) ? value.every((item) => typeof item === wanted) : typeof value === wanted
}

/** Of several providers the one that an issuer names is meant. */
function byProvider(rule: Rule, required: RequireRule, { issuers, providers, report }: Context): Rule {
  if (rule.kind !== 'claim' || rule.path !== 'iss' || rule.test.matcher !== 'is' || providers.length < 2) {
    return rule
  }
  const names = rule.test.values.map((issuer) => issuers.get(String(issuer)))
  const known = names.filter((name) => name !== undefined)
  if (known.length < names.length) return rule
  const message = `\`provider: ${known.join(', ')}\`: whoever is signed in with another provider is sent to this one, instead of being refused`
  const isSignedIn = ({ claims }: JudgedRequest): boolean => claims !== null
  findingsOf(report, required.at, required.text)('provider', 'changed', message, 'either', isSignedIn)
  return { kind: 'provider', names: known }
}

function convertRanges(ranges: readonly string[], negated: boolean, say: Say): Rule {
  const networks = ranges.map(toNetwork)
  if (networks.includes(null)) {
    const message = 'holds what is no address or network: nobody gets in by it'
    say('address', 'not-convertible', message, 'stricter', () => true)
    if (negated) return unsaid(negated)
  }
  const known = networks.filter((network) => network !== null)
  return known.length === 0 ? never : { kind: 'ip', ranges: known }
}

/** httpd's short forms as CIDR: `10.1`, `10.1.0.0/255.255.0.0`, host bits. Null for what is none. */
export function toNetwork(text: string): string | null {
  const [address = '', mask] = text.split('/')
  const parts = address.replace(/\.$/, '').split('.')
  const short = !address.includes(':') && parts.length < 4 && parts.every((part) => /^\d{1,3}$/.test(part))
  const full = short ? [...parts, '0', '0', '0'].slice(0, 4).join('.') : address
  const bits = mask === undefined ? (short ? String(parts.length * 8) : null) : maskBits(mask)
  const cidr = bits === null ? full : `${full}/${bits}`
  const read = readAddressRange(cidr)
  if (read.ok) return cidr
  return read.reason === 'host-bits' ? read.network : null
}

function maskBits(mask: string): string {
  if (!mask.includes('.')) return mask
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
  return /^1*0*$/.test(bits) ? String(bits.replace(/0+$/, '').length) : '-'
}

function convertUser(name: string, rule: RequireRule, context: Context, negated: boolean): Rule {
  const { claim, suffix, expression } = context.remoteUser
  const say = (id: string, kind: Finding['kind'], message: string, effect: Effect) =>
    findingsOf(context.report, rule.at, rule.text)(id, kind, message, effect, () => true)
  if (expression !== null) {
    const message = `REMOTE_USER was cut out of \`${claim}\` by an expression: write the claim that is meant; nobody gets in by it`
    say('require-user', 'not-convertible', message, 'stricter')
    return unsaid(negated)
  }
  if (suffix !== '' && !name.endsWith(suffix)) {
    const message = `REMOTE_USER was \`${claim}${suffix}\`, which this is not: it never matched, and is left out`
    findingsOf(context.report, rule.at, rule.text)(
      'require-user-other',
      'suspect',
      message,
      'either',
      isStranger,
    )
    return never
  }
  const value = name.slice(0, name.length - suffix.length)
  if (claim === 'email') {
    const spec = { eaten: `email:${value}`, literal: `email:${value}` }
    return convertClaim(spec, { rule, negated, ...context })
  }
  return { kind: 'claim', path: claim, test: { matcher: 'is', values: [value] } }
}
