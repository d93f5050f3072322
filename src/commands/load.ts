import { printIssue } from '../config/issue.ts'
import { loadGateway } from '../config/load.ts'
import type { Gateway } from '../core/gateway.ts'
import type { Io } from './command.ts'

/**
 * Reads the configuration for a command that needs a good one. Otherwise every fault is on stderr and null comes
 * back: exit status 2.
 */
export function loadOrReport(
  file: string,
  io: Io,
): { readonly gateway: Gateway; readonly warnings: readonly string[] } | null {
  const loaded = loadGateway(file, io.env, { cwd: io.cwd })
  if (loaded.ok) return { gateway: loaded.gateway, warnings: loaded.warnings.map(printIssue) }
  for (const issue of loaded.issues) io.stderr(`${printIssue(issue)}\n`)
  return null
}
