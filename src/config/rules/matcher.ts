import type { ClaimPath } from '../../core/rules/claims.ts'
import {
  compileWholeMatch,
  type ElementTest,
  type Matcher,
  type WholeMatch,
} from '../../core/rules/matcher.ts'
import { folded, nearest } from '../nearest.ts'
import { type ConfigNode, type ConfigPath, entryOf, type MapEntry, type MapNode } from '../node.ts'
import { allOrNull, fault, type RuleContext } from './context.ts'
import {
  fewEnough,
  type Operands,
  readBoolean,
  readNumber,
  readScalars,
  readText,
  readTexts,
  valuesOf,
} from './operand.ts'
import { textOf } from './operand-text.ts'
import { foreignMatchers, isMatcherName, isReserved, matcherNames, meantCombination } from './words.ts'

/** What stands behind a claim: a value (equals), a list (one of), or a mapping of matchers. Null: it was reported. */
function compileMatcher(node: ConfigNode, path: ConfigPath, context: RuleContext): Matcher | null {
  if (node.kind === 'map') return compileMatchers(node, node.entries, path, context)
  const operands = readScalars(node, path, context)
  if (operands === null) return null
  const domain = operands.values.find(({ value, isData }) => !isData && anyAddress.test(String(value)))
  if (domain !== undefined) {
    const message = `a value is compared as a whole, and "*" is no pattern: write { domain: ${String(domain.value).replace(/^\*?@/, '')} } (this very text: { is: … })`
    return fault(context, domain.place, message)
  }
  const values = valuesOf(operands)
  return { tests: [{ kind: 'is', values }], not: null, exists: null, text: textOf(operands) }
}

/** `*@example.com`: no address, and meant as all of a domain. `{ is: … }` compares with it all the same. */
const anyAddress = /^(?:\*@[\w.-]+|@[\w-]+(?:\.[\w-]+)+)$/

/** A mapping of matchers; `entries` are those that name one, without the `claim` of `{claim: any, is: x}`. */
function compileMatchers(
  node: MapNode,
  entries: readonly MapEntry[],
  path: ConfigPath,
  context: RuleContext,
): Matcher | null {
  const place = { position: node.at, path }
  if (entries.length === 0)
    return fault(context, place, `nothing to match with: expected ${matcherNames.join(', ')}`)
  const parts = allOrNull(entries.map((entry) => compilePart(entry, [...path, entry.key], context)))
  if (parts === null) return null
  const tests = parts.flatMap((part) => ('test' in part ? [part.test] : []))
  const not = parts.find((part) => 'not' in part)?.not ?? null
  const exists = parts.find((part) => 'exists' in part)?.exists ?? null
  if (exists === false && parts.length > 1) {
    return fault(context, place, '`exists: false` stands alone: what is not there matches nothing else')
  }
  return { tests, not, exists, text: parts.map((part) => part.text).join(' and ') }
}

type Part = { readonly text: string } & (
  | { readonly test: ElementTest }
  | { readonly not: Matcher }
  | { readonly exists: boolean }
)

function compilePart({ key, keyAt, value }: MapEntry, path: ConfigPath, context: RuleContext): Part | null {
  if (!isMatcherName(key)) return unknownMatcher(key, { position: keyAt, path }, context)
  switch (key) {
    case 'exists': {
      const exists = readBoolean(value, path, context)
      return exists === null ? null : { exists, text: exists ? 'anything there' : 'nothing there' }
    }
    case 'not': {
      const not = compileMatcher(value, path, context)
      return not && { not, text: `not ${not.text}` }
    }
    case 'at_least':
    case 'at_most': {
      const number = readNumber(value, path, context)
      return number === null ? null : { test: { kind: key, value: number }, text: `${words[key]} ${number}` }
    }
    case 'is': {
      const operands = readScalars(value, path, context)
      return operands && { test: { kind: 'is', values: valuesOf(operands) }, text: textOf(operands) }
    }
    case 'matches':
      return compileExpressions(value, path, context)
    case 'has':
      return compileHas(value, path, context)
    case 'is_ignoring_case': {
      const operands = readTexts(value, path, context)
      if (operands === null) return null
      return {
        test: { kind: key, values: valuesOf(operands) },
        text: `${textOf(operands)}, whatever the case`,
      }
    }
    case 'domain':
    case 'has_word':
    case 'starts_with':
    case 'ends_with': {
      const operands = readTextOperands(key, value, path, context)
      return (
        operands && {
          test: { kind: key, values: valuesOf(operands) },
          text: `${words[key]} ${textOf(operands)}`,
        }
      )
    }
  }
}

