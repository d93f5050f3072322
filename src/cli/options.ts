import { parseArgs } from 'node:util'
import type { Command, Io } from './command.ts'

/** How an option is written: `string` takes a value, `boolean` none. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** May be given several times; read by `texts`. */
  readonly multiple?: boolean
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

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
 * on stderr with 2. Arguments beside options are refused unless `positionals` says so.
 */
export function readOptions(
  command: Pick<Command, 'name' | 'usage'>,
  specs: OptionSpecs,
  args: readonly string[],
  io: Pick<Io, 'stdout' | 'stderr'>,
  positionals = false,
): ReadOptions {
  try {
    const { values, positionals: rest } = parseArgs({
      args: [...args],
      options: { ...specs, help: { type: 'boolean', short: 'h' } },
      strict: true,
      allowPositionals: positionals,
    })
    const found: Readonly<Record<string, unknown>> = values
    if (found.help === true) {
      io.stdout(command.usage)
      return { ok: false, exitCode: 0 }
    }
    return { ok: true, options: asOptions(found, rest) }
  } catch (error) {
    io.stderr(`claimgate ${command.name}: ${error instanceof Error ? error.message : 'wrong usage'}\n`)
    io.stderr(`See \`claimgate ${command.name} --help\`.\n`)
    return { ok: false, exitCode: 2 }
  }
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

/** The options of every command that reads a configuration. */
export const configOptions = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
} as const satisfies OptionSpecs

/** The configuration to read: `-c`, else `CLAIMGATE_CONFIG`, else `claimgate.yaml`. As written, for messages. */
export function configFile(options: Options, env: Io['env']): string {
  return options.text('config') ?? (env.CLAIMGATE_CONFIG || 'claimgate.yaml')
}
