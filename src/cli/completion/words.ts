import type { Command, OptionSpec } from '../command.ts'
import { helpOption } from '../help.ts'

/** What a shell needs to know of a command. */
export type CompletedCommand = Pick<Command, 'name' | 'summary' | 'options' | 'operands'>

export interface CompletedOption {
  /** `-c` and `--config`. */
  readonly spellings: readonly string[]
  readonly spec: OptionSpec
}

export function optionsOf({ options }: CompletedCommand): readonly CompletedOption[] {
  return Object.entries<OptionSpec>({ ...options, ...helpOption }).map(([name, spec]) => ({
    spellings: [...(spec.short === undefined ? [] : [`-${spec.short}`]), `--${name}`],
    spec,
  }))
}

/** What stands behind an option: nothing, one of these words, the name of a file, or what no shell can know. */
export type ValueKind = 'none' | 'choice' | 'file' | 'folder' | 'other'

export function valueKindOf({ type, value, choices }: OptionSpec): ValueKind {
  if (type === 'boolean') return 'none'
  if (choices !== undefined) return 'choice'
  if (value === 'FOLDER') return 'folder'
  return value === 'FILE' ? 'file' : 'other'
}
