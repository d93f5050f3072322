import type { Io } from './cli/command.ts'
import { endDone } from './cli/process-end.ts'
import { programOf } from './cli/program.ts'
import { packageRoot } from './cli/version.ts'
import { runCommand } from './cli.ts'

/** Runs one command line; the result is the exit status: 0 yes, 1 the thing asked about failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const io: Io = {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdin: async () => {
      const parts: Buffer[] = []
      for await (const part of process.stdin) parts.push(Buffer.from(part))
      return Buffer.concat(parts).toString('utf8')
    },
    env: process.env,
    isTerminal: { stdout: process.stdout.isTTY === true, stderr: process.stderr.isTTY === true },
    cwd: process.cwd(),
    program: programOf({
      path: process.argv[1] ?? '',
      root: packageRoot,
      cwd: process.cwd(),
      env: process.env,
      pid: process.pid,
    }),
    get signal() {
      return stopSignal()
    },
  }
  process.stdout.on('error', unlessReaderIsGone)
  const status = await runCommand(args, io)
  endDone(process, status)
  return status
}

/** `claimgate who --all | head`: a reader that has seen enough is no fault. */
function unlessReaderIsGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

let stop: AbortController | null = null

/**
 * Whoever asks for it stops in good order at the first SIGINT or SIGTERM; a second one ends the process at once, with
 * the status that a shell gives for it. Nobody asked: they end it, as ever.
 */
function stopSignal(): AbortSignal {
  if (stop !== null) return stop.signal
  const controller = new AbortController()
  stop = controller
  const statuses = { SIGINT: 130, SIGTERM: 143 } as const
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(statuses[name])
      controller.abort(name)
    })
  }
  return controller.signal
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
