import t from 'tap'
import { claimSpecs, dropBackslashes } from '../../../../src/migration/apache/reading/expression.ts'
import { wordsOf } from '../../../../src/migration/apache/reading/last.ts'
import { readLines } from '../../../../src/migration/apache/reading/lines.ts'
import { sectionCovers } from '../../../../src/migration/apache/reading/path-match.ts'
import { type ApacheSurroundings, readApache } from '../../../../src/migration/apache/reading/read.ts'
import { limitCovers, type RequireNode } from '../../../../src/migration/apache/reading/require.ts'
import { mergeSections, type PathSection } from '../../../../src/migration/apache/reading/section.ts'
import { readSite } from '../../../../src/migration/apache/reading/site.ts'
import type { Node } from '../../../../src/migration/apache/reading/tree.ts'
import { splitWords } from '../../../../src/migration/apache/reading/words.ts'

const files: Readonly<Record<string, string>> = {
  '/etc/apache2/site.conf': 'ServerName included\n',
  '/etc/apache2/conf.d/a.conf': 'A one\n',
  '/etc/apache2/conf.d/b.conf': 'B two\n',
  '/etc/apache2/circle.conf': 'Include circle.conf\n',
  '/srv/other.conf': 'Other root\n',
}

const surroundings = (defined: readonly string[] = []): ApacheSurroundings => ({
  folder: '/etc/apache2',
  readFile: (path) => {
    const text = files[path]
    return text === undefined
      ? { ok: false, reason: 'no such file' }
      : { ok: true, bytes: Buffer.from(text), worldReadable: false }
  },
  listFiles: (pattern) => {
    if (!pattern.includes('*')) return [pattern]
    const begin = pattern.slice(0, pattern.indexOf('*'))
    if (begin.startsWith('/elsewhere/')) return null
    return Object.keys(files).filter((path) => path.startsWith(begin))
  },
  defined,
})

const read = (text: string, defined: readonly string[] = []) =>
  readApache([{ name: 'httpd.conf', text }], surroundings(defined))

function nodesOf(text: string, defined: readonly string[] = []): readonly Node[] {
  const result = read(text, defined)
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join('\n'))
  return result.nodes
}

const flat = (nodes: readonly Node[]): readonly string[] =>
  nodes.flatMap((node) =>
    node.kind === 'directive'
      ? [`${node.name} ${node.rest}`]
      : [`<${node.name} ${node.rest}>`, ...flat(node.children)],
  )

t.test('lines: continuations, comments and places', async (t) => {
  t.same(
    readLines('One\r\n  # Comment \\\n  goes on\n\n\tTwo \\\n   three\\\\\nfour\n', 'f').map(
      ({ text, at }) => [text, at.line, at.column],
    ),
    [
      ['One', 1, 1],
      ['Two    three\\four', 5, 2],
    ],
  )
  t.same(readLines('A # no comment', 'f')[0]?.text, 'A # no comment')
})

t.test(
  'words are split as httpd does: quotes, and backslashes before quotes and backslashes alone',
  async (t) => {
    for (const [text, words] of [
      ['a  b\tc', ['a', 'b', 'c']],
      [`"a b" 'c "d"'`, ['a b', 'c "d"']],
      ['""', ['']],
      ['"a \\"b\\" \\d \\\\"', ['a "b" \\d \\']],
      ['a\\\\b a\\.b', ['a\\b', 'a\\.b']],
      ['"not closed', ['not closed']],
      ['', []],
    ] as const) {
      t.same(splitWords(text), words, text)
    }
  },
)

t.test('the expression parser eats backslashes before `Require claim` sees them', async (t) => {
  for (const [written, eaten] of [
    ['email~foo\\.com$', 'email~foo.com$'],
    ['email~foo\\\\.com$', 'email~foo\\.com$'],
    ['num~^\\d$', 'num~^d$'],
    ['s~[.]', 's~[.]'],
    ['tab\\tnew\\n', 'tab\tnew\n'],
  ] as const) {
    t.equal(dropBackslashes(written), eaten, written)
  }
  t.same(claimSpecs('"groups:a b" email~foo\\.com$'), [
    { eaten: 'groups:a b', literal: 'groups:a b' },
    { eaten: 'email~foo.com$', literal: 'email~foo\\.com$' },
  ])
})

