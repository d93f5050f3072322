import { Agent, get } from 'node:http'
import { type HostileOp, startHostileOp } from '../test/support/hostile-op.ts'
import { cpuMicros } from './process.ts'
import { median, rounded } from './requests.ts'
import { type StoreName, startSessionGateway, storeNames } from './session-gateways.ts'
import { launchApache, startUpstream } from './subjects.ts'

export interface SignInCosts {
  readonly signIns: number
  /** Microseconds of user and system time of the whole process tree; Redis' own beside it. */
  readonly cpuMicrosPerSignIn: Readonly<Record<string, number>>
  /** Medians of what was measured within one round. */
  readonly ratios: Readonly<Record<string, number>>
}

export interface RedisUnderTest {
  readonly port: number
  readonly pid: number
}

interface Subject {
  readonly name: StoreName | 'mod_auth_openidc'
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

const claims = {
  organization_id: 'acme',
  groups: ['staff', 'admins'],
  email: 'somebody@acme.example',
  email_verified: true,
  name: 'Some Body',
}

/** A provider that signs as fast as a test can, and names another person in each ID token. */
export async function startBenchOp(): Promise<HostileOp> {
  const op = await startHostileOp({ host: 'localhost' })
  let people = 0
  op.bends.metadata = ({ userinfo_endpoint: _, ...metadata }) => metadata
  op.bends.claims = (token) => {
    people += 1
    return { ...token, ...claims, sub: `person-${people}` }
  }
  return op
}

/** So many sign-ins at each in every round, after a tenth of it to warm them up. */
export async function measureSignIns(
  count: number,
  rounds: number,
  redis: RedisUnderTest,
): Promise<SignInCosts> {
  const [upstream, op] = await Promise.all([startUpstream(), startBenchOp()])
  const at = `http://127.0.0.1:${upstream.port}`
  const subjects: Subject[] = []
  for (const store of storeNames) {
    const gateway = await startSessionGateway({
      store,
      redisPort: redis.port,
      issuer: op.issuer,
      upstream: at,
    })
    subjects.push({ ...gateway, name: store })
  }
  // Its usual cache holds 500 sessions.
  const client = {
    issuer: op.issuer,
    clientId: 'gateway',
    clientSecret: 'a-client-secret-of-thirty-two-bytes',
  }
  const apache = await launchApache(at, client, `OIDCCacheShmMax ${Math.max(1000, 3 * count * (rounds + 1))}`)
  subjects.push({ ...apache, name: 'mod_auth_openidc' })
  try {
    for (const subject of subjects) await signInMany(subject.port, op, Math.ceil(count / 10))
    const costs: Record<string, number>[] = []
    for (let round = 0; round < rounds; round++) {
      const cost: Record<string, number> = {}
      for (const { name, pid, port } of subjects) {
        const [before, redisBefore] = [cpuMicros(pid), cpuMicros(redis.pid)]
        await signInMany(port, op, count)
        cost[name] = (cpuMicros(pid) - before) / count
        if (name === 'redis') cost["redis-server's own"] = (cpuMicros(redis.pid) - redisBefore) / count
      }
      costs.push(cost)
    }
    return summary(count, costs)
  } finally {
    await Promise.all(subjects.map((one) => one.stop()))
    await Promise.all([upstream.stop(), op.close()])
  }
}

function summary(signIns: number, costs: readonly Readonly<Record<string, number>>[]): SignInCosts {
  const names = Object.keys(costs[0] ?? {})
  const of = (read: (cost: Readonly<Record<string, number>>) => number) => rounded(median(costs.map(read)))
  const micros = names.map((name) => [name, of((cost) => cost[name] ?? 0)])
  const ratios = storeNames.map((name) => [
    `sign-in ${name}/mod_auth_openidc`,
    of((cost) => (cost[name] ?? 0) / (cost.mod_auth_openidc ?? 1)),
  ])
  return { signIns, cpuMicrosPerSignIn: Object.fromEntries(micros), ratios: Object.fromEntries(ratios) }
}

/** Eight at once; the Cookie headers that they ended with. */
export async function signInMany(port: number, op: HostileOp, count: number): Promise<readonly string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const cookies: string[] = []
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1
      cookies.push(await signIn(agent, port, op))
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  agent.destroy()
  return cookies
}

const headers = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

interface Answer {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
}

async function signIn(agent: Agent, port: number, op: HostileOp): Promise<string> {
  const begun = await ask(agent, port, '/admin/users', '')
  const authorization = new URL(begun.location)
  const callback = new URL(authorization.searchParams.get('redirect_uri') ?? '')
  const target = `${callback.pathname}?${op.authorize(authorization)}`
  const ended = await ask(agent, port, target, begun.cookies.join('; '))
  const kept = ended.cookies.filter((pair) => !pair.endsWith('='))
  if (ended.status !== 302 && ended.status !== 303) throw new Error(`a sign-in ended with ${ended.status}`)
  return kept.join('; ')
}

function ask(agent: Agent, port: number, path: string, cookie: string): Promise<Answer> {
  const sent = { ...headers, host: `localhost:${port}`, ...(cookie === '' ? {} : { cookie }) }
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent, headers: sent }, (response) => {
      response.resume().on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? '',
          cookies: (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? ''),
        }),
      )
    })
    request.on('error', reject)
  })
}
