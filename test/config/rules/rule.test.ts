// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import t from 'tap'
import type { Claims } from '../../../src/core/rules/claims.ts'
import type { Truth } from '../../../src/core/rules/truth.ts'
import { compile, judged } from './rig.ts'

t.test('the words that stand directly as require', async (t) => {
  for (const word of ['anyone', 'maybe_signed_in', 'nobody'] as const) {
    t.strictSame(compile(`require: ${word}`), { access: { kind: word }, whole: { kind: word }, faults: [] })
  }
  const signedIn = compile('require: signed_in')
  t.strictSame(signedIn.access, { kind: 'rule', requirement: { kind: 'signed_in' } })
  t.strictSame(compile('require: "anyone"').access, { kind: 'anyone' }, 'quotes change nothing')
})

t.test('rules mean what the reference says', async (t) => {
  const rows: readonly (readonly [string, Claims, Truth])[] = [
    ['{ organization_id: "00D5e000000HEcPEAW" }', { organization_id: '00D5e000000HEcPEAW' }, true],
    ['{ organization_id: "00D5e000000HEcPEAW" }', { organization_id: '00D5e000000HEcP' }, false],
    ['{ groups: [admins, ops] }', { groups: ['x', 'ops'] }, true],
    ['{ groups: [admins, ops] }', { groups: 'admins' }, true],
    ['{ groups: [admins, ops] }', { groups: 'admins ops' }, false],
    ['{ realm_access.roles: editor }', { realm_access: { roles: ['editor'] } }, true],
    ['{ "cognito:groups": a }', { 'cognito:groups': ['a'] }, true],
    ['{ email: { domain: example.com } }', { email: 'a@EXAMPLE.com' }, true],
    ['{ email: { domain: [a.example, b.example] } }', { email: 'x@b.example' }, true],
    ['{ clearance: { at_least: 3 } }', { clearance: 3 }, true],
    ['{ clearance: { at_least: 3, at_most: 5 } }', { clearance: [1, 9] }, false],
    ['{ clearance: { at_least: "${env:LEVEL}" } }', { clearance: 4 }, true],
    ['{ clearance: { at_least: -1.5 } }', { clearance: -1 }, true],
    ['{ scope: "reports:read" }', { scope: 'openid reports:read' }, true],
    ['{ scp: [a, b] }', { scp: 'b c' }, true],
    ['{ email: { is_ignoring_case: Ada@example.com } }', { email: 'ada@EXAMPLE.com' }, true],
    ['{ email: { is_ignoring_case: [a, B] } }', { email: 'b' }, true],
    ['{ email: { not: { is_ignoring_case: B } } }', { email: 'b' }, false],
    ['{ title: { has_word: lead } }', { title: 'team lead' }, true],
    ['{ team: { starts_with: [eu-, us-], ends_with: -ops } }', { team: ['us-ops'] }, true],
    ['{ id: { matches: "[0-9]{3}" } }', { id: '123' }, true],
    ['{ id: { matches: ["a", "b+"] } }', { id: 'bb' }, true],
    ['{ a: { is: 5 } }', { a: 5 }, true],
    ['{ a: 5 }', { a: '5' }, 'unknown'],
    ['{ a: true }', { a: true }, true],
    ['{ a: no }', { a: 'no' }, true],
    ['{ a: "5" }', { a: '5' }, true],
    ['{ a: ["5", 5, true] }', { a: true }, true],
    ['{ a: 9007199254740991 }', { a: 9007199254740991 }, true],
    ['{ a: { exists: true } }', { a: [] }, true],
    ['{ a: { exists: false } }', {}, true],
    ['{ a: { exists: "${env:YES}" } }', {}, false],
    ['{ a: { not: x } }', { a: 'y' }, true],
    ['{ a: { not: x } }', {}, 'unknown'],
    ['{ a: { not: [x, y] } }', { a: ['z', 'y'] }, false],
    ['{ a: { not: { starts_with: x } } }', { a: ['y', 'xz'] }, false],
    ['{ a: { starts_with: x, not: xy } }', { a: 'xz' }, true],
    ['{ orgs: { has: { id: "1", role: admin } } }', { orgs: [{ id: '1', role: 'admin' }] }, true],
    ['{ orgs: { has: { id: "1", role: { not: admin } } } }', { orgs: [{ id: '1', role: 'x' }] }, true],
    ['{ orgs: { has: { claim: any, is: x } } }', { orgs: [{ any: 'x' }] }, true],
    ['{ claim: any, is: x }', { any: 'x' }, true],
    ['{ claim: provider, not: x }', { provider: 'y' }, true],
    ['{ claim: groups, is: x }', { groups: ['x'] }, true],
    ['{ groups: "${env:GROUP}" }', { groups: 'admins' }, true],
    ['{ groups: "${env:WORD}" }', { groups: 'anyone' }, true],
    ['{ signed_in: true }', { signed_in: true }, true],
    ['{ a: x, b: y }', { a: 'x', b: 'y' }, true],
    ['{ a: x, b: y }', { a: 'x' }, 'unknown'],
    ['{ all: [signed_in, { a: x }] }', { a: 'x' }, true],
    ['{ any: [{ a: x }, { b: y }] }', { b: 'y' }, true],
    ['{ none: [{ a: x }, { b: y }] }', { a: 'z', b: 'z' }, true],
    ['{ none: [{ a: x }] }', {}, 'unknown'],
    ['{ any: [{ all: [{ a: x }] }, { none: [signed_in] }] }', { a: 'x' }, true],
    ['{ client_ip: 10.0.0.0/8 }', {}, true],
    ['{ client_ip: [192.0.2.1, "2001:db8::/32"] }', {}, false],
    ['{ provider: acme }', {}, true],
    ['{ provider: [partner] }', {}, false],
    ['staff', { org: 'o' }, true],
    ['admins', { org: 'o', groups: 'ops' }, true],
    ['admins', { org: 'x', groups: 'ops' }, false],
    ['{ any: [admins, { x: y }] }', { x: 'y' }, true],
    ['{ none: [staff] }', { org: 'o' }, false],
    ['team', { org: 'o' }, true],
  ]
  const policies =
    'policies: { staff: { org: o }, admins: { all: [staff, { groups: [admins, ops] }] }, team: staff }'
  for (const [rule, claims, truth] of rows) {
    const { access, faults } = compile(`${policies}\nrequire: ${rule}`)
    t.strictSame(faults, [], rule)
    t.equal(judged(access, claims), truth, `${rule} ${JSON.stringify(claims)}`)
  }
})

