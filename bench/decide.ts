import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readFromDisk } from '../src/config/files.ts'
import { printIssue } from '../src/config/issue.ts'
import { loadGatewayFromText } from '../src/config/load.ts'
import type { App, Location, Origin } from '../src/core/gateway.ts'
import { type Caller, type DecisionFacts, decide } from '../src/core/policy.ts'
import { buildLocationTree } from '../src/core/request/location.ts'
import { matchRoute } from '../src/core/request/route-match.ts'
import { readTarget, type Target } from '../src/core/request/target.ts'
import { median, rounded } from './requests.ts'

export interface DecideCosts {
  readonly nanosPerDecision: Readonly<Record<string, number>>
  /** Of the model's locations alone. */
  readonly mebibytes: Readonly<Record<string, number>>
  readonly ratios: Readonly<Record<string, number>>
}

const sizes = [10, 1_000, 10_000, 100_000] as const
const loops = 20_000

/** The same ten paths, found and decided among ten locations and among a hundred thousand. */
export function measureDecide(rounds: number): DecideCosts {
  const collect = garbageCollector()
  const mebibytes: Record<string, number> = {}
  const origins = sizes.map((size) => {
    collect()
    const before = process.memoryUsage().heapUsed
    const origin = originWith(size)
    collect()
    mebibytes[size] = rounded((process.memoryUsage().heapUsed - before) / 2 ** 20)
    return origin
  })
  const probes = Array.from({ length: 10 }, (_, i) => targetOf(`/area/${i}/part/${i}/page`))
  const costs: number[][] = []
  for (let round = 0; round <= rounds; round++) {
    const cost = origins.map((origin) => nanosPerDecision(origin, probes))
    if (round > 0) costs.push(cost)
  }
  const per = (pick: (cost: readonly number[], at: number) => number) =>
    sizes.map((size, at) => [size, rounded(median(costs.map((cost) => pick(cost, at))))] as const)
  return {
    nanosPerDecision: Object.fromEntries(per((cost, at) => cost[at] ?? 0)),
    mebibytes,
    ratios: Object.fromEntries(
      per((cost, at) => (cost[at] ?? 0) / (cost[0] ?? 1)).map(([size, ratio]) => [
        `locations ${size}/10`,
        ratio,
      ]),
    ),
  }
}

const caller: Caller = {
  kind: 'signed-in',
  principal: {
    user: 'alice',
    provider: 'op',
    claims: { groups: ['staff', 'admins'], organization_id: 'acme' },
  },
  signIn: { stateHash: '', returnTo: '/' },
  scopes: [],
}
const facts: DecisionFacts = {
  acceptedProviders: ['op'],
  signInProviders: ['op'],
  clientAddress: null,
  certificate: null,
  driven: false,
  navigation: true,
  credentialSent: false,
  page: '/',
  now: 1_800_000_000,
}

function nanosPerDecision(origin: Origin, probes: readonly Target[]): number {
  const from = process.cpuUsage()
  let allowed = 0
  for (let i = 0; i < loops; i++) {
    for (const probe of probes) {
      const match = matchRoute(origin, probe, 'GET')
      if (match.kind === 'app' && decide(match.location, caller, facts).kind === 'allow') allowed += 1
    }
  }
  const { user, system } = process.cpuUsage(from)
  if (allowed !== loops * probes.length) throw new Error('a path was not found, or not allowed')
  return ((user + system) * 1000) / allowed
}

/** The model of one app with so many locations, each with a rule of two conditions beside the app's. */
function originWith(count: number): Origin {
  const { origin, app, location } = template()
  const locations: readonly Location[] = Array.from({ length: count }, (_, i) => ({
    ...location,
    label: `/area/${i}`,
    pattern: { segments: ['area', String(i)], written: ['area', String(i)], exact: false },
  }))
  const built = buildLocationTree(locations)
  if (!built.ok) throw new Error('the locations overlap')
  const grown: App = { ...app, locations: built.tree, allLocations: locations }
  return { ...origin, apps: [grown] }
}

function template(): { readonly origin: Origin; readonly app: App; readonly location: Location } {
  const text = `
providers:
  op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench }
apps:
  bench:
    url: http://localhost
    upstream: http://127.0.0.1:9
    require: signed_in
    locations:
      - { path: /area, require: { groups: admins, organization_id: acme } }
`
  const loaded = loadGatewayFromText(text, {
    file: 'bench.yaml',
    folder: '/',
    env: {},
    readFile: readFromDisk,
  })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const origin = loaded.gateway.hosts.get('localhost')
  const app = origin?.apps[0]
  const location = app?.allLocations[0]
  if (origin === undefined || app === undefined || location === undefined) throw new Error('no such model')
  return { origin, app, location }
}

function targetOf(path: string): Target {
  const reading = readTarget(path)
  if (!reading.ok) throw new Error(reading.reason)
  return reading.target
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}
