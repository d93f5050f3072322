// What fails beside two gateways on one Redis, for longer than in the tests:
//   npm run bench:outages [-- --sessions 200] [-- --seconds 10]
// Ends with 1 when a request of a living session failed, a session was lost or one that had ended came back. `held` is the
// longest time for which a session that had ended was let in, in milliseconds.
import { parseArgs } from 'node:util'
import * as outages from '../test/support/outages.ts'

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
  },
})

const rows: Record<string, object> = {}
let bad = 0
for (const { name, run } of Object.values(outages)) {
  const teardowns: (() => unknown)[] = []
  const t = { teardown: (undo: () => unknown) => void teardowns.unshift(undo) }
  const length = { sessions: Number(options.sessions), lastsMs: Number(options.seconds) * 1000 }
  try {
    const { requests, inFlight, failed, lost, cameBack, heldMs } = await run(t as never, length)
    const failures = Object.values(failed).reduce((sum, one) => sum + one, 0)
    rows[name] = {
      requests,
      'in flight': inFlight,
      failed: failures,
      lost,
      'came back': cameBack,
      held: heldMs,
    }
    bad += failures + lost + cameBack
    if (failures > 0) console.error(name, failed)
  } finally {
    for (const undo of teardowns) await undo()
  }
}
console.table(rows)
process.exitCode = bad === 0 ? 0 : 1
