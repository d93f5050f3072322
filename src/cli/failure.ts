import type { Io } from './command.ts'

/** Says on stderr, under the name of the command, why it did not do what it was asked for. Comes back with the exit status. */
export function failWith(
  command: string,
  io: Pick<Io, 'stderr'>,
  exitCode: number,
  sentences: string,
): number {
  for (const line of sentences.split('\n')) io.stderr(`claimgate ${command}: ${line}\n`)
  return exitCode
}
