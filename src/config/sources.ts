import { createHash } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import type { FileRead, ReadFile } from './files.ts'

/** Reads files and remembers which: the configuration, and every secret, certificate and icon that it names. */
export interface RecordingReader {
  readonly read: ReadFile
  /** By absolute paths, those that could not be read too: they may come. */
  readings(): Readings
  /** The same with their bytes, which may hold secrets: for who hands them on. */
  files(): ReadonlyMap<string, FileRead>
}

/** One file as it was read. */
export interface Reading {
  /** As it was before it was read: what is written while the rest is read and checked is a change. */
  readonly state: string
  /** A hash of its bytes, or why there are none. */
  readonly content: string
  /**
   * No folder holds it any more: it was removed, or replaced, and is still here because it was mounted by itself.
   * Whatever is written under its name is another file, which is never seen here.
   */
  readonly detached: boolean
}

/** By absolute path. */
export type Readings = ReadonlyMap<string, Reading>

/** Reads each file once: two places that name one get the same bytes, whatever is written meanwhile. */
export function recordingReader(read: ReadFile): RecordingReader {
  const readings = new Map<string, Reading & { readonly result: FileRead }>()
  return {
    read: (path) => {
      const known = readings.get(path)
      if (known !== undefined) return known.result
      const { state, detached } = lookAt(path)
      const result = read(path)
      readings.set(path, { state, detached, content: contentOf(result), result })
      return result
    },
    // Without the bytes, which may hold secrets and would live as long.
    readings: () =>
      new Map(
        [...readings].map(([path, { state, detached, content }]) => [path, { state, detached, content }]),
      ),
    files: () => new Map([...readings].map(([path, { result }]) => [path, result])),
  }
}

function contentOf(read: FileRead): string {
  return read.ok ? createHash('sha256').update(read.bytes).digest('base64url') : read.reason
}

/** Reads the same files again. */
export function readAgain(paths: Iterable<string>, read: ReadFile): Readings {
  const reader = recordingReader(read)
  for (const path of paths) reader.read(path)
  return reader.readings()
}

/** Whether every file of the one holds the same bytes in the other. */
export function sameContent(one: Readings, other: Readings): boolean {
  return [...one].every(([path, { content }]) => other.get(path)?.content === content)
}

/** The files that hold something else, came or are named no longer, by their whole paths. */
export function changedFiles(before: Readings, after: Readings): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()])
  return [...paths].filter((path) => before.get(path)?.content !== after.get(path)?.content)
}

/** What tells one state of a file from another: where it really is, which file that is, and when it was written. */
function lookAt(path: string): Pick<Reading, 'state' | 'detached'> {
  try {
    const { ino, size, mtimeNs, ctimeNs, nlink } = statSync(path, { bigint: true })
    const detached = nlink === 0n
    // What has no name is nowhere, when it is not mounted.
    const place = detached ? '' : realpathSync(path)
    return { state: `${place} ${ino} ${size} ${mtimeNs} ${ctimeNs}`, detached }
  } catch {
    return { state: 'absent', detached: false }
  }
}

/**
 * Notices that files have changed. By looking, once an interval: Kubernetes swaps symbolic links above a file, editors
 * replace it, and network volumes tell nobody. A change counts when it has stayed as it is for one interval, so that a
 * file that is being written, or several that are, are read once and whole.
 */
export interface FileWatch {
  /** Looks now; true when there is a change that has come to rest. */
  look(): boolean
  /** These are known: after a reload, the files as it read them. */
  settle(readings: Readings): void
}

type States = ReadonlyMap<string, string>

export function watchFiles(readings: Readings): FileWatch {
  let known = statesOf(readings)
  let last = known
  return {
    look: () => {
      const now = new Map([...known.keys()].map((path) => [path, lookAt(path).state]))
      const rested = agree(now, last)
      last = now
      return !agree(now, known) && rested
    },
    settle: (changed) => {
      known = statesOf(changed)
      last = known
    },
  }
}

function statesOf(readings: Readings): States {
  return new Map([...readings].map(([path, { state }]) => [path, state]))
}

/** Of the same files. */
function agree(one: States, other: States): boolean {
  return [...one].every(([file, state]) => other.get(file) === state)
}
