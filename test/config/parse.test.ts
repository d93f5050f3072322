// Reading YAML in pieces yields what the library yields in one.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { LineCounter, parseAllDocuments } from 'yaml'
import { parseSteps } from '../../src/config/parse.ts'
import { runThrough } from '../../src/config/steps.ts'

const list = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `      - ${line(index)}\n`).join('')

const head = 'apps:\n  wiki:\n    locations:\n'
const texts: readonly (readonly [string, string])[] = [
  [
    'a long list',
    head + list(100, (index) => `{ path: /p${index}, methods: [GET, "PO${index}"] } # ${index}`),
  ],
  [
    'a long list of blocks',
    head + list(50, (index) => `path: /p${index}\n        require:\n          any:\n            - a\n`),
  ],
  ['two long lists', `${head}${list(45, String)}    others:\n${list(45, String)}after: 1\n`],
  ['a long list at the top', list(70, String)],
  [
    'a long list in a long list',
    `a:\n${list(30, (index) => `- ${index}\n${list(30, String).replaceAll('      -', '        -')}`)}`,
  ],
  ['exactly a piece', head + list(20, String)],
  ['a piece and one', head + list(21, String)],
  [
    'comments and empty items',
    head + list(60, (index) => (index % 7 === 0 ? '' : `# ${index}\n        a: 1`)),
  ],
  [
    'faults in a long list',
    head + list(60, (index) => (index % 9 === 4 ? '{ a: [1, }' : `{ a: "${index}" }`)),
  ],
  ['a fault before and behind it', `x: [1,\n${head}${list(60, String)}y: "open\n`],
  ['wrong indentation in it', `${head}${list(30, String)}     - a\n${list(30, String)}`],
  ['aliases in it', head + list(60, (index) => (index === 3 ? '&a b' : index === 50 ? '*a' : 'c'))],
  ['two documents', `${head}${list(60, String)}---\n${head}${list(60, String)}`],
  ['nothing', ''],
  ['a comment alone', '# nothing\n'],
  ['CRLF', `${head}${list(60, String)}`.replaceAll('\n', '\r\n')],
  ...readdirSync(new URL('cases', import.meta.url)).map(
    (name) => [name, readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8')] as const,
  ),
]

const options = { version: '1.2', schema: 'core', strict: true, merge: false, uniqueKeys: false } as const

for (const [name, text] of texts) {
  t.test(name, async (t) => {
    const [wholeLines, piecesLines] = [new LineCounter(), new LineCounter()]
    const whole = parseAllDocuments(text, { ...options, prettyErrors: false, lineCounter: wholeLines })
    const pieces = runThrough(parseSteps(text, piecesLines)) ?? []
    t.same(piecesLines.lineStarts, wholeLines.lineStarts)
    const documents = 'empty' in whole ? [] : whole
    t.equal(pieces.length, documents.length)
    for (const [index, document] of documents.entries()) {
      t.same(shape(pieces[index]?.contents), shape(document.contents))
      t.same(pieces[index]?.errors.map(told).sort(), document.errors.map(told).sort())
    }
  })
}

function told({ code, pos, message }: { code: string; pos: readonly number[]; message: string }): string {
  return `${String(pos[0]).padStart(6)} ${code} ${message}`
}

/** What is read of a node: its kind, its place, and what it holds. */
function shape(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node
  const of = (key: string): unknown => Reflect.get(node, key)
  const range = of('range')
  const items = of('items')
  return [
    Array.isArray(range) ? range[0] : null,
    ...['value', 'source', 'anchor', 'tag'].map((key) => shape(of(key))),
    shape(of('key')),
    Array.isArray(items) ? items.map(shape) : null,
  ]
}
