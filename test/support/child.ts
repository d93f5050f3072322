// Processes that a test starts. They end with the test, however it ends, and with them what they started: a watcher
// is told of each, and when the pipe from the test breaks, which SIGKILL does too, it ends all that are left.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

export interface ChildOptions {
  readonly cwd?: string
  /** Its whole environment; that of the test when left out. */
  readonly env?: Readonly<Record<string, string>>
}

export type Child = ChildProcessByStdio<null, Readable, Readable>

/** Starts a program as the head of a process group. The streams are piped; somebody has to read them. */
export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(command, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  })
  const { pid } = child
  if (pid === undefined) return child
  tell(`+ ${pid}`)
  child.once('exit', () => {
    killGroup(pid)
    tell(`- ${pid}`)
  })
  return child
}

/** SIGTERM, and until it has ended; nothing when it has. */
export async function stopChild(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** What its head left behind. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody was left.
  }
}

const script = `
while read -r sign pid; do
  case $sign in
    +) all="$all $pid" ;;
    -) rest=; for one in $all; do [ "$one" = "$pid" ] || rest="$rest $one"; done; all=$rest ;;
  esac
done
for one in $all; do kill -s KILL -- "-$one"; done`

let watcher: Writable | null = null

/** The pipe takes so few bytes at once: what was told is told, though this process be killed right after. */
function tell(line: string): void {
  watcher ??= startWatcher()
  watcher.write(`${line}\n`)
}

function startWatcher(): Writable {
  const child = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  })
  child.unref()
  // In types a stream, in fact a socket.
  const pipe = child.stdin as Writable & { unref(): void }
  pipe.unref()
  return pipe
}
