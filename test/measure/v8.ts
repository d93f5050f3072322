// What V8 wrote to the folder of NODE_V8_COVERAGE: a file a process, with the ranges of each function and how often
// each ran. An inner range has the last word about its own part.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface V8Script {
  readonly url: string
  readonly functions: readonly { readonly ranges: readonly V8Range[] }[]
}

interface V8Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** The scripts below `src/`, by their path; one that several processes ran stands there as often. */
export function readScripts(folder: string, root: string): ReadonlyMap<string, readonly V8Script[]> {
  const base = pathToFileURL(`${root}/`).href
  const scripts = new Map<string, V8Script[]>()
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('coverage-')) continue
    for (const script of resultOf(join(folder, name))) {
      if (!script.url.startsWith(`${base}src/`)) continue
      const path = script.url.slice(base.length)
      const known = scripts.get(path)
      if (known === undefined) scripts.set(path, [script])
      else known.push(script)
    }
  }
  return scripts
}

/** A process that was killed while it wrote leaves half a file: it says nothing. */
function resultOf(path: string): readonly V8Script[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).result
  } catch {
    return []
  }
}

/** For each character of a file whether any of the processes ran it. */
export function ranIn(scripts: readonly V8Script[], length: number): Uint8Array {
  const ran = new Uint8Array(length)
  const ofOne = new Uint8Array(length)
  for (const script of scripts) {
    ofOne.fill(0)
    const ranges = script.functions.flatMap((one) => one.ranges)
    const outerFirst = [...ranges].sort((one, other) => sizeOf(other) - sizeOf(one))
    for (const { startOffset, endOffset, count } of outerFirst) {
      ofOne.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
    for (let at = 0; at < length; at++) if (ofOne[at] === 1) ran[at] = 1
  }
  return ran
}

function sizeOf(range: V8Range): number {
  return range.endOffset - range.startOffset
}
