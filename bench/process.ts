import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** The process and all that descend from it. */
function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null
    if (stat === null) continue
    const siblings = children.get(stat.parent) ?? []
    siblings.push(Number(name))
    children.set(stat.parent, siblings)
  }
  const found: number[] = []
  const waiting = [root]
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    found.push(pid)
    waiting.push(...(children.get(pid) ?? []))
  }
  return found
}

/** User and system time of a process tree so far, in microseconds. */
export function cpuMicros(root: number): number {
  const ticks = processTree(root).reduce((sum, pid) => sum + (readStat(pid)?.ticks ?? 0), 0)
  return (ticks * 1_000_000) / ticksPerSecond
}

/** Resident memory of a process tree in MiB; pages that processes share count once for each. */
export function residentMebibytes(root: number): number {
  const kibibytes = processTree(root).map((pid) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readQuietly(`/proc/${pid}/status`))?.[1] ?? 0),
  )
  return kibibytes.reduce((sum, one) => sum + one, 0) / 1024
}

function readStat(pid: number): { readonly parent: number; readonly ticks: number } | null {
  const text = readQuietly(`/proc/${pid}/stat`)
  // The second field is the name in parentheses and may hold anything, so counting starts behind its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 20) return null
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** A server under measurement. */
export interface Running {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

/** Starts a Node program that prints `{"port": …}` as its first line, its log going to `logTo`. */
export async function startNode(
  script: string,
  args: readonly string[],
  options: { readonly logTo?: number; readonly portOn?: 'stdout' | 'stderr' } = {},
): Promise<Running> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', options.logTo ?? 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const line = await firstLine(child, options.portOn ?? 'stdout')
  const port: unknown = JSON.parse(line).port
  if (typeof port !== 'number' || child.pid === undefined) throw new Error(`${script} did not say its port`)
  return { pid: child.pid, port, stop: () => stop(child) }
}

function firstLine(child: ChildProcess, from: 'stdout' | 'stderr'): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child[from]?.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.on('exit', (code) => reject(new Error(`ended with ${code} before it was up: ${text}`)))
  })
}

export function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
    child.once('exit', () => {
      clearTimeout(hard)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
