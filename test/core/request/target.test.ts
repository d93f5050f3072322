import t from 'tap'
import type { App } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { AllowEncoded, Target } from '../../../src/core/request/target.ts'
import { beginsWith, readTarget, refusedKind, upstreamPath } from '../../../src/core/request/target.ts'
import { corpus, shown } from '../../corpus/lines.ts'
import { modelTarget } from '../../corpus/target-model.ts'
import { generateAmbiguous, generateTargets } from '../../corpus/targets.ts'

const none: AllowEncoded = new Set()
const all: AllowEncoded = new Set([
  ...(['slash', 'empty_segment', 'semicolon', 'hash', 'question_mark', 'percent'] as const),
])

function targetOf(raw: string): Target {
  const reading = readTarget(raw)
  if (!reading.ok) throw new Error(`${raw} was refused: ${reading.reason}`)
  return reading.target
}

function outcome(raw: string, allowed: AllowEncoded): string {
  const reading = readTarget(raw)
  if (!reading.ok) return reading.reason
  return refusedKind(reading.target, allowed) ?? reading.target.path
}

t.test('a path without anything unusual is sent as it came', async (t) => {
  const cases: readonly (readonly [string, string, readonly string[], string])[] = [
    ['/', '/', [], ''],
    ['/a', '/a', ['a'], ''],
    ['/a/', '/a/', ['a'], ''],
    ['/a/b.c/d', '/a/b.c/d', ['a', 'b.c', 'd'], ''],
    ['/?', '/', [], '?'],
    ['/a?b=c', '/a', ['a'], '?b=c'],
    ['/a/?x=/../y', '/a/', ['a'], '?x=/../y'],
    ['/a|b[c]', '/a|b[c]', ['a|b[c]'], ''],
    ["/!$&'()*+,:=@~-_", "/!$&'()*+,:=@~-_", ["!$&'()*+,:=@~-_"], ''],
    ['/.well-known/x', '/.well-known/x', ['.well-known', 'x'], ''],
  ]
  for (const [raw, path, segments, query] of cases) {
    t.match(targetOf(raw), { path, segments, query }, raw)
    t.match(targetOf(raw), { otherReadings: [], kinds: [] }, raw)
    t.equal(targetOf(raw).otherReadings, targetOf('/').otherReadings, 'nothing is made for it')
  }
})

t.test('escapes become canonical, and the decoded segments are what rules see', async (t) => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['/%61dmin/x', '/admin/x', ['admin', 'x']],
    ['/adm%69n/x', '/admin/x', ['admin', 'x']],
    ['/%41dmin', '/Admin', ['Admin']],
    ['/%7euser%2D%5f', '/~user-_', ['~user-_']],
    ['/a%20b%c3%a9', '/a%20b%C3%A9', ['a bé']],
    ['/%2eauth/x', '/.auth/x', ['.auth', 'x']],
    ['/%25zz', '/%25zz', ['%zz']],
    ['/100%25', '/100%25', ['100%']],
    ['/a%5b%5D', '/a%5B%5D', ['a[]']],
    ['/a%60b', '/a%60b', ['a`b']],
  ]
  for (const [raw, path, segments] of cases) t.match(targetOf(raw), { path, segments }, raw)
})

t.test('S-001 … S-029: targets that two readers could understand in two ways are refused', async (t) => {
  for (const raw of corpus('targets.txt')) t.equal(readTarget(raw).ok, false, shown(raw))
})

t.test('each refusal says why', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['http://evil.test/', 'target-form'],
    ['*', 'target-form'],
    ['', 'target-form'],
    ['/a\\b', 'target-character'],
    ['/a#b', 'target-character'],
    ['/a?b#c', 'target-character'],
    ['/%', 'target-escape'],
    ['/%c0%ae', 'target-utf8'],
    ['/%00', 'target-control'],
    ['/%c2%85', 'target-control'],
    ['/a/../b', 'target-dot-segment'],
    ['/a/..;/b', 'target-dot-segment'],
    ['/a//b', 'target-empty-segment'],
    ['/%2561', 'target-double-encoding'],
    ['/%25%36%31', 'target-double-encoding'],
    ['/a%5cb', 'target-encoded-backslash'],
    ['/a%3fb', 'target-encoded-question-mark'],
    ['/a%2fb', 'target-encoded-slash'],
    ['/a%23b', 'target-encoded-hash'],
    ['/a%3bb', 'target-encoded-semicolon'],
  ]
  for (const [raw, reason] of cases) t.equal(outcome(raw, none), reason, raw)
})

t.test('S-012: a raw semicolon is what an encoded one is', async (t) => {
  for (const raw of ['/admin;x=1/y', '/admin;/y', '/admin%3Bx/y']) {
    t.equal(outcome(raw, none), 'target-encoded-semicolon', raw)
    t.equal(outcome(raw, new Set(['semicolon'])), raw)
    t.same(targetOf(raw).otherReadings, [['admin', 'y']], raw)
  }
  t.equal(targetOf('/a?b;c').query, '?b;c', 'in a query it is none of ours')
})

t.test('S-019, S-020, S-024: case, trailing dots and lookalikes are paths of their own', async (t) => {
  t.same(targetOf('/ADMIN/x').segments, ['ADMIN', 'x'])
  t.equal(targetOf('/admin.').path, '/admin.')
  t.equal(targetOf('/admin...').path, '/admin...')
  t.equal(targetOf('/admin../x').path, '/admin../x')
  t.equal(targetOf('/admin%20').path, '/admin%20')
  t.same(targetOf('/%ef%bd%81dmin').segments, ['\uff41dmin'])
  t.equal(targetOf('/public/%EF%BC%8E%EF%BC%8E/admin').path, '/public/%EF%BC%8E%EF%BC%8E/admin')
  t.same(targetOf('/admin%E2%80%8B').segments, ['admin\u200b'])
})

