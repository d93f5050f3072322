// What fails beside two gateways on one Redis, under a steady load: each outage with what happens in it, and the report
// of the load. test/system runs them briefly, bench/outages for longer.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { startSentinel } from '../store/redis/topologies.ts'
import { startEcho } from './echo.ts'
import { startMuteProxy } from './mute-proxy.ts'
import { startRedis } from './redis.ts'
import { type HeldSession, type SharedGateways, startSharedGateways } from './shared-gateways.ts'
import { type LoadReport, type SteadyLoad, startSteadyLoad } from './steady-load.ts'
import { poll } from './waiting.ts'

export interface OutageOptions {
  readonly sessions: number
  /** How long a process is frozen, and a Redis is away. */
  readonly lastsMs: number
}

type Teardown = Pick<Test, 'teardown'>

export interface Outage {
  readonly name: string
  run(t: Teardown, options: OutageOptions): Promise<LoadReport>
}

interface Stage {
  readonly site: SharedGateways
  readonly load: SteadyLoad
  /** Ends two more sessions, one by its key and one by its person, and tells the load. */
  endTwo(): Promise<void>
}

interface StageSetup {
  readonly store: string
  /** Of the second gateway, if it comes there by another address. */
  readonly other?: string
  readonly top?: string
}

async function stage(t: Teardown, { sessions: count }: OutageOptions, setup: StageSetup): Promise<Stage> {
  const { store, other = store, top = '' } = setup
  const echo = await startEcho()
  t.teardown(() => echo.close())
  const site = await startSharedGateways({ stores: [store, other], store, upstream: echo.url, top })
  t.teardown(() => site.close())
  const sessions = await site.mint(Array.from({ length: count }, (_, index) => `user-${index}`))
  const left = [...sessions]
  const next = (): HeldSession => {
    const one = left.shift()
    if (one === undefined) throw new Error('no more sessions')
    return one
  }
  const ports = site.places.map(({ port }) => port)
  const load = startSteadyLoad(site.host, ports, sessions)
  t.teardown(() => load.stop())
  await load.settled()
  return {
    site,
    load,
    async endTwo() {
      const [byKey, byPerson] = [next(), next()]
      load.ending(byKey)
      await site.end(byKey)
      load.ended(byKey)
      load.ending(byPerson)
      await site.revoke(byPerson.user)
      load.ended(byPerson)
    },
  }
}

const at = (port: number): string => `"redis://127.0.0.1:${port}"`

export const redisIsKilled: Outage = {
  name: 'Redis is killed and starts again with what it had written down',
  async run(t, options) {
    const dir = mkdtempSync(join(tmpdir(), 'claimgate-aof-'))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    const lines = [`dir ${dir}`, 'appendonly yes', 'appendfsync always']
    const redis = await startRedis(t, { lines })
    const { site, load, endTwo } = await stage(t, options, { store: at(redis.port) })
    await endTwo()
    await load.settled()
    await redis.stop('SIGKILL')
    // People whom the gateways know go on, and nobody comes back by it.
    await setTimeout(options.lastsMs)
    await load.settled()
    await startRedis(t, { lines, port: redis.port })
    await site.storeAnswers()
    await endTwo()
    await load.settled()
    return load.stop()
  },
}

export const gatewayIsKilled: Outage = {
  name: 'a gateway is killed: the other one has its sessions, and so has the next',
  async run(t, options) {
    const redis = await startRedis(t)
    const { site, load, endTwo } = await stage(t, options, { store: at(redis.port) })
    const port = site.places[0]?.port ?? 0
    load.leave(port)
    site.processes[0]?.signal('SIGKILL')
    await site.processes[0]?.exited
    await endTwo()
    await load.settled()
    await site.restart(0)
    load.enter(port)
    await load.settled()
    return load.stop()
  },
}

export const workerIsKilled: Outage = {
  name: 'a worker is killed: the others answer for it',
  async run(t, options) {
    const redis = await startRedis(t)
    const { site, load, endTwo } = await stage(t, options, { store: at(redis.port), top: 'workers: 2' })
    for (const { pid } of site.processes) {
      const [worker] = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
        .trim()
        .split(/\s+/)
        .map(Number)
      if (worker === undefined) throw new Error('no worker')
      process.kill(worker, 'SIGKILL')
      load.killing()
    }
    await endTwo()
    for (const one of site.processes)
      await one.logged(({ event, worker }) => event === 'worker.started' && worker === 3)
    await load.settled()
    return load.stop()
  },
}

export const gatewayIsFrozen: Outage = {
  name: 'a gateway that was frozen lets in nobody whose session ended meanwhile',
  async run(t, options) {
    const redis = await startRedis(t)
    const { site, load, endTwo } = await stage(t, options, { store: at(redis.port) })
    const frozen = site.places[0]?.port ?? 0
    site.processes[0]?.signal('SIGSTOP')
    await endTwo()
    load.leave(frozen)
    await load.settled()
    load.enter(frozen)
    // What it heard last of Redis is too old to be believed after a second, which passes for it though it stands.
    await setTimeout(Math.max(1500, options.lastsMs))
    const asked = load.report().requests
    await poll(
      'requests that wait for it',
      () => load.report().requests,
      (count) => count > asked + 4 * options.sessions,
    )
    load.everyEndHolds()
    site.processes[0]?.signal('SIGCONT')
    await load.settled()
    return load.stop()
  },
}

export const connectionFallsSilent: Outage = {
  name: 'a connection that falls silent is noticed, and a new one is made',
  async run(t, options) {
    const redis = await startRedis(t)
    const proxy = await startMuteProxy(redis.port)
    t.teardown(() => proxy.close())
    const { load, endTwo } = await stage(t, options, { store: at(redis.port), other: at(proxy.port) })
    proxy.mute('those of now')
    await endTwo()
    await load.settled()
    return load.stop()
  },
}

export const gatewayIsCutOff: Outage = {
  name: 'a gateway that reaches Redis no more goes on, and hears of every end when it does again',
  async run(t, options) {
    const redis = await startRedis(t)
    const proxy = await startMuteProxy(redis.port)
    t.teardown(() => proxy.close())
    const { site, load, endTwo } = await stage(t, options, { store: at(redis.port), other: at(proxy.port) })
    proxy.mute('later ones too')
    await site.processes[1]?.logged(({ code }) => code === 'STORE_UNAVAILABLE')
    await endTwo()
    await setTimeout(options.lastsMs)
    proxy.unmute()
    await load.settled()
    return load.stop()
  },
}

export const primaryFailsOver: Outage = {
  name: 'a primary is killed: its replica knows every session, and every end right before',
  async run(t, options) {
    const { losePrimary, sentinel } = await startSentinel(t)
    const store = `{ redis_sentinel: { sentinels: ["127.0.0.1:${sentinel.port}"], name: mymaster } }`
    const { site, load, endTwo } = await stage(t, options, { store })
    // A replica has confirmed each when it returns.
    await endTwo()
    await losePrimary()
    await load.settled()
    await site.storeAnswers()
    await endTwo()
    await load.settled()
    await site.mint(['late'])
    return load.stop()
  },
}
