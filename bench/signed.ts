// What a signature costs: CPU of a small request to an app that wants it signed (`upstream.aws`), beside one to an app that
// does not, in one run:
//   npm run bench:signed [-- --rounds 9] [-- --seconds 3]
// Both are the same configuration with the same session; the credentials have a session token, as those of roles have. Nobody
// verifies here. Ends with 1 when the ratio of a GET is above 1.5. Needs wrk of Debian.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { putLoad } from './load.ts'
import { cpuMicros } from './process.ts'
import { median, rounded } from './requests.ts'
import { startClaimgate, startUpstream } from './subjects.ts'

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, seconds: { type: 'string', default: '3' } },
})
const most = 1.5

const upstream = await startUpstream()
const at = `http://127.0.0.1:${upstream.port}`
const keys = `{ access_key_id: ASIAIOSFODNN7EXAMPLE, secret_access_key: ${randomBytes(30).toString('base64url')}, session_token: ${randomBytes(600).toString('base64url')} }`
const bin = 'bin/claimgate.js'
// The most that API Gateway takes.
const largest = '10MiB'
const subjects = {
  plain: await startClaimgate(at, bin, largest),
  signed: await startClaimgate(
    `{ url: "${at}", aws: { sign: execute-api, region: eu-west-1, credentials: ${keys} } }`,
    bin,
    largest,
  ),
}
const ways = { GET: {}, POST: { form: 'name=value&other=of+some+length' } }
type Way = keyof typeof ways
type Costs = Readonly<Record<keyof typeof subjects, number>>

async function costOf(name: keyof typeof subjects, way: Way): Promise<number> {
  const { pid, url, headers } = subjects[name]
  const before = cpuMicros(pid)
  const load = { url, headers, seconds: Number(options.seconds), connections: 20 }
  const requests = await putLoad({ ...load, ...ways[way] })
  return (cpuMicros(pid) - before) / requests
}

/** Each in turn, in an order that changes: what the machine does beside it is the same for both. */
async function costs(way: Way, round: number): Promise<Costs> {
  const first = round % 2 === 0 ? await costOf('plain', way) : null
  const signed = await costOf('signed', way)
  return { plain: first ?? (await costOf('plain', way)), signed }
}

try {
  for (const way of ['GET', 'POST'] as const) {
    const rounds: Costs[] = []
    for (let round = 0; round <= Number(options.rounds); round++) {
      const cost = await costs(way, round)
      // The first one warms up.
      if (round > 0) rounds.push(cost)
    }
    const ratio = rounded(median(rounds.map(({ plain, signed }) => signed / plain)))
    const micros = (name: keyof Costs) => rounded(median(rounds.map((cost) => cost[name])))
    console.log(way, { cpuMicrosPerRequest: { plain: micros('plain'), signed: micros('signed') }, ratio })
    if (way === 'GET' && ratio > most) process.exitCode = 1
  }
} finally {
  await Promise.all(Object.values(subjects).map((one) => one.stop()))
  await upstream.stop()
}
