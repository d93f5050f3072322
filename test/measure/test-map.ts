// Which test file runs which part of `src/`: each is run once with V8's coverage, and what it ran is kept until it
// changes. Of a source that has changed since, any part may run.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hashOf } from './source.ts'
import { runTestFile } from './test-run.ts'
import { ranIn, readScripts, type V8Script } from './v8.ts'

export interface MeasuredTest {
  readonly file: string
  readonly hash: string
  readonly seconds: number
  readonly green: boolean
  /** What failed, in the words of the test. */
  readonly red: readonly string[]
  readonly ran: Readonly<Record<string, RanPart>>
}

/** Of one source: its hash then, and pairs of offsets, each from and to. */
interface RanPart {
  readonly hash: string
  readonly pairs: readonly number[]
}

const place = 'node_modules/.cache/claimgate-test-map.json'

/** Those that were green, and have not changed since. */
export function readTestMap(root: string): Map<string, MeasuredTest> {
  const path = join(root, place)
  const known: readonly MeasuredTest[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
  const current = known.filter(
    ({ file, hash }) => existsSync(join(root, file)) && hashOf(root, file) === hash,
  )
  return new Map(current.map((test) => [test.file, test]))
}

export function saveTestMap(root: string, tests: ReadonlyMap<string, MeasuredTest>): void {
  const path = join(root, place)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify([...tests.values()]))
}

/** Runs a test file to its end, or for a quarter of an hour; tells what V8 says of `src/`, a source a process. */
export async function measureTest(
  root: string,
  file: string,
  onScripts: (scripts: ReadonlyMap<string, readonly V8Script[]>) => Promise<void> = async () => {},
): Promise<MeasuredTest> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-ran-'))
  try {
    const { red, seconds } = await runTestFile({ root, file, timeoutMs: 900_000, coverage: folder })
    const ran: Record<string, RanPart> = {}
    const scriptsOf = readScripts(folder, root)
    await onScripts(scriptsOf)
    for (const [path, scripts] of scriptsOf) {
      const text = readFileSync(join(root, path), 'utf8')
      ran[path] = { hash: hashOf(root, path), pairs: pairsOf(ranIn(scripts, text.length)) }
    }
    return {
      file,
      hash: hashOf(root, file),
      seconds,
      green: red.length === 0,
      red: red.map(({ title }) => title),
      ran,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function ranAt(test: MeasuredTest, path: string, hash: string, offset: number): boolean {
  const part = test.ran[path]
  if (part === undefined) return false
  if (part.hash !== hash) return true
  // An odd number of borders lies before what is inside a pair.
  return part.pairs.filter((border) => border <= offset).length % 2 === 1
}

function pairsOf(ran: Uint8Array): readonly number[] {
  const pairs: number[] = []
  for (let at = 0; at <= ran.length; at++) if ((ran[at] ?? 0) !== (ran[at - 1] ?? 0)) pairs.push(at)
  return pairs
}
