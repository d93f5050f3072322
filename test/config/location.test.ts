import t from 'tap'
import { readMethods, readPattern } from '../../src/config/location.ts'
import { patternText } from '../../src/core/request/location-pattern.ts'

t.test('S-219: the paths of locations are written as browsers show them', async (t) => {
  const around = { prefix: [], authSegments: ['.auth'], ignoreCase: false }
  const rows: readonly (readonly [string, string])[] = [
    ['/', '/'],
    ['/admin', '/admin'],
    ['/a b/ü/😀', '/a b/ü/😀'],
    ['/api/*/edit', '/api/*/edit'],
    ['/a.b/...', '/a.b/...'],
    ['/.authors', '/.authors'],
    ['admin', 'a path begins with "/", and is no expression; /admin'],
    ['', 'a path begins with "/", and is no expression; null'],
    ['/admin, /ops', 'this is one path with commas in it: write a location for each path; /admin'],
    ['^/admin', 'a path begins with "/", and is no expression; /admin'],
    ['/admin/', 'a path ends without "/": it covers all below it anyway; /admin'],
    ['/%61dmin', 'characters are written as they are, not escaped; /admin'],
    ['/%2e%2e', 'characters are written as they are, not escaped; null'],
    ['/%zz', 'characters are written as they are, not escaped; null'],
    ['//admin', 'an empty segment: no request has one; /admin'],
    ['/a;b', '";" and "\\" are not allowed in a path; null'],
    ['/a\\b', '";" and "\\" are not allowed in a path; null'],
    ['/a?b', 'a path has no query and no fragment; /a'],
    ['/a#b', 'a path has no query and no fragment; /a'],
    ['/a/../b', '"." and ".." are not allowed in a path; null'],
    ['/./b', '"." and ".." are not allowed in a path; null'],
    ['/a\u0000', 'control characters are not allowed in a path; null'],
    ['/admin/**', 'a path covers all below it, without a "**"; /admin'],
    ['/**', 'a path covers all below it, without a "**"; /'],
    [
      '/*.png',
      '"*" stands for one whole segment, never for a part of one: write the folder, which covers all below it, or each path; null',
    ],
    ['/.auth', '/.auth belongs to the gateway; `auth_prefix` moves it; null'],
    ['/.auth/x', '/.auth belongs to the gateway; `auth_prefix` moves it; null'],
  ]
  for (const [text, expected] of rows) {
    const reading = readPattern(text, false, around)
    t.equal(
      reading.ok ? patternText(reading.pattern) : `${reading.reason}; ${reading.suggestion}`,
      expected,
      text,
    )
  }
  t.strictSame(readPattern('/a/*', true, around), {
    ok: true,
    pattern: { segments: ['a', null], written: ['a', null], exact: true },
  })
})

t.test('a location lies within its app', async (t) => {
  const around = { prefix: ['wiki', 'en'], authSegments: ['.auth'], ignoreCase: false }
  t.strictSame(readPattern('/wiki/en/admin', false, around), {
    ok: true,
    pattern: { segments: ['wiki', 'en', 'admin'], written: ['wiki', 'en', 'admin'], exact: false },
  })
  t.ok(readPattern('/wiki/en', false, around).ok)
  const reason = 'outside the app, which begins at /wiki/en: paths are written in full'
  for (const [text, suggestion] of [
    ['/admin', '/wiki/en/admin'],
    ['/', '/wiki/en'],
    ['/wiki', '/wiki/en/wiki'],
    ['/wiki/*', '/wiki/en/wiki/*'],
  ] as const) {
    t.strictSame(readPattern(text, false, around), { ok: false, reason, suggestion })
  }
})

t.test('S-219: methods are names in capitals, at least one, never TRACE or CONNECT', async (t) => {
  const rows: readonly (readonly [readonly string[], string])[] = [
    [['GET', 'POST'], 'GET POST'],
    [['PURGE', 'M-SEARCH'], 'PURGE M-SEARCH'],
    [[], 'the list is empty: leave `methods` out for all; null'],
    [['get'], 'methods are written in capitals; GET'],
    [['GET', 'GET'], 'a method stands here twice; null'],
    [['TRACE'], 'TRACE is never passed on; null'],
    [['connect'], 'CONNECT is never passed on; null'],
    [['GET POST'], 'several methods are a list: [GET, POST]; null'],
    [['*'], 'methods are written in capitals; null'],
  ]
  for (const [names, expected] of rows) {
    const reading = readMethods(names)
    t.equal(
      reading.ok ? [...reading.methods].join(' ') : `${reading.reason}; ${reading.suggestion}`,
      expected,
    )
  }
})
