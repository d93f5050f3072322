import t, { type Test } from 'tap'
import { readAddress, readAddressRange } from '../../../src/core/request/address.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import type { Matcher, Scalar } from '../../../src/core/rules/matcher.ts'
import {
  anonymous,
  type JudgedAddress,
  judge,
  providersThatCould,
  type Requirement,
} from '../../../src/core/rules/requirement.ts'
import type { Truth } from '../../../src/core/rules/truth.ts'

const signedIn: Requirement = { kind: 'signed_in' }

function is(path: string, ...values: readonly Scalar[]): Requirement {
  return {
    kind: 'claim',
    path,
    matcher: { tests: [{ kind: 'is', values }], not: null, exists: null, text: '' },
  }
}

function exists(path: string, wanted: boolean): Requirement {
  const matcher: Matcher = { tests: [], not: null, exists: wanted, text: '' }
  return { kind: 'claim', path, matcher }
}

function from(...networks: readonly string[]): Requirement {
  const ranges = networks.map((text) => {
    const reading = readAddressRange(text)
    if (!reading.ok) throw new Error(text)
    return reading.range
  })
  return { kind: 'client_ip', ranges }
}

function provider(...names: readonly string[]): Requirement {
  return { kind: 'provider', names }
}

const all = (...members: readonly Requirement[]): Requirement => ({ kind: 'all', members })
const any = (...members: readonly Requirement[]): Requirement => ({ kind: 'any', members })
const none = (...members: readonly Requirement[]): Requirement => ({ kind: 'none', members })
const policy = (requirement: Requirement): Requirement => ({ kind: 'policy', name: 'p', requirement })

function address(text: string | null): JudgedAddress {
  const read = text === null ? null : readAddress(text)
  return read === null ? null : { ...read, text: text ?? '' }
}

const inside = address('10.1.2.3')
const outside = address('192.0.2.1')

t.test(
  'signed in: any needs one true, all and sibling entries all, none is unknown when it cannot be sure',
  async (t) => {
    const claims: Claims = { yes: 1, no: 2 }
    const [yes, no, unknown] = [is('yes', 1), is('no', 1), is('absent', 1)]
    const rows: readonly (readonly [string, Requirement, Truth])[] = [
      ['true', yes, true],
      ['false', no, false],
      ['unknown', unknown, 'unknown'],
      ['all true', all(yes, yes), true],
      ['all, one unknown', all(yes, unknown), 'unknown'],
      ['all, one unknown before a false', all(unknown, no), false],
      ['any true', any(no, unknown, yes), true],
      ['any unknown', any(no, unknown), 'unknown'],
      ['any false', any(no, no), false],
      ['none of false', none(no, no), true],
      ['none of true', none(no, yes), false],
      ['none of unknown', none(no, unknown), 'unknown'],
      ['none of unknown and true', none(unknown, yes), false],
      ['none of none', none(none(yes)), true],
      ['a policy is its requirement', policy(yes), true],
      ['a policy below none', none(policy(unknown)), 'unknown'],
      ['signed in', signedIn, true],
      ['none of signed in', none(signedIn), false],
      ['exists', exists('yes', true), true],
      ['exists of nothing', exists('absent', true), false],
      ['exists: false', exists('absent', false), true],
      ['none of exists of nothing', none(exists('absent', true)), true],
      ['the provider', provider('other', 'acme'), true],
      ['another provider', provider('other'), false],
      ['an empty all lets nobody in', all(), 'unknown'],
      ['an empty any lets nobody in', any(), false],
      ['an empty none lets nobody in', none(), 'unknown'],
    ]
    for (const [name, requirement, truth] of rows) {
      const situation = {
        subject: { kind: 'person', provider: 'acme', claims },
        clientAddress: inside,
        certificate: null,
      } as const
      t.equal(judge(requirement, situation), truth, name)
    }
  },
)

t.test(
  'none of [{groups: banned}] keeps out whoever has no groups at all; an empty list is known',
  async (t) => {
    const rule = none(is('groups', 'banned'))
    const rows: readonly (readonly [Claims, Truth])[] = [
      [{}, 'unknown'],
      [{ groups: [] }, true],
      [{ groups: ['x'] }, true],
      [{ groups: ['banned'] }, false],
      [{ groups: 'banned' }, false],
    ]
    for (const [claims, truth] of rows) {
      const subject = { kind: 'person', provider: 'acme', claims } as const
      t.equal(judge(rule, { subject, clientAddress: null, certificate: null }), truth, JSON.stringify(claims))
    }
  },
)

