import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { surroundings } from './surroundings.ts'

/** What is said of a text that is no YAML, each thing in its line, without the file's name. */
function said(lines: readonly string[]): readonly string[] {
  const loaded = loadGatewayFromText(lines.join('\n'), surroundings)
  if (loaded.ok) return ['ok']
  return loaded.issues.map((issue) => printIssue(issue).replace(/^claimgate\.yaml:/, ''))
}

const app = ['apps:', '  wiki:', '    url: https://wiki.example.com']

const slips: readonly (readonly [name: string, lines: readonly string[], told: readonly string[]])[] = [
  [
    'a line too far left, and those after it are in line',
    [...app, '   upstream: a', '    title: b', '    contact: c'],
    ['4:4: this line begins in column 4, where nothing else does: expected column 5, as in line 3'],
  ],
  [
    'a line too far right',
    [...app, '      upstream: a', '    title: b'],
    [
      '4:7: this line begins in column 7, further in than line 3, which has a value already: expected column 5',
    ],
  ],
  [
    'two lines of different places',
    [...app, '   upstream: a', 'providers:', '  acme:', '    issuer: a', '     client_id: b'],
    [
      '4:4: this line begins in column 4, where nothing else does: expected column 5, as in line 3',
      '8:6: this line begins in column 6, further in than line 7, which has a value already: expected column 5',
    ],
  ],
  [
    'a line too far right, with blank lines and a comment in front of it',
    [...app, '', '# about it', '     upstream: a'],
    ['6:6: this line begins in column 6, where nothing else does: expected column 5, as in line 3'],
  ],
  [
    'a key of an item that begins below the dash',
    [...app, '    locations:', '      - path: /a', '      require: anyone'],
    ['6:7: this line begins in column 7, where nothing else does: expected column 9, as in line 5'],
  ],
  [
    'a key of an item between the dash and the key above it',
    [...app, '    locations:', '      - path: /a', '       require: anyone'],
    ['6:8: this line begins in column 8, where nothing else does: expected column 9, as in line 5'],
  ],
  [
    'a key of an item too far right',
    [...app, '    locations:', '      - path: /a', '          require: anyone'],
    [
      '6:11: this line begins in column 11, further in than line 5, which has a value already: expected column 9',
    ],
  ],
  [
    'an item too far right',
    [...app, '    locations:', '    - path: /a', '      require: anyone', '     - path: /b'],
    ['7:6: this line begins in column 6, where nothing else does: expected column 5, as in line 5'],
  ],
  [
    'lines that end by carriage returns',
    ['apps:\r', '  wiki:\r', '    url: a\r', '   title: b\r'],
    ['4:4: this line begins in column 4, where nothing else does: expected column 5, as in line 3'],
  ],
  [
    'a tab, and the lines after it are in line',
    [...app, '\tupstream: a', '    title: b'],
    ['4:1: a tab is not allowed as indentation: use spaces'],
  ],
  [
    'no space behind a colon',
    ['apps:', '  wiki:', '    url:https://a', '    title: b'],
    ['3:8: a space is missing behind "url:"'],
  ],
  [
    'no space behind a colon, in what may be a secret',
    ['session:', '  secret:', '    - first', '   - Canary17:more'],
    ['4:14: a space is missing behind ":"'],
  ],
  [
    'no space behind a dash',
    [...app, '    locations:', '      -path: /a', '       require: anyone'],
    ['5:7: a space is missing behind "-"'],
  ],
  [
    'no colon',
    [...app, 'providers', '  acme: {}'],
    ['4:1: expected `key: value`, found no ":" with a space behind it'],
  ],
  [
    '"=" for a colon',
    ['apps:', '  wiki:', '    url = a', '    title: b'],
    ['3:5: expected `key: value`, found "=" in place of ":"'],
  ],
  [
    'a colon in a text',
    [...app, '    title: Wiki: the best'],
    ['4:12: a text that holds ": " stands in quotes'],
  ],
  [
    'an item among keys',
    [...app, '    - b'],
    [
      '4:5: an item of a list ("- …") stands among keys: a list stands below a key of its own, which has no other value',
    ],
  ],
  [
    'a bracket that is not closed',
    [...app, '    require: { groups: [a }', '    title: b'],
    ['4:24: this "[" is not closed: a "]" is missing'],
  ],
  [
    'a brace that is not closed, though another is',
    [...app, '    require: { any: [{ groups: "}" }]', '    title: b'],
    ['4:14: this "{" is not closed: a "}" is missing'],
  ],
  [
    'a closing brace too far left',
    ['apps:', '  wiki:', '    require: {', '      groups: a', '  }'],
    ['5:3: the "}" stands too far left: expected it further in than the key that it closes'],
  ],
  [
    'a brace too many',
    [...app, '    require: { groups: a }}', '    b: c'],
    ['4:27: this "}" closes nothing'],
  ],
  [
    'a comma too many',
    [...app, '    require: { groups: [a, , b] }'],
    ['4:28: a value is missing here, between two commas or brackets'],
  ],
  [
    'lines within brackets',
    [...app, '    locations: [', '      - path: /a', '    ]'],
    [
      '5:7: in {…} and […] there are no lines of "key: value" or "- item": expected values parted by commas, or the whole without brackets',
    ],
  ],
  [
    'a quote that is not closed, wherever the file ends',
    [...app, '    title: "Wiki', '    contact: b'],
    ['4:12: this " is not closed: expected another one at the end of the text'],
  ],
  [
    'more behind a quote',
    [...app, "    title: 'it's'"],
    ['4:16: more stands behind the closing quote: expected the whole text in quotes, or a comma'],
  ],
  ['a comment close to a text', [...app, '    title: "a"#b'], ['4:15: a space is missing in front of "#"']],
  [
    'an escape that is none',
    [...app, String.raw`    require: { email: { matches: ".*@example\.com" } }`],
    [
      String.raw`4:45: in "…" a backslash begins an escape such as \n: write '…' around the text, or the backslash twice`,
    ],
  ],
  [
    'a text that begins as a block does',
    [...app, '    title: >-x'],
    ['4:14: a text that begins with "|" or ">" stands in quotes'],
  ],
  [
    'a variable without quotes',
    [...app, `    require: { groups: \${env:GROUP} }`],
    [`4:24: in {…} and […] a value with "\${…}" stands in quotes: write "\${env:NAME}"`],
  ],
]

