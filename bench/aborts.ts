// Clients that go away at random moments: node bench/aborts.ts [COUNT [SEED]]. Exits with 1 when anything was left.
import { fuzzAborts } from '../test/support/abort-fuzz.ts'

const [count = 5000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
process.exitCode = 0
for (const road of ['requests', 'handshakes'] as const) {
  const outcome = await fuzzAborts(count, seed, road)
  const { raised, leased, held } = outcome
  const statuses = Object.fromEntries(outcome.statuses)
  console.log({ road, count, seed, leased, held, raised: raised.slice(0, 5), statuses })
  if (raised.length + leased + held > 0) process.exitCode = 1
}
