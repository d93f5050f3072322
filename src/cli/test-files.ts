import { readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

const testFile = /\.test\.ya?ml$/
const yamlFile = /\.ya?ml$/

/**
 * The test files that lie beside a configuration, sorted. Of several configurations in a folder each has those that
 * begin with its own name (`demo.test.yaml`, `demo.admin.test.yaml`); a file that begins with no one's name belongs
 * to all. As they are to be named in messages: relative as the configuration is.
 */
export function testFilesBeside(file: string, cwd: string): readonly string[] {
  const names = namesIn(dirname(resolve(cwd, file)))
  const stems = names
    .filter((name) => yamlFile.test(name) && !testFile.test(name))
    .map((name) => name.replace(yamlFile, ''))
  const own = basename(file).replace(yamlFile, '')
  return names
    .filter((name) => testFile.test(name) && belongsTo(name, own, stems))
    .sort()
    .map((name) => join(dirname(file), name))
}

function belongsTo(name: string, own: string, stems: readonly string[]): boolean {
  const begun = stems.filter((stem) => name.startsWith(`${stem}.`)).sort((a, b) => b.length - a.length)
  return begun.length === 0 || begun[0] === own
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
