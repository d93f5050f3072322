// One table has every bound: a number that bounds something and stands elsewhere is found here, so that nobody has to
// read the whole tree to say what a client may cost.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Limit } from '../../src/core/limits/limit.ts'
import { limits, limitTable } from '../../src/core/limits/table.ts'
import { measureText } from '../../src/reference/limits-section.ts'

const source = fileURLToPath(new URL('../../src', import.meta.url))
/** What serves. The tools read files of the operator and speak to nobody. */
const serving = ['core', 'http', 'runtime', 'oidc', 'store', 'upstream']

const sourcesOf = (module: string) =>
  readdirSync(join(source, module), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: `${module}/${name}`, text: readFileSync(join(source, module, name), 'utf8') }))
const sources = serving.flatMap(sourcesOf)
const table = 'core/limits/table.ts'
const elsewhere = sources.filter(({ name }) => name !== table)

/** Names of constants that say a bound, with a number behind them. */
const bound =
  /\b(?:const|readonly|let)\s+((?:(?:max|most|longest|largest)[A-Z]\w*|\w*(?:AtMost|Limit|Capacity|Bytes|Timeout|TimeoutMs|Lines)))\s*(?::\s*number\s*)?=\s*-?\d[\d_]*/g

/** A length that is held against a number, which so has no name either. */
const nameless = /(?:\b(?:length|byteLength|size)|Bytes|byteLength\([\w.]+\)) *(?:>=?|<=?) *\d[\d_]{2,}\b/g

/** What bounds no use by anybody, each with its reason. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['core/request/location-overlap.ts mostOverlaps', 'how many findings lint prints'],
  ['core/rules/ways-in.ts mostWays', 'how far lint and who look into a rule'],
  ['core/session/seal.ts ivBytes', 'of the cipher'],
  ['core/session/seal.ts tagBytes', 'of the cipher'],
  ['oidc/clock.ts maxIssuedAheadSeconds', 'how far clocks may differ'],
  ['oidc/clock.ts maxIssuedAgoSeconds', 'how far clocks may differ'],
  ['store/redis/cluster.ts mostRedirects', 'how often a key is followed that moves'],
  ['store/keys/redis-keys.ts mostChanges', 'how often a change is tried anew that another one came before'],
  ['store/keys/redis-key-uses.ts mostTries', 'how often what others write meanwhile is read anew'],
  ['store/redis/connection.ts longestPauseMs', 'between two attempts to connect'],
  ['store/redis/renewals.ts mostTries', 'how often a record is tried whose slot moves'],
  ['runtime/health-path.ts longestPath', 'of the kernel'],
  ['http/proxy/exchange.ts smallBytes', 'what is held to the end of a turn; more is passed at once'],
])

t.test('no bound stands beside the table', async (t) => {
  t.ok(elsewhere.length > 100, `${elsewhere.length} files were read`)
  for (const { name, text } of elsewhere) {
    for (const [, constant = ''] of text.matchAll(bound)) {
      t.ok(exceptions.has(`${name} ${constant}`), `${name}: ${constant} belongs in src/core/limits/table.ts`)
    }
    t.same(text.match(nameless) ?? [], [], `${name}: a number belongs in src/core/limits/table.ts`)
  }
})

t.test('each limit is used, says what it is, and has its unit in its name', async (t) => {
  // Doctor asks apps, and has its patience there.
  const code = [...elsewhere, ...sourcesOf('doctor')].map(({ text }) => text).join('\n')
  for (const [name, { most, says }] of Object.entries<Limit>(limitTable)) {
    t.match(says, /^[A-Z`].*\.$/, `${name} has a sentence`)
    t.ok(Number.isSafeInteger(most) && most > 0, `${name} is a number`)
    t.ok(new RegExp(`\\blimits\\.${name}\\b`).test(code), `${name} is used`)
    t.equal(limits[name as keyof typeof limits], most)
  }
})

t.test('the page says numbers in their units', async (t) => {
  t.equal(measureText('formBytes', 65_536), '64 KiB')
  t.equal(measureText('returnToBytes', 1500), '1,500 bytes')
  t.equal(measureText('someBytes', 3 * 2 ** 20), '3 MiB')
  t.equal(measureText('silenceMs', 30_000), '30 s')
  t.equal(measureText('silenceMs', 120_000), '2 min')
  t.equal(measureText('pauseSeconds', 60), '1 min')
  t.equal(measureText('usedStates', 50_000), '50,000')
})
