import type { Check } from './check.ts'
import { meantName, usesByName } from './claim-names.ts'
import { type ClaimDemand, claimDemands } from './claim-reach.ts'
import { isOneSlip, isPluralOf } from './one-slip.ts'

/** Two names of claims in one file of which one is probably the other, mistyped. */
export const claimsAlikeChecks: readonly Check[] = [
  {
    id: 'claims-alike',
    severity: 'warning',
    inCheck: true,
    finds: 'Two claims whose names differ by one letter',
    why: 'Names are compared to the letter. `group` and `groups` are two claims, and most providers send one of them: the rule on the other keeps everybody out.',
    fix: 'Write the name that the provider sends. Where it sends both, say that in a comment.',
    example: `locations:
  - { path: /a, require: { groups: admins } }
  - { path: /b, require: { group: admins } }`,
    find: (subject) => {
      const all = claimDemands(subject)
      const byName = usesByName(all)
      // What another finding tells is not told twice.
      const demands = all.filter((demand) => meantName(demand, byName) === null)
      const uses = Map.groupBy(demands, ({ path, provider }) => JSON.stringify([provider.name, path]))
      return [...uses.values()].flatMap((own) => {
        const [demand] = own
        const other = demand === undefined ? undefined : [...uses.values()].find((one) => isLesser(own, one))
        const line = other?.[0]?.found('')[0]?.position.line
        if (other === undefined || line === undefined) return []
        const message = `\`${demand?.path}\` stands beside \`${other[0]?.path}\` in line ${line}: are both sent?`
        return own.flatMap((use) => use.found(message))
      })
    },
  },
]

/** Whether these uses are the ones to doubt: the fewer of two names alike, the later ones of as many. */
function isLesser(own: readonly ClaimDemand[], other: readonly ClaimDemand[]): boolean {
  const [one, two] = [own[0], other[0]]
  if (one === undefined || two === undefined || one.provider !== two.provider) return false
  if (!isPluralOf(one.path, two.path) && !isOneSlip(one.path, two.path)) return false
  if (differInShortWord(one.path, two.path)) return false
  const [places, others] = [placesOf(own), placesOf(other)]
  if (places.length === 0 || others.length === 0) return false
  if (places.length !== others.length) return places.length < others.length
  return Math.min(...places) > Math.min(...others)
}

/** `team_a` and `team_b` are meant to differ. */
function differInShortWord(a: string, b: string): boolean {
  const [words, others] = [a, b].map((name) => name.split(/[^A-Za-z0-9]+/))
  if (words === undefined || words.length !== others?.length) return false
  return words.some((word, index) => {
    const other = others[index] ?? ''
    return word !== other && Math.min(word.length, other.length) < 4
  })
}

/** The lines that name a claim, each once: a policy's come once for each rule that uses it. */
function placesOf(uses: readonly ClaimDemand[]): readonly number[] {
  const positions = uses.flatMap(({ found }) => found('').map(({ position }) => position))
  return [
    ...new Map(positions.map(({ line, column }) => [`${line}:${column}`, line + column / 1e6])).values(),
  ]
}
