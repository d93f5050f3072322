import { parseArgs } from 'node:util'
import { nearest } from '../config/nearest.ts'
import { showOwn } from '../core/show.ts'
import type { Command, OptionSpec, OptionSpecs } from './command.ts'
import { helpOption } from './help.ts'

export type ReadArguments =
  | {
      readonly ok: true
      readonly values: Readonly<Record<string, unknown>>
      readonly operands: readonly string[]
    }
  /** A sentence: what was found, and what would be right. */
  | { readonly ok: false; readonly reason: string }

/** Reads what stands behind the name of a command. Nothing is guessed: what is not known is told with its neighbour. */
export function readArguments(
  { options, operands }: Pick<Command, 'options' | 'operands'>,
  args: readonly string[],
): ReadArguments {
  const specs: OptionSpecs = { ...options, ...helpOption }
  const parsed = parseArgs({
    args: [...args],
    options: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, optionOf(spec)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of parsed.tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      if (operands !== undefined) continue
      return refuse(
        `nothing stands beside the options, and ${quoted(token.value)} does${asOption(token.value, specs)}`,
      )
    }
    const { name, rawName, value, inlineValue } = token
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    const fault =
      spec === undefined ? unknownOption(rawName, name, specs) : valueFault(spec, rawName, value, inlineValue)
    if (fault !== null) return refuse(fault)
  }
  return { ok: true, values: parsed.values, operands: parsed.positionals }
}

/** `type`, `short` and `multiple` alone are known to Node. */
function optionOf({ type, short, multiple = false }: OptionSpec) {
  return short === undefined ? { type, multiple } : { type, short, multiple }
}

function refuse(reason: string): ReadArguments {
  return { ok: false, reason }
}

function unknownOption(rawName: string, name: string, specs: OptionSpecs): string {
  const meant = nearest(name, Object.keys(specs))
  return `there is no option ${showOwn(rawName)}${meant === null ? '' : `; did you mean --${meant}?`}`
}

function valueFault(
  { type, value: called = 'VALUE', choices }: OptionSpec,
  rawName: string,
  value: string | undefined,
  inlineValue: boolean | undefined,
): string | null {
  if (type === 'boolean') return value === undefined ? null : `${rawName} takes no value`
  if (value === undefined) return `${rawName} wants a value: ${rawName} ${called}`
  // `--log --json` has forgotten something. A value that begins so is said with the sign.
  if (inlineValue !== true && value.length > 1 && value.startsWith('-')) {
    const certain = rawName.startsWith('--') ? `${rawName}=${showOwn(value)}` : `${rawName}${showOwn(value)}`
    return `${rawName} wants a value, and the option ${showOwn(value)} follows; if that is the value, write ${certain}`
  }
  if (choices === undefined || choices.includes(value)) return null
  return `${rawName} takes ${choices.join(', ')}, not ${quoted(value)}${didYouMean(value, choices)}`
}

/** Empty, or the neighbour of a word that is not known. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known)
  return meant === null ? '' : `; did you mean ${meant}?`
}

/** `check file.yaml` means `-c file.yaml`. */
function asOption(value: string, specs: OptionSpecs): string {
  if (Object.hasOwn(specs, value)) return `; did you mean --${value}?`
  return Object.hasOwn(specs, 'config') && /\.ya?ml$/.test(value)
    ? `; did you mean -c ${showOwn(value)}?`
    : ''
}

/** What somebody typed, on one line and without controls. */
export function quoted(text: string): string {
  return `"${showOwn(text)}"`
}
