import type { EpochSeconds } from '../core/session/session.ts'

/** One option of a command: how it is read, what `--help` says of it, and what a shell completes. */
export interface OptionSpec {
  /** `string` takes a value, `boolean` none. */
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What `--help` calls the value: `FILE`. A shell completes the names of files for `FILE` and `FOLDER`. */
  readonly value?: string
  /** All values that there are, where these are few. */
  readonly choices?: readonly string[]
  readonly help: string
  /** May be given several times; read by `texts`. */
  readonly multiple?: boolean
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** What may stand beside the options. */
export interface Operands {
  /** Words that the first one is likely to be. */
  readonly words?: readonly string[]
  /** Whether they are names of files. */
  readonly files?: boolean
}

/** One subcommand. It touches the process through `Io` alone, so that a test runs it in its own process. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What `--help` prints, with a final newline. Its paragraphs are filled to the width of a terminal: see help.ts. */
  readonly usage: string
  /** Every option but `--help`, which each command has. */
  readonly options: OptionSpecs
  /** Left out: nothing may stand beside the options. */
  readonly operands?: Operands
  /** Answers with the exit status: 0 yes, 1 the thing asked about failed, 2 wrong usage or an unreadable file. */
  run(args: readonly string[], io: Io): Promise<number>
}

/** What a person types before the arguments of a command. See program.ts. */
export interface Program {
  /** Where this program is: packages beside it are installed in another way in each. */
  readonly kind: 'checkout' | 'local' | 'global' | 'image'
  /** Once this command has ended. */
  readonly again: string
  /** In a second terminal, while it goes on. */
  readonly meanwhile: string
  /** The whole line that shows the demo: another image has what it needs. */
  readonly demo: string
}

export interface Io {
  stdout(text: string): void
  stderr(text: string): void
  /** All of the standard input, as UTF-8. */
  stdin(): Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Which outputs are terminals; none when left out. */
  readonly isTerminal?: { readonly stdout: boolean; readonly stderr: boolean }
  /** What relative paths of arguments start from. */
  readonly cwd: string
  /** Whole seconds since 1970. Left out: the clock of this machine. */
  readonly now?: () => EpochSeconds
  /** Left out: a command of the name `claimgate`. */
  readonly program?: Program
  /** A clock that never goes back; the process's own when left out. */
  nowMs?(): number
  /** Aborted when the process was asked to stop. Asking for it is the promise to look at it: see main.ts. */
  readonly signal?: AbortSignal
}
