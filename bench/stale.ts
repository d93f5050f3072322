// Requests that meet gunicorn's end of idle connections: node bench/stale.ts [GETS [SEED]]. Exits with 1 when a GET failed.
// POSTs beside them, which are never repeated, show how often such an end is met.
import { meetIdleEnds } from '../test/support/stale-keep-alive.ts'

const [count = 2_000, seed = 1] = process.argv.slice(2).map(Number)
const clients = Math.min(60, count)
const rounds = Math.ceil(count / clients)
let failed = 0
for (const [worker, keepAlive, method] of [
  ['gthread', '30s', 'GET'],
  ['gthread', '30s', 'POST'],
  ['gthread', null, 'GET'],
  ['gthread', null, 'POST'],
  ['sync', null, 'GET'],
] as const) {
  const statuses = await meetIdleEnds({ worker, keepAlive, method, clients, rounds, seed })
  console.log({ worker, keepAlive: keepAlive ?? 'default', method, statuses })
  if (method === 'GET') failed += clients * rounds - (statuses[200] ?? 0)
}
process.exitCode = failed === 0 ? 0 : 1
