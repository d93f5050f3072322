import t from 'tap'
import { readAddress, readAddressRange } from '../../../src/core/request/address.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { describeRefusal, explainRequirement } from '../../../src/core/rules/explain.ts'
import type { ElementTest, Matcher } from '../../../src/core/rules/matcher.ts'
import type { Requirement } from '../../../src/core/rules/requirement.ts'

function claim(
  path: string,
  text: string,
  tests: readonly ElementTest[],
  rest: Partial<Matcher> = {},
): Requirement {
  return { kind: 'claim', path, matcher: { tests, not: null, exists: null, text, ...rest } }
}

function is(path: string, value: string): Requirement {
  return claim(path, JSON.stringify(value), [{ kind: 'is', values: [value] }])
}

function oneOf(path: string, ...values: readonly string[]): Requirement {
  return claim(path, `one of ${values.join(', ')}`, [{ kind: 'is', values }])
}

function office(): Requirement {
  const reading = readAddressRange('10.0.0.0/8')
  if (!reading.ok) throw new Error(reading.reason)
  return { kind: 'client_ip', ranges: [reading.range] }
}

const address = readAddress('192.0.2.1')
const facts = { clientAddress: address && { ...address, text: '192.0.2.1' }, certificate: null }

function person(claims: Claims) {
  return { user: 'u', provider: 'acme', claims }
}

function refusal(rule: Requirement, claims: Claims): string {
  return describeRefusal(explainRequirement(rule, person(claims), facts))
}

t.test('the log line of a refusal shows what differs', async (t) => {
  const org = is('organization_id', '00D5e000000HPEA')
  const rows: readonly (readonly [Requirement, Claims, string])[] = [
    [
      org,
      { organization_id: '00D5e000000HPEAEAA' },
      'organization_id was "00D5e…EAA" (18 characters), rule wants "00D5e…PEA" (15 characters)',
    ],
    [
      is('organization_id', '00D5e000000HEcP'),
      { organization_id: '00D5e000000HEcPEAW' },
      'organization_id was "00D5e…EAW" (18 characters), rule wants "00D5e…EcP" (15 characters), the same Salesforce id: write all 18 characters',
    ],
    [
      is('organization_id', '00D5e000000HEcPEAW'),
      { organization_id: '00D5e000000HEcP' },
      'organization_id was "00D5e…EcP" (15 characters), rule wants "00D5e…EAW" (18 characters), the same Salesforce id: write the first 15 characters',
    ],
    [org, {}, 'organization_id was missing, rule wants "00D5e000000HPEA"'],
    [org, { organization_id: 5 }, 'organization_id was 5, rule wants "00D5e000000HPEA"'],
    [is('a', 'Admins'), { a: 'admins' }, 'a was "admins", rule wants "Admins"'],
    [
      is('iss', 'https://a.example/tenant/1/v2'),
      { iss: 'https://a.example/tenant/2/v2' },
      'iss was "…nant/2/v2…" (at character 26 of 29), rule wants "…nant/1/v2…" (at character 26 of 29)',
    ],
    [
      oneOf('groups', 'admins', 'ops'),
      { groups: ['dev'] },
      'groups was ["dev"], rule wants one of admins, ops',
    ],
    [oneOf('groups', 'a', 'b'), { groups: [] }, 'groups was an empty list, rule wants one of a, b'],
    [
      oneOf('groups', 'a', 'b'),
      { groups: ['1', '2', '3', '4', '5', '6', '7'] },
      'groups was ["1", "2", "3", "4", "5", and 2 more], rule wants one of a, b',
    ],
    [oneOf('x', 'a', 'b'), { x: { y: 1 } }, 'x was an object, rule wants one of a, b'],
    [oneOf('x', 'a', 'b'), { x: [['a'], null, true] }, 'x was [a list, null, true], rule wants one of a, b'],
    [oneOf('n', 'a', 'b'), { n: 1e30 }, 'n was 1e+30 (beyond 2^53-1), rule wants one of a, b'],
    [
      oneOf('email', 'a@b.example', 'c@d.example'),
      { email_verified: false },
      'email was missing, rule wants one of a@b.example, c@d.example',
    ],
    [{ kind: 'provider', names: ['partner'] }, {}, 'provider was acme, rule wants partner'],
    [office(), {}, 'client_ip was 192.0.2.1, rule wants 10.0.0.0/8'],
    [
      { kind: 'none', members: [oneOf('groups', 'banned', 'gone')] },
      {},
      'none[0].groups was missing, rule wants anything but one of banned, gone for certain',
    ],
    [
      { kind: 'none', members: [is('groups', 'banned')] },
      { groups: 'banned' },
      'none[0].groups was "banned", rule wants anything but "banned"',
    ],
  ]
  for (const [rule, claims, expected] of rows) t.equal(refusal(rule, claims), expected)
})

