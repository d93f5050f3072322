// Do the tests notice? One small change of a source at a time, and the tests that run the changed place:
//   npm run mutants -- src/http/admission [--sample 50] [--seed 1] [--jobs 2] [--tests test/http --tests test/e2e]
// A folder, a file, or `file.ts:LINE`. Never part of the tests.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Mutant, mutantsOf, mutatedText } from './operators.ts'
import { hashOf, listSources, readSource } from './source.ts'
import type { Failure } from './tap-output.ts'
import { listTests, mayRun } from './test-files.ts'
import { type MeasuredTest, measureTest, ranAt, readTestMap, saveTestMap } from './test-map.ts'
import { runTestFile } from './test-run.ts'
import { copyTree, type Tree } from './tree.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const { values: options, positionals: places } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    tests: { type: 'string', multiple: true, default: ['test'] },
  },
})
if (places.length === 0)
  throw new Error('name a folder or a file of src: npm run mutants -- src/http/admission')

type End = Failure | 'survived' | 'nobody runs it'
const ends: readonly End[] = ['assertion', 'wait', 'crash', 'time-out', 'survived', 'nobody runs it']

interface Judged {
  readonly mutant: Mutant
  readonly end: End
  readonly by: string
}

const all = places.flatMap(mutantsAt)
const chosen = Number(options.sample) > 0 ? drawn(all, Number(options.sample), Number(options.seed)) : all
const trees = Array.from({ length: Number(options.jobs) }, () => copyTree(root))
process.once('exit', () => trees.forEach((tree) => void tree.remove()))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const tests = await measured(new Set(chosen.map(({ path }) => path)))
console.log(`${chosen.length} of ${all.length} mutants, ${tests.length} test files`)
const judged: Judged[] = []
/** By source: the test that killed its last mutant is asked first. */
const lastKiller = new Map<string, string>()
await eachIn(chosen, async (mutant, tree) => {
  const one = await judge(mutant, tree)
  judged.push(one)
  console.log(`${judged.length}/${chosen.length} ${one.end}: ${described(one.mutant)}${one.by}`)
})
report()

function mutantsAt(place: string): readonly Mutant[] {
  const [path = '', line] = place.split(':')
  const found = listSources(root, path).flatMap((file) => mutantsOf(readSource(root, file)))
  return line === undefined ? found : found.filter((mutant) => mutant.line === Number(line))
}

/** The same ones for the same seed: a shuffle by mulberry32. */
function drawn(mutants: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  let state = seed
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const keyed = mutants.map((mutant) => ({ mutant, key: random() }))
  keyed.sort((one, other) => one.key - other.key)
  return keyed.slice(0, count).map(({ mutant }) => mutant)
}

/** The green tests that may run these sources, cheapest first. */
async function measured(sources: ReadonlySet<string>): Promise<readonly MeasuredTest[]> {
  const known = readTestMap(root)
  const files = listTests(root, options.tests).filter((file) => mayRun(root, file, sources))
  const unknown = files.filter((file) => !known.has(file))
  await eachIn(unknown, async (file) => {
    const test = await measureTest(root, file)
    console.log(`${test.green ? 'green' : 'RED, left out'} after ${test.seconds.toFixed(1)} s: ${file}`)
    known.set(file, test)
    saveTestMap(root, known)
  })
  const usable = files.flatMap((file) => known.get(file) ?? []).filter((test) => test.green)
  return usable.sort((one, other) => one.seconds - other.seconds)
}

/** An assertion ends the search; after anything else another test may still say it by one. */
async function judge(mutant: Mutant, tree: Tree): Promise<Judged> {
  const { path } = mutant
  const text = readFileSync(join(root, path), 'utf8')
  const hash = hashOf(root, path)
  const killer = lastKiller.get(path)
  const covering = tests.filter((test) => ranAt(test, path, hash, mutant.start))
  if (covering.length === 0) return { mutant, end: 'nobody runs it', by: '' }
  covering.sort((one, other) => Number(other.file === killer) - Number(one.file === killer))
  let end: End = 'survived'
  let by = ''
  let hung = 0
  writeFileSync(join(tree.root, path), mutatedText(text, mutant))
  try {
    for (const { file, seconds } of covering) {
      const timeoutMs = 20_000 + seconds * 8_000
      const patienceMs = 5_000 + seconds * 4_000
      const { red } = await runTestFile({ root: tree.root, file, timeoutMs, patienceMs, untilRed: true })
      const worst = (['assertion', 'wait', 'crash', 'time-out'] as const).find((kind) =>
        red.some(({ failure }) => failure === kind),
      )
      if (worst === undefined) continue
      if (ends.indexOf(worst) < ends.indexOf(end)) {
        end = worst
        by = ` ← ${file}: ${red.find(({ failure }) => failure === worst)?.title ?? ''}`
      }
      if (worst === 'assertion') lastKiller.set(path, file)
      if (worst === 'wait' || worst === 'time-out') hung += 1
      if (worst === 'assertion' || hung === 2) break
    }
  } finally {
    writeFileSync(join(tree.root, path), text)
  }
  return { mutant, end, by }
}

function report(): void {
  const share = (count: number) => `${count} (${((100 * count) / judged.length).toFixed(1)} %)`
  for (const end of ends) {
    const name = end === 'survived' || end === 'nobody runs it' ? end : `killed by ${end}`
    console.log(`${name}: ${share(judged.filter((one) => one.end === end).length)}`)
  }
  const alive = judged.filter((one) => one.end !== 'assertion')
  alive.sort(
    (one, other) => one.mutant.path.localeCompare(other.mutant.path) || one.mutant.line - other.mutant.line,
  )
  for (const { mutant, end } of alive) console.log(`${end}: ${described(mutant)}`)
}

function described({ path, line, start, end, replacement }: Mutant): string {
  const text = readFileSync(join(root, path), 'utf8')
  const shown = (code: string) => {
    const flat = code.replace(/\s+/g, ' ')
    return flat.length > 90 ? `${flat.slice(0, 88)} …` : flat
  }
  return `${path}:${line}: ${shown(text.slice(start, end))} → ${shown(replacement)}`
}

/** One after the other in each tree. */
async function eachIn<T>(items: readonly T[], work: (item: T, tree: Tree) => Promise<void>): Promise<void> {
  const waiting = [...items]
  await Promise.all(
    trees.map(async (tree) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, tree)
    }),
  )
}
