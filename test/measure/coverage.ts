// How much of `src/` the tests run, in their own process and in those that they start:
//   npm run coverage              the whole suite, held against test/coverage-floor.json
//   npm run coverage -- --raise   the same, and the floor goes up to what was reached
//   npm run coverage -- test/http what some tests alone reach; no floor
// Never part of the tests.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CoverageReport } from 'monocart-coverage-reports'
import { belowFloor, type Floor, raised } from './floor.ts'
import { listSources } from './source.ts'
import { type MeasuredTest, measureTest, readTestMap, saveTestMap } from './test-map.ts'
import type { V8Script } from './v8.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const floorPath = join(root, 'test/coverage-floor.json')
const { values: options, positionals: places } = parseArgs({
  allowPositionals: true,
  options: { raise: { type: 'boolean', default: false }, jobs: { type: 'string', default: '2' } },
})

/** It runs no line of `src/`, and packs the tree for minutes. */
const aside = 'test/system/package.test.ts'
const whole = places.length === 0
const files = (whole ? ['test'] : places)
  .flatMap((place) => listSources(root, place))
  .filter((file) => file.endsWith('.test.ts') && file !== aside)

const folder = mkdtempSync(join(tmpdir(), 'claimgate-coverage-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const report = new CoverageReport({ outputDir: folder, reports: [['none']], logging: 'error', clean: false })
const map = readTestMap(root)
const loaded = new Set<string>()
const red: string[] = []
const waiting = [...files]
await Promise.all(
  Array.from({ length: Number(options.jobs) }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) keep(await measure(file))
  }),
)
await addWhatNobodyRan()
const result = await report.generate()
if (result === undefined) throw new Error('nothing of src was run')

const { lines, branches } = result.summary
const reached: Floor = { lines: Number(lines.pct), branches: Number(branches.pct) }
const least = [...result.files].sort((one, other) => missedLines(other) - missedLines(one)).slice(0, 15)
for (const file of least) {
  console.log(
    `${String(missedLines(file)).padStart(4)} lines missed  ${file.url?.slice(`file://${root}/`.length)}`,
  )
}
console.log(
  `${reached.lines} % of the lines, ${reached.branches} % of the branches, ${files.length} test files`,
)
for (const file of red) console.log(`RED: ${file}`)
process.exitCode = red.length > 0 ? 1 : 0
if (whole) holdAgainstFloor()

async function measure(file: string): Promise<MeasuredTest> {
  return measureTest(root, file, async (scriptsOf) => {
    // One process after the other: the report takes a source once at a time.
    for (let turn = 0; ; turn += 1) {
      const scripts = [...scriptsOf.values()].flatMap((scripts) => scripts[turn] ?? [])
      if (scripts.length === 0) return
      for (const { url } of scripts) loaded.add(url)
      await report.add(scripts.map(withSource))
    }
  })
}

function keep(test: MeasuredTest): void {
  map.set(test.file, test)
  saveTestMap(root, map)
  if (!test.green) red.push(`${test.file}: ${test.red.join(' · ')}`)
  console.log(`${test.green ? 'green' : 'RED'} after ${test.seconds.toFixed(1)} s: ${test.file}`)
}

/** What V8 counted in: the text without its types. */
function withSource(script: V8Script) {
  const source = stripTypeScriptTypes(readFileSync(fileURLToPath(script.url), 'utf8'))
  return { ...script, source }
}

/** A source that no test loads counts too, as one that never ran. */
async function addWhatNobodyRan(): Promise<void> {
  const scripts = listSources(root, 'src').flatMap((path) => {
    const url = `file://${root}/${path}`
    if (loaded.has(url)) return []
    const source = stripTypeScriptTypes(readFileSync(join(root, path), 'utf8'))
    const ranges = [{ startOffset: 0, endOffset: source.length, count: 0 }]
    return [{ url, source, scriptId: '0', functions: [{ functionName: '', isBlockCoverage: true, ranges }] }]
  })
  await report.add(scripts)
}

function missedLines(file: {
  readonly summary: { readonly lines?: { readonly uncovered?: number } }
}): number {
  return file.summary.lines?.uncovered ?? 0
}

function holdAgainstFloor(): void {
  const floor: Floor = JSON.parse(readFileSync(floorPath, 'utf8'))
  const faults = belowFloor(reached, floor)
  for (const fault of faults) console.log(fault)
  if (faults.length > 0) process.exitCode = 1
  const next = raised(floor, reached)
  if (next.lines === floor.lines && next.branches === floor.branches) return
  if (options.raise && faults.length === 0 && red.length === 0) {
    writeFileSync(floorPath, `${JSON.stringify(next, null, 2)}\n`)
    console.log(`test/coverage-floor.json is now ${next.lines} and ${next.branches}: commit it`)
  } else {
    console.log('More is reached than the floor asks for: npm run coverage -- --raise writes it down.')
  }
}
