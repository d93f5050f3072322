import { type CommandWords, containerWords, isContainerTool } from './container.ts'
import { readFlags } from './flags.ts'
import { hiddenSetting, type ReadingFault, type Setting, variableFault, variableSetting } from './setting.ts'
import type { ReadSettings } from './toml.ts'
import { isProgram, splitCommand, type Word } from './words.ts'

/** What may stand before the program, and says nothing of its settings. */
const starters = /^(?:sudo|exec|env|export|nohup|time)$/

/**
 * Reads the command line of one oauth2-proxy: flags one a line, a shell's command with variables before it, or
 * `docker run` with its `-e`. A word of which it is not known what it says is a fault, so that nothing is left out.
 */
export function readCommand(text: string, file: string): ReadSettings {
  const { words, faults: unclosed } = splitCommand(text, file)
  const start = words.findIndex((word) => !isBefore(word))
  const before = start === -1 ? words : words.slice(0, start)
  const parts = partsOf(start === -1 ? [] : words.slice(start), file)
  const settings: Setting[] = []
  const faults: ReadingFault[] = [...unclosed, ...parts.faults]
  for (const word of [...before.filter(({ text: one }) => !starters.test(one)), ...parts.variables]) {
    const read = readVariable(word, file)
    if ('message' in read) faults.push(read)
    else settings.push(...read.settings)
  }
  const flags = readFlags(parts.flags, file)
  return {
    settings: [...settings, ...parts.more, ...flags.settings],
    faults: [...faults, ...flags.faults].toSorted((one, other) => one.at.line - other.at.line),
  }
}

function isBefore({ text }: Word): boolean {
  return starters.test(text) || /^\w+=/.test(text)
}

function partsOf(words: readonly Word[], file: string): CommandWords {
  const [first, ...rest] = words
  if (first !== undefined && isContainerTool(first.text)) return containerWords(words, file)
  const none = { variables: [], more: [], faults: [] }
  if (first === undefined || first.text.startsWith('-')) return { ...none, flags: words }
  if (isProgram(first.text)) return { ...none, flags: rest }
  const message = 'this is none of oauth2-proxy’s flags: leave its own command line in the file, alone'
  return { ...none, flags: [], faults: [{ at: placeOf(first, file), message }] }
}

/** Variables of other programs are none of its business. */
function readVariable(word: Word, file: string): { readonly settings: readonly Setting[] } | ReadingFault {
  const [, name, value] = /^OAUTH2_PROXY_(\w+)(?:=([\s\S]*))?$/.exec(word.text) ?? []
  const at = placeOf(word, file)
  if (name === undefined) {
    const message = variableFault(/^[^=]*/.exec(word.text)?.[0] ?? '')
    return message === null ? { settings: [] } : { at, message }
  }
  if (value !== undefined && !word.isExpanded) return { settings: [variableSetting(name, value, at)] }
  const hidden = hiddenSetting(name, at)
  return 'message' in hidden ? hidden : { settings: [hidden] }
}

function placeOf({ line, column }: Word, file: string): ReadingFault['at'] {
  return { file, line, column }
}
