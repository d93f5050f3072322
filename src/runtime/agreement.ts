import type { FileRead } from '../config/files.ts'

/** The files of a configuration as one process has read them, by absolute path: for others, which read no disk. */
export type GivenFiles = ReadonlyMap<string, FileRead>

/** A configuration that others take up: from the same bytes, under the same number. */
export interface GivenConfiguration {
  readonly edition: number
  readonly files: GivenFiles
}

/** Other processes that serve the same: all of them take up the next configuration, or none does. */
export interface Agreement {
  /** All make it ready, and none serves by it yet. Never rejects. */
  prepare(next: GivenConfiguration): Promise<Prepared>
}

/** Whoever gets one that is ready says exactly one of the two. */
export type Prepared =
  /** `commit` resolves when they serve by it: all that answer. Never rejects. */
  | { readonly kind: 'ready'; commit(): Promise<void>; abort(): void }
  /** Nobody has it ready any more. Each fault a line. */
  | { readonly kind: 'refused'; readonly faults: readonly string[] }
