import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from '../test/support/ports.ts'
import { cpuMicros, residentMebibytes, stop } from './process.ts'
import { median, rounded } from './requests.ts'
import { listening } from './subjects.ts'

export interface StartupCosts {
  readonly startUpMs: Readonly<Record<string, number>>
  readonly idleMebibytes: Readonly<Record<string, number>>
  readonly ratios: {
    readonly 'start-up claimgate/stock-http-proxy': number
    readonly 'idle memory claimgate/stock-http-proxy': number
  }
}

/** How long a process that has nothing to do may settle before its memory is read. */
const settleMs = 1500

/** Time until the port takes connections, and memory after that: emitted JavaScript on both sides, in turn. */
export async function measureStartup(rounds: number): Promise<StartupCosts> {
  const folder = emit(resolve(import.meta.dirname, '..'))
  try {
    const costs: { readonly gateway: Start; readonly stock: Start }[] = []
    for (let round = 0; round < rounds; round++) {
      const port = await freePort()
      const file = join(folder, 'claimgate.yaml')
      writeFileSync(file, configuration(port, folder))
      const gateway = await start(port, [join(folder, 'bin/claimgate.js'), 'serve', '-c', file])
      const other = await freePort()
      const stock = await start(other, [join(folder, 'stock.mjs'), 'http://127.0.0.1:9', String(other)])
      costs.push({ gateway, stock })
    }
    const of = (read: (cost: (typeof costs)[number]) => number) => rounded(median(costs.map(read)))
    return {
      startUpMs: {
        claimgate: of(({ gateway }) => gateway.ms),
        'stock-http-proxy': of(({ stock }) => stock.ms),
      },
      idleMebibytes: {
        claimgate: of(({ gateway }) => gateway.mebibytes),
        'stock-http-proxy': of(({ stock }) => stock.mebibytes),
      },
      ratios: {
        'start-up claimgate/stock-http-proxy': of(({ gateway, stock }) => gateway.ms / stock.ms),
        'idle memory claimgate/stock-http-proxy': of(
          ({ gateway, stock }) => gateway.mebibytes / stock.mebibytes,
        ),
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the package of a tree would hold, in a folder of its own: Node strips no types there. */
export function emit(root: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-start-'))
  const tsc = join(root, 'node_modules/.bin/tsc')
  execFileSync(tsc, ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')])
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const stock = readFileSync(join(root, 'bench/apps/stock-http-proxy.ts'), 'utf8')
  writeFileSync(join(folder, 'stock.mjs'), stripTypeScriptTypes(stock))
  return folder
}

export interface Start {
  /** Until the port takes connections. */
  readonly ms: number
  /** User and system time of it all, until it has settled. */
  readonly cpuMs: number
  readonly mebibytes: number
}

export async function start(
  port: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Start> {
  const from = performance.now()
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    env: { ...process.env, NODE_ENV: 'production', ...env },
  })
  try {
    await listening(port)
    const ms = performance.now() - from
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const pid = child.pid ?? 0
    return { ms, cpuMs: cpuMicros(pid) / 1000, mebibytes: residentMebibytes(pid) }
  } finally {
    await stop(child)
  }
}

export function configuration(port: number, folder: string, upstream = 'http://127.0.0.1:9'): string {
  return `
listen: "127.0.0.1:${port}"
admin: false
data: ${JSON.stringify(folder)}
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench }
apps:
  bench:
    url: http://localhost:${port}
    upstream: ${upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
`
}
