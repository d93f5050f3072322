import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { isAmbiguous, readingsOf } from '../../../src/core/request/readings.ts'

const readingTable: readonly (readonly [path: string, ...readings: (readonly string[])[]])[] = [
  ['/a/b', ['a', 'b']],
  ['/', []],
  ['/100%25', ['100%']],
  // slash
  ['/a%2Fb', ['a/b'], ['a', 'b']],
  ['/a%2F', ['a/'], ['a']],
  // empty_segment: a last one is a trailing slash
  ['/a//b', ['a', '', 'b'], ['a', 'b']],
  ['/a//', ['a', ''], ['a']],
  ['/a/%2F/b', ['a', '/', 'b'], ['a', '', '', 'b'], ['a', 'b']],
  ['/a/%2F', ['a', '/'], ['a', ''], ['a']],
  [
    '/a//b%2F%2Fc',
    ['a', '', 'b//c'],
    ['a', '', 'b', '', 'c'],
    ['a', 'b', 'c'],
    ['a', 'b//c'],
    ['a', 'b', '', 'c'],
  ],
  // semicolon: raw ones alone, or those that were escaped too
  ['/admin;x', ['admin;x'], ['admin']],
  ['/admin;x;y/b', ['admin;x;y', 'b'], ['admin', 'b']],
  ['/admin%3Bx/b', ['admin;x', 'b'], ['admin', 'b']],
  ['/admin;x/b%3By', ['admin;x', 'b;y'], ['admin', 'b'], ['admin', 'b;y']],
  ['/a/;x', ['a', ';x'], ['a']],
  ['/;x', [';x'], []],
  // hash and question_mark: what follows is no path
  ['/a%23/b', ['a#', 'b'], ['a']],
  ['/a%3Fb/c', ['a?b', 'c'], ['a']],
  ['/%3Fb', ['?b'], []],
  ['/a/%3Fb', ['a', '?b'], ['a']],
  // percent
  ['/%2561', ['%61'], ['a']],
  ['/%252561', ['%2561'], ['%61'], ['a']],
  ['/%2561/%252562', ['%61', '%2562'], ['a', '%62'], ['a', 'b']],
  ['/%25C3%25A9', ['%C3%A9'], ['é']],
  ['/a%252Fb', ['a%2Fb'], ['a/b'], ['a', 'b']],
  ['/a%253Bb', ['a%3Bb'], ['a;b'], ['a']],
  // together
  ['/a;b%2Fc', ['a;b/c'], ['a'], ['a;b', 'c'], ['a', 'c']],
  ['/a%2Fb%3Fc', ['a/b?c'], ['a', 'b?c'], ['a/b'], ['a', 'b']],
]

t.test('every way in which a server may read a path, the path as it stands first', async (t) => {
  for (const [path, first, ...others] of readingTable) {
    const found = readingsOf(path)
    const sorted = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort()
    if (!found.ok) t.fail(`${path}: ${found.reason}`)
    else {
      t.same(found.readings[0], first, path)
      t.same(sorted(found.readings.slice(1)), sorted(others), path)
    }
  }
})

t.test(
  'what has several readings, or needs an app that allows it, is found without reading it',
  async (t) => {
    for (const [path, , ...others] of readingTable) {
      t.equal(isAmbiguous(path), others.length > 0, path)
      const found = readingsOf(path)
      t.equal(found.ok && found.kinds.length > 0, others.length > 0, path)
    }
  },
)

t.test('what any reading makes is held against every refusal', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['//a', 'target-empty-segment'],
    ['/%2Fa', 'target-empty-segment'],
    ['/%252Fa', 'target-empty-segment'],
    ['/;x/a', 'target-empty-segment'],
    ['/a%2F..%2Fb', 'target-dot-segment'],
    ['/a/..;x/b', 'target-dot-segment'],
    ['/a/..%3Fx', 'target-dot-segment'],
    ['/a/..%23x', 'target-dot-segment'],
    ['/a/%252E%252e/b', 'target-dot-segment'],
    ['/a/%25252E./b', 'target-dot-segment'],
    ['/a%253B/..%252Fb', 'target-dot-segment'],
    ['/a%2500', 'target-control'],
    ['/a%2F%0A', 'target-control'],
    ['/a%2509b', 'target-control'],
    ['/a;x/%7F', 'target-control'],
    ['/a/%25C2%2585', 'target-control'],
    ['/a%255Cb', 'target-encoded-backslash'],
    ['/a%25ff', 'target-utf8'],
    ['/a%25C3x', 'target-utf8'],
    ['/%252525%36%31', 'target-double-encoding'],
  ]
  for (const [path, reason] of cases) t.match(readingsOf(path), { ok: false, reason }, path)
})

t.test('eight readings are judged, nine are none', async (t) => {
  const eight = readingsOf('/a%2Fb%3Bc%23d%3Fe')
  t.equal(eight.ok && eight.readings.length, limits.pathReadings)
  t.match(readingsOf('/a%2Fb%3Bc%23d%3Fe%2561'), { ok: false, reason: 'target-ambiguous' })
  t.match(readingsOf('/a//b%2Fc;d%23e'), { ok: false, reason: 'target-ambiguous' })
  t.match(readingsOf(`/a${'/;x//%2F%252F'.repeat(500)}`), { ok: false, reason: 'target-ambiguous' })
})
