// The reference is an interface: operators search logs and write alarms by its words. So whatever word the code says
// stands there, and the file is what `npm run generate` would write.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { generatedFiles } from '../../src/commands/generate.ts'
import { eventFields, events, fields } from '../../src/core/event.ts'
import { faultCodes } from '../../src/core/fault.ts'
import {
  allowReasons,
  answerReasons,
  challengeReasons,
  denyReasons,
  rejectReasons,
} from '../../src/core/reason.ts'
import { metricLabels } from '../../src/http/operations/metric-names.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const reference = readFileSync(join(root, 'docs/reference.md'), 'utf8')

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(root, 'src', name), 'utf8') }))

/** The words that a pattern captures in the sources, without the tables themselves. */
function said(pattern: RegExp): readonly (readonly [word: string, file: string])[] {
  return sources.flatMap(({ name, text }) =>
    [...text.matchAll(pattern)].map((match) => [match[1] ?? '', name] as const),
  )
}

t.test('every generated file is what the code writes now', async (t) => {
  t.ok(generatedFiles.has('docs/reference.md'))
  for (const [path, write] of generatedFiles) {
    t.equal(readFileSync(join(root, path), 'utf8'), write(), `${path}: npm run generate`)
  }
})

t.test('every word that the code says is explained', async (t) => {
  const patterns: Readonly<Record<string, RegExp>> = {
    event:
      /\blog\??\.(?:event|fault)\(\s*(?:'(?:debug|info|warn|error)',\s*)?'(?!info|warn|error|debug)([a-z.-]+)'/g,
    reason: /\bkind: '(?:allow|challenge|deny|reject)',[^{}]*?reason: '([a-z-]+)'/g,
    'reason of an answer': /\b(?:refusal|forbidden|unauthorized|problemAnswer)\([^()']*'([a-z-]+)'\)/g,
    fault: /\bnew (?:Config|Login|Provider|Upstream|Store)Fault\(\s*'([A-Z_]+)'/g,
    metric: /\b(claimgate_[a-z_]+)\b/g,
  }
  for (const [kind, pattern] of Object.entries(patterns)) {
    const words = said(pattern)
    t.ok(words.length > 3, `${words.length} places with a ${kind}`)
    for (const [word, file] of words) t.ok(reference.includes(`\`${word}\``), `${kind} ${word} of ${file}`)
  }
})

t.test('every word of the tables is explained once, and is one that the code says', async (t) => {
  const all = sources.map(({ text }) => text).join('\n')
  const tables = { events, fields, allowReasons, challengeReasons, denyReasons, rejectReasons, answerReasons }
  for (const [table, words] of Object.entries(tables)) {
    for (const [word, sentence] of Object.entries(words)) {
      t.match(sentence, /^\S.*\.$/, `${table} ${word} is a sentence`)
      t.ok(reference.includes(`| \`${word}\` | ${sentence} |`), `${table} ${word} stands there`)
    }
  }
  for (const word of [...Object.keys(events), ...Object.keys(answerReasons), ...faultCodes]) {
    const uses = all.split(`'${word}'`).length - 1 + all.split(`\n  ${word}: `).length - 1
    t.ok(uses >= 2, `${word} is in its table and somewhere else`)
  }
})

t.test('every field of the log is one of an event', async (t) => {
  const used = new Set<string>(Object.values(eventFields).flat())
  for (const field of Object.keys(fields)) t.ok(used.has(field), field)
})

t.test('operations.md shows lines, metrics and sentences that there are', async (t) => {
  const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const [line, rehearsed] = [...operations.matchAll(/```json\n(.+)\n```/g)]
    .map(([, text = '']): Readonly<Record<string, unknown>> => JSON.parse(text))
    .toSorted((a, b) => Object.keys(a).length - Object.keys(b).length)
  // `code` is in the lines of answers that were cut alone, `other_locations` in those of paths with several
  // readings, `key` in those of API keys, `certificate` in those of connections with one, `limit` in those that a
  // limit refused.
  const rare: readonly string[] = ['code', 'other_locations', 'key', 'certificate', 'limit']
  const all = ['level', 'time', 'event', ...eventFields.request].filter((field) => !rare.includes(field))
  const own = all.filter((field) => !field.startsWith('shadow_'))
  t.same(Object.keys(line ?? {}), own, 'every field, in its order')
  const letIn = all.filter((field) => field !== 'detail')
  t.same(
    Object.keys(rehearsed ?? {}),
    letIn,
    'with those of a rehearsal, of which the rules in force refused nothing',
  )
  for (const [, metric = '', labels = ''] of operations.matchAll(/`(claimgate_[a-z_]+)\{([a-z,]+)\}`/g)) {
    const known: Readonly<Record<string, readonly string[]>> = metricLabels
    t.same(labels.split(','), known[metric], metric)
  }
  const pages = sources.map(({ text }) => text).join('\n')
  const [, table = ''] = operations.split('## When something is refused')
  const sentences = [...table.matchAll(/^\| "([^"…]+)"/gm)].map((match) => match[1] ?? '')
  t.ok(sentences.length > 8)
  for (const sentence of sentences) t.ok(pages.includes(sentence), sentence)
})

t.test('docs/operations.md names codes that there are, and says of every kind where to look', async (t) => {
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const kinds = 'LOGIN|LOGOUT|PROVIDER|UPSTREAM|AWS|HELD|STORE|REQUEST_BODY|ANSWER'
  // A variable of AWS's own, which looks like a code.
  const variables = ['AWS_ENDPOINT_URL_STS']
  const named = [...page.matchAll(new RegExp(`\\b(?:${kinds})_[A-Z_]*(?:…|\\b)`, 'g'))]
    .map(String)
    .filter((name) => !variables.includes(name))
  t.ok(named.length > 20)
  for (const name of named)
    t.ok(
      faultCodes.some((code) => (name.endsWith('…') ? code.startsWith(name.slice(0, -1)) : code === name)),
      name,
    )
  const table = page.slice(page.indexOf('## When something is refused'))
  for (const code of faultCodes)
    t.ok(
      code === 'CONFIG_INVALID' ||
        named.some((name) => name === code || (name.endsWith('…') && code.startsWith(name.slice(0, -1)))),
      code,
    )
  t.match(table, 'reference.md#faults')
})
