import t from 'tap'
import { countAccess } from '../../src/core/access-counts.ts'
import { loadRules } from '../support/rules.ts'

const none = { anyone: 0, maybe_signed_in: 0, signed_in: 0, rule: 0, nobody: 0 }

function count(rules: string) {
  return countAccess(loadRules(rules).gateway)
}

t.test('locations are counted by kind of access, and what none of them covers as one', async (t) => {
  t.strictSame(count('  require: signed_in\n'), { ...none, signed_in: 1 })
  t.strictSame(count('  require: { groups: staff }\n'), { ...none, rule: 1 })
  t.strictSame(
    count(`  locations:
  - { path: /a, require: anyone }
  - { path: /b, require: anyone }
  - { path: /c, require: maybe_signed_in }
  - { path: /d, require: signed_in }
  - { path: /e, require: { groups: staff } }
  - { path: /f, require: nobody }
`),
    { anyone: 2, maybe_signed_in: 1, signed_in: 1, rule: 1, nobody: 2 },
    'without a `require` of the app nobody gets in elsewhere',
  )
})

t.test(
  'a floor makes a rule of what asks for a sign-in alone; what asks for nothing more does not',
  async (t) => {
    const table = [
      ['  require: { groups: staff }\n  locations: [{ path: /a, require: signed_in }]\n', { rule: 2 }],
      ['  require: signed_in\n  locations: [{ path: /a, require: signed_in }]\n', { signed_in: 2 }],
      ['  require: { any: [signed_in, { groups: staff }] }\n', { rule: 1 }],
      ['  require: { any: [signed_in, { client_ip: 10.0.0.0/8 }] }\n', { rule: 1 }],
      ['  require: { none: [{ groups: banned }] }\n', { rule: 1 }],
      ['  require: { provider: op }\n', { rule: 1 }],
    ] as const
    for (const [rules, expected] of table) t.strictSame(count(rules), { ...none, ...expected }, rules)
  },
)
