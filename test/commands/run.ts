import type { Command, Program } from '../../src/cli/command.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in this process, with nothing of this process around it. */
export async function runIn(
  command: Pick<Command, 'run'>,
  args: readonly string[],
  {
    cwd,
    env = {},
    stdin = '',
    program,
    terminal = false,
    nowMs,
    now,
  }: {
    readonly cwd: string
    readonly env?: Readonly<Record<string, string>>
    readonly stdin?: string
    readonly program?: Program
    /** Both outputs are a terminal. */
    readonly terminal?: boolean
    readonly nowMs?: () => number
    /** The clock of this machine when absent. */
    readonly now?: () => number
  },
): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const code = await command.run(args, {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    stdin: async () => stdin,
    env,
    cwd,
    isTerminal: { stdout: terminal, stderr: terminal },
    ...(nowMs === undefined ? {} : { nowMs }),
    ...(now === undefined ? {} : { now }),
    ...(program === undefined ? {} : { program }),
  })
  return { code, stdout, stderr }
}