function readTextOperands(
  key: 'domain' | 'has_word' | 'starts_with' | 'ends_with',
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): Operands<string> | null {
  switch (key) {
    case 'domain':
      return readDomains(node, path, context)
    case 'has_word':
      return readTexts(node, path, context)
    case 'starts_with':
    case 'ends_with':
      return fewEnough(readTexts(node, path, context), context)
  }
}

const words = {
  at_least: 'at least',
  at_most: 'at most',
  matches: 'a match of',
  domain: 'an address at',
  starts_with: 'a beginning with',
  ends_with: 'an end with',
  has_word: 'the word',
} as const

function unknownMatcher(
  key: string,
  place: { position: MapEntry['keyAt']; path: ConfigPath },
  context: RuleContext,
): null {
  const claim = place.path.at(-2)
  const combination = meantCombination(key === 'in' ? 'any_of' : key, false) ?? (isReserved(key) ? key : null)
  if (combination !== null && combination in withinClaim) {
    return fault(
      context,
      place,
      `"${key}" is no matcher: ${withinClaim[combination as keyof typeof withinClaim]}`,
    )
  }
  if (claim === 'claims' && !foreignMatchers.has(folded(key))) {
    return fault(context, place, `claims stand in the rule itself: write { ${key}: … } without \`claims\``)
  }
  const suggestion = foreignMatchers.get(folded(key)) ?? nearest(key, matcherNames)
  const message = `unknown matcher (a nested claim is written with dots: ${claim}.${key})`
  return fault(context, place, suggestion === null ? message : 'unknown matcher', suggestion)
}

/** What is written behind a claim in place of what combines rules. */
const withinClaim = {
  any: 'a list alone is one of them, `groups: [admins, ops]`',
  all: 'matchers of one mapping must all hold for one value; of several values write a rule for each, below `all`',
  none: '`not` takes what must not be there, `groups: { not: [banned, gone] }`',
} as const

function compileExpressions(node: ConfigNode, path: ConfigPath, context: RuleContext): Part | null {
  const operands = fewEnough(readTexts(node, path, context), context)
  if (operands === null) return null
  const patterns = allOrNull(
    operands.values.map(({ value, place, isData }): WholeMatch | null => {
      const compiled = compileWholeMatch(value)
      if (compiled.ok) return compiled.pattern
      // The reason quotes the expression, and what `${…}` yields is never printed.
      return fault(context, place, expressionFault(isData ? null : value, compiled.reason))
    }),
  )
  if (patterns === null) return null
  const kept = operands.emptied ? [] : patterns
  return { test: { kind: 'matches', patterns: kept }, text: `${words.matches} ${textOf(operands)}` }
}

