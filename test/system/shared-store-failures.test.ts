// Two gateways on one Redis under a steady load, and what fails beside them: no request of a living session is refused,
// no session is lost, none that ended comes back.
import t from 'tap'
import {
  connectionFallsSilent,
  gatewayIsCutOff,
  gatewayIsFrozen,
  gatewayIsKilled,
  primaryFailsOver,
  redisIsKilled,
  workerIsKilled,
} from '../support/outages.ts'

for (const { name, run } of [
  redisIsKilled,
  gatewayIsKilled,
  workerIsKilled,
  gatewayIsFrozen,
  connectionFallsSilent,
  gatewayIsCutOff,
  primaryFailsOver,
]) {
  t.test(name, async (t) => {
    const report = await run(t, { sessions: 12, lastsMs: 0 })
    t.comment(JSON.stringify(report))
    t.ok(report.requests > 24)
    t.same(report.failed, {}, 'no request failed')
    t.equal(report.lost, 0, 'no session was lost')
    t.equal(report.cameBack, 0, 'no session that ended came back')
  })
}
