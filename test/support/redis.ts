// Real Redis servers on free ports: each with a folder of its own, stopped by its pid, and killed with a test that dies.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'
import { createWaits } from './waiting.ts'

export interface RedisServer {
  readonly port: number
  readonly pid: number
  log(): string
  signal(name: NodeJS.Signals): void
  /** Until it has ended. */
  stop(name?: NodeJS.Signals): Promise<void>
}

export interface RedisOptions {
  /** Lines of its configuration; `DIR` stands for its folder. */
  readonly lines?: readonly string[]
  readonly port?: number
  readonly args?: readonly string[]
  /** Which has no data and knows no settings of such. */
  readonly isSentinel?: boolean
  /** The port is for TLS alone. */
  readonly tls?: boolean
}

/** Until it takes connections. Ends with the test. */
export async function startRedis(
  t: Pick<Test, 'teardown'>,
  options: RedisOptions = {},
): Promise<RedisServer> {
  const { lines = [], args = [], port = await freePort(), isSentinel = false } = options
  const ports = options.tls === true ? ['port 0', `tls-port ${port}`] : [`port ${port}`]
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-redis-'))
  const network = [...ports, 'bind 127.0.0.1', `dir ${folder}`]
  const usual = isSentinel ? network : [...network, 'save ""', 'appendonly no']
  const own = lines.map((line) => line.replaceAll('DIR', folder))
  const file = join(folder, 'redis.conf')
  writeFileSync(file, `${[...usual, ...own].join('\n')}\n`)
  const child = startChild('redis-server', [file, ...args])
  let log = ''
  const waits = createWaits()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text
      waits.wake()
    })
  let ended = false
  const exited = once(child, 'close').then(() => {
    ended = true
    waits.wake()
    rmSync(folder, { recursive: true, force: true })
  })
  const stop = async (name: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (!ended) {
      child.kill(name)
      child.kill('SIGCONT') // One that was frozen hears of it only then.
    }
    await exited
  }
  t.teardown(() => stop('SIGKILL'))
  // By its own word: at its port somebody else might listen.
  await waits.until({
    what: 'a redis-server that takes connections',
    look() {
      if (ended) throw new Error(`redis-server ended:\n${log}`)
      return /Ready to accept connections|Sentinel ID is/.test(log) || undefined
    },
    seen: () => log,
  })
  return { port, pid: child.pid ?? 0, log: () => log, signal: (name) => void child.kill(name), stop }
}