/** `value` null: it is data, which the reason would quote. */
function expressionFault(value: string | null, reason: string): string {
  const plain = 'no expression in RE2 syntax'
  if (value === null) return plain
  const [looking] = /\(\?<?[=!]/.exec(value) ?? []
  if (looking === undefined) return `${plain}: ${reason}`
  return `${plain}, which has no look-ahead and no look-behind ("${looking}"): \`matches\` takes what the whole value is, \`not\` beside it what it is not`
}

function readDomains(node: ConfigNode, path: ConfigPath, context: RuleContext): Operands<string> | null {
  const domains = readTexts(node, path, context)
  if (!domains?.values.some(({ value }) => /^[.]|[@*\s]/.test(value))) return domains
  const message = 'expected whole domains, without "@" and "*": subdomains are listed one by one'
  return fault(context, { position: node.at, path }, message)
}

/** `has: {id: "1", role: admin}`: claims of one and the same member. */
function compileHas(node: ConfigNode, path: ConfigPath, context: RuleContext): Part | null {
  const place = { position: node.at, path }
  if (node.kind !== 'map') return fault(context, place, 'expected a mapping, such as {id: "1", role: admin}')
  if (node.entries.length === 0)
    return fault(context, place, 'the mapping is empty: expected claims of one member')
  const entries = compileMember(node, path, context)
  if (entries === null) return null
  const text = entries.map(({ path: claim, matcher }) => `${claim}: ${matcher.text}`).join(', ')
  return { test: { kind: 'has', entries }, text: `a member with {${text}}` }
}

function compileMember(
  node: MapNode,
  path: ConfigPath,
  context: RuleContext,
): readonly ClaimMatcher[] | null {
  if (entryOf(node, 'claim') !== undefined) {
    const one = compileNamedClaim(node, path, context)
    return one && [one]
  }
  return allOrNull(node.entries.map((entry) => compileClaimOfMember(entry, [...path, entry.key], context)))
}

function compileClaimOfMember(entry: MapEntry, path: ConfigPath, context: RuleContext): ClaimMatcher | null {
  if (meantCombination(entry.key, false) === null) return compileClaim(entry, path, context)
  const message = `"${entry.key}" combines nothing within a member: its claims must all hold, and \`not\` stands behind one, \`{ has: { role: { not: guest } } }\` (a claim of this name: {claim: ${entry.key}, is: …})`
  return fault(context, { position: entry.keyAt, path }, message)
}

export interface ClaimMatcher {
  readonly path: ClaimPath
  readonly matcher: Matcher
}

/** `groups: admins`: the key is the claim's path. */
export function compileClaim(entry: MapEntry, path: ConfigPath, context: RuleContext): ClaimMatcher | null {
  const wrong = isReserved(entry.key)
    ? `"${entry.key}" is a reserved word: write {claim: ${entry.key}, is: …}`
    : (wrongPath(entry.key) ?? withoutSpace(entry))
  if (wrong !== null) return fault(context, { position: entry.keyAt, path }, wrong)
  const matcher = compileMatcher(entry.value, path, context)
  return matcher && { path: entry.key, matcher }
}

/** `{groups:admins}` is a key without a value. */
function withoutSpace({ key, value }: MapEntry): string | null {
  const [, name] = /^([\w.]+):./.exec(key) ?? []
  const isNothing = value.kind === 'scalar' && value.value === null && value.source === ''
  return name !== undefined && isNothing ? `a space is missing behind "${name}:"` : null
}

/** `{claim: any, is: x}`: for claims that bear a reserved word's name; beside `claim` there are matchers alone. */
export function compileNamedClaim(
  node: MapNode,
  path: ConfigPath,
  context: RuleContext,
): ClaimMatcher | null {
  const named = entryOf(node, 'claim')
  const name = named === undefined ? null : readText(named.value, [...path, 'claim'], context)
  const others = node.entries.filter((entry) => entry !== named)
  const matcher = compileMatchers(node, others, path, context)
  const wrong = name === null ? null : wrongPath(name)
  if (wrong !== null) return fault(context, { position: node.at, path: [...path, 'claim'] }, wrong)
  return name === null || matcher === null ? null : { path: name, matcher }
}

/** What keeps a text from being a claim path, or null. */
function wrongPath(path: string): string | null {
  return path.split('.').includes('__proto__') ? '"__proto__" is never looked up' : null
}
