import t, { type Test } from 'tap'
import type { App, Origin } from '../../../src/core/gateway.ts'
import { coveringLocations } from '../../../src/core/request/covering-locations.ts'
import { exampleRequest } from '../../../src/core/request/example-request.ts'
import { matchRoute } from '../../../src/core/request/route-match.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import { loadGateway } from '../../support/request-context.ts'

/** The apps of one origin, by their keys; `rules` are keys of the app at the root. */
function originOf(rules: string, others = ''): Origin {
  const gateway = loadGateway(`
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
${rules}
${others}`)
  const origin = gateway.hosts.get('wiki.example')
  if (origin === undefined) throw new Error('the file has the origin')
  return origin
}

/** Where a path leads, in a word: `/admin`, `docs *`, or why nowhere. */
function led(origin: Origin, path: string, method = 'GET'): string {
  const reading = readTarget(path)
  if (!reading.ok) return reading.reason
  const match = matchRoute(origin, reading.target, method)
  if (match.kind === 'unmatched') return match.reason
  const labels = [match.location, ...match.others].map(({ label }) => label).join(' and ')
  return match.app.name === 'wiki' ? labels : `${match.app.name} ${labels}`
}

function rowsOf(test: Test, origin: Origin, rows: readonly (readonly [string, string])[]): void {
  for (const [path, expected] of rows) test.equal(led(origin, path), expected, path)
}

const mixed = originOf(`
    ignore_case: true
    allow_encoded: [slash, percent, semicolon]
    require: anyone
    locations:
      - { path: /admin, require: signed_in }
      - { path: /Admin/Users, exact: true, require: signed_in }
      - { path: "/Team/*/Edit", require: signed_in }
      - { path: /Größe/Ä, require: signed_in }
      - { path: /api, methods: [POST], require: signed_in }
      - { path: /api, require: anyone }
`)

t.test('S-019: under ignore_case every spelling of a path is that path', async (t) => {
  rowsOf(t, mixed, [
    ['/admin', '/admin'],
    ['/ADMIN', '/admin'],
    ['/aDmIn/x/', '/admin'],
    ['/%41dmin', '/admin'],
    ['/%61dmin/%55sers', '/Admin/Users (exact)'],
    ['/admin/users', '/Admin/Users (exact)'],
    ['/ADMIN/USERS/x', '/admin'],
    ['/team/X/edit/y', '/Team/*/Edit'],
    ['/TEAM/x/view', '*'],
    ['/gr%C3%B6%C3%9Fe/%C3%A4', '/Größe/Ä'],
    ['/GR%C3%96%C3%9FE/%C3%84', '/Größe/Ä'],
    ['/GR%C3%96%E1%BA%9Ee/%C3%84', '/Größe/Ä'],
    ['/administrator', '*'],
    ['/', '*'],
  ])
  t.equal(led(mixed, '/API', 'POST'), '/api [POST]')
  t.equal(led(mixed, '/Api', 'GET'), '/api')
})

t.test('and every reading of it', async (t) => {
  rowsOf(t, mixed, [
    ['/ADMIN%2Fx', '* and /admin'],
    ['/ADMIN;x', '* and /admin'],
    ['/%2541DMIN', '* and /admin'],
    ['/a%25C5%25BFb', 'target-case'],
    ['/admin%2F%C5%BF', 'target-case'],
    ['/gro%CC%88%C3%9Fe/%C3%A4', 'target-case'],
  ])
})

t.test('what servers fold in different ways is refused where it makes a difference', async (t) => {
  rowsOf(t, mixed, [
    // Always: ſ, ı, İ and the Kelvin sign.
    ['/x/%C5%BF', 'target-case'],
    ['/x/%C4%B1', 'target-case'],
    ['/x/%C4%B0', 'target-case'],
    ['/x/%E2%84%AA', 'target-case'],
    // `ß` is SS to those that compare capitals.
    ['/GR%C3%96SSE/%C3%84', 'target-case'],
    ['/gr%C3%B6sse/%C3%A4', 'target-case'],
    ['/gr%C3%B6sse/b', '*'],
    ['/stra%C3%9Fe', '*'],
    // A dot that Turkish takes off, a character that cannot be seen, one that is as wide as two.
    ['/ADMI%CC%87N', 'target-case'],
    ['/ad%C2%ADmin', 'target-case'],
    ['/%EF%BD%81dmin', 'target-case'],
    ['/%EF%BD%81dmin2', '*'],
    // No UTF-8 is refused as everywhere.
    ['/admi%6E%FF', 'target-utf8'],
    ['/%C4', 'target-utf8'],
  ])
})

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

