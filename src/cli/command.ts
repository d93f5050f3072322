/** One subcommand. It touches the process through `Io` alone, so that a test runs it in its own process. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What `--help` prints, with a final newline. */
  readonly usage: string
  /** Answers with the exit status: 0 yes, 1 the thing asked about failed, 2 wrong usage or an unreadable file. */
  run(args: readonly string[], io: Io): Promise<number>
}

export interface Io {
  stdout(text: string): void
  stderr(text: string): void
  /** All of the standard input, as UTF-8. */
  stdin(): Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** What relative paths of arguments start from. */
  readonly cwd: string
  /** Aborted when the process was asked to stop. Asking for it is the promise to look at it: see main.ts. */
  readonly signal?: AbortSignal
}
