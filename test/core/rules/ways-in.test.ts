import t from 'tap'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Json } from '../../../src/core/json.ts'
import { readAddress, readAddressRange } from '../../../src/core/request/address.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { type Identification, sessionsOf } from '../../../src/core/rules/identification.ts'
import type { ElementTest, Matcher, Scalar } from '../../../src/core/rules/matcher.ts'
import {
  anonymous,
  type JudgedAddress,
  judge,
  type Requirement,
  type Situation,
  type Subject,
} from '../../../src/core/rules/requirement.ts'
import { isWithin, openWay, remaining, type Way } from '../../../src/core/rules/way.ts'
import { waysIn } from '../../../src/core/rules/ways-in.ts'
import { personOf } from '../../support/witness.ts'

function matcher(tests: readonly ElementTest[], more: Partial<Matcher> = {}): Matcher {
  const { not = null, exists = null } = more
  return { tests, not, exists, text: `${JSON.stringify(tests)} not ${not?.text} exists ${exists}` }
}

const oneOf = (...values: readonly Scalar[]): Matcher => matcher([{ kind: 'is', values }])
const not = (own: Matcher): Matcher => matcher([], { not: own })
const exists = (wanted: boolean): Matcher => matcher([], { exists: wanted })
const claim = (path: string, own: Matcher): Requirement => ({ kind: 'claim', path, matcher: own })
const all = (...members: readonly Requirement[]): Requirement => ({ kind: 'all', members })
const any = (...members: readonly Requirement[]): Requirement => ({ kind: 'any', members })
const none = (...members: readonly Requirement[]): Requirement => ({ kind: 'none', members })
const provider = (...names: readonly string[]): Requirement => ({ kind: 'provider', names })
const credential = (...names: readonly Credential[]): Requirement => ({ kind: 'credential', names })
const signedIn: Requirement = { kind: 'signed_in' }

function from(...networks: readonly string[]): Requirement {
  const ranges = networks.map((text) => {
    const reading = readAddressRange(text)
    if (!reading.ok) throw new Error(text)
    return reading.range
  })
  return { kind: 'client_ip', ranges }
}

const leaves: readonly Requirement[] = [
  signedIn,
  ...[
    oneOf(1),
    oneOf(1, 2),
    oneOf('x'),
    oneOf(1, 'x'),
    not(oneOf(1)),
    not(oneOf(1, 2)),
    not(not(oneOf(2))),
  ].map((own) => claim('a', own)),
  ...[exists(true), exists(false), matcher([{ kind: 'at_least', value: 2 }])].map((own) => claim('a', own)),
  claim('a', matcher([{ kind: 'is', values: [1, 2] }], { not: oneOf(2) })),
  claim('a', matcher([{ kind: 'is', values: [2] }], { exists: true })),
  claim('a', matcher([{ kind: 'is_ignoring_case', values: ['X'] }])),
  claim('a', not(matcher([{ kind: 'is_ignoring_case', values: ['X', 'y'] }]))),
  claim(
    'a',
    matcher([
      { kind: 'at_least', value: 1 },
      { kind: 'at_most', value: 1 },
    ]),
  ),
  claim('a', matcher([], { not: oneOf(1), exists: true })),
  claim('b', oneOf(1)),
  claim('b', not(oneOf(1))),
  provider('p'),
  provider('q', 'r'),
  provider('api_keys'),
  credential('session'),
  credential('bearer', 'api_key'),
  from('10.0.0.0/8'),
  from('10.1.0.0/16', '192.0.2.0/24'),
]

const values: readonly (Json | undefined)[] = [undefined, null, 1, 2, 'x', 'X', [], [1, 2], [1, 'x'], [3]]
const addresses: readonly JudgedAddress[] = [null, '10.1.0.1', '10.2.0.1', '192.0.2.1', '198.51.100.1'].map(
  (text) => {
    const read = text === null ? null : readAddress(text)
    return read === null ? null : { ...read, text: text ?? '' }
  },
)
/** `r` vouches for tokens alone, behind some of which nobody is; `q` signs people in and has keys. */
const accepted: readonly Identification[] = [
  ...sessionsOf(['p', 'q']),
  { credential: 'bearer', provider: 'p', isClient: false },
  { credential: 'bearer', provider: 'r', isClient: false },
  { credential: 'bearer', provider: 'r', isClient: true },
  { credential: 'api_key', provider: 'q', isClient: false },
  { credential: 'api_key', provider: 'api_keys', isClient: false },
]
const signingIn = sessionsOf(['p', 'q'])

function* situations(): Generator<Situation> {
  for (const clientAddress of addresses) {
    yield { subject: anonymous, clientAddress, certificate: null }
    for (const one of accepted) {
      for (const a of values)
        for (const b of [undefined, 1, 2])
          yield { subject: person(one, a, b), clientAddress, certificate: null }
    }
  }
}

