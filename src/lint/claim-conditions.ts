import type { Requirement } from '../core/rules/requirement.ts'
import { type Check, foundAtPart } from './check.ts'
import {
  type ClaimCondition,
  type ClaimUse,
  certainConditions,
  claimUses,
  partsOf,
  rulesOf,
} from './rules.ts'
import { conditionName } from './words.ts'

/** Conditions on claims that say something else than they seem to. */
export const claimConditionChecks: readonly Check[] = [
  {
    id: 'none-needs-claim',
    severity: 'warning',
    finds: 'A `none` or `not` that keeps out everyone who lacks the claim',
    why: 'A claim that is missing makes a condition unknown. What is unknown lets nobody in, negated or not. So `none: [{groups: banned}]` keeps out everybody who has no `groups` at all.',
    fix: 'If you mean that, say so: `groups: { exists: true, not: banned }`. If you do not: `any: [{ groups: { exists: false } }, { groups: { not: banned } }]`.',
    example: `require:
  none:
    - groups: banned`,
    find: (subject) =>
      claimUses(subject.gateway).flatMap((use) => {
        if (!isNegative(use) || isCertain(use)) return []
        const name = conditionName(subject, use.condition)
        return foundAtPart(subject, use.condition, `this keeps out everyone who has no ${name} at all`)
      }),
  },
  {
    id: 'exists-false',
    severity: 'note',
    finds: 'People who are let in because a claim is missing',
    why: 'A claim can be missing for other reasons than the one that you mean: nobody asked for the scope, somebody removed a mapper, or the provider leaves large lists out. Then everybody meets the condition.',
    fix: 'Use a claim that says what you mean. If absence is what counts, leave the rule as it is.',
    example: 'require: { suspended_at: { exists: false } }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap(({ condition, negated }) => {
        if (condition.matcher.exists !== negated) return []
        const message = `${conditionName(subject, condition)} lets in by being absent`
        return foundAtPart(subject, condition, message)
      }),
  },
  {
    id: 'members-may-differ',
    severity: 'note',
    finds: 'Two conditions below one claim that different members of a list may meet',
    why: 'If the claim is a list of objects, each condition looks through all of them. `orgs.id: "1"` beside `orgs.role: admin` lets in an admin of another organisation who is a plain member of this one.',
    fix: 'Ask one and the same member: `orgs: { has: { id: "1", role: admin } }`.',
    example: 'require: { orgs.id: "1", orgs.role: admin }',
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ whole }) =>
        partsOf(whole).flatMap((part) => {
          const pair = part.kind === 'all' ? pairBelowOne(part.members) : null
          if (pair === null) return []
          const [first, second] = pair.map((one) => conditionName(subject, one))
          return foundAtPart(
            subject,
            pair[1],
            `${first} and ${second} may be met by different members, should "${parentOf(pair[1].path)}" be a list`,
          )
        }),
      ),
  },
  {
    id: 'self-chosen-claim',
    severity: 'warning',
    finds: 'A rule on something that people may write themselves',
    why: 'Names, languages and sign-in names are for showing. At many providers people edit them, and nobody makes sure that they are unique (OpenID Connect Core section 5.7). Whoever takes the right name is let in.',
    fix: 'Decide by a group or a role, by `sub`, or by a verified `email`.',
    example: 'require: { preferred_username: ada }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap(({ condition }) => {
        const { path, matcher } = condition
        if (!selfChosen.has(path) || (matcher.tests.length === 0 && matcher.not === null)) return []
        return foundAtPart(subject, condition, `at many providers people write their \`${path}\` themselves`)
      }),
  },
  {
    id: 'regex-dot',
    severity: 'warning',
    finds: 'A dot in an expression that stands for any character',
    why: '`matches: ".*@example.com"` matches `eve@exampleXcom` too. In an expression, a plain `.` is any character, so somebody can register a name that fits.',
    fix: 'Write `\\.`, or use no expression: `domain: example.com`, `ends_with: .example.com`.',
    example: 'require: { email: { matches: ".*@example.com" } }',
    find: (subject) =>
      expressions(subject, (source) => /(?<!\\)[A-Za-z0-9]\.[A-Za-z]{2,}(?![*+?{])/.test(source)).map(
        ({ found }) => ({ ...found, message: 'a dot between letters stands for any character here' }),
      ),
  },
  {
    id: 'regex-anywhere',
    severity: 'note',
    finds: 'An expression with `.*` at both ends',
    why: 'It matches wherever the text occurs. `.*admin.*` lets in `not-an-admin` and `administrators-guests`.',
    fix: 'Write the values themselves as a list, or `starts_with`, `ends_with`, `has_word`.',
    example: 'require: { groups: { matches: ".*admin.*" } }',
    find: (subject) =>
      expressions(subject, (source) => /^\^?\.[*+]\??.*(?<!\\)\.[*+]\??\$?$/s.test(source)).map(
        ({ found }) => ({ ...found, message: 'this expression matches wherever the text occurs' }),
      ),
  },
  {
    id: 'regex-anchored',
    severity: 'note',
    finds: '`^` or `$` around an expression that matches whole values anyhow',
    why: '`matches` always compares the whole value. The anchors make readers believe that an expression without them matches anywhere, and they read other expressions of the file wrongly.',
    fix: 'Remove them.',
    example: 'require: { department: { matches: "^fin-[0-9]+$" } }',
    find: (subject) =>
      expressions(subject, (source) => /^\^|(?<!\\)\$$/.test(source)).map(({ found }) => ({
        ...found,
        message: 'an expression matches the whole value anyhow: `^` and `$` do nothing',
      })),
  },
]

