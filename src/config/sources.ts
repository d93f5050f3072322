import { realpathSync, statSync } from 'node:fs'
import type { ReadFile } from './files.ts'

/** Reads files and remembers which: the configuration, and every secret, certificate and icon that it names. */
export interface RecordingReader {
  readonly read: ReadFile
  /** Absolute paths, those that could not be read too: they may come. */
  files(): ReadonlySet<string>
}

export function recordingReader(read: ReadFile): RecordingReader {
  const files = new Set<string>()
  return {
    read: (path) => {
      files.add(path)
      return read(path)
    },
    files: () => files,
  }
}

/** What tells one state of files from another: where each really is, which file that is, and when it was written. */
export function fileStates(files: Iterable<string>): string {
  return [...files].map((file) => `${file}\n${stateOf(file)}`).join('\n')
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
  /** What is there now is known: after a reload, for the files that it read. */
  settle(files: Iterable<string>): void
}

export function watchFiles(files: Iterable<string>): FileWatch {
  let watched = [...files]
  let known = fileStates(watched)
  let last = known
  return {
    look: () => {
      const now = fileStates(watched)
      const rested = now === last
      last = now
      return now !== known && rested
    },
    settle: (changed) => {
      watched = [...changed]
      known = fileStates(watched)
      last = known
    },
  }
}
