import { readArguments } from './arguments.ts'
import type { Command, Io, OptionSpecs } from './command.ts'
import { fillUsage } from './help.ts'
import { refuseUsage } from './program.ts'

export type { OptionSpecs } from './command.ts'
export { optionsHelp } from './help.ts'

export interface Options {
  /** Of options that take a value; null when absent. */
  text(name: string): string | null
  /** Of options that may be given several times, in their order. */
  texts(name: string): readonly string[]
  flag(name: string): boolean
  readonly positionals: readonly string[]
}

export type ReadOptions =
  | { readonly ok: true; readonly options: Options }
  /** Help was printed, or what is wrong was said: the command returns this status at once. */
  | { readonly ok: false; readonly exitCode: number }

/**
 * Reads a command's arguments; `--help` is known to every command. Answers help on stdout with 0, and wrong usage
 * on stderr with 2.
 */
export function readOptions(
  command: Pick<Command, 'name' | 'usage' | 'options' | 'operands'>,
  args: readonly string[],
  io: Pick<Io, 'stdout' | 'stderr' | 'program'>,
): ReadOptions {
  const read = readArguments(command, args)
  if (!read.ok) return { ok: false, exitCode: refuseUsage(command, read.reason, io) }
  if (read.values.help === true) {
    io.stdout(fillUsage(command.usage))
    return { ok: false, exitCode: 0 }
  }
  return { ok: true, options: asOptions(read.values, read.operands) }
}

function asOptions(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Options {
  return {
    text: (name) => {
      const value = values[name]
      return typeof value === 'string' ? value : null
    },
    texts: (name) => {
      const found = values[name]
      return Array.isArray(found) ? found.filter((value) => typeof value === 'string') : []
    },
    flag: (name) => values[name] === true,
    positionals,
  }
}

export const configOption = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    help: 'the configuration (default: CLAIMGATE_CONFIG, else claimgate.yaml)',
  },
} as const satisfies OptionSpecs

/** The options of every command that reads a configuration and answers. */
export const configOptions = {
  ...configOption,
  json: { type: 'boolean', help: 'answers as JSON' },
} as const satisfies OptionSpecs

/** Of commands that judge rules and need no secret for it. */
export const madeUpSecretsOption = {
  'made-up-secrets': {
    type: 'boolean',
    help: 'variables and files that are missing stand for made-up texts, but never in rules: for machines without secrets',
  },
} as const satisfies OptionSpecs

export const jsonBelow = {
  json: { type: 'boolean', help: 'for programs; see below' },
} as const satisfies OptionSpecs

/** The configuration to read: `-c`, else `CLAIMGATE_CONFIG`, else `claimgate.yaml`. As written, for messages. */
export function configFile(options: Options, env: Io['env']): string {
  return options.text('config') ?? defaultFile(env)
}

export function defaultFile(env: Io['env']): string {
  return env.CLAIMGATE_CONFIG || 'claimgate.yaml'
}
