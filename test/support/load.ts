// A configuration from its file, as `claimgate serve` reads it: with what a gateway needs to notice later changes.
import { dirname } from 'node:path'
import { readFromDisk } from '../../src/config/files.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGateway } from '../../src/config/load.ts'
import { recordingReader } from '../../src/config/sources.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import type { ReloadSource } from '../../src/runtime/reload.ts'

export interface LoadedFile {
  readonly gateway: Gateway
  readonly warnings: readonly string[]
  readonly source: ReloadSource
}

/** Throws with every fault when there is one. */
export function loadFile(file: string, env: ReloadSource['env'] = {}): LoadedFile {
  const reader = recordingReader(readFromDisk)
  const loaded = loadGateway(file, env, { readFile: reader.read })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const source = { file, cwd: dirname(file), env, readings: reader.readings(), digest: loaded.digest.digest }
  return { gateway: loaded.gateway, warnings: loaded.warnings.map(printIssue), source }
}
