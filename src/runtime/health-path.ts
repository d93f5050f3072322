import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Gateway } from '../core/gateway.ts'

/** The kernel takes no longer path for a socket (108 bytes with its end). */
const longestPath = 100

/** Where the gateway of this configuration answers `claimgate health`: in its data folder, named by its port. */
export function healthSocketPath(gateway: Pick<Gateway, 'dataFolder' | 'listen'>): string {
  const path = join(gateway.dataFolder, `health-${gateway.listen.port}.sock`)
  if (Buffer.byteLength(path) <= longestPath) return path
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16)
  return join(tmpdir(), `claimgate-${hash}.sock`)
}

/** A gateway that was killed leaves its socket behind, and nobody could listen there again. */
export function removeStaleSocket(path: string): void {
  rmSync(path, { force: true })
}