function subjectOf(own: Identification, claims: Claims): Subject {
  return { kind: 'person', ...personOf(own, claims) }
}

function person(from: Identification, a: Json | undefined, b: Json | undefined): Subject {
  const claims: Claims = { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }
  return subjectOf(from, claims)
}

const every: readonly Situation[] = [...situations()]

/** Marsaglia's xorshift: the same trees on every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}

function tree(roll: (sides: number) => number, depth: number, of = leaves): Requirement {
  const leaf = of[roll(of.length)] ?? signedIn
  if (depth === 0 || roll(4) === 0) return leaf
  const members = Array.from({ length: 1 + roll(3) }, () => tree(roll, depth - 1, of))
  const combine = [all, any, none, any, all][roll(5)] ?? all
  return combine(...members)
}

const isMet = (way: Way, situation: Situation): boolean => isWithin(openWay, remaining(way, situation))

t.test('whoever is let in meets one of the ways, and whoever meets one is let in', async (t) => {
  let checked = 0
  for (let seed = 1; seed <= 1500; seed += 1) {
    const rule = tree(dice(seed * 7919), 3)
    const { ways, complete } = waysIn(rule, accepted)
    if (!complete) continue
    for (const situation of every) {
      const lets = judge(rule, situation) === true
      if (lets !== ways.some((way) => isMet(way, situation))) {
        t.equal(!lets, lets, JSON.stringify({ seed, rule, situation, ways }, printable, 1))
        return
      }
    }
    checked += 1
  }
  t.ok(checked > 1400, `${checked} rules were held against the judge`)
})

t.test('the same of a path through a list, where nothing may be there and yet be known', async (t) => {
  const own = [oneOf(1), oneOf(1, 2), not(oneOf(1)), exists(true), exists(false), not(exists(true))]
  const mixed = [
    matcher([], { not: oneOf(1), exists: true }),
    matcher([{ kind: 'is', values: [1, 2] }], { not: oneOf(2) }),
  ]
  const throughList = [...own, ...mixed].map((one) => claim('l.c', one))
  const lists: readonly Json[] = [
    [],
    ['x'],
    [{}],
    [{ c: 1 }],
    [{ c: [] }],
    [{ c: 2 }, {}],
    [{ c: [1, 2] }],
    { c: [] },
    'x',
  ]
  for (let seed = 1; seed <= 1500; seed += 1) {
    const rule = tree(dice(seed * 7919), 3, throughList)
    const { ways, complete } = waysIn(rule, accepted)
    if (!complete) continue
    for (const l of [...lists, null]) {
      const situation: Situation = {
        subject: { kind: 'person', provider: 'p', claims: { l } },
        clientAddress: null,
        certificate: null,
      }
      const lets = judge(rule, situation) === true
      if (lets !== ways.some((way) => isMet(way, situation))) {
        t.equal(!lets, lets, JSON.stringify({ seed, rule, l, ways }, printable, 1))
        return
      }
    }
  }
  t.same(
    words(all(claim('l.c', not(oneOf(1))), claim('l.c', exists(true)))).length,
    1,
    'one way, in which both stand',
  )
})

t.test('no way is within another: each could be left out for nobody', async (t) => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const { ways } = waysIn(tree(dice(seed * 104_729), 3), accepted)
    for (const way of ways) t.notOk(ways.some((other) => other !== way && isWithin(way, other)))
  }
})

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

function identificationText({ credential, provider, isClient }: Identification): string {
  return `${credential === 'session' ? '' : `${credential}:`}${provider}${isClient ? '!' : ''}`
}

/** Ways as short words: `p a=… !b=… @range`. */
function words(rule: Requirement, by = signingIn): readonly string[] {
  return waysIn(rule, by).ways.map(({ by, claims, addresses, otherAddresses }) =>
    [
      by?.map(identificationText).join('|') ?? 'anyone',
      ...claims.map(
        (fact) => `${fact.wanted ? '' : '!'}${fact.path}${fact.matcher.text.replace(/ not.*/, '')}`,
      ),
      ...(addresses ?? []).map(({ text }) => `@${text}`),
      ...otherAddresses.map(({ text }) => `!@${text}`),
    ].join(' '),
  )
}

const is = (value: Scalar): string => JSON.stringify([{ kind: 'is', values: [value] }])

