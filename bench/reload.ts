import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFromDisk } from '../src/config/files.ts'
import { loadGateway } from '../src/config/load.ts'
import { recordingReader } from '../src/config/sources.ts'
import { startGateway } from '../src/http/server/start.ts'
import { median, rounded } from './requests.ts'

export interface ReloadCosts {
  readonly locations: number
  /** From the signal to the line of the log, the median of all rounds. */
  readonly totalMs: number
  /** The longest turn of all rounds, in which no request is served: by the clock, and of the CPU's time alone. */
  readonly longestStretchMs: number
  readonly longestStretchCpuMs: number
}

/** A configuration of so many locations that changes while it serves: each round gives every location another rule. */
export async function measureReload(locations: number, rounds: number): Promise<ReloadCosts> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-reload-'))
  const file = join(folder, 'claimgate.yaml')
  try {
    writeFileSync(file, configuration(locations, 0))
    const reader = recordingReader(readFromDisk)
    const loaded = loadGateway(file, {}, { readFile: reader.read })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
    const source = { file, cwd: folder, readings: reader.readings() }
    const running = await startGateway(loaded.gateway, {
      env: {},
      warnings: [],
      source,
      logTo: { write: () => {} },
    })
    const totals: number[] = []
    const longest = { ms: 0, cpuMs: 0 }
    for (let round = 1; round <= rounds; round += 1) {
      writeFileSync(file, configuration(locations, round))
      await new Promise((resolve) => setTimeout(resolve, 50))
      const stop = watchTurns(longest)
      const from = performance.now()
      await running.reload()
      totals.push(performance.now() - from)
      await new Promise((resolve) => setImmediate(resolve))
      stop()
    }
    await running.close(0)
    return {
      locations,
      totalMs: rounded(median(totals)),
      longestStretchMs: rounded(longest.ms),
      longestStretchCpuMs: rounded(longest.cpuMs),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Looks once in each turn of the event loop how long the one before it took. */
function watchTurns(longest: { ms: number; cpuMs: number }): () => void {
  let [ms, cpuMs] = [performance.now(), threadCpuMs()]
  let next = setImmediate(look)
  function look(): void {
    const [nowMs, nowCpuMs] = [performance.now(), threadCpuMs()]
    longest.ms = Math.max(longest.ms, nowMs - ms)
    longest.cpuMs = Math.max(longest.cpuMs, nowCpuMs - cpuMs)
    ;[ms, cpuMs] = [nowMs, nowCpuMs]
    next = setImmediate(look)
  }
  return () => clearImmediate(next)
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function configuration(locations: number, round: number): string {
  const lines = Array.from(
    { length: locations },
    (_, index) =>
      `      - { path: /section-${index}/page, require: { groups: [group-${index}-${round}] } }\n`,
  )
  return `
listen: "127.0.0.1:0"
admin: false
session: { store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench }
apps:
  bench:
    url: http://localhost:8080
    upstream: http://127.0.0.1:9
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    locations:
${lines.join('')}`
}
