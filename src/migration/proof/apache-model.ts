import { isObject, type Json } from '../../core/json.ts'
import { contains, readAddress, readAddressRange } from '../../core/request/address.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { toNetwork } from '../apache/access/requirement.ts'
import { isWithheld, type RemoteUser, type WithheldClaims } from '../apache/context.ts'
import { wordsOf } from '../apache/reading/last.ts'
import { compileSearch, isReadAlike, sectionCovers } from '../apache/reading/path-match.ts'
import { limitCovers, nodeCovers, type RequireNode, type RequireTest } from '../apache/reading/require.ts'
import { mergeSections, type PathSection } from '../apache/reading/section.ts'
import type { VirtualHost } from '../apache/reading/site.ts'
import { comparesReals, isAtLeast, type Version } from '../apache/versions.ts'
import type { JudgedRequest } from '../finding.ts'

/**
 * httpd's authorization, written down a second time: nothing of the conversion is used to judge, so that a mistake
 * there shows as a disagreement. After mod_authz_core's `apply_authz_sections` and mod_auth_openidc's matching.
 */

export type Verdict = 'allow' | 'sign-in' | 'deny'

export interface ModelContext {
  readonly version: Version
  readonly remoteUser: RemoteUser
  /** Who somebody is who comes by an access token; null: none is asked with. */
  readonly tokenUser: RemoteUser | null
  readonly withheld: WithheldClaims
}

/** What holds at one path: the sections that cover it, merged. */
export interface MergedPath {
  readonly sections: readonly PathSection[]
  readonly requires: RequireNode | null
  readonly authType: string
  readonly passes: boolean
  /** `OIDCUnAutzAction auth`: a claim that is not met sends to the provider at once. */
  readonly signsInAgain: boolean
}

/** Far more than stand at one path in practice. */
const mostDoubts = 6

/**
 * The same in every way that it may be: with and without each section that httpd applies to some requests alone, or
 * whose expression nobody reads here. Null where these are too many.
 */
export function possibilitiesAt(host: VirtualHost, path: string): readonly MergedPath[] | null {
  const covering = host.sections.filter(
    (section) =>
      sectionCovers(section, path) || (!isReadAlike(section) && compileSearch(section.pattern) === null),
  )
  const doubtful = covering.filter((section) => section.doubt !== null || !isReadAlike(section))
  if (doubtful.length > mostDoubts) return null
  return Array.from({ length: 2 ** doubtful.length }, (_, bits) =>
    merged(
      covering.filter((section) => {
        const index = doubtful.indexOf(section)
        return index === -1 || ((bits >> index) & 1) === 1
      }),
    ),
  )
}

function merged(sections: readonly PathSection[]): MergedPath {
  const { directives, requires } = mergeSections(sections)
  const [action, expression] = wordsOf(directives, 'OIDCUnAuthAction')
  return {
    sections,
    requires,
    authType: wordsOf(directives, 'AuthType')[0]?.toLowerCase() ?? 'none',
    passes: action === 'pass' && expression === undefined,
    signsInAgain: wordsOf(directives, 'OIDCUnAutzAction')[0]?.toLowerCase() === 'auth',
  }
}

/** `denied-no-user`: a user might change it. `sent-away`: nothing changes it any more. */
type Result = 'granted' | 'denied' | 'denied-no-user' | 'neutral' | 'sent-away'

interface Visit extends ModelContext {
  readonly request: JudgedRequest
  /** Null before authentication; empty for nobody under `OIDCUnAuthAction pass`. */
  readonly user: string | null
  readonly signsInAgain: boolean
}

/** By what somebody may come. */
const modes: ReadonlyMap<string, readonly ('token' | 'session')[]> = new Map([
  ['openid-connect', ['session']],
  ['auth-openidc', ['session', 'token']],
  ['oauth20', ['token']],
])

/** Whether httpd looks at what somebody comes by; at another place they are nobody. */
export function looksAt({ authType }: MergedPath, { byToken }: JudgedRequest): boolean {
  return modes.get(authType)?.includes(byToken === true ? 'token' : 'session') === true
}

/** httpd's answer: rules are request before anybody is identified, and a second time after. */
export function judgeApache(place: MergedPath, request: JudgedRequest, context: ModelContext): Verdict {
  const { requires, authType, passes, signsInAgain } = place
  // A type of authentication without a rule is a mistake that httpd answers with 500.
  if (requires === null) return authType === 'none' ? 'allow' : 'deny'
  const before = apply(requires, { ...context, request, user: null, signsInAgain }, 'all')
  if (before === 'granted') return 'allow'
  if (before !== 'denied-no-user') return 'deny'
  // Without a type of authentication httpd answers 500.
  if (!modes.has(authType)) return 'deny'
  const claims = looksAt(place, request) ? request.claims : null
  // Whoever shows no token passes as nobody with OPTIONS, wherever tokens alone are taken.
  const anonymous = authType === 'oauth20' ? request.method === 'OPTIONS' : passes
  if (claims === null && !anonymous) return 'sign-in'
  const means =
    request.byToken === true && context.tokenUser !== null ? context.tokenUser : context.remoteUser
  const user = claims === null ? '' : remoteUser(claims, means)
  return apply(requires, { ...context, request, user, signsInAgain }, 'all') === 'granted' ? 'allow' : 'deny'
}

