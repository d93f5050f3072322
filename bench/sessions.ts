// What sessions cost in each store, all in one run:
//   npm run bench:sessions [-- --quick] [-- --json] [-- --only sign-ins|live]
//     [-- --sign-ins 1000] [-- --sessions 100000] [-- --rounds 5] [-- --seconds 3]
// CPU time is what is measured; Redis' own stands beside the gateway's. Needs wrk, apache2, libapache2-mod-auth-openidc and
// redis-server of Debian.
import { parseArgs } from 'node:util'
import { startRedis } from '../test/support/redis.ts'
import { measureLiveSessions } from './live-sessions.ts'
import { measureSignIns } from './sign-ins.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'sign-ins': { type: 'string' },
    sessions: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const count = (written: string | undefined, full: number, quick: number): number =>
  Number(written ?? (options.quick ? quick : full))

const stops: (() => unknown)[] = []
const redis = await startRedis({ teardown: (stop) => void stops.push(stop as () => unknown) })
try {
  const rounds = count(options.rounds, 5, 1)
  const results: Record<string, object> = {}
  if (options.only !== 'live')
    results.signIns = await measureSignIns(count(options['sign-ins'], 1000, 50), rounds, redis)
  if (options.only !== 'sign-ins') {
    const seconds = count(options.seconds, 3, 1)
    const many = count(options.sessions, 100_000, 1000)
    results.liveSessions = await measureLiveSessions(many, { rounds, seconds }, redis)
  }
  if (options.json) console.log(JSON.stringify(results))
  else for (const [name, values] of Object.entries(results)) console.log(name, values)
} finally {
  for (const stop of stops) await stop()
}
