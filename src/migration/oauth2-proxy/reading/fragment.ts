import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { readCommand } from './command.ts'
import { readFlags } from './flags.ts'
import {
  hiddenSetting,
  isFilledIn,
  type ReadingFault,
  type Setting,
  variableFault,
  variableSetting,
} from './setting.ts'
import type { ReadSettings } from './toml.ts'
import { isProgram, type Word } from './words.ts'

const heads = 'environment|env|args|command'

/** Whether a text is what stands under `environment:`, `env:`, `args:` or `command:` in a file of containers. */
export function isFragment(text: string): boolean {
  const first = text.split('\n').find((line) => !/^\s*(?:#.*|---\s*)?$/.test(line)) ?? ''
  return (
    /^\s*-\s/.test(first) ||
    new RegExp(`^\\s*(?:${heads})\\s*:`).test(first) ||
    /^\s*(["']?)\w+\1\s*:(?:\s|$)/.test(first)
  )
}

interface Fragment {
  readonly words: Word[]
  readonly settings: Setting[]
  readonly faults: ReadingFault[]
  place(node: unknown): ReadingFault['at']
}

/** Reads a list of arguments, a list or a mapping of variables, or several of them under their names, as YAML. */
export function readFragment(text: string, file: string): ReadSettings {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number): ReadingFault['at'] => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const fragment: Fragment = {
    words: [],
    settings: [],
    faults: document.errors.map(({ pos, message }) => ({
      at: at(pos[0]),
      message: message.split(/ at line |\n/)[0] ?? message,
    })),
    place: (node) => at(offsetOf(node)),
  }
  if (fragment.faults.length === 0) readTop(document.contents, fragment)
  const { settings, faults } = readFlags(fragment.words, file)
  return { settings: [...fragment.settings, ...settings], faults: [...fragment.faults, ...faults] }
}

function offsetOf(node: unknown): number {
  const range = isMap(node) || isSeq(node) || isScalar(node) ? node.range : null
  return range?.[0] ?? 0
}

function readTop(node: unknown, fragment: Fragment): void {
  if (!isMap(node)) {
    readPart(node, fragment)
    return
  }
  const named = node.items.filter(({ key }) => new RegExp(`^(?:${heads})$`).test(keyText(key)))
  if (named.length === 0) readPart(node, fragment)
  else if (named.length === node.items.length) for (const { value } of named) readPart(value, fragment)
  else {
    const other = node.items.find((item) => !named.includes(item))
    const message = 'this is neither a list of flags nor one of variables: leave those alone in the file'
    fragment.faults.push({ at: fragment.place(other?.key), message })
  }
}

function readPart(node: unknown, fragment: Fragment): void {
  if (isScalar(node) && typeof node.value === 'string') {
    const { line, file } = fragment.place(node)
    // Lines of a folded text are those of the file only where it begins.
    const read = readCommand(node.value, file)
    fragment.settings.push(...read.settings.map((one) => ({ ...one, at: { ...one.at, line } })))
    fragment.faults.push(...read.faults.map((one) => ({ ...one, at: { ...one.at, line } })))
  } else if (isSeq(node)) for (const item of node.items) readItem(item, fragment)
  else if (isMap(node)) {
    for (const { key, value } of node.items) addVariable(keyText(key), value, key, fragment)
  } else
    fragment.faults.push({ at: fragment.place(node), message: 'expected a list of flags or of variables' })
}

/** `--flag=value`, `NAME=value`, or `{ name: NAME, value: … }`. */
function readItem(item: unknown, fragment: Fragment): void {
  if (isMap(item)) {
    const entry = (name: string): unknown => item.items.find(({ key }) => keyText(key) === name)?.value
    addVariable(keyText(entry('name')), entry('value'), item, fragment)
    return
  }
  const text = keyText(item)
  const [, name, value] = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(text) ?? []
  const { line, column } = fragment.place(item)
  if (fragment.words.length === 0 && isProgram(text)) return
  if (name?.startsWith('OAUTH2_PROXY_') || value !== undefined) {
    addText(name ?? '', value, item, fragment)
    return
  }
  fragment.words.push({ text, line, column, isFirst: true, isExpanded: isFilledIn(text) })
}

function addVariable(name: string, value: unknown, place: unknown, fragment: Fragment): void {
  const isText = isScalar(value) && value.value !== null
  addText(name, isText ? keyText(value) : undefined, place, fragment)
}

function addText(variable: string, value: string | undefined, place: unknown, fragment: Fragment): void {
  const [, name] = /^OAUTH2_PROXY_(\w+)$/.exec(variable) ?? []
  const at = fragment.place(place)
  if (name === undefined) {
    const message = variableFault(variable)
    if (message !== null) fragment.faults.push({ at, message })
    return
  }
  const read =
    value === undefined || isFilledIn(value) ? hiddenSetting(name, at) : variableSetting(name, value, at)
  if ('message' in read) fragment.faults.push(read)
  else fragment.settings.push(read)
}

/** A scalar as it was written, so that `0777` and `1e3` stay what they are. */
function keyText(node: unknown): string {
  if (!isScalar(node) || node.value === null) return ''
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}
