import { readFromDisk } from '../src/config/files.ts'
import { printIssue } from '../src/config/issue.ts'
import { loadGatewayFromText } from '../src/config/load.ts'
import type { Origin } from '../src/core/gateway.ts'
import { findPlace } from '../src/core/place.ts'
import { readTarget, type Target } from '../src/core/target.ts'
import { median, rounded } from './requests.ts'

export interface DecideCosts {
  readonly nanosPerLookup: Readonly<Record<string, number>>
  readonly ratios: { readonly 'locations 10,000/10': number }
}

const few = 10
const many = 10_000
const loops = 20_000

/** The location of the same ten paths, found among ten and among ten thousand. */
export function measureDecide(rounds: number): DecideCosts {
  const small = originWith(few)
  const large = originWith(many)
  const probes = Array.from({ length: 10 }, (_, i) => targetOf(`/area/${i}/part/${i}/page`))
  const costs: { readonly small: number; readonly large: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    const cost = { small: nanosPerLookup(small, probes), large: nanosPerLookup(large, probes) }
    if (round > 0) costs.push(cost)
  }
  return {
    nanosPerLookup: {
      [few]: rounded(median(costs.map(({ small }) => small))),
      [many]: rounded(median(costs.map(({ large }) => large))),
    },
    ratios: { 'locations 10,000/10': rounded(median(costs.map(({ small, large }) => large / small))) },
  }
}

function nanosPerLookup(origin: Origin, probes: readonly Target[]): number {
  const from = process.cpuUsage()
  let found = 0
  for (let i = 0; i < loops; i++) {
    for (const probe of probes) if (findPlace(origin, probe, 'GET').kind === 'app') found += 1
  }
  const { user, system } = process.cpuUsage(from)
  if (found !== loops * probes.length) throw new Error('a path was not found')
  return ((user + system) * 1000) / found
}

function originWith(locations: number): Origin {
  const lines = Array.from(
    { length: locations },
    (_, i) => `      - { path: /area/${i}, require: signed_in }`,
  )
  const text = `
providers:
  op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench }
apps:
  bench:
    url: http://localhost
    upstream: http://127.0.0.1:9
    require: signed_in
    locations:
${lines.join('\n')}
`
  const loaded = loadGatewayFromText(text, {
    file: 'bench.yaml',
    folder: '/',
    env: {},
    readFile: readFromDisk,
  })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const origin = loaded.gateway.hosts.get('localhost')
  if (origin === undefined) throw new Error('no such host')
  return origin
}

function targetOf(path: string): Target {
  const reading = readTarget(path)
  if (!reading.ok) throw new Error(reading.reason)
  return reading.target
}