function remoteUser(claims: Claims, { claim, suffix, expression }: RemoteUser): string {
  const value = claims[claim]
  const text = typeof value === 'string' ? value : ''
  return (expression === null ? text : (compileSearch(expression)?.exec(text)?.[1] ?? text)) + suffix
}

function apply(node: RequireNode, visit: Visit, parent: 'all' | 'any'): Result {
  if (!nodeCovers(node, visit.request.method)) return parent === 'all' ? 'granted' : 'neutral'
  const result = node.kind === 'rule' ? test(node.test, visit) : combine(node, visit)
  if (!node.negated || result === 'sent-away') return result
  return result === 'granted' ? 'denied' : 'neutral'
}

function combine(group: Extract<RequireNode, { kind: 'group' }>, visit: Visit): Result {
  let result: Result = 'neutral'
  for (const member of group.members) {
    const one = apply(member, visit, group.op)
    if (one === 'neutral') continue
    if (one === 'sent-away') return one
    if (one === (group.op === 'all' ? 'denied' : 'granted')) return one
    const undecided =
      one === 'denied-no-user' && (group.op === 'all' ? result !== 'denied' : result === 'denied')
    if (undecided || result === 'neutral') result = one
  }
  return result
}

function test(rule: RequireTest, { request, user, version, withheld, signsInAgain }: Visit): Result {
  const when = (condition: boolean): Result => (condition ? 'granted' : 'denied')
  switch (rule.kind) {
    case 'all':
      return when(rule.granted)
    case 'method':
      return when(limitCovers({ except: false, names: new Set(rule.names) }, request.method))
    case 'ip':
      return when(rule.ranges.some((range) => isWithin(request.clientAddress, range)))
    case 'valid-user':
      return user === null ? 'denied-no-user' : 'granted'
    case 'user':
      return user === null ? 'denied-no-user' : when(rule.names.includes(user))
    case 'claim': {
      if (user === null) return 'denied-no-user'
      // Nobody, let in by `pass`, is granted every claim; OPTIONS as well.
      if (user === '') return 'granted'
      const kept = Object.entries(request.claims ?? {}).filter(([name]) => !isWithheld(withheld, name))
      const claims = Object.fromEntries(kept)
      const met = rule.specs.some(({ eaten }) => matchesSpec(claims, eaten, version))
      return met || !signsInAgain ? when(met) : 'sent-away'
    }
    case 'claims_expr':
    case 'other':
      return user === null ? 'denied-no-user' : 'denied'
  }
}

/** What this model knows nothing of: requests that meet it are not judged. */
export function isBeyondModel(node: RequireNode): boolean {
  if (node.kind === 'group') return node.members.some(isBeyondModel)
  const { test } = node
  return (
    test.kind === 'claims_expr' ||
    test.kind === 'other' ||
    (test.kind === 'claim' && test.specs.some(({ eaten }) => eaten.includes('%{')))
  )
}

function isWithin(address: string, range: string): boolean {
  const network = readAddressRange(toNetwork(range) ?? '')
  const client = readAddress(address)
  return network.ok && client !== null && contains(network.range, client)
}

/** Every claim whose name the word begins with is tried: names may hold colons and dots. */
function matchesSpec(claims: Claims, spec: string, version: Version): boolean {
  return Object.keys(claims).some((key) => {
    if (!spec.startsWith(key)) return false
    const value = claims[key] ?? null
    const rest = spec.slice(key.length + 1)
    switch (spec[key.length]) {
      case ':':
        return matchesValue(value, rest, version)
      case '~':
        return matchesPattern(value, rest)
      case '.':
        return isObject(value) && matchesSpec(value, rest, version)
      default:
        return false
    }
  })
}

function matchesValue(value: Json, text: string, version: Version): boolean {
  if (Array.isArray(value)) {
    return value.some((item: Json) => !Array.isArray(item) && matchesValue(item, text, version))
  }
  switch (typeof value) {
    case 'string':
      return value === text
    case 'boolean':
      return text === String(value)
    case 'number':
      return matchesNumber(value, text, version)
    default:
      return value === null && text === 'null' && isAtLeast(version, comparesReals)
  }
}

/** As `sscanf` reads: what the text begins with counts, the rest does not. */
function matchesNumber(value: number, text: string, version: Version): boolean {
  if (Number.isInteger(value)) {
    const [digits] = /^\s*[+-]?\d+/.exec(text) ?? []
    return digits !== undefined && Number(digits) === value
  }
  const [digits] = /^\s*[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/.exec(text) ?? []
  return isAtLeast(version, comparesReals) && digits !== undefined && Number(digits) === value
}

function matchesPattern(value: Json, source: string): boolean {
  if (Array.isArray(value)) {
    return value.some((item: Json) => typeof item === 'string' && matchesPattern(item, source))
  }
  return typeof value === 'string' && (compileSearch(source)?.test(value) ?? false)
}