t.test('what httpd resolves while it reads', async (t) => {
  t.same(flat(nodesOf(`Define X one\nName \${X} \${HOME} \${X}\nUnDefine X\nName \${X}`)), [
    `Name one \${HOME} one`,
    `Name \${X}`,
  ])
  t.same(flat(nodesOf('<IfDefine A>\nYes\n</IfDefine>\n<IfDefine !A>\nNo\n</IfDefine>', ['A'])), ['Yes '])
  const either = '<IfModule mod_ssl.c>\nTimeout 1\n</IfModule>\n<IfModule !mod_ssl.c>\nTimeout 2\n</IfModule>'
  t.same(flat(nodesOf(either)), ['Timeout 1'])
  // What says who gets in, and what nobody knows, stays in a section that may be in effect or not.
  for (const opening of [
    'IfModule mod_ssl.c',
    'IfDefine !A',
    'IfVersion >= 2.4.50',
    'IfVersion ~ ^2',
    'IfFile /etc/x',
  ]) {
    const [name = ''] = opening.split(' ')
    t.same(
      flat(nodesOf(`<${opening}>\nTimeout 1\nRequire valid-user\nWhat\n</${name}>`)),
      [
        'Timeout 1',
        'What ',
        `<${name} "${opening.slice(name.length + 1)}">`.replaceAll('"', ''),
        'Require valid-user',
      ],
      opening,
    )
  }
  t.same(flat(nodesOf('<IfDefine A>\nTimeout 1\nWhat\n</IfDefine>')), ['<IfDefine A>', 'Timeout 1', 'What '])
  t.same(flat(nodesOf('<IfDefine A>\nTimeout 1\n</IfDefine>')), [])
  t.same(flat(nodesOf('Include site.conf\nInclude conf.d/*.conf')), ['ServerName included', 'A one', 'B two'])
  t.same(flat(nodesOf('ServerRoot /srv\nInclude other.conf')), ['ServerRoot /srv', 'Other root'])
  t.same(
    flat(
      nodesOf(
        '<Macro Team $p $path>\n<Location "/$path">\nRequire claim g:$p\n</Location>\n</Macro>\nUse Team red "a b"',
      ),
    ),
    ['<Location "/a b">', 'Require claim g:red'],
  )
})

t.test('what could not be read or was left out is told with its line', async (t) => {
  for (const [text, kind] of [
    ['Include nowhere.conf', 'unreadable'],
    ['Include circle.conf', 'unreadable'],
    ['IncludeOptional /elsewhere/*.conf', 'unreadable'],
    ['<IfDefine NOT>\nA\n</IfDefine>', 'left-out'],
    ['<IfVersion < 2.4>\nA\n</IfVersion>', 'left-out'],
    ['<IfDefine NOT>\nInclude nowhere.conf\n</IfDefine>', 'unreadable'],
    ['<IfDefine NOT>\nUse Nobody\n</IfDefine>', 'unreadable'],
  ] as const) {
    const result = read(`\n${text}`)
    const notes = result.ok ? result.notes.filter((note) => note.kind !== 'resolved') : []
    t.ok(
      notes.some((note) => note.kind === kind),
      text,
    )
  }
  for (const text of ['IncludeOptional none/*.conf', '<IfVersion >= 2.4>\nA\n</IfVersion>']) {
    t.match(read(text), { ok: true, notes: [{ kind: 'resolved' }] }, text)
  }
})

t.test('syntax faults come all at once, with line and column', async (t) => {
  for (const [text, faults] of [
    ['<Location /a>', ['1:1 <Location> is not closed']],
    ['</Location>', ['1:1 </Location> closes nothing']],
    ['  <Location /a\n</Location>', ['1:3 <Location> lacks its closing ">"']],
    ['<A x>\n<B y>\n</A>', ['3:1 </A> stands where <B> of line 2 is to be closed']],
    ['Use Nobody x', ['1:1 no <Macro Nobody> stands above']],
  ] as const) {
    const result = read(text)
    t.same(
      result.ok ? [] : result.faults.map(({ at, message }) => `${at.line}:${at.column} ${message}`),
      faults,
      text,
    )
  }
})

/** Of a machine without any of the folders. */
const noFolders = { below: () => null, holds: () => false, nodes: () => null }