t.test('not signed in: only the address is known, and none is at best unknown', async (t) => {
  const net = from('10.0.0.0/8')
  const rows: readonly (readonly [string, Requirement, Truth, Truth])[] = [
    // name, rule, judged inside, judged outside
    ['signed_in', signedIn, 'unknown', 'unknown'],
    ['a claim', is('groups', 'a'), 'unknown', 'unknown'],
    ['exists', exists('groups', true), 'unknown', 'unknown'],
    ['exists: false', exists('groups', false), 'unknown', 'unknown'],
    ['a provider', provider('acme'), 'unknown', 'unknown'],
    ['the address', net, true, false],
    ['any', any(net, is('groups', 'a')), true, 'unknown'],
    ['all', all(net, is('groups', 'a')), 'unknown', false],
    ['none of the address', none(net), false, 'unknown'],
    ['none of none of the address', none(none(net)), 'unknown', 'unknown'],
    ['all with none', all(net, none(is('groups', 'banned'))), 'unknown', false],
    ['any with none', any(net, none(is('groups', 'banned'))), true, 'unknown'],
    ['none of signed_in', none(signedIn), 'unknown', 'unknown'],
  ]
  for (const [name, requirement, within, without] of rows) {
    t.equal(
      judge(requirement, { subject: anonymous, clientAddress: inside, certificate: null }),
      within,
      `${name}, inside`,
    )
    t.equal(
      judge(requirement, { subject: anonymous, clientAddress: outside, certificate: null }),
      without,
      `${name}, outside`,
    )
  }
})

t.test('an address that nobody knows lets nobody in, negated or not', async (t) => {
  const net = from('10.0.0.0/8')
  const [yes, no] = [is('yes', 1), is('yes', 2)]
  const rows: readonly (readonly [string, Requirement, Truth, Truth])[] = [
    // name, rule, for a person, for nobody signed in
    ['plain', net, false, false],
    ['negated', none(net), false, false],
    ['negated twice', none(none(net)), false, 'unknown'],
    ['negated in a policy', none(policy(net)), false, false],
    ['either way', any(net, none(net)), false, false],
    ['beside a condition that is met', any(net, yes), true, 'unknown'],
    ['below none, beside one that is not met', none(all(net, no)), true, 'unknown'],
    ['below none, beside one that is met', none(all(net, yes)), false, 'unknown'],
    ['below none and any', none(any(net, no)), false, false],
  ]
  for (const [name, requirement, person, nobody] of rows) {
    const subject = { kind: 'person', provider: 'acme', claims: { yes: 1 } } as const
    t.equal(
      judge(requirement, { subject, clientAddress: null, certificate: null }),
      person,
      `${name}, a person`,
    )
    t.equal(
      judge(requirement, { subject: anonymous, clientAddress: null, certificate: null }),
      nobody,
      `${name}, nobody`,
    )
  }
})

t.test('an address is held against networks of its family; IPv4 in IPv6 is IPv4', async (t) => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '2001:db8::1', false],
  ]
  for (const [network, text, truth] of rows) {
    t.equal(
      judge(from(network), { subject: anonymous, clientAddress: address(text), certificate: null }),
      truth,
      `${text} in ${network}`,
    )
  }
})

function tableOfProviders(
  t: Test,
  rows: readonly (readonly [string, Requirement, readonly string[]])[],
): void {
  const accepted = ['acme', 'partner', 'third']
  for (const [name, requirement, expected] of rows) {
    t.strictSame(
      providersThatCould(requirement, accepted, { clientAddress: inside, certificate: null }),
      expected,
      name,
    )
  }
}

t.test('which providers could satisfy a rule, whatever they claim', async (t) => {
  const [acme, partner] = [provider('acme'), provider('partner')]
  const group = is('groups', 'a')
  tableOfProviders(t, [
    ['no provider named', group, ['acme', 'partner', 'third']],
    ['one', all(acme, group), ['acme']],
    ['a list, in the order of the file', all(provider('third', 'acme'), group), ['acme', 'third']],
    ['either', any(all(acme, group), all(partner, group)), ['acme', 'partner']],
    ['all but one', all(none(acme), group), ['partner', 'third']],
    ['none that is unknown for one and false for the others', none(any(partner, group)), ['acme', 'third']],
    ['two at once', all(acme, partner), []],
    ['exists may be met', all(partner, exists('groups', true), exists('x', false)), ['partner']],
    [
      'the address counts as it is',
      any(all(acme, from('192.0.2.0/24')), all(partner, from('10.0.0.0/8'))),
      ['partner'],
    ],
    ['a policy', policy(all(acme, group)), ['acme']],
  ])
})

t.test('who is let in before signing in is let in after it, whatever the claims', async (t) => {
  // Every rule of two levels over a few conditions: the judgement before a sign-in never promises too much.
  const leaves = [
    signedIn,
    is('yes', 1),
    is('absent', 1),
    from('10.0.0.0/8'),
    provider('acme'),
    exists('yes', false),
  ]
  const pairs = leaves.flatMap((a) => leaves.flatMap((b) => [all(a, b), any(a, b), none(a, b)]))
  const rules = pairs.flatMap((a) =>
    leaves.flatMap((b) => [all(a, b), any(a, b), none(a, b), any(none(a), b)]),
  )
  let certain = 0
  for (const rule of rules) {
    for (const clientAddress of [inside, outside, null]) {
      const before = judge(rule, { subject: anonymous, clientAddress, certificate: null })
      if (before === 'unknown') continue
      certain += 1
      for (const name of ['acme', 'partner']) {
        for (const claims of [{}, { yes: 1 }, { yes: 2 }, { absent: 1, yes: null }] as const) {
          const after = judge(rule, {
            subject: { kind: 'person', provider: name, claims },
            clientAddress,
            certificate: null,
          })
          if (before === true ? after !== true : after === true)
            t.fail(JSON.stringify({ before, after, claims, name }))
        }
      }
    }
  }
  t.ok(certain > 100, `${certain} judgements before a sign-in were certain`)
})
