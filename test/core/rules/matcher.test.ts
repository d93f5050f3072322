import t, { type Test } from 'tap'
import type { Json } from '../../../src/core/json.ts'
import { lookUpForRule } from '../../../src/core/rules/claims.ts'
import {
  compileWholeMatch,
  type ElementTest,
  holds,
  type Matcher,
  type Scalar,
} from '../../../src/core/rules/matcher.ts'
import type { Truth } from '../../../src/core/rules/truth.ts'

/** Marks a claim that is not sent at all. */
const absent = Symbol('absent')

function matcher(tests: readonly ElementTest[], rest: Partial<Matcher> = {}): Matcher {
  return { tests, not: null, exists: null, text: '', ...rest }
}

function is(...values: readonly Scalar[]): Matcher {
  return matcher([{ kind: 'is', values }])
}

function matches(...sources: readonly string[]): Matcher {
  const patterns = sources.map((source) => {
    const compiled = compileWholeMatch(source)
    if (!compiled.ok) throw new Error(compiled.reason)
    return compiled.pattern
  })
  return matcher([{ kind: 'matches', patterns }])
}

function judge(wanted: Matcher, value: Json | typeof absent, claim = 'c'): Truth {
  return holds(wanted, lookUpForRule(value === absent ? {} : { [claim]: value }, claim))
}

type Row = readonly [Json | typeof absent, Truth]

function table(t: Test, wanted: Matcher, rows: readonly Row[]): void {
  for (const [value, truth] of rows) {
    t.equal(judge(wanted, value), truth, value === absent ? 'missing' : JSON.stringify(value).slice(0, 60))
  }
}

