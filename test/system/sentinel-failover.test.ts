// Two gateways on a Redis that Sentinel watches, under a steady load, and the primary is killed: sessions live on, and
// what was ended right before stays ended at the replica that takes over.
import t from 'tap'
import { redisCli, startSentinel } from '../store/redis/topologies.ts'
import { startEcho } from '../support/echo.ts'
import { startSharedGateways } from '../support/shared-gateways.ts'
import { startSteadyLoad } from '../support/steady-load.ts'
import { poll } from '../support/waiting.ts'

const echo = await startEcho()
t.teardown(() => echo.close())

t.test('a failover loses no session and brings none back that ended right before it', async (t) => {
  const { primary, replica, sentinel } = await startSentinel(t)
  const store = `{ redis_sentinel: { sentinels: ["127.0.0.1:${sentinel.port}"], name: mymaster } }`
  const site = await startSharedGateways({ stores: [store, store], store, upstream: echo.url })
  t.teardown(() => site.close())
  const sessions = await site.mint(Array.from({ length: 12 }, (_, index) => `user-${index}`))
  const load = startSteadyLoad(
    site.host,
    site.places.map(({ port }) => port),
    sessions,
  )
  t.teardown(() => load.stop())
  await load.settled()
  const [one, other, third, fourth] = sessions
  if (one === undefined || other === undefined || third === undefined || fourth === undefined)
    throw new Error('no sessions')
  // Each is confirmed by the replica when it returns.
  await site.end(one)
  load.ended(one)
  await site.revoke(other.user)
  load.ended(other)
  await primary.stop('SIGKILL')
  await load.settled()
  const role = () => redisCli(replica.port, 'ROLE')
  await poll('a replica that takes over', role, (text) => text.startsWith('master'))
  await site.storeAnswers()
  await site.end(third)
  load.ended(third)
  await site.revoke(fourth.user)
  load.ended(fourth)
  await load.settled()
  const late = await site.mint(['late'])
  t.equal(late.length, 1, 'new sessions begin')
  const report = await load.stop()
  t.comment(JSON.stringify(report))
  t.same(report.failed, {}, 'no request failed')
  t.equal(report.lost, 0, 'no session was lost')
  t.equal(report.cameBack, 0, 'no session that ended came back')
})
