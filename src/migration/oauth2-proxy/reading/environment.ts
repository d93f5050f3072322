import { keyOf, type ReadingFault, type Setting, valuesOf } from './setting.ts'
import type { ReadSettings } from './toml.ts'

const assignment = /^\s*(?:-\s+)?(?:export\s+)?(["']?)OAUTH2_PROXY_(\w+)(?:=|:\s)\s*(.*?)\s*$/

/**
 * Reads `OAUTH2_PROXY_NAME=value`, one a line: an environment file, a shell's `export`, or the list or mapping that
 * stands under `environment:` in compose files. Variables of other programs are none of its business.
 */
export function readEnvironment(text: string, file: string): ReadSettings {
  const settings: Setting[] = []
  const faults: ReadingFault[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const at = { file, line: index + 1, column: line.length - line.trimStart().length + 1 }
    const [, quote = '', name, rest = ''] = assignment.exec(line) ?? []
    if (name === undefined) {
      if (/^\s*(?:-\s+|export\s+)?["']?OAUTH2_PROXY_/.test(line)) {
        faults.push({ at, message: 'expected OAUTH2_PROXY_NAME=value' })
      }
      continue
    }
    const inner = quote !== '' && rest.endsWith(quote) ? rest.slice(0, -1) : rest
    const [, , unquoted = inner] = /^(["'])(.*)\1$/.exec(inner) ?? []
    const key = keyOf(name)
    const values = valuesOf(key, unquoted)
    settings.push({ key, name: `OAUTH2_PROXY_${name}`, values, origin: 'environment', at })
  }
  return { settings, faults }
}
