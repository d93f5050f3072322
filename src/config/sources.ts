import { realpathSync, statSync } from 'node:fs'
import type { ReadFile } from './files.ts'

/** Reads files and remembers which: the configuration, and every secret, certificate and icon that it names. */
export interface RecordingReader {
  readonly read: ReadFile
  /**
   * Each as it was before it was read: what is written while the rest is read and checked is a change. By absolute
   * paths, those that could not be read too: they may come.
   */
  states(): FileStates
}

/** By absolute path; see `fileStates`. */
export type FileStates = ReadonlyMap<string, string>

export function recordingReader(read: ReadFile): RecordingReader {
  const states = new Map<string, string>()
  return {
    read: (path) => {
      if (!states.has(path)) states.set(path, stateOf(path))
      return read(path)
    },
    states: () => states,
  }
}

/** What tells one state of files from another: where each really is, which file that is, and when it was written. */
export function fileStates(files: Iterable<string>): FileStates {
  return new Map([...files].map((file) => [file, stateOf(file)]))
}

function stateOf(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return `${realpathSync(file)} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch {
    return 'absent'
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
  settle(states: FileStates): void
}

export function watchFiles(states: FileStates): FileWatch {
  let known = states
  let last = known
  return {
    look: () => {
      const now = fileStates(known.keys())
      const rested = agree(now, last)
      last = now
      return !agree(now, known) && rested
    },
    settle: (changed) => {
      known = changed
      last = known
    },
  }
}

/** Of the same files. */
function agree(one: FileStates, other: FileStates): boolean {
  return [...one].every(([file, state]) => other.get(file) === state)
}
