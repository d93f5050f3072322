import { startOp } from '../test/support/op.ts'
import { putLoad } from './load.ts'
import { cpuMicros } from './process.ts'
import { type Subject, startApache, startClaimgate, startPlain, startUpstream } from './subjects.ts'

export interface RequestCosts {
  /** Microseconds of user and system time of the whole process tree, for one request; the median of the rounds. */
  readonly cpuMicrosPerRequest: Readonly<Record<string, number>>
  /** Medians of what was measured within one round, so that a machine that is busy meanwhile does not matter. */
  readonly ratios: Readonly<Record<string, number>>
}

const subject = 'claimgate'

/** Puts the same load on each in turn, some rounds long, after one that warms them up. */
export async function measureRequests(rounds: number, seconds: number): Promise<RequestCosts> {
  const upstream = await startUpstream()
  const op = await startOp()
  const at = `http://127.0.0.1:${upstream.port}`
  const subjects: Readonly<Record<string, Subject>> = {
    'bare-node': await startPlain('bare-node', at),
    'stock-http-proxy': await startPlain('stock-http-proxy', at),
    [subject]: await startClaimgate(at),
    mod_auth_openidc: await startApache(at, op),
  }
  try {
    const costs: Record<string, number>[] = []
    for (let round = 0; round <= rounds; round++) {
      const cost: Record<string, number> = {}
      for (const [name, { pid, url, headers }] of Object.entries(subjects)) {
        const before = cpuMicros(pid)
        const requests = await putLoad({ url, headers, seconds, connections: 20 })
        cost[name] = (cpuMicros(pid) - before) / requests
      }
      if (round > 0) costs.push(cost)
    }
    return summary(Object.keys(subjects), costs)
  } finally {
    await Promise.all(Object.values(subjects).map((one) => one.stop()))
    await Promise.all([upstream.stop(), op.close()])
  }
}

function summary(names: readonly string[], costs: readonly Record<string, number>[]): RequestCosts {
  const micros = names.map((name) => [name, rounded(median(costs.map((cost) => cost[name] ?? 0)))])
  const others = names.filter((name) => name !== subject)
  const ratios = others.map((name) => [
    `${subject}/${name}`,
    rounded(median(costs.map((cost) => (cost[subject] ?? 0) / (cost[name] ?? 1)))),
  ])
  return { cpuMicrosPerRequest: Object.fromEntries(micros), ratios: Object.fromEntries(ratios) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
