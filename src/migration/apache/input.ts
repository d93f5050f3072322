import type { ReadFile } from '../../config/files.ts'
import type { ApacheFile, ListFiles } from './reading/read.ts'
import type { Version } from './versions.ts'

/** httpd's files and what surrounds them. */
export interface ApacheInput {
  readonly files: readonly ApacheFile[]
  /** Absolute: what relative names in the files start from. */
  readonly folder: string
  readonly readFile: ReadFile
  readonly listFiles: ListFiles
  readonly version: Version
  readonly defined: readonly string[]
  readonly environment?: ReadonlyMap<string, string>
}