t.test('S-219: empty and impossible rules are errors, each at its place', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['require:', 'require: the rule is empty'],
    ['require: ~', 'require: the rule is empty'],
    ['require: ""', 'require: the rule is empty'],
    ['require: {}', 'require: the rule is empty'],
    ['require: []', 'require: the rule is an empty list'],
    ['require: [staff]', 'require: a list alone is no rule: say whether `any` or `all` of it must hold'],
    [
      'require: true',
      'require: expected a rule, such as signed_in or { groups: admins }, found the boolean true',
    ],
    ['require: 5', 'require: expected a rule, such as signed_in or { groups: admins }, found the number 5'],
    ['require: { any: [] }', 'require.any: `any` of nothing: expected a list of rules'],
    ['require: { all: {} }', 'require.all: `all` takes a list of rules'],
    ['require: { none: staff }', 'require.none: `none` takes a list of rules'],
    ['require: { any: [{}] }', 'require.any[0]: the rule is empty'],
    ['require: { any: [""] }', 'require.any[0]: the rule is empty'],
    ['require: { any: [null] }', 'require.any[0]: the rule is empty'],
    ['require: { any: [[a]] }', 'require.any[0]: a list alone is no rule'],
    ['require: { a: }', 'require.a: nothing stands here: expected a value'],
    ['require: { a: "" }', 'require.a: the text is empty: expected a value'],
    ['require: { a: [] }', 'require.a: an empty list matches nobody'],
    ['require: { a: {} }', 'require.a: nothing to match with'],
    ['require: { a: [x, ""] }', 'require.a[1]: the text is empty'],
    ['require: { a: [x, ~] }', 'require.a[1]: nothing stands here'],
    ['require: { a: [[x]] }', 'require.a[0]: expected a value, found a list in a list'],
    ['require: { a: [{ b: c }] }', 'require.a[0]: expected a value, found a mapping'],
    ['require: { a: { is: [] } }', 'require.a.is: an empty list matches nobody'],
    ['require: { a: { not: {} } }', 'require.a.not: nothing to match with'],
    ['require: { a: { has: {} } }', 'require.a.has: the mapping is empty'],
    ['require: { a: { has: x } }', 'require.a.has: expected a mapping'],
    [
      'require: { a: { has: { any: x } } }',
      'require.a.has.any: "any" is a reserved word: write {claim: any, is: …}',
    ],
    ['require: { a: { exists: false, is: x } }', 'require.a: `exists: false` stands alone'],
    ['require: { a: { exists: "no" } }', 'require.a.exists: expected true or false'],
    ['require: { a: { at_least: "3" } }', 'require.a.at_least: expected a number, found the text 3'],
    ['require: { a: { at_least: [3] } }', 'require.a.at_least: expected one number, found a list'],
    [
      'require: { a: { at_least: "${env:GROUP}" } }',
      'require.a.at_least: expected a number in plain decimals',
    ],
    [
      'require: { a: { starts_with: 5 } }',
      'require.a.starts_with: expected a text, found the number 5: put it in quotes',
    ],
    [
      'require: { a: { matches: "(" } }',
      'require.a.matches: no expression in RE2 syntax: missing closing ): `(`',
    ],
    [
      'require: { a: { matches: [a, "(?=b)"] } }',
      'require.a.matches[1]: no expression in RE2 syntax, which has no look-ahead and no look-behind ("(?=")',
    ],
    ['require: { a: { domain: "@corp.example" } }', 'require.a.domain: expected whole domains, without "@"'],
    ['require: { a: { domain: "*.corp.example" } }', 'require.a.domain: expected whole domains, without "@"'],
    ['require: { claim: any }', 'require: nothing to match with'],
    ['require: { claim: "", is: x }', 'require.claim: the text is empty'],
    ['require: { claim: a, is: x, b: y }', 'require.b: unknown matcher'],
    [
      'require: { client_ip: { is: 10.0.0.1 } }',
      'require.client_ip: `client_ip` takes an address, a network or a list, no matchers',
    ],
    ['require: { client_ip: 10.0.0.1/8 }', 'bits beyond the length after "/"; did you mean "10.0.0.0/8"?'],
    ['require: { client_ip: [10.0.0.1, x] }', 'require.client_ip[1]: no IP address'],
    ['require: { client_ip: 10.0.0.0/33 }', 'require.client_ip: the length after "/" is none'],
    ['require: { provider: acmee }', 'require.provider: no provider of this name; did you mean "acme"?'],
    [
      'require: { provider: { is: acme } }',
      'require.provider: `provider` takes a name or a list of names, no matchers',
    ],
  ]
  for (const [text, expected] of rows) {
    const { access, faults } = compile(`policies: { staff: { org: o } }\n${text}`)
    t.equal(access, null, text)
    t.equal(faults.length, 1, text)
    t.ok(faults[0]?.includes(expected), `${text}: ${faults[0]}`)
  }
})

