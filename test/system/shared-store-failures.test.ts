// Two gateways on one Redis under a steady load, and what fails beside them: no request of a living session is refused,
// no session is lost, none that ended comes back.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startEcho } from '../support/echo.ts'
import { startMuteProxy } from '../support/mute-proxy.ts'
import { startRedis } from '../support/redis.ts'
import { type HeldSession, type SharedGateways, startSharedGateways } from '../support/shared-gateways.ts'
import { type LoadReport, type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts'
import { poll } from '../support/waiting.ts'

const echo = await startEcho()
t.teardown(() => echo.close())

const users = Array.from({ length: 12 }, (_, index) => `user-${index}`)

interface Stage {
  readonly site: SharedGateways
  readonly load: SteadyLoad
  readonly sessions: readonly HeldSession[]
  /** Ends two sessions, by their keys and by their people, and tells the load. */
  endTwo(from: number): Promise<void>
}

async function start(t: Test, store: string, stores = [store, store]): Promise<Stage> {
  const site = await startSharedGateways({ stores, store, upstream: echo.url })
  t.teardown(() => site.close())
  const sessions = await site.mint(users)
  const load = startSteadyLoad(
    site.host,
    site.places.map(({ port }) => port),
    sessions,
  )
  t.teardown(() => load.stop())
  await load.settled()
  return {
    site,
    load,
    sessions,
    async endTwo(from) {
      const [one, other] = sessions.slice(from)
      if (one === undefined || other === undefined) throw new Error('no more sessions')
      await site.end(one)
      load.ended(one)
      await site.revoke(other.user)
      load.ended(other)
    },
  }
}

/** What every failure has to leave as it was. */
function holds(t: Test, report: LoadReport): void {
  t.comment(JSON.stringify(report))
  t.same(report.failed, {}, 'no request failed')
  t.equal(report.lost, 0, 'no session was lost')
  t.equal(report.cameBack, 0, 'no session that ended came back')
}

t.test('Redis is killed and starts again with what it had written down', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'claimgate-aof-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const lines = [`dir ${dir}`, 'appendonly yes', 'appendfsync always']
  const redis = await startRedis(t, { lines })
  const { site, load, endTwo } = await start(t, `"redis://127.0.0.1:${redis.port}"`)
  await endTwo(0)
  await load.settled()
  await redis.stop('SIGKILL')
  // People whom the gateways know go on, and those whose session ended do not come back by that.
  await load.settled()
  for (const one of site.processes) t.equal(one.log().filter(({ level }) => Number(level) >= 60).length, 0)
  await startRedis(t, { lines, port: redis.port })
  await site.storeAnswers()
  await endTwo(2)
  await load.settled()
  holds(t, await load.stop())
})

t.test('a gateway is killed: the other one has its sessions, and so has the next', async (t) => {
  const redis = await startRedis(t)
  const { site, load, endTwo } = await start(t, `"redis://127.0.0.1:${redis.port}"`)
  const [place] = site.places
  if (place === undefined) throw new Error('no place')
  load.leave(place.port)
  site.processes[0]?.signal('SIGKILL')
  await site.processes[0]?.exited
  await endTwo(0)
  await load.settled()
  await site.restart(0)
  load.enter(place.port)
  await load.settled()
  holds(t, await load.stop())
})

t.test('a gateway that was frozen lets in nobody whose session ended meanwhile', async (t) => {
  const redis = await startRedis(t)
  const { site, load, endTwo } = await start(t, `"redis://127.0.0.1:${redis.port}"`)
  const frozen = site.places[0]?.port ?? 0
  site.processes[0]?.signal('SIGSTOP')
  await endTwo(0)
  load.leave(frozen)
  await load.settled()
  load.enter(frozen)
  // What it heard last of Redis is too old to be believed after a second, which passes for it though it stands.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const { requests } = load.report()
  await poll(
    'requests that wait for it',
    () => load.report().requests,
    (count) => count > requests + 4 * users.length,
  )
  load.everyEndHolds()
  site.processes[0]?.signal('SIGCONT')
  await load.settled()
  holds(t, await load.stop())
})

t.test('a connection that falls silent is noticed, and a new one is made', async (t) => {
  const redis = await startRedis(t)
  const proxy = await startMuteProxy(redis.port)
  t.teardown(() => proxy.close())
  const store = `"redis://127.0.0.1:${redis.port}"`
  const { load, endTwo } = await start(t, store, [store, `"redis://127.0.0.1:${proxy.port}"`])
  proxy.mute('those of now')
  await endTwo(0)
  await load.settled()
  holds(t, await load.stop())
})

t.test(
  'a gateway that reaches Redis no more goes on, and hears of every end when it does again',
  async (t) => {
    const redis = await startRedis(t)
    const proxy = await startMuteProxy(redis.port)
    t.teardown(() => proxy.close())
    const store = `"redis://127.0.0.1:${redis.port}"`
    const { site, load, endTwo } = await start(t, store, [store, `"redis://127.0.0.1:${proxy.port}"`])
    proxy.mute('later ones too')
    await site.processes[1]?.logged((line) => line.code === 'STORE_UNAVAILABLE')
    await endTwo(0)
    proxy.unmute()
    await load.settled()
    holds(t, await load.stop())
  },
)