function isNegative({ negated, condition: { matcher } }: ClaimUse): boolean {
  if (matcher.tests.length > 0) return negated
  return matcher.not !== null && matcher.exists !== true && !negated
}

/** Something beside it is true only for people who have the claim, or every provider sends it. */
function isCertain({ condition, around }: ClaimUse): boolean {
  if (alwaysThere.has(condition.path)) return true
  return around
    .filter(({ kind }) => kind === 'all')
    .flatMap(certainConditions)
    .some((other) => {
      if (other === condition || other.kind !== 'claim' || other.path !== condition.path) return false
      return other.matcher.exists === true || other.matcher.tests.length > 0
    })
}

/** Of OpenID Connect Core section 5.1. */
const selfChosen: ReadonlySet<string> = new Set([
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
  ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale'],
])

/** OpenID Connect Core section 2. */
const alwaysThere: ReadonlySet<string> = new Set(['sub', 'iss', 'aud', 'exp', 'iat'])

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.'))
}

/** Of these a provider makes one object, never a list. */
const objects = /^(?:address|realm_access|resource_access)(?:\.|$)/

function pairBelowOne(members: readonly Requirement[]): readonly [ClaimCondition, ClaimCondition] | null {
  const nested = members.filter(
    (member) => member.kind === 'claim' && /^[\w:-]+(?:\.[\w:-]+)+$/.test(member.path),
  )
  const seen = new Map<string, ClaimCondition>()
  for (const member of nested) {
    if (member.kind !== 'claim' || objects.test(member.path)) continue
    const before = seen.get(parentOf(member.path))
    if (before !== undefined && before.path !== member.path) return [before, member]
    seen.set(parentOf(member.path), member)
  }
  return null
}

/** Conditions of which an expression looks like that. */
function expressions(subject: Parameters<Check['find']>[0], looks: (source: string) => boolean) {
  return claimUses(subject.gateway).flatMap(({ condition }) => {
    const patterns = condition.matcher.tests.flatMap((test) => (test.kind === 'matches' ? test.patterns : []))
    if (!patterns.some(({ source }) => looks(source))) return []
    return foundAtPart(subject, condition, '').map((found) => ({ found }))
  })
}