t.test('S-208: unknown words get the nearest known one', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['{ a: { start_with: x } }', 'unknown matcher; did you mean "starts_with"?'],
    ['{ a: { domian: x } }', 'unknown matcher; did you mean "domain"?'],
    ['{ a: { atLeast: 3 } }', 'unknown matcher; did you mean "at_least"?'],
    [
      '{ realm_access: { roles: x } }',
      'unknown matcher (a nested claim is written with dots: realm_access.roles)',
    ],
    ['{ not: { groups: x } }', 'did you mean "none"?'],
    ['{ anyOf: [{ a: x }] }', 'did you mean "any"?'],
    ['stuff', 'no policy of this name, and no keyword; did you mean "staff"?'],
    ['signedin', 'did you mean "signed_in"?'],
    ['public', 'did you mean "anyone"?'],
    ['authenticated', 'did you mean "signed_in"?'],
    ['deny', 'did you mean "nobody"?'],
    ['{ any: [stuff, signed_in] }', 'require.any[0]: no policy of this name'],
  ]
  for (const [rule, expected] of rows) {
    const { access, faults } = compile(`policies: { staff: { org: o } }\nrequire: ${rule}`)
    t.equal(access, null, rule)
    t.ok(faults.length === 1 && faults[0]?.includes(expected), `${rule}: ${faults.join(' | ')}`)
  }
})

t.test('an exemption stands only directly as require', async (t) => {
  for (const word of ['anyone', 'maybe_signed_in', 'nobody']) {
    const { access, faults } = compile(`require: { any: [${word}, signed_in] }`)
    t.equal(access, null)
    t.match(faults, [/require\.any\[0\]: `\w+` stands only directly as `require` of a location or an app/])
  }
})

t.test('S-216: a plain scalar that YAML reads as a number must be written as people read it', async (t) => {
  for (const source of [
    '00E1',
    '005000000000001',
    '0x10',
    '0o17',
    '.inf',
    '-.INF',
    '.nan',
    '010',
    '1e3',
    '+5',
    '9007199254740992',
    '12345678901234567890',
    '.5',
    '5.',
    '0.1234567890123456789',
  ]) {
    for (const rule of [
      `{ a: ${source} }`,
      `{ a: [x, ${source}] }`,
      `{ a: { is: ${source} } }`,
      `{ a: { at_most: ${source} } }`,
    ]) {
      const { access, faults } = compile(`require: ${rule}`)
      t.equal(access, null, rule)
      t.ok(
        faults.length === 1 &&
          faults[0]?.includes(`YAML reads ${source} as a number, and not as it is written`),
        `${rule}: ${faults.join()}`,
      )
    }
    t.strictSame(compile(`require: { a: "${source}" }`).faults, [], 'in quotes it is a text')
  }
  for (const source of [
    '5',
    '-5',
    '0',
    '1.5',
    '1.50',
    '9007199254740991',
    '1_000',
    '2026-01-01',
    'no',
    'on',
    "'*'",
  ]) {
    t.strictSame(compile(`require: { a: ${source} }`).faults, [], source)
  }
})