for (const [name, lines, told] of slips) t.test(name, async (t) => t.same(said(lines), told))

t.test("no message has the parser's own words", async (t) => {
  const jargon = /\bflow\b|\bscalar|sequence|\bnode\b|token|implicit|compact|indicator|\bstream\b/i
  for (const [, , told] of slips) t.notMatch(told.join('\n'), jargon)
})

t.test('what is no YAML is never read as one, whatever it holds', async (t) => {
  const pieces = [
    'a: b',
    '  - c',
    '{',
    '}',
    '[',
    '"',
    "'",
    ': ',
    '\t',
    '&x',
    '*x',
    '!y',
    '|',
    '%',
    '---',
    ' d: e',
    '# f',
  ]
  for (let seed = 1; seed <= 400; seed += 1) {
    const lines = Array.from({ length: 5 }, (_, index) => {
      const at = (seed * 7919 + index * 104729 * seed) % (pieces.length * pieces.length)
      return `${' '.repeat(at % 4)}${pieces[at % pieces.length]}${pieces[Math.floor(at / pieces.length)]}`
    })
    t.not(said(lines)[0], 'ok', lines.join('\n'))
  }
})

t.test('a secret that has a slip in its line is not shown', async (t) => {
  const lines = ['canary: x', 'canary"', 'canary: [', '"canary', "canary' b", '`canary', '{canary', '|canary']
  for (const value of lines) {
    const told = said(['providers:', '  acme:', `    client_secret: ${value}`, '    issuer: https://a'])
    t.notMatch(told.join('\n'), 'canary', value)
  }
})
