import type { Command, Io } from './command.ts'

/** A command line that works where it is printed: `npm run -s claimgate -- check` in a checkout. */
export function commandLine(
  { program = 'claimgate' }: Pick<Io, 'program'>,
  ...words: readonly string[]
): string {
  return [program, ...words].join(' ')
}

/** Says on stderr what is wrong with how a command was asked, and where its help is. The exit status: 2. */
export function refuseUsage(
  { name }: Pick<Command, 'name'>,
  message: string,
  io: Pick<Io, 'stderr' | 'program'>,
): number {
  io.stderr(`claimgate ${name}: ${message}\nSee \`${commandLine(io, name, '--help')}\`.\n`)
  return 2
}
