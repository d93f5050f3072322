import type { Json } from '../../../core/json.ts'
import { type Claims, claimAt } from '../../../core/rules/claims.ts'
import type { Finding, JudgedRequest } from '../../finding.ts'
import { never, type Rule, unsaid } from '../../rule.ts'
import { isWithheld, type WithheldClaims } from '../context.ts'
import { type ClaimSpec, hasVariables } from '../reading/expression.ts'
import { compileSearch } from '../reading/path-match.ts'
import type { RequireRule } from '../reading/require.ts'
import { comparesReals, isAtLeast, type Version } from '../versions.ts'
import { convertExpression } from './expression.ts'
import { findingsOf, type Say } from './findings.ts'

/** What the reading of one claim condition hangs on. */
export interface ClaimContext {
  readonly rule: RequireRule
  readonly negated: boolean
  readonly version: Version
  readonly withheld: WithheldClaims
  readonly report: (finding: Finding) => void
}

/** One word of `Require claim` as a rule of ours. */
export function convertClaim(spec: ClaimSpec, context: ClaimContext): Rule {
  const say = findingsOf(context.report, context.rule.at, context.rule.text)
  if (hasVariables(spec.eaten) && /%\{/.test(spec.eaten)) {
    const message = 'it asks httpd for a value at each request: nobody gets in here'
    say('claim-variable', 'not-convertible', message, 'stricter', () => true)
    return unsaid(context.negated)
  }
  const parts = splitSpec(spec.literal)
  const eaten = splitSpec(spec.eaten)
  if (parts === null || eaten === null) {
    say(
      'claim-without-value',
      'suspect',
      'a claim without ":" or "~" never matched anything, and is left out',
      'either',
      isStranger,
    )
    return never
  }
  if (isWithheld(context.withheld, parts.name)) {
    const message = `httpd did not keep the claim \`${parts.name}\`: it never matched, and is left out`
    say('withheld-claim', 'suspect', message, 'either', isStranger)
    return never
  }
  noteCommon(parts, say)
  return parts.separator === ':'
    ? convertValue(parts, eaten.rest, context, say)
    : convertPattern(parts, eaten.rest, context, say)
}

export interface SpecParts {
  readonly name: string
  readonly separator: ':' | '~'
  readonly rest: string
}

/**
 * Name, separator and the rest. mod_auth_openidc tries every claim that a person has; without one the name is what
 * stands before the first `:` or `~`, or a name that is known to hold a colon.
 */
export function splitSpec(spec: string): SpecParts | null {
  const named = /^(https?:\/\/[^:~\s]+|(?:cognito|custom):[^:~.]+|urn:[^~]*(?=[:~])|[^:~]+)([:~])([\s\S]*)$/
  const [, name, separator, rest] = named.exec(spec) ?? []
  if (name === undefined || rest === undefined) return null
  return { name, separator: separator === '~' ? '~' : ':', rest }
}

/** What is told of a claim whatever it is held against. */
function noteCommon({ name }: SpecParts, say: Say): void {
  if (name === 'email') {
    const message =
      'an address counts here only with `email_verified: true` from the provider, or with `trust_email: true` in the provider for one that verifies and does not say so'
    say(
      'email-verified',
      'changed',
      message,
      'either',
      has('email', ({ email_verified }) => email_verified !== true),
    )
  }
  if (name.includes('.') && !name.includes('/')) {
    const message =
      'a step into a list of objects looks into each of them here; mod_auth_openidc never matched there'
    say('nested-list', 'changed', message, 'either', (request) => hasListOfObjects(request.claims, name))
  }
  if (name === 'scope' || name === 'scp') {
    const message =
      'is a list of words here, and each word is compared; mod_auth_openidc compared the whole text. Only what the provider puts into the ID token or userinfo counts: the scope of the token response is no claim here'
    say(
      'scope-words',
      'changed',
      message,
      'either',
      ({ claims }) => claims !== null && Object.hasOwn(claims, name),
    )
  }
}

/** Where nobody can get in any more nobody is request to sign in for it: httpd request, and refused afterwards. */
export function isStranger({ claims }: JudgedRequest): boolean {
  return claims === null
}

function isEmptyText(value: Json | undefined): boolean {
  return value === '' || (Array.isArray(value) && value.includes(''))
}

function has(name: string, condition: (claims: Claims) => boolean): (request: JudgedRequest) => boolean {
  return ({ claims }) => claims !== null && claimAt(claims, name) !== undefined && condition(claims)
}

function hasListOfObjects(claims: Claims | null, path: string): boolean {
  return (
    claims !== null &&
    path
      .split('.')
      .slice(0, -1)
      .some((_, index, steps) => {
        const value = claimAt(claims, steps.slice(0, index + 1).join('.'))
        return Array.isArray(value)
      })
  )
}

function convertValue(parts: SpecParts, eaten: string, context: ClaimContext, say: Say): Rule {
  const { name, rest: value } = parts
  if (value !== eaten) {
    const message = `httpd ate the backslashes and compared with ${JSON.stringify(eaten)}; ${JSON.stringify(value)} is compared now`
    say(
      'eaten-backslash',
      'changed',
      message,
      'either',
      has(name, () => true),
    )
  }
  if (value === '') {
    say(
      'empty-value',
      'not-convertible',
      'an empty value cannot be request for: nobody gets in by it',
      'either',
      (request) => isStranger(request) || context.negated || isEmptyText(claimAt(request.claims ?? {}, name)),
    )
    return unsaid(context.negated)
  }
  if (name.endsWith(':') || value.startsWith('~')) {
    say('odd-separator', 'suspect', 'two separators in a row: releases read it differently')
  }
  return { kind: 'claim', path: name, test: { matcher: 'is', values: operands(parts, context, say) } }
}

/** Both types that a value may have in JSON: mod_auth_openidc went by the type of the claim. */
function operands({ name, rest: value }: SpecParts, { negated, version }: ClaimContext, say: Say) {
  const number = has(name, (claims) => holdsNumber(claimAt(claims, name)))
  if (value === 'true' || value === 'false') return negated ? [value === 'true'] : [value === 'true', value]
  if (value === 'null') {
    const message = 'compares with the text "null"; a claim that is `null` counts as missing here'
    say('null-value', 'changed', message, 'either', ({ claims }) => claims !== null)
    return [value]
  }
  if (!/^\s*[+-]?\d/.test(value)) return [value]
  const plain = /^-?(?:0|[1-9]\d*)(\.\d+)?$/.exec(value)
  const fraction = plain?.[1] !== undefined
  const exact = plain !== null && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER && value.length <= 15
  if (!exact || (fraction && !isAtLeast(version, comparesReals)) || fraction || negated) {
    const message = `a claim that is a number was compared with the digits that ${JSON.stringify(value)} begins with; here only the text ${JSON.stringify(value)} matches`
    say('numeric-prefix', 'changed', message, 'either', number)
    return [value]
  }
  return [Number(value), value]
}

function holdsNumber(value: Json | undefined): boolean {
  return typeof value === 'number' || (Array.isArray(value) && value.some((item) => typeof item === 'number'))
}

function convertPattern(parts: SpecParts, eaten: string, context: ClaimContext, say: Say): Rule {
  const { name, rest: source } = parts
  if (source !== eaten) noteEaten(parts, eaten, say)
  if (compileSearch(eaten) === null && compileSearch(source) === null) {
    say(
      'bad-expression',
      'suspect',
      'is no regular expression: it never matched, and is left out',
      'either',
      isStranger,
    )
    return never
  }
  const converted = convertExpression(source)
  if (!converted.ok) {
    const message = `RE2 does not know this expression (${converted.reason}): nobody gets in by it`
    say('expression', 'not-convertible', message, 'stricter', () => true)
    return unsaid(context.negated)
  }
  if (converted.test.matcher === 'matches' && !/^\^|\$$/.test(source)) {
    const message = 'is searched anywhere in the text, as before; write down where it begins and ends'
    say('unanchored', 'suspect', message)
  } else if (/mail|upn|domain/.test(name) && !source.endsWith('$')) {
    const message =
      'the end is not anchored: addresses of other domains may match; `email: { domain: … }` compares whole domains'
    say('unanchored', 'suspect', message)
  }
  const { test } = converted
  const words = name === 'scope' || name === 'scp'
  // Each word is compared by itself there, so the word alone is the whole value.
  return {
    kind: 'claim',
    path: name,
    test: words && test.matcher === 'has_word' ? { matcher: 'is', values: test.values } : test,
  }
}

function noteEaten({ name, rest: source }: SpecParts, eaten: string, say: Say): void {
  const [ran, meant] = [compileSearch(eaten), compileSearch(source)]
  const message = `httpd ate the backslashes and searched for ${eaten}; the expression as it is written counts now`
  say('eaten-backslash', 'changed', message, 'either', ({ claims }) => {
    const value = claims === null ? undefined : claimAt(claims, name)
    const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string')
    return texts.some((text) => (ran?.test(text) ?? false) !== (meant?.test(text) ?? false))
  })
}
