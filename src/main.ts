import { runCommand } from './cli.ts'
import type { Io } from './commands/command.ts'

/** Runs one command line; the result is the exit status: 0 yes, 1 the thing asked about failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal))
  const io: Io = {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdin: async () => {
      const parts: Buffer[] = []
      for await (const part of process.stdin) parts.push(Buffer.from(part))
      return Buffer.concat(parts).toString('utf8')
    },
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
  }
  return runCommand(args, io)
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