t.test('characters that give a path another structure where they are made compatible', async (t) => {
  const structured = originOf(`
    ignore_case: true
    allow_encoded: [slash]
    require: anyone
    locations:
      - { path: /files, require: signed_in }
      - { path: /files/board, require: nobody }
      - { path: "/team/*", exact: true, require: anyone }
      - { path: /Wait…, require: signed_in }
`)
  const rows: readonly (readonly [string, string])[] = [
    // A slash, a backslash, two dots, a mark that ends a path or a segment, an escape of an escape.
    ['/files／board', 'target-case'],
    ['/files／x', 'target-case'],
    ['/FILES＼BOARD', 'target-case'],
    ['/x/‥/files', 'target-case'],
    ['/x/．．', 'target-case'],
    ['/x/․', 'target-case'],
    ['/x/.\u00ad./files', 'target-case'],
    ['/files/board？x', 'target-case'],
    ['/files；x', 'target-case'],
    ['/files\u037ex', 'target-case'],
    ['/files＃x', 'target-case'],
    ['/files／b％６１rd', 'target-case'],
    ['/files/bo％６１rd', 'target-case'],
    ['/files/bo％61rd', 'target-case'],
    ['/files/bo%６１rd', 'target-case'],
    ['/files/bo%6１rd', 'target-case'],
    ['/files％２Ｆ\u0307x', 'target-case'],
    ['/files/50%オフ', '/files'],
    ['/f℀b', '*'],
    ['/team/a／b', 'target-case'],
    ['/\u00ad/files', 'target-case'],
    ['/／evil.example', 'target-case'],
    ['/WAIT…', '/Wait…'],
    // Where it leads to the same place they are names like any other.
    ['/files/Q＆A／FAQ？.pdf', '/files'],
    ['/files/50％オフ．txt', '/files'],
    ['/files/待って…', '/files'],
    ['/files/：；＃１', '/files'],
    ['/files/❤\ufe0f👩\u200d💻', '/files'],
    ['/x／y', '*'],
    ['/team/Wait…', '/team/* (exact)'],
  ]
  rowsOf(
    t,
    structured,
    rows.map(([path, expected]) => [encoded(path), expected]),
  )
  t.equal(led(structured, '/x%2F%EF%BC%8E%EF%BC%8E%2Ffiles'), 'target-case')
  const plain = originOf('    require: anyone\n    locations: [{ path: /files, require: signed_in }]')
  rowsOf(t, plain, [
    [encoded('/files／x'), '*'],
    [encoded('/x/‥/files'), '*'],
  ])
})

t.test('names of every language are served where no location is called nearly so', async (t) => {
  for (const name of [
    'Übergröße.pdf',
    'ΟΔΥΣΣΕΎΣ',
    'Ὀδυσσεὺς',
    'Ёлка',
    '資料（最終）.xlsx',
    'が',
    '한국어',
    'हिन्दी',
    'ไทย',
    'שָׁלוֹם',
    'مُحَمَّد',
    'ﬁn',
    'x²',
    'Ⅷ',
    'Çağrı'.replace('ı', 'i'),
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    '🇩🇪',
    'Z͑ͫ̓a',
    'a\u0308',
    'ŉ',
  ])
    t.equal(led(mixed, encoded(`/ADMIN/${name}`)), '/admin', name)
})

t.test('an app that does not ignore case is judged as before', async (t) => {
  const plain = originOf(`
    require: anyone
    locations:
      - { path: /admin, require: signed_in }
      - { path: /Admin, require: signed_in }
      - { path: /ſ, require: signed_in }
`)
  rowsOf(t, plain, [
    ['/admin', '/admin'],
    ['/Admin', '/Admin'],
    ['/ADMIN', '*'],
    ['/%C5%BF', '/ſ'],
    ['/%C4%B1', '*'],
  ])
})

const capital = /[A-Za-z]/
const everyCharacter = Array.from({ length: 0x110000 - 0x80 }, (_, code) => code + 0x80)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  // Every other is left alone by each mapping of case.
  .filter((one) => /\p{Cased}|\p{CWCM}|\p{CWKCF}/u.test(one))

