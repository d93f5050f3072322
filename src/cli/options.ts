import { parseArgs } from 'node:util'
import type { Command, Io } from './command.ts'

/** One option of a command: how it is read, and what `--help` says of it. */
export interface OptionSpec {
  /** `string` takes a value, `boolean` none. */
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What `--help` calls the value: `FILE`. */
  readonly value?: string
  readonly help: string
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
      options: { ...specs, ...helpOption },
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

/** The rows of `--help` for a command's options, each line at most 100 characters, with a final newline. */
export function optionsHelp(specs: OptionSpecs): string {
  const all: OptionSpecs = { ...specs, ...helpOption }
  const rows = Object.entries(all).map(
    ([name, { short, value = '', help }]) =>
      [`${short === undefined ? '    ' : `-${short}, `}--${name} ${value}`.trimEnd(), help] as const,
  )
  const width = Math.max(...rows.map(([option]) => option.length))
  const lines = rows.flatMap(([option, help]) =>
    wrap(help, helpColumns - width - 4).map(
      (line, i) => `  ${(i === 0 ? option : '').padEnd(width)}  ${line}`,
    ),
  )
  return `${lines.join('\n')}\n`
}

const helpColumns = 100

function wrap(text: string, most: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < most) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
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

const helpOption = { help: { type: 'boolean', short: 'h', help: 'this text' } } as const satisfies OptionSpecs

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
    help: 'variables and files that are missing stand for texts that are made up: for machines that hold no secret',
  },
} as const satisfies OptionSpecs

export const jsonBelow = {
  json: { type: 'boolean', help: 'for programs; see below' },
} as const satisfies OptionSpecs

/** The configuration to read: `-c`, else `CLAIMGATE_CONFIG`, else `claimgate.yaml`. As written, for messages. */
export function configFile(options: Options, env: Io['env']): string {
  return options.text('config') ?? (env.CLAIMGATE_CONFIG || 'claimgate.yaml')
}