t.test('the words of a rule, one by one', async (t) => {
  const [one, two] = [claim('a', oneOf(1)), claim('b', oneOf(1))]
  const rows: readonly (readonly [string, Requirement, readonly string[]])[] = [
    ['a sign-in is part of every claim', all(signedIn, one), [`p|q a${is(1)}`]],
    ['alternatives', any(one, two), [`p|q a${is(1)}`, `p|q b${is(1)}`]],
    ['what is wider is said once', any(all(one, two), one), [`p|q a${is(1)}`]],
    ['a narrower condition says the wider one too', all(claim('a', oneOf(1, 2)), one), [`p|q a${is(1)}`]],
    ['none of two: neither', none(one, two), [`p|q !a${is(1)} !b${is(1)}`]],
    ['none of both together: one of them is not', none(all(one, two)), [`p|q !a${is(1)}`, `p|q !b${is(1)}`]],
    ['an address needs no sign-in', from('10.0.0.0/8'), ['anyone @10.0.0.0/8']],
    ['but below none it does', none(from('10.0.0.0/8')), ['p|q !@10.0.0.0/8']],
    ['networks: the smaller of two', all(from('10.0.0.0/8'), from('10.1.0.0/16')), ['anyone @10.1.0.0/16']],
    ['networks that share nothing', all(from('10.0.0.0/8'), from('192.0.2.0/24')), []],
    ['a provider that the app does not accept', provider('r'), []],
    ['a provider and not it', all(provider('p'), none(provider('p'))), []],
    ['a claim and not it', all(one, none(one)), []],
    ['missing, and of a value', all(one, claim('a', exists(false))), []],
    ['of a value says that it is there', all(one, claim('a', exists(true))), [`p|q a${is(1)}`]],
    ['nobody who is signed in', none(signedIn), []],
    ['a policy is its rule', { kind: 'policy', name: 'x', requirement: one }, [`p|q a${is(1)}`]],
  ]
  for (const [sentence, rule, wanted] of rows) t.same(words(rule), wanted, sentence)
})

t.test('the words of a rule where tokens and keys are accepted too', async (t) => {
  const one = claim('a', oneOf(1))
  const persons = 'p|q|bearer:p|bearer:r|api_key:q|api_key:api_keys'
  const rows: readonly (readonly [string, Requirement, readonly string[]])[] = [
    ['signed in: by whatever is accepted, clients excepted', signedIn, [persons]],
    ['a claim: clients too', one, [`p|q|bearer:p|bearer:r|bearer:r!|api_key:q|api_key:api_keys a${is(1)}`]],
    ['a credential', credential('bearer'), ['bearer:p|bearer:r|bearer:r!']],
    ['a credential of a person', all(credential('bearer'), signedIn), ['bearer:p|bearer:r']],
    ['a credential and its claim', all(credential('api_key'), one), [`api_key:q|api_key:api_keys a${is(1)}`]],
    ['no session', none(credential('session')), [persons.replace('p|q|', '').replace('r|', 'r|bearer:r!|')]],
    ['a provider with which nobody signs in', provider('r'), ['bearer:r|bearer:r!']],
    ['keys that an operator made', provider('api_keys'), ['api_key:api_keys']],
    ['a credential of a provider that has none', all(credential('api_key'), provider('p')), []],
    ['clients alone', none(signedIn), ['bearer:r!']],
  ]
  for (const [sentence, rule, wanted] of rows) t.same(words(rule, accepted), wanted, sentence)
  t.same(waysIn(one, []).ways, [], 'nobody meets a rule where nothing is accepted')
  t.same(words(from('10.0.0.0/8'), []), ['anyone @10.0.0.0/8'], 'but an address needs no credential')
})

t.test('a rule of millions of ways is cut, and says so', async (t) => {
  const members = Array.from({ length: 20 }, (_, index) =>
    any(...['x', 'y', 'z'].map((value) => claim(`c${index}`, oneOf(value)))),
  )
  const { ways, complete } = waysIn(all(...members), accepted)
  t.equal(complete, false)
  t.equal(ways.length, 100)
  const claims = Object.fromEntries(
    (ways[0]?.claims ?? []).map(({ path, matcher: { tests } }) => [path, firstValue(tests)]),
  )
  const subject = { kind: 'person', provider: 'p', claims } as const
  t.equal(
    judge(all(...members), { subject, clientAddress: null, certificate: null }),
    true,
    'each that is listed holds',
  )
})

function firstValue([test]: readonly ElementTest[]): Json {
  return test?.kind === 'is' ? (test.values[0] ?? null) : null
}

t.test('what is still to come about for somebody', async (t) => {
  const rule = all(provider('p'), claim('a', oneOf(1)), from('10.0.0.0/8'))
  const [way = openWay] = waysIn(rule, signingIn).ways
  const [, inside = null] = addresses
  const [sessionP] = signingIn
  const subject: Subject = { kind: 'person', provider: 'q', claims: { a: 1 } }
  t.match(remaining(way, { subject, clientAddress: inside, certificate: null }), {
    by: [sessionP],
    claims: [],
    addresses: null,
  })
  t.match(remaining(way, { subject, clientAddress: null, certificate: null }), {
    addresses: [{ text: '10.0.0.0/8' }],
  })
  t.match(remaining(way, { subject: anonymous, clientAddress: inside, certificate: null }), {
    by: [sessionP],
    claims: [{ path: 'a' }],
    addresses: null,
  })
})
