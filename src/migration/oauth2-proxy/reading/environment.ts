import {
  hiddenSetting,
  isFilledIn,
  type ReadingFault,
  type Setting,
  variableFault,
  variableSetting,
} from './setting.ts'
import type { ReadSettings } from './toml.ts'

const assignment = /^\s*(?:export\s+)?([A-Za-z_]\w*)(?:=(.*))?$/

/**
 * Reads `OAUTH2_PROXY_NAME=value`, one a line: an environment file, or a shell's `export`. Variables of other programs
 * are none of its business; any other line is a fault, as it may say something.
 */
export function readEnvironment(text: string, file: string): ReadSettings {
  const settings: Setting[] = []
  const faults: ReadingFault[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const at = { file, line: index + 1, column: line.search(/\S/) + 1 }
    const [whole, variable = '', value] = assignment.exec(line) ?? []
    const [, name] = /^OAUTH2_PROXY_(\w+)$/.exec(variable) ?? []
    if (whole === undefined) faults.push({ at, message: 'expected NAME=value, one a line' })
    else if (name === undefined) {
      const message = variableFault(variable)
      if (message !== null) faults.push({ at, message })
    } else {
      const read = readValue(name, value, at)
      if ('message' in read) faults.push(read)
      else settings.push(read)
    }
  }
  return { settings, faults }
}

function readValue(
  name: string,
  written: string | undefined,
  at: ReadingFault['at'],
): Setting | ReadingFault {
  const text = written?.trim()
  const [, quote, inner] = /^(["'])([\s\S]*)\1$/.exec(text ?? '') ?? []
  if (text === undefined || (quote !== "'" && isFilledIn(text))) return hiddenSetting(name, at)
  if (quote === undefined && /\s#/.test(text)) {
    const message = `"#" begins a comment for some programs and is part of the value of OAUTH2_PROXY_${name} for others: leave it out`
    return { at, message }
  }
  return variableSetting(name, inner ?? text, at)
}
