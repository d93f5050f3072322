// A command on a terminal: `script` of util-linux makes one. What it prints comes as a terminal gets it, with \r\n.
import { once } from 'node:events'
import { startChild } from './child.ts'

export interface OnTerminal {
  /** What is typed; the end of it is Ctrl-D. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface TerminalRun {
  readonly code: number | null
  readonly output: string
}

/** Runs a shell command to its end; its three streams are a terminal. Nothing of this process's environment but PATH. */
export async function runOnTerminal(
  command: string,
  { input = '', env = {}, cwd }: OnTerminal = {},
): Promise<TerminalRun> {
  const typed = 'printf %s "$1" | exec script -qec "$2" /dev/null'
  const child = startChild('/bin/sh', ['-c', typed, 'sh', input, command], {
    env: { PATH: process.env.PATH ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  const parts: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => parts.push(part))
  child.stderr.on('data', (part: Buffer) => parts.push(part))
  const [code] = await once(child, 'close')
  return { code, output: Buffer.concat(parts).toString('utf8').replaceAll('\r\n', '\n') }
}
