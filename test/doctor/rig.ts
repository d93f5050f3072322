// A configuration, looked over in this process: the lines that an operator would read.
import { randomBytes } from 'node:crypto'
import { readFromDisk } from '../../src/config/files.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import { inspections } from '../../src/doctor/doctor.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { type Patience, startInTurn, usualPatience } from '../../src/doctor/patience.ts'
import { originOf } from '../../src/doctor/public-address/public-address.ts'
import { findingLine } from '../../src/doctor/report.ts'
import { systemClock } from '../../src/runtime/clock.ts'

export function gatewayOf(yaml: string, folder = '/nonexistent'): Gateway {
  const loaded = loadGatewayFromText(yaml, { file: 'test.yaml', folder, env: {}, readFile: readFromDisk })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}

export interface Looked {
  readonly findings: readonly Finding[]
  /** Of one thing and check, as they are printed; each must be there. */
  lines(about: string, check: string): readonly string[]
}

/** Everything that a configuration stands on, by a clock that is this machine's unless it is said to be off. */
export async function look(
  yaml: string,
  clockOffSeconds = 0,
  url = '',
  patience: Patience = usualPatience,
): Promise<Looked> {
  const clock = { ...systemClock, now: () => systemClock.now() + clockOffSeconds }
  const proxyEnv = { httpsProxy: null, noProxy: null }
  const gateway = gatewayOf(yaml)
  const publicOrigin = originOf(gateway, url)
  const deps = { clock, random: randomBytes, proxyEnv, publicOrigin, patience, signIn: null }
  const findings = (await Promise.all(startInTurn(inspections(gateway, deps), 8))).flat()
  return {
    findings,
    lines: (about, check) =>
      findings.filter((one) => one.about === about && one.check === check).map(findingLine),
  }
}
