import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cookieBytes, fillStore, heapBytesPerSession, restingBytes } from './filled-stores.ts'
import { putLoad } from './load.ts'
import { cpuMicros, residentMebibytes } from './process.ts'
import { median, rounded } from './requests.ts'
import { type SessionGateway, startSessionGateway } from './session-gateways.ts'
import { type RedisUnderTest, signInMany, startBenchOp } from './sign-ins.ts'
import { startUpstream } from './subjects.ts'

export interface LiveSessionCosts {
  /** Microseconds of the gateway for one request, by store and number of live sessions; of Redis itself beside it. */
  readonly cpuMicrosPerRequest: Readonly<Record<string, number>>
  /** Resident memory of the gateway at the end. */
  readonly mebibytes: Readonly<Record<string, number>>
  /** What a session takes where it rests; of `cookie` the whole Cookie header. */
  readonly bytesPerSession: Readonly<Record<string, number>>
  /** Medians of what was measured within one round. */
  readonly ratios: Readonly<Record<string, number>>
}

export interface Rounds {
  readonly rounds: number
  readonly seconds: number
}

interface Filled {
  readonly name: string
  readonly gateway: SessionGateway
  readonly cookieFile: string
}

const few = 100
const twoWorkers = `sqlite ${few}, two workers`

/**
 * Requests in turn over a hundred sessions and over many, each store. Nobody but a sign-in writes into `memory` and
 * `cookie`, so that these have the hundred alone.
 */
export async function measureLiveSessions(
  many: number,
  rounds: Rounds,
  redis: RedisUnderTest,
): Promise<LiveSessionCosts> {
  const [upstream, op] = await Promise.all([startUpstream(), startBenchOp()])
  const at = `http://127.0.0.1:${upstream.port}`
  const start = (store: SessionGateway['store'], workers = 1) =>
    startSessionGateway({ store, redisPort: redis.port, issuer: op.issuer, upstream: at, workers })
  const filled: Filled[] = []
  const bytesPerSession: Record<string, number> = { memory: Math.round(await heapBytesPerSession(many)) }
  try {
    for (const store of ['memory', 'cookie'] as const) {
      const gateway = await start(store)
      filled.push(held(gateway, few, await signInMany(gateway.port, op, few)))
    }
    for (const store of ['sqlite', 'redis'] as const) {
      for (const count of [few, many]) {
        const gateway = await start(store)
        const before = restingBytes(gateway, redis)
        filled.push(held(gateway, count, await fillStore(gateway, count)))
        bytesPerSession[store] = Math.round((restingBytes(gateway, redis) - before) / count)
      }
    }
    const several = await start('sqlite', 2)
    filled.push({
      ...held(several, few, await fillStore(several, few)),
      name: twoWorkers,
    })
    const costs = await measureRounds(filled, rounds, redis)
    for (const { gateway, cookieFile } of filled)
      if (gateway.store === 'cookie') bytesPerSession.cookie = Math.round(cookieBytes(cookieFile))
    return {
      cpuMicrosPerRequest: medians(costs, Object.keys(costs[0] ?? {})),
      mebibytes: Object.fromEntries(
        filled.map(({ name, gateway }) => [name, Math.round(residentMebibytes(gateway.pid))]),
      ),
      bytesPerSession,
      ratios: ratiosOf(costs, many),
    }
  } finally {
    await Promise.all(filled.map(({ gateway }) => gateway.stop()))
    await Promise.all([upstream.stop(), op.close()])
  }
}

function held(gateway: SessionGateway, count: number, cookies: readonly string[]): Filled {
  const cookieFile = join(gateway.folder, 'cookies.txt')
  writeFileSync(cookieFile, cookies.map((cookie) => `${cookie}\n`).join(''))
  return { name: `${gateway.store} ${count}`, gateway, cookieFile }
}

type Cost = Readonly<Record<string, number>>

/** One load after the other on each, after a round that warms them up. */
async function measureRounds(
  filled: readonly Filled[],
  { rounds, seconds }: Rounds,
  redis: RedisUnderTest,
): Promise<readonly Cost[]> {
  const costs: Cost[] = []
  for (let round = 0; round <= rounds; round++) {
    const cost: Record<string, number> = {}
    for (const { name, gateway, cookieFile } of filled) {
      const [before, redisBefore] = [cpuMicros(gateway.pid), cpuMicros(redis.pid)]
      const url = `${gateway.url}/admin/users?page=2`
      const requests = await putLoad({ url, headers: {}, seconds, connections: 20, cookieFile })
      cost[name] = (cpuMicros(gateway.pid) - before) / requests
      if (gateway.store === 'redis')
        cost[`redis-server's own at ${name}`] = (cpuMicros(redis.pid) - redisBefore) / requests
    }
    if (round > 0) costs.push(cost)
  }
  return costs
}

function medians(costs: readonly Cost[], names: readonly string[]): Cost {
  return Object.fromEntries(
    names.map((name) => [name, rounded(median(costs.map((cost) => cost[name] ?? 0)))]),
  )
}

function ratiosOf(costs: readonly Cost[], many: number): Cost {
  const pairs = [
    [`redis ${few}`, `sqlite ${few}`],
    [`redis ${many}`, `sqlite ${many}`],
    [`sqlite ${many}`, `sqlite ${few}`],
    [`redis ${many}`, `redis ${few}`],
    [twoWorkers, `sqlite ${few}`],
    [`memory ${few}`, `sqlite ${few}`],
    [`cookie ${few}`, `sqlite ${few}`],
  ] as const
  return Object.fromEntries(
    pairs.map(([one, other]) => [
      `request ${one}/${other}`,
      rounded(median(costs.map((cost) => (cost[one] ?? 0) / (cost[other] ?? 1)))),
    ]),
  )
}
