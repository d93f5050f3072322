import { areOpenedByKeys, reservedProviders } from '../core/credential/credential.ts'
import type { App } from '../core/gateway.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { type Identification, isSameIdentification } from '../core/rules/identification.ts'
import type { Requirement } from '../core/rules/requirement.ts'
import { isOpen } from '../core/rules/way.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import { coversEverything } from './addresses.ts'
import { type Check, foundAtPart } from './check.ts'
import { whyNever } from './never.ts'
import { conditionsOf, partsOf, rulesOf } from './rules.ts'
import { conditionName } from './words.ts'

/** Rules that nobody or everybody meets. */
export const ruleOutcomeChecks: readonly Check[] = [
  {
    id: 'rule-never-true',
    severity: 'warning',
    inCheck: true,
    finds: 'A rule that nobody can meet',
    why: 'Its parts contradict each other; the app’s own `require` is one of them. Nobody gets in. If you do not mean that, you will hear of it from people who are locked out.',
    fix: 'Remove one of the conditions that contradict each other, or write `require: nobody`.',
    example: `require:
  groups: { exists: false }
  any:
    - groups: admins`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ app, location, whole }) => {
        const { ways, complete } = waysIn(whole, acceptedAt(subject.gateway, app, location))
        if (ways.length > 0 || !complete) return []
        return foundAtPart(subject, location, `nobody can meet the rule of ${nameOf(app, location)}`)
      }),
  },
  {
    id: 'condition-never-true',
    severity: 'warning',
    inCheck: true,
    finds: 'A condition that can never be true',
    why: 'No claim passes it: a range that ends before it begins, a text with a space where single words are compared (`scope`, `scp`, `has_word`), or a value that the same mapping rules out.',
    fix: 'Write several words as a list (one of them) or as several entries of `all` (each of them). Swap the ends of the range.',
    example: `require: { scope: "reports:read reports:write" }`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ whole }) =>
        conditionsOf(whole).flatMap(({ condition }) => {
          const why = condition.kind === 'claim' ? whyNever(condition.path, condition.matcher) : null
          if (condition.kind !== 'claim' || why === null) return []
          return foundAtPart(subject, condition, `${conditionName(subject, condition)} ${why}: never true`)
        }),
      ),
  },
  {
    id: 'rule-only-signed-in',
    severity: 'warning',
    finds: 'A rule with conditions that everyone who is signed in meets',
    why: 'One member of an `any` lets everybody in, or all accepted providers are listed. The other conditions look like a protection and are none.',
    fix: 'If you mean that, write `signed_in`. Otherwise remove the member that lets everybody in.',
    example: `require:
  any:
    - groups: admins
    - signed_in`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ app, location, own }) => {
        if (isPlainSignedIn(own) || !letsEveryoneIn(own, acceptedAt(subject.gateway, app, location)))
          return []
        const message = `everyone who is signed in meets the rule of ${nameOf(app, location)}, whatever it says`
        return foundAtPart(subject, location, message)
      }),
  },
  {
    id: 'provider-not-accepted',
    severity: 'warning',
    finds: 'A condition on a provider that the app does not accept',
    why: 'A session of a provider that the app does not accept does not count, so the condition is false for everyone.',
    fix: 'Add the provider to the app’s `provider`, or remove the condition. `api_keys` are accepted where `credentials` lists `api_key` or `widget`, and `certificates` where it lists `client_certificate`.',
    example: `provider: staff
require: { provider: partners, groups: suppliers }`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ app, whole }) =>
        conditionsOf(whole).flatMap(({ condition, negated, around }) => {
          if (condition.kind !== 'provider' || negated || isShared(around)) return []
          if (condition.names.some((name) => vouchesAt(app, name))) return []
          const names = condition.names.map((name) => `"${name}"`).join(' or ')
          return foundAtPart(subject, condition, `"${app.name}" does not accept ${names}`)
        }),
      ),
  },
  {
    id: 'client-ip-everyone',
    severity: 'warning',
    finds: 'A `client_ip` that every address meets',
    why: 'A range that covers everything is no condition. Without `signed_in` beside it, the location is open.',
    fix: 'Write the networks that you mean. Or write `anyone`, which everybody understands.',
    example: 'require: { client_ip: 0.0.0.0/0 }',
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ whole }) =>
        conditionsOf(whole).flatMap(({ condition }) => {
          if (condition.kind !== 'client_ip' || !coversEverything(condition.ranges)) return []
          return foundAtPart(subject, condition, '`client_ip` covers every address of its kind')
        }),
      ),
  },
  {
    id: 'combination-of-one',
    severity: 'note',
    finds: 'An `any` or `all` with one member',
    why: 'One member means the same with and without the word around it. Often the second member was forgotten, or stands one step too far to the left.',
    fix: 'Write the member alone, or the one that is missing.',
    example: `require:
  any:
    - groups: admins`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ whole }) =>
        partsOf(whole).flatMap((part) => {
          if ((part.kind !== 'any' && part.kind !== 'all') || part.members.length !== 1) return []
          return foundAtPart(subject, part, `\`${part.kind}\` has one member`)
        }),
      ),
  },
  {
    id: 'combination-nested',
    severity: 'note',
    finds: 'An `all` directly in an `all`, or an `any` in an `any`',
    why: 'The inner one adds nothing to the outer one. Somebody may have meant the other word.',
    fix: 'Move the inner members to the outer list, or write the word that you mean.',
    example: `require:
  all:
    - groups: staff
    - all: [{ groups: admins }, { department: finance }]`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ whole }) =>
        partsOf(whole).flatMap((part) => {
          if (part.kind !== 'any' && part.kind !== 'all') return []
          if (part.kind === 'all' && part.of !== undefined) return []
          const inner = part.members.filter(({ kind }) => kind === part.kind).filter(isWrittenOut)
          return inner.flatMap((one) =>
            foundAtPart(subject, one, `\`${part.kind}\` stands directly in an \`${part.kind}\``),
          )
        }),
      ),
  },
]

function nameOf(app: App, location: App['fallback']): string {
  return location === app.fallback ? `"${app.name}"` : location.label
}

function isPlainSignedIn(requirement: Requirement): boolean {
  return requirement.kind === 'signed_in'
}

function letsEveryoneIn(requirement: Requirement, accepted: readonly Identification[]): boolean {
  const [way, ...others] = waysIn(requirement, accepted).ways
  // Another way beside it is one that asks nobody to sign in: then the rule says something.
  if (way === undefined || others.length > 0) return false
  const { by } = way
  if (!isOpen({ ...way, by: null })) return false
  if (by === null) return true
  return accepted.every((one) => by.some((other) => isSameIdentification(one, other)))
}

/** Whether anybody comes to the app for whom this provider vouches; operators’ keys and certificates have their own. */
function vouchesAt(app: App, name: string): boolean {
  const lists = [app.fallback, ...app.allLocations].map(({ credentials }) => credentials)
  switch (name) {
    case reservedProviders.apiKeys:
      return lists.some(areOpenedByKeys)
    case reservedProviders.certificates:
      return lists.some((credentials) => credentials.includes('client_certificate'))
    default:
      return app.providers.includes(name)
  }
}

/** A policy for several apps names in its `any` providers that one of them need not accept. */
function isShared(around: readonly Requirement[]): boolean {
  return around.some(({ kind }) => kind === 'policy') && around.some(({ kind }) => kind === 'any')
}

/** Not the entries of one mapping. */
function isWrittenOut(requirement: Requirement): boolean {
  return requirement.kind !== 'all' || requirement.of === undefined
}