t.test('is: equal in type and value', async (t) => {
  table(t, is('admin'), [
    ['admin', true],
    ['Admin', false],
    ['admin ', false],
    ['', false],
    [['x', 'admin'], true],
    [['x', 'y'], false],
    [[], false],
    [absent, 'unknown'],
    [null, 'unknown'],
    [5, 'unknown'],
    [true, 'unknown'],
    [{ a: 1 }, 'unknown'],
    [[5, 'x'], 'unknown'],
    [[5, 'admin'], true],
    [[['admin']], 'unknown'],
    [[null, 'x'], 'unknown'],
  ])
  table(t, is(3), [
    [3, true],
    [3.5, false],
    ['3', 'unknown'],
    [[3], true],
    [9007199254740991, false],
    [9007199254740992, 'unknown'],
    [-9007199254740992, 'unknown'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])
  table(t, is(9007199254740991), [[9007199254740991, true]])
  table(t, is(true), [
    [true, true],
    [false, false],
    ['true', 'unknown'],
    [1, 'unknown'],
  ])
})

t.test('a list of operands: one of', async (t) => {
  table(t, is('a', 'b'), [
    ['b', true],
    ['c', false],
    [['c', 'b'], true],
    [5, 'unknown'],
  ])
  table(t, is('a', 1), [
    ['a', true],
    [1, true],
    ['b', 'unknown'],
    [true, 'unknown'],
  ])
})

t.test('is_ignoring_case: equal but for the case of ASCII letters', async (t) => {
  table(t, matcher([{ kind: 'is_ignoring_case', values: ['Ada@Example.com', 'kim@example.com'] }]), [
    ['ada@example.COM', true],
    ['Ada@Example.com', true],
    ['\u212aim@example.com', false],
    ['ada@example.com ', false],
    ['x ada@example.com', false],
    [['x', 'KIM@EXAMPLE.COM'], true],
    [[], false],
    [5, 'unknown'],
    [absent, 'unknown'],
  ])
  const umlaut = matcher([{ kind: 'is_ignoring_case', values: ['J\u00fcrgen'] }])
  t.equal(judge(umlaut, 'j\u00fcRGEN'), true)
  t.equal(judge(umlaut, 'J\u00dcRGEN'), false, 'no letter beyond ASCII is folded')
  table(t, matcher([], { not: matcher([{ kind: 'is_ignoring_case', values: ['Banned'] }]) }), [
    ['BANNED', false],
    ['fine', true],
    [7, 'unknown'],
  ])
})

t.test('a long list of operands is judged as a short one is', async (t) => {
  const texts = Array.from({ length: 5000 }, (_, index) => `Person${index}@example.com`)
  const rows: readonly Row[] = [
    ['Person4999@example.com', true],
    ['person4999@example.com', false],
    ['Person5000@example.com', false],
    [5, 'unknown'],
    [[5, 'Person0@example.com'], true],
    [true, 'unknown'],
    [{ a: 1 }, 'unknown'],
    [absent, 'unknown'],
  ]
  table(t, is(...texts), rows)
  table(t, is(...texts, 5), [
    [5, true],
    ['Person4999@example.com', true],
    ['somebody', 'unknown'],
    [6, 'unknown'],
    [9007199254740992, 'unknown'],
  ])
  table(t, matcher([{ kind: 'is_ignoring_case', values: texts }]), [
    ['pERSON4999@example.com', true],
    ['nobody', false],
    [5, 'unknown'],
  ])
  const domains = texts.map((_, index) => `D${index}.example`)
  table(t, matcher([{ kind: 'domain', values: domains }]), [
    ['a@d4999.EXAMPLE', true],
    ['a@d5000.example', false],
    ['d1.example', 'unknown'],
  ])
  table(t, matcher([{ kind: 'has_word', values: domains }]), [
    ['a D4999.example b', true],
    ['a d4999.example b', false],
  ])
})

t.test('S-209: a text is one element, never searched for a part', async (t) => {
  table(t, is('admin'), [
    ['not-admin', false],
    ['admin,ops', false],
    ['admin ops', false],
    [['not-admin'], false],
  ])
})

t.test('S-212: an expression matches the whole value', async (t) => {
  table(t, matches('admin'), [
    ['admin', true],
    ['xadminx', false],
    ['admin\n', 'unknown'],
    [5, 'unknown'],
    [absent, 'unknown'],
  ])
  table(t, matches('corp\\.example$'), [
    ['corp.example', true],
    ['corp.example\n', 'unknown'],
    ['x.corp.example', false],
    ['corpxexample', false],
  ])
  table(t, matches('a|ab'), [['ab', true]])
  table(t, matches('^a$', 'b.*'), [
    ['a', true],
    ['bcd', true],
    ['b\nc', 'unknown'],
    ['c', false],
  ])
  table(t, matches('(?m)^a$'), [['a\nb', 'unknown']])
  table(t, matches('K'), [['\u212a', false]])
  table(t, matches('.'), [['😀', true]])
})

t.test(
  'S-212: a value with a control character matches no expression, and is not known to match none',
  async (t) => {
    const controls = ['\n', '\r', '\t', '\0', '\u007f', '\u0085']
    for (const source of ['.*', '(?s).*']) {
      for (const control of controls) {
        t.equal(judge(matches(source), `a${control}b`), 'unknown', `U+${control.charCodeAt(0).toString(16)}`)
      }
      t.equal(judge(matches(source), ['a\nb', 'c']), true, 'another element')
      t.equal(judge(matches(source), 'a\u2028b'), true, 'what is no control')
      t.equal(judge(matches(source), ''), true, 'nothing')
    }

    table(t, matcher([], { not: matches('banned.*') }), [
      ['banned', false],
      ['banned\nx', 'unknown'],
      [['fine', 'banned\nx'], 'unknown'],
      ['fine', true],
    ])
  },
)

t.test('S-213: expressions take linear time, or are refused', async (t) => {
  const long = 'a'.repeat(60_000)
  t.equal(judge(matches('^(a+)+$'), `${long}!`), false)
  t.equal(judge(matches('^(a+)+$'), long), true)
  t.equal(judge(matches('.*a.{900}'), long), 'unknown', 'work beyond the bound is not begun')
  for (const source of [
    '(?=a)b',
    '(?<=a)b',
    '(a)\\1',
    '(',
    '[z-a]',
    'a**',
    'a{1001}',
    '(a{1000}){1000}',
    `(${'x'.repeat(2000)})`,
  ]) {
    const compiled = compileWholeMatch(source)
    t.equal(compiled.ok, false, source.slice(0, 20))
    if (!compiled.ok)
      t.ok(compiled.reason.length > 0 && !compiled.reason.startsWith('error'), compiled.reason.slice(0, 60))
  }
})

t.test('S-213: a list is bounded as a whole, however short its elements are', async (t) => {
  let asked = 0
  const test = (): Truth => {
    asked += 1
    return false
  }
  const counted = matcher([{ kind: 'matches', patterns: [{ source: 'x', instructions: 100, test }] }])
  const groups = (count: number): Json => Array<string>(count).fill('a-group-of-twenty-ch')
  t.equal(judge(counted, groups(10_000)), false)
  t.equal(asked, 10_000)
  t.equal(judge(counted, groups(10_001)), 'unknown', 'work beyond the bound is not begun')
  t.equal(asked, 10_000)
  t.equal(judge(matches('a-group-.*'), groups(2000)), true, 'far from what people have')
})

t.test('beginnings, ends and words', async (t) => {
  table(t, matcher([{ kind: 'starts_with', values: ['eu-', 'us-'] }]), [
    ['us-east', true],
    ['EU-west', false],
    ['x-eu-', false],
    [['x', 'eu-1'], true],
    [1, 'unknown'],
  ])
  table(t, matcher([{ kind: 'ends_with', values: ['.example'] }]), [
    ['a.example', true],
    ['a.example.test', false],
    ['.Example', false],
  ])
  table(t, matcher([{ kind: 'has_word', values: ['read'] }]), [
    ['write read', true],
    ['read', true],
    ['reader', false],
    ['re ad', false],
    ['', false],
    [['x', 'a read b'], true],
    [7, 'unknown'],
  ])
})

t.test('S-211: a domain is the part after exactly one @, compared as a whole', async (t) => {
  table(t, matcher([{ kind: 'domain', values: ['Corp.example'] }]), [
    ['a@corp.example', true],
    ['a@CORP.EXAMPLE', true],
    ['a@evil.test@corp.example', 'unknown'],
    ['a@corp.example.evil.test', false],
    ['a@evilcorp.example', false],
    ['a@sub.corp.example', false],
    ['a@corp.example ', false],
    ['@corp.example', 'unknown'],
    ['a@', 'unknown'],
    ['corp.example', 'unknown'],
    ['', 'unknown'],
    [5, 'unknown'],
    [absent, 'unknown'],
    [['x@y.test', 'a@corp.example'], true],
    [['x@y.test', 'no address'], 'unknown'],
  ])
  const kelvin = matcher([{ kind: 'domain', values: ['k.example'] }])
  t.equal(judge(kelvin, 'a@\u212a.example'), false, 'only ASCII case is ignored')
})

t.test('numbers are compared as numbers alone', async (t) => {
  const atLeast = matcher([{ kind: 'at_least', value: 3 }])
  table(t, atLeast, [
    [3, true],
    [2.9, false],
    ['4', 'unknown'],
    [true, 'unknown'],
    [[1, 5], true],
    [1e300, 'unknown'],
  ])
  table(t, matcher([{ kind: 'at_most', value: 3 }]), [
    [3, true],
    [3.1, false],
    [-1e300, 'unknown'],
  ])
})

t.test('matchers of one mapping ask one and the same element', async (t) => {
  const both = matcher([
    { kind: 'starts_with', values: ['eu-'] },
    { kind: 'ends_with', values: ['-admin'] },
  ])
  table(t, both, [
    [['eu-admin'], true],
    [['eu-x', 'us-admin'], false],
    [['eu-x', 5], 'unknown'],
    ['eu--admin', true],
  ])
  const range = matcher([
    { kind: 'at_least', value: 3 },
    { kind: 'at_most', value: 5 },
  ])
  table(t, range, [
    [[1, 9], false],
    [[1, 4], true],
  ])
})

t.test('not: its own condition, negated over the whole claim', async (t) => {
  const notBanned = matcher([], { not: is('banned') })
  table(t, notBanned, [
    ['fine', true],
    ['banned', false],
    [['fine', 'banned'], false],
    [['fine'], true],
    [[], true],
    [absent, 'unknown'],
    [null, 'unknown'],
    [5, 'unknown'],
    [['fine', 5], 'unknown'],
  ])
  table(t, matcher([{ kind: 'starts_with', values: ['a'] }], { not: is('ab') }), [
    ['ac', true],
    ['ab', false],
    [['ac', 'ab'], false],
    ['x', false],
  ])
  table(t, matcher([], { not: notBanned }), [
    ['banned', true],
    ['fine', false],
    [absent, 'unknown'],
  ])
})

t.test('exists is known for everyone signed in', async (t) => {
  table(t, matcher([], { exists: true }), [
    ['x', true],
    ['', true],
    [false, true],
    [[], true],
    [{}, true],
    [null, false],
    [absent, false],
  ])
  table(t, matcher([], { exists: false }), [
    ['x', false],
    [[], false],
    [null, true],
    [absent, true],
  ])
  table(t, matcher([{ kind: 'is', values: ['x'] }], { exists: true }), [
    ['x', true],
    ['y', false],
    [absent, false],
  ])
})

t.test('exists on a path through a list is true only when an element has it', async (t) => {
  const through = (wanted: Matcher, value: Json, path = 'c.mfa'): Truth =>
    holds(wanted, lookUpForRule({ c: value }, path))
  const rows: readonly (readonly [Json, boolean])[] = [
    [['a', 'b'], false],
    [[], false],
    [[1, null, ['x']], false],
    [[{ mfa: null }], false],
    [[{}], false],
    [[[{ mfa: true }]], false],
    [[{ mfa: true }], true],
    [[{}, { mfa: false }], true],
    [[{ mfa: [] }], true],
    [[{ mfa: [null] }], true],
    [{ mfa: [] }, true],
    [{ mfa: 1 }, true],
    [{}, false],
    ['mfa', false],
  ]
  const there = matcher([], { exists: true })
  const away = matcher([], { exists: false })
  for (const [value, has] of rows) {
    const shown = JSON.stringify(value)
    t.equal(through(there, value), has, `${shown} exists`)
    t.equal(through(away, value), !has, `${shown} exists: false`)
    t.equal(through(matcher([], { not: there }), value), !has, `${shown} not exists`)
    t.equal(
      through(matcher([], { exists: true, not: is('x') }), value),
      has ? through(matcher([], { not: is('x') }), value) : false,
      `${shown} exists and not x`,
    )
  }
  t.equal(through(there, [{ d: [{ mfa: 1 }] }, {}], 'c.d.mfa'), true, 'two lists deep')
  t.equal(through(there, [{ d: [{}] }, { d: ['mfa'] }], 'c.d.mfa'), false, 'two lists deep, nobody has it')
  const member = matcher([{ kind: 'has', entries: [{ path: 'd.mfa', matcher: there }] }])
  t.equal(through(member, [{ d: ['x'] }], 'c'), false, 'within has')
  t.equal(through(member, [{ d: [{ mfa: 1 }] }], 'c'), true, 'within has')
})

t.test('has asks one and the same member', async (t) => {
  const has = matcher([
    {
      kind: 'has',
      entries: [
        { path: 'id', matcher: is('1') },
        { path: 'role', matcher: is('admin') },
      ],
    },
  ])
  table(t, has, [
    [[{ id: '1', role: 'admin' }], true],
    [{ id: '1', role: ['dev', 'admin'] }, true],
    [
      [
        { id: '1', role: 'dev' },
        { id: '2', role: 'admin' },
      ],
      false,
    ],
    [[{ id: '1' }], 'unknown'],
    [[{ id: '2' }], false],
    [['1'], 'unknown'],
    [[[{ id: '1', role: 'admin' }]], 'unknown'],
    [[], false],
    [absent, 'unknown'],
  ])
})
