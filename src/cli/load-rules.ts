import type { Gateway } from '../core/gateway.ts'
import type { Io } from './command.ts'
import { loadOrReport } from './load.ts'
import { madeUp } from './made-up-secrets.ts'

/** A configuration for its rules alone; null when it has faults, all of which are on stderr. */
export function loadRules(file: string, withMadeUpSecrets: boolean, io: Io): Gateway | null {
  return loadOrReport(file, io, withMadeUpSecrets ? madeUp(file, io) : io)?.gateway ?? null
}
