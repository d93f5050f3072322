import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putLoad } from './load.ts'
import { cpuMicros } from './process.ts'
import { median, rounded } from './requests.ts'
import { type SessionGateway, startSessionGateway } from './session-gateways.ts'
import { signInMany, startBenchOp } from './sign-ins.ts'
import { startUpstream } from './subjects.ts'

export interface RecheckCosts {
  readonly cpuMicrosPerRequest: Readonly<Record<string, number>>
  /** The median of what was measured within one round. */
  readonly ratio: number
}

const settings = { without: 'never', with: '15m' } as const

/** The same gateway with `recheck` and without, each with one person, in turn. */
export async function measureRecheck(of: {
  readonly rounds: number
  readonly seconds: number
}): Promise<RecheckCosts> {
  const [upstream, op] = await Promise.all([startUpstream(), startBenchOp()])
  const at = `http://127.0.0.1:${upstream.port}`
  const gateways: { readonly name: string; readonly gateway: SessionGateway; readonly cookieFile: string }[] =
    []
  op.refreshTokens.issues = true
  try {
    for (const [name, recheck] of Object.entries(settings)) {
      const setup = { store: 'sqlite', redisPort: 0, issuer: op.issuer, upstream: at, recheck } as const
      const gateway = await startSessionGateway(setup)
      const cookieFile = join(gateway.folder, 'cookies.txt')
      const cookies = await signInMany(gateway.port, op, 1)
      writeFileSync(cookieFile, cookies.map((cookie) => `${cookie}\n`).join(''))
      gateways.push({ name, gateway, cookieFile })
    }
    const costs: Record<string, number>[] = []
    for (let round = 0; round <= of.rounds; round++) {
      const cost: Record<string, number> = {}
      // Each goes first as often as the other.
      for (const { name, gateway, cookieFile } of round % 2 === 0 ? gateways : gateways.toReversed()) {
        const before = cpuMicros(gateway.pid)
        const url = `${gateway.url}/admin/users?page=2`
        const requests = await putLoad({ url, headers: {}, seconds: of.seconds, connections: 20, cookieFile })
        cost[name] = (cpuMicros(gateway.pid) - before) / requests
      }
      if (round > 0) costs.push(cost)
    }
    return {
      cpuMicrosPerRequest: Object.fromEntries(
        Object.keys(settings).map((name) => [name, rounded(median(costs.map((cost) => cost[name] ?? 0)))]),
      ),
      ratio: rounded(median(costs.map((cost) => (cost.with ?? 0) / (cost.without ?? 1)))),
    }
  } finally {
    await Promise.all(gateways.map(({ gateway }) => gateway.stop()))
    await Promise.all([upstream.stop(), op.close()])
  }
}
