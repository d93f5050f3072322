// Policies, and rules that come together at an app.
import t from 'tap'
import { fallbackAccess } from '../../../src/config/rules/rule.ts'
import { explainRequirement } from '../../../src/core/rules/explain.ts'
import { compile, judged } from './rig.ts'

t.test('policies: names, circles, and unused ones', async (t) => {
  const rows: readonly (readonly [string, readonly RegExp[]])[] = [
    ['policies: { a: b, b: c, c: a }', [/policies\.c: policies that lead back to themselves: a → b → c → a/]],
    ['policies: { a: a }', [/policies\.a: policies that lead back to themselves: a → a/]],
    ['policies: { a: { any: [b] }, b: { none: [a] } }', [/policies\.b\.none\[0\]: .* a → b → a/]],
    ['policies: { unused: { a: } }', [/policies\.unused\.a: nothing stands here/]],
    ['policies: { unused: nothing }', [/policies\.unused: no policy of this name/]],
    [
      'policies: { a: signed_in }',
      [/policies\.a: a policy is a mapping or the name of another policy, no keyword/],
    ],
    ['policies: { a: anyone }', [/policies\.a: a policy is a mapping/]],
    ['policies: { a: }', [/policies\.a: the rule is empty/]],
    ['policies: { a: [b], b: { x: y } }', [/policies\.a: a list alone is no rule/]],
    ['policies: { anyone: { a: b } }', [/policies\.anyone: a policy bears no keyword/]],
    ['policies: { signed_in: { a: b } }', [/policies\.signed_in: a policy bears no keyword/]],
    ['policies: { any: { a: b } }', [/policies\.any: a policy bears no keyword/]],
    [
      'policies: { provider: { a: } }',
      [/policies\.provider: a policy bears no/, /policies\.provider\.a: nothing/],
    ],
    ['policies: { bad: { a: } }\nrequire: bad', [/policies\.bad\.a: nothing stands here/]],
    [
      'policies: { bad: { a: } }\nrequire: { any: [bad, bad, { b: } ] }',
      [/policies\.bad\.a/, /require\.any\[2\]\.b/],
    ],
  ]
  for (const [text, expected] of rows) {
    const { faults } = compile(text)
    t.equal(faults.length, expected.length, `${text}: ${faults.join(' | ')}`)
    t.match(faults, expected, text)
  }
})

t.test('policies that double with every step are refused before anybody waits for them', async (t) => {
  const steps = Array.from({ length: 40 }, (_, index) => `p${index + 1}: { all: [p${index}, p${index}] }`)
  const { faults } = compile(`policies: { p0: { a: b }, ${steps.join(', ')} }`)
  t.equal(faults.length, 1)
  t.match(faults[0], /policies\.p14: more than 10000 conditions/)
})

t.test('every fault is told at once, with its place', async (t) => {
  const { faults } = compile(
    'require:\n  a: ""\n  any:\n    - stuff\n    - b: { foo: 1, exists: maybe }\n  client_ip: x\n',
    {
      trustedProxiesWritten: false,
    },
  )
  t.strictSame(
    faults.map((fault) => fault.split(' ').slice(0, 2).join(' ')),
    [
      '2:6 require.a:',
      '4:7 require.any[0]:',
      '5:12 require.any[1].b.foo:',
      '5:28 require.any[1].b.exists:',
      '6:3 require.client_ip:',
      '6:14 require.client_ip:',
    ],
  )
})

t.test('client_ip without an explicit trusted_proxies is an error', async (t) => {
  const text = 'require: { any: [{ client_ip: 10.0.0.0/8 }, signed_in] }'
  const { access, faults } = compile(text, { trustedProxiesWritten: false })
  t.equal(access, null)
  t.match(faults, [/require\.any\[0\]\.client_ip: `client_ip` needs `trusted_proxies`/])
  t.strictSame(compile(text).faults, [])
})

t.test('S-214, S-215: a claim path through __proto__ is refused', async (t) => {
  for (const rule of [
    '{ a.__proto__.b: x }',
    '{ claim: __proto__, is: x }',
    '{ a: { has: { b.__proto__: x } } }',
  ]) {
    const { access, faults } = compile(`require: ${rule}`)
    t.equal(access, null, rule)
    t.match(faults, [/never looked up/], rule)
  }
  t.strictSame(
    compile('require: { claim: constructor, is: x }').faults,
    [],
    'other names are claims like any other',
  )
})

t.test('the floor of the app and the rule of the location must both hold', async (t) => {
  const both = compile('floor: { org: o }\nrequire: { groups: a }').whole
  t.equal(judged(both, { org: 'o', groups: 'a' }), true)
  t.equal(judged(both, { org: 'x', groups: 'a' }), false)
  t.equal(judged(both, { org: 'o', groups: 'b' }), false)
  for (const word of ['anyone', 'maybe_signed_in', 'nobody'] as const) {
    t.strictSame(
      compile(`floor: { org: o }\nrequire: ${word}`).whole,
      { kind: word },
      `${word} says so itself`,
    )
  }
  for (const word of ['anyone', 'maybe_signed_in']) {
    const { access, whole } = compile(`floor: ${word}\nrequire: { groups: a }`)
    t.equal(whole, access, `${word} adds nothing`)
  }
  t.strictSame(compile('floor: nobody\nrequire: { groups: a }').whole, { kind: 'nobody' })
  t.strictSame(fallbackAccess(null), { kind: 'nobody', because: 'no-location' })
  t.strictSame(fallbackAccess({ kind: 'nobody' }), { kind: 'nobody' })
})

t.test('explanations name conditions as they stand in the file', async (t) => {
  const text = `
policies: { staff: { org: "00D", level: { at_least: 3, at_most: 5 } } }
floor: staff
require:
  groups: [admins, "two words", 5, "true"]
  any: [{ a: { not: x } }, { orgs: { has: { id: "1", role: [dev, ops] } } }]
  none: [{ b: { starts_with: y, matches: "z.*" } }, { client_ip: 10.0.0.0/8, provider: [acme, partner] }]
`
  const { whole, faults } = compile(text)
  t.strictSame(faults, [])
  const rows =
    whole?.kind === 'rule'
      ? explainRequirement(whole.requirement, null, { clientAddress: null, certificate: null })
      : []
  t.strictSame(
    rows.map(({ where, expected }) => `${where} = ${expected}`),
    [
      'app: policy staff: org = "00D"',
      'app: policy staff: level = at least 3 and at most 5',
      'groups = one of admins, "two words", 5, "true"',
      'any[0].a = not "x"',
      'any[1].orgs = a member with {id: "1", role: one of dev, ops}',
      'none[0].b = a beginning with "y" and a match of "z.*"',
      'none[1].client_ip = 10.0.0.0/8',
      'none[1].provider = one of acme, partner',
    ],
  )
})
