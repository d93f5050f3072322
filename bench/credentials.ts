// What tokens and keys in headers cost, and what a flood of wrong ones does not:
//   npm run bench:credentials [-- --only cost|token|short|handshake|flood|quota] [-- --rounds 9] [-- --seconds 3] [-- --count 100000]
// cost: CPU of a request by a key and by a token beside one by a session; short and token are parts of it: a short token
// of ours, and asking for one. handshake: CPU of a connection with a certificate beside one without. flood: random keys and tokens, so many of each,
// while a session, a key and a token go on. quota: 10,000 a day, drawn by two processes at once, on sqlite and Redis. Ends
// with 1 when a good one was refused, a random one was let in, or the quota was not exact.
import { parseArgs } from 'node:util'
import { startRedis } from '../test/support/redis.ts'
import { measureCredentials } from './credential-cost.ts'
import { drawQuota, flood } from './credential-load.ts'
import { measureHandshakes } from './handshake-cost.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '3' },
    count: { type: 'string', default: '100000' },
    quota: { type: 'string', default: '10000' },
  },
})
const isWanted = (part: string): boolean => options.only === undefined || options.only === part
/** Ways to be somebody; empty: all. */
const parts: Readonly<Record<string, readonly string[]>> = {
  cost: [],
  short: ['short token'],
  token: ['token request'],
}
const teardowns: (() => unknown)[] = []
let bad = 0
try {
  const part = parts[options.only ?? 'cost']
  if (part !== undefined) {
    const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)]
    console.log(await measureCredentials({ rounds, seconds, only: part.length === 0 ? null : part }))
  }
  if (isWanted('handshake')) {
    const rounds = Number(options.rounds)
    console.log(await measureHandshakes({ rounds, connections: Number(options.seconds) * 200 }))
  }
  if (isWanted('flood')) {
    const flooded = await flood(Number(options.count))
    console.log(flooded)
    const { 200: good = 0, ...others } = flooded.good
    bad += Object.keys(others).length + (flooded.answers['200'] ?? 0) + (good > 0 ? 0 : 1)
  }
  if (isWanted('quota')) {
    const quota = Number(options.quota)
    const { port } = await startRedis({ teardown: (undo) => void teardowns.push(undo) })
    for (const redis of [null, `redis://127.0.0.1:${port}`]) {
      const answers = await drawQuota(quota, redis)
      console.log(redis === null ? 'sqlite' : 'redis', answers)
      bad += answers['200'] === quota ? 0 : 1
    }
  }
} finally {
  for (const undo of teardowns) await undo()
}
process.exitCode = bad === 0 ? 0 : 1
