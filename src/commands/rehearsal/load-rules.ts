import { printIssue } from '../../config/issue.ts'
import { loadGateway } from '../../config/load.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Io } from '../command.ts'
import { madeUp } from './made-up.ts'

/** A configuration for its rules alone; null when it has faults, all of which are on stderr. */
export function loadRules(file: string, withMadeUpSecrets: boolean, io: Io): Gateway | null {
  const around = withMadeUpSecrets ? madeUp(file, io) : { env: io.env }
  const loaded = loadGateway(file, around.env, { cwd: io.cwd, ...around })
  if (loaded.ok) return loaded.gateway
  for (const issue of loaded.issues) io.stderr(`${printIssue(issue)}\n`)
  return null
}
