import t from 'tap'
import type { Access } from '../../../src/core/gateway.ts'
import type { Requirement } from '../../../src/core/rules/requirement.ts'
import { letsInNobody } from '../../../src/core/rules/without-credential.ts'

const signedIn: Requirement = { kind: 'signed_in' }
const bearer: Requirement = { kind: 'credential', names: ['bearer'] }
const office: Requirement = { kind: 'client_ip', ranges: [{} as never] }
const emptied: Requirement = { kind: 'client_ip', ranges: [] }

const all = (...members: Requirement[]): Requirement => ({ kind: 'all', members })
const any = (...members: Requirement[]): Requirement => ({ kind: 'any', members })
const none = (...members: Requirement[]): Requirement => ({ kind: 'none', members })
const policy = (requirement: Requirement): Requirement => ({ kind: 'policy', name: 'p', requirement })

const rows: readonly (readonly [string, Requirement, boolean])[] = [
  ['signed_in', signedIn, false],
  ['credential', bearer, false],
  ['an address', office, true],
  ['a list of addresses that is empty', emptied, false],
  ['an address beside a sign-in', all(office, signedIn), false],
  ['an address instead of a sign-in', any(office, signedIn), true],
  ['the same in a policy', policy(any(office, bearer)), true],
  ['none, which is at best unknown', none(signedIn), false],
  ['none of an address', none(office), false],
  ['none of none of an address', none(none(office)), false],
  ['none beside an address', any(none(bearer), all(office, office)), true],
]

for (const [name, requirement, expected] of rows)
  t.test(name, async (t) => t.equal(letsInNobody({ kind: 'rule', requirement }), expected))

t.test('what is open lets in everybody, what is closed nobody', async (t) => {
  const kinds: readonly (readonly [Access['kind'], boolean])[] = [
    ['anyone', true],
    ['maybe_signed_in', true],
    ['nobody', false],
  ]
  for (const [kind, expected] of kinds) t.equal(letsInNobody({ kind } as Access), expected, kind)
})