/** What some server makes of a character by a mapping of case. */
const mappings: readonly ((text: string) => string)[] = [
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase().toUpperCase(),
  (text) => text.toLocaleLowerCase('tr'),
  (text) => text.toLocaleUpperCase('tr'),
  (text) => text.toLocaleUpperCase('lt'),
  (text) => text.normalize('NFKC'),
]

t.test('S-019: no character leads past a location to an app that maps case otherwise', async (t) => {
  const meant = new Map<string, string[]>()
  for (const character of everyCharacter) {
    for (const map of mappings) {
      const word = map(character)
      if (!/^[!-~]+$/.test(word) || !capital.test(word)) continue
      const name = `x${word}y`.toLowerCase()
      meant.set(name, [...(meant.get(name) ?? []), character])
    }
  }
  t.ok(meant.size > 150, `${meant.size} names`)
  const names = [...meant.keys()].filter((name) => /^[a-z0-9.()]+$/.test(name))
  const locations = names.map((name) => `      - { path: "/${name}", require: signed_in }`).join('\n')
  const closed = originOf(`    ignore_case: true\n    require: anyone\n    locations:\n${locations}`)
  const open = originOf(
    `    ignore_case: true\n    require: signed_in\n    locations:\n${locations.replaceAll('signed_in', 'anyone')}`,
  )
  let tried = 0
  for (const name of names) {
    for (const character of meant.get(name) ?? []) {
      const path = `/x${encodeURIComponent(character)}y`
      // Never by the floor, as the app may serve the location’s page; nor by the location, as it may not.
      if (led(closed, path) !== 'target-case' || led(open, path) !== 'target-case')
        t.fail(`${path} for /${name}`)
      tried += 1
    }
  }
  t.ok(tried > 1000, `${tried} spellings`)
})

const nested = (own: string, docs: string): Origin =>
  originOf(
    `    require: signed_in\n${own}`,
    `
  docs:
    url: https://wiki.example/Docs
    upstream: http://10.9.9.8
    require: signed_in
${docs}`,
  )

const ignoring = '    ignore_case: true'

t.test('an app that ignores case has every spelling of its prefix', async (t) => {
  rowsOf(t, nested('', ignoring), [
    ['/docs/x', 'docs *'],
    ['/DOCS', 'docs *'],
    ['/Docs/x', 'docs *'],
    ['/doc%C5%BF/x', 'target-case'],
    // To an app that does not ignore case it is another path.
    ['/docss', '*'],
    ['/x/%C5%BF', '*'],
  ])
})

t.test('what an app that ignores case could serve of another, which does not, is nobody’s', async (t) => {
  rowsOf(t, nested(ignoring, ''), [
    ['/Docs/x', 'docs *'],
    ['/docs/x', 'target-case'],
    ['/DOCS', 'target-case'],
    ['/doc%C5%BF', 'target-case'],
    ['/documents', '*'],
  ])
  rowsOf(t, nested(ignoring, ignoring), [
    ['/Docs/x', 'docs *'],
    ['/docs/x', 'docs *'],
    ['/DOCS', 'docs *'],
  ])
})

t.test('examples and enclosing locations are found as requests are', async (t) => {
  const [app] = mixed.apps as readonly App[]
  if (app === undefined) throw new Error('there is one')
  for (const location of [...app.allLocations, app.fallback]) {
    const example = exampleRequest(mixed, location)
    t.equal(example && led(mixed, example.path, example.method), location.label)
  }
  // What stands for a star, or for what lies below, is nothing that an app beside it is called.
  const beside = originOf(
    `${ignoring}
    require: signed_in
    locations: [{ path: "/*/y", require: signed_in }]`,
    `
  other: { url: "https://wiki.example/X", upstream: "http://10.9.9.8", require: signed_in }
`,
  )
  for (const one of beside.apps.flatMap(({ allLocations, fallback }) => [...allLocations, fallback])) {
    const example = exampleRequest(beside, one)
    t.ok(example && led(beside, example.path, example.method).endsWith(one.label), one.label)
  }
  const labels = (...segments: readonly string[]) =>
    coveringLocations(app, segments).map(({ label }) => label)
  t.same(labels('ADMIN', 'users'), ['/Admin/Users (exact)', '/admin', '*'])
})