t.test('a claim cannot forge a line, turn text around or fill the log', async (t) => {
  const line = refusal(is('a', 'x'), { a: 'b"\n\u202e\u0007' })
  t.equal(line, 'a was "b\\"\\u{a}\\u{202e}\\u{7}", rule wants "x"')
  t.ok(refusal(is('a', 'x'), { a: 'y'.repeat(1e6) }).length < 100)
  t.ok(refusal(oneOf('a', 'x', 'y'), { a: Array(1e5).fill('z'.repeat(1000)) }).length < 300)
  t.ok(refusal(oneOf('a', ...Array<string>(1000).fill('wanted')), { a: 'z' }).length < 300)
  t.notMatch(
    refusal(is('a', 'x'), { a: `😀${'.'.repeat(20)}😀` }),
    /[\ud800-\udfff]…|…[\ud800-\udfff](?![\udc00-\udfff])/,
  )
})

t.test('rows say where, what was expected, what was there, and whether it is why', async (t) => {
  const rule: Requirement = {
    kind: 'all',
    of: 'app-and-location',
    members: [
      { kind: 'policy', name: 'staff', requirement: is('org', 'o') },
      {
        kind: 'all',
        of: 'entries',
        members: [
          {
            kind: 'any',
            members: [is('groups', 'a'), { kind: 'all', members: [{ kind: 'signed_in' }, office()] }],
          },
          { kind: 'none', members: [{ kind: 'policy', name: 'banned', requirement: is('state', 'out') }] },
          { kind: 'any', members: [is('org', 'o'), is('org', 'p')] },
        ],
      },
    ],
  }
  const rows = explainRequirement(rule, person({ org: 'o', state: 'in' }), facts)
  t.strictSame(
    rows.map(({ where, truth, wanted, blocks }) => [where, truth, wanted, blocks]),
    [
      ['app: policy staff: org', true, true, false],
      ['any[0].groups', 'unknown', true, true],
      ['any[1].all[0].signed_in', true, true, false],
      ['any[1].all[1].client_ip', false, true, true],
      ['none[0] policy banned: state', false, false, false],
      ['any[0].org', true, true, false],
      ['any[1].org', false, true, false],
    ],
  )
  const line = describeRefusal(rows)
  t.equal(
    line,
    'any[0].groups was missing, rule wants "a"; any[1].all[1].client_ip was 192.0.2.1, rule wants 10.0.0.0/8',
  )
})

t.test('a rule that is met has nothing that blocks', async (t) => {
  const rows = explainRequirement(
    { kind: 'any', members: [is('a', 'x'), is('b', 'y')] },
    person({ a: 'x' }),
    facts,
  )
  t.strictSame(
    rows.map(({ blocks }) => blocks),
    [false, false],
  )
  t.equal(describeRefusal(rows), '')
})

t.test('before a sign-in only what is certain refuses', async (t) => {
  const rows = explainRequirement({ kind: 'all', members: [office(), is('a', 'x')] }, null, facts)
  t.equal(describeRefusal(rows), 'all[0].client_ip was 192.0.2.1, rule wants 10.0.0.0/8')
  t.equal(rows[1]?.actual, 'unknown before a sign-in')
  const unknown = explainRequirement({ kind: 'none', members: [office()] }, null, {
    clientAddress: null,
    certificate: null,
  })
  const line = 'none[0].client_ip was no address that can be believed, rule wants anything but 10.0.0.0/8'
  t.equal(describeRefusal(unknown), line)
})

t.test('many conditions are told up to five', async (t) => {
  const members = Array.from({ length: 8 }, (_, index) => is(`c${index}`, 'x'))
  t.match(refusal({ kind: 'all', members }, {}), /^(?:c\d was missing|all\[\d\]).*; and 3 more$/)
})

t.test(
  'of an address that came and does not count it is said why, and whether trust_email would help',
  async (t) => {
    const rows: readonly (readonly [Claims, string])[] = [
      [{}, 'has no email_verified (`trust_email: true` in the provider lets it count)'],
      [{ email_verified: null }, 'has no email_verified (`trust_email: true` in the provider lets it count)'],
      [
        { email_verified: 'true' },
        'has email_verified "true", a text, which counts with `trust_email: true` in the provider',
      ],
      [{ email_verified: false }, 'has email_verified false, and `trust_email` does not change that'],
      [{ email_verified: 'no' }, 'has email_verified "no", and `trust_email` does not change that'],
      [{ email_verified: [true] }, 'has email_verified [true], and `trust_email` does not change that'],
    ]
    const principal = { user: 'u', provider: 'p', emailUnverified: true }
    for (const [claims, why] of rows) {
      for (const rule of [
        is('email', 'a@b.example'),
        claim('email', 'an address at b', [{ kind: 'domain', values: ['b'] }]),
      ]) {
        const told = explainRequirement(
          rule,
          { ...principal, claims },
          { clientAddress: null, certificate: null },
        )
        t.match(told, [{ actual: `missing: the address that came ${why}`, blocks: true }])
      }
      const other = explainRequirement(
        is('mail', 'x'),
        { ...principal, claims },
        { clientAddress: null, certificate: null },
      )
      t.match(other, [{ actual: 'missing' }], 'of another claim nothing of it')
    }
  },
)