t.test(
  'S-014, S-009: an app may allow what servers read in several ways, and is sent the bytes',
  async (t) => {
    t.equal(outcome('/secret%23/endpoint', all), '/secret%23/endpoint')
    t.equal(outcome('/a%3bb', all), '/a%3Bb')
    t.equal(outcome('/a%2fb/c', all), '/a%2Fb/c')
    t.same(targetOf('/a%2fb/c').segments, ['a/b', 'c'])
    t.same(targetOf('/a%2fb/c/').otherReadings, [['a', 'b', 'c']])
    for (const raw of ['/a%2f..%2fb', '/%2fa', '/a%2f.;x%2fb', '/..%3b/a', '/a%2f..%3bx']) {
      t.equal(readTarget(raw).ok, false, `${raw} is refused even so`)
    }
    for (const line of corpus('ambiguous-targets.txt')) {
      const [words = '', raw = ''] = line.split(' ')
      const kinds = words.split(',')
      const allowed: AllowEncoded = new Set([...all].filter((kind) => kinds.includes(kind)))
      t.same([...targetOf(raw).kinds].sort(), [...allowed].sort(), line)
      t.ok(outcome(raw, allowed).startsWith('/'), line)
      t.ok(outcome(raw, none).startsWith('target-'), line)
      for (const kind of allowed) {
        t.ok(
          outcome(raw, new Set([...all].filter((other) => other !== kind))).startsWith('target-'),
          `${line}: without ${kind}`,
        )
      }
    }
  },
)

t.test('S-028: a target of more than 8192 bytes is refused before it is read', async (t) => {
  t.equal(readTarget(`/${'a'.repeat(limits.requestTargetBytes - 1)}`).ok, true)
  t.match(readTarget(`/${'a'.repeat(limits.requestTargetBytes)}`), { ok: false, reason: 'target-length' })
  t.match(readTarget(`/a?${'a'.repeat(limits.requestTargetBytes)}`), { ok: false, reason: 'target-length' })
  t.match(readTarget(`/${'%2e/'.repeat(250_000)}`), { ok: false, reason: 'target-length' })
})

t.test('S-016, S-035: the query is passed on byte for byte and is no part of the path', async (t) => {
  const query = "?a=b?c=d&a=%2e%2e/..&%00=1&x=%zz&&;{}|^`'\\"
  t.match(targetOf(`/x${query}`), { path: '/x', segments: ['x'], query })
  t.match(targetOf(`/%78${query}`), { path: '/x', segments: ['x'], query })
})

t.test(
  'S-036: agrees with a reader written letter by letter, and reads its own output unchanged',
  async (t) => {
    let readable = 0
    let several = 0
    for (const raw of [...generateTargets(6000, 20261120), ...generateAmbiguous(3000, 20261129)]) {
      for (const allowed of [none, all]) {
        const expected = modelTarget(raw, allowed)
        const reading = readTarget(raw)
        const target = reading.ok && refusedKind(reading.target, allowed) === null ? reading.target : null
        const actual = target && {
          path: target.path,
          segments: target.segments,
          query: target.query,
          others: target.otherReadings.map((segments) => JSON.stringify(segments)).sort(),
        }
        if (JSON.stringify(actual) !== JSON.stringify(expected)) t.same(actual, expected, shown(raw))
        if (target === null) continue
        readable++
        if (target.otherReadings.length > 0) several++
        if (targetOf(target.path + target.query).path !== target.path) t.fail(`${raw} is not canonical`)
      }
    }
    t.ok(several > 150, `${several} of them could be read in several ways`)
    t.ok(readable > 1500, `${readable} readings were compared beyond a refusal`)
  },
)

t.test(
  'S-030: the path for the upstream lies below its base path, without the prefix where that is stripped',
  async (t) => {
    const app = (basePath: string, stripPrefix: boolean, prefix: readonly string[]): App =>
      ({ prefix, upstream: { basePath, stripPrefix } }) as unknown as App
    const cases: readonly (readonly [string, App, string])[] = [
      ['/x/y?q', app('', false, []), '/x/y?q'],
      ['/x', app('/prod', false, []), '/prod/x'],
      ['/', app('/prod', false, []), '/prod/'],
      ['/app1/x', app('/base', false, ['app1']), '/base/app1/x'],
      ['/app1/x/?q=/app1', app('/base', true, ['app1']), '/base/x/?q=/app1'],
      ['/app1', app('/base', true, ['app1']), '/base/'],
      ['/app1/', app('', true, ['app1']), '/'],
      ['/a/%c3%a9/x', app('', true, ['a', 'é']), '/x'],
      ['/a?x', app('', true, ['a']), '/?x'],
      ['/x', app('/base', true, []), '/base/x'],
    ]
    for (const [raw, to, path] of cases) t.equal(upstreamPath(to, targetOf(raw)), path, raw)
  },
)

t.test('S-021: a prefix is met by whole segments only', async (t) => {
  t.equal(beginsWith(['public', 'x'], ['public']), true)
  t.equal(beginsWith(['public'], ['public']), true)
  t.equal(beginsWith(['publicity'], ['public']), false)
  t.equal(beginsWith([], ['public']), false)
  t.equal(beginsWith(['x'], []), true)
})