const sectionsOf = (text: string): readonly PathSection[] =>
  readSite(nodesOf(text), noFolders)[0]?.sections ?? []

t.test('which paths a section covers', async (t) => {
  for (const [section, covered, not] of [
    ['<Location /a>', ['/a', '/a/', '/a/b'], ['/', '/ab', '/b/a', '/A']],
    ['<Location /a/>', ['/a/', '/a/b'], ['/a', '/ab']],
    ['<Location />', ['/', '/a/b'], []],
    ['<Location "/a/*/c">', ['/a/b/c'], ['/a/c', '/a/b/c/d', '/a/b/d/c']],
    ['<Location ~ "^/(a|b)$">', ['/a', '/b'], ['/a/', '/ab']],
    ['<LocationMatch "\\.php$">', ['/x.php', '/a/b.php'], ['/x.php5', '/xphp']],
    ['<LocationMatch "^/api(?!/public)">', ['/api', '/api/x'], ['/api/public']],
    ['<LocationMatch "(?i)^/admin">', ['/Admin', '/administrator'], ['/x']],
  ] as const) {
    const close = section.startsWith('<LocationMatch') ? '</LocationMatch>' : '</Location>'
    const [one] = sectionsOf(`${section}\n${close}`)
    if (one === undefined) throw new Error(section)
    for (const path of covered) t.equal(sectionCovers(one, path), true, `${section} ${path}`)
    for (const path of not) t.equal(sectionCovers(one, path), false, `${section} not ${path}`)
  }
})

const shape = (node: RequireNode | null): unknown => {
  if (node === null) return null
  const not = node.negated ? 'not ' : ''
  return node.kind === 'rule' ? `${not}${node.test.kind}` : [`${not}${node.op}`, ...node.members.map(shape)]
}

t.test('rules: containers, negations, methods', async (t) => {
  const [one] = sectionsOf(`<Location />
    Require valid-user
    <RequireAll>
      Require not claim a:b
      <RequireNone>
        Require ip 10
      </RequireNone>
    </RequireAll>
    <LimitExcept GET>
      Require user x
    </LimitExcept>
  </Location>`)
  t.same(shape(one?.requires ?? null), ['any', 'valid-user', ['all', 'not claim', ['not any', 'ip']], 'user'])
  const last = one?.requires?.members.at(-1)
  const limit = last?.kind === 'rule' ? last.limit : null
  t.equal(limitCovers(limit, 'POST'), true)
  t.equal(limitCovers(limit, 'HEAD'), false, 'naming GET covers HEAD')
  t.equal(limitCovers(null, 'GET'), true)
})

t.test(
  'merging: later rules replace earlier ones, unless they say so; directives are inherited',
  async (t) => {
    const text = (merging: string) => `<Location />
    AuthType openid-connect
    Require valid-user
  </Location>
  <Location /a>
    ${merging}
    Require claim a:b
  </Location>
  <Location /b>
    OIDCUnAuthAction 401
  </Location>`
    const merged = (merging: string) => mergeSections(sectionsOf(text(merging)))
    t.same(shape(merged('').requires), ['any', 'claim'])
    t.same(shape(merged('AuthMerging And').requires), ['all', ['any', 'valid-user'], ['any', 'claim']])
    t.same(shape(merged('AuthMerging Or').requires), ['any', ['any', 'valid-user'], ['any', 'claim']])
    t.same(wordsOf(merged('').directives, 'AuthType'), ['openid-connect'])
    t.same(wordsOf(merged('').directives, 'oidcunauthaction'), ['401'])
  },
)

t.test('virtual hosts inherit what the server says, and have their own', async (t) => {
  const hosts = readSite(
    nodesOf(`OIDCScope server
    <Location /s>
    </Location>
    <VirtualHost *:443>
      ServerName one
      OIDCScope host
      <Location /h>
      </Location>
    </VirtualHost>
    <VirtualHost *:444>
      ServerName two
    </VirtualHost>`),
    noFolders,
  )
  t.same(
    hosts.map(({ directives, sections }) => [
      wordsOf(directives, 'ServerName'),
      wordsOf(directives, 'OIDCScope'),
      sections.map(({ pattern }) => pattern),
    ]),
    [
      [['one'], ['host'], ['/s', '/h']],
      [['two'], ['server'], ['/s']],
    ],
  )
})
