// The gateway as an operator has it: `node bin/claimgate.js …` as a process of its own, with a folder, a file and free
// ports. Its lines are caught as they come; it is stopped by its pid, and dies with a test that dies.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'
import { freePort } from './ports.ts'
import { createWaits } from './waiting.ts'

const ownProgram = fileURLToPath(new URL('../../bin/claimgate.js', import.meta.url))

/** A folder with a configuration, for one process after the other: a restart finds what the last one left. */
export interface Place {
  readonly folder: string
  readonly file: string
  readonly data: string
  readonly port: number
  readonly adminPort: number
  /** `http://localhost:PORT`. */
  readonly url: string
  readonly adminUrl: string
  /** Writes the file: `listen`, `admin` and `data`, unless the text has them, then the text. */
  write(yaml: string): void
  remove(): void
}

export async function newPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-system-'))
  const [port, adminPort] = [await freePort(), await freePort()]
  const file = join(folder, 'claimgate.yaml')
  const data = join(folder, 'data')
  const usual = {
    listen: `"127.0.0.1:${port}"`,
    admin: `"127.0.0.1:${adminPort}"`,
    data: JSON.stringify(data),
  }
  return {
    folder,
    file,
    data,
    port,
    adminPort,
    url: `http://localhost:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    write: (yaml) => {
      const missing = Object.entries(usual).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(yaml))
      writeFileSync(file, `${missing.map(([key, value]) => `${key}: ${value}\n`).join('')}${yaml}`)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export type LogLine = Readonly<Record<string, unknown>>

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface GatewayProcess {
  readonly pid: number
  /** The lines of its log so far; a line that is no JSON object fails the test that reads it. */
  log(): readonly LogLine[]
  /** Until a line of the log fulfils the condition; fails when the process ends without, or at a deadline. */
  logged(condition: (line: LogLine) => boolean): Promise<LogLine>
  stdout(): string
  stderr(): string
  signal(name: NodeJS.Signals): void
  readonly exited: Promise<Exit>
  /** SIGTERM, and until it has ended; nothing when it has. */
  stop(): Promise<Exit>
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A program with its arguments that starts Node, such as unshare. */
  readonly through?: readonly string[]
  /** Another Node than that of the test. */
  readonly node?: string
  /** Another bin/claimgate.js than that of the checkout. */
  readonly program?: string
  /** Nobody reads its standard output; there are no lines of a log then. */
  readonly unread?: boolean
}

/** For `through`: modes of files count for root too. */
export const withoutPrivilege: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : []

/** Starts `claimgate serve` and waits until it listens. Fails with what it printed when it ends before. */
export async function startProcess(place: Place, options: StartOptions = {}): Promise<GatewayProcess> {
  const running = spawnProcess(['serve', '-c', place.file], options)
  await running.logged((line) => line.event === 'gateway.started')
  return running
}

/** One command to its end. */
export async function runProcess(
  args: readonly string[],
  options: StartOptions = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const running = spawnProcess(args, options)
  const exit = await running.exited
  return { ...exit, stdout: running.stdout(), stderr: running.stderr() }
}

/**
 * Starts a command, by `env -i`: no variable of the machine changes a test, and what tap puts into the environment of
 * every child, to watch it, does not change the gateway. Where V8 is asked to write down what ran, it is asked too.
 */
export function spawnProcess(args: readonly string[], options: StartOptions = {}): GatewayProcess {
  const { PATH = '', NODE_V8_COVERAGE } = process.env
  const coverage = NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE }
  const variables = Object.entries({ PATH, ...coverage, ...options.env })
  const command = [
    ...(options.through ?? []),
    ...['/usr/bin/env', '-i', ...variables.map(([name, value]) => `${name}=${value}`)],
    ...[options.node ?? process.execPath, options.program ?? ownProgram, ...args],
  ]
  const child = startChild(command[0] ?? '', command.slice(1))
  const caught = { stdout: '', stderr: '' }
  const waits = createWaits()
  for (const name of options.unread === true ? (['stderr'] as const) : (['stdout', 'stderr'] as const)) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      caught[name] += text
      waits.wake()
    })
  }
  let ended = false
  const exited = ending(child).then((exit) => {
    ended = true
    waits.wake()
    return exit
  })
  const log = () => linesOf(caught.stdout)
  const printed = () => `${caught.stdout}${caught.stderr}`
  return {
    pid: child.pid ?? 0,
    log,
    logged: (condition) =>
      waits.until({
        what: `a line of the log, ${condition}`,
        look: () => {
          const found = log().find(condition)
          if (found === undefined && ended) throw new Error(`it ended without:\n${printed()}`)
          return found
        },
        seen: printed,
      }),
    stdout: () => caught.stdout,
    stderr: () => caught.stderr,
    signal: (name) => void child.kill(name),
    exited,
    stop: () => {
      if (!ended) child.kill('SIGTERM')
      return exited
    },
  }
}

/** After its streams have been read to their end. */
async function ending(child: Child): Promise<Exit> {
  const [code, signal] = await once(child, 'close')
  return { code, signal }
}

function linesOf(text: string): readonly LogLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}
