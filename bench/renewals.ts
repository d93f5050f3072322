// What asking the provider again costs, and what it never does:
//   npm run bench:renewals [-- --only burst|cost|mixed] [-- --minutes 60] [-- --requests 10000] [-- --redis]
// burst: ten thousand requests of a session whose token has just ended, over two gateways. cost: CPU of a request with
// `recheck` on and nothing due, beside the same without. mixed: people under a provider that is killed, slow, late,
// failing, ends grants and takes groups away. Ends with 1 when a session was lost, one was let in that was over, the
// provider was asked twice or saw a spent token.
import { parseArgs } from 'node:util'
import { startRedis } from '../test/support/redis.ts'
import { burst } from './renewal-burst.ts'
import { measureRecheck } from './renewal-cost.ts'
import { mixedLoad } from './renewal-load.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    requests: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '5' },
    persons: { type: 'string', default: '45' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '3' },
    redis: { type: 'boolean', default: false },
  },
})
const isWanted = (part: string): boolean => options.only === undefined || options.only === part
const teardowns: (() => unknown)[] = []
let bad = 0
try {
  const redis = `redis://127.0.0.1:${(await startRedis({ teardown: (undo) => void teardowns.push(undo) })).port}`
  if (isWanted('burst'))
    for (const store of [null, redis]) {
      const outcome = await burst(Number(options.requests), store)
      console.log(store === null ? 'sqlite' : 'redis', outcome)
      const isClean = outcome.answers['200'] === outcome.requests && outcome.refreshes === 1
      bad += isClean && outcome.alarms === 0 ? 0 : 1
    }
  if (isWanted('cost'))
    console.log(await measureRecheck({ rounds: Number(options.rounds), seconds: Number(options.seconds) }))
  if (isWanted('mixed')) {
    const load = { minutes: Number(options.minutes), persons: Number(options.persons) }
    const outcome = await mixedLoad({ ...load, redis: options.redis ? redis : null })
    console.log(outcome)
    const { lost, letIn, alarms, failed } = outcome
    bad += lost + letIn + alarms + Object.keys(failed).length
  }
} finally {
  for (const undo of teardowns) await undo()
}
process.exitCode = bad === 0 ? 0 : 1
