import type { FileRead } from '../config/files.ts'
import { printIssue } from '../config/issue.ts'
import { loadGatewaySteps } from '../config/load.ts'
import { runByTurns } from '../config/steps.ts'
import type { Gateway } from '../core/gateway.ts'
import type { Clock } from '../core/ports.ts'
import type { GivenFiles } from './agreement.ts'
import { afterOthers, turnMs } from './turns.ts'

/** Where a configuration came from, in the process that read it. */
export interface GivenSource {
  readonly file: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type GivenGateway =
  | { readonly ok: true; readonly gateway: Gateway }
  /** Every fault, each a line. */
  | { readonly ok: false; readonly faults: readonly string[] }

/** The model of files that another process has read: no disk is asked. Requests have their turns meanwhile. */
export async function loadGiven(
  { file, cwd, env }: GivenSource,
  files: GivenFiles,
  clock: Clock,
): Promise<GivenGateway> {
  const steps = loadGatewaySteps(file, env, { cwd, readFile: readGiven(files), now: clock.now() })
  const { signal } = new AbortController()
  const nowMs = () => clock.monotonicMs()
  const loaded = await runByTurns(steps, { turnMs, nowMs, nextTurn: afterOthers, signal })
  if (loaded === null) return { ok: false, faults: [] }
  return loaded.ok
    ? { ok: true, gateway: loaded.gateway }
    : { ok: false, faults: loaded.issues.map(printIssue) }
}

function readGiven(files: GivenFiles): (path: string) => FileRead {
  return (path) => files.get(path) ?? { ok: false, reason: 'no such file' }
}