t.test('what ${…} yields is data: never a keyword or a policy’s name', async (t) => {
  const rows: readonly string[] = [
    '"${env:WORD}"',
    '"${env:POLICY}"',
    '{ any: ["${env:POLICY}"] }',
    '"any${env:GROUP}"',
  ]
  for (const rule of rows) {
    const { access, faults } = compile(`policies: { staff: { org: o } }\nrequire: ${rule}`)
    t.equal(access, null, rule)
    t.match(faults, [/what "\$\{…\}" yields is data: a rule or the name of a policy is written out/])
  }
  t.match(compile('policies: { p: "${env:POLICY}", staff: { org: o } }').faults, [
    /policies\.p: what "\$\{…\}" yields is data/,
  ])
  t.strictSame(compile('require: { a: { at_least: "${env:GROUP}" } }').faults.length, 1)
})

t.test('messages never print what a variable holds', async (t) => {
  const texts = [
    '{ a: { matches: "${env:BAD}" } }',
    '{ client_ip: "${env:NET}" }',
    '{ provider: "${env:NEAR}" }',
    '{ a: { at_least: "${env:GROUP}" } }',
    '{ a: { exists: "${env:GROUP}" } }',
    '"${env:GROUP}"',
  ]
  for (const rule of texts) {
    const { faults } = compile(`require: ${rule}`)
    t.equal(faults.length, 1, rule)
    t.notMatch(faults[0], /secret|admins|acme|10\.0\.0\.[01]\/8/, rule)
  }
})

t.test(
  'several providers: each condition on a claim needs a positive provider beside or around it',
  async (t) => {
    const accepted = ['acme', 'partner']
    const rows: readonly (readonly [string, readonly string[]])[] = [
      // a text; where a provider is missing
      ['require: signed_in', []],
      ['require: { provider: acme }', []],
      ['require: { groups: a }', ['require.groups']],
      ['require: { groups: { exists: true } }', ['require.groups']],
      ['require: { claim: any, is: x }', ['require']],
      ['require: { provider: acme, groups: a }', []],
      ['require: { provider: [acme, partner], groups: a }', []],
      ['require: { provider: acme, any: [{ a: x }, { none: [{ b: y }] }] }', []],
      ['require: { any: [{ provider: acme, a: x }, { provider: partner, b: y }] }', []],
      ['require: { any: [{ provider: acme }, { b: y }] }', ['require.any[1].b']],
      ['require: { any: [{ provider: acme }], groups: a }', ['require.groups']],
      ['require: { none: [{ provider: acme, groups: a }] }', ['require.none[0].groups']],
      ['require: { none: [{ provider: acme }], groups: a }', ['require.groups']],
      [
        'require: { none: [{ any: [{ groups: a }, { provider: acme }] }] }',
        ['require.none[0].any[0].groups'],
      ],
      [
        'require: { none: [{ all: [{ provider: acme }, { groups: a }] }] }',
        ['require.none[0].all[1].groups'],
      ],
      ['require: { provider: acme, none: [{ groups: a }] }', []],
      ['require: { all: [{ provider: acme }, { groups: a }] }', []],
      ['floor: { provider: acme }\nrequire: { groups: a }', []],
      ['floor: { groups: a }\nrequire: { provider: acme }', []],
      ['floor: { any: [{ provider: acme }, signed_in] }\nrequire: { groups: a }', ['require.groups']],
      ['floor: { org: o }\nrequire: { groups: a }', ['floor.org', 'require.groups']],
      ['floor: { org: o }\nrequire: anyone', []],
      ['policies: { staff: { provider: acme, org: o } }\nrequire: { all: [staff, { groups: a }] }', []],
      ['policies: { staff: { org: o } }\nrequire: { provider: acme, all: [staff] }', []],
      [
        'policies: { staff: { org: o } }\nrequire: { any: [staff, { provider: acme, all: [staff] }] }',
        ['policies.staff.org'],
      ],
    ]
    for (const [text, expected] of rows) {
      const { faults } = compile(text, { accepted })
      t.strictSame(
        faults.map((fault) => fault.split(' ')[1]?.slice(0, -1)),
        expected,
        text,
      )
      for (const fault of faults)
        t.match(fault, /accepts acme and partner, .* put a `provider:` beside it or around it/)
      t.strictSame(compile(text).faults, [], 'an app with one provider needs none')
    }
  },
)
