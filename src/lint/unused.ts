import { nodeAt } from '../config/node.ts'
import type { Requirement } from '../core/rules/requirement.ts'
import { type Check, foundAtKey } from './check.ts'
import { partsOf, rulesOf } from './rules.ts'
import type { Subject } from './subject.ts'

/** What stands in the file and is used nowhere. */
export const unusedChecks: readonly Check[] = [
  {
    id: 'policy-unused',
    severity: 'warning',
    finds: 'A policy that no rule uses',
    why: 'It protects nothing. Often a location should name it, but says something else.',
    fix: 'Use it where you meant it, or remove it.',
    example: `policies:
  admins: { groups: admins }`,
    find: (subject) => {
      const used = usedPolicies(subject)
      return namesBelow(subject, 'policies')
        .filter((name) => !used.has(name))
        .map((name) => foundAtKey(subject, ['policies', name], `no rule uses the policy "${name}"`))
    },
  },
  {
    id: 'provider-unused',
    severity: 'warning',
    finds: 'A provider that no app accepts',
    why: 'Nobody can sign in with it. Often an app should list it.',
    fix: 'Name it in the `provider` of an app, or remove it.',
    example: `providers:
  staff: { issuer: "https://id.example.com" }
  partners: { issuer: "https://partners.example.com" }
apps:
  wiki: { provider: staff }`,
    find: (subject) => {
      const accepted = new Set(subject.gateway.apps.flatMap(({ providers }) => providers))
      return [...subject.gateway.providers.keys()]
        .filter((name) => !accepted.has(name))
        .map((name) => foundAtKey(subject, ['providers', name], `no app accepts the provider "${name}"`))
    },
  },
]

/** By a rule that counts, or by one of the same file that is rehearsed. */
function usedPolicies({ gateway }: Subject): ReadonlySet<string> {
  const { shadow } = gateway
  const rehearsed = shadow === null || shadow.file !== null ? [] : shadow.rehearsed
  const ruled = rehearsed.flatMap(({ location: { access } }) =>
    access.kind === 'rule' ? [access.requirement] : [],
  )
  const rules: readonly Requirement[] = [...rulesOf(gateway).map(({ whole }) => whole), ...ruled]
  return new Set(rules.flatMap(partsOf).flatMap((part) => (part.kind === 'policy' ? [part.name] : [])))
}

function namesBelow({ root }: Subject, key: string): readonly string[] {
  const node = nodeAt(root, [key])
  return node?.kind === 'map' ? node.entries.map((entry) => entry.key) : []
}
