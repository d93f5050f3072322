// Clients that go away at random moments: node bench/aborts.ts [COUNT [SEED]]. Exits with 1 when anything was left.
import { fuzzAborts } from '../test/support/abort-fuzz.ts'

const [count = 5000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
const outcome = await fuzzAborts(count, seed)
const { raised, leased, held, statuses } = outcome
console.log({ count, seed, leased, held, raised: raised.slice(0, 5), statuses: Object.fromEntries(statuses) })
process.exitCode = raised.length + leased + held === 0 ? 0 : 1
